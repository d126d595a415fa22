"""What the labelled models share: which input they take, what follows it, how estimates print."""

import numpy as np
import pandas as pd

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.errors import EstimationError

_NEVER_CLOSED = (pd.offsets.MonthEnd, pd.offsets.QuarterEnd, pd.offsets.YearEnd)


def check_series(series: pd.Series, name: str) -> FloatArray:
    """Values of a series in time order, ``(n_periods,)``.

    Args:
        series: numbers, nullable types among them, by ascending periods or days, no gaps.
        name: what errors call it.

    Raises:
        EstimationError: it is no such series.
    """
    if not isinstance(series, pd.Series):
        raise EstimationError(
            f"{name} must be a pandas Series, not {type(series).__name__}: take one column"
        )
    if not pd.api.types.is_any_real_numeric_dtype(series.dtype):
        raise EstimationError(f"{name} holds {series.dtype}, not numbers: convert it to float")
    _check_order(series.index, name)
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
    _check_order(frame.index, name)
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


def _check_order(periods: pd.Index, name: str) -> None:
    if not periods.is_unique:
        twice = periods[periods.duplicated()][0]
        raise EstimationError(f"{name} holds {twice} twice: drop the repeats")
    if not periods.is_monotonic_increasing:
        raise EstimationError(f"the periods of {name} do not ascend: sort_index() it")
    # Days may be missing, as markets close on some; a month that is missing is a mistake.
    if isinstance(periods, pd.PeriodIndex) and isinstance(periods.freq, _NEVER_CLOSED):
        holes = np.flatnonzero(np.diff(periods.asi8) != periods.freq.n)
        if len(holes):
            before, after = periods[holes[0]], periods[holes[0] + 1]
            raise EstimationError(
                f"{name} has no row between {before} and {after}: reindex it to all periods, and "
                "fill what is missing or cut it off"
            )


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
