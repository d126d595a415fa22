"""What the models take of a user's series or frame, and how the labels come back.

Belongs here: which input is read, what follows it, how estimates print. Whatever a public function
of this room is given goes through `check_series`, `check_frame` or `panel_of`, so that all read and
refuse alike. Does not belong here: which cells are numbers (`floats`), which zeros are none
(`padding`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from numbers import Integral
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from sfr_pipeline.arrays import FloatArray, IntArray
from sfr_pipeline.econometrics import floats
from sfr_pipeline.econometrics.padding import padding
from sfr_pipeline.errors import EstimationError

# Days and weeks may be missing, as markets close; a month, quarter or year that is missing is a
# mistake. Days between dates of these differ by less than a tenth, but for February.
_NEVER_CLOSED = (pd.offsets.MonthEnd, pd.offsets.QuarterEnd, pd.offsets.YearEnd)
_SHORTEST_MONTH = 28


class Panel(NamedTuple):
    """Values of a panel, and the labels that they came with, if any.

    Attributes:
        values: ``(n_periods, n_series)``, NaN where missing.
        periods: of the rows; None of an array.
        series: names of the columns; None of an array.
    """

    values: FloatArray
    periods: pd.Index | None = None
    series: pd.Index | None = None

    @contextmanager
    def naming(self) -> Iterator[None]:
        """Tell what an estimate inside is refused for by labels; an array has positions alone.

        Raises:
            EstimationError: of the same class as the one inside.
        """
        try:
            yield
        except EstimationError as error:
            if self.periods is None or self.series is None:
                raise
            raise error.named(self.series, self.periods) from error


def panel_of(panel: ArrayLike | pd.DataFrame, name: str) -> Panel:
    """A panel from a frame with its labels, or from an array.

    Args:
        panel: a frame, see `check_panel`, or ``(n_periods, n_series)``, NaN where missing.
        name: what errors call it.

    Raises:
        EstimationError: a frame that `check_panel` refuses, or an array of something else than
            numbers.
    """
    if isinstance(panel, pd.DataFrame):
        return Panel(*check_panel(panel, name))
    values = floats.of_array(panel)
    if values is None:
        raise EstimationError(
            f"{name} is an array of something else than numbers: make it one of floats, with NaN "
            "for what is missing"
        )
    return Panel(values)


def called(series: pd.Series, name: str) -> str:
    """What errors call a series: by its own name too, where it has one."""
    return name if series.name in (None, name) else f"{name} {series.name}"


def values_of(series: pd.Series | ArrayLike, name: str) -> FloatArray:
    """Values of a series as `check_series` has them, or of an array, ``(n_periods,)``.

    Raises:
        EstimationError: gaps, something else than numbers, or a series out of order.
    """
    if not isinstance(series, pd.Series):
        try:
            array = np.asarray(series)
        except (TypeError, ValueError):
            raise EstimationError(
                f"{name} is no array of numbers: make it one of floats, with one axis"
            ) from None
        if array.ndim != 1:
            raise EstimationError(
                f"{name} has the shape {array.shape}, not that of one series: take one column"
            )
        series = pd.Series(array)
    return check_series(series, name)


def check_series(series: pd.Series, name: str, *, holes: bool = False) -> FloatArray:
    """Values of a series in time order, ``(n_periods,)``.

    Args:
        series: numbers, nullable and Arrow types and objects (Decimal) among them, by ascending
            periods or days, no gaps.
        name: what errors call it, beside its own name.
        holes: whether months may be missing among its periods.

    Raises:
        EstimationError: it is no such series.
    """
    if not isinstance(series, pd.Series):
        raise EstimationError(
            f"{name} must be a pandas Series, not {type(series).__name__}: take one column"
        )
    name = called(series, name)
    values = floats.of_column(series)
    if values is None:
        _refuse_large(series, name)
        raise EstimationError(
            f"{name} holds {series.dtype}, not numbers: convert it to float ({_no_number(series)})"
        )
    _check_order(series.index, name, holes)
    missing = np.flatnonzero(~np.isfinite(values))
    if len(missing):
        raise EstimationError(
            f"gaps in {name}, {len(missing)} missing or infinite values from "
            f"{_label(series.index[missing[0]])} on: cut the series to its complete part, or fill "
            "it"
        )
    return values


def check_frame(frame: pd.DataFrame, name: str) -> tuple[FloatArray, pd.Index, pd.Index]:
    """Values of a frame, ``(n_periods, n_series)``, its periods and its columns.

    Args:
        frame: one row a period, ascending, under a PeriodIndex or DatetimeIndex; one column a
            series of numbers, nullable and Arrow types and objects (Decimal) among them.
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
    columns = {label: floats.of_column(column) for label, column in frame.items()}
    text = [label for label, values in columns.items() if values is None]
    if text:
        first = frame.iloc[:, frame.columns.get_loc(text[0])]
        _refuse_large(first, f"column {text[0]} of {name}")
        raise EstimationError(
            f"columns {[str(label) for label in text]} of {name} hold no numbers: convert them to "
            f"float, or drop them ({text[0]}: {_no_number(first)})"
        )
    values = np.empty((len(frame), len(columns)))
    for position, column in enumerate(columns.values()):
        values[:, position] = column
    return values, frame.index, frame.columns


def check_panel(frame: pd.DataFrame, name: str) -> tuple[FloatArray, pd.Index, pd.Index]:
    """As `check_frame`, of a frame in which every series has values and no zeros stand for gaps.

    Which zeros do is said in `padding`.

    Raises:
        EstimationError: it is no such frame.
    """
    values, periods, columns = check_frame(frame, name)
    empty = [str(label) for label in columns[np.isnan(values).all(axis=0)]] if len(values) else []
    if empty:
        raise EstimationError(
            f"columns {empty} of {name} hold no value at all: drop them, "
            f"{name}.dropna(axis=1, how='all')"
        )
    for label, column in zip(columns, values.T, strict=True):
        if why := padding(column, periods):
            raise EstimationError(
                f"zeros in column {label} of {name} stand for missing values, as {why}: replace "
                f"them, {name}[{label!r}].replace(0, float('nan'))"
            )
    return values, periods, columns


def _refuse_large(column: pd.Series, name: str) -> None:
    """Refuse a column of numbers some of which no float holds; whole ones may have any size."""
    place = floats.first_large(column)
    if place is not None:
        raise EstimationError(
            f"{name} holds a number beyond {np.finfo(float).max:.1e}, the largest of a float, in "
            f"{_label(column.index[place])}: correct it, or divide all by a power of ten"
        )


def _no_number(column: pd.Series) -> str:
    """The first cell that is no number, and where it stands."""
    place = floats.first_other(column)
    if place is None:
        return f"its type is {column.dtype}"
    return f"{column.iloc[place]!r} in {_label(column.index[place])}"


def _label(period: object) -> str:
    """A period or day as errors name it."""
    return str(period)[:10]


def _check_order(periods: pd.Index, name: str, holes: bool) -> None:
    if isinstance(periods, pd.MultiIndex):
        raise EstimationError(
            f"the rows of {name} have {periods.nlevels} levels: select one series, and leave its "
            "periods alone in the index"
        )
    if periods.hasnans:
        raise EstimationError(
            f"{int(periods.isna().sum())} rows of {name} have no period: drop them, as "
            "[index.notna()] does"
        )
    if periods.inferred_type == "string":
        raise EstimationError(
            f"the rows of {name} are called by text, such as {periods[0]!r}, whose order is not "
            "that of time: set pandas.to_datetime(index), or pandas.PeriodIndex(index, freq='M')"
        )
    if not periods.is_unique:
        twice = _label(periods[periods.duplicated()][0])
        raise EstimationError(
            f"{name} holds {twice} twice: drop the repeats, as [~index.duplicated()] does"
        )
    if not periods.is_monotonic_increasing:
        raise EstimationError(f"the periods of {name} do not ascend: sort_index() it")
    found = _holes(periods)
    if len(found) and not holes:
        before, after = (_label(periods[at]) for at in (found[0], found[0] + 1))
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
