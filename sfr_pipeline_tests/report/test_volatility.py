"""Volatility in the report and on the command line: only what tests and intervals allow is said."""

import io
import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from sfr_pipeline.evaluation.models import ablation, contender, headline, name_of
from sfr_pipeline.report.chart import to_png
from sfr_pipeline.report.stress import volatility_charts as charts
from sfr_pipeline.report.stress.volatility_section import (
    market_rows,
    model_rows,
    volatility_charts,
    volatility_section,
)
from sfr_pipeline.report.stress.volatility_verdict import (
    as_lines,
    newest_outlook,
    sub_market_names,
    volatility_summary,
)
from sfr_pipeline.storage.tables import volatility as contracts
from sfr_pipeline.storage.validation import violations
from sfr_pipeline_tests.report import volatility_frames as made_up

FIRST, (ONE, *OTHERS) = made_up.FIRST, made_up.RIVALS
OWN = headline("volatility").name
NETWORK = contender("volatility")
TWIN = ablation(NETWORK)


def verdict(world, gains):
    return volatility_summary(world, made_up.volatility_tables(gains)).verdict


def against(panel, gain, model=FIRST, rivals=made_up.RIVALS, losses=contracts.LOSSES):
    return {(panel, model, rival, loss): gain for rival in rivals for loss in losses}


def test_the_made_up_frames_keep_their_contracts():
    for table in contracts.VOLATILITY_TABLES:
        assert not violations(table, made_up.volatility_tables()[table.name]), table.name


# Words --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gain", "words"),
    [
        (0.1, "forecasts the volatility of the next 21 trading days better than"),
        (0.01, "is not separable from"),
        (-0.1, "forecasts it worse than"),
    ],
)
def test_the_verdict_has_the_word_that_the_table_allows(world, gain, words):
    text = verdict(world, against("sub_markets", gain) | against("stocks", 0.1))
    pair = f"{name_of('volatility', ONE)} ({100 * gain:+.1f} %, "
    assert f"On 3 sub-markets and 2,500 days, {OWN} {words} {pair}" in text
    others = {"better than", "is not separable from", "worse than"} - {words}
    first = text[: text.index("On 2 stocks")]
    assert not any(other in first for other in others if other not in words)


def test_rivals_of_unlike_verdicts_are_told_apart(world):
    gains = against("sub_markets", 0.1, rivals=[ONE]) | against("sub_markets", 0.0, rivals=OTHERS)
    text = verdict(world, gains)
    assert re.search(
        rf"better than {re.escape(name_of('volatility', ONE))} [^;]*; it is not ", text
    )


def test_another_loss_that_says_otherwise_is_not_hidden(world):
    undecided = against("sub_markets", 0.0, losses=["qlike"])
    assert verdict(world, undecided).count("; by QLIKE undecided)") == len(made_up.RIVALS)
    assert "QLIKE" not in verdict(world, {})


def test_where_the_test_alone_is_undecided_its_p_value_stands_there(world):
    tables = made_up.volatility_tables()
    scores = tables["volatility_scores"].assign(verdict="undecided", p_value=0.0812)
    text = volatility_summary(world, tables | {"volatility_scores": scores}).verdict
    assert f"separable from {name_of('volatility', ONE)} (+10.0 %, +8.0 to +12.5, p 0.08)" in text
    assert ", p " not in verdict(world, against("sub_markets", 0.01))


@pytest.mark.parametrize(
    ("gain", "words"),
    [
        (0.03, "takes +3.0 %, +1.0 to +5.5 more off its squared error"),
        (0.01, "is not separable from it (+1.0 %, -1.0 to +3.5)"),
        (-0.03, "is worse than it (-3.0 %, -5.0 to -0.5)"),
    ],
)
def test_what_the_network_adds_stands_beside_what_needs_no_path(world, gain, words):
    text = verdict(world, against("sub_markets", gain, model=NETWORK.id, rivals=[FIRST]))
    assert (
        f"On the sub-markets {NETWORK.name} {words}; beside it stand {TWIN.name} ("
        in text.replace(f"{TWIN.name} +", f"{TWIN.name} (")
    )
    assert "that it reads the path of days is not claimed" in text


def test_models_that_are_fitted_more_seldom_are_named(world):
    text = verdict(world, {})
    assert text.endswith(
        f"Fitted every year, but for {NETWORK.name} every 3 years and {TWIN.name} every 3 years."
    )
    tables = made_up.volatility_tables()
    yearly = tables["volatility_scores"].assign(refit_months=12)
    text = volatility_summary(world, tables | {"volatility_scores": yearly}).verdict
    assert "but for" not in text


def test_without_a_judged_day_the_verdict_says_so(world):
    tables = made_up.volatility_tables()
    empty = {name: frame.iloc[:0] for name, frame in tables.items()}
    found = volatility_summary(world, empty)
    assert found.verdict.startswith("No forecast of volatility can be judged yet")
    assert found.day is None
    assert not found.outlook
    assert volatility_charts(world, empty) == {}
    assert volatility_section(world, empty)["panels"] == []


# The newest day -----------------------------------------------------------------------------------


def test_the_newest_day_is_told_for_every_sub_market_and_horizon(world):
    tables = made_up.volatility_tables()
    frame = tables["volatility_forecasts"].copy()
    frame.loc[frame["date"] == made_up.NEWEST, "forecast"] = 0.123
    day, outlook = newest_outlook(world, frame)
    assert day == made_up.NEWEST
    order = [part.id for part in world.stress.sub_markets]
    markets = sorted(made_up.MARKETS["sub_markets"], key=order.index)
    assert [(row.market, row.horizon) for row in outlook] == [
        (market, horizon) for market in markets for horizon in (5, 21, 63)
    ]
    assert {row.forecast for row in outlook} == {0.123}
    lines = as_lines(world, tables | {"volatility_forecasts": frame})
    told = " ".join(line[17:] for line in lines)
    assert told.startswith("volatility in per cent a year after 2010-04-19, by trading days: ")
    assert re.search(r"5: 12\.3, 21: 12\.3 \(90 % within \d+\.\d to \d+\.\d\), 63: 12\.3; ", told)
    assert told.endswith("All scores: table volatility_scores.")
    assert max(map(len, lines)) <= 100


def test_a_bound_that_is_not_known_yet_is_left_out(world):
    frame = made_up.forecasts().assign(low_90=np.nan, high_90=np.nan)
    lines = as_lines(world, made_up.volatility_tables() | {"volatility_forecasts": frame})
    assert "90 %" not in " ".join(lines).split("by trading days")[1].split("On 3")[0]


def test_tables_that_are_not_there_are_named(world, mini):
    (line,) = as_lines(world, {})
    assert line == "  volatility     unknown: materialize world/volatility_scores"
    assert as_lines(mini, made_up.volatility_tables()) == []


# Rows and pictures --------------------------------------------------------------------------------


def test_every_model_stands_against_every_reference_but_itself():
    gains = {("sub_markets", FIRST, ONE, "mse"): 0.25, ("sub_markets", FIRST, ONE, "qlike"): -0.5}
    rows = {row["name"]: row for row in model_rows(made_up.scores(gains), "sub_markets")}
    assert list(rows) == [name_of("volatility", model) for model in made_up.MODELS]
    own = rows[OWN]
    place = made_up.REFERENCES.index(ONE)
    squared, qlike, _ = own["gains"].values()
    assert squared[made_up.REFERENCES.index(FIRST)] is None
    assert squared[place]["gain"] == 0.25
    assert qlike[place]["gain"] == -0.5
    assert {len(gains) for gains in own["gains"].values()} == {len(made_up.REFERENCES)}
    assert own["coverage"] == [0.51, 0.88]
    assert rows[NETWORK.name]["refit_months"] == 36


def test_markets_stand_in_the_catalogues_order_and_stocks_by_the_alphabet(world):
    scores = made_up.scores()
    names = [
        part.name for part in world.stress.sub_markets if part.id in made_up.MARKETS["sub_markets"]
    ]
    rows = market_rows(world, scores, "sub_markets")
    assert [row["name"] for row in rows] == names
    assert {len(row["gains"]) for row in rows} == {len(made_up.RIVALS)}
    assert [row["name"] for row in market_rows(world, scores, "stocks")] == ["AAA", "BBB"]


def made(world, forecasts, scores):
    """Every chart of volatility."""
    return {
        "outlook": charts.outlook_chart(*newest_outlook(world, forecasts)),
        "hindsight": charts.hindsight_chart(forecasts, sub_market_names(world)),
        "gains": charts.gain_chart(scores),
        "decades": charts.decade_chart(scores),
    }


def test_every_chart_is_drawn_and_describes_itself(world, capfd):
    for name, chart in made(world, made_up.forecasts(), made_up.scores()).items():
        with Image.open(io.BytesIO(to_png(chart, scale=0.5))) as drawn:
            assert drawn.width > 300, name
            assert len(drawn.convert("RGB").getcolors(1 << 20)) > 10, name
        assert chart.title
        assert chart.description.endswith("."), name
        # An expression that fails leaves a picture of little more than its axes.
        assert not capfd.readouterr().err, name


def test_the_outlook_draws_forecast_bounds_and_threshold(world):
    forecasts = made_up.forecasts()
    chart = charts.outlook_chart(*newest_outlook(world, forecasts))
    columns = ["forecast", *contracts.BOUNDS, "threshold"]
    newest = forecasts[forecasts["date"] == made_up.NEWEST].set_index(["market", "horizon"])
    drawn = chart.table.set_index(["market", "horizon"])
    pd.testing.assert_frame_equal(
        drawn[columns].astype(float), newest.loc[drawn.index, columns].astype(float)
    )
    assert set(drawn["date"]) == {made_up.NEWEST}
    told = drawn.xs(21, level="horizon").iloc[0]
    assert f"{told['name']} {100 * told['forecast']:.1f} %" in chart.description


def test_hindsight_shows_outcomes_where_they_are_over(world):
    names = sub_market_names(world)
    forecasts = made_up.forecasts()
    table = charts.hindsight_chart(forecasts, names).table
    assert list(table["market"].unique()) == [
        market for market in names if market in made_up.MARKETS["sub_markets"]
    ]
    own = table[table["market"] == "equity"]
    assert own["forecast"].notna().all()
    assert own["actual"].isna().sum() == 21 // charts.STEP
    month = forecasts[(forecasts["market"] == "equity") & (forecasts["horizon"] == 21)]
    merged = own.merge(month, on="date", suffixes=("", "_stored"))
    assert len(merged) == len(own)
    for column in ("forecast", "low_90", "high_90"):
        assert (merged[column] == merged[f"{column}_stored"]).all()


def test_a_market_that_ended_early_keeps_its_own_last_years(world):
    forecasts = made_up.forecasts()
    long_ago = forecasts["date"] - pd.DateOffset(years=20)
    ended = forecasts.assign(date=forecasts["date"].where(forecasts["market"] != "gold", long_ago))
    table = charts.hindsight_chart(ended, sub_market_names(world)).table
    counts = table["market"].value_counts()
    assert counts["gold"] == counts["equity"]


def test_the_gains_of_models_and_half_decades_are_those_of_the_table():
    scores = made_up.scores()
    decade = (scores["period"] == "2010-2014") & (scores["rival"] == ONE)
    scores.loc[decade & (scores["model"] == FIRST) & (scores["loss"] == "mse"), "gain"] = 0.33
    table = charts.decade_chart(scores).table.set_index(["panel", "period", "rival"])
    assert table.index.is_unique
    assert set(table.index.unique("period")) == {"2005-2009", "2010-2014"}
    assert set(table.index.unique("rival")) == set(made_up.RIVALS)
    assert (table.xs(("2010-2014", ONE), level=("period", "rival"))["gain"] == 0.33).all()
    assert (table.xs("2005-2009", level="period")["gain"] == 0.1).all()
    gains = charts.gain_chart(made_up.scores()).table
    assert set(gains["model"]) & set(made_up.RIVALS) == set()
    # Outer ends of the intervals of both lengths of blocks.
    assert np.allclose(gains[["low", "high"]], [0.08, 0.125])


def test_charts_of_nothing_say_so(world):
    empty = made(world, made_up.forecasts().iloc[:0], made_up.scores().iloc[:0])
    for name, chart in empty.items():
        assert chart.description.startswith("Nothing is drawn: no forecast of volatility"), name
