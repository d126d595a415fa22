"""The DuckDB file that analysts open: documented views over the Parquet store, or a full copy.

Belongs here: building `warehouse.duckdb` aside and moving it into place, and exports.
Does not belong here: writing tables (`parquet`), finding and describing them (`stored_tables`).

The published file holds no data. It is built anew only when a table is new, is described otherwise,
or lies elsewhere; what a month holds is no reason, and so publishing costs the same however many
months there are. An analyst who keeps the file open keeps the old file's views, which read the
current Parquet; a run never waits for them. Open it with `open_warehouse`, or `read_only=True`.

In a folder publishers take turns, under a lock. In an object store they need none: whoever has
published looks whether tables have come meanwhile, and if so publishes again.

A table with a file that can't be read is left out, and all others are published.
"""

import glob
import hashlib
import json
import shutil
import tempfile
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sfr_pipeline.errors import ExportError, NotMaterializedError, StorageError
from sfr_pipeline.storage.damage import Damage, DamageError
from sfr_pipeline.storage.filesystem import Filesystem
from sfr_pipeline.storage.folder import Folder
from sfr_pipeline.storage.places import WAREHOUSE, files_at, open_warehouse
from sfr_pipeline.storage.stored_tables import (
    StoredTable,
    Tables,
    damage_of,
    literal,
    quoted,
    stored_tables,
)
from sfr_pipeline.storage.table_files import file_names, newest_file
from sfr_pipeline.workspace import Place

LOCK = ".publish.lock"
# Questions that analysts ask of every market.
MACROS = Path(__file__).parent / "macros.sql"

# The file holds a small catalogue or plain tables; the old format lets DuckDB 1.x tools open it.
STORAGE_VERSION = "v1.2.0"
# Of how views are written. Raise it with every change of them: published files are then built anew.
FORM = 1
# The macro in a published file that says what it was built from.
BUILT_FROM = "built_from"

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Bytes 8 to 11 of every DuckDB file.
DUCKDB_MAGIC = b"DUCK"


def publish(root: Place, tables: Tables, macros_sql: Path = MACROS) -> Place:
    """Publish views over all tables that have files under `root`, whoever wrote them.

    Args:
        root: where the warehouse lies. Views hold its absolute path: publish again after moving it.
        tables: the contracts that describe the views, by market. A table that is not among them
            (another market's, say) is described from the metadata in its own files.
        macros_sql: SQL that defines the macros.

    Returns:
        `<root>/warehouse.duckdb`, read-only.

    Raises:
        DamageError: some tables have files that can't be read. All others are published.
        StorageError: the disk refuses the file, or DuckDB the folder's name.
        duckdb.Error: the macros can't be read. What was published before stays in place.
    """
    files = files_at(root.resolve())
    if isinstance(files, Folder):
        damaged = _publish_in_turn(files, tables, macros_sql)
    else:
        damaged = _publish_until_complete(files, tables, macros_sql)
    if damaged:
        raise DamageError(damaged)
    return files.path(WAREHOUSE)


def _publish_in_turn(files: Folder, tables: Tables, macros_sql: Path) -> list[Damage]:
    target = files.path(WAREHOUSE)
    # Files are looked up under the lock: whoever publishes last has seen everybody's tables.
    with files.lock(LOCK, f"whoever publishes {target} now"):
        stored, damaged = stored_tables(files, tables)
        built_from = _built_from(files.root, stored, macros_sql)
        if not damaged and built_from == _noted(files) and not _is_touched(files):
            return damaged
        for leftover in files.root.glob(f".{WAREHOUSE}.*"):  # of killed publishers
            leftover.unlink()
        with files.replacing(WAREHOUSE) as built:
            # A file that lacks a table is never taken for the last word.
            note = None if damaged else built_from
            damaged += _build(built, files, stored, macros_sql, "VIEW", note)
            built.chmod(0o444)
            # An analyst who wrote into the old file and crashed left a log that fits no other file
            # and would make every later open fail. It goes before the move, so that nobody meets it
            # beside the new file, and again after, in case one was begun in between.
            _unlink_logs(target)
        _unlink_logs(target)
    return damaged


def _publish_until_complete(files: Filesystem, tables: Tables, macros_sql: Path) -> list[Damage]:
    stored, damaged = stored_tables(files, tables)
    built_from = _built_from(files.root, stored, macros_sql)
    if not damaged and built_from == _noted(files):
        return damaged
    while True:
        with files.replacing(WAREHOUSE) as built:
            note = None if damaged else built_from
            damaged += _build(built, files, stored, macros_sql, "VIEW", note)
        # Another publisher may have been first to see a table, and to be overwritten here.
        before, (stored, damaged_now) = built_from, stored_tables(files, tables)
        built_from = _built_from(files.root, stored, macros_sql)
        if built_from == before:
            return damaged
        damaged = damaged_now


def export(
    root: Place,
    target: Path,
    tables: Tables | None = None,
    macros_sql: Path = MACROS,
    only: Collection[tuple[str, str]] | None = None,
) -> Path:
    """Copy all stored tables into one DuckDB file that needs nothing else.

    An existing DuckDB file at `target` is replaced.

    Args:
        root: where the warehouse lies.
        target: file to write.
        tables: as in `publish`.
        macros_sql: as in `publish`.
        only: pairs of a market and a table; no other is copied, or looked at for damage.

    Raises:
        ExportError: `target` is the warehouse itself, some other kind of file, or has no folder.
        NotMaterializedError: the warehouse is empty.
        DamageError: some tables have files that can't be read. All others are exported.
    """
    target = target.resolve()
    if target == root.resolve() / WAREHOUSE:
        raise ExportError(f"{target} is the warehouse itself: export to another file")
    if not target.parent.is_dir():
        raise ExportError(f"there is no folder {target.parent}: create it, or name another file")
    if target.exists() and not _is_duckdb(target):
        raise ExportError(f"{target} exists and is no DuckDB file: name another file, or delete it")
    files = files_at(root.resolve())
    stored, damaged = stored_tables(files, tables or {})
    if not stored and not damaged:
        raise NotMaterializedError(f"the warehouse at {root} is empty: run 'sfr run' first")
    if only is not None:
        stored = [table for table in stored if (table.market, table.name) in only]
        damaged = [found for found in damaged if (found.market, found.table) in only]
    with Folder(target.parent).replacing(target.name) as built:
        damaged += _build(built, files, stored, macros_sql, "TABLE")
        # As in publish: the log of a crashed writer would be replayed into the new file.
        _unlink_logs(target)
    _unlink_logs(target)
    if damaged:
        raise DamageError(damaged)
    return target


def is_moved(root: Place) -> bool:
    """Whether the published file speaks of another folder, so that its views are dead."""
    noted = _noted(files_at(root.resolve()))
    return noted is not None and noted["root"] != root.resolve().as_posix()


def is_touched(root: Place) -> bool:
    """Whether somebody wrote into the published file, or crashed while doing so."""
    files = files_at(root.resolve())
    # Nobody writes into an object: it is replaced as a whole.
    return isinstance(files, Folder) and _is_touched(files)


def published_tables(root: Place) -> set[str] | None:
    """What the published file shows, as ``market.table``; None where it can't be opened."""
    import duckdb

    try:
        with open_warehouse(root) as connection:
            rows = connection.execute(
                "SELECT schema_name || '.' || view_name FROM duckdb_views() WHERE NOT internal"
            ).fetchall()
    except (duckdb.Error, NotMaterializedError):
        return None
    return {name for (name,) in rows}


def _is_duckdb(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(12)[8:] == DUCKDB_MAGIC


def _built_from(root: Place, stored: Sequence[StoredTable], macros_sql: Path) -> dict[str, str]:
    """What a published file follows from, and with which it need not be built again."""
    what = [
        FORM,
        macros_sql.read_text(encoding="utf-8"),
        *([table.scan, table.comment, *table.column_comments()] for table in stored),
    ]
    mark = hashlib.sha256(json.dumps(what).encode()).hexdigest()
    return {"root": root.as_posix(), "mark": mark}


def _noted(files: Filesystem) -> dict[str, str] | None:
    """What the published file says that it was built from; None where there is none."""
    import duckdb

    with suppress(duckdb.Error, ValueError, NotMaterializedError):
        with open_warehouse(files.root) as connection:
            row = connection.execute(f"SELECT {BUILT_FROM}()").fetchone()
        return dict(json.loads(row[0])) if row else None
    return None


def _is_touched(files: Folder) -> bool:
    """Whether somebody wrote into the published file, or crashed while doing so."""
    path = files.path(WAREHOUSE)
    return files.exists(f"{WAREHOUSE}.wal") or bool(path.stat().st_mode & 0o222)


def _build(
    path: Path,
    files: Filesystem,
    stored: Sequence[StoredTable],
    macros_sql: Path,
    kind: Literal["VIEW", "TABLE"],
    built_from: Mapping[str, str] | None = None,
) -> list[Damage]:
    """Write a database file without a log beside it.

    Returns:
        What kept tables from being in it. Only if there is nothing, the file notes ``built_from``.

    Raises:
        StorageError: the disk refuses the file, or DuckDB its path.
        duckdb.Error: the macros can't be read, or a table for no reason that its files show.
    """
    import duckdb

    if "\\" in str(path):
        raise StorageError(f"{path}: DuckDB takes a backslash for a slash; rename the folder")
    if "?" in str(path):
        # DuckDB would look for the log of such a file in another folder.
        with tempfile.TemporaryDirectory() as folder:
            elsewhere = Path(folder) / WAREHOUSE
            damaged = _build(elsewhere, files, stored, macros_sql, kind, built_from)
            shutil.copyfile(elsewhere, path)
        return damaged
    try:
        with duckdb.connect() as connection:
            files.serve(connection, _newest(stored) if kind == "VIEW" else None)
            connection.execute(
                f"ATTACH {literal(str(path))} AS built (STORAGE_VERSION '{STORAGE_VERSION}')"
            )
            connection.execute("USE built")
            damaged = [found for table in stored for found in _add(connection, table, kind)]
            connection.execute(macros_sql.read_text(encoding="utf-8"))
            if built_from is not None and not damaged:
                text = literal(json.dumps(built_from))
                connection.execute(f"CREATE MACRO {BUILT_FROM}() AS {text}")
            connection.execute("CHECKPOINT built")
    except BaseException as error:
        _unlink_logs(path)
        if isinstance(error, duckdb.IOException):
            why = "the disk is full or read-only, or the tables can't be read"
            raise StorageError(f"{path} can't be written ({error}): see whether {why}") from error
        raise
    return damaged


def _newest(stored: Sequence[StoredTable]) -> list[str]:
    """The newest file of each table: its columns are those of the contract, however old others."""
    found = (newest_file(table.files, table.folder, table.pattern) for table in stored)
    return [name for name in found if name is not None]


def _add(
    connection: "DuckDBPyConnection", table: StoredTable, kind: Literal["VIEW", "TABLE"]
) -> list[Damage]:
    """Add a table to a database, or tell which of its files make that impossible."""
    import duckdb

    # One transaction: a dozen comments would each wait for the disk.
    connection.begin()
    try:
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(table.market)}")
        connection.execute(f"CREATE {kind} {table.sql_name} AS {table.scan}")
        _comment(connection, table, kind)
    except duckdb.Error:
        names = file_names(table.files, table.folder, table.pattern)
        found = damage_of(table, names, whole=kind == "TABLE")
        if not found:
            raise
        connection.rollback()
        return found
    connection.commit()
    return []


def _comment(connection: "DuckDBPyConnection", table: StoredTable, kind: str) -> None:
    connection.execute(f"COMMENT ON {kind} {table.sql_name} IS {literal(table.comment)}")
    for name, comment in table.column_comments():
        connection.execute(
            f"COMMENT ON COLUMN {table.sql_name}.{quoted(name)} IS {literal(comment)}"
        )


def _unlink_logs(database: Path) -> None:
    for log in database.parent.glob(glob.escape(database.name) + ".wal*"):
        log.unlink(missing_ok=True)
