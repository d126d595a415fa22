"""What of the cells that people hand over is a number, and which float it is.

Numbers are whole ones of any size, floats of any length, fractions and decimals. A truth value, a
complex number or a text of digits is none, and a finite number that a float would make infinite is
none that can be reckoned with. Belongs here: that judgement on cells. Does not belong here: what
becomes of it, and by which labels it is told (`labelled`).
"""

import math
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from sfr_pipeline.arrays import FloatArray

# Bytes of a float.
_FLOAT = 8


def of_array(panel: ArrayLike) -> FloatArray | None:
    """An array as floats of its shape, NaN where missing; None where something is no number.

    Args:
        panel: what numpy makes an array of.
    """
    try:
        array = np.asarray(panel)
        plain = array.dtype.kind in "iuf" and array.dtype.itemsize <= _FLOAT
        if not plain and of_column(pd.Series(array.ravel())) is None:
            return None
        return array.astype(float, copy=False)
    except (TypeError, ValueError):  # such as rows of different lengths, or NA of pandas
        return None


def of_column(column: pd.Series) -> FloatArray | None:
    """Numbers of any type as floats, ``(n_rows,)``, NaN where missing.

    Args:
        column: of any type, objects among them.

    Returns:
        None where something is no number, or one that no float holds.
    """
    numpy = isinstance(column.dtype, np.dtype)
    if column.dtype == object or (numpy and column.dtype.itemsize > _FLOAT):
        cells: list[Any] = [np.nan if _missing(cell) else cell for cell in column]
        if not all(_is_number(cell) and not _is_large(cell) for cell in cells):
            return None
        return np.array([float(cell) for cell in cells])
    if not pd.api.types.is_any_real_numeric_dtype(column.dtype):
        return None
    return column.to_numpy(dtype=float)


def _is_number(cell: object) -> bool:
    return isinstance(cell, Real | Decimal) and not isinstance(cell, bool)


def _is_large(number: Any) -> bool:
    """Whether a number that is finite is none as a float."""
    try:
        nearest = float(number)
    except OverflowError:
        return True
    return bool(math.isinf(nearest) and number != nearest)


def _missing(cell: object) -> bool:
    if isinstance(cell, Decimal):
        return cell.is_nan()  # one that signals too, at which pandas stops
    return bool(pd.api.types.is_scalar(cell) and pd.isna(cell))


def first_other(column: pd.Series) -> int | None:
    """Position of the first cell that is no number and not missing either; None without one."""
    others = (not _missing(cell) and not _is_number(cell) for cell in column)
    return next((place for place, other in enumerate(others) if other), None)


def first_large(column: pd.Series) -> int | None:
    """Position of the first number that no float holds; None too where a cell is no number."""
    if first_other(column) is not None:
        return None
    large = (not _missing(cell) and _is_large(cell) for cell in column)
    return next((place for place, is_large in enumerate(large) if is_large), None)
