"""The DuckDB file that analysts open: documented views over the Parquet store, or a full copy.

Belongs here: building `warehouse.duckdb` aside and moving it into place, and exports.
Does not belong here: writing tables (`parquet`), describing them (`contract`).

The published file holds no data, so publishing costs a few hundredths of a second. An analyst who
keeps it open keeps the old file's views, which read the current Parquet; a run never waits for
them. Open it with `read_only=True`.
"""

import glob
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from sfr_pipeline.errors import ExportError, NotMaterializedError
from sfr_pipeline.files import in_place_of
from sfr_pipeline.storage.contract import NAME, Table
from sfr_pipeline.storage.parquet import ADDED_FILES, MONTH_FILES, WHOLE_FILE

WAREHOUSE = "warehouse.duckdb"
LOCK = ".publish.lock"

# The file holds a small catalogue or plain tables; the old format lets DuckDB 1.x tools open it.
STORAGE_VERSION = "v1.2.0"

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Bytes 8 to 11 of every DuckDB file.
DUCKDB_MAGIC = b"DUCK"

Tables = Mapping[str, Sequence[Table]]


@dataclass(frozen=True)
class _Stored:
    """A table that has files: where to read it, and what to say about it."""

    market: str
    name: str
    folder: Path
    pattern: str
    schema: pa.Schema

    @property
    def sql_name(self) -> str:
        return f"{_quoted(self.market)}.{_quoted(self.name)}"

    @property
    def scan(self) -> str:
        # The folder is a path, not a pattern: a bracket in it must match itself.
        folder = glob.escape(self.folder.as_posix())
        files = _literal(f"{folder}/{self.pattern}")
        if self.pattern == MONTH_FILES:
            options = "hive_partitioning = true, hive_types = {'month': VARCHAR}"
        else:
            options = "hive_partitioning = false"
        return f"SELECT * FROM read_parquet({files}, {options}, union_by_name = true)"

    @property
    def comment(self) -> str:
        about = _text(self.schema.metadata)
        key = f" Key: {about['key']}." if "key" in about else ""
        return about.get("description", "") + key

    def column_comments(self) -> Iterator[tuple[str, str]]:
        for field in self.schema:
            about = _text(field.metadata)
            unit = f" [{about['unit']}]" if about.get("unit") else ""
            yield field.name, about.get("description", "") + unit
        partition_column = _text(self.schema.metadata).get("partition_column")
        if partition_column:
            yield "month", f"Month of {partition_column}, the Parquet partition. [YYYY-MM]"


def publish(root: Path, tables: Tables, macros_sql: Path | None = None) -> Path:
    """Publish views over all tables that have files under `root`, whoever wrote them.

    Args:
        root: the warehouse's folder. Views hold its absolute path: publish again after moving it.
        tables: the contracts that describe the views, by market. A table that is not among them
            (another market's, say) is described from the metadata in its own files.
        macros_sql: SQL that defines macros.

    Returns:
        `<root>/warehouse.duckdb`, read-only.

    Raises:
        duckdb.Error: a Parquet file or the macros can't be read. What was published before stays in
            place.
    """
    from filelock import FileLock

    root = root.resolve()
    root.mkdir(parents=True, exist_ok=True)
    target = root / WAREHOUSE
    # Files are looked up under the lock: whoever publishes last has seen everybody's tables.
    with FileLock(root / LOCK):
        for leftover in root.glob(f".{WAREHOUSE}.*"):  # of killed publishers: we hold the lock
            leftover.unlink()
        with in_place_of(target) as built:
            _build(built, list(_stored(root, tables)), macros_sql, "VIEW")
            built.chmod(0o444)
            # An analyst who wrote into the old file and crashed left a log that fits no other file
            # and would make every later open fail. It goes before the move, so that nobody meets it
            # beside the new file, and again after, in case one was begun in between.
            _unlink_logs(target)
        _unlink_logs(target)
    return target


def export(
    root: Path, target: Path, tables: Tables | None = None, macros_sql: Path | None = None
) -> Path:
    """Copy all stored tables into one DuckDB file that needs nothing else.

    The parameters are those of `publish`; an existing DuckDB file at `target` is replaced.

    Raises:
        ExportError: `target` is the warehouse itself, some other kind of file, or has no folder.
        NotMaterializedError: the warehouse is empty.
    """
    target = target.resolve()
    if target == root.resolve() / WAREHOUSE:
        raise ExportError(f"{target} is the warehouse itself: export to another file")
    if not target.parent.is_dir():
        raise ExportError(f"there is no folder {target.parent}: create it, or name another file")
    if target.exists() and not _is_duckdb(target):
        raise ExportError(f"{target} exists and is no DuckDB file: name another file, or delete it")
    stored = list(_stored(root.resolve(), tables or {}))
    if not stored:
        raise NotMaterializedError(f"the warehouse at {root} is empty: run 'make run' first")
    with in_place_of(target) as built:
        _build(built, stored, macros_sql, "TABLE")
        # As in publish: the log of a crashed writer would be replayed into the new file.
        _unlink_logs(target)
    _unlink_logs(target)
    return target


def _is_duckdb(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(12)[8:] == DUCKDB_MAGIC


def _stored(root: Path, tables: Tables) -> Iterator[_Stored]:
    """Every table under `root` that has at least one file."""
    contracts = {(market, table.name): table for market in tables for table in tables[market]}
    for folder in sorted((root / "parquet").glob("*/*")):
        market, name = folder.parent.name, folder.name
        if not (NAME.fullmatch(market) and NAME.fullmatch(name)):
            continue
        contract = contracts.get((market, name))
        pattern = _pattern(folder, contract)
        newest = max(folder.glob(pattern), default=None)
        if newest is not None:
            schema = contract.arrow_schema() if contract else pq.read_schema(newest)
            yield _Stored(market, name, folder, pattern, schema)


def _pattern(folder: Path, contract: Table | None) -> str:
    """Which files hold a table; without its contract, what lies there says so."""
    if contract is None:
        if (folder / WHOLE_FILE).exists():
            return WHOLE_FILE
        return ADDED_FILES if any(folder.glob(ADDED_FILES)) else MONTH_FILES
    if contract.append_only:
        return ADDED_FILES
    return MONTH_FILES if contract.partition_column else WHOLE_FILE


def _build(
    path: Path, stored: Sequence[_Stored], macros_sql: Path | None, kind: Literal["VIEW", "TABLE"]
) -> None:
    """Write a database file without a log beside it."""
    import duckdb

    try:
        with duckdb.connect() as connection:
            connection.execute(
                f"ATTACH {_literal(str(path))} AS built (STORAGE_VERSION '{STORAGE_VERSION}')"
            )
            connection.execute("USE built")
            for table in stored:
                # One transaction: a dozen comments would each wait for the disk.
                connection.begin()
                connection.execute(f"CREATE SCHEMA IF NOT EXISTS {_quoted(table.market)}")
                connection.execute(f"CREATE {kind} {table.sql_name} AS {table.scan}")
                _comment(connection, table, kind)
                connection.commit()
            if macros_sql is not None:
                connection.execute(macros_sql.read_text(encoding="utf-8"))
            connection.execute("CHECKPOINT built")
    except BaseException:
        _unlink_logs(path)
        raise


def _comment(connection: "DuckDBPyConnection", table: _Stored, kind: str) -> None:
    connection.execute(f"COMMENT ON {kind} {table.sql_name} IS {_literal(table.comment)}")
    # Files written under an older contract may lack a column that the contract describes.
    described = connection.execute(f"DESCRIBE {table.sql_name}").fetchall()
    there = {row[0] for row in described}
    for name, comment in table.column_comments():
        if name in there:
            connection.execute(
                f"COMMENT ON COLUMN {table.sql_name}.{_quoted(name)} IS {_literal(comment)}"
            )


def _unlink_logs(database: Path) -> None:
    for log in database.parent.glob(glob.escape(database.name) + ".wal*"):
        log.unlink(missing_ok=True)


def _text(metadata: Mapping[bytes, bytes] | None) -> dict[str, str]:
    return {key.decode(): value.decode() for key, value in (metadata or {}).items()}


def _quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
