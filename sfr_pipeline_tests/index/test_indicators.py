"""From sources to panel: contracts, release lags, the paper's Table 3."""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.index.description import describe_indicators
from sfr_pipeline.storage import tables
from sfr_pipeline.storage.validation import violations


def test_tables_keep_their_contracts(us_indicators, us_panel):
    market, indicators = us_indicators
    _, panel = us_panel
    assert violations(tables.INDICATORS, indicators) == []
    assert violations(tables.INDICATOR_PANEL, panel) == []
    assert violations(tables.INDICATOR_STATISTICS, describe_indicators(market, panel)) == []


def test_every_indicator_reaches_the_panel_in_both_information_sets(us_panel):
    market, panel = us_panel
    for mode in ("paper", "real_time"):
        assert set(panel[panel["mode"] == mode]["indicator"]) == {i.id for i in market.indicators}


def test_more_means_more_risk_whatever_the_direction(us_panel):
    market, panel = us_panel
    paper = panel[panel["mode"] == "paper"]
    for indicator in market.indicators:
        rows = paper[paper["indicator"] == indicator.id]
        agreement = np.corrcoef(rows["transformed"], rows["score"])[0, 1]
        assert agreement == pytest.approx(indicator.direction)


def test_statistics_have_the_form_of_the_papers_table_3(us_panel):
    market, panel = us_panel
    statistics = describe_indicators(market, panel)
    assert np.abs(statistics["mean"]).max() < 1e-8, "the paper prints means of the order 1e-8"
    assert (statistics["minimum"] < 0).all()
    assert (statistics["maximum"] > 0).all()
    assert statistics["n_months"].between(200, 348).all()


def test_a_release_lag_moves_a_month_in_real_time_only(us_panel):
    _, panel = us_panel
    payrolls = panel[panel["indicator"] == "payrolls"].pivot(
        index="ref_date", columns="mode", values="transformed"
    )
    assert payrolls["paper"].iloc[0:100].to_list() == payrolls["real_time"].iloc[1:101].to_list()
    spread = panel[panel["indicator"] == "default_spread"].pivot(
        index="ref_date", columns="mode", values="transformed"
    )
    assert spread["paper"].to_list() == spread["real_time"].to_list()


def test_real_time_scores_use_the_past_only(us_panel):
    _, panel = us_panel
    rows = panel[(panel["mode"] == "real_time") & (panel["indicator"] == "default_spread")]
    rows = rows.sort_values("ref_date")
    value = rows["oriented"]
    expected = (value - value.expanding().mean()) / value.expanding().std()
    start = 23  # the 24th month is the first that counts
    assert rows["score"].iloc[:start].isna().all()
    assert rows["score"].iloc[start:].to_numpy() == pytest.approx(expected.iloc[start:].to_numpy())


def test_only_what_was_published_is_known(us_indicators):
    _, indicators = us_indicators
    starts = indicators[indicators["indicator"] == "housing_starts"]
    assert ((starts["available_at"] - starts["ref_date"]).dt.days == 19).all()
    assert starts["ref_date"].max() == pd.Timestamp("2016-06-30")
