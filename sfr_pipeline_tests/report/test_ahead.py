"""What is ahead: every number of the page is one of the tables', every sentence allowed by them."""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.evaluation.models import benchmark, contender
from sfr_pipeline.report.answers.ahead import AHEAD
from sfr_pipeline.report.answers.daily_ahead import stress_ahead, volatility_ahead
from sfr_pipeline.report.answers.index_ahead import index_ahead
from sfr_pipeline_tests.report import forecasting_frames, stress_frames

OWN, IDLE = contender("forecasting"), benchmark("forecasting")


def scores(ratio=0.9, p=0.01, spa=0.02):
    return forecasting_frames.scores_of({OWN.id: (ratio, p)}, spa=spa)


@pytest.fixture(scope="module")
def warning():
    tables = forecasting_frames.warning_tables()
    return {name: tables[name] for name in ("forecasts", "forecast_scores", "forecast_fan")}


def shown(market, tables):
    return AHEAD.shown(market, tables)


# The index ----------------------------------------------------------------------------------------


def test_the_months_are_those_of_the_fan_with_no_change_beside_them(warning):
    found = index_ahead(warning)
    fan = warning["forecast_fan"].set_index(["model", "horizon"])
    assert len(found.months) == 6
    for ahead, row in enumerate(found.months, start=1):
        own = fan.loc[(found.model, ahead)]
        assert row.month == own["ref_date"]
        ends = (row.forecast, row.low_50, row.high_50, row.low_90, row.high_90, row.n_errors)
        columns = ["forecast", "low_50", "high_50", "low_90", "high_90", "n_errors"]
        assert ends == tuple(own[columns])
        assert row.idle == fan.loc[(IDLE.id, ahead), "forecast"]


def test_the_sentence_has_the_nearest_month_its_interval_and_no_change(warning):
    first = index_ahead(warning).months[0]
    said = index_ahead(warning | {"forecast_scores": scores()}).sentence
    for value in (first.forecast, first.low_90, first.high_90, first.idle):
        assert f"{value:+.2f}".replace("-", "−") in said
    assert f"{first.month:%B %Y}" in said


@pytest.mark.parametrize(
    ("ratio", "p", "spa", "words"),
    [
        (0.9, 0.01, 0.02, "10.0 % smaller than that of no change (p = 0.010): it beats no change."),
        (0.9, 0.2, 0.4, "10.0 % smaller than that of no change (p = 0.200): it does not beat no"),
        (
            0.9,
            0.01,
            0.4,
            "p = 0.010 by its own test, p = 0.400 with account for all tried): it doe",
        ),
    ],
)
def test_no_more_is_said_of_it_than_its_tests_allow(warning, ratio, p, spa, words):
    said = index_ahead(warning | {"forecast_scores": scores(ratio, p, spa)}).sentence
    assert words in said
    assert said.count("beat") == 1


def test_where_no_model_is_nearer_the_forecast_is_no_change_and_says_so(warning):
    worse = scores(1.2, 0.01)
    worse = worse[worse["model"].isin([OWN.id, IDLE.id])]
    found = index_ahead(warning | {"forecast_scores": worse})
    assert found.model == IDLE.id
    assert "that is no change" in found.sentence
    assert "%" not in found.sentence


def test_without_errors_enough_it_waits_and_draws_nothing(everything):
    market, tables = everything
    bare = tables | {"forecast_fan": tables["forecast_fan"].iloc[:0]}
    assert "Too few forecasts" in shown(market, bare)["index"]["waits"]
    assert "fan" not in AHEAD.charts(market, bare)


# Volatility ---------------------------------------------------------------------------------------


def test_each_market_stands_in_its_own_past(world, frames):
    rng = np.random.default_rng(7)
    forecasts = frames["volatility_forecasts"].copy()
    over = forecasts["actual"].notna()
    forecasts.loc[over, "actual"] = rng.uniform(0, 0.6, over.sum())
    found = volatility_ahead(world, {"volatility_forecasts": forecasts})
    month = forecasts[forecasts["horizon"] == 21].set_index("market")
    assert [row.outlook.market for row in found.markets] == [
        part.id for part in world.stress.sub_markets if part.id in month.index
    ]
    for row in found.markets:
        past = month.loc[row.outlook.market, "actual"].dropna()
        below = sum(value <= row.outlook.forecast for value in past) / len(past)
        assert row.percentile == pytest.approx(100 * below)
        assert found.day == month.loc[row.outlook.market, "date"].max()
    top = max(found.markets, key=lambda row: row.percentile)
    assert f"volatility of {top.outlook.name} is expected" in found.sentence
    assert f"{100 * top.outlook.forecast:.1f} % a year" in found.sentence
    assert (
        f"at or above {top.percentile:.0f} % of its own spans of 21 trading days" in found.sentence
    )


def test_a_market_whose_prices_ended_is_named_with_its_last_day(world, frames):
    forecasts = frames["volatility_forecasts"]
    gone, last = "bonds", forecasts["date"].max() - pd.Timedelta(days=30)
    kept = forecasts[(forecasts["market"] != gone) | (forecasts["date"] <= last)]
    ended = kept.loc[kept["market"] == gone, "date"].max()
    found = volatility_ahead(world, {"volatility_forecasts": kept})
    names = {part.id: part.name for part in world.stress.sub_markets}
    assert (names[gone], ended) in found.silent
    assert gone not in [row.outlook.market for row in found.markets]


def test_a_forecast_above_the_threshold_is_told(world, frames):
    forecasts = frames["volatility_forecasts"]
    assert "no forecast lies above" in volatility_ahead(world, frames).sentence
    stressed = forecasts.assign(threshold=0.9 * forecasts["forecast"])
    said = volatility_ahead(world, {"volatility_forecasts": stressed}).sentence
    assert "above the level at which stress begins: " in said


# Stress -------------------------------------------------------------------------------------------


def daily(stressed=None):
    """Tables of the chance of stress; of the day itself with labels of so many days up to it."""
    tables = {
        "stress_predictions": stress_frames.predictions(),
        "stress_scores": stress_frames.scores(),
    }
    if stressed is None:
        return tables
    day = tables["stress_predictions"]["date"].max()
    labels = {"label": "D90", "date": pd.bdate_range(end=day, periods=len(stressed))}
    return tables | {"stress_labels": pd.DataFrame(labels | {"stressed": stressed})}


def test_the_chance_is_that_of_the_best_scored_rule_beside_the_base_rate():
    tables = daily()
    found = stress_ahead(tables)
    chance = found.chance
    group = tables["stress_scores"].query(
        "protocol == 'walk_forward' and label == 'F21' and period == 'all' and days == 'all'"
    )
    predictions = tables["stress_predictions"]
    newest = predictions[predictions["date"] == predictions["date"].max()]
    newest = newest.set_index("model")["probability"]
    speaking = group[group["model"].isin(newest.index)].set_index("model")["auroc"]
    assert chance.model == speaking.idxmax()
    assert chance.probability == newest[chance.model]
    assert chance.base_rate == newest[benchmark("stress").id]
    assert chance.name in found.sentence
    assert f"{100 * chance.base_rate:.0f} %" in found.sentence


@pytest.mark.parametrize(
    ("stressed", "run", "words"),
    [
        ([1] * 5 + [0] * 300, 0, "the last such day was 2009-"),
        (
            [0] * 300 + [1, 0, 1, 1],
            2,
            "in stress on the last 2 days up to then; of the 252 days up",
        ),
        ([0] * 300, 0, "No day up to then was one of stress."),
        ([0] * 300 + [1], 1, "in stress on that day"),
    ],
)
def test_days_in_stress_are_counted_up_to_the_day(stressed, run, words):
    found = stress_ahead(daily(stressed))
    assert found.run == run
    assert found.of_year == sum(stressed[-252:])
    assert words in found.sentence


@pytest.mark.parametrize("days", [slice(-251, None), slice(None, -1)])
def test_a_day_without_a_label_or_a_year_of_them_is_not_spoken_of(days):
    tables = daily([1] * 300)
    labels = tables["stress_labels"].iloc[days]
    said = stress_ahead(tables | {"stress_labels": labels}).sentence
    assert said == stress_ahead(daily()).sentence
    assert "days of stress" not in said


def test_days_behind_the_chance_count_for_nothing():
    tables = daily([0] * 300)
    later = tables["stress_labels"].tail(3)
    later = later.assign(date=later["date"] + pd.Timedelta(days=30), stressed=1)
    found = stress_ahead(tables | {"stress_labels": pd.concat([tables["stress_labels"], later])})
    assert (found.run, found.last, found.of_year) == (0, None, 0)


# Markets ------------------------------------------------------------------------------------------


def test_a_market_of_the_daily_leg_alone_shows_it_alone(world, frames):
    found = shown(world, frames)
    assert found["index"] is None
    assert not found["volatility"]["waits"]
    assert not found["stress"]["waits"]
    assert set(AHEAD.charts(world, frames)) == {"volatility-outlook", "stress-chance"}


def test_a_market_of_posts_or_of_the_index_alone_expects_nothing(mini, tables):
    assert shown(mini, tables) is None
    assert AHEAD.charts(mini, tables) == {}


def test_an_index_that_has_not_begun_is_excused_once_and_not_here(everything):
    market, tables = everything
    begun = shown(market, tables)
    assert begun["index"]["waits"] is None
    found = shown(market, tables | {"sfri": tables["sfri"].iloc[:0]})
    assert found == begun | {"index": None}


def test_what_was_not_run_is_named_and_the_rest_is_there(everything):
    market, tables = everything
    for name, answer in (
        ("forecast_fan", "index"),
        ("volatility_forecasts", "volatility"),
        ("stress_predictions", "stress"),
    ):
        found = shown(market, {key: frame for key, frame in tables.items() if key != name})
        waiting = {key for key in ("index", "volatility", "stress") if found[key]["waits"]}
        assert waiting == {answer}
        assert "not been materialized" in found[answer]["waits"]
