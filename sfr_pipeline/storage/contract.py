"""The contract of a table: one definition from which everything else derives.

Belongs here: the classes that define a table (`Column`, `Rule`, `Table`), ready-made rules, and the
one judgement whether a frame keeps the contract. `Table.conform` runs it before a write,
`Table.violations` runs it on what was stored; there is no second logic.
Does not belong here: the tables themselves (`tables`), files (`parquet`), SQL (`publish`).

Light to import: pandas and pyarrow only.
"""

import re
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from sfr_pipeline.errors import ContractError

ColumnType = Literal["date", "timestamp", "string", "int", "double", "bool"]
Mask = npt.NDArray[np.bool_]

# Timestamps carry no zone: they are wall clock, and the column's text says whose.
ARROW_TYPES: dict[ColumnType, pa.DataType] = {
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "string": pa.string(),
    "int": pa.int64(),
    "double": pa.float64(),
    "bool": pa.bool_(),
}

NAME = re.compile(r"[a-z][a-z0-9_]*")  # a name is a folder, a SQL identifier and a keyword argument
EXAMPLES = 3


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name, type, description, unit
        What it is called, what it holds, what it says and in which unit ("" where it has none).
    nullable
        Whether a value may be missing. A NaN counts as missing.
    allowed
        The only values that may stand in the column.
    minimum, maximum, above
        Bounds of a number, the first two inclusive, the last exclusive. They are exact: a
        probability of 1 + 1e-16 is outside `maximum=1`.

    Raises
    ------
    ValueError
        If the definition itself makes no sense.
    """

    name: str
    type: ColumnType
    description: str
    unit: str = ""
    nullable: bool = False
    allowed: Collection[str | int] | None = None
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None

    def __post_init__(self) -> None:
        _require(NAME.fullmatch(self.name), f"column {self.name!r}: a name is lower_snake_case")
        _require(self.type in ARROW_TYPES, f"column {self.name}: no type {self.type!r}")
        _require(self.description.strip(), f"column {self.name}: describe it")
        bounded = any(bound is not None for bound in (self.minimum, self.maximum, self.above))
        _require(
            not bounded or self.type in ("int", "double"),
            f"column {self.name}: only an int or a double has bounds",
        )

    @property
    def domain(self) -> str:
        """The bounds and allowed values in words, "" where there are none."""
        parts = [
            f"{sign} {bound:g}"
            for sign, bound in ((">", self.above), ("≥", self.minimum), ("≤", self.maximum))
            if bound is not None
        ]
        if self.allowed is not None:
            parts.append("one of " + ", ".join(map(str, self.allowed)))
        return ", ".join(parts)


@dataclass(frozen=True)
class Rule:
    """An identity that spans columns or rows.

    `violations` gets the frame as it would be read back from the store and returns what breaks the
    rule: a boolean Series aligned with the frame (True: this row breaks it), or a small frame with
    one row a case (say, a group and its sum), which the message then shows.
    """

    description: str
    violations: Callable[[pd.DataFrame], "pd.DataFrame | pd.Series[bool]"]


def sums_to(value: float | str, column: str, by: Sequence[str], *, tolerance: float) -> Rule:
    """Within each group of `by`, `column` sums to `value`, give or take `tolerance` (absolute).

    `value` is a number or the name of a column that is constant within a group. Missing values are
    left out of the sum; a group without any value states nothing and is passed over.
    """

    def violations(frame: pd.DataFrame) -> pd.DataFrame:
        groups = frame.groupby(list(by), sort=False, dropna=False)
        total = groups[column].sum(min_count=1)
        expected = groups[value].first() if isinstance(value, str) else value
        off = (total - expected).abs() > tolerance
        return total[off].rename("total").reset_index()

    text = f"{column} sums to {value} within each {', '.join(by)} (tolerance {tolerance:g})"
    return Rule(text, violations)


def ordered(*columns: str) -> Rule:
    """In each row the values do not fall from the first column to the last; missing ones pass."""

    def violations(frame: pd.DataFrame) -> "pd.Series[bool]":
        broken = pd.Series(False, index=frame.index)
        # All pairs, not neighbours: a missing middle must not hide a lower end above the upper.
        for left, right in combinations(columns, 2):
            broken |= (frame[left] > frame[right]).fillna(False).astype(bool)
        return broken

    return Rule(" <= ".join(columns), violations)


def holds_all(values: Collection[str], column: str, by: Sequence[str]) -> Rule:
    """Each group of `by` holds every one of `values` in `column`: no score without its rivals."""

    def violations(frame: pd.DataFrame) -> pd.DataFrame:
        cases = []
        for group, held in frame.groupby(list(by), sort=False, dropna=False)[column]:
            lacking = sorted(set(values) - set(held))
            if lacking:
                cases.append((*group, ", ".join(lacking)))
        return pd.DataFrame(cases, columns=[*by, "lacking"])

    text = f"each {', '.join(by)} holds {', '.join(sorted(values))} in {column}"
    return Rule(text, violations)


@dataclass(frozen=True)
class Table:
    """The definition of a table.

    Parameters
    ----------
    name, description
        Same name in every market.
    columns
        In the order in which they are stored.
    key
        Columns that together name a row. Rows are stored in the order of the key.
    rules
        What must hold beyond single columns. Judged on what is written in one go: one month of a
        partitioned table, or several, not the months that were there before.
    partition_column
        The date or timestamp whose month is the Parquet partition, if there is one.

    Raises
    ------
    ValueError
        If the definition itself makes no sense.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    rules: tuple[Rule, ...] = ()
    partition_column: str | None = None

    def __post_init__(self) -> None:
        _require(NAME.fullmatch(self.name), f"table {self.name!r}: a name is lower_snake_case")
        _require(self.description.strip(), f"table {self.name}: describe it")
        defined = {column.name: column for column in self.columns}
        _require(len(defined) == len(self.columns), f"table {self.name}: a column stands twice")
        _require(self.key, f"table {self.name}: name the key")
        for name in self.key:
            _require(name in defined, f"table {self.name}: no column {name} for the key")
            _require(not defined[name].nullable, f"table {self.name}: key {name} is nullable")
        if self.partition_column is not None:
            by = defined.get(self.partition_column)
            _require(
                by is not None and by.type in ("date", "timestamp") and not by.nullable,
                f"table {self.name}: partition_column {self.partition_column} is no date or "
                "timestamp that is always there",
            )
            _require("month" not in defined, f"table {self.name}: month is the partition's name")

    def arrow_schema(self) -> pa.Schema:
        """The schema on disk; its metadata carries descriptions, units and the key."""
        fields = [
            pa.field(
                column.name,
                ARROW_TYPES[column.type],
                nullable=column.nullable,
                metadata={"description": column.description, "unit": column.unit},
            )
            for column in self.columns
        ]
        metadata = {
            "table": self.name,
            "description": self.description,
            "key": ", ".join(self.key),
            "partition_column": self.partition_column or "",
        }
        return pa.schema(fields, metadata=metadata)

    def conform(self, frame: pd.DataFrame) -> pa.Table:
        """The frame as it is stored: typed without loss, in column order, sorted by key.

        Raises
        ------
        ContractError
            If the frame breaks the contract; the message names every broken clause.
        """
        stored, broken = _judge(self, frame)
        if stored is None or broken:
            raise ContractError("\n  - ".join([f"table {self.name} breaks its contract:", *broken]))
        return stored

    def violations(self, frame: pd.DataFrame) -> list[str]:
        """The broken clauses, one sentence each; empty when the frame keeps the contract."""
        return _judge(self, frame)[1]


def to_frame(stored: pa.Table) -> pd.DataFrame:
    """A stored table as a frame whose dtypes depend on its schema alone, never on its values."""
    return pd.DataFrame(
        {field.name: _to_series(stored[field.name], field) for field in stored.schema}
    )


def _require(condition: object, message: str) -> None:
    if not condition:
        raise ValueError(message)


def _to_series(values: pa.ChunkedArray, field: pa.Field) -> pd.Series:
    """Dates as datetime64[us]; an int or bool that may be missing as Int64 or boolean."""
    if pa.types.is_date32(field.type):
        return values.to_pandas(date_as_object=False).astype("datetime64[us]")
    if pa.types.is_boolean(field.type) and field.nullable:
        return values.to_pandas(types_mapper={field.type: pd.BooleanDtype()}.get)
    if pa.types.is_int64(field.type) and field.nullable:
        return values.to_pandas(types_mapper={field.type: pd.Int64Dtype()}.get)
    return values.to_pandas()


# --- the judgement ------------------------------------------------------------------------------


def _judge(table: Table, frame: pd.DataFrame) -> tuple[pa.Table | None, list[str]]:
    """The stored form (None when columns are unsound) and the broken clauses.

    Rules are judged only on sound columns, so that a rule never meets a frame it can't read.
    """
    broken = _wrong_names(table, frame)
    present = [column for column in table.columns if _count(frame, column.name) == 1]
    key = [column.name for column in present if column.name in table.key]
    arrays: dict[str, pa.Array] = {}
    for column in present:
        shown = frame[list(dict.fromkeys([*key, column.name]))]
        try:
            arrays[column.name] = _cast(column, frame[column.name])
        except _UNCASTABLE as error:
            text = f"column {column.name} does not fit {column.type} without loss ({error})"
            broken.append(_clause(text, shown, _misfits(column, frame[column.name])))
            continue
        for text, mask in _wrong_values(column, arrays[column.name]):
            if mask.any():
                broken.append(_clause(f"column {column.name} {text}", shown, mask))
    if arrays.keys() >= set(table.key):
        repeated = _repeated(table.key, arrays)
        if repeated.any():
            text = f"key ({', '.join(table.key)}) names more than one row"
            broken.append(_clause(text, frame[list(table.key)], repeated))
    if broken:
        return None, broken
    stored = _assemble(table, arrays)
    return stored, list(_broken_rules(table, to_frame(stored)))


def _count(frame: pd.DataFrame, name: str) -> int:
    return sum(label == name for label in frame.columns)


def _wrong_names(table: Table, frame: pd.DataFrame) -> list[str]:
    broken = []
    defined = [column.name for column in table.columns]
    for name in defined:
        count = _count(frame, name)
        if count == 0:
            hint = " (it is in the index: reset_index())" if name in frame.index.names else ""
            broken.append(f"column {name} is missing{hint}")
        elif count > 1:
            broken.append(f"column {name} stands {count} times")
    unexpected = [str(label) for label in frame.columns if label not in defined]
    if unexpected:
        broken.append(f"unexpected columns: {', '.join(unexpected)}")
    return broken


# What pyarrow raises, as bases of its own errors, for values that do not fit a type.
_UNCASTABLE = (ValueError, TypeError, NotImplementedError, OverflowError)


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


def _cast(column: Column, values: pd.Series) -> pa.Array:
    """The values in the column's type, or one of `_UNCASTABLE`."""
    source = pa.array(values, from_pandas=True)
    if isinstance(source, pa.ChunkedArray):
        source = source.combine_chunks()
    if pa.types.is_dictionary(source.type):
        source = source.dictionary_decode()
    type_ = ARROW_TYPES[column.type]
    if source.null_count == len(source):  # a column of nothing but nulls has no type of its own
        return pa.nulls(len(source), type_)
    if not _ACCEPTED[column.type](source.type):
        raise TypeError(f"found {source.type}")
    if values.dtype == object:
        _refuse_mixtures(source.type, values)
    if column.type == "date" and pa.types.is_timestamp(source.type):
        midnight = pc.equal(pc.floor_temporal(source, unit="day"), source)
        if not pc.all(midnight).as_py():
            raise ValueError("found a time of day")
    cast = source.cast(type_)
    if column.type == "double":
        cast = pc.if_else(pc.is_nan(cast), pa.scalar(None, type_), cast)
    return cast


def _refuse_mixtures(type_: pa.DataType, values: pd.Series) -> None:
    """Refuse what Arrow would convert in silence when it meets several Python types."""
    if pa.types.is_date(type_):  # it would cut off the time of day
        if any(isinstance(value, datetime) and value is not pd.NaT for value in values):
            raise TypeError("found dates and timestamps mixed")
    elif _is_number(type_) and any(isinstance(value, bool | np.bool_) for value in values):
        raise TypeError("found numbers and truth values mixed")


def _misfits(column: Column, values: pd.Series) -> Mask:
    """Which values do not fit. All, if each fits alone but they do not fit together."""
    if values.dtype != object and not _ACCEPTED[column.type](pa.array(values[:0]).type):
        return np.ones(len(values), dtype=bool)
    misfits = _misfits_alone(column, values)
    return misfits if misfits.any() else ~misfits


def _misfits_alone(column: Column, values: pd.Series) -> Mask:
    """Halve until each part fits or is one value: quick when few values of many are wrong."""
    try:
        _cast(column, values)
    except _UNCASTABLE:
        if len(values) == 1:
            return np.ones(1, dtype=bool)
        half = len(values) // 2
        parts = (values.iloc[:half], values.iloc[half:])
        return np.concatenate([_misfits_alone(column, part) for part in parts])
    return np.zeros(len(values), dtype=bool)


def _wrong_values(column: Column, array: pa.Array) -> Iterator[tuple[str, Mask]]:
    if not column.nullable:
        yield "is missing where a value is required", _mask(pc.is_null(array))
    if column.type == "double":
        yield "is infinite", _mask(pc.is_inf(array))
    if column.allowed is not None:
        known = pc.is_in(array, value_set=pa.array(list(column.allowed), type=array.type))
        yield f"is not {column.domain}", _mask(pc.and_(pc.invert(known), pc.is_valid(array)))
    if column.minimum is not None:
        yield f"is below {column.minimum:g}", _mask(pc.less(array, column.minimum))
    if column.maximum is not None:
        yield f"is above {column.maximum:g}", _mask(pc.greater(array, column.maximum))
    if column.above is not None:
        yield f"is not above {column.above:g}", _mask(pc.less_equal(array, column.above))


def _mask(condition: pa.Array) -> Mask:
    return np.asarray(pc.fill_null(condition, False).to_numpy(zero_copy_only=False), dtype=bool)


def _repeated(key: Sequence[str], arrays: dict[str, pa.Array]) -> Mask:
    columns = pd.DataFrame({name: arrays[name].to_pandas() for name in key})
    return columns.duplicated(keep=False).to_numpy()


def _assemble(table: Table, arrays: dict[str, pa.Array]) -> pa.Table:
    schema = table.arrow_schema()
    stored = pa.Table.from_arrays([arrays[name] for name in schema.names], schema=schema)
    return stored.sort_by([(name, "ascending") for name in table.key]).combine_chunks()


def _broken_rules(table: Table, frame: pd.DataFrame) -> Iterator[str]:
    for rule in table.rules:
        found = rule.violations(frame)
        if isinstance(found, pd.DataFrame):
            mask = np.ones(len(found), dtype=bool)
            shown = found
        else:
            mask = found.to_numpy(dtype=bool)
            shown = frame[list(table.key)]
        if mask.any():
            yield _clause(f"rule broken: {rule.description}", shown, mask)


def _clause(text: str, shown: pd.DataFrame, mask: Mask) -> str:
    """One broken clause: what, how many rows, and the first few of them."""
    rows = shown[mask]
    # A handful suffices: rows that share a key look alike and would crowd out the others.
    looks = dict.fromkeys(_look(row) for row in rows.head(10 * EXAMPLES).to_dict("records"))
    examples = "; ".join(list(looks)[:EXAMPLES])
    return f"{text}: {len(rows)} row{'s' * (len(rows) != 1)}, e.g. {examples}"


def _look(row: Mapping[Hashable, object]) -> str:
    return "(" + ", ".join(f"{name}={_shown(value)}" for name, value in row.items()) + ")"


def _shown(value: object) -> str:
    if isinstance(value, datetime):
        return str(value).removesuffix(" 00:00:00")
    return repr(value) if isinstance(value, str) else str(value)
