"""The GARCH rule: volatility of the coming month by parameters of years that are over."""

import logging

import numpy as np
import pandas as pd

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.econometrics.garch import GARCH
from sfr_pipeline.errors import ConvergenceError, EstimationError

LOG = logging.getLogger(__name__)

TRADING_DAYS = 252
MIN_DAYS = 252
HORIZON = 21
FIRST_VARIANCE_DAYS = 75


def garch_forecast(
    returns: FloatArray,
    dates: pd.DatetimeIndex,
    horizon: int = HORIZON,
    min_days: int = MIN_DAYS,
    name: str = "the returns",
) -> FloatArray:
    """Volatility of the next days by a GARCH(1,1) with t-shocks, fitted on past years alone.

    Parameters are estimated at the end of each calendar year and hold through the next one. With
    v the long-run variance and phi = alpha + beta, the mean variance of the next n days is
    v + (sigma_{t+1}^2 - v)(1 - phi^n) / (n (1 - phi)).

    Args:
        returns: logs, ``(n_days,)``; leading NaN allowed, no gaps.
        dates: trading days.
        horizon: n.
        min_days: returns needed before the first fit.
        name: what errors and the log call the returns.

    Returns:
        Log of a year's volatility, ``(n_days,)``; NaN before the first fit.

    Raises:
        EstimationError: gaps in the returns, or constant ones.
        ConvergenceError: the very first fit fails.
    """
    first = int(np.argmin(np.isnan(returns)))
    known = 100.0 * returns[first:]
    if not np.isfinite(known).all():
        raise EstimationError(f"{name} of a GARCH forecast have gaps: drop or mend those days")
    years = np.asarray(dates.year)[first:]
    found = np.full(len(returns), np.nan)
    parameters: FloatArray | None = None
    for year in np.unique(years):
        start, stop = np.searchsorted(years, [year, year + 1])
        if start < min_days:
            continue
        try:
            fitted = GARCH(pd.Series(known[:start], name=name), shocks="t").fit()
            parameters = fitted.params.to_numpy()[:4]
        except ConvergenceError as error:
            if parameters is None:
                raise ConvergenceError(
                    f"the GARCH rule has no parameters for {year}, its first year: {error}"
                ) from error
            LOG.warning("GARCH forecasts of %s keep the year before's fit: %s", year, error)
        found[first + start : first + stop] = _ahead(known[:stop], parameters, horizon)[start:]
    return found


def _ahead(returns: FloatArray, parameters: FloatArray, horizon: int) -> FloatArray:
    """Log of a year's volatility of the days after each day, from returns in per cent."""
    from scipy.signal import lfilter

    mean, omega, alpha, beta = parameters
    squares = (returns - mean) ** 2
    first = beta * squares[:FIRST_VARIANCE_DAYS].mean()
    variance, _ = lfilter([1.0], [1.0, -beta], omega + alpha * squares, zi=[first])
    fading = alpha + beta
    if fading < 1 - 1e-8:
        long_run = omega / (1 - fading)
        share = (1 - fading**horizon) / (horizon * (1 - fading))
        variance = long_run + (variance - long_run) * share
    return np.log(np.sqrt(TRADING_DAYS * variance) / 100.0)
