"""Early warning on its page: what it says of scores, of settings, and of what is missing."""

import re
from collections import defaultdict
from types import SimpleNamespace

import pytest

from sfr_pipeline.evaluation.models import variants_looked_at
from sfr_pipeline.markets.forecasting import ForecastingSettings
from sfr_pipeline.report.forecasting.section import forecasting_section
from sfr_pipeline.report.page import optional_tables_of, render, tables_of
from sfr_pipeline_tests.report.forecasting_frames import warning_tables
from sfr_pipeline_tests.report.made_up_page import IMPRINT


@pytest.fixture(scope="module")
def warned(mini):
    """The market with a leg of early warning."""
    return mini.model_copy(
        update={"forecasting": ForecastingSettings(start="2000-01"), "synthetic": True}
    )


@pytest.fixture(scope="module")
def warning_frames():
    return warning_tables()


@pytest.fixture(scope="module", autouse=True)
def words_only():
    """Charts take seconds, and other tests look at them."""
    stub = SimpleNamespace(title="", description="")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sfr_pipeline.report.page._charts", lambda *_: defaultdict(lambda: stub))
        yield


def evidence_of(market, *frames):
    tables = {name: frame for one in frames for name, frame in one.items()}
    return render(market, tables, IMPRINT).evidence


@pytest.fixture(scope="module")
def warned_page(warned, tables, warning_frames):
    return evidence_of(warned, tables, warning_frames)


def text_of(page):
    words = re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", words))


def test_early_warning_says_what_was_found(warned_page):
    text = text_of(warned_page)
    assert "1 of 11 models beats no change in real time, one month ahead" in text
    # The paper's Table 10 stands beside the market's own.
    (row,) = re.findall(
        r"<tr><t[hd][^>]*>Transformer</t[hd]>(?:(?!</tr>).)*0\.1088.*?</tr>", warned_page, re.S
    )
    assert "(0.1088)" in row
    assert "(0.3468)" in row


def test_what_a_market_lacks_is_said_beside_the_scores(warned, tables, warning_frames):
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
    panel = warning_frames["warning_panel"]
    # The paper's information set goes on: what was known in real time counts.
    ended = (panel["variable"] == "prices") & (panel["ref_date"] > "2016-06-15")
    panel = panel[~(ended & (panel["mode"] == "real_time"))].replace("vix_gap", "gap_week_stock")
    text = text_of(evidence_of(market, tables, warning_frames, {"warning_panel": panel}))
    assert (
        "In this market Ridge on changes does without the gaps of Banks, implied volatility, "
        "a daily rate."
    ) in text
    assert (
        "Among the inputs of the paper's models: Prices ends in May 2016; Loans is missing." in text
    )
    rich = panel.replace({"gap_week_stock": "rate_gap", "spread": "implied_realised"})
    text = text_of(evidence_of(warned, tables, warning_frames, {"warning_panel": rich}))
    assert "does without gaps of daily measures." in text


def test_the_number_of_settings_tried_stands_beside_the_scores(warned_page):
    text = text_of(warned_page)
    assert "Ridge on changes 13 penalty, by expanding cross-validation at each origin" in text
    assert f"Variants before this project {variants_looked_at('forecasting')}" in text


def test_a_market_without_early_warning_has_no_such_section(mini, tables, warning_frames):
    assert "Early warning" not in evidence_of(mini, tables)
    assert not set(warning_frames) & set(tables_of(mini))
    # Even where tables of an older catalogue lie around.
    assert forecasting_section(mini, warning_frames) is None


def test_early_warning_that_was_not_run_yet_is_said_to_be_missing(warned, tables, warning_frames):
    assert set(warning_frames) <= set(optional_tables_of(warned))
    page = evidence_of(warned, tables)
    assert "The tables of early warning have not been materialized." in page
    assert "What is behind a forecast" not in page


def test_too_few_months_for_a_fan_or_for_diagnostics_are_no_obstacle(
    warned, tables, warning_frames
):
    short = ("forecast_fan", "warning_lag_orders", "nonlinearity_tests", "transfer_entropy")
    empty = {name: warning_frames[name].head(0) for name in short}
    page = evidence_of(warned, tables, warning_frames, empty)
    assert "Who informs whom?" in text_of(evidence_of(warned, tables, warning_frames))
    assert "Who informs whom?" not in page
