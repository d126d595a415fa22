"""How the values of a column lie in Arrow on disk and in pandas at hand.

Belongs here: the types a column may have, the cast of a Series to one of them without loss, and the
way back. Does not belong here: what a value may be beyond its type (`contract`, `validation`).
"""

from collections.abc import Callable
from datetime import datetime
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Mask = npt.NDArray[np.bool_]
ColumnType = Literal["date", "timestamp", "string", "int", "double", "bool"]

# Timestamps carry no zone: they are wall clock, and the column's text says whose.
ARROW_TYPES: dict[ColumnType, pa.DataType] = {
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "string": pa.string(),
    "int": pa.int64(),
    "double": pa.float64(),
    "bool": pa.bool_(),
}


def to_frame(stored: pa.Table) -> pd.DataFrame:
    """A stored table as a frame whose dtypes depend on its schema alone, never on its values."""
    return pd.DataFrame(
        {field.name: _to_series(stored[field.name], field) for field in stored.schema}
    )


def _to_series(values: pa.ChunkedArray, field: pa.Field) -> pd.Series:
    """Dates as datetime64[us]; an int or bool that may be missing as Int64 or boolean."""
    if pa.types.is_date32(field.type):
        return values.to_pandas(date_as_object=False).astype("datetime64[us]")
    if pa.types.is_boolean(field.type) and field.nullable:
        return values.to_pandas(types_mapper={field.type: pd.BooleanDtype()}.get)
    if pa.types.is_int64(field.type) and field.nullable:
        return values.to_pandas(types_mapper={field.type: pd.Int64Dtype()}.get)
    return values.to_pandas()


# What pyarrow raises, as bases of its own errors, for values that do not fit a type.
UNCASTABLE = (ValueError, TypeError, NotImplementedError, OverflowError)


def _is_instant(type_: pa.DataType) -> bool:
    return pa.types.is_date(type_) or (pa.types.is_timestamp(type_) and type_.tz is None)


def _is_number(type_: pa.DataType) -> bool:
    return pa.types.is_integer(type_) or pa.types.is_floating(type_)


def _is_text(type_: pa.DataType) -> bool:
    return pa.types.is_string(type_) or pa.types.is_large_string(type_)


# Which Arrow types may become which column. Narrower than Arrow's own casts, which would read the
# text "12" as a number, True as 1 and a zoned time as UTC.
_ACCEPTED: dict[ColumnType, Callable[[pa.DataType], bool]] = {
    "date": _is_instant,
    "timestamp": _is_instant,
    "string": _is_text,
    "int": _is_number,
    "double": _is_number,
    "bool": pa.types.is_boolean,
}


def cast(column_type: ColumnType, values: pd.Series) -> pa.Array:
    """The values in the column's type without loss, or one of `UNCASTABLE`."""
    source = pa.array(values, from_pandas=True)
    if isinstance(source, pa.ChunkedArray):
        source = source.combine_chunks()
    if pa.types.is_dictionary(source.type):
        source = source.dictionary_decode()
    type_ = ARROW_TYPES[column_type]
    if source.null_count == len(source):  # a column of nothing but nulls has no type of its own
        return pa.nulls(len(source), type_)
    if not _ACCEPTED[column_type](source.type):
        raise TypeError(f"found {source.type}")
    if values.dtype == object:
        _refuse_mixtures(source.type, values)
    if column_type == "date" and pa.types.is_timestamp(source.type):
        midnight = pc.equal(pc.floor_temporal(source, unit="day"), source)
        if not pc.all(midnight).as_py():
            raise ValueError("found a time of day")
    array = source.cast(type_)
    if column_type == "double":
        array = pc.if_else(pc.is_nan(array), pa.scalar(None, type_), array)
    return array


def _refuse_mixtures(type_: pa.DataType, values: pd.Series) -> None:
    """Refuse what Arrow would convert in silence when it meets several Python types."""
    if pa.types.is_date(type_):  # it would cut off the time of day
        if any(isinstance(value, datetime) and value is not pd.NaT for value in values):
            raise TypeError("found dates and timestamps mixed")
    elif _is_number(type_) and any(isinstance(value, bool | np.bool_) for value in values):
        raise TypeError("found numbers and truth values mixed")


def misfits(column_type: ColumnType, values: pd.Series) -> Mask:
    """Which values do not fit. All, if each fits alone but they do not fit together."""
    if values.dtype != object and not _ACCEPTED[column_type](pa.array(values[:0]).type):
        return np.ones(len(values), dtype=bool)
    found = _misfits_alone(column_type, values)
    return found if found.any() else ~found


def _misfits_alone(column_type: ColumnType, values: pd.Series) -> Mask:
    """Halve until each part fits or is one value: quick when few values of many are wrong."""
    try:
        cast(column_type, values)
    except UNCASTABLE:
        if len(values) == 1:
            return np.ones(1, dtype=bool)
        half = len(values) // 2
        parts = (values.iloc[:half], values.iloc[half:])
        return np.concatenate([_misfits_alone(column_type, part) for part in parts])
    return np.zeros(len(values), dtype=bool)
