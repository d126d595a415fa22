"""From delivered values to the panel of oriented indicators, on either of the two clocks.

``paper``: a month's row holds the values that speak of that month, whenever they were published,
and volatilities are estimated on the full sample. ``real_time``: a month's row holds what had been
published by its last day, and no number in it depends on anything later.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from sfr_pipeline.econometrics.measures import TRADING_DAYS
from sfr_pipeline.econometrics.volatility import garch_volatility, garch_volatility_real_time
from sfr_pipeline.errors import EstimationError

Mode = Literal["paper", "real_time"]
MODES: tuple[Mode, ...] = ("paper", "real_time")


class Step(NamedTuple):
    """One transform and its parameter."""

    name: str
    parameter: int | str | None = None


def transform(values: pd.Series, steps: Sequence[Step], frequency: str, mode: Mode) -> pd.Series:
    """Apply an indicator's transforms; daily values become monthly in the first of them.

    Args:
        values: as delivered, indexed by date (days, or last days of months), no NaN.
        steps: names and parameters as in the catalogue.
        frequency: ``daily`` or ``monthly``.
        mode: decides how volatilities are estimated; all else looks at the past only anyway.

    Returns:
        Monthly values, indexed by month (``PeriodIndex``), missing months as NaN.
    """
    for name, parameter in steps:
        if name == "garch_volatility":
            values = _monthly_garch_volatility(values, str(parameter), frequency, mode)
        elif name in ("month_mean", "month_end"):
            values = _by_month(values, "mean" if name == "month_mean" else "last")
        else:
            if isinstance(values.index, pd.DatetimeIndex):
                values = _by_month(values, "last")
            values = _step(values, name, parameter)
    return values


def _step(values: pd.Series, name: str, parameter: int | str | None) -> pd.Series:
    """Apply one monthly transform."""
    lag = int(parameter or 12)
    if name == "level":
        return values
    if name == "difference":
        return values - values.shift(lag)
    if name == "rolling_sd":
        return values.rolling(lag).std()
    if (values <= 0).any():
        raise EstimationError(f"{name} needs positive values: choose another transform")
    if name == "log":
        return np.log(values)
    # log_difference and year_on_year, both in per cent.
    if name == "log_difference":
        return 100.0 * (np.log(values) - np.log(values.shift(lag)))
    return 100.0 * (values / values.shift(12) - 1.0)


def _by_month(values: pd.Series, how: str) -> pd.Series:
    monthly = values.groupby(pd.DatetimeIndex(values.index).to_period("M")).agg(how)
    # A month without data must stay a gap, or lags would close over it.
    return monthly.reindex(pd.period_range(monthly.index[0], monthly.index[-1], freq="M"))


def _monthly_garch_volatility(
    values: pd.Series, change: str, frequency: str, mode: Mode
) -> pd.Series:
    """Monthly mean of the annualised conditional standard deviation.

    In per cent for log returns, in basis points for differences of rates in per cent.
    """
    scaled = np.log(values) if change == "log_return" else values
    changes = 100.0 * scaled.diff().iloc[1:]
    sigma = (
        garch_volatility(changes) if mode == "paper" else garch_volatility_real_time(changes)
    ).dropna()
    return _by_month(np.sqrt(TRADING_DAYS if frequency == "daily" else 12) * sigma, "mean")


def align(
    monthly: pd.Series, published: pd.Series, months: pd.PeriodIndex, mode: Mode
) -> pd.Series:
    """Place monthly values on the rows of the panel.

    Args:
        monthly: transformed values by the month that they speak of.
        published: month by whose end each was known, same index.
        months: rows of the panel.
        mode: by month spoken of, or by month of publication.

    Returns:
        One value a row. In real time a row holds the last published value, if that is at most one
        month old: a release that slips past the end of a short month leaves no hole, and a source
        that falls silent drops out rather than being carried along.
    """
    if mode == "real_time":
        known = monthly.dropna()
        known = known.set_axis(pd.PeriodIndex(published.reindex(known.index), freq="M"))
        # Two releases in one month: the later one speaks.
        known = known[~known.index.duplicated(keep="last")]
        return known.reindex(months.union(known.index)).ffill(limit=1).reindex(months)
    return monthly.reindex(months)
