"""The Parquet store of record: one file a table, one a month of it, or one an addition to it.

Belongs here: how a table's files are written and read without anybody ever meeting half a file.
Does not belong here: which files they are (`table_files`), what a table is (`contract`), what
happens on the disk (`filesystem`), the hashes of additions (`chain`), the DuckDB file over all
(`publish`).

A write changes all of its files or none, for other writers and for whoever comes after a kill. Only
whoever reads several months at the very moment in which another process moves them into place may
meet new ones beside old ones.
"""

import datetime as dt
import re
import shutil
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sfr_pipeline.errors import ContractError, NotMaterializedError, StorageError
from sfr_pipeline.files import telling
from sfr_pipeline.storage import chain
from sfr_pipeline.storage.column_types import to_frame
from sfr_pipeline.storage.contract import NAME, Table
from sfr_pipeline.storage.filesystem import Filesystem
from sfr_pipeline.storage.table_files import (
    MONTH,
    PART,
    TABLES_BELOW,
    WHOLE_FILE,
    file_names,
    files_of,
    newest_file,
    remedy,
)
from sfr_pipeline.storage.validation import conform

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

    @property
    def filesystem(self) -> Filesystem:
        """What its files lie in."""
        return Filesystem(self.root)

    def folder(self, market: str, table: Table) -> str:
        """Where the files of a table lie, below the root.

        Raises:
            ValueError: the market's name could not be a folder and a schema.
        """
        if not NAME.fullmatch(market):
            raise ValueError(f"market {market!r}: a name is lower_snake_case")
        return f"{TABLES_BELOW}/{market}/{table.name}"

    def months(self, market: str, table: Table) -> list[str]:
        """The months of a partitioned table that were written, in order, empty ones included."""
        folder = self.folder(market, table)
        return [
            name.removeprefix(MONTH)
            for name in self.filesystem.names(folder)
            if name.startswith(MONTH) and self.filesystem.exists(f"{folder}/{name}/{PART}")
        ]

    def exists(self, market: str, table: Table) -> bool:
        """Whether anything of the table was ever written."""
        return newest_file(self.filesystem, self.folder(market, table), files_of(table)) is not None

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
        folder = self.folder(market, table)
        name = f"{folder}/{at:{ADDED_AT}}_{_slug(run)}.parquet"
        with self.filesystem.change(folder) as change:
            if self.filesystem.exists(name):
                raise ContractError(
                    f"{self.filesystem.path(name)} is there already, and additions are never "
                    "changed"
                )
            size = chain.stage(change, name, stored)
        return WriteResult(stored.num_rows, (self.filesystem.path(name),), size)

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
        with self.filesystem.change(self.folder(market, table)) as change:
            for name, part in parts.items():
                _write_file(change.stage(name), part)
            size = sum(self.filesystem.size(staged) for staged in change.staged)
        paths = tuple(self.filesystem.path(name) for name in parts)
        return WriteResult(sum(part.num_rows for part in parts.values()), paths, size)

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
        name = self._file(market, table, month)
        with self.filesystem.change(self.folder(market, table)) as change:
            staged = change.stage(name)
            with (
                staged.open("wb") as file,
                pq.ParquetWriter(file, table.arrow_schema(), compression="zstd") as writer,
            ):
                for part in _in_order(table, month, frames):
                    writer.write_table(part)
            rows = pq.read_metadata(staged).num_rows
            size = staged.stat().st_size
        return WriteResult(rows, (self.filesystem.path(name),), size)

    def read(
        self,
        market: str,
        table: Table,
        months: Iterable[str | pd.Period] | None = None,
        columns: Sequence[str] | None = None,
        own_month: bool = False,
    ) -> pd.DataFrame:
        """The stored rows, month after month, in the order of the key within each.

        Args:
            months: only these, as "YYYY-MM" or monthly periods; `pd.period_range` gives a range.
            columns: only these, in this order.
            own_month: of a table with a vintage in each month only what it says of that month: rows
                with ``ref_date`` in the column that the table is partitioned by.

        Raises:
            NotMaterializedError: the table or one of the months was never written.
            ContractError: the table has no such column, or if a file was written under another
                contract.
            StorageError: a file can't be read; the message names it and the remedy.
        """
        wanted = _wanted(table, columns)
        parts = []
        for file in self.files(market, table, months):
            with _readable(market, table, file):
                part = _read_file(file, wanted)
            parts.append(_of_own_month(table, part) if own_month else part)
        return to_frame(pa.concat_tables([wanted.empty_table(), *parts]))

    def read_month(
        self,
        market: str,
        table: Table,
        month: str,
        columns: Sequence[str] | None = None,
        rows: int = 16_384,
        first: int = 0,
    ) -> Iterator[pd.DataFrame]:
        """The rows of a month in frames of at most `rows`, for months larger than memory.

        Args:
            first: place of the first row that is wanted, from 0.

        Raises: as `read`.
        """
        wanted = _wanted(table, columns)
        (path,) = self.files(market, table, [month])
        with _readable(market, table, path):
            file = pq.ParquetFile(path)
        with file:
            _require_contract(path, file, wanted)
            groups, before = _groups_from(file.metadata, first)
            batches = file.iter_batches(rows, groups, wanted.names)
            while True:
                # Around the reading alone: what goes wrong with a frame is not the file's fault.
                with _readable(market, table, path):
                    batch = next(batches, None)
                if batch is None:
                    return
                part = pa.Table.from_batches([batch]).slice(before)
                before = max(before - batch.num_rows, 0)
                if not part.num_rows:
                    continue
                yield to_frame(part.select(wanted.names).cast(wanted))

    def read_rows(
        self,
        market: str,
        table: Table,
        month: str,
        first: int,
        stop: int,
        columns: Sequence[str] | None = None,
    ) -> pd.DataFrame:
        """Some rows of a month by their places in it, from 0; what lies elsewhere is not held.

        Args:
            first: the first row.
            stop: the one behind the last.

        Raises: as `read`.
        """
        parts, left = [], stop - first
        for rows in self.read_month(market, table, month, columns, first=first):
            parts.append(rows.iloc[:left])
            left -= len(parts[-1])
            if not left:
                break
        return (
            pd.concat(parts, ignore_index=True)
            if parts
            else to_frame(_wanted(table, columns).empty_table())
        )

    def _parts(
        self,
        market: str,
        table: Table,
        stored: pa.Table,
        months: Iterable[str | pd.Period] | None,
    ) -> dict[str, pa.Table]:
        """What to write where."""
        if table.partition_column is None:
            if months is not None:
                raise ValueError(f"table {table.name} is not partitioned: write it without months")
            return {self._file(market, table): stored}
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
            self._file(market, table, month): parts.get(month, stored.slice(0, 0))
            for month in wanted
        }

    def _file(self, market: str, table: Table, month: str | None = None) -> str:
        """The name of a table's file, or of that of one month ("YYYY-MM") of a partitioned one."""
        if table.append_only:
            raise ValueError(f"table {table.name} is only added to: append() to it")
        if (month is None) != (table.partition_column is None):
            kind = "not partitioned" if table.partition_column is None else "partitioned by month"
            raise ValueError(f"table {table.name} is {kind}, the month asked for is {month}")
        folder = self.folder(market, table)
        return f"{folder}/{WHOLE_FILE if month is None else f'{MONTH}{_month(month)}/{PART}'}"

    def count(self, market: str, table: Table, month: str | None = None) -> int:
        """Number of stored rows, of all months or of one.

        Raises: as `read`.
        """
        rows = 0
        for file in self.files(market, table, None if month is None else [month]):
            with _readable(market, table, file):
                rows += pq.read_metadata(file).num_rows
        return rows

    def files(
        self, market: str, table: Table, months: Iterable[str | pd.Period] | None = None
    ) -> list[Path]:
        """The files of a table, or those of some months of it.

        Raises:
            NotMaterializedError: the table or one of the months was never written.
            StorageError: a write was killed, and the disk refuses its completion.
        """
        folder, place = self.folder(market, table), self.filesystem
        place.complete(folder)
        if months is None or table.partition_column is None:
            found = [place.path(name) for name in file_names(place, folder, files_of(table))]
            self._require_written(market, table, bool(found))
            if months is not None:
                raise ValueError(f"table {table.name} is not partitioned: read it without months")
            return found
        # Of a few months of many nothing else is looked at.
        wanted = {_month(month): self._file(market, table, str(month)) for month in months}
        missing = sorted(month for month, name in wanted.items() if not place.exists(name))
        if missing:
            self._require_written(market, table, self.exists(market, table))
            raise NotMaterializedError(
                f"{market}/{table.name} was never written for {_few(missing)}: materialize these "
                f"partitions of {market}/{table.name} first"
            )
        return [place.path(name) for name in wanted.values()]

    @staticmethod
    def _require_written(market: str, table: Table, written: bool) -> None:
        if not written:
            raise NotMaterializedError(
                f"{market}/{table.name} was never written: materialize {market}/{table.name} first"
            )

    def copy_to(self, target: "ParquetStore", market: str, table: Table) -> None:
        """Put a table into another store, its files as they are, all or none.

        Raises: as `files`.
        """
        with target.filesystem.change(self.folder(market, table)) as change:
            for file in self.files(market, table):
                shutil.copyfile(file, change.stage(file.relative_to(self.root).as_posix()))

    def require_readable(self, market: str, table: Table) -> None:
        """Refuse a table of which a file can't be read, for readers that would not say which.

        Every file is read to its end, a few rows at a time.

        Raises:
            StorageError: there is one; the message names it and the remedy.
        """
        for path in self.files(market, table):
            with _readable(market, table, path), pq.ParquetFile(path) as file:
                for _ in file.iter_batches():
                    pass


@contextmanager
def _readable(market: str, table: Table, file: Path) -> Iterator[None]:
    """Name the file and the remedy where its content can't be read."""
    try:
        with telling(file):
            yield
    except (pa.ArrowException, OSError) as error:
        raise StorageError(
            f"{file} can't be read ({' '.join(str(error).split())}): "
            f"{remedy(market, table.name, file, table.append_only)}"
        ) from error


def _groups_from(about: pq.FileMetaData, first: int) -> tuple[list[int], int]:
    """The row groups from the one that holds a row on, and how many of their rows lie before it."""
    ends = np.cumsum([about.row_group(group).num_rows for group in range(about.num_row_groups)])
    skipped = int(np.searchsorted(ends, first, side="right"))
    before = first - int(ends[skipped - 1]) if skipped else first
    return list(range(skipped, len(ends))), before


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


def _of_own_month(table: Table, part: pa.Table) -> pa.Table:
    return part.filter(pc.equal(part[table.partition_column], part["ref_date"]))


def _write_file(path: Path, stored: pa.Table) -> None:
    with path.open("wb") as file:
        pq.write_table(stored, file, compression="zstd")


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
