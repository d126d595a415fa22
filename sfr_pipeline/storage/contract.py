"""The contract of a table: one definition from which everything else derives.

Belongs here: the classes that define a table (`Column`, `Rule`, `Table`) and ready-made rules.
Does not belong here: whether a frame keeps a contract (`validation`), the tables (`tables`), files
(`parquet`), SQL (`publish`).

Light to import: pandas and pyarrow only.
"""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import pandas as pd
import pyarrow as pa

from sfr_pipeline.storage.column_types import ARROW_TYPES, ColumnType, to_frame

NAME = re.compile(r"[a-z][a-z0-9_]*")  # a name is a folder, a SQL identifier and a keyword argument


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes:
        name: lower_snake_case.
        type: what it holds.
        description: what it says.
        unit: of its values, "" where they have none.
        nullable: whether a value may be missing. A NaN counts as missing.
        allowed: the only values that may stand in the column.
        minimum: inclusive lower bound of a number. Bounds are exact: a probability of 1 + 1e-16
            is outside a maximum of 1.
        maximum: inclusive upper bound of a number.

    Raises:
        ValueError: the definition itself makes no sense.
    """

    name: str
    type: ColumnType
    description: str
    unit: str = ""
    nullable: bool = False
    allowed: Collection[str | int] | None = None
    minimum: float | None = None
    maximum: float | None = None

    def __post_init__(self) -> None:
        _require(NAME.fullmatch(self.name), f"column {self.name!r}: a name is lower_snake_case")
        _require(self.type in ARROW_TYPES, f"column {self.name}: no type {self.type!r}")
        _require(self.description.strip(), f"column {self.name}: describe it")
        bounded = self.minimum is not None or self.maximum is not None
        _require(
            not bounded or self.type in ("int", "double"),
            f"column {self.name}: only an int or a double has bounds",
        )

    @property
    def domain(self) -> str:
        """The bounds and allowed values in words, "" where there are none."""
        parts = [
            f"{sign} {bound:g}"
            for sign, bound in (("≥", self.minimum), ("≤", self.maximum))
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


def sums_to(value: float, column: str, by: Sequence[str], *, tolerance: float) -> Rule:
    """Within each group of `by`, `column` sums to `value`, give or take `tolerance` (absolute).

    Missing values are left out of the sum; a group without any value states nothing and is passed
    over.
    """

    def violations(frame: pd.DataFrame) -> pd.DataFrame:
        groups = frame.groupby(list(by), sort=False, dropna=False)
        total = groups[column].sum(min_count=1)
        off = (total - value).abs() > tolerance
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


@dataclass(frozen=True)
class Table:
    """The definition of a table.

    Attributes:
        name: the same in every market, lower_snake_case.
        description: what the table holds.
        columns: in the order in which they are stored.
        key: columns that together name a row. Rows are stored in the order of the key.
        rules: what must hold beyond single columns. Judged on what is written in one go: one month
            of a partitioned table, or several, not the months that were there before.
        partition_column: the date or timestamp whose month is the Parquet partition, if there is
            one.
        append_only: whether every write adds a file of its own, and none is ever changed. The key
            then names a row among those of all files, and rules are judged a file at a time.

    Raises:
        ValueError: the definition itself makes no sense.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    rules: tuple[Rule, ...] = ()
    partition_column: str | None = None
    append_only: bool = False

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
            _require(not self.append_only, f"table {self.name}: files are months or additions")

    def as_synthetic(self) -> "Table":
        """The same table of a market in which nothing really happened, described so."""
        return replace(self, description=f"SYNTHETIC, nothing here happened. {self.description}")

    def empty(self) -> pd.DataFrame:
        """The frame of this table without rows: what a leg publishes that has not begun."""
        return to_frame(self.arrow_schema().empty_table())

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
            "append_only": "yes" if self.append_only else "",
        }
        return pa.schema(fields, metadata=metadata)


def _require(condition: object, message: str) -> None:
    if not condition:
        raise ValueError(message)
