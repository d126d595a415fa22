"""What is odd about the daily prices, and what becomes of it. Nothing is mended in the table.

Whether a day is odd is judged with hindsight where that helps a reader, as for splits; what the
features and labels do about it never looks ahead, see ``panel``.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from sfr_pipeline.markets import Market
from sfr_pipeline.markets.stress import StressSettings, SubMarket
from sfr_pipeline.stress.bounds import LEAST_VOLATILITY
from sfr_pipeline.stress.labels import TRADING_DAYS
from sfr_pipeline.stress.panel import carried, daily_settings, symbol_returns, trading_days
from sfr_pipeline.stress.stale import in_stale_months, zero_share

# Days of one close after which it counts as stale.
STALE_DAYS = 5
# A return is an outlier beyond this many robust standard deviations of the year before it.
OUTLIER = 10.0
YEAR = 252
# Median absolute deviation of a normal distribution, in standard deviations.
MAD_OF_NORMAL = 0.6745
# Standard deviation of a day below which a year was one of stale prices: its first move afterwards
# would be thousands of them.
LEAST_DEVIATION = LEAST_VOLATILITY / TRADING_DAYS**0.5
# Ratios of new to old shares, and how near to one of them a jump must be in logs.
SPLITS = (1.5, 2.0, 3.0, 4.0, 5.0, 10.0, 20.0)
SPLIT_NEARNESS = 0.02
# Days by which a history may be shorter than the calendar before that is told.
SHORT_DAYS = 5

COLUMNS = ["symbol", "date", "issue", "value", "n_days", "action"]
KEPT = "kept as it is"
ABSENT = "left out: neither a file nor its source gave it; the log of prices says why"
NOT_USED = "no feature or label uses it"
NOT_LEARNT = "no model of volatility learns from it"


class Finding(NamedTuple):
    """One row of the table, without its symbol."""

    date: pd.Timestamp
    issue: str
    value: float
    n_days: int
    action: str


def validate_prices(market: Market, prices: pd.DataFrame) -> pd.DataFrame:
    """Rows of table ``prices_quality``.

    Args:
        market: the catalogue, with a stress leg.
        prices: table ``prices``.
    """
    daily = daily_settings(market)
    days = trading_days(daily, prices)
    parts = {
        name: part for part in (*daily.sub_markets, *daily.companions) for name in part.symbols
    }
    used = daily.symbols()
    delivered = set(prices["symbol"])
    rows: list[tuple[object, ...]] = [
        (item.symbol, days[0], "absent", np.nan, len(days), ABSENT)
        for item in market.prices
        if item.symbol not in delivered
    ]
    for symbol, own in prices[prices["date"] >= days[0]].groupby("symbol"):
        history = own.set_index("date").sort_index()
        part = parts.get(str(symbol))
        for finding in _findings(str(symbol), history, days, part, daily):
            action = finding.action if symbol in used else NOT_USED
            rows.append((symbol, *finding[:-1], action))
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.astype({"value": float, "n_days": int}).sort_values(
        ["symbol", "date", "issue"], ignore_index=True
    )


def _findings(
    symbol: str,
    history: pd.DataFrame,
    days: pd.DatetimeIndex,
    part: SubMarket | None,
    daily: StressSettings,
) -> Iterator[Finding]:
    yield from _coverage(history["close"], days, daily)
    yield from _stale(history)
    closes = carried(history["close"], days, daily.features.carry)
    yield from _stale_months(closes, symbol in _learnt_from(daily))
    yield from _volume(history, symbol in {item.symbol for item in daily.volumes})
    yield from _bounds(history, part)
    levels = {level.symbol for level in (*daily.rates, *daily.implied)}
    # Rates and implied volatilities may jump by half in a day, and have no shares to split.
    if symbol not in levels:
        yield from _splits(history)
    if part is not None:
        yield from _moves(closes, part)


def _learnt_from(daily: StressSettings) -> set[str]:
    """Instruments whose own volatility is a model's target."""
    alone = {part.symbols[0] for part in daily.sub_markets if len(part.symbols) == 1}
    return alone | set(daily.cross_section)


def _coverage(close: pd.Series, days: pd.DatetimeIndex, daily: StressSettings) -> Iterator[Finding]:
    own = pd.DatetimeIndex(close.index)
    within = days[(days >= own[0]) & (days <= own[-1])]
    joins = daily.labels.min_outcomes
    if (late := int((days < own[0]).sum())) > SHORT_DAYS:
        action = f"absent before; a sub-market joins the labels after {joins} outcomes"
        yield Finding(own[0], "short", late, late, action)
    if (early := int((days > own[-1]).sum())) > SHORT_DAYS:
        # A day that the history holds, beside the other end's.
        yield Finding(own[-1], "short", early, early, "absent after; its features end")
    limit = daily.features.carry
    for first, length in _runs(~within.isin(own), within):
        action = f"last close carried on, {min(length, limit)} of {length} days"
        yield Finding(first, "missing", length, length, action)
    other = own.difference(days)
    after = other > days[-1]
    for found, action in (
        (other[~after], "seen on the next day of the calendar"),
        (other[after], "not used: the calendar ends before"),
    ):
        if len(found):
            yield Finding(found[0], "off_calendar", len(found) / len(own), len(found), action)


def _stale(history: pd.DataFrame) -> Iterator[Finding]:
    quiet = history["close"].eq(history["close"].shift())
    quiet &= ~history["volume"].gt(0)
    for first, length in _runs(quiet.to_numpy(), pd.DatetimeIndex(history.index)):
        if length >= STALE_DAYS:
            yield Finding(first, "stale", float(history.at[first, "close"]), length, KEPT)


def _stale_months(closes: pd.Series, learnt_from: bool) -> Iterator[Finding]:
    moves = closes.diff().to_frame()
    share, inside = (of(moves).iloc[:, 0] for of in (zero_share, in_stale_months))
    days = pd.DatetimeIndex(closes.index)
    for first, length in _runs(inside.to_numpy(), days):
        place = days.get_loc(first)
        value = float(share.iloc[place : place + length].max())
        yield Finding(first, "stale_month", value, length, NOT_LEARNT if learnt_from else KEPT)


def _volume(history: pd.DataFrame, is_feature: bool) -> Iterator[Finding]:
    none = history["volume"].eq(0)
    if none.any():
        repeats = "its relative volume repeats the last, for some days"
        action = repeats if is_feature else "no feature or label uses its volume"
        yield Finding(none.idxmax(), "no_volume", none.mean(), int(none.sum()), action)


def _bounds(history: pd.DataFrame, part: SubMarket | None) -> Iterator[Finding]:
    for day in history.index[history["high"] < history["low"]]:
        value = history.at[day, "high"] / history.at[day, "low"]
        yield Finding(day, "inverted", float(value), 1, "no range on that day")
    if part is not None and part.returns == "simple":
        action = f"return over a denominator of at least {part.floor:g}"
    elif part is not None and part.returns == "yield":
        action = f"{KEPT}: a yield may be negative"
    else:
        action = "taken for missing: the last positive close is carried on"
    for day in history.index[history["close"] <= 0]:
        yield Finding(day, "negative", float(history.at[day, "close"]), 1, action)


def _splits(history: pd.DataFrame) -> Iterator[Finding]:
    close = history["close"]
    jumps = np.log(close.where(close > 0)).diff()
    volume = history["volume"].where(history["volume"] > 0)
    for day in jumps.index[jumps.abs() > np.log(SPLITS[0]) - SPLIT_NEARNESS]:
        if _is_split(float(jumps[day]), volume, day):
            action = f"{KEPT}: deliver prices adjusted for splits if it is one"
            yield Finding(day, "split", float(np.exp(jumps[day])), 1, action)


def _moves(closes: pd.Series, part: SubMarket) -> Iterator[Finding]:
    """Returns as the sub-market forms them: false quotes, bounded ones, outliers."""
    moves = symbol_returns(part, closes)
    if part.tick is not None:
        for day in moves.index[moves.abs() > part.tick]:
            yield Finding(day, "tick", float(moves[day]), 1, "taken for no move")
        moves = moves.mask(moves.abs() > part.tick)
    if part.clip is not None:
        for day in moves.index[moves.abs() >= part.clip]:
            action = f"return bounded to {part.clip:g} in size"
            yield Finding(day, "clipped", float(moves[day]), 1, action)
    for day, z in robust_z(moves).items():
        if abs(z) > OUTLIER:
            yield Finding(pd.Timestamp(str(day)), "outlier", float(z), 1, KEPT)


def robust_z(moves: pd.Series) -> pd.Series:
    """Distance of each return from the median of the year before it, in robust deviations."""
    known = moves.dropna()
    median = known.rolling(YEAR, min_periods=YEAR // 2).median().shift()
    deviation = (known - median).abs()
    scale = deviation.rolling(YEAR, min_periods=YEAR // 2).median().shift() / MAD_OF_NORMAL
    return ((known - median) / scale.clip(lower=LEAST_DEVIATION)).dropna()


def _is_split(jump: float, volume: pd.Series, day: pd.Timestamp) -> bool:
    """Whether a jump looks like a split: a ratio of shares, and volume that turns with it."""
    ratio = min(SPLITS, key=lambda shares: abs(abs(jump) - np.log(shares)))
    if abs(abs(jump) - np.log(ratio)) > SPLIT_NEARNESS:
        return False
    position = volume.index.get_loc(day)
    before = volume.iloc[max(position - 20, 0) : position].median()
    after = volume.iloc[position : position + 20].median()
    if np.isnan(before) or np.isnan(after):
        return True
    # Twice as many shares trade in twice the number; a crash is over in a month or is none.
    turned = np.log(after / before) * -np.sign(jump)
    return bool(abs(turned - np.log(ratio)) < np.log(1.5))


def _runs(mask: np.ndarray, days: pd.DatetimeIndex) -> Iterator[tuple[pd.Timestamp, int]]:
    """First day and length of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(int), [0]])))
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        yield days[begin], int(end - begin)
