"""The GARCH rules: volatility of the coming days by parameters of years that are over.

The recursion of their variances is that of the simulation too (`simulation`).
"""

import logging
from collections.abc import Sequence

import numpy as np
import pandas as pd

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.econometrics.garch import GARCH
from sfr_pipeline.errors import ConvergenceError, EstimationError
from sfr_pipeline.stress.labels import TRADING_DAYS

LOG = logging.getLogger(__name__)

# Returns before a first fit.
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
    """`garch_forecasts` of one horizon by a GARCH(1,1), ``(n_days,)``."""
    return garch_forecasts(returns, dates, (horizon,), min_days=min_days, name=name)[:, 0]


def garch_forecasts(
    returns: FloatArray,
    dates: pd.DatetimeIndex,
    horizons: Sequence[int],
    *,
    asymmetric: bool = False,
    min_days: int = MIN_DAYS,
    name: str = "the returns",
) -> FloatArray:
    """Volatility of the next days by a GARCH(1,1) or GJR with t-shocks, fitted on past years alone.

    Parameters are estimated at the end of each calendar year and hold through the next one. With
    v the long-run variance and phi = alpha + gamma / 2 + beta, the mean variance of the next n days
    is v + (sigma_{t+1}^2 - v)(1 - phi^n) / (n (1 - phi)).

    Args:
        returns: logs, ``(n_days,)``; days without one are passed over.
        dates: trading days.
        horizons: n, each.
        asymmetric: whether falls move volatility by more (GJR; Glosten, Jagannathan and Runkle
            1993).
        min_days: returns needed before the first fit.
        name: what errors and the log call the returns.

    Returns:
        Log of a year's volatility, ``(n_days, n_horizons)``; NaN before the first fit, and on days
        without a return.

    Raises:
        EstimationError: infinite returns, or constant ones.
        ConvergenceError: no year's fit converges.
    """
    own = np.flatnonzero(~np.isnan(returns))
    known = 100.0 * returns[own]
    if not np.isfinite(known).all():
        raise EstimationError(f"{name} of a GARCH forecast are infinite: drop or mend those days")
    years = np.asarray(dates.year)[own]
    found = np.full((len(returns), len(horizons)), np.nan)
    parameters: pd.Series | None = None
    failure: ConvergenceError | None = None
    for year in np.unique(years):
        start, stop = np.searchsorted(years, [year, year + 1])
        if start < min_days:
            continue
        past = pd.Series(known[:start], name=name)
        try:
            parameters = GARCH(past, asymmetric=asymmetric, shocks="t").fit().params
        except ConvergenceError as error:
            failure = error
            kept = "have none in" if parameters is None else "keep the year before's fit in"
            LOG.warning("GARCH forecasts of %s %s %s: %s", name, kept, year, error)
        if parameters is not None:
            found[own[start:stop]] = _ahead(known[:stop], parameters, horizons, start)
    if parameters is None and failure is not None:
        raise ConvergenceError(
            f"the GARCH rule of {name} has no parameters in any year: {failure}"
        ) from failure
    return found


def next_variances(
    moves: FloatArray, omega: float, up: float, down: float, beta: float
) -> tuple[float, FloatArray]:
    """Variances of a GJR(1,1), which with ``up`` = ``down`` is a GARCH(1,1).

    sigma_{t+1}^2 = omega + (up [e_t >= 0] + down [e_t < 0]) e_t^2 + beta sigma_t^2.

    Args:
        moves: e, returns less their mean, ``(n_days,)``.
        omega, up, down, beta: parameters.

    Returns:
        The variance of the first day, the mean square of the first 75, and that of the day after
        each, ``(n_days,)``; from day 75 on a value depends on returns up to its day alone.
    """
    from scipy.signal import lfilter

    squares = np.square(moves)
    first = float(squares[:FIRST_VARIANCE_DAYS].mean())
    responses = omega + np.where(moves >= 0, up, down) * squares
    ahead, _ = lfilter([1.0], [1.0, -beta], responses, zi=[beta * first])
    return first, ahead


def _ahead(
    returns: FloatArray, parameters: pd.Series, horizons: Sequence[int], start: int
) -> FloatArray:
    """Log of a year's volatility of the days after each from ``start`` on; returns in per cent."""
    mean, omega, alpha, beta = parameters[["mu", "omega", "alpha", "beta"]]
    gamma = parameters.get("gamma", 0.0)
    _, tomorrow = next_variances(returns - mean, omega, alpha, alpha + gamma, beta)
    tomorrow = tomorrow[start:]
    fading = alpha + gamma / 2 + beta
    columns = []
    for horizon in horizons:
        variance = tomorrow
        if fading < 1 - 1e-8:
            long_run = omega / (1 - fading)
            share = (1 - fading**horizon) / (horizon * (1 - fading))
            variance = long_run + (tomorrow - long_run) * share
        columns.append(np.log(np.sqrt(TRADING_DAYS * variance) / 100.0))
    return np.stack(columns, axis=1)
