"""What of an instrument's prices features and labels may see, laid on the calendar.

Belongs here: what becomes of a bar that is judged wrong (`econometrics.quotes`), and what of a day
without one. Nothing later than the day is looked at. Does not belong here: how returns are formed
(`panel`), what readers are told (`quality`).

A high and low that cannot be right give no range, a bar that repeats the one before no volume
either. A move that no market made, a split, another unit, is no return. Closes that stand still
are none from the day on which that is known up to the first move, whose return would be of all the
days before it.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sfr_pipeline.econometrics import quotes
from sfr_pipeline.markets.stress import StressSettings

# Of a rate in per cent, below which its ratio to that of another day says nothing of the unit.
NEAR_ZERO = 0.1


@dataclass(frozen=True)
class Believed:
    """One instrument on the trading days of the calendar, ``(n_days,)`` each.

    Attributes:
        close: carried over short gaps; NaN where it did not trade, or stood still.
        still: whether it is known to stand still.
        broken: whether the move from the day before to this one is none of the market.
        high: NaN where the day has no range to be believed.
        low: likewise.
        volume: NaN where there is none, zero included.
    """

    close: pd.Series
    still: pd.Series
    broken: pd.Series
    high: pd.Series
    low: pd.Series
    volume: pd.Series


def doubted_moves(daily: StressSettings, symbol: str) -> tuple[str, ...]:
    """Kinds of moves of an instrument that are no returns.

    Rates and levels may double in a day and futures fall below zero: of them another unit alone is
    told. Returns of a currency have a rule of their own, ``tick``.

    Args:
        daily: the market's stress leg.
        symbol: one of its instruments.
    """
    for part in (*daily.sub_markets, *daily.companions):
        if symbol in part.symbols:
            if part.returns != "log":
                return (quotes.UNIT,)
            return () if part.tick is not None else quotes.NO_MOVE
    return quotes.NO_MOVE if symbol in daily.cross_section else (quotes.UNIT,)


def judged(daily: StressSettings, symbol: str, bars: pd.DataFrame) -> pd.DataFrame:
    """What is wrong with each bar, as `quotes.judge`: the days before a bar are those with a close.

    Args:
        daily: the market's stress leg.
        symbol: the instrument.
        bars: its rows of table ``prices`` by day, in time order.
    """
    close = bars["close"]
    told = quotes.judge(bars[_may_be(daily, symbol, close)]).reindex(bars.index, fill_value=False)
    told[quotes.NON_POSITIVE] = (bars[["open", "high", "low"]] <= 0).any(axis=1)
    if not _in_logs(daily, symbol):
        # A rate near zero is a hundred times that of the day before by a tenth of a per cent.
        told[quotes.UNIT] &= close.abs().combine(close.abs().shift(), min) >= NEAR_ZERO
    return told


def believed(
    daily: StressSettings, symbol: str, bars: pd.DataFrame, days: pd.DatetimeIndex
) -> Believed:
    """Leave out what is judged wrong, and lay the rest on the calendar.

    Args:
        daily: the market's stress leg.
        symbol: the instrument.
        bars: its rows of table ``prices`` by day, with closes, in time order.
        days: the calendar.
    """
    limit = daily.features.carry
    wrong = judged(daily, symbol, bars)
    close = carried(bars["close"].where(_may_be(daily, symbol, bars["close"])), days, limit)
    still = carried(wrong[quotes.STALE].astype(float), days, limit).eq(1.0)
    moves = wrong[list(doubted_moves(daily, symbol))].any(axis=1)
    # Counted, so that what happens on a day off the calendar is seen on the next one that is.
    broken = carried(moves.cumsum().astype(float), days, limit).diff().gt(0.0)
    has_range = ~wrong[list(quotes.NO_RANGE)].any(axis=1)
    traded = bars["volume"].gt(0) & ~wrong[quotes.REPEATED]
    return Believed(
        close=close.mask(still),
        still=still,
        broken=broken,
        high=bars["high"].where(has_range).reindex(days),
        low=bars["low"].where(has_range).reindex(days),
        volume=bars["volume"].where(traded).reindex(days),
    )


def carried(values: pd.Series, days: pd.DatetimeIndex, limit: int) -> pd.Series:
    """Last value on or before each day, no older than ``limit`` days of the calendar.

    What happened on a day that is not in the calendar is seen on the next one that is. A history
    whose last value is older than that at the end of the calendar has ended, and its last value is
    carried no further: days after it would be days without a move, and calm beyond belief.
    """
    values = values.dropna().sort_index()
    if values.empty:
        return pd.Series(np.nan, index=days)
    seen = values.index.searchsorted(days, side="right") - 1
    taken = np.maximum(seen, 0)
    # The day of the calendar on which the value was first seen.
    first_seen = days.searchsorted(values.index[taken])
    usable = (seen >= 0) & (np.arange(len(days)) - first_seen <= limit)
    if not usable[-1:].all():
        usable[first_seen[-1] + 1 :] = False
    return pd.Series(np.where(usable, values.to_numpy()[taken], np.nan), index=days)


def _may_be(daily: StressSettings, symbol: str, close: pd.Series) -> pd.Series:
    """Closes that can be: those whose logs are taken are above zero."""
    return close.gt(0) if _in_logs(daily, symbol) else close.notna()


def _in_logs(daily: StressSettings, symbol: str) -> bool:
    parts = (*daily.sub_markets, *daily.companions)
    return symbol in daily.cross_section or any(
        symbol in part.symbols and part.returns == "log" for part in parts
    )
