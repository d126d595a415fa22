"""GARCH(1,1) volatility of returns or yield changes (the paper's X9, X12, X16, X19 and X23).

    r_t = mu + e_t,   e_t = sigma_t z_t,   sigma_t^2 = omega + alpha e_{t-1}^2 + beta sigma_{t-1}^2

Daily input is the rule: monthly series identify the model weakly.
"""

import logging
import warnings
from collections.abc import Iterator

import numpy as np
import pandas as pd

from sfr_pipeline.errors import EstimationError

LOG = logging.getLogger(__name__)

# Fewer returns than this leave alpha and beta nearly unidentified: a year of days, ten of months.
MIN_OBSERVATIONS = 250
MIN_MONTHS = 120

# Units in which the returns are offered to the optimiser, one after another. The estimate does not
# depend on them, but the optimiser's last step does: where shocks never fade (alpha + beta = 1, as
# in interbank rates) it may fail in one unit and end well in the next.
SCALES = (1.0, 0.1, 10.0)


def garch_volatility(
    returns: pd.Series, backcast: float | None = None, min_observations: int = MIN_OBSERVATIONS
) -> pd.Series:
    """Conditional standard deviation with parameters estimated on the whole sample.

    Args:
        returns: in per cent, indexed by date, no gaps.
        backcast: variance before the first observation; by default a weighted average of the
            first 75 squared residuals, as ``arch`` has it.
        min_observations: returns needed.

    Returns:
        sigma_t in the unit of the returns, per period; sigma_t uses returns up to t-1, the
        parameters use them all.

    Raises:
        EstimationError: too few or constant returns, or no convergence.
    """
    return _fit(returns, backcast, min_observations)[1]


def garch_volatility_real_time(
    returns: pd.Series, min_observations: int = MIN_OBSERVATIONS
) -> pd.Series:
    """Conditional standard deviation that never sees the future.

    Parameters are re-estimated at the end of each calendar year from the returns up to then and
    used throughout the following year. The value of a date is thus fixed once and for all, as
    first published. A year-end whose likelihood does not converge keeps the parameters of the
    year before, and says so in the log.

    Args:
        returns: in per cent, indexed by date, no gaps.
        min_observations: returns needed before the first estimation.

    Returns:
        sigma_t, NaN before the first estimation; NaN throughout where no calendar year begins with
        enough returns (see `begins_in_real_time`).

    Raises:
        EstimationError: gaps, or no convergence in the very first estimation.
    """
    sigma = pd.Series(np.nan, index=returns.index)
    parameters = None
    for past, year in _years(returns):
        if len(past) < min_observations:
            continue
        try:
            parameters, _ = _fit(past, min_observations=min_observations)
        except EstimationError as error:
            if parameters is None:
                raise
            LOG.warning("GARCH parameters kept from the year before %s: %s", year.index[0], error)
        known = pd.concat([past, year])
        sigma[year.index] = _filter(known, parameters, past.var())[len(past) :]
    return sigma


def begins_in_real_time(dates: pd.DatetimeIndex, min_observations: int) -> bool:
    """Whether a calendar year begins with enough returns for `garch_volatility_real_time`.

    Args:
        dates: of the returns.
        min_observations: returns needed before the first estimation.
    """
    return len(dates) > 0 and int((dates.year < dates.year.max()).sum()) >= min_observations


def _years(returns: pd.Series) -> Iterator[tuple[pd.Series, pd.Series]]:
    """Split into the returns before each calendar year and those of the year."""
    calendar = pd.DatetimeIndex(returns.index).year
    for year in calendar.unique():
        yield returns[calendar < year], returns[calendar == year]


def _fit(
    returns: pd.Series, backcast: float | None = None, min_observations: int = MIN_OBSERVATIONS
) -> tuple[np.ndarray, pd.Series]:
    """Estimate by maximum likelihood: parameters (mu, omega, alpha, beta) and sigma_t."""
    from arch import arch_model

    if len(returns) < min_observations:
        raise EstimationError(
            f"{len(returns)} returns are too few for a GARCH(1,1): at least {min_observations} are "
            "needed, so lengthen the sample or choose another transform"
        )
    if not np.isfinite(returns).all():
        raise EstimationError("the returns have gaps or infinities: drop or mend those dates")
    if returns.std() == 0:
        raise EstimationError("the returns are constant: there is no volatility to estimate")
    for scale in SCALES:
        model = arch_model(scale * returns, mean="Constant", vol="GARCH", p=1, q=1, rescale=False)
        with warnings.catch_warnings():  # arch leaves a filter of its own behind
            result = model.fit(
                disp="off",
                show_warning=False,
                backcast=None if backcast is None else scale**2 * backcast,
            )
        if result.convergence_flag == 0:
            mean, omega, alpha, beta = result.params
            parameters = np.array([mean / scale, omega / scale**2, alpha, beta])
            return parameters, result.conditional_volatility / scale
    raise EstimationError(
        "the GARCH likelihood did not converge: check the series for jumps in its unit, or "
        "choose another transform"
    )


def _filter(returns: pd.Series, parameters: np.ndarray, first_variance: float) -> np.ndarray:
    """Run the variance recursion with given parameters: sigma_t, ``(n_periods,)``.

    Not by ``arch``, which keeps the variances of a path within bounds that it takes from the whole
    path: a future outlier would reach back.
    """
    from scipy.signal import lfilter

    mean, omega, alpha, beta = parameters
    shocks = omega + alpha * (returns.to_numpy()[:-1] - mean) ** 2
    later, _ = lfilter([1.0], [1.0, -beta], shocks, zi=[beta * first_variance])
    return np.sqrt(np.concatenate([[first_variance], later]))
