"""Volatility of returns or changes: by GARCH(1,1) (the paper's X9, X12, X16, X19 and X23), or EWMA.

Daily input is the rule for GARCH: monthly series identify the model weakly.
"""

import logging

import numpy as np
import pandas as pd

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.econometrics.garch import GARCH, GarchResults
from sfr_pipeline.econometrics.labelled import called, check_series
from sfr_pipeline.errors import EstimationError

LOG = logging.getLogger(__name__)

# Fewer returns than this leave alpha and beta nearly unidentified: a year of days, ten of months.
MIN_OBSERVATIONS = 250
MIN_MONTHS = 120
# A return that differs less than this from the first one, relative to that, is the same.
STILL = 1e-9


def garch_volatility(
    returns: pd.Series, backcast: float | None = None, min_observations: int = MIN_OBSERVATIONS
) -> pd.Series:
    """Conditional standard deviation with parameters estimated on the whole sample.

    A flat beginning has no value and is not estimated from, see `flat_beginning`.

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
    returns = _plain(returns, holes=True)
    moving = _moving(returns, min_observations)
    sigma = _fit(moving, backcast, min_observations).conditional_volatility
    return sigma.reindex(returns.index)


def garch_volatility_real_time(
    returns: pd.Series, min_observations: int = MIN_OBSERVATIONS
) -> pd.Series:
    """Conditional standard deviation that never sees the future.

    Parameters are re-estimated at the end of each calendar year from the returns up to then and
    used throughout the following year. The value of a date is thus fixed once and for all, as
    first published. A year-end whose likelihood does not converge keeps the parameters of the year
    before; where there are none yet, the year stays without a value. The log says so. A flat
    beginning counts for nothing: estimation begins with enough returns after it.

    Args:
        returns: in per cent, indexed by date, no gaps.
        min_observations: returns needed before the first estimation.

    Returns:
        sigma_t, NaN before the first estimation; NaN throughout where no calendar year begins with
        enough returns (see `begins_in_real_time`), or where no estimation converges.

    Raises:
        EstimationError: gaps, or returns out of order or without dates.
    """
    returns = _plain(returns)
    sigma = pd.Series(np.nan, index=returns.index)
    returns = _moving(returns, min_observations)
    parameters: FloatArray | None = None
    calendar = _years(returns.index)
    for each in calendar.unique():
        past, year = returns[calendar < each], returns[calendar == each]
        if len(past) < min_observations:
            continue
        try:
            parameters = _fit(past, min_observations=min_observations).params.to_numpy()
        except EstimationError as error:
            kept = "none" if parameters is None else "those of the year before"
            LOG.warning("GARCH parameters of %s: %s, because %s", year.index[0], kept, error)
        if parameters is None:
            continue
        known = pd.concat([past, year])
        sigma[year.index] = _filter(known, parameters, past.var())[len(past) :]
    return sigma


def _plain(returns: pd.Series, *, holes: bool = False) -> pd.Series:
    """Returns as floats, whatever their type was."""
    values = check_series(returns, "the returns", holes=holes)
    return pd.Series(values, returns.index, name=returns.name)


def _years(dates: pd.Index) -> pd.Index:
    """Calendar year of each day or period."""
    if isinstance(dates, pd.PeriodIndex | pd.DatetimeIndex):
        return dates.year
    if dates.inferred_type == "date":
        return pd.DatetimeIndex(dates).year
    raise EstimationError(
        f"the returns have no dates ({dates[0]!r}), and parameters are estimated anew each "
        "calendar year: set a DatetimeIndex or a PeriodIndex"
    )


def flat_beginning(returns: pd.Series, min_observations: int) -> int:
    """Returns up to the first that differs, where a series does not move at its beginning.

    A vendor's first years are often one value: that is no volatility near 0, but none, and the step
    from it to the first quoted value is no return. Shorter spells than a fifth of what an
    estimation needs stay in, as markets have such. The answer is settled with the first move, and
    no later return changes it.

    Args:
        returns: by ascending date, no gaps.
        min_observations: returns that an estimation needs.

    Returns:
        How many to leave out: 0 where the beginning moves soon, or nothing ever does.
    """
    values = returns.to_numpy(dtype=float)
    moves = np.abs(values - values[:1]) > STILL * np.abs(values[:1])
    flat = int(moves.argmax()) if len(moves) else 0
    return flat + 1 if flat >= min_observations / 5 else 0


def _moving(returns: pd.Series, min_observations: int) -> pd.Series:
    """Returns after a flat beginning, which the log names."""
    flat = flat_beginning(returns, min_observations)
    if flat:
        first, last = (f"{returns.index[at]!s:.10}" for at in (0, flat - 2))
        name = called(returns, "the returns")
        LOG.warning("%s do not move from %s to %s: no volatility there", name, first, last)
    return returns.iloc[flat:]


def past_volatility(values: FloatArray, decay: float) -> FloatArray:
    """Standard deviation about zero by an exponentially weighted mean of earlier squares alone.

    sigma_t^2 = sum_{s<t} decay^{t-1-s} x_s^2 / sum_{s<t} decay^{t-1-s}.

    Args:
        values: x, such as residuals, ``(n_periods,)``.
        decay: weight of a period against that of the one after it.

    Returns:
        sigma, ``(n_periods,)``; NaN in the first period, which has no past.
    """
    squares = pd.Series(np.square(values)).ewm(alpha=1 - decay).mean()
    return np.sqrt(squares.shift(1).to_numpy())


def begins_in_real_time(dates: pd.DatetimeIndex, min_observations: int) -> bool:
    """Whether a calendar year begins with enough returns for `garch_volatility_real_time`.

    Args:
        dates: of the returns.
        min_observations: returns needed before the first estimation.
    """
    return len(dates) > 0 and int((dates.year < dates.year.max()).sum()) >= min_observations


def _fit(
    returns: pd.Series, backcast: float | None = None, min_observations: int = MIN_OBSERVATIONS
) -> GarchResults:
    if len(returns) < min_observations:
        raise EstimationError(
            f"{len(returns)} returns are too few for a GARCH(1,1): at least {min_observations} are "
            "needed, so lengthen the sample or choose another transform"
        )
    return GARCH(returns).fit(backcast)


def _filter(returns: pd.Series, parameters: FloatArray, first_variance: float) -> FloatArray:
    """Run the variance recursion with given parameters: sigma_t, ``(n_periods,)``.

    Without the least variances of an estimation, which are taken from its whole sample: a future
    outlier would reach back.
    """
    from scipy.signal import lfilter

    mean, omega, alpha, beta = parameters
    shocks = omega + alpha * (returns.to_numpy()[:-1] - mean) ** 2
    later, _ = lfilter([1.0], [1.0, -beta], shocks, zi=[beta * first_variance])
    return np.sqrt(np.concatenate([[first_variance], later]))
