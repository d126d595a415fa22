"""Bars of a market that is known, broken in one place at a time."""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.econometrics.quotes import (
    ADJUSTED,
    FAR_RANGE,
    INVERTED,
    KINDS,
    NO_MOVE,
    NON_POSITIVE,
    OFF_BAR,
    OUTSIDE,
    REPEATED,
    SPLIT,
    STALE,
    UNIT,
    judge,
    runs,
    unchanged,
)

N_DAYS, DAY = 700, 400
PRICES = ["open", "high", "low", "close"]


def market(seed=0, scale=0.012, n_days=N_DAYS):
    """Bars of ten moves a day, whose first is that of the night."""
    rng = np.random.default_rng(seed)
    moves = scale / np.sqrt(10) * rng.standard_t(5, size=(n_days, 10)) / np.sqrt(5 / 3)
    path = 80.0 * np.exp(np.cumsum(moves).reshape(n_days, 10))
    bars = {"open": path[:, 0], "high": path.max(axis=1), "low": path.min(axis=1)}
    volume = np.round(1e6 * np.exp(0.3 * rng.standard_normal(n_days)))
    days = pd.bdate_range("2000-01-03", periods=n_days)
    return pd.DataFrame(bars | {"close": path[:, -1], "volume": volume}, days)


@pytest.fixture(scope="module")
def bars():
    return market()


def changed(bars, rows, **factors):
    """The bars with some fields of some rows multiplied."""
    found = bars.copy()
    for name, factor in factors.items():
        found.iloc[rows, found.columns.get_loc(name)] *= factor
    return found


def told(bars):
    """Kinds and the places of their days."""
    flags = judge(bars)
    assert list(flags) == list(KINDS)
    return {kind: np.flatnonzero(flags[kind]).tolist() for kind in KINDS if flags[kind].any()}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("scale", [0.001, 0.012, 0.04])
def test_of_a_market_nothing_is_doubted(seed, scale):
    assert told(market(seed, scale)) == {}


def test_a_crash_of_any_size_is_none_of_an_instruments_faults(bars):
    """Twenty per cent over the day, as in 1987, and a third overnight on news."""
    fall = np.ones(N_DAYS)
    fall[DAY:] = 0.8
    crash = bars[PRICES].mul(fall, axis=0).assign(volume=bars["volume"])
    crash.iloc[DAY, crash.columns.get_loc("high")] = bars["close"].iloc[DAY - 1]
    crash.iloc[DAY, crash.columns.get_loc("open")] = bars["close"].iloc[DAY - 1]
    assert told(crash) == {}
    # By half, and many times as many shares change hands, or the day goes far.
    half = np.where(np.arange(N_DAYS) < DAY, 1.0, 0.5)
    news = bars[PRICES].mul(half, axis=0).assign(volume=bars["volume"])
    assert told(news) == {SPLIT: [DAY]}
    assert told(changed(news, DAY, volume=8.0)) == {}
    assert told(changed(news, DAY, high=1.06, low=0.94)) == {}
    # Nor is there more than a question where closes are all that there is.
    assert told(news.assign(open=np.nan, high=np.nan, low=np.nan)) == {}


@pytest.mark.parametrize("factor", [0.5, 1 / 3, 0.1, 1.5, 2.0])
def test_a_split_is_told_on_its_day(bars, factor):
    ratio = np.where(np.arange(N_DAYS) < DAY, 1.0, factor)
    split = bars[PRICES].mul(ratio, axis=0).assign(volume=bars["volume"] / ratio)
    assert told(split) == {SPLIT: [DAY]}
    # Some files carry volumes as they are after all splits.
    assert told(split.assign(volume=bars["volume"])) == {SPLIT: [DAY]}
    # A whole bar that comes back was no split; both moves are none.
    spike = bars.copy()
    spike.iloc[DAY, :4] *= factor
    assert told(spike) == {SPLIT: [DAY, DAY + 1]}


@pytest.mark.parametrize("factor", [0.001, 0.01, 100.0, 1000.0])
def test_another_unit_is_no_move_whatever_the_rest_says(bars, factor):
    ratio = np.where(np.arange(N_DAYS) < DAY, 1.0, factor)
    assert told(bars[PRICES].mul(ratio, axis=0).assign(volume=bars["volume"])) == {UNIT: [DAY]}
    alone = bars.assign(open=np.nan, high=np.nan, low=np.nan, close=bars["close"] * ratio)
    assert told(alone) == {UNIT: [DAY]}


def test_highs_and_lows_that_no_day_reaches(bars):
    assert told(changed(bars, DAY, high=100.0)) == {FAR_RANGE: [DAY]}
    assert told(changed(bars, DAY, low=0.01)) == {FAR_RANGE: [DAY]}
    assert told(changed(bars, DAY, high=1.3)) == {FAR_RANGE: [DAY]}
    # Without opens too, and in the first month only what is far off.
    assert told(changed(bars.assign(open=np.nan), DAY, high=100.0)) == {FAR_RANGE: [DAY]}
    assert told(changed(bars, 3, high=100.0)) == {FAR_RANGE: [3]}
    # A day that goes as far as some did is one of the market.
    assert told(changed(bars, DAY, high=1.1)) == {}


def test_closes_and_opens_outside_their_bars(bars):
    day = DAY + 1
    low, high, close = bars[["low", "high", "close"]].iloc[day]
    assert low < close < high
    assert told(changed(bars, day, low=np.sqrt(close * high) / low)) == {OUTSIDE: [day]}
    assert told(changed(bars, day, high=np.sqrt(close * low) / high)) == {OUTSIDE: [day]}
    assert told(changed(bars, DAY, open=1.1)) == {OUTSIDE: [DAY]}
    assert told(changed(bars, DAY, high=0.5)) == {INVERTED: [DAY]}
    assert told(changed(bars, DAY, low=0.0)) == {NON_POSITIVE: [DAY]}
    assert told(changed(bars, DAY, open=-1.0)) == {NON_POSITIVE: [DAY]}


def test_a_close_that_leaves_its_bar_and_comes_back(bars):
    found = told(changed(bars, DAY, close=1.4))
    assert found[OFF_BAR] == [DAY, DAY + 1]
    assert found[OUTSIDE] == [DAY]
    found = told(changed(bars, slice(DAY, None), close=0.62))
    assert found[OFF_BAR] == [DAY]


def test_no_move_out_of_a_wrong_close_is_right(bars):
    """Be the day after without a bar, or the way back shorter than what alone is a leap."""
    wrong = changed(bars, DAY, close=1.4)
    wrong.iloc[DAY + 1, :3] = np.nan
    assert told(wrong)[OFF_BAR] == [DAY, DAY + 1]
    # Where it stays, and where its bar follows a day late, the next move is one.
    stays = changed(bars, slice(DAY, None), close=1.4)
    stays.iloc[DAY + 1, :3] = np.nan
    assert told(stays)[OFF_BAR] == [DAY]
    late = changed(bars, slice(DAY + 1, None), open=1.4, high=1.4, low=1.4)
    assert told(changed(late, slice(DAY, None), close=1.4))[OFF_BAR] == [DAY]
    market_rises = np.where(np.arange(N_DAYS) < DAY, 1.0, 1.09)
    rising = bars[PRICES].mul(market_rises, axis=0).assign(volume=bars["volume"])
    rising.iloc[DAY, :4] = 0.97 * rising["close"].iloc[DAY + 1]
    above = changed(rising, DAY, high=1.001, low=0.999)
    above.iloc[DAY, 3] = bars["close"].iloc[DAY - 1] * np.exp(0.24)
    back = np.log(above["close"]).diff().iloc[DAY + 1]
    assert -0.2 < back < -0.1
    assert told(above)[OFF_BAR] == [DAY, DAY + 1]


def test_closes_that_are_adjusted_while_the_rest_is_not(bars):
    """Dividends of one per cent each quarter, and a split, all in the closes before."""
    paid = np.arange(N_DAYS)[::-1] // 63
    adjusted = bars.assign(close=bars["close"] * 0.99**paid)
    found = told(adjusted)
    early = paid > 3
    assert np.mean(np.isin(np.flatnonzero(early), found[ADJUSTED])) > 0.9
    # What is not laid beside others yet, as in the first days of a file.
    assert set(found) == {ADJUSTED, OUTSIDE}
    assert max(np.array(found[OUTSIDE])[np.array(found[OUTSIDE]) < 400], default=0) <= 5
    raw = np.where(np.arange(N_DAYS) < DAY, 2.0, 1.0)
    found = told(bars[["open", "high", "low"]].mul(raw, axis=0).join(bars[["close", "volume"]]))
    assert not set(found) & {*NO_MOVE, STALE}
    assert len(found[OUTSIDE]) <= 6


def test_a_day_that_repeats_the_one_before(bars):
    copied = bars.copy()
    copied.iloc[DAY] = copied.iloc[DAY - 1]
    assert told(copied) == {REPEATED: [DAY]}
    assert told(copied.assign(volume=np.nan)) == {REPEATED: [DAY]}
    copied.iloc[DAY, 4] += 1
    assert told(copied) == {}


def test_a_month_of_one_close_is_stale_from_the_fifth_day_on(bars):
    still = bars.copy()
    still.iloc[DAY : DAY + 22, 3] = still["close"].iloc[DAY - 1]
    assert judge(still)[STALE].to_numpy().nonzero()[0].tolist() == list(range(DAY + 4, DAY + 22))


def test_an_instrument_that_often_stands_still_is_given_longer(bars):
    """One day in eight is without a move: as many as nine in a row are within chance."""
    tick = bars["close"].where(np.arange(N_DAYS) % 8 != 0).ffill()
    tick.iloc[0] = bars["close"].iloc[0]
    close = bars.assign(close=tick)[["close"]].reindex(columns=bars.columns)
    close.iloc[DAY : DAY + 30, 3] = close["close"].iloc[DAY - 1]
    first = int(np.flatnonzero(judge(close)[STALE])[0])
    assert DAY + 9 <= first <= DAY + 11
    # One that stands still three days in four has a habit.
    habit = bars["close"].where(np.arange(N_DAYS) % 4 == 0).ffill()
    close["close"] = habit
    close.iloc[DAY : DAY + 120, 3] = habit.iloc[DAY]
    assert not judge(close)[STALE].any()


def test_a_flat_beginning_is_stale_to_the_first_move(bars):
    flat = bars.copy()
    flat.iloc[:300, :4] = 99.2
    assert told(flat)[STALE] == list(range(5, 300))


def test_a_day_is_judged_by_itself_and_the_days_before_it(bars):
    """Every kind of fault is in it; what ends at any day says the same of the days up to it."""
    broken = changed(bars, 100, high=100.0)
    broken = changed(broken, slice(160, None), open=0.5, high=0.5, low=0.5, close=0.5)
    broken = changed(broken, slice(250, None), open=1e3, high=1e3, low=1e3, close=1e3)
    broken = changed(broken, slice(300, 420), close=0.9)
    broken = changed(broken, 430, close=1.5)
    broken = changed(broken, 440, low=0.0)
    broken = changed(broken, 450, high=0.5)
    broken.iloc[480] = broken.iloc[479]
    broken.iloc[500:530, 3] = broken["close"].iloc[500]
    whole = judge(broken)
    assert whole.any().all()
    for end in [1, 2, 21, 101, 161, 162, 251, 301, 305, 431, 432, 441, 451, 481, 505, 506, 531]:
        pd.testing.assert_frame_equal(judge(broken.iloc[:end]), whole.iloc[:end])


def test_neither_unit_nor_gaps_nor_few_days_matter(bars):
    broken = changed(bars, DAY, high=100.0)
    pd.testing.assert_frame_equal(judge(broken.mul([0.25] * 4 + [8])), judge(broken))
    empty = bars.iloc[:0]
    assert judge(empty).shape == (0, len(KINDS))
    assert not judge(bars.iloc[:1]).any(axis=None)
    nothing = bars.assign(**dict.fromkeys(("open", "high", "low", "volume"), np.nan))
    assert told(nothing) == {}


def test_runs_and_unchanged_closes_are_those_of_a_loop():
    close = np.array([1.0, 1.0, 2.0, 2.0, 2.0, 3.0, 3.0])
    assert unchanged(close).tolist() == [False, True, False, True, True, False, True]
    assert runs(unchanged(close)) == [(1, 1), (3, 2), (6, 1)]
    assert unchanged(np.array([])).tolist() == []


@pytest.mark.parametrize(("factor", "is_split"), [(1.5, False), (1 / 1.5, False), (0.5, True)])
def test_without_a_volume_a_small_ratio_may_be_a_takeover(bars, factor, is_split):
    found = changed(bars, slice(DAY, None), **dict.fromkeys(PRICES, factor))
    assert told(found) == {SPLIT: [DAY]}
    assert told(found.assign(volume=np.nan)) == ({SPLIT: [DAY]} if is_split else {})
