"""Claims about vector autoregressions."""

import numpy as np
import pytest

from sfr_pipeline.econometrics.autoregression import lag_orders, residuals
from sfr_pipeline.errors import EstimationError


@pytest.fixture(scope="module")
def second_order():
    """Two series whose second lag matters and whose third does not."""
    rng = np.random.default_rng(3)
    shocks = rng.standard_normal((600, 2))
    first, second = np.array([[0.3, 0.2], [0.0, 0.4]]), np.array([[0.4, 0.0], [0.2, 0.3]])
    series = np.zeros((600, 2))
    for t in range(2, 600):
        series[t] = first @ series[t - 1] + second @ series[t - 2] + shocks[t]
    return series


def least_squares(series, lags, first):
    """Residuals of periods ``first`` and later by plain least squares."""
    n_periods = len(series)
    past = [series[first - k : n_periods - k] for k in range(1, lags + 1)]
    design = np.column_stack([np.ones(n_periods - first), *past])
    coefficients = np.linalg.lstsq(design, series[first:], rcond=None)[0]
    return series[first:] - design @ coefficients


def test_both_criteria_find_the_true_order(second_order):
    orders = lag_orders(second_order, 6)
    assert (orders.by_aic, orders.by_bic) == (2, 2)


def test_criteria_are_those_of_the_textbook_on_the_same_periods(second_order):
    orders = lag_orders(second_order, 6)
    nobs = 594
    assert orders.nobs == nobs
    for lags in range(7):
        errors = least_squares(second_order, lags, first=6)
        log_determinant = np.log(np.linalg.det(errors.T @ errors / nobs))
        coefficients = 2 * (1 + 2 * lags)
        aic = log_determinant + 2 * coefficients / nobs
        bic = log_determinant + np.log(nobs) * coefficients / nobs
        assert (orders.aic[lags], orders.bic[lags]) == pytest.approx((aic, bic), abs=1e-10)


@pytest.mark.parametrize("lags", [0, 1, 3])
def test_residuals_are_those_of_least_squares(second_order, lags):
    expected = least_squares(second_order, lags, first=lags)
    np.testing.assert_allclose(residuals(second_order, lags), expected, atol=1e-10)


def noise(n_periods, n_series=3):
    return np.random.default_rng(0).standard_normal((n_periods, n_series))


@pytest.mark.parametrize(
    ("series", "reason"),
    [
        (noise(23), "needs 24 periods and has 23"),
        (np.column_stack([noise(99), np.ones(99)]), "series 3 .* is constant or has gaps"),
        (np.where(noise(99) > 2, np.nan, noise(99)), "is constant or has gaps"),
        (np.column_stack([noise(99), noise(99).sum(axis=1)]), "series 0, 1, 2, 3 .* determines"),
        (np.column_stack([noise(99), noise(99)[:, 1]]), "series 1, 3 .* is determined by them"),
        (np.column_stack([noise(99)[1:, 0], noise(99)[:-1, 0]]), "series 1 .*: leave one out"),
        (noise(99, n_series=1), "two series or more"),
    ],
)
def test_what_cannot_be_estimated_is_refused_with_its_cause(series, reason):
    with pytest.raises(EstimationError, match=reason):
        lag_orders(series, 5 if series.shape[1] == 3 else 1)
