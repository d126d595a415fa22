"""What the rules of alerts read: numbers by day or month, each as it was known then.

Belongs here: from tables, and from what is known of runs, to values. Does not belong here: whether
they alert (`alerts`).
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sfr_pipeline.evaluation.intervals import MIN_ERRORS
from sfr_pipeline.forecasting.fan import fan_rows
from sfr_pipeline.markets import Market
from sfr_pipeline.operation.alerts import Reading, Readings
from sfr_pipeline.operation.calendar import days_late, months_due
from sfr_pipeline.operation.rules import (
    AlertRules,
    FailedRefreshRule,
    ForecastRule,
    LevelRule,
    MissedRefreshRule,
    RegimeRule,
    StaleRule,
    StressRule,
)
from sfr_pipeline.operation.texts import harmless
from sfr_pipeline.storage.tables.columns import MEAN_OF_SEEDS

Frames = Mapping[str, pd.DataFrame]

# The table in which a refresh notes every input, and which of them kept old values.
INPUTS = "input_status"
# Months of the index before a forecast is held against them.
MIN_MONTHS = 24


@dataclass(frozen=True)
class Refreshes:
    """What is known of the runs that refresh a market.

    Attributes:
        failed: that failed since the last success, newest first, as (end in UTC, id).
    """

    failed: Sequence[tuple[dt.datetime, str]] = ()


def measured_tables(market: Market) -> list[str]:
    """Tables that the rules on what is measured may read."""
    return [
        *(["sfri", "regimes"] if market.monthly else []),
        *(["forecasts"] if market.forecasting else []),
        *(["stress_predictions"] if market.stress else []),
    ]


def watched_tables(market: Market) -> list[str]:
    """Tables that the rules on the operation may read: one with every month, and the inputs."""
    if market.posts_alone:
        return ["npoi", INPUTS]
    return ["sfri" if market.monthly else "stress_predictions", INPUTS]


def measured(
    rules: AlertRules, frames: Frames, last: int | None = None
) -> dict[str, list[Reading]]:
    """Readings of the rules on what is measured, by rule.

    Args:
        rules: of the market.
        frames: of `measured_tables`, as far as they were written.
        last: how many values suffice; the whole history by default.

    Returns:
        Nothing for rules whose tables are not there or hold no value.
    """
    found: dict[str, list[Reading]] = {}
    for rule in rules.rules:
        values = _values(rule, frames, last)
        if values is not None and len(values):
            found[rule.id] = [Reading(values if last is None else values.tail(last))]
    return found


def operational(
    rules: AlertRules,
    market: Market,
    frames: Frames,
    at: dt.datetime,
    refreshes: Refreshes | None = None,
) -> Readings:
    """Readings of the rules on the operation, by rule.

    A market whose sample is fixed is never late, and none of its series is ever stale.

    Args:
        rules: of the market.
        market: the catalogue.
        frames: of `watched_tables`, as far as they were written.
        at: now, in UTC.
        refreshes: what is known of the runs; without it failures are not looked at.
    """
    found: dict[str, list[Reading]] = {}
    for rule in rules.rules:
        if isinstance(rule, FailedRefreshRule) and refreshes is not None:
            found[rule.id] = [_failures(refreshes, at)]
        elif isinstance(rule, MissedRefreshRule):
            found[rule.id] = _missed(market, frames, at)
        elif isinstance(rule, StaleRule) and (INPUTS in frames or not market.sample.goes_on):
            found[rule.id] = _stale(frames[INPUTS], at) if market.sample.goes_on else []
    return found


def _values(rule: object, frames: Frames, last: int | None) -> "pd.Series[float] | None":
    if isinstance(rule, LevelRule) and "sfri" in frames:
        return _real_time(frames["sfri"], "percentile")
    if isinstance(rule, RegimeRule) and "regimes" in frames:
        regimes = frames["regimes"]
        return _real_time(regimes[regimes["horizon"] == 0], "probability_high")
    if isinstance(rule, ForecastRule) and {"sfri", "forecasts"} <= frames.keys():
        return _forecast(rule, frames["sfri"], frames["forecasts"], last)
    if isinstance(rule, StressRule) and "stress_predictions" in frames:
        return _stress(rule, frames["stress_predictions"])
    return None


def _real_time(frame: pd.DataFrame, column: str) -> "pd.Series[float]":
    rows = frame[frame["mode"] == "real_time"].set_index("ref_date")[column]
    return rows.sort_index().dropna().astype(float)


def _forecast(
    rule: ForecastRule, sfri: pd.DataFrame, forecasts: pd.DataFrame, last: int | None
) -> "pd.Series[float]":
    """Percentile of the bound among the index as first published, by origin.

    The fan of each origin is made as it was made then: from errors that were known.
    """
    index = _real_time(sfri, "sfri")
    own = forecasts[
        (forecasts["protocol"] == "real_time")
        & (forecasts["seed"] == MEAN_OF_SEEDS)
        & (forecasts["model"] == rule.model)
        & (forecasts["horizon"] == rule.horizon)
    ].sort_values("origin")
    origins = own["origin"].unique()
    found = {}
    for origin in origins if last is None else origins[-last:]:
        past = index[index.index <= origin]
        fan = fan_rows(own[own["origin"] <= origin], [rule.model], rule.horizon, MIN_ERRORS)
        if len(past) >= MIN_MONTHS and len(fan):
            bound = float(fan[rule.bound].iloc[0])
            found[pd.Timestamp(origin)] = 100.0 * float(np.mean(past.to_numpy() <= bound))
    return pd.Series(found, dtype=float)


def _stress(rule: StressRule, predictions: pd.DataFrame) -> "pd.Series[float]":
    rows = predictions[
        (predictions["protocol"] == "walk_forward")
        & (predictions["seed"] == MEAN_OF_SEEDS)
        & (predictions["label"] == rule.label)
        & (predictions["model"] == rule.model)
    ]
    return rows.set_index("date")["probability"].sort_index().dropna().astype(float)


def _failures(refreshes: Refreshes, at: dt.datetime) -> Reading:
    failed = refreshes.failed
    ended = failed[0][0] if failed else at
    note = f"run {failed[0][1][:8]}, ended {ended:%Y-%m-%d %H:%M} UTC" if failed else ""
    return Reading(_on(ended, float(len(failed))), note=note)


def _missed(market: Market, frames: Frames, at: dt.datetime) -> list[Reading]:
    if not market.sample.goes_on:
        return []
    there = last_month(frames)
    # A market that was never run here is nobody's business.
    if there is None:
        return []
    missing = months_due(market, there, at)
    if not missing:
        return []
    more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
    late = float(days_late(market, there, at))
    return [Reading(_on(missing[0].end_time, late), note=f"{missing[0]}{more}")]


def last_month(frames: Frames) -> pd.Period | None:
    """The last month that a market's tables hold, None where they hold none."""
    if "sfri" in frames:
        days = _real_time(frames["sfri"], "sfri").index
    elif "stress_predictions" in frames:
        days = pd.DatetimeIndex(frames["stress_predictions"]["date"])
    elif "npoi" in frames:
        days = pd.DatetimeIndex(frames["npoi"]["ref_date"])
    else:
        return None
    return pd.Period(days.max(), "M") if len(days) else None


def _stale(inputs: pd.DataFrame, at: dt.datetime) -> list[Reading]:
    readings = []
    for row in inputs[inputs["state"] == "stale"].itertuples(index=False):
        # One that was never delivered is stale from the day on which it was looked for.
        since = pd.Timestamp(at if pd.isna(row.since) else row.since)
        days = (pd.Timestamp(at).normalize() - since.normalize()).days + 1
        last = pd.Timestamp(str(row.last_ref_date))
        note = f"last value of {last:%Y-%m-%d}; {harmless(str(row.reason))}"
        readings.append(Reading(_on(since, float(days)), f"{row.kind} {row.item}", note))
    return readings


def _on(moment: dt.datetime | pd.Timestamp, value: float) -> "pd.Series[float]":
    return pd.Series([value], index=[pd.Timestamp(moment).normalize()])
