"""What the labelled models share: which input they take, what follows it, how estimates print."""

from numbers import Integral

import numpy as np
import pandas as pd

from sfr_pipeline.arrays import FloatArray, IntArray
from sfr_pipeline.errors import EstimationError

# Days and weeks may be missing, as markets close; a month, quarter or year that is missing is a
# mistake. Days between dates of these differ by less than a tenth, but for February.
_NEVER_CLOSED = (pd.offsets.MonthEnd, pd.offsets.QuarterEnd, pd.offsets.YearEnd)
_SHORTEST_MONTH = 28


def check_series(series: pd.Series, name: str, *, holes: bool = False) -> FloatArray:
    """Values of a series in time order, ``(n_periods,)``.

    Args:
        series: numbers, nullable types among them, by ascending periods or days, no gaps.
        name: what errors call it.
        holes: whether months may be missing among its periods.

    Raises:
        EstimationError: it is no such series.
    """
    if not isinstance(series, pd.Series):
        raise EstimationError(
            f"{name} must be a pandas Series, not {type(series).__name__}: take one column"
        )
    if not pd.api.types.is_any_real_numeric_dtype(series.dtype):
        raise EstimationError(f"{name} holds {series.dtype}, not numbers: convert it to float")
    _check_order(series.index, name, holes)
    values = series.to_numpy(dtype=float, na_value=np.nan)
    n_missing = int((~np.isfinite(values)).sum())
    if n_missing:
        raise EstimationError(
            f"gaps in {name}, {n_missing} missing or infinite values: cut the series to its "
            "complete part, or fill it"
        )
    return values


def check_frame(frame: pd.DataFrame, name: str) -> tuple[FloatArray, pd.Index, pd.Index]:
    """Values of a frame, ``(n_periods, n_series)``, its periods and its columns.

    Args:
        frame: one row a period, ascending, under a PeriodIndex or DatetimeIndex; one column a
            series of numbers, nullable types among them.
        name: what errors call it.

    Raises:
        EstimationError: it is no such frame.
    """
    if not isinstance(frame, pd.DataFrame):
        raise EstimationError(
            f"{name} must be a pandas DataFrame, not {type(frame).__name__}: give its rows periods "
            "and its columns names"
        )
    if not isinstance(frame.index, pd.PeriodIndex | pd.DatetimeIndex):
        remedy = (
            f"its columns are: transpose it, {name}.T"
            if isinstance(frame.columns, pd.PeriodIndex | pd.DatetimeIndex)
            else "set a PeriodIndex or a DatetimeIndex, such as pandas.PeriodIndex(dates, freq='M')"
        )
        raise EstimationError(f"the rows of {name} are no periods; {remedy}")
    _check_order(frame.index, name, holes=False)
    if not frame.columns.is_unique:
        twice = sorted({str(column) for column in frame.columns[frame.columns.duplicated()]})
        raise EstimationError(f"columns {twice} of {name} stand there twice: rename or drop them")
    text = [
        str(column)
        for column, dtype in frame.dtypes.items()
        if not pd.api.types.is_any_real_numeric_dtype(dtype)
    ]
    if text:
        raise EstimationError(
            f"columns {text} of {name} hold no numbers: convert them to float, or drop them"
        )
    values = frame.to_numpy(dtype=float, na_value=np.nan)
    return values, frame.index, frame.columns


def _check_order(periods: pd.Index, name: str, holes: bool) -> None:
    if not periods.is_unique:
        twice = periods[periods.duplicated()][0]
        raise EstimationError(f"{name} holds {twice} twice: drop the repeats")
    if not periods.is_monotonic_increasing:
        raise EstimationError(f"the periods of {name} do not ascend: sort_index() it")
    found = _holes(periods)
    if len(found) and not holes:
        before, after = (str(periods[at])[:10] for at in (found[0], found[0] + 1))
        raise EstimationError(
            f"there is no row of {name} between {before} and {after}: begin after it, or reindex "
            "to all periods and fill what is missing"
        )


def _holes(periods: pd.Index) -> IntArray:
    """Positions after which a month, quarter or year is missing."""
    if isinstance(periods, pd.PeriodIndex) and isinstance(periods.freq, _NEVER_CLOSED):
        return np.flatnonzero(np.diff(periods.asi8) != periods.freq.n)
    if isinstance(periods, pd.DatetimeIndex) and len(periods) > 2:
        days = np.diff(periods) / np.timedelta64(1, "D")
        if days.min() >= _SHORTEST_MONTH:
            return np.flatnonzero(days > 1.5 * days.min())
    return np.empty(0, int)


def check_counts(**counts: object) -> None:
    """Refuse what counts something and is no whole number from 1, by its name.

    Raises:
        EstimationError: there is one.
    """
    for name, value in counts.items():
        if not isinstance(value, Integral) or value < 1:
            raise EstimationError(f"{name} must be a whole number from 1, not {value!r}")


def check_level(level: float) -> None:
    """Refuse a probability content that is none.

    Raises:
        EstimationError: it does not lie between 0 and 1.
    """
    if not 0 < level < 1:
        raise EstimationError(f"level is a probability content between 0 and 1, not {level}")


def periods_ahead(periods: pd.Index, steps: int) -> pd.Index:
    """Labels of the periods after the last one; days without a frequency give 1 .. ``steps``."""
    if isinstance(periods, pd.PeriodIndex):
        return pd.period_range(periods[-1] + 1, periods=steps)
    if isinstance(periods, pd.DatetimeIndex):
        frequency = pd.DatetimeIndex(periods, freq="infer").freq
        if frequency is not None:
            return pd.date_range(periods[-1], periods=steps + 1, freq=frequency)[1:]
    if isinstance(periods, pd.RangeIndex):
        last, step = periods[-1], periods.step
        return pd.RangeIndex(last + step, last + step * (steps + 1), step)
    return pd.RangeIndex(1, steps + 1)


def chart_dates(periods: pd.Index) -> pd.Index:
    """Where a chart puts periods: at their beginnings, as matplotlib knows days alone."""
    return periods.to_timestamp() if isinstance(periods, pd.PeriodIndex) else periods


def coefficient_table(coef: pd.Series, std_err: pd.Series) -> str:
    """Estimates and standard errors, with p-values by the normal distribution."""
    from scipy.stats import norm

    z = coef / std_err.where(std_err > 0)
    columns = {"coef": coef, "std err": std_err, "z": z, "P>|z|": 2 * norm.sf(z.abs())}
    return pd.DataFrame(columns).to_string(float_format="{:.4g}".format, na_rep="nan")
