"""Stale months are those without most of their moves, and nobody learns from what they touch."""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.stress.stale import MONTH, in_stale_months, stale_days, zero_share

N_DAYS, FIRST, LENGTH = 200, 80, 40


@pytest.fixture(scope="module")
def returns():
    """One market that stands still for forty days but for every fourth, and one that does not."""
    rng = np.random.default_rng(5)
    days = pd.bdate_range("1992-01-01", periods=N_DAYS)
    moves = pd.DataFrame(0.01 * rng.standard_normal((N_DAYS, 2)), days, ["stale", "sound"])
    still = np.arange(FIRST, FIRST + LENGTH)
    moves.iloc[still[still % 4 != 0], 0] = 0.0
    return moves


def by_loop(values, horizon):
    """The definition, day by day."""
    found = np.zeros(len(values), dtype=bool)
    for t in range(len(values)):
        for end in range(t, min(t + horizon, len(values) - 1) + 1):
            month = values[max(0, end - MONTH + 1) : end + 1]
            found[t] |= len(month) == MONTH and np.mean(month == 0.0) > 0.5
        ahead = values[t + 1 : t + 1 + horizon]
        found[t] |= horizon > 0 and len(ahead) == horizon and (ahead == 0.0).all()
    return found


@pytest.mark.parametrize("horizon", [0, 3, 5, 21])
def test_days_left_out_are_those_of_a_plain_loop(returns, horizon):
    found = stale_days(returns, horizon)
    assert (found["stale"].to_numpy() == by_loop(returns["stale"].to_numpy(), horizon)).all()
    assert LENGTH // 2 < found["stale"].sum() < LENGTH + MONTH
    assert not found["sound"].any()


def test_a_month_is_stale_when_more_than_half_of_it_stands_still():
    days = pd.bdate_range("1992-01-01", periods=MONTH)
    half = pd.DataFrame({"ten": 0.01, "eleven": 0.01}, days)
    half.iloc[:10, 0] = 0.0
    half.iloc[:11, 1] = 0.0
    assert list(stale_days(half, 0).iloc[-1]) == [False, True]
    assert zero_share(half).iloc[-1].tolist() == [10 / 21, 11 / 21]


def test_days_without_a_return_are_no_zeros(returns):
    begun = returns["stale"].where(returns["stale"].ne(0.0)).to_frame()
    assert not stale_days(begun, 21).any(axis=None)


def test_what_is_left_out_is_known_when_the_outcome_is(returns):
    """Whatever comes after t + h leaves the flag of t as it is; the last day of it does not."""
    day, horizon = FIRST - 8, 21
    known = day + horizon
    later = returns.copy()
    later.iloc[known + 1 :] = 0.0
    pd.testing.assert_frame_equal(
        stale_days(later, horizon).iloc[: day + 1], stale_days(returns, horizon).iloc[: day + 1]
    )
    ends = np.flatnonzero((zero_share(returns)["stale"] > 0.5).to_numpy())
    first = ends[0] - horizon
    flags = stale_days(returns, horizon)["stale"]
    assert not flags.iloc[first - 1]
    assert flags.iloc[first]
    moved = returns.copy()
    moved.iloc[ends[0], 0] = 0.01
    assert not stale_days(moved, horizon)["stale"].iloc[first]


def test_a_stretch_spans_its_stale_months_whole(returns):
    inside = np.flatnonzero(in_stale_months(returns)["stale"])
    ends = np.flatnonzero((zero_share(returns)["stale"] > 0.5).to_numpy())
    expected = np.unique(np.concatenate([np.arange(end - MONTH + 1, end + 1) for end in ends]))
    assert inside.tolist() == expected.tolist()
