"""The time that a page or a cell takes grows with its length, and with nothing else in it."""

import re
import time
from contextlib import suppress

import pytest

from sfr_pipeline.opinion import fields
from sfr_pipeline.scrapers.markup import list_rows, parse_tree
from sfr_pipeline.scrapers.pages import OtherPage, parse_page
from sfr_pipeline.sources import cells
from sfr_pipeline.sources.live.archive import without_secrets
from sfr_pipeline.sources.live.checks import period_end

# Repeated, each of these began a search that ran to the end of the page.
UNRULY_PAGES = {
    "titles that never end": "<title>",
    "titles that never open": "<title ",
    "titles in capitals": "<TITLE>a",
    "assignments outside of scripts": "var article_list={",
    "assignments that break off": "<script>var article_list={",
    "assignments of text": '<script>var post_article={"a":"',
    "assignments of lists": '<script>var article_list={"a":[',
    "variables without names": "var      ",
    "scripts": "<script></script>",
    "rows inside rows": "<div class='normal_post'>",
    "cells inside rows": "<span class='l1'>",
}
NESTED = {
    "old rows": ("<div id='articlelistnew'>", "<div class='normal_post'><a href='news,1,2'>a</a>"),
    "old heads": ("<div id='articlelistnew'>", "<div class='dheader'>x"),
    "new rows": ("<table class='default_list'>", "<tr class='listitem'><td><table>"),
}


def seconds(work, text):
    best = float("inf")
    for _ in range(3):
        began = time.perf_counter()
        work(text)
        best = min(best, time.perf_counter() - began)
    return best


def assert_linear(work, make, size):
    """Four times the length takes some four times the time; what is quadratic takes sixteen."""
    short, long = make(size), make(4 * size)
    work(short)
    few, many = seconds(work, short), seconds(work, long)
    assert many < 9 * few + 0.02, f"{few:.4f} s, then {many:.4f} s"


@pytest.mark.parametrize("piece", UNRULY_PAGES.values(), ids=UNRULY_PAGES)
def test_the_time_of_a_page_grows_with_its_length(piece):
    assert_linear(parse_page, lambda size: piece * (size // len(piece)), 100_000)


@pytest.mark.parametrize(("begin", "piece"), NESTED.values(), ids=NESTED)
def test_the_time_of_rows_within_rows_grows_with_their_number(begin, piece):
    assert_linear(
        lambda page: list_rows(parse_tree(page)),
        lambda size: begin + piece * (size // len(piece)),
        60_000,
    )


def test_the_time_of_an_address_and_of_a_pager_grows_with_its_length():
    assert_linear(lambda url: parse_page("", url), lambda size: "error " * size, 20_000)
    page = "<div id='articlelistnew' data-pager='list,{}'></div>"
    assert_linear(parse_page, lambda size: page.format("a" * size), 20_000)


@pytest.mark.parametrize(
    ("read", "piece", "end"),
    [
        (cells.number, "1", "x"),
        (cells.number, "1", ".x"),
        (cells.number, " ", "x"),
        (fields.count, "1", "x"),
        (fields.count, "1,", "x"),
        (fields.count, "-", "x"),
        (fields.wall_clock, "2020-01-01 ", "x"),
        (period_end, "2020-01-01T1", "x"),
        (period_end, " ", "x"),
        (fields.name, "1", ".0x"),
        (without_secrets, "key=", " "),
    ],
)
def test_the_time_of_a_cell_grows_with_its_length(read, piece, end):
    def work(text):
        with suppress(ValueError):
            read(text)

    def make(size):
        return piece * (size // len(piece)) + end

    assert_linear(work, make, 25_000)


def test_rows_within_a_row_are_part_of_it():
    page = (
        "<div id='articlelistnew'><div class='dheader'>最后更新</div>"
        "<div class='normal_post odd'><a href='news,600000,1'>a</a>"
        "<div class='normal_post'><a href='news,600000,2'>b</a></div></div>"
        "<div class='normal_post'><a href='news,600000,3'>c</a></div></div>"
    )
    rows = list_rows(parse_tree(page))
    assert [row.post_id for row in rows] == ["1", "3"]
    assert {row.time_is for row in rows} == {"last_reply"}


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        ("<title>身份核实</title>", "challenge"),
        ("<TITLE a='b'> 身份核实 </TITLE>", "challenge"),
        ("<title>a<title>身份核实</title>", "challenge"),
        ("<title>身份核实", "unrecognised"),
        ("<title 身份核实", "unrecognised"),
        ("<title>a</title>身份核实", "unrecognised"),
    ],
)
def test_only_the_title_says_that_a_person_is_wanted(page, kind):
    assert parse_page(page) == OtherPage(kind)


@pytest.mark.parametrize(
    "url",
    [
        "https://x/error?type=2",
        "https://x/error.html?a=1&type=2",
        "https://x/errors/error?type=2#top",
        "https://x/error#error?type=2",
        "https://x/error?type=21",
        "https://x/error#?type=2",
        "https://x/errors?type=2",
        "https://x/?type=2&error",
        "https://x/error?type=1&type=2",
    ],
)
def test_the_address_of_the_error_page_is_told_as_one_pattern_tells_it(url):
    pattern = re.compile(r"error\b[^#]*[?&]type=2\b")
    assert (parse_page("", url) == OtherPage("deleted")) == bool(pattern.search(url))
