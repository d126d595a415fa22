"""Both pages: parts in order, each chart once, no table in vain, no code from outside."""

import html
import json
import re
from collections import defaultdict
from collections.abc import Mapping
from types import SimpleNamespace

import pytest

from sfr_pipeline.report.answers import ANSWERS
from sfr_pipeline.report.evidence import EVIDENCE
from sfr_pipeline.report.page import excerpts_of, optional_tables_of, render, tables_of
from sfr_pipeline.report.stress.section import BESIDE_TABLES
from sfr_pipeline_tests.report.made_up_page import IMPRINT

# Read where others are missing, or where the archive holds a report.
INSTEAD = {*BESIDE_TABLES, "publications", "daily_returns"}


class Watched(Mapping):
    """Tables by name that remember which were read."""

    def __init__(self, tables):
        self.tables, self.read = tables, set()

    def __getitem__(self, name):
        self.read.add(name)
        return self.tables[name]

    def __contains__(self, name):
        return name in self.tables

    def __iter__(self):
        return iter(self.tables)

    def __len__(self):
        return len(self.tables)


@pytest.fixture(scope="module")
def watched(everything):
    return Watched(everything[1])


@pytest.fixture(scope="module")
def pages(everything, watched):
    return render(everything[0], watched, IMPRINT)


@pytest.fixture
def words_only(monkeypatch):
    """Pages without charts, which take seconds."""
    stub = SimpleNamespace(title="", description="")
    monkeypatch.setattr("sfr_pipeline.report.page._charts", lambda *_: defaultdict(lambda: stub))


def charts_of(page):
    """The charts that the page's script draws, by name."""
    (found,) = re.findall(r'<script type="application/json" id="charts">(.*?)</script>', page, re.S)
    return json.loads(found)


def without_scripts(page):
    return re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.S)


def text_of(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html.unescape(without_scripts(page))))


@pytest.mark.parametrize(("kind", "parts"), [("report", ANSWERS), ("evidence", EVIDENCE)])
def test_every_part_stands_in_its_order_and_is_linked_to(pages, kind, parts):
    page = getattr(pages, kind)
    assert re.findall(r'<section id="([a-z]+)"', page) == [part.id for part in parts]
    contents = page[page.index("<nav") : page.index("</nav>")]
    for part in parts:
        assert f'<a href="#{part.id}">{part.title}</a>' in contents


@pytest.mark.parametrize("kind", ["report", "evidence"])
def test_every_chart_is_shown_once_and_every_place_has_its_chart(pages, kind):
    page = getattr(pages, kind)
    shown = re.findall(r'<figure data-chart="([^"]+)"', without_scripts(page))
    assert shown
    # One that overwrites another of its name leaves a place too many.
    assert sorted(shown) == sorted(charts_of(page))


def test_what_the_report_draws_the_evidence_does_not_draw_again(pages):
    report, evidence = charts_of(pages.report), charts_of(pages.evidence)
    titles = {chart["title"] for chart in report.values()}
    assert not titles & {chart["title"] for chart in evidence.values()}


@pytest.mark.parametrize("kind", ["report", "evidence"])
def test_no_target_of_a_link_stands_twice_or_is_missing(pages, kind):
    page = without_scripts(getattr(pages, kind))
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(set(ids)) == len(ids)
    assert set(re.findall(r'(?:href="#|aria-labelledby=")([^"]+)"', page)) <= set(ids)


def test_the_tables_that_the_pages_ask_for_are_those_that_they_read(everything, watched, pages):
    market, tables = everything
    asked = {*tables_of(market), *(one.name for one in excerpts_of(market))}
    assert asked & set(tables) - watched.read <= INSTEAD
    assert watched.read - {"sfri"} <= asked


def test_what_was_not_run_yet_costs_its_own_part_alone(everything, words_only):
    market, tables = everything
    optional = optional_tables_of(market)
    assert optional
    left = {name: frame for name, frame in tables.items() if name not in optional}
    pages = render(market, left, IMPRINT)
    assert "No posts have been read: materialize mini/posts" in text_of(pages.report)
    assert "No posts have been read" not in text_of(render(market, tables, IMPRINT).report)
    shown = re.findall(r'<section id="([a-z]+)"', pages.evidence)
    assert shown == ["index", "forecasting"]
    assert "The tables of early warning have not been materialized." in pages.evidence
    assert re.findall(r'<section id="([a-z]+)"', pages.report) == [part.id for part in ANSWERS]
    assert pages.report.count("have not been materialized") == 3


def test_a_direction_that_nobody_decided_is_told_at_the_top_and_beside_its_indicator(
    everything, pages, words_only
):
    market, tables = everything
    first, *others = market.indicators
    assert "to be decided" not in without_scripts(pages.evidence)
    stands_in = first.model_copy(update={"undecided": ["direction"]})
    drafted = market.model_copy(update={"indicators": [stands_in, *others]})
    marked = render(drafted, tables, IMPRINT)
    banner = f"the direction of 1 of {len(market.indicators)} indicators ({first.name})"
    for page in (marked.report, marked.evidence):
        assert banner in html.unescape(page[: page.index("<h2")])
    (before,) = html.unescape(marked.evidence).split("more risk (to be decided)")[:-1]
    assert first.name in before[before.rindex("<tr>") :]


def test_a_page_needs_nothing_but_itself(pages):
    for page in (pages.report, pages.evidence):
        words = without_scripts(page)
        links = re.findall(r"""(?:src|href)\s*=\s*["']([^"'#][^"']*)""", words)
        beside = {"mini.html", "mini_evidence.html", "data:,"}
        # Links into this machine's own UI, which nothing follows unasked.
        own = {link for link in links if link.startswith("http://127.0.0.1:3000/assets/mini/")}
        assert {link.partition("#")[0] for link in links} - own <= beside, links
        assert "@import" not in page
        assert "default-src 'none'" in page


def test_what_comes_from_outside_is_text(pages):
    shown = without_scripts(pages.report) + without_scripts(pages.evidence)
    for markup in ("<i>banks</i>", "Lehman <fails>", "<b>repo</b>", "<b>no</b> answer"):
        assert markup not in shown
        assert html.escape(markup) in shown
    assert "A note with &lt;b&gt;markup&lt;/b&gt; &amp; an ampersand." in pages.report
    # A text in the rows of a chart cannot end the script around them.
    scripts = re.findall(r'id="charts">(.*?)</script>', pages.report, re.S)
    assert "<" not in scripts[0]


def test_a_synthetic_market_is_marked_and_no_other(mini, everything, pages, words_only):
    market, tables = everything
    assert market.synthetic
    for page in (pages.report, pages.evidence):
        assert "This market is synthetic: nothing here happened." in page
    real = render(market.model_copy(update={"synthetic": False}), tables, IMPRINT)
    for page in (real.report, real.evidence):
        assert "This market is synthetic" not in page


def test_the_same_tables_give_the_same_bytes(everything, pages):
    assert render(*everything, IMPRINT) == pages


def test_every_section_of_the_evidence_names_its_information_set(pages):
    # What stands outside time: the truth of a synthetic market, and what explains a section.
    outside = ("Recovery of the truth",)
    for section in re.findall(r"<h3.*?</h3>", pages.evidence, flags=re.S):
        if text_of(section).strip() not in outside:
            assert 'class="information-set' in section, text_of(section)


def test_public_opinion_is_told_of_its_latest_month(pages):
    text = text_of(pages.report)
    assert "In December 2008 public opinion stood at 0.125, up 0.625 on the month" in text
    assert "Of 1,200 posts (a median month has 1,200, all months 2,400)" in text


def test_the_data_are_told_of_in_full(pages):
    text = text_of(pages.report)
    assert "by up to 24 months" in text
    revised = "Later deliveries changed 4 values, brought 1 late and withdrew 1"
    for told in (revised, "put vix.csv there", "Terms of the data"):
        assert told in text
