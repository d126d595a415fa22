"""The Parquet store of record: one file a table, one a month of it, or one an addition to it.

Belongs here: where a table's files lie, and how they are written and read without anybody ever
meeting half a file. Does not belong here: what a table is (`contract`), the DuckDB file over it
(`publish`).

Each file is put in place whole (`sfr_pipeline.files`). This holds for each file: whoever reads
several months during a write may meet new ones beside old ones.
"""

import datetime as dt
import os
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from sfr_pipeline.errors import ContractError, NotMaterializedError
from sfr_pipeline.files import in_place_of, in_place_of_all
from sfr_pipeline.storage.column_types import to_frame
from sfr_pipeline.storage.contract import NAME, Table
from sfr_pipeline.storage.validation import conform

WHOLE_FILE = "data.parquet"
MONTH_FILES = "month=*/part-*.parquet"
# Named by the moment of the addition in UTC and by who made it, so that names sort by time.
ADDED_FILES = "*.parquet"
ADDED_AT = "%Y%m%dT%H%M%S.%fZ"


@dataclass(frozen=True)
class WriteResult:
    """What a write left behind: its rows, and the files that hold them with their total size."""

    rows: int
    files: tuple[Path, ...]
    bytes: int


@dataclass(frozen=True)
class ParquetStore:
    """The tables of all markets under `<root>/parquet/<market>/<table>/`."""

    root: Path

    def folder(self, market: str, table: Table) -> Path:
        """Where the files of a table lie.

        Raises:
            ValueError: the market's name could not be a folder and a schema.
        """
        if not NAME.fullmatch(market):
            raise ValueError(f"market {market!r}: a name is lower_snake_case")
        return self.root / "parquet" / market / table.name

    def path(self, market: str, table: Table, month: str | None = None) -> Path:
        """The file of a table, or of one month ("YYYY-MM") of a partitioned table.

        Raises:
            ValueError: a month is missing for a partitioned table, given for another, or no month.
        """
        if table.append_only:
            raise ValueError(f"table {table.name} has a file an addition: see files()")
        if (month is None) != (table.partition_column is None):
            kind = "not partitioned" if table.partition_column is None else "partitioned by month"
            raise ValueError(f"table {table.name} is {kind}, the month asked for is {month}")
        folder = self.folder(market, table)
        if month is None:
            return folder / WHOLE_FILE
        return folder / f"month={_month(month)}" / "part-0.parquet"

    def months(self, market: str, table: Table) -> list[str]:
        """The months of a partitioned table that were written, in order, empty ones included."""
        files = self.folder(market, table).glob(MONTH_FILES)
        return sorted(file.parent.name.removeprefix("month=") for file in files)

    def exists(self, market: str, table: Table) -> bool:
        """Whether anything of the table was ever written."""
        if table.append_only:
            return bool(self._added(market, table))
        if table.partition_column is None:
            return self.path(market, table).exists()
        return bool(self.months(market, table))

    def append(
        self, market: str, table: Table, frame: pd.DataFrame, at: dt.datetime, run: str
    ) -> WriteResult:
        """Add rows to an append-only table, as a file beside those that are there.

        Args:
            market: whose table.
            table: an append-only one.
            frame: the new rows alone.
            at: the moment of the addition, in UTC without a zone; part of the file's name.
            run: who adds; part of the file's name.

        Raises:
            ContractError: the frame breaks the contract; or there is a file of this name, which is
                never changed. Nothing was written.
        """
        stored = conform(table, frame)
        path = self.folder(market, table) / f"{at:{ADDED_AT}}_{_slug(run)}.parquet"
        if path.exists():
            raise ContractError(f"{path} is there already, and additions are never changed")
        with in_place_of(path) as staged:
            _write_file(staged, stored)
            size = staged.stat().st_size
        return WriteResult(stored.num_rows, (path,), size)

    def _added(self, market: str, table: Table) -> list[Path]:
        folder = self.folder(market, table)
        return sorted(path for path in folder.glob(ADDED_FILES) if not path.name.startswith("."))

    def write(
        self,
        market: str,
        table: Table,
        frame: pd.DataFrame,
        months: Iterable[str | pd.Period] | None = None,
    ) -> WriteResult:
        """Check the frame and put it in place of what was there.

        A frame of a partitioned table replaces the months it speaks of and no others. `months`
        names them when the frame may be silent on some: such a month is then written without rows,
        so that a second run clears what the first one left there.

        The same content gives the same bytes under the same name.

        Raises:
            ContractError: the frame breaks the contract, or holds rows outside `months`, or names
                no month at all. Nothing was written.
        """
        parts = self._parts(market, table, conform(table, frame), months)
        # First all temporary files, then all moves: a full disk stops us before the first move.
        with in_place_of_all(list(parts)) as staged:
            for temporary, part in zip(staged, parts.values(), strict=True):
                _write_file(temporary, part)
            size = sum(temporary.stat().st_size for temporary in staged)
        return WriteResult(sum(part.num_rows for part in parts.values()), tuple(parts), size)

    def write_month(
        self, market: str, table: Table, month: str, frames: Iterable[pd.DataFrame]
    ) -> WriteResult:
        """Put a month in place from frames that arrive one after another, in the order of the key.

        Memory holds one frame at a time; each becomes a row group, and the rules are judged on each
        alone.

        Raises:
            ContractError: a frame breaks the contract, holds rows of another month, or does not
                follow its predecessor. What was there before stays.
        """
        path = self.path(market, table, month)
        with in_place_of(path) as staged:
            with staged.open("wb") as file:
                with pq.ParquetWriter(file, table.arrow_schema(), compression="zstd") as writer:
                    for part in _in_order(table, month, frames):
                        writer.write_table(part)
                _to_disk(file)
            rows = pq.read_metadata(staged).num_rows
            size = staged.stat().st_size
        return WriteResult(rows, (path,), size)

    def read(
        self,
        market: str,
        table: Table,
        months: Iterable[str | pd.Period] | None = None,
        columns: Sequence[str] | None = None,
    ) -> pd.DataFrame:
        """The stored rows, month after month, in the order of the key within each.

        Args:
            months: only these, as "YYYY-MM" or monthly periods; `pd.period_range` gives a range.
            columns: only these, in this order.

        Raises:
            NotMaterializedError: the table or one of the months was never written.
            ContractError: the table has no such column, or if a file was written under another
                contract.
        """
        wanted = _wanted(table, columns)
        files = self.files(market, table, months)
        parts = [_read_file(file, wanted) for file in files]
        return to_frame(pa.concat_tables([wanted.empty_table(), *parts]))

    def read_month(
        self,
        market: str,
        table: Table,
        month: str,
        columns: Sequence[str] | None = None,
        rows: int = 16_384,
    ) -> Iterator[pd.DataFrame]:
        """The rows of a month in frames of at most `rows`, for months larger than memory.

        Raises: as `read`.
        """
        wanted = _wanted(table, columns)
        (path,) = self.files(market, table, [month])
        with pq.ParquetFile(path) as file:
            _require_contract(path, file, wanted)
            for batch in file.iter_batches(batch_size=rows, columns=wanted.names):
                part = pa.Table.from_batches([batch])
                yield to_frame(part.select(wanted.names).cast(wanted))

    def _parts(
        self,
        market: str,
        table: Table,
        stored: pa.Table,
        months: Iterable[str | pd.Period] | None,
    ) -> dict[Path, pa.Table]:
        """What to write where."""
        if table.partition_column is None:
            if months is not None:
                raise ValueError(f"table {table.name} is not partitioned: write it without months")
            return {self.path(market, table): stored}
        parts = dict(_by_month(stored, table.partition_column))
        if months is None and not parts:
            raise ContractError(
                f"table {table.name}: no rows, and so no month to write; name the months that "
                "are empty with months=[...]"
            )
        wanted = sorted(parts) if months is None else [_month(month) for month in months]
        outside = sorted(set(parts) - set(wanted))
        if outside:
            raise ContractError(
                f"table {table.name} holds rows outside the months being written: "
                f"{_few(outside)}; cut the frame by {table.partition_column} or name these months"
            )
        return {
            self.path(market, table, month): parts.get(month, stored.slice(0, 0))
            for month in wanted
        }

    def count(self, market: str, table: Table, month: str | None = None) -> int:
        """Number of stored rows, of all months or of one.

        Raises: as `files`.
        """
        files = self.files(market, table, None if month is None else [month])
        return sum(pq.read_metadata(file).num_rows for file in files)

    def files(
        self, market: str, table: Table, months: Iterable[str | pd.Period] | None = None
    ) -> list[Path]:
        """The files of a table, or those of some months of it.

        Raises:
            NotMaterializedError: the table or one of the months was never written.
        """
        if not self.exists(market, table):
            raise NotMaterializedError(
                f"{market}/{table.name} was never written: materialize {market}/{table.name} first"
            )
        if table.partition_column is None:
            if months is not None:
                raise ValueError(f"table {table.name} is not partitioned: read it without months")
            return self._added(market, table) if table.append_only else [self.path(market, table)]
        stored = self.months(market, table)
        wanted = stored if months is None else [_month(month) for month in months]
        missing = sorted(set(wanted) - set(stored))
        if missing:
            raise NotMaterializedError(
                f"{market}/{table.name} was never written for {_few(missing)}: materialize these "
                f"partitions of {market}/{table.name} first"
            )
        return [self.path(market, table, month) for month in wanted]


def _month(month: str | pd.Period) -> str:
    text = str(month)
    try:
        canonical = str(pd.Period(text, freq="M"))
    except ValueError:
        canonical = ""
    if text != canonical:
        raise ValueError(f"{text!r} is no month: write it as YYYY-MM")
    return text


def _slug(run: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "", run)[:8] or "run"


def _few(months: Collection[str]) -> str:
    shown = ", ".join(list(months)[:3])
    return shown if len(months) <= 3 else f"{shown} and {len(months) - 3} more"


def _by_month(stored: pa.Table, partition_column: str) -> Iterator[tuple[str, pa.Table]]:
    dates = to_frame(stored.select([partition_column]))[partition_column]
    for month, rows in dates.groupby(dates.dt.to_period("M")).indices.items():
        yield str(month), stored.take(rows)


def _in_order(table: Table, month: str, frames: Iterable[pd.DataFrame]) -> Iterator[pa.Table]:
    """The frames as they are stored, or ContractError where one does not follow the last."""
    last: tuple[object, ...] | None = None
    for frame in frames:
        part = conform(table, frame)
        if not part.num_rows:
            continue
        outside = {name for name, _ in _by_month(part, str(table.partition_column))} - {month}
        if outside:
            raise ContractError(
                f"table {table.name} holds rows outside the month {month} being written: "
                f"{_few(sorted(outside))}"
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


def _wanted(table: Table, columns: Sequence[str] | None) -> pa.Schema:
    schema = table.arrow_schema()
    names = schema.names if columns is None else list(columns)
    unknown = [name for name in names if name not in schema.names]
    if unknown:
        raise ContractError(f"table {table.name} has no column {', '.join(unknown)}")
    return pa.schema([schema.field(name) for name in names])


def _write_file(path: Path, stored: pa.Table) -> None:
    with path.open("wb") as file:
        pq.write_table(stored, file, compression="zstd")
        _to_disk(file)


def _to_disk(file: BinaryIO) -> None:
    file.flush()
    # Otherwise a power cut may keep the move and lose the content.
    os.fsync(file.fileno())


def _read_file(path: Path, wanted: pa.Schema) -> pa.Table:
    with pq.ParquetFile(path) as file:
        _require_contract(path, file, wanted)
        stored = file.read(columns=wanted.names)
    return pa.Table.from_arrays([stored[name] for name in wanted.names], schema=wanted)


def _require_contract(path: Path, file: pq.ParquetFile, wanted: pa.Schema) -> None:
    for field in wanted:
        position = file.schema_arrow.get_field_index(field.name)
        if position < 0 or not file.schema_arrow.field(position).equals(field):
            raise ContractError(
                f"{path} was written under another contract (column {field.name}): "
                "materialize the table again"
            )
