"""Months of a table: their names, and rows that belong to them.

Belongs here: cutting rows by month. Does not belong here: the files of months (`table_files`).
"""

from collections.abc import Collection, Iterable, Iterator

import pandas as pd
import pyarrow as pa

from sfr_pipeline.errors import ContractError
from sfr_pipeline.storage.column_types import to_frame
from sfr_pipeline.storage.contract import Table
from sfr_pipeline.storage.validation import conform


def month_text(month: str | pd.Period) -> str:
    """A month as files are named by it, "YYYY-MM".

    Raises:
        ValueError: it is no month.
    """
    text = str(month)
    try:
        canonical = str(pd.Period(text, freq="M"))
    except ValueError:
        canonical = ""
    if text != canonical:
        raise ValueError(f"{text!r} is no month: write it as YYYY-MM")
    return text


def few(months: Collection[str]) -> str:
    """The first of them, and how many more there are."""
    shown = ", ".join(list(months)[:3])
    return shown if len(months) <= 3 else f"{shown} and {len(months) - 3} more"


def by_month(stored: pa.Table, partition_column: str) -> Iterator[tuple[str, pa.Table]]:
    """Rows by the month of a column of dates."""
    dates = to_frame(stored.select([partition_column]))[partition_column]
    for month, rows in dates.groupby(dates.dt.to_period("M")).indices.items():
        yield str(month), stored.take(rows)


def in_order(table: Table, month: str, frames: Iterable[pd.DataFrame]) -> Iterator[pa.Table]:
    """The frames of a month as they are stored.

    Raises:
        ContractError: one breaks the contract, is of another month, or does not follow the last.
    """
    last: tuple[object, ...] | None = None
    for frame in frames:
        part = conform(table, frame)
        if not part.num_rows:
            continue
        outside = {name for name, _ in by_month(part, str(table.partition_column))} - {month}
        if outside:
            raise ContractError(
                f"table {table.name} holds rows outside the month {month} being written: "
                f"{few(sorted(outside))}"
            )
        first = _key_of(table, part, 0)
        if last is not None and not last < first:
            raise ContractError(
                f"table {table.name}, month {month}: the frame that begins with key {first} does "
                f"not follow key {last}"
            )
        last = _key_of(table, part, part.num_rows - 1)
        yield part


def _key_of(table: Table, part: pa.Table, row: int) -> tuple[object, ...]:
    return tuple(part[name][row].as_py() for name in table.key)
