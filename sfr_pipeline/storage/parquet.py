"""The Parquet store of record: one file a table, one a month of it, or one an addition to it.

Belongs here: how a table's files are written and read without anybody ever meeting half a file.
Does not belong here: which files they are (`table_files`), what a table is (`contract`), what
is in one file (`parquet_file`), what happens to files (`filesystem`), the hashes of additions
(`chain`), the DuckDB file over all (`publish`).

A write changes all of its files or none, for other writers and for whoever comes after a kill. Only
whoever reads several months at the very moment in which another process moves them into place may
meet new ones beside old ones.
"""

import datetime as dt
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from sfr_pipeline.errors import ContractError, NotMaterializedError
from sfr_pipeline.storage import chain, parquet_file
from sfr_pipeline.storage.column_types import to_frame
from sfr_pipeline.storage.contract import NAME, Table
from sfr_pipeline.storage.filesystem import Filesystem
from sfr_pipeline.storage.months import by_month, few, in_order, month_text
from sfr_pipeline.storage.places import files_at
from sfr_pipeline.storage.table_files import (
    MONTH,
    PART,
    TABLES_BELOW,
    WHOLE_FILE,
    file_names,
    files_of,
    footer,
    months_of,
    newest_file,
)
from sfr_pipeline.storage.validation import conform
from sfr_pipeline.workspace import Place

ADDED_AT = "%Y%m%dT%H%M%S.%fZ"


@dataclass(frozen=True)
class WriteResult:
    """What a write left behind: its rows, and the files that hold them with their total size."""

    rows: int
    files: tuple[Place, ...]
    bytes: int


@dataclass(frozen=True)
class ParquetStore:
    """The tables of all markets under `<root>/parquet/<market>/<table>/`.

    Attributes:
        root: the warehouse's folder, or its place in an object store.
    """

    root: Place

    @property
    def filesystem(self) -> Filesystem:
        """What its files lie in."""
        return files_at(self.root)

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
        return months_of(self.filesystem, self.folder(market, table))

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
                parquet_file.write(change.stage(name), part)
            size = change.size
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
                for part in in_order(table, month, frames):
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
        wanted, place = parquet_file.wanted(table, columns), self.filesystem

        def read(name: str) -> pa.Table:
            with parquet_file.readable(market, table, place.path(name)):
                part = parquet_file.read(place, name, wanted)
            return parquet_file.of_own_month(table, part) if own_month else part

        parts = place.each(read, self.names(market, table, months))
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
        wanted, place = parquet_file.wanted(table, columns), self.filesystem
        (name,) = self.names(market, table, [month])
        path = place.path(name)
        with parquet_file.readable(market, table, path):
            source = place.open(name)
        with source:
            with parquet_file.readable(market, table, path):
                file = pq.ParquetFile(source)
            parquet_file.require_contract(path, file, wanted)
            batches = file.iter_batches(batch_size=rows, columns=wanted.names)
            while True:
                # Around the reading alone: what goes wrong with a frame is not the file's fault.
                with parquet_file.readable(market, table, path):
                    batch = next(batches, None)
                if batch is None:
                    return
                part = pa.Table.from_batches([batch])
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
        wanted, place = parquet_file.wanted(table, columns), self.filesystem
        (name,) = self.names(market, table, [month])
        path = place.path(name)

        def read(source: pa.NativeFile) -> pa.Table:
            return parquet_file.read_rows(source, path, wanted, first, stop)

        with parquet_file.readable(market, table, path):
            return to_frame(place.look(name, read))

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
        parts = dict(by_month(stored, table.partition_column))
        if months is None and not parts:
            raise ContractError(
                f"table {table.name}: no rows, and so no month to write; name the months that "
                "are empty with months=[...]"
            )
        wanted = sorted(parts) if months is None else [month_text(month) for month in months]
        outside = sorted(set(parts) - set(wanted))
        if outside:
            raise ContractError(
                f"table {table.name} holds rows outside the months being written: "
                f"{few(outside)}; cut the frame by {table.partition_column} or name these months"
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
        return f"{folder}/{WHOLE_FILE if month is None else f'{MONTH}{month_text(month)}/{PART}'}"

    def count(self, market: str, table: Table, month: str | None = None) -> int:
        """Number of stored rows, of all months or of one.

        Raises: as `read`.
        """
        rows, place = 0, self.filesystem
        for name in self.names(market, table, None if month is None else [month]):
            with parquet_file.readable(market, table, place.path(name)):
                rows += footer(place, name).num_rows
        return rows

    def files(
        self, market: str, table: Table, months: Iterable[str | pd.Period] | None = None
    ) -> list[Place]:
        """Where the files of a table lie, or those of some months of it.

        Raises: as `names`.
        """
        place = self.filesystem
        return [place.path(name) for name in self.names(market, table, months)]

    def names(
        self, market: str, table: Table, months: Iterable[str | pd.Period] | None = None
    ) -> list[str]:
        """The files of a table, or those of some months of it, by their names below the root.

        Raises:
            NotMaterializedError: the table or one of the months was never written.
            StorageError: a write was killed, and the disk refuses its completion.
        """
        folder, place = self.folder(market, table), self.filesystem
        place.complete(folder)
        if months is None or table.partition_column is None:
            found = file_names(place, folder, files_of(table))
            self._require_written(market, table, bool(found))
            if months is not None:
                raise ValueError(f"table {table.name} is not partitioned: read it without months")
            return found
        # Of a few months of many nothing else is looked at.
        wanted = {month_text(month): self._file(market, table, str(month)) for month in months}
        missing = sorted(month for month, name in wanted.items() if not place.exists(name))
        if missing:
            self._require_written(market, table, self.exists(market, table))
            raise NotMaterializedError(
                f"{market}/{table.name} was never written for {few(missing)}: materialize these "
                f"partitions of {market}/{table.name} first"
            )
        return list(wanted.values())

    @staticmethod
    def _require_written(market: str, table: Table, written: bool) -> None:
        if not written:
            raise NotMaterializedError(
                f"{market}/{table.name} was never written: materialize {market}/{table.name} first"
            )

    def copy_to(self, target: "ParquetStore", market: str, table: Table) -> None:
        """Put a table into another store, its files as they are, all or none.

        Raises: as `names`.
        """
        with target.filesystem.change(self.folder(market, table)) as change:
            for name in self.names(market, table):
                with self.filesystem.open(name) as file, change.stage(name).open("wb") as copy:
                    shutil.copyfileobj(file, copy)

    def require_readable(self, market: str, table: Table) -> None:
        """Refuse a table of which a file can't be read, for readers that would not say which.

        Every file is read to its end, a few rows at a time.

        Raises:
            StorageError: there is one; the message names it and the remedy.
        """
        place = self.filesystem
        for name in self.names(market, table):
            with (
                parquet_file.readable(market, table, place.path(name)),
                place.open(name) as source,
                pq.ParquetFile(source) as file,
            ):
                for _ in file.iter_batches():
                    pass


def _slug(run: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "", run)[:8] or "run"
