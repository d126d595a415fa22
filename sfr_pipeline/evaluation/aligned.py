"""What the labelled tests take: an outcome, and what was said of it, over the same periods.

Belongs here: refusing what does not fit together. Does not belong here: which periods and numbers
any labelled model takes (`econometrics.labelled`).
"""

import numpy as np
import pandas as pd

from sfr_pipeline.arrays import BoolArray, FloatArray
from sfr_pipeline.econometrics.labelled import check_frame, check_series
from sfr_pipeline.errors import EstimationError


def said_of(frame: pd.DataFrame, name: str, outcome: pd.Series, of: str) -> FloatArray:
    """Values of a frame that is complete over the periods of an outcome, ``(n, n_columns)``.

    Args:
        frame: one row a period, one column a model.
        name: what errors call it.
        outcome: a series over the same periods.
        of: what errors call that.

    Raises:
        EstimationError: it is no such frame.
    """
    values, periods, columns = check_frame(frame, name)
    if not isinstance(outcome, pd.Series):
        raise EstimationError(
            f"{of} must be a pandas Series, not {type(outcome).__name__}: take one column"
        )
    if not periods.equals(outcome.index):
        alone = outcome.index.symmetric_difference(periods)
        first = f", {_day(alone[0])} the first of them" if len(alone) else ""
        raise EstimationError(
            f"{of} and {name} have different periods ({len(alone)} stand in one alone{first}): "
            f"take those of both, both = {of}.index.intersection({name}.index), then "
            f"{of}[both] and {name}.loc[both]"
        )
    wrong = np.argwhere(~np.isfinite(values))
    if len(wrong):
        row, column = wrong[0]
        raise EstimationError(
            f"{name} has {len(wrong)} missing or infinite values, the first of "
            f"{columns[column]} at {_day(periods[row])}: keep the periods that every column covers"
        )
    return values


def numbers(outcome: pd.Series, name: str) -> FloatArray:
    """Values of an outcome that is a number, ``(n,)``.

    Raises:
        EstimationError: as `check_series`.
    """
    return check_series(outcome, name)


def events(outcome: pd.Series, name: str) -> BoolArray:
    """Values of an outcome that is yes or no, ``(n,)``: booleans, or 0 and 1.

    Raises:
        EstimationError: there is another value, or a gap, or there is only one kind of them.
    """
    if pd.api.types.is_bool_dtype(outcome.dtype):
        yes = outcome.to_numpy(dtype=float, na_value=np.nan)
        outcome = pd.Series(yes, outcome.index)
    values = check_series(outcome, name)
    other = values[(values != 0) & (values != 1)]
    if len(other):
        raise EstimationError(
            f"{name} holds {other[0]:g}: a yes or no is True and False, or 1 and 0"
        )
    if not values.any() or values.all():
        raise EstimationError(
            f"{name} is {'never' if not values.any() else 'always'} true in its {len(values)} "
            "periods: there is nothing to tell apart; take a longer sample"
        )
    return values == 1


def column_of(frame: pd.DataFrame, benchmark: str, name: str) -> int:
    """Where the benchmark stands among the columns.

    Raises:
        EstimationError: it is none of them, or stands alone.
    """
    columns = [str(column) for column in frame.columns]
    if benchmark not in columns:
        raise EstimationError(
            f"benchmark {benchmark!r} is no column of {name}: its columns are {', '.join(columns)}"
        )
    if len(columns) < 2:
        raise EstimationError(f"{name} holds the benchmark alone: add a column to compare with it")
    return columns.index(benchmark)


def span(periods: pd.Index) -> str:
    """First and last period and their number, for a heading."""
    return f"{len(periods):,} periods, {_day(periods[0])} to {_day(periods[-1])}"


def _day(period: object) -> str:
    return str(period)[:10]
