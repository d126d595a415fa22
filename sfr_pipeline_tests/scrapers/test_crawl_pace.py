"""Crawls are at leisure, and pages have a size."""

import time
from itertools import pairwise

import pytest

from sfr_pipeline.scrapers.settings import DOWNLOAD_MAXSIZE
from sfr_pipeline_tests.scrapers.crawls import crawl
from sfr_pipeline_tests.sources.unruly_site import MB, bomb


def test_the_delay_lies_between_any_two_requests(forum, journal):
    times = []
    forum.tamper = lambda path: times.append(time.monotonic())
    forum.posts = forum.posts[:3]
    _, closed = crawl(forum, journal, post_pages="all", delay="0.2")
    assert closed["reason"] == "finished"
    gaps = [after - before for before, after in pairwise(times)]
    assert len(gaps) == 6
    # A busy machine may see one request late, and the next then sooner after it.
    assert min(gaps) > 0.1
    assert sum(gaps) > 5.5 * 0.2


def test_autothrottle_slows_down_for_a_slow_server(forum, journal):
    times = []

    def tamper(path):
        times.append(time.monotonic())
        time.sleep(0.3 if "/news" in path else 0)

    forum.tamper = tamper
    forum.posts = forum.posts[:3]
    crawl(forum, journal, post_pages="all", delay="0.05")
    # An answer took 0.3 s, and as much again passes before the next request.
    assert times[-1] - times[-2] > 0.58


@pytest.mark.parametrize("status", [429, 503])
def test_a_site_that_asks_to_be_left_alone_is_asked_again_when_it_said(forum, journal, status):
    times = []

    def tamper(path):
        if "f_2" not in path:
            return None
        times.append(time.monotonic())
        return (status, "busy", {"Retry-After": "1"}) if len(times) == 1 else None

    forum.tamper = tamper
    posts, closed = crawl(forum, journal, post_pages="never")
    assert (closed["reason"], len(posts)) == ("finished", 300)
    assert len(times) == 2
    assert times[1] - times[0] >= 1.0


@pytest.mark.parametrize(
    ("header", "said"),
    [({"Retry-After": "7200"}, "wait 120 minutes, as it asks"), ({}, "wait some")],
)
def test_too_many_requests_end_the_crawl_where_the_site_does_not_want_us_soon(
    forum, journal, header, said
):
    forum.tamper = lambda path: (429, "busy", header) if "f_2" in path else None
    _, closed = crawl(forum, journal, post_pages="never")
    assert closed["reason"] == "http_error"
    assert said in closed["message"]
    assert len(forum.asked_for("f_2")) == 1


def test_a_server_that_fails_is_asked_again_later_than_at_once(forum, journal):
    times = []

    def tamper(path):
        times.append(time.monotonic())
        return (500, "fault") if "f_2" in path else None

    forum.tamper = tamper
    forum.posts = forum.posts[:100]
    _, closed = crawl(forum, journal, post_pages="never", delay="0.2")
    assert closed["reason"] == "http_error"
    assert len(forum.asked_for("f_2")) == 3
    gaps = [after - before for before, after in pairwise(times[-3:])]
    # A request may be seen late on a busy machine, and the next then sooner after it.
    assert min(gaps) > 0.1


def test_a_bomb_of_a_page_is_no_page(forum, journal):
    packed = bomb(megabytes=DOWNLOAD_MAXSIZE // MB + 8)
    forum.tamper = lambda path: (
        (200, packed, {"Content-Encoding": "gzip"}) if "f_2" in path else None
    )
    _, closed = crawl(forum, journal, post_pages="never")
    assert closed["reason"] == "unrecognised"
    assert "larger than any page should be" in closed["message"]
