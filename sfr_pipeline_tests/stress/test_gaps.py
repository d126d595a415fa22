"""The ridge on volatility gaps against closed forms."""

from dataclasses import replace

import numpy as np
import pytest

from sfr_pipeline.stress.gaps import PENALTY, fit_ridge, gap_targets, order_statistics
from sfr_pipeline.stress.sample import largest
from sfr_pipeline_tests.stress import simulated


@pytest.fixture(scope="module")
def sample():
    return simulated.sample(simulated.returns(1400))


def test_a_rank_leaves_out_what_is_missing():
    values = np.array([[3.0, 1.0, 2.0], [np.nan, 1.0, 2.0], [np.nan, np.nan, 2.0]])
    assert largest(values, 2) == pytest.approx([2, 1, np.nan], nan_ok=True)
    assert largest(values, 1) == pytest.approx([3, 2, 2])
    assert np.isnan(largest(values, 4)).all()


def test_of_forecast_gaps_the_second_and_the_mean_count_of_markets_that_have_a_threshold(sample):
    rows = np.array([1000, 1001])
    gaps = np.arange(18, dtype=float).reshape(2, 9) ** 1.5
    middle = gaps[:, 3:6]
    found = order_statistics(sample, gaps, 21, rows)
    assert found == pytest.approx(np.column_stack([middle[:, 1], middle.mean(axis=1)]))
    outcomes = sample.outcomes[21]
    threshold = outcomes.threshold.copy()
    threshold[1000, 2], threshold[1001, 1:] = np.nan, np.nan
    fewer = replace(
        sample, outcomes={**sample.outcomes, 21: replace(outcomes, threshold=threshold)}
    )
    few = order_statistics(fewer, gaps, 21, rows)
    assert few[0] == pytest.approx([middle[0, 0], middle[0, :2].mean()])
    assert np.isnan(few[1]).all()


def test_targets_end_where_their_own_horizon_was_over_at_the_origin(sample):
    targets = gap_targets(sample, origin=1200, embargo=5)
    for place, horizon in enumerate((5, 21, 63)):
        own = targets[:, 3 * place : 3 * place + 3]
        last = np.flatnonzero(~np.isnan(own).all(axis=1))[-1]
        assert last == 1200 - horizon - 5


def test_the_ridge_is_that_of_the_normal_equations():
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(200, 3))
    targets = np.column_stack([inputs @ [1.0, -0.5, 0.0] + 0.3, np.full(200, np.nan)])
    targets[:50, 0] = np.nan
    fitted = fit_ridge(inputs, targets)
    known = inputs[50:]
    z = np.clip((known - known.mean(axis=0)) / known.std(axis=0), -5, 5)
    z = z - z.mean(axis=0)
    y = targets[50:, 0]
    expected = np.linalg.solve(z.T @ z + PENALTY * 150 * np.eye(3), z.T @ (y - y.mean()))
    assert fitted.coefficients[:, 0] == pytest.approx(expected)
    assert fitted.forecast(known)[:, 0].mean() == pytest.approx(y.mean())
    # A target that is never known is forecast at its threshold.
    assert (fitted.forecast(inputs)[:, 1] == 0).all()
