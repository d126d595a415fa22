"""An indicator revalued at its month's last days: what a mean of days is on its way to.

The mean of a month's days lags behind the days themselves: where they go nowhere from here, next
month's mean is not this month's but the last day's value. So the no-change forecast of a mean is
its month's last value (Ellwanger and Snudden 2023, J. Banking and Finance 154).

Belongs here: one indicator, own units, known in real time. Does not belong here: the basket
(``forecasting.origins``).
"""

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from sfr_pipeline.econometrics.panel import (
    Step,
    annualised,
    by_month,
    changes_for_garch,
    minimum_for_garch,
    one_step,
)
from sfr_pipeline.econometrics.volatility import garch_volatility_real_time

# Transforms whose first step is a mean over the days of a month.
MEANS = ("month_mean", "garch_volatility")
NEED_POSITIVE = ("log", "log_difference", "month_on_month", "year_on_year")


class Revaluation(NamedTuple):
    """An indicator by month, transformed.

    Attributes:
        means: as the panel has it.
        ends: the same with the month's own mean replaced by what its last days say; earlier months
            that a transform reads stay means. NaN where a logarithm of it does not exist.
    """

    means: pd.Series
    ends: pd.Series


def revalued(values: pd.Series, steps: Sequence[Step], decay: float = 0.0) -> Revaluation:
    """Revalue every month of an indicator at its last days, from what was known by then.

    Args:
        values: daily, by the day on which each became known, no NaN.
        steps: its transforms, the first of them one of ``MEANS``.
        decay: weight of a day against that of the day after it, where a single day is mostly noise;
            0 where the last day says all. Of a volatility what counts is that of the day after the
            last one, which the last return decides.
    """
    if values.empty:
        nothing = pd.Series(dtype=float, index=pd.PeriodIndex([], freq="M"))
        return Revaluation(nothing, nothing)
    first, *later = steps
    if first.name == "garch_volatility":
        means, ends = _volatilities(values, str(first.parameter))
    else:
        means = by_month(values, "mean")
        ends = by_month(values.ewm(alpha=1 - decay).mean(), "last")
    for name, parameter in later:
        if name in NEED_POSITIVE:
            ends = ends.where(ends > 0)
        # The ends first: they read the means of this step's input.
        ends = one_step(ends, name, parameter, before=means)
        means = one_step(means, name, parameter)
    return Revaluation(means, ends)


def _volatilities(values: pd.Series, change: str) -> tuple[pd.Series, pd.Series]:
    """By month the mean of the daily conditional volatility, and that of the coming day."""
    changes = changes_for_garch(values, change, "daily")
    # One more day, whose own change no volatility reads.
    beyond = pd.Series([0.0], [values.index[-1] + pd.Timedelta(days=1)])
    sigma = garch_volatility_real_time(
        pd.concat([changes, beyond]), min_observations=minimum_for_garch("daily")
    )
    daily = annualised(sigma, "daily")
    coming = daily.shift(-1)
    return (
        by_month(daily.reindex(values.index), "mean"),
        by_month(coming.reindex(values.index), "last"),
    )
