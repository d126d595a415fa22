"""What volatility models read is what the formulas say, and never looks ahead."""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.errors import TooShortError
from sfr_pipeline.stress.bounds import LEAST_VOLATILITY, TARGET_BOUND
from sfr_pipeline.stress.labels import outcomes
from sfr_pipeline.stress.volatility.features import Measures, across, harx_inputs, trailing
from sfr_pipeline.stress.volatility.panel import pooled_panel
from sfr_pipeline_tests.stress.volatility.panels import LABELS, beside, moves, panel

HORIZON = 21
CUT = 1500


@pytest.fixture(scope="module")
def laid():
    return panel()


def weighted_by_loop(values, speed):
    """Sum of w^k x_{t-k} over the sum of w^k, w = c / (1 + c), over days that have a value."""
    weight = speed / (1 + speed)
    found, total, norm, count = np.full(len(values), np.nan), 0.0, 0.0, 0
    for day, value in enumerate(values):
        if np.isnan(value):
            continue
        total, norm, count = weight * total + value, weight * norm + 1.0, count + 1
        if count >= speed:
            found[day] = total / norm
    return found


def log_floored(variance):
    return np.log(np.maximum(np.sqrt(variance), LEAST_VOLATILITY))


def by_loop(laid, place):
    """The inputs of one market, formula by formula, from its own returns."""
    own, horizon = laid.returns[:, place], HORIZON
    thresholds = np.log(laid.thresholds[horizon][:, place])
    volatility = {c: log_floored(weighted_by_loop(252 * own**2, c)) for c in (1, 5, 25, 125)}
    before, daily = np.nan, np.full(len(own), np.nan)
    for day, value in enumerate(own):
        daily[day] = value / (np.exp(before) / np.sqrt(252))
        before = volatility[25][day] if np.isfinite(volatility[25][day]) else before
    level, drawdown, kept = 0.0, np.full(len(own), np.nan), []
    for day, value in enumerate(own):
        if np.isfinite(value):
            level += value
            kept.append(level)
            drawdown[day] = level - max(kept[-252:])
    spans = laid.log_range[:, place]
    range_ = log_floored(weighted_by_loop(252 * spans**2 / (4 * np.log(2)), 5)) - volatility[5]
    return {
        **{f"gap{c}": values - thresholds for c, values in volatility.items()},
        **{f"falls{c}": weighted_by_loop(np.minimum(daily, 0), c) for c in (5, 25)},
        "drawdown": drawdown,
        "range": np.where(np.isnan(spans), 0.0, range_),
        "own_rise": volatility[5] - volatility[125],
        "own_v25": volatility[25],
    }


def test_every_input_is_its_formula(laid):
    found, names = harx_inputs(laid, HORIZON, means=True)
    loops = [by_loop(laid, place) for place in range(len(laid.markets))]
    for place, own in enumerate(loops):
        there = ~np.isnan(laid.returns[:, place])
        for name in ("gap1", "gap5", "gap25", "gap125", "falls5", "falls25", "drawdown", "range"):
            column = found[:, place, names.index(name)]
            np.testing.assert_allclose(column[there], own[name][there], atol=1e-9, err_msg=name)
    means = {f"mean_{name}": name for name in ("gap1", "gap5", "gap25", "gap125", "falls5")}
    for name, of in (means | {"mean_falls25": "falls25", "rise": "own_rise"}).items():
        together = pd.DataFrame([own[of] for own in loops]).where(~np.isnan(laid.returns.T))
        expected = together.mean().to_numpy()
        for place in range(len(laid.markets)):
            column = found[:, place, names.index(name)]
            np.testing.assert_allclose(column, expected, atol=1e-9, err_msg=name)
    implied = np.nan_to_num(laid.implied - loops[0]["own_v25"])
    np.testing.assert_allclose(found[:, 2, names.index("implied")], implied, atol=1e-9)
    assert np.isnan(laid.implied[:300]).all()
    assert len(names) == 10 + 6


def test_range_and_implied_are_nothing_where_there_are_none():
    found, names = harx_inputs(panel(log_range=None, implied=None), HORIZON)
    for name in ("range", "implied"):
        assert not found[..., names.index(name)].any()


def test_the_target_is_log_volatility_over_the_threshold_of_the_labels(laid):
    of_labels = outcomes(moves(), HORIZON, LABELS)
    expected = np.log(of_labels.volatility) - np.log(of_labels.volatility_threshold)
    np.testing.assert_array_equal(laid.targets(HORIZON), expected)
    day = 900
    ahead = moves()["equity"].to_numpy()[day + 1 : day + 1 + HORIZON]
    realised = np.sqrt(252 / HORIZON * (ahead**2).sum())
    assert laid.volatility[HORIZON][day, 0] == pytest.approx(realised, rel=1e-12)


def test_stale_months_are_not_learnt_from_and_what_is_judged_stays_unclipped():
    still = moves()
    still.iloc[1000:1040, 0] = 0.0
    still.iloc[1020, 0] = 1e-5
    laid = panel(still)
    learnt, judged = laid.training_targets(HORIZON), laid.targets(HORIZON)
    assert np.isnan(learnt[990:1035, 0]).all()
    assert judged[1010, 0] < -5
    # No move on any of the days ahead: there is no logarithm.
    assert np.isnan(laid.targets(5)[1002, 0])
    assert np.nanmax(np.abs(learnt)) <= TARGET_BOUND
    np.testing.assert_array_equal(learnt[:900, 0], np.clip(judged[:900, 0], -2.5, 2.5))
    # One market whose prices stand still has a GARCH forecast all the same.
    assert np.isfinite(laid.garch[HORIZON][600:, 0]).all()


def test_the_mean_over_markets_counts_those_that_are_there():
    values = np.array([[1.0, np.nan, 3.0], [np.nan, np.nan, np.nan]])
    np.testing.assert_array_equal(across(values), [[2.0] * 3, [np.nan] * 3])


def test_trailing_volatility_skips_days_that_a_market_lacks():
    own = np.array([0.01, np.nan, -0.03, 0.02, np.nan])
    laid = panel()
    columns = {"returns": own[:, None], "dates": laid.dates[:5]}
    few = type("Few", (), columns)()
    expected = np.log(np.sqrt(252 * np.array([0.03**2 + 0.01**2, 0.02**2 + 0.03**2]) / 2))
    np.testing.assert_allclose(trailing(few, 2)[[2, 3], 0], expected)
    assert np.isnan(trailing(few, 2)[[0, 1, 4], 0]).all()


def test_no_input_looks_ahead_bit_for_bit(laid):
    """Poison after the cut, and a sample that ends there, leave what was read until then."""
    poisoned = moves()
    poisoned.iloc[CUT:] *= -7.0
    for other in (panel(poisoned), panel(moves().iloc[:CUT], **beside(moves()))):
        for horizon in (5, HORIZON):
            before, after = (harx_inputs(each, horizon, means=True)[0] for each in (laid, other))
            np.testing.assert_array_equal(after[:CUT], before[:CUT])


def test_an_input_that_leaks_is_caught(laid):
    """The check above does not pass for want of power: tomorrow's volatility fails it."""
    poisoned = moves()
    poisoned.iloc[CUT:] *= -7.0
    leaks = [Measures(each).log_volatilities[5][1 : CUT + 1] for each in (laid, panel(poisoned))]
    assert not np.array_equal(*leaks, equal_nan=True)


def test_too_few_days_say_so():
    with pytest.raises(TooShortError, match="252 completed outcomes of 5 days"):
        pooled_panel("sub_markets", moves().iloc[:250], LABELS)
