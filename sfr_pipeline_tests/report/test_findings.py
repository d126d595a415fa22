"""What the README and the pages in docs/ say was found is what the last run's tables say."""

import re

import pytest

from sfr_pipeline.errors import ContractError, NotMaterializedError
from sfr_pipeline.evaluation.models import lead
from sfr_pipeline.markets import load_market
from sfr_pipeline.report import findings
from sfr_pipeline.report.forecasting.verdict import headline_scores
from sfr_pipeline.report.page import optional_tables_of, tables_of
from sfr_pipeline.report.stress.verdict import group_of
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline.training.profile import DEFAULT
from sfr_pipeline_tests.checkout import CHECKOUT

NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")
PLACES = [
    (page, market)
    for page in findings.PAGES
    for market in findings.held((CHECKOUT / page).read_text(encoding="utf-8"))
]


def last_run(name):
    """Tables of the last run in the checkout's own warehouse, if it was of the default profile."""
    market, warehouse = load_market(name), Warehouse(root=str(CHECKOUT / "warehouse"))
    try:
        tables = warehouse.read_all(name, tables_of(market), optional_tables_of(market))
    except (ContractError, NotMaterializedError):
        pytest.skip(f"the checkout has no run of {name} by this code: make run MARKET={name}")
    if not {"volatility_scores", "stress_scores", "forecast_scores"} <= tables.keys():
        pytest.skip(f"there is no whole run of {name} in the checkout: make run MARKET={name}")
    scores = tables["volatility_scores"]
    own = scores[scores["model"] == lead("volatility").id]
    if set(own["refit_months"]) != {12 * DEFAULT.volatility_refit_years}:
        pytest.skip(f"the run of {name} in the checkout is not of the default profile")
    return market, tables


def numbers(text):
    """Of each line, by its words: tables are sorted by scores that may be close."""
    return {NUMBER.sub("#", line): NUMBER.findall(line) for line in text.splitlines()}


def slack(number):
    """Shares, ratios and p-values have two digits or three, percentages one, counts none."""
    digits = len(number.partition(".")[2])
    return {0: 0.0, 1: 0.6}.get(digits, 0.03 + 0.1 * abs(float(number)))


def test_every_page_says_what_was_found_in_the_bundled_market():
    assert {page for page, market in PLACES if market == "us"} == set(findings.PAGES)


@pytest.mark.parametrize(("page", "market"), PLACES)
def test_pages_say_what_the_last_run_found(page, market):
    """To what another processor may change: networks that train there have other last digits."""
    said = numbers(findings.held((CHECKOUT / page).read_text(encoding="utf-8"))[market])
    found = numbers(findings.PAGES[page](*last_run(market)))
    assert said.keys() == found.keys()
    for words, values in said.items():
        for here, there in zip(values, found[words], strict=True):
            assert abs(float(here) - float(there)) <= slack(here), f"{words}: {here}, {there}"


def test_each_page_is_written_from_the_tables(everything):
    market, tables = everything
    told = {page: text(market, tables) for page, text in findings.PAGES.items()}
    assert [line[:3] for line in told.pop("README.md").splitlines()] == ["1. ", "2. ", "3. "]
    scores = {
        "docs/forecasting.md": headline_scores(tables["forecast_scores"]),
        "docs/stress.md": group_of(tables["stress_scores"]),
    }
    for page, rows in scores.items():
        assert len(told[page].splitlines()) == 2 + len(rows)
    for text in told.values():
        head, *others = text.splitlines()
        assert {line.count("|") for line in others} == {head.count("|")}


def test_a_place_is_written_anew_and_the_rest_of_the_page_stays():
    page = f"a\n{findings.begin('us')}\nold\n{findings.END}\nb\n"
    assert findings.held(page) == {"us": "old"}
    renewed = findings.renewed(page, "us", "new\nlines")
    assert renewed == f"a\n{findings.begin('us')}\nnew\nlines\n{findings.END}\nb\n"
    with pytest.raises(ValueError, match="no place for what was found in china"):
        findings.renewed(page, "china", "new")
