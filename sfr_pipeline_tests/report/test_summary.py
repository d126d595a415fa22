"""The summary for a terminal: what the tables say, a leg after the other, in lines that fit."""

import pandas as pd
import pytest

from sfr_pipeline.report.answers.where import sentences
from sfr_pipeline.report.formats import labelled
from sfr_pipeline.report.page import optional_tables_of
from sfr_pipeline.report.summary import summary_text


@pytest.fixture(scope="module")
def told(everything):
    return summary_text(*everything).splitlines()


def test_the_index_is_that_of_the_tables(mini, tables):
    lines = summary_text(mini, tables).splitlines()
    index = tables["sfri"].query("mode == 'real_time'").set_index("ref_date")["sfri"]
    before, latest = index["2008-11-30"], index["2008-12-31"]
    parts = tables["sfri_contributions"].query("mode == 'real_time'")
    parts = parts[parts["ref_date"] == pd.Timestamp("2008-12-31")]
    names = mini.indicator_names()
    drivers = [
        f"    {row.contribution:+.3f}  {names[row.indicator]}"
        for row in parts.nlargest(3, "contribution").itertuples()
    ]
    assert lines[0] == "Mini market, end of December 2008 (real data, real time)"
    (place,) = [place for place, line in enumerate(lines) if line.startswith("  indicators ")]
    told = " ".join(" ".join(lines[1:place]).split())
    assert told == f"index {sentences(mini, tables)['2008-12']}"
    assert f"{latest:+.2f} standard deviations" in told
    assert f"{'up' if latest > before else 'down'} {abs(latest - before):.2f} on the month" in told
    assert lines[place] == "  indicators     7 of 7 had data"
    assert lines[place + 1].startswith("  regime         the index moves strongly, up or down, ")
    assert lines[place + 2 :] == ["  driven by", *drivers]


def test_a_month_without_its_vintage_says_what_to_materialize(mini, tables):
    regimes = tables["regimes"]
    before = regimes[regimes["ref_date"] < "2008-12-31"]
    text = summary_text(mini, tables | {"regimes": before})
    assert "regime         unknown: materialize mini/sfri_vintages of this month" in text


def test_legs_speak_in_the_order_of_the_flow(told):
    labels = (
        "index", "public opinion", "next month", "early warning", "coming days", "volatility",
        "stress ahead", "daily stress", "recovery of the known truth",
    )  # fmt: skip
    places = [
        next(place for place, line in enumerate(told) if line.startswith(f"  {label}"))
        for label in labels
    ]
    assert places == sorted(places)


def test_synthetic_data_are_called_so(told):
    assert told[0].endswith("(SYNTHETIC data, real time)")


def test_opinion_is_that_of_its_latest_month(told):
    assert ("  public opinion +0.1250 in December 2008, percentile 100, 2,400 posts in all") in told


def test_a_truth_that_is_the_index_is_recovered_wholly(told):
    assert "    +1.000  index, real_time (correlation with true factor)" in told


def test_a_leg_that_the_market_lacks_is_silent_though_its_tables_lie_around(mini, everything):
    _, tables = everything
    text = summary_text(mini, tables)
    for label in ("public opinion", "next month", "early warning", "stress", "known truth"):
        assert label not in text


def test_a_leg_that_was_not_run_yet_is_silent_or_names_the_remedy(everything):
    market, tables = everything
    optional = optional_tables_of(market)
    text = summary_text(
        market, {name: frame for name, frame in tables.items() if name not in optional}
    )
    assert "  volatility     unknown: materialize mini/volatility_scores" in text.splitlines()
    assert "  daily stress   unknown: materialize mini/stress_scores" in text.splitlines()
    for label in (
        "public opinion",
        "next month",
        "early warning",
        "coming days",
        "stress ahead",
    ):
        assert label not in text


def test_a_market_without_an_index_begins_with_its_daily_leg(everything):
    market, tables = everything
    alone = market.model_copy(
        update={"indicators": (), "forecasting": None, "forum": None, "truth": None}
    )
    lines = summary_text(alone, tables).splitlines()
    assert lines[0] == "Mini market, stress leg alone (SYNTHETIC data)"
    assert lines[1].startswith("  coming days    volatility in per cent a year after ")


def test_no_line_is_wider_than_a_terminal(told):
    assert max(map(len, told)) <= 100


def test_text_stands_beside_its_label_and_is_wrapped_there():
    assert labelled("regime", "calm") == ["  regime         calm"]
    lines = labelled("verdict", "many words " * 9, width=40)
    assert lines[0].startswith("  verdict        many")
    assert {line[:17] for line in lines[1:]} == {" " * 17}
    assert max(map(len, lines)) <= 40
    assert " ".join(line[17:] for line in lines).split() == ["many", "words"] * 9
