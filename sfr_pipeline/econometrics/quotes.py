"""What is wrong with the daily bars of one instrument, told from that day and earlier ones alone.

Belongs here: which bars, and which moves between them, no market made. A crash is none of them:
a fall is only doubted where its own day contradicts it (`SPLIT`, `OFF_BAR`) or where no market
moves so far (`UNIT`). Does not belong here: what is odd and yet to be believed, what becomes of
either (`stress.panel`, `stress.quality`). Nothing is mended.
"""

import numpy as np
import pandas as pd

from sfr_pipeline.arrays import BoolArray, FloatArray

NON_POSITIVE = "non_positive"
INVERTED = "inverted"
FAR_RANGE = "far_range"
OUTSIDE = "outside"
ADJUSTED = "adjusted"
REPEATED = "repeated"
OFF_BAR = "off_bar"
SPLIT = "split"
UNIT = "unit"
STALE = "stale"

# Every kind, in a reader's words.
KINDS = {
    NON_POSITIVE: "open, high or low of zero or less",
    INVERTED: "high below low",
    FAR_RANGE: "high or low farther from open and close than a day goes",
    OUTSIDE: "open or close outside low and high",
    ADJUSTED: "close outside low and high by a ratio that lasts, as where closes are adjusted for "
    "dividends or splits and the rest is not",
    REPEATED: "every field as on the day before",
    OFF_BAR: "close that leaps away from its own high and low, or back",
    SPLIT: "jump by a ratio of small whole numbers",
    UNIT: "jump by a hundred, a thousand or more, or to such a part: another unit",
    STALE: "closes that stand still for longer than this instrument ever does",
}
# High and low of such a day say nothing of how far the market went.
NO_RANGE = (NON_POSITIVE, INVERTED, FAR_RANGE, OUTSIDE, REPEATED)
# The move from the close before to this one is none of the market.
NO_MOVE = (OFF_BAR, SPLIT, UNIT)

YEAR, MONTH, QUARTER = 252, 20, 60
# Days of a trailing median, below which there is none.
FEWEST = 5
# Logs by which a close may lie outside its bar by rounding, and outside one that it is adjusted
# against: a dividend moves the ratio by a few per cent.
ROUNDING, DIVIDEND = 1e-4, 0.02
# Log of close over the middle of its bar that is a ratio of adjustment, not the close's place.
SHIFTED = 0.01
# A wick is too long beyond both: S&P 500, Nasdaq, funds and oil had none of 0.2 from 1990 to 2021,
# nor one of more than eleven usual ranges beyond a tenth.
WICK, WICKS_OF_RANGE = 0.2, 15.0
# Log of a close's leap that its bar does not take part in, and how far outside it must then lie.
LEAP, LEAP_OUTSIDE = 0.2, 0.1
# Ratios of new to old shares, and those that closes alone prove: no market rises tenfold in a day,
# and what falls by nine tenths seldom does so to a fiftieth.
SPLITS = (1.5, 2.0, 3.0, 4.0, 5.0, 10.0, 20.0)
BY_CLOSES_ALONE = 10.0
# That bars without a volume prove.
SURELY = 2.0
# Units differ by these; nothing trades at a hundredth of yesterday's price, whatever it did beside.
UNITS = (1e2, 1e3, 1e4, 1e5, 1e6, 1e8)
UNIT_NEARNESS = 0.15
# How near to a ratio, in logs, a jump must be: four usual moves, within these.
NEAREST, FARTHEST, USUAL_MOVES = 0.02, 0.08, 4.0
# A split is no news: range and volume of its day are at most so many times the usual ones.
CALM = 2.5
# Unchanged closes in a row after which an instrument is stale: at least so many, and so many that
# as long a run has this probability, by the share of days without a move in the year before it.
STALE_DAYS, IMPROBABLE = 5, 1e-9
# Share beyond which it is rarely quoted, or pegged, and stands still by habit.
SELDOM = 0.25


def judge(bars: pd.DataFrame) -> pd.DataFrame:
    """Which of `KINDS` is true of each day.

    A day's answer rests on that day and earlier ones: with later ones taken away it is the same.

    Args:
        bars: ``open``, ``high``, ``low``, ``close`` and ``volume`` of one instrument, in time
            order, ``(n_days, 5)``; NaN where there is none.

    Returns:
        True or False, ``(n_days, n_kinds)``, on the same index.
    """
    fields = bars[["open", "high", "low", "close"]].astype(float)
    spans = fields.where(fields > 0).apply(np.log)
    top, bottom, close = (spans[name] for name in ("high", "low", "close"))
    middle = 0.5 * (top + bottom)
    place = close - middle
    usual = place.rolling(MONTH, min_periods=FEWEST).median().shift()
    # An adjusted close, laid where it would be without.
    laid = close - usual.where(usual.abs() > SHIFTED, 0.0).fillna(0.0)
    outside = _outside(close, bottom, top)
    lasting = usual.abs().gt(SHIFTED) & (_outside(laid, bottom, top) <= DIVIDEND)
    before = place.shift()
    lasting |= before.abs().gt(LEAP_OUTSIDE) & (_outside(close - before, bottom, top) <= DIVIDEND)
    ranges = (top - bottom).where(top > bottom)
    repeated = _repeated(bars)
    flags = {
        NON_POSITIVE: (bars[["open", "high", "low"]] <= 0).any(axis=1),
        INVERTED: bars["high"] < bars["low"],
        FAR_RANGE: _far_range(spans, laid, ranges),
        OUTSIDE: (outside.gt(ROUNDING) & ~lasting)
        | _outside(spans["open"], bottom, top).gt(ROUNDING),
        ADJUSTED: outside.gt(ROUNDING) & lasting,
        REPEATED: repeated,
        OFF_BAR: _off_bar(close, middle, _outside(laid, bottom, top)),
        SPLIT: pd.Series(_split(spans, ranges, bars["volume"]), bars.index),
        UNIT: pd.Series(_near(close.diff(), UNITS) <= UNIT_NEARNESS, bars.index),
        STALE: pd.Series(_stale(bars["close"].to_numpy(dtype=float)), bars.index),
    }
    flags[OFF_BAR] &= ~flags[UNIT]
    # An inverted bar has no inside; that is told once.
    for kind in (OUTSIDE, ADJUSTED, FAR_RANGE):
        flags[kind] &= ~flags[INVERTED]
    return pd.DataFrame({kind: flags[kind].astype(bool) for kind in KINDS}, bars.index)


def runs(mask: BoolArray) -> list[tuple[int, int]]:
    """Place of the first day, and length, of each run of True.

    Args:
        mask: by day, ``(n_days,)``.
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(int), [0]])))
    return [(int(a), int(b - a)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def unchanged(close: FloatArray) -> BoolArray:
    """Days whose close is that of the day before, ``(n_days,)``."""
    return np.concatenate([[False], close[1:] == close[:-1]])[: len(close)]


def _outside(inner: pd.Series, bottom: pd.Series, top: pd.Series) -> pd.Series:
    """Logs by which something lies outside a bar, zero or less within it; NaN without a bar."""
    return pd.concat([bottom - inner, inner - top], axis=1).max(axis=1)


def _far_range(spans: pd.DataFrame, laid: pd.Series, ranges: pd.Series) -> pd.Series:
    body = pd.concat([spans["open"], laid], axis=1)
    wick = np.maximum(spans["high"] - body.max(axis=1), body.min(axis=1) - spans["low"])
    usual = ranges.rolling(YEAR, min_periods=MONTH).median().shift()
    # Without a month before it only a day that went nowhere near is doubted.
    return wick > np.maximum(WICK, (WICKS_OF_RANGE * usual).fillna(1.0))


def _repeated(bars: pd.DataFrame) -> pd.Series:
    fields = bars[["open", "high", "low", "close"]]
    same = fields.eq(fields.shift()).all(axis=1) & bars["high"].gt(bars["low"])
    volume, before = bars["volume"], bars["volume"].shift()
    return same & (volume.eq(before) | (volume.isna() & before.isna()))


def _off_bar(close: pd.Series, middle: pd.Series, outside: pd.Series) -> pd.Series:
    leap, beside = close.diff().abs(), middle.diff().abs()
    alone = leap.gt(LEAP) & (beside < 0.5 * leap)
    left = alone & outside.gt(LEAP_OUTSIDE)
    # From a close that was wrong no move is right, be it shorter, or a day without a bar; but a
    # close that stays may have been right, and so may one that its bar follows.
    leaves = left.shift(fill_value=False) & leap.gt(LEAP_OUTSIDE) & ~(beside >= 0.5 * leap)
    return left | (alone & outside.shift().gt(LEAP_OUTSIDE)) | leaves


def _split(spans: pd.DataFrame, ranges: pd.Series, volume: pd.Series) -> BoolArray:
    """Jumps by a ratio of shares that the whole bar makes, on a day that is calm otherwise."""
    close = spans["close"]
    jump = close.diff()
    moves = jump.abs().rolling(QUARTER, min_periods=MONTH).median().shift()
    near = (USUAL_MOVES * moves).clip(NEAREST, FARTHEST).fillna(NEAREST)
    by_closes = _near(jump, SPLITS) <= near.to_numpy()
    middle = 0.5 * (spans["high"] + spans["low"])
    first = spans["open"] - close.shift()
    has_bar = (middle.diff().notna() & first.notna()).to_numpy()
    whole = (_near(middle.diff(), SPLITS) <= FARTHEST) & (_near(first, SPLITS) <= FARTHEST)
    calm = (spans["high"] - spans["low"]) <= CALM * np.maximum(
        ranges.rolling(QUARTER, min_periods=MONTH).median().shift(), NEAREST / CALM
    )
    shares = volume.where(volume > 0)
    usual = shares.rolling(MONTH, min_periods=FEWEST).median().shift()
    # Twice as many shares trade in twice the number; news trades many times as many. Without a
    # volume a smaller ratio may be a takeover, or a limit that the day is locked at.
    surge = shares > CALM * usual * np.exp(np.maximum(-jump, 0.0))
    surge |= shares.isna() & (jump.abs() < np.log(SURELY) - FARTHEST)
    proved = np.where(
        has_bar,
        whole & calm.to_numpy() & ~surge.to_numpy(),
        jump.abs().to_numpy() > np.log(BY_CLOSES_ALONE) - FARTHEST,
    )
    return by_closes & proved


def _near(jumps: pd.Series, ratios: tuple[float, ...]) -> FloatArray:
    """Distance of each jump, up or down, from the nearest of some ratios; infinite without one."""
    sizes = np.abs(jumps.to_numpy(dtype=float))[:, np.newaxis]
    distance = np.abs(sizes - np.log(ratios)).min(axis=1)
    return np.where(np.isnan(distance), np.inf, distance)


def _stale(close: FloatArray) -> BoolArray:
    """Days on which a close has stood still for improbably long, or has never moved yet."""
    still = unchanged(close)
    total = np.concatenate([[0], np.cumsum(still)])
    day = np.arange(len(close))
    moved = np.maximum.accumulate(np.where(still, 0, day))
    # The year up to the last move; the first day has no move.
    since = np.maximum(moved + 1 - YEAR, 1)
    count = np.maximum(moved + 1 - since, 0)
    share = (total[moved + 1] - total[np.minimum(since, moved + 1)] + 1.0) / (count + 2.0)
    needed = np.maximum(STALE_DAYS, np.ceil(np.log(IMPROBABLE) / np.log(share)))
    needed = np.where(share > SELDOM, np.inf, needed)
    return still & (day - moved >= np.where(moved == 0, STALE_DAYS, needed))
