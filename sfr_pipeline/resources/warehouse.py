"""The warehouse as Dagster sees it: it stores what assets return and loads what they ask for.

A frame reaches the store only if it keeps the contract of its table; otherwise the step fails and
what was there before stays. The table's asset key is [market, table].

A file that can't be read costs its own table only: all others are published, and the log says which
was left out. That of another market stops nothing here. That of this market ends a run that does
not write it anew with an error (`sfr_pipeline.assets.table_asset`), after all that it could do.
"""

import datetime as dt
import gzip
import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd

from sfr_pipeline import clock
from sfr_pipeline.errors import StorageError
from sfr_pipeline.files import in_place_of
from sfr_pipeline.inputs.carrying_over import RUN as CARRIED_OVER
from sfr_pipeline.inputs.carrying_over import carried_over
from sfr_pipeline.report.parts import Excerpt
from sfr_pipeline.resources.asked import require_something
from sfr_pipeline.storage import tables
from sfr_pipeline.storage.contract import Table
from sfr_pipeline.storage.damage import Damage, DamageError
from sfr_pipeline.storage.filesystem import Filesystem
from sfr_pipeline.storage.parquet import ParquetStore, WriteResult
from sfr_pipeline.storage.places import WAREHOUSE, files_at
from sfr_pipeline.storage.publish import is_moved, publish
from sfr_pipeline.storage.stored_tables import damage
from sfr_pipeline.storage.tables import TABLES
from sfr_pipeline.workspace import Place, cache_folder, place_of, warehouse_folder

TABLE_BY_NAME = {table.name: table for table in TABLES}
REPORTS = "reports"

log = logging.getLogger(__name__)


class Warehouse(dg.ConfigurableIOManager):
    """Parquet files and the DuckDB file published over them.

    Attributes:
        root: folder of the warehouse, or its place in an object store (``s3://bucket/prefix``); by
            default that of the environment variable SFR_WAREHOUSE, or ``warehouse/`` of the
            workspace.
        synthetic: whether the market that is written here is synthetic, which its tables then say.
    """

    root: str | None = None

    synthetic: bool = False

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """Refuse a run that was asked for nothing, before any of its steps.

        Every run of assets has a warehouse, whatever asked for it: this program, Dagster's, its UI.

        Raises:
            SettingError: it selects no asset, or its range of months is reversed.
        """
        if context.run is not None:
            require_something(context.run)

    @property
    def folder(self) -> Place:
        """``root``, or its default.

        Raises:
            SettingError: it is neither a folder nor a place in an object store.
        """
        return place_of(self.root, "root") if self.root else warehouse_folder()

    @property
    def cache(self) -> Path:
        """Where lies what only saves time."""
        return cache_folder(self.folder)

    @property
    def store(self) -> ParquetStore:
        """The Parquet store in it."""
        return ParquetStore(self.folder)

    @property
    def files(self) -> Filesystem:
        """What lies in it."""
        return self.store.filesystem

    def read(self, market: str, table: str) -> pd.DataFrame:
        """Read a whole table.

        Raises:
            NotMaterializedError: it was never written.
        """
        return self.store.read(market, TABLE_BY_NAME[table])

    def read_if_there(self, market: str, table: Table) -> pd.DataFrame:
        """Read a whole table; one that was never written has no rows."""
        if not self.store.exists(market, table):
            return table.empty()
        return self.store.read(market, table)

    def archive(self, market: str) -> pd.DataFrame:
        """Read table ``deliveries``; a warehouse without one is given it from its other tables."""
        if not self.store.exists(market, tables.DELIVERIES):
            first = carried_over(self.store, market)
            if first is not None:
                at = first["delivered_at"].max().to_pydatetime()
                contract = self._contract(tables.DELIVERIES.name)
                self.store.append(market, contract, first, at, CARRIED_OVER)
        return self.read_if_there(market, tables.DELIVERIES)

    def read_all(
        self, market: str, tables: Iterable[str], optional: Collection[str] = ()
    ) -> dict[str, pd.DataFrame]:
        """Read whole tables, by their names.

        Args:
            market: whose tables.
            tables: their names.
            optional: more of them, read where they exist; those that also stand in ``tables`` may
                be missing.

        Raises:
            NotMaterializedError: one that is not optional was never written.
        """
        return {
            name: self.read(market, name)
            for name in dict.fromkeys((*tables, *optional))
            if name not in optional or self.store.exists(market, TABLE_BY_NAME[name])
        }

    def excerpts(self, market: str, wanted: Iterable[Excerpt]) -> dict[str, pd.DataFrame]:
        """Read excerpts of tables, by their names; of those tables that were ever written."""
        return {
            excerpt.name: self._excerpt(market, TABLE_BY_NAME[excerpt.table], excerpt)
            for excerpt in wanted
            if self.store.exists(market, TABLE_BY_NAME[excerpt.table])
        }

    def _excerpt(self, market: str, table: Table, excerpt: Excerpt) -> pd.DataFrame:
        if excerpt.rows == "all":
            return self.store.read(market, table, columns=excerpt.columns)
        if excerpt.rows == "newest vintage":
            newest = self.store.months(market, table)[-1:]
            return self.store.read(market, table, newest, columns=excerpt.columns)
        return self.store.read(market, table, columns=excerpt.columns, own_month=True)

    def stored(
        self, market: str, table: str, months: Iterable[str] | None = None
    ) -> Iterator[pd.DataFrame]:
        """Read a table in the parts in which it is stored: whole, or month by month.

        Args:
            market: whose table.
            table: its name.
            months: of a partitioned table only these; by default all.

        Raises:
            NotMaterializedError: it was never written, or one of the months.
        """
        contract = TABLE_BY_NAME[table]
        if contract.partition_column is None:
            yield self.read(market, table)
            return
        for month in self.store.months(market, contract) if months is None else months:
            yield self.store.read(market, contract, [month])

    def damage(self, market: str, thorough: bool = False) -> list[Damage]:
        """Files of a market's tables that can't be read.

        Args:
            market: whose tables.
            thorough: whether every month is looked at, and not only the newest file of each table.
        """
        return damage(self.folder, market, thorough)

    def require_sound(self, market: str) -> None:
        """Refuse a market of which a file can't be read, whether or not anybody reads it.

        Raises:
            DamageError: there are such files; the message names them and the remedies.
        """
        if found := self.damage(market, thorough=True):
            raise DamageError(found)

    def publish(self, market: str) -> None:
        """Publish what was written, with this release's contracts for the tables of this market.

        Tables that can't be published are told, and keep nobody from the others.

        Raises:
            StorageError: the disk refuses the file.
        """
        try:
            publish(self.folder, {market: self._contracts()})
        except DamageError as error:
            for found in error.found:
                log.warning(f"{found.market}/{found.table} is left out of {WAREHOUSE}: {found}")

    def publish_all(self) -> Place:
        """Publish all tables as their own files describe them; returns where.

        Raises:
            DamageError: some tables were left out. All others are published.
            StorageError: the disk refuses the file.
        """
        return publish(self.folder, {})

    def open(self) -> None:
        """What every command does first that shows the warehouse: views follow a moved folder.

        What can't be published is told, and stops nobody who only reads.
        """
        if is_moved(self.folder):
            try:
                log.warning(f"the warehouse was moved to {self.folder}: its views are written anew")
                self.publish_all()
            except StorageError as error:
                log.warning(str(error))

    def write_months(
        self, market: str, table: str, months: Mapping[str, Iterable[pd.DataFrame]]
    ) -> dict[str, Any]:
        """Put months in place from frames that arrive one after another, and publish.

        Each month is complete once it is written: a step that dies later keeps it.

        Returns:
            Metadata of the materialization.

        Raises:
            ContractError: a frame breaks the contract; the months before it stay.
        """
        contract = self._contract(table)
        results = [
            self.store.write_month(market, contract, month, frames)
            for month, frames in months.items()
        ]
        return self._published(market, contract, results)

    def month_metadata(self, market: str, table: str, month: str) -> dict[str, Any]:
        """Metadata of the materialization of one month, beside those of the whole write."""
        contract = self._contract(table)
        (name,) = self.store.names(market, contract, [month])
        return {
            "dagster/row_count": self.store.count(market, contract, month),
            "files": 1,
            "bytes": self.files.size(name),
        }

    @property
    def reports(self) -> Filesystem:
        """What lies in the folder of the reports."""
        return files_at(self.folder / REPORTS)

    def report_path(self, market: str) -> Place:
        """Where the report of a market lies."""
        return self.files.path(_report(market))

    def evidence_path(self, market: str) -> Place:
        """Where the evidence beside the report of a market lies."""
        return self.files.path(_evidence(market))

    def report_written(self, market: str) -> dt.datetime:
        """When the report of a market was written, in UTC without a zone.

        Raises:
            FileNotFoundError: the market has no report.
        """
        return self.files.modified(_report(market))

    def report_here(self, market: str) -> Path:
        """The report as a file of this machine, for a browser; the evidence lies beside it.

        Of a warehouse in an object store both are fetched into the folder of caches.

        Raises:
            FileNotFoundError: the market has no report.
        """
        if isinstance(self.folder, Path):
            return self.folder / _report(market)
        for name in (_evidence(market), _report(market)):
            if name == _report(market) or self.files.exists(name):
                with self.files.open(name) as page, in_place_of(self.cache / name) as copy:
                    copy.write_bytes(page.read())
        return self.cache / _report(market)

    def keep_report(self, market: str, report: str, day: str) -> Place:
        """Keep a report as told on a day, in a fifth of its bytes; the last of a day stays."""
        name = f"{REPORTS}/archive/{market}/{day}.html.gz"
        with self.files.replacing(name) as aside:
            # Without the moment of packing: the same page gives the same bytes.
            aside.write_bytes(gzip.compress(report.encode(), mtime=0))
        return self.files.path(name)

    def write_report(self, market: str, report: str, evidence: str | None = None) -> Place:
        """Put a report and its evidence in place, each whole or not at all; where the report is."""
        for name, page in ((_evidence(market), evidence), (_report(market), report)):
            if page is None:
                self.files.remove(name)
                continue
            with self.files.replacing(name) as aside:
                aside.write_text(page, encoding="utf-8")
        return self.report_path(market)

    def handle_output(self, context: dg.OutputContext, obj: pd.DataFrame) -> None:
        """Store a frame, publish the warehouse, and note what was written."""
        market, table = self._address(context.asset_key)
        if table.append_only:
            results = self._append(market, table, obj, context.run_id)
            context.add_output_metadata(self._published(market, table, results))
            return
        months = context.asset_partition_keys if context.has_asset_partitions else None
        result = self.store.write(market, table, obj, months=months)
        context.add_output_metadata(self._published(market, table, [result]))
        for month in months or ():
            context.step_context.add_asset_metadata(
                self.month_metadata(market, table.name, month), context.asset_key, month
            )

    def _append(self, market: str, table: Table, rows: pd.DataFrame, run: str) -> list[WriteResult]:
        """Add rows; where there are none, only the first time, so that the table is there."""
        if rows.empty and self.store.exists(market, table):
            return []
        return [self.store.append(market, table, rows, clock.now(), run)]

    def load_input(self, context: dg.InputContext) -> Any:
        """Load a table; of a partitioned one, all the months that were written."""
        market, table = self._address(context.asset_key)
        return self.store.read(market, table)

    def _published(
        self, market: str, table: Table, results: Sequence[WriteResult]
    ) -> dict[str, Any]:
        self.publish(market)
        return {
            "dagster/row_count": sum(result.rows for result in results),
            "files": sum(len(result.files) for result in results),
            "bytes": sum(result.bytes for result in results),
            "query": dg.MetadataValue.md(
                f"`duckdb -readonly {self.files.path(WAREHOUSE)} 'FROM {market}.{table.name}'`"
            ),
        }

    def _address(self, key: dg.AssetKey) -> tuple[str, Table]:
        market, table = key.path
        return market, self._contract(table)

    def _contracts(self) -> list[Table]:
        return [self._contract(name) for name in TABLE_BY_NAME]

    def _contract(self, name: str) -> Table:
        table = TABLE_BY_NAME[name]
        return table.as_synthetic() if self.synthetic else table


def _report(market: str) -> str:
    return f"{REPORTS}/{market}.html"


def _evidence(market: str) -> str:
    return f"{REPORTS}/{market}_evidence.html"
