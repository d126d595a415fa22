import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sfr_pipeline.evaluation import forecast_metrics as metrics

VALUES = arrays(float, st.shared(st.integers(2, 20), key="n"), elements=st.floats(-100, 100))


def test_metrics_of_a_worked_example():
    """y = 1, 2, 3, f = 2, 2, 5: errors -1, 0, -2, root mean squares sqrt(14/3) and sqrt(11)."""
    actual, forecast = np.array([1.0, 2.0, 3.0]), np.array([2.0, 2.0, 5.0])
    assert metrics.mae(actual, forecast) == pytest.approx(1)
    assert metrics.rmse(actual, forecast) == pytest.approx(np.sqrt(5 / 3))
    # Potential errors |f - 2| + |y - 2| = 1, 0, 4.
    assert metrics.ia(actual, forecast) == pytest.approx(1 - 5 / 17)
    assert metrics.tic(actual, forecast) == pytest.approx(
        np.sqrt(5 / 3) / (np.sqrt(14 / 3) + np.sqrt(11))
    )
    assert metrics.error_variance(actual, forecast) == pytest.approx(1)
    assert metrics.mase(actual, forecast, scale=0.5) == pytest.approx(2)


@given(VALUES, VALUES)
def test_agreement_and_inequality_lie_between_0_and_1(actual, forecast):
    for value in (metrics.ia(actual, forecast), metrics.tic(actual, forecast)):
        assert np.isnan(value) or -1e-9 <= value <= 1 + 1e-9


@given(VALUES, VALUES, st.floats(-50, 50))
def test_a_shifted_scale_changes_inequality_but_not_errors(actual, forecast, shift):
    moved = actual + shift, forecast + shift
    assert metrics.rmse(*moved) == pytest.approx(metrics.rmse(actual, forecast), abs=1e-9)
    assert metrics.error_variance(*moved) == pytest.approx(
        metrics.error_variance(actual, forecast), abs=1e-6
    )


def test_a_perfect_forecast_has_no_error_and_full_agreement():
    actual = np.array([0.3, -1.0, 2.0])
    assert metrics.rmse(actual, actual) == 0
    assert metrics.ia(actual, actual) == 1
    assert metrics.tic(actual, actual) == 0


def test_what_never_moves_has_no_agreement():
    assert np.isnan(metrics.ia(np.ones(3), np.ones(3)))
    assert np.isnan(metrics.tic(np.zeros(3), np.zeros(3)))


def test_squared_error_is_variance_and_bias():
    actual, forecast = np.random.default_rng(0).normal(size=(2, 50))
    bias = (actual - forecast).mean()
    assert metrics.rmse(actual, forecast) ** 2 == pytest.approx(
        metrics.error_variance(actual, forecast) * 49 / 50 + bias**2
    )


def test_many_samples_are_judged_at_once():
    actual, forecast = np.random.default_rng(1).normal(size=(2, 4, 30))
    for metric in (metrics.mae, metrics.rmse, metrics.ia, metrics.tic, metrics.error_variance):
        one_by_one = [metric(y, f) for y, f in zip(actual, forecast, strict=True)]
        assert metric(actual, forecast) == pytest.approx(np.array(one_by_one))


def test_forecasts_of_no_change_name_no_direction():
    actual = np.array([1.0, -1.0, 1.0, 0.5])
    assert metrics.direction_hits(actual, np.array([0.2, 0.1, 0.0, 0.1])) == pytest.approx(2 / 3)
    assert np.isnan(metrics.direction_hits(actual, np.zeros(4)))
