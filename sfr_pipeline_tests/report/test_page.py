"""The page: all legs' sections in their order, each of their pictures, and no table in vain."""

import html
import re
from collections import defaultdict
from collections.abc import Mapping

import pytest
from sfr_pipeline.report.opinion.section import opinion_figures, opinion_section

from sfr_pipeline.report.forecasting.section import forecasting_figures
from sfr_pipeline.report.index.section import index_figures
from sfr_pipeline.report.page import optional_tables_of, render, tables_of
from sfr_pipeline.report.stress.section import BESIDE_TABLES, stress_figures
from sfr_pipeline.report.stress.volatility_section import volatility_figures
from sfr_pipeline.report.stress.volatility_verdict import volatility_summary

FIGURES = (
    index_figures,
    opinion_figures,
    forecasting_figures,
    volatility_figures,
    stress_figures,
)
# One heading of each part, in the order of the page.
HEADINGS = (
    "The index",
    "Public opinion",
    "Early warning",
    "Volatility of the coming days",
    "Stress of the coming days",
    "Recovery of the truth",
    "Against published indices",
    "What this market lacks",
)


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
def page(everything, watched):
    return render(everything[0], watched)


def test_legs_stand_in_the_order_of_the_flow(page):
    places = [page.index(f"<h2>{heading}") for heading in HEADINGS]
    assert places == sorted(places)


def test_every_picture_of_every_leg_is_shown_once(everything, page):
    names = [name for figures in FIGURES for name in figures(*everything)]
    assert len(set(names)) == len(names), "a leg overwrites the picture of another"
    assert page.count("<figure>") == page.count("<svg ") == len(names)


def test_the_tables_that_it_asks_for_are_those_that_it_reads(everything, watched, page):
    # Those that tell why there is no verdict on daily stress are not read where there is one.
    assert watched.read == set(tables_of(everything[0])) - set(BESIDE_TABLES)


def test_what_was_not_run_yet_costs_its_own_section_alone(everything):
    market, tables = everything
    optional = optional_tables_of(market)
    page = render(market, {name: frame for name, frame in tables.items() if name not in optional})
    assert "<h2>Public opinion" not in page
    assert page.count("have not been materialized") == 3
    assert page.count("<svg ") == len(index_figures(market, tables))


def test_a_direction_that_nobody_decided_is_told_at_the_top_and_beside_its_indicator(
    everything, page, monkeypatch
):
    market, tables = everything
    first, *others = market.indicators
    assert "to be decided" not in page
    stands_in = first.model_copy(update={"undecided": ["direction"]})
    drafted = market.model_copy(update={"indicators": [stands_in, *others]})
    # Charts take seconds and say nothing of it.
    monkeypatch.setattr("sfr_pipeline.report.page._charts", lambda *_: defaultdict(str))
    marked = html.unescape(render(drafted, tables))
    banner = f"the direction of 1 of {len(market.indicators)} indicators ({first.name})"
    assert banner in marked[: marked.index("<h2>")]
    (before,) = marked.split("more risk (to be decided)")[:-1]
    assert f"<td>{first.name}</td>" in before[before.rindex("<tr>") :]


def test_a_market_without_a_forum_shows_no_opinion_that_lies_around(mini, everything):
    _, tables = everything
    assert opinion_section(mini, tables) is None
    assert opinion_figures(mini, tables) == {}


def test_opinion_shows_its_latest_month_in_real_time(page):
    text = " ".join(page.split())
    assert "In December 2008 it stood at 0.125, higher than or equal to 100 % of the months" in text
    assert "from 1,200 posts (of 2,400 in all)" in text


def test_volatility_begins_with_its_verdict_and_ends_with_what_must_be_known_of_it(
    everything, page
):
    begin = page.index("<h2>Volatility of the coming days")
    section = html.unescape(page[begin : page.index("<h2>Stress of the coming days")])
    text = " ".join(re.sub(r"<svg.*?</svg>", "", section, flags=re.S).split())
    assert text.index(volatility_summary(*everything).verdict) < text.index("After 2010-04-19")
    assert "only figures of days after the data used here are fresh evidence" in text
    assert "every 3 years" in text
    assert '<span class="muted">itself</span>' in text
