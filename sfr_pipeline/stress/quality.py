"""What is odd about the daily prices, and what becomes of it. Nothing is mended in the table.

What is left out was judged on its own day (`believed`). Whether the rest is odd is judged with
hindsight where that helps a reader: features and labels keep it.
"""

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd

from sfr_pipeline.arrays import BoolArray
from sfr_pipeline.econometrics import quotes
from sfr_pipeline.markets import Market
from sfr_pipeline.markets.stress import StressSettings, SubMarket
from sfr_pipeline.stress.believed import Believed, believed, carried, doubted_moves, judged
from sfr_pipeline.stress.bounds import LEAST_VOLATILITY
from sfr_pipeline.stress.labels import TRADING_DAYS
from sfr_pipeline.stress.panel import daily_settings, in_time_order, symbol_returns, trading_days
from sfr_pipeline.stress.stale import in_stale_months, zero_share

# A return is an outlier beyond this many robust standard deviations of the year before it.
OUTLIER = 10.0
YEAR = 252
# Median absolute deviation of a normal distribution, in standard deviations.
MAD_OF_NORMAL = 0.6745
# Standard deviation of a day below which a year was one of stale prices: its first move afterwards
# would be thousands of them.
LEAST_DEVIATION = LEAST_VOLATILITY / TRADING_DAYS**0.5
# Log of the ratio by which jumps of two days together fall short of none: the second undid it.
UNDONE = 0.1
# Common days, and moves on them, of two instruments that are one.
TWIN_DAYS, TWIN_MOVES = 60, 20
# Days by which a history may be shorter than the calendar before that is told.
SHORT_DAYS = 5

COLUMNS = ["symbol", "date", "issue", "value", "n_days", "action"]
KEPT = "kept as it is"
ABSENT = "left out: neither a file nor its source gave it; the log of prices says why"
NOT_USED = "no feature or label uses it"
NOT_LEARNT = "no model of volatility learns from it"
NO_RANGE = "no range on that day"
# What is done about a bar, by kind.
OF_BARS = dict.fromkeys(quotes.NO_RANGE, NO_RANGE) | {
    quotes.REPEATED: "as a day that is missing: no range and no volume",
    quotes.ADJUSTED: f"{KEPT}: the range is that of its own high and low",
}


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
    closes = {}
    for symbol, own in prices.groupby("symbol"):
        history = in_time_order(own)
        part = parts.get(str(symbol))
        for finding in _findings(str(symbol), history, days, part, daily):
            action = finding.action if symbol in used else NOT_USED
            rows.append((symbol, *finding[:-1], action))
        closes[str(symbol)] = history["close"]
    rows += _twins({name: closes[name] for name in used if name in closes})
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.astype({"value": float, "n_days": int}).sort_values(
        ["symbol", "date", "issue"], ignore_index=True
    )


def _findings(
    symbol: str,
    bars: pd.DataFrame,
    days: pd.DatetimeIndex,
    part: SubMarket | None,
    daily: StressSettings,
) -> Iterator[Finding]:
    history = bars[days[0] :]
    if history.empty:
        return
    wrong = judged(daily, symbol, bars)[days[0] :]
    yield from _coverage(history["close"], days, daily)
    yield from _bars(history, wrong)
    yield from _stale(history, wrong)
    closes = carried(history["close"], days, daily.features.carry)
    yield from _stale_months(closes, symbol in _learnt_from(daily))
    yield from _volume(history, symbol in {item.symbol for item in daily.volumes})
    yield from _negative(history, part)
    doubted = doubted_moves(daily, symbol)
    yield from _jumps(history, wrong, doubted)
    if quotes.SPLIT in doubted:
        yield from _splits(history, wrong[list(doubted)].any(axis=1))
    if part is not None:
        yield from _moves(believed(daily, symbol, bars, days), part)


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


def _bars(history: pd.DataFrame, judged: pd.DataFrame) -> Iterator[Finding]:
    """Bars that cannot be right, each by itself; adjusted closes as one."""
    close, days = history["close"], pd.DatetimeIndex(history.index)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = {
            quotes.INVERTED: history["high"] / history["low"],
            quotes.FAR_RANGE: history["high"] / history["low"],
            quotes.OUTSIDE: close / history["high"].where(close > history["low"], history["low"]),
            quotes.ADJUSTED: close / np.sqrt((history["high"] * history["low"]).clip(lower=0.0)),
            quotes.NON_POSITIVE: history[["open", "high", "low"]].min(axis=1),
            quotes.REPEATED: close,
        }
    for kind, action in OF_BARS.items():
        found = days[judged[kind].to_numpy()]
        if kind == quotes.ADJUSTED and len(found):
            yield Finding(found[0], kind, float(ratios[kind][found].median()), len(found), action)
            continue
        for first, length in _runs(judged[kind].to_numpy(), days):
            yield Finding(first, kind, float(ratios[kind][first]), length, action)


def _stale(history: pd.DataFrame, judged: pd.DataFrame) -> Iterator[Finding]:
    days, known = pd.DatetimeIndex(history.index), judged[quotes.STALE].to_numpy()
    for begin, length in quotes.runs(quotes.unchanged(history["close"].to_numpy(dtype=float))):
        stale = np.flatnonzero(known[begin : begin + length])
        if len(stale):
            since = days[begin + stale[0]]
            action = f"left out from {since:%Y-%m-%d}, when it was known, to its first move"
            value = float(history["close"].iloc[begin])
            yield Finding(days[begin], quotes.STALE, value, length, action)


def _jumps(
    history: pd.DataFrame, judged: pd.DataFrame, doubted: tuple[str, ...]
) -> Iterator[Finding]:
    """Moves that no market made."""
    close = history["close"]
    jumps = np.log(close.where(close > 0)).diff()
    undone = (jumps + jumps.shift(-1)).abs() < UNDONE
    for kind in doubted:
        for day in judged.index[judged[kind]]:
            action = "no return on that day" + (", undone on the next" if undone[day] else "")
            yield Finding(day, kind, float(np.exp(jumps[day])), 1, action)


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


def _negative(history: pd.DataFrame, part: SubMarket | None) -> Iterator[Finding]:
    if part is not None and part.returns == "simple":
        action = f"return over a denominator of at least {part.floor:g}"
    elif part is not None and part.returns == "yield":
        action = f"{KEPT}: a yield may be negative"
    else:
        action = "taken for missing: the last positive close is carried on"
    for day in history.index[history["close"] <= 0]:
        yield Finding(day, "negative", float(history.at[day, "close"]), 1, action)


def _splits(history: pd.DataFrame, left_out: pd.Series) -> Iterator[Finding]:
    """Jumps that may be a split and may be a crash: they stay."""
    close = history["close"]
    jumps = np.log(close.where(close > 0)).diff().mask(left_out)
    volume = history["volume"].where(history["volume"] > 0)
    for day in jumps.index[jumps.abs() > np.log(quotes.SPLITS[0]) - quotes.NEAREST]:
        if _is_split(float(jumps[day]), volume, day):
            action = f"{KEPT}, it may be a crash: deliver prices adjusted for splits if it is none"
            yield Finding(day, quotes.SPLIT, float(np.exp(jumps[day])), 1, action)


def _twins(closes: Mapping[str, pd.Series]) -> list[tuple[object, ...]]:
    """Instruments whose closes are those of another on all days that they share."""
    rows: list[tuple[object, ...]] = []
    for (one, own), (other, theirs) in combinations(closes.items(), 2):
        both = pd.concat([own, theirs], axis=1, join="inner").to_numpy(dtype=float)
        same = len(both) >= TWIN_DAYS and (both[:, 0] == both[:, 1]).all()
        if same and np.count_nonzero(np.diff(both[:, 0])) >= TWIN_MOVES:
            day = max(own.index[0], theirs.index[0])
            action = f"{KEPT}, and counts twice: its closes are those of {one}, so deliver its own"
            rows.append((other, day, "twin", np.nan, len(both), action))
    return rows


def _moves(seen: Believed, part: SubMarket) -> Iterator[Finding]:
    """Returns as the sub-market forms them: false quotes, bounded ones, outliers."""
    moves = symbol_returns(part, seen.close).mask(seen.broken)
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
    ratio = min(quotes.SPLITS, key=lambda shares: abs(abs(jump) - np.log(shares)))
    if abs(abs(jump) - np.log(ratio)) > quotes.NEAREST:
        return False
    position = volume.index.get_loc(day)
    before = volume.iloc[max(position - 20, 0) : position].median()
    after = volume.iloc[position : position + 20].median()
    if np.isnan(before) or np.isnan(after):
        return True
    # Twice as many shares trade in twice the number; a crash is over in a month or is none.
    turned = np.log(after / before) * -np.sign(jump)
    return bool(abs(turned - np.log(ratio)) < np.log(1.5))


def _runs(mask: BoolArray, days: pd.DatetimeIndex) -> Iterator[tuple[pd.Timestamp, int]]:
    """First day and length of each run of True."""
    for begin, length in quotes.runs(mask):
        yield days[begin], length
