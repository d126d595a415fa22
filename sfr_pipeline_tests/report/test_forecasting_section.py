"""The evidence on early warning: every model and test, and what this market does without."""

import re
from collections import defaultdict

import pytest

from sfr_pipeline.evaluation.audit import read_published
from sfr_pipeline.evaluation.audit.persistence import persistence_findings
from sfr_pipeline.evaluation.models import lead, variants_looked_at
from sfr_pipeline.markets.forecasting import ForecastingSettings
from sfr_pipeline.report.chart import nothing
from sfr_pipeline.report.forecasting.section import PAPERS_NO_CHANGE, PART
from sfr_pipeline.report.page import optional_tables_of, tables_of
from sfr_pipeline.report.templates import templates
from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.report.forecasting_frames import warning_tables

# Columns that a sheet of A4 has room for.
WIDEST = 10


@pytest.fixture(scope="module")
def warned(mini):
    """The market with a leg of early warning."""
    return mini.model_copy(update={"forecasting": ForecastingSettings(start="2000-01")})


@pytest.fixture(scope="module")
def frames():
    return warning_tables()


def rendered(market, tables, charts=None):
    shown = {
        "market": market,
        "section": PART.shown(market, tables),
        "charts": PART.charts(market, tables) if charts is None else charts,
    }
    return templates("report").get_template(PART.template).render(**shown)


def text_of(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))


def words_of(market, tables):
    """Without the charts, which take their time."""
    return text_of(rendered(market, tables, defaultdict(lambda: nothing("", ""))))


@pytest.fixture(scope="module")
def section(warned, frames):
    return rendered(warned, frames)


def test_it_says_what_was_found_and_has_the_papers_numbers_beside(section):
    text = text_of(section)
    assert "1 of 11 models beats no change in real time, one month ahead" in text
    (row,) = re.findall(
        r"<tr><th scope=\"row\">Transformer</th>(?:(?!</tr>).)*0\.1088.*?</tr>", section, re.S
    )
    assert "(0.1088)" in row
    assert "(0.3468)" in row


def test_what_is_said_of_the_papers_own_index_is_what_its_tables_imply(section):
    paper = CHECKOUT / "docs" / "papers"
    printed = read_published(paper / f"tvp_favar_table_{table}.csv" for table in (5, 10))
    (found,) = {
        finding.values["no_change_rmse"]
        for finding in persistence_findings(printed, seed=0)
        if "no_change_rmse" in finding.values
    }
    assert round(found, 4) == PAPERS_NO_CHANGE
    said = f"an RMSE of about {found:.2f} for it, beside the Transformer's "
    assert said + f"{lead('forecasting').printed['test_rmse']:.4f}" in text_of(section)


def test_each_chart_is_shown_once_and_none_is_of_the_report(warned, frames, section):
    shown = re.findall(r'data-chart="([^"]*)"', section)
    assert sorted(shown) == sorted(PART.charts(warned, frames))
    assert "fan" not in shown, "the report shows it"


def test_no_table_is_too_wide_for_paper(section):
    heads = re.findall(r"<tr>(<th scope=\"col\".*?)</tr>", section, re.S)
    assert len(heads) == len(re.findall("<table>", section)) >= 7
    assert max(head.count('scope="col"') for head in heads) <= WIDEST


def test_what_a_market_lacks_is_said_beside_the_scores(warned, frames):
    settings = {
        "start": "2000-01",
        "inputs": [
            {"id": name, "name": name.title(), "unit": "x", "why": "x",
             "input": {"series": name}, "transform": ["level"]}
            for name in ("repo", "prices", "loans")
        ],
        "gaps": [
            {"id": name, "name": name.title(), "input": {"measure": "close", "symbols": ["X"]}}
            for name in ("stock", "banks")
        ],
    }  # fmt: skip
    market = warned.model_copy(update={"forecasting": ForecastingSettings.model_validate(settings)})
    panel = frames["warning_panel"]
    # The paper's information set goes on: what was known in real time counts.
    ended = (panel["variable"] == "prices") & (panel["ref_date"] > "2016-06-15")
    panel = panel[~(ended & (panel["mode"] == "real_time"))].replace("vix_gap", "gap_week_stock")
    text = words_of(market, frames | {"warning_panel": panel})
    assert (
        "In this market Ridge on changes does without the gaps of Banks, implied volatility, "
        "a daily rate."
    ) in text
    assert (
        "Among the inputs of the paper's models: Prices ends in May 2016; Loans is missing." in text
    )
    rich = panel.replace({"gap_week_stock": "rate_gap", "spread": "implied_realised"})
    text = words_of(warned, frames | {"warning_panel": rich})
    assert "does without gaps of daily measures." in text


def test_the_number_of_settings_tried_stands_beside_the_scores(section):
    text = text_of(section)
    assert "Ridge on changes 13 penalty, by expanding cross-validation at each origin" in text
    assert f"Variants before this project {variants_looked_at('forecasting')}" in text


def test_what_comes_from_outside_is_no_markup(section):
    assert "<b>repo</b>" not in section
    assert "Seven-day &lt;b&gt;repo&lt;/b&gt; rate" in section


def test_a_market_without_early_warning_has_no_such_section(mini, frames):
    assert not set(frames) & set(tables_of(mini))
    # Even where tables of an older catalogue lie around.
    assert PART.shown(mini, frames) is None
    assert PART.charts(mini, frames) == {}


def test_early_warning_that_was_not_run_yet_is_said_to_be_missing(warned, frames):
    assert set(frames) <= set(optional_tables_of(warned))
    page = rendered(warned, {})
    assert "The tables of early warning have not been materialized." in page
    assert "<h3>" not in page


def test_too_few_months_for_diagnostics_or_for_a_verdict_are_no_obstacle(warned, frames):
    short = ("warning_lag_orders", "nonlinearity_tests", "transfer_entropy")
    empty = {name: frames[name].head(0) for name in short}
    page = rendered(warned, frames | empty)
    assert "What informs the index is not tested" in page
    assert "Who informs whom?" not in page
    made = frames["forecasts"]
    months = sorted(made.loc[made["protocol"] == "real_time", "origin"].unique())
    early = made.assign(actual_change=made["actual_change"].where(made["origin"] < months[11]))
    early = {"forecasts": early, "forecast_scores": frames["forecast_scores"].head(0)}
    page = rendered(warned, frames | early)
    assert "needs 12 forecasts whose month has come and has 11" in page
    assert 'data-chart="skill"' not in page
    assert 'data-chart="losses"' in page
