"""What rules read: real time alone, each value as it was known, and lateness by the calendar."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.forecasting.fan import fan_rows
from sfr_pipeline.markets import load_market
from sfr_pipeline.operation.calendar import days_late, due, months_due
from sfr_pipeline.operation.readings import INPUTS, Refreshes, measured, operational
from sfr_pipeline_tests.operation.made_up import (
    AT,
    inputs,
    months,
    predictions,
    regimes,
    rules,
    sfri,
)

WATCHED = rules(
    {"id": "missed", "kind": "missed_refresh", "days": 2},
    {"id": "stale", "kind": "stale"},
    {"id": "failed", "kind": "failed_refresh"},
)


@pytest.fixture
def going_on(mini):
    """The mini market, as if its sample went on."""
    return mini.model_copy(update={"sample": mini.sample.model_copy(update={"until": "latest"})})


def test_only_real_time_and_no_forecast_of_a_regime_is_read():
    which = rules(
        {"id": "level", "kind": "level", "threshold": 90, "clear_below": 75},
        {"id": "regime", "kind": "regime", "threshold": 0.9, "clear_below": 0.5},
        {"id": "stress", "kind": "stress", "threshold": 0.5, "clear_below": 0.3},
    )
    frames = {
        "sfri": sfri([10, 20]),
        "regimes": regimes([0.1, 0.2]),
        "stress_predictions": predictions([0.3, 0.4, np.nan]),
    }
    found = {name: reading.values for name, (reading,) in measured(which, frames).items()}
    assert found["level"].to_list() == [10, 20]
    assert found["regime"].to_list() == [0.1, 0.2]
    assert found["stress"].to_list() == [0.3, 0.4], "a day without a probability says nothing"
    assert list(found["level"].index) == list(months(0, 0).index)
    short = measured(which, frames, last=1)
    assert [len(reading.values) for (reading,) in short.values()] == [1, 1, 1]


def test_a_rule_whose_table_is_missing_is_not_looked_at():
    which = rules({"id": "level", "kind": "level", "threshold": 90, "clear_below": 75})
    assert measured(which, {}) == {}
    assert measured(which, {"sfri": sfri([])}) == {}


def forecasts(n_months, seed=1):
    """Real-time forecasts one month ahead of a random walk by its last value, some odd rows too."""
    walk = np.random.default_rng(seed).standard_normal(n_months + 1).cumsum()
    origins = months(*walk[:-1], first="2015-01")
    change = np.diff(walk)
    rows = pd.DataFrame(
        {
            "protocol": "real_time",
            "model": "no_change",
            "seed": -1,
            "origin": origins.index,
            "horizon": 1,
            "ref_date": origins.index + pd.offsets.MonthEnd(),
            "change": 0.0,
            "forecast": walk[:-1],
            "published_change": change,
        }
    )
    rows.loc[rows.index[-1], "published_change"] = np.nan
    odd = [rows.assign(horizon=2), rows.assign(model="ar1", forecast=99.0)]
    return pd.concat([rows, *odd], ignore_index=True), walk[:-1]


def test_a_forecast_is_read_as_the_fan_of_its_origin_among_the_index_so_far():
    table, index = forecasts(60)
    frames = {"forecasts": table, "sfri": sfri([0] * 60, first="2015-01", index=index)}
    rule = {"id": "ahead", "kind": "forecast", "model": "no_change", "horizon": 1,
            "bound": "high_90", "threshold": 95, "clear_below": 80}  # fmt: skip
    (reading,) = measured(rules(rule), frames)["ahead"]
    fan = fan_rows(table, ["no_change"], horizons=1)
    bound = fan["high_90"].item()
    assert reading.values.iloc[-1] == pytest.approx(100 * np.mean(index <= bound))
    # 24 errors are known at the 25th origin.
    assert reading.values.index[0] == pd.Timestamp("2017-01-31")
    (last,) = measured(rules(rule), frames, last=2)["ahead"]
    assert last.values.to_list() == reading.values.to_list()[-2:]
    # What comes after an origin moves nothing that was read at it.
    later = table.copy()
    late = later["origin"] > pd.Timestamp("2018-12-31")
    later.loc[late, ["forecast", "published_change"]] = 1e9
    poisoned = measured(rules(rule), frames | {"forecasts": later})["ahead"][0].values
    # The change from December is known a month later, and was not poisoned.
    cut = pd.Timestamp("2018-12-31")
    assert poisoned[:cut].to_list() == reading.values[:cut].to_list()


# The operation ----------------------------------------------------------------------------------


def test_a_month_is_due_on_the_day_after_the_longest_release_lag(going_on):
    assert due(going_on, pd.Period("2026-10")) == dt.datetime(2026, 11, 16, 6)
    assert due(going_on, pd.Period("2026-12")) == dt.datetime(2027, 1, 16, 6)


@pytest.mark.parametrize(
    ("there", "moment", "missing", "days"),
    [
        ("2026-09", (2026, 11, 16, 5), [], 0),
        ("2026-09", (2026, 11, 16, 6), ["2026-10"], 0),
        ("2026-09", (2026, 11, 18, 7), ["2026-10"], 2),
        ("2026-08", (2026, 11, 18, 7), ["2026-09", "2026-10"], 33),
        ("2026-10", (2026, 11, 30, 0), [], 0),
        ("2026-12", (2026, 11, 30, 0), [], 0),
    ],
)
def test_lateness_counts_from_the_first_month_that_is_missing(
    going_on, monkeypatch, there, moment, missing, days
):
    monkeypatch.setenv("SFR_END", "2026-10")
    at = dt.datetime(*moment)
    found = months_due(going_on, pd.Period(there), at)
    assert [str(month) for month in found] == missing
    assert days_late(going_on, pd.Period(there), at) == days


def test_a_missed_month_is_read_with_its_name(going_on, monkeypatch):
    monkeypatch.setenv("SFR_END", "2026-10")
    frames = {"sfri": sfri([1] * 8)}
    (reading,) = operational(WATCHED, going_on, frames, AT)["missed"]
    assert reading.values.to_list() == [35.0]
    assert reading.note == "2026-09 and 1 more"
    (rule, *_) = WATCHED.rules
    assert rule.raises(reading.values)
    there = {"sfri": sfri([1] * 10)}
    assert operational(WATCHED, going_on, there, AT)["missed"] == []


def test_a_market_with_daily_prices_alone_is_late_by_its_days(monkeypatch):
    monkeypatch.setenv("SFR_END", "2026-10")
    world = load_market("world")
    late = {"stress_predictions": predictions([0.1] * 5, first="2026-09-24")}
    (reading,) = operational(WATCHED, world, late, AT)["missed"]
    assert reading.note == "2026-10"
    there = {"stress_predictions": predictions([0.1] * 5, first="2026-10-24")}
    assert operational(WATCHED, world, there, AT)["missed"] == []


def test_a_market_that_was_never_run_misses_nothing(going_on):
    assert operational(WATCHED, going_on, {}, AT)["missed"] == []


def test_each_stale_input_is_read_with_the_days_since_and_a_harmless_reason(going_on):
    frames = {INPUTS: inputs(payrolls=("2026-11-19 22:00", "HTTP 500\n<b>@all</b>"))}
    (reading,) = operational(WATCHED, going_on, frames, AT)["stale"]
    assert (reading.subject, reading.values.to_list()) == ("series payrolls", [2.0])
    assert reading.note == "last value of 2026-09-30; HTTP 500 ‹b›(at)all‹/b›"
    never = {INPUTS: inputs(payrolls=(pd.NaT, "HTTP 500"))}
    (reading,) = operational(WATCHED, going_on, never, AT)["stale"]
    assert reading.values.to_list() == [1.0], "what was never there is stale from today on"
    assert "stale" not in operational(WATCHED, going_on, {}, AT), "nobody knows: not looked at"


def test_a_market_whose_sample_is_fixed_is_never_late_or_stale(mini):
    frames = {"sfri": sfri([1]), INPUTS: inputs(payrolls=("2026-11-01", "HTTP 500"))}
    found = operational(WATCHED, mini, frames, AT, Refreshes())
    assert (found["missed"], found["stale"]) == ([], [])
    assert not WATCHED.rules[2].raises(found["failed"][0].values)


def test_failures_are_counted_and_the_newest_is_named(mini):
    failed = [(dt.datetime(2026, 11, 18, 6, 30), "abcdef1234"), (AT, "older")]
    (reading,) = operational(WATCHED, mini, {}, AT, Refreshes(failed))["failed"]
    assert reading.values.to_list() == [2.0]
    assert reading.note == "run abcdef12, ended 2026-11-18 06:30 UTC"
    assert "failed" not in operational(WATCHED, mini, {}, AT), "runs were not looked at"
