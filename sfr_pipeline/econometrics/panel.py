"""From delivered values to the panel of oriented indicators, under two information sets.

``paper``: a month's row holds the values that speak of that month, whenever they were published,
and volatilities are estimated on the full sample. ``real_time``: a month's row holds what had been
published by its last day, and no number in it depends on anything later.

Transforms act on published values alone. Months without one, between the ends of quarters or where
a source skips a month, are filled after that, differently under each information set (see `align`).
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from sfr_pipeline.econometrics.measures import TRADING_DAYS
from sfr_pipeline.econometrics.volatility import (
    MIN_MONTHS,
    MIN_OBSERVATIONS,
    garch_volatility,
    garch_volatility_real_time,
)
from sfr_pipeline.errors import EstimationError

Mode = Literal["paper", "real_time"]
MODES: tuple[Mode, ...] = ("paper", "real_time")

# Transforms whose value of a month rests on that month alone.
OF_ONE_MONTH = ("level", "log", "month_mean", "month_end")

# Makes the median absolute deviation of normal values their standard deviation.
ROBUST = 1.4826


class Step(NamedTuple):
    """One transform and its parameter."""

    name: str
    parameter: int | str | None = None


class Aligned(NamedTuple):
    """An indicator on the rows of the panel.

    Attributes:
        values: one a row, NaN where there is none.
        origin: of each value: published, interpolated (paper mode) or carried (real time).
    """

    values: pd.Series
    origin: pd.Series


def by_publication(values: pd.Series, available_at: pd.Series) -> pd.Series:
    """Date daily values by the day on which they became known.

    A month's mean or volatility then holds all that was known at its end and nothing else. Of
    several values that became known on one day the latest counts; one that came after a later
    day's value is left out.

    Args:
        values: indexed by the day that they speak of, ascending.
        available_at: day on which each became known, same index.
    """
    return _by_when_known(values, pd.DatetimeIndex(available_at))


def _by_when_known(values: pd.Series, when: pd.DatetimeIndex | pd.PeriodIndex) -> pd.Series:
    """Values in the order in which they became known, the latest of those known at one time."""
    spoken_of = values.index.asi8
    order = np.lexsort((spoken_of, when.asi8))
    current = spoken_of[order] == np.maximum.accumulate(spoken_of[order])
    known = values.iloc[order].set_axis(when[order])[current]
    return known[~known.index.duplicated(keep="last")]


def transform(values: pd.Series, steps: Sequence[Step], frequency: str, mode: Mode) -> pd.Series:
    """Apply an indicator's transforms; daily values become monthly in the first of them.

    Args:
        values: as delivered, indexed by date (days, or last days of months or quarters), no NaN.
        steps: names and parameters as in the catalogue.
        frequency: ``daily``, ``monthly`` or ``quarterly``; of a quarterly one the months between
            are missing.
        mode: decides how volatilities are estimated; all else looks at the past only anyway.

    Returns:
        Monthly values, indexed by month (``PeriodIndex``), missing months as NaN.
    """
    for name, parameter in steps:
        if name == "garch_volatility":
            values = _monthly_garch_volatility(values, str(parameter), frequency, mode)
        elif name in ("month_mean", "month_end"):
            values = by_month(values, "mean" if name == "month_mean" else "last")
        else:
            if isinstance(values.index, pd.DatetimeIndex):
                values = by_month(values, "last")
            values = one_step(values, name, parameter)
    return values


def one_step(
    values: pd.Series,
    name: str,
    parameter: int | str | None,
    before: pd.Series | None = None,
) -> pd.Series:
    """Apply one monthly transform.

    Args:
        values: by month.
        name: of the transform.
        parameter: of the transform.
        before: what earlier months are read from, by default the values themselves.
    """
    before = values if before is None else before
    lag = int(parameter or 12)
    if name == "level":
        return values
    if name == "difference":
        return values - before.shift(lag)
    if name == "rolling_sd":
        if before is values:
            return values.rolling(lag).std()
        window = [values, *(before.shift(month) for month in range(1, lag))]
        return pd.concat(window, axis=1).std(axis=1, skipna=False)
    if (below := values[values <= 0]).size:
        raise EstimationError(
            f"{name} needs positive values, and that of {below.index[0]} is {below.iloc[0]:g}: "
            "choose another transform"
        )
    if name == "log":
        return np.log(values)
    # Growth, in per cent.
    if name == "log_difference":
        return 100.0 * (np.log(values) - np.log(before.shift(lag)))
    return 100.0 * (values / before.shift(1 if name == "month_on_month" else 12) - 1.0)


def by_month(values: pd.Series, how: str) -> pd.Series:
    """Daily values by month: their ``mean``, or the ``last`` of them."""
    monthly = values.groupby(pd.DatetimeIndex(values.index).to_period("M")).agg(how)
    # A month without data must stay a gap, or lags would close over it.
    return monthly.reindex(pd.period_range(monthly.index[0], monthly.index[-1], freq="M"))


def _monthly_garch_volatility(
    values: pd.Series, change: str, frequency: str, mode: Mode
) -> pd.Series:
    """Monthly mean of the annualised conditional standard deviation.

    In per cent for log returns, in basis points for differences of rates in per cent.
    """
    changes = changes_for_garch(values, change, frequency)
    least = minimum_for_garch(frequency)
    sigma = (
        garch_volatility(changes, min_observations=least)
        if mode == "paper"
        else garch_volatility_real_time(changes, min_observations=least)
    )
    # In real time there may be no estimate at all yet: then every month is missing.
    return by_month(annualised(sigma, frequency).reindex(values.index), "mean")


def annualised(sigma: pd.Series, frequency: str) -> pd.Series:
    """Standard deviation of a year from that of a day or a month."""
    return np.sqrt(TRADING_DAYS if frequency == "daily" else 12) * sigma


def changes_for_garch(values: pd.Series, change: str, frequency: str) -> pd.Series:
    """Changes that a GARCH model is fitted to, in per cent.

    Those of a monthly series are from one month to the next: a change over a month without a value
    is left out, because it would count as one of twice the usual variance. Days have no such grid;
    there a weekend counts as one step, as usual.

    Args:
        values: as delivered, indexed by date, no NaN.
        change: ``log_return`` or ``difference``.
        frequency: ``daily`` or ``monthly``.
    """
    scaled = np.log(values) if change == "log_return" else values
    if frequency == "monthly":
        index = pd.DatetimeIndex(scaled.index)
        scaled = scaled.reindex(pd.date_range(index[0], index[-1], freq="ME"))
    return 100.0 * scaled.diff().dropna()


def looks_back(steps: Sequence[Step]) -> bool:
    """Whether a month's transformed value rests on values of earlier months."""
    return any(step.name not in OF_ONE_MONTH for step in steps)


def minimum_for_garch(frequency: str) -> int:
    """Changes of a daily or monthly series that a GARCH model needs."""
    return MIN_OBSERVATIONS if frequency == "daily" else MIN_MONTHS


def align(
    monthly: pd.Series,
    published: pd.Series,
    months: pd.PeriodIndex,
    mode: Mode,
    carry: int = 0,
    waits: bool = True,
) -> Aligned:
    """Place monthly values on the rows of the panel, and fill the gaps that the source leaves.

    In real time a row holds the last published value, for one month beyond that of its
    publication and for ``carry`` more: a release that slips past the end of a short month leaves
    no hole, nor does a month that the source skips, but a source that falls silent drops out. A
    value that comes after a later month's is left out.

    In paper mode gaps of up to ``carry`` months are bridged by a straight line between the values
    on either side; longer ones stay, and so do the ends.

    Args:
        monthly: transformed values by the month that they speak of.
        published: month by whose end each was known, same index.
        months: rows of the panel.
        mode: by month spoken of, or by month of publication.
        carry: months to fill.
        waits: whether a value is known only when all before it are, because it may rest on those
            (see `looks_back`).
    """
    if mode == "real_time":
        monthly = monthly.dropna()
        when = published.reindex(monthly.index)
        known = _by_when_known(monthly, pd.PeriodIndex(when.cummax() if waits else when, freq="M"))
        rows = months.union(known.index)
        filled = known.reindex(pd.period_range(rows[0], rows[-1], freq="M")).ffill(limit=1 + carry)
        return _marked(known, filled.reindex(months), "carried")
    return _marked(monthly, _bridged(monthly, carry).reindex(months), "interpolated")


def _marked(known: pd.Series, filled: pd.Series, how: str) -> Aligned:
    given = known.reindex(filled.index).notna()
    origin = pd.Series(np.where(given, "published", how), index=filled.index, dtype=object)
    return Aligned(filled, origin.where(filled.notna()))


def _bridged(monthly: pd.Series, longest: int) -> pd.Series:
    """Fill gaps of up to ``longest`` months linearly."""
    missing = monthly.isna()
    length = missing.groupby((~missing).cumsum()).transform("sum")
    line = monthly.interpolate(limit_area="inside")
    return monthly.where(~missing | (length > longest), line)


def winsorise(
    values: pd.Series,
    at: float,
    mode: Mode,
    min_observations: int,
    judged: pd.Series | None = None,
) -> pd.Series:
    """Draw in values farther than ``at`` robust standard deviations from the median.

    The robust standard deviation is 1.4826 times the median absolute deviation. In real time a
    month is judged by the values up to it, once there are ``min_observations``; a series that
    hardly ever moves has no such deviation and is left alone.

    Args:
        values: one a month, NaN where missing.
        at: distance in robust standard deviations.
        mode: by the full sample, or by the past.
        min_observations: values that a judgement needs.
        judged: what is drawn in, same index; by default the values themselves.
    """
    known = values.dropna().to_numpy()
    drawn = known.copy() if judged is None else judged[values.notna()].to_numpy(dtype=float).copy()
    for position in range(len(known)):
        past = known if mode == "paper" else known[: position + 1]
        middle = np.median(past)
        reach = at * ROBUST * np.median(np.abs(past - middle))
        if len(past) >= min_observations and reach > 0:
            drawn[position] = np.clip(drawn[position], middle - reach, middle + reach)
    return pd.Series(drawn, index=values.dropna().index).reindex(values.index)
