"""Errors of point forecasts in the papers' and the field's measures.

``actual`` and ``forecast`` are arrays of equal shape without NaN; metrics reduce the last axis, so
that many resamples or seeds go in at once.
"""

from typing import Any

import numpy as np

from sfr_pipeline.arrays import FloatArray


def mae(actual: FloatArray, forecast: FloatArray) -> Any:
    """Mean absolute error (monthly paper, Table 1)."""
    return np.abs(actual - forecast).mean(axis=-1)


def rmse(actual: FloatArray, forecast: FloatArray) -> Any:
    """Root mean squared error (monthly paper, Table 1)."""
    return np.sqrt(np.square(actual - forecast).mean(axis=-1))


def ia(actual: FloatArray, forecast: FloatArray) -> Any:
    """Willmott's index of agreement, 0 to 1 (monthly paper, Table 1).

    ``1 - sum (y - f)^2 / sum (|f - mean(y)| + |y - mean(y)|)^2``; NaN where neither moves.
    """
    mean = actual.mean(axis=-1, keepdims=True)
    potential = np.square(np.abs(forecast - mean) + np.abs(actual - mean)).sum(axis=-1)
    error = np.square(actual - forecast).sum(axis=-1)
    return 1 - _ratio(error, potential)


def tic(actual: FloatArray, forecast: FloatArray) -> Any:
    """Theil's inequality coefficient, 0 to 1: RMSE over the sum of both root mean squares.

    Depends on where the level has its zero (monthly paper, Table 1); NaN where both are zero.
    """
    scale = _root_mean_square(actual) + _root_mean_square(forecast)
    return _ratio(rmse(actual, forecast), scale)


def error_variance(actual: FloatArray, forecast: FloatArray) -> Any:
    """Variance of the errors around their mean, divisor n - 1 (VAR of the monthly paper).

    The paper does not state the divisor; its Table 10 has VAR above the squared RMSE, which only
    n - 1 allows.
    """
    return (actual - forecast).var(axis=-1, ddof=1)


def mase(actual: FloatArray, forecast: FloatArray, scale: float) -> Any:
    """Mean absolute scaled error (Hyndman and Koehler 2006).

    Args:
        actual: ``(..., n)``.
        forecast: ``(..., n)``.
        scale: mean absolute change over the same horizon in the months known at the origin.
    """
    return mae(actual, forecast) / scale


def direction_hits(actual_change: FloatArray, forecast_change: FloatArray) -> float:
    """Share of forecasts with the right sign.

    Forecasts of exactly no change name no direction and are left out; NaN where all are.
    """
    named = forecast_change != 0
    if not named.any():
        return float("nan")
    return float((np.sign(actual_change) == np.sign(forecast_change))[named].mean())


def _root_mean_square(values: FloatArray) -> Any:
    return np.sqrt(np.square(values).mean(axis=-1))


def _ratio(numerator: Any, denominator: Any) -> Any:
    """Quotient, NaN where the denominator is 0; a number for numbers."""
    nan = np.full(np.shape(numerator), np.nan)
    return np.divide(numerator, denominator, out=nan, where=np.asarray(denominator) > 0)[()]
