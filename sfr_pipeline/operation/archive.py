"""Keeping what is only added to: checks, copies and compacts the append-only tables.

Belongs here: what is done to them beside adding. Does not belong here: the hashes themselves
(`sfr_pipeline.storage.chain`).

Such tables can't be made again: nobody can ask a source once more what it said years ago. So
nothing here ever overwrites a file, and a file goes only after a new one with its rows was read
back.
"""

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sfr_pipeline.errors import StorageError
from sfr_pipeline.storage import chain
from sfr_pipeline.storage.contract import NAME
from sfr_pipeline.storage.filesystem import Filesystem
from sfr_pipeline.storage.places import files_at
from sfr_pipeline.storage.table_files import ADDED_FILES, TABLES_BELOW, file_names
from sfr_pipeline.storage.tables import TABLES
from sfr_pipeline.workspace import Place

ADDED_TO = tuple(table.name for table in TABLES if table.append_only)


@dataclass(frozen=True)
class Kept:
    """What was found or done in one table.

    Attributes:
        folder: of the table, below the warehouse.
        files: how many it has.
        changed: how many of them were copied, or went into one.
    """

    folder: str
    files: int
    changed: int = 0


def verify(root: Place) -> list[Kept]:
    """Check every file against its hash, and the chains for files that are missing.

    Raises:
        StorageError: something is wrong; the message names each file.
    """
    files = files_at(root.resolve())
    kept, faults = [], list[chain.Fault]()
    for folder in _folders(files):
        files.complete(folder)
        found = list(chain.faults(files, folder))
        if found:
            # Perhaps somebody was adding right now.
            with files.change(folder):
                found = list(chain.faults(files, folder))
        faults += found
        kept.append(Kept(folder, len(file_names(files, folder, ADDED_FILES))))
    _refuse(faults, "restore them from a backup ('sfr archive restore DIR')")
    return kept


def backup(root: Place, target: Place) -> list[Kept]:
    """Copy what a backup lacks of the append-only tables, and check the copy.

    Args:
        root: where the warehouse lies.
        target: where the backup does, new or of an earlier backup.

    Raises:
        StorageError: the warehouse or the copy is damaged, or the backup holds what the warehouse
            does not. Nothing in the backup is ever changed.
    """
    if target.resolve() == root.resolve():
        raise StorageError(f"{target} is the warehouse itself: back up into another folder")
    verify(root)
    source, copy = files_at(root.resolve()), files_at(target.resolve())
    foreign = [
        chain.Fault(copy.path(f"{folder}/{name}"), "is not in the warehouse, or is another there")
        for folder in _folders(copy)
        for name in _hashed(copy, folder)
        if not _same(source, copy, f"{folder}/{name}")
    ]
    _refuse(foreign, "a compacted or another archive needs a backup folder of its own")
    kept = []
    for folder in _folders(source):
        with source.change(folder):  # so that nobody adds meanwhile
            kept.append(_copy(source, copy, folder))
    verify(target)
    return kept


def restore(root: Place, source: Place) -> list[Kept]:
    """Bring back what the warehouse lacks of a backup, and check it.

    Args:
        root: where the warehouse lies.
        source: where the backup does.

    Raises:
        StorageError: the backup is damaged or empty, or the warehouse has another file in the place
            of one; then nothing was changed.
    """
    files, copy = files_at(root.resolve()), files_at(source.resolve())
    folders = _folders(copy)
    if not folders:
        raise StorageError(f"{source} holds no backup: name the folder given to 'archive backup'")
    verify(source)
    differing = [
        chain.Fault(files.path(f"{folder}/{name}"), "differs from the backup")
        for folder in folders
        for name in _hashed(copy, folder)
        if files.exists(f"{folder}/{name}") and not _same(files, copy, f"{folder}/{name}")
    ]
    _refuse(differing, "nothing was changed; move these files away and restore again")
    kept = [_copy(copy, files, folder) for folder in folders]
    verify(root)
    return kept


def compact(root: Place) -> list[Kept]:
    """Put the rows of many small files into one a table, with a chain that begins anew.

    The tables read the same before and after, and all or nothing of it happens.

    Raises:
        StorageError: the archive is damaged, or the new file does not hold the rows of the old.
    """
    verify(root)
    files = files_at(root.resolve())
    return [_compact(files, folder) for folder in _folders(files)]


def _compact(files: Filesystem, folder: str) -> Kept:
    with files.change(folder) as change:
        names = file_names(files, folder, ADDED_FILES)
        if len(names) < 2:
            return Kept(folder, len(names))
        parts = [_rows(files, name) for name in names]
        try:
            rows = pa.concat_tables([part.replace_schema_metadata(None) for part in parts])
        except pa.ArrowInvalid as error:
            raise StorageError(
                f"{files.path(folder)}: its files have different columns, and can't be one: leave "
                f"them as they are ({error})"
            ) from error
        described = rows.replace_schema_metadata(parts[-1].schema.metadata)
        moment = names[-1].rpartition("/")[2].partition("_")[0]
        for name in names:
            change.remove(name)
            change.remove(f"{name}{chain.SIDECAR}")
        name = f"{folder}/{moment}_all{len(names)}.parquet"
        chain.stage(change, name, described, first=True)
        written = pq.ParquetFile(change.new[name]).read()
        if not written.replace_schema_metadata(None).equals(rows):
            raise StorageError(
                f"{files.path(folder)}: the new file does not hold the rows of the old ones, which "
                "stay; see whether the disk is sound"
            )
    return Kept(folder, 1, len(names))


def _copy(source: Filesystem, target: Filesystem, folder: str) -> Kept:
    """Put what a folder lacks beside what it has, the note of the last file where it is behind."""
    with target.change(folder) as change:
        names = _hashed(source, folder)
        missing = [name for name in names if not target.exists(f"{folder}/{name}")]
        last = chain.noted(target, f"{folder}/{chain.LAST}")
        if last is None or last[1] in names:
            missing.append(chain.LAST)
        for name in missing:
            with source.open(f"{folder}/{name}") as file:
                change.stage(f"{folder}/{name}").write_bytes(file.read())
    new = sum(name.endswith(".parquet") for name in missing)
    return Kept(folder, len(file_names(target, folder, ADDED_FILES)), new)


def _folders(files: Filesystem) -> list[str]:
    """Folders of the append-only tables that have files, or had some."""
    folders = (
        f"{TABLES_BELOW}/{market}/{table}"
        for market in filter(NAME.fullmatch, files.names(TABLES_BELOW))
        for table in ADDED_TO
    )
    return [folder for folder in folders if files.names(folder)]


def _hashed(files: Filesystem, folder: str) -> list[str]:
    """Names in a folder of what is never changed: additions and their hashes."""
    return [
        name
        for name in files.names(folder)
        if name.removesuffix(chain.SIDECAR).endswith(".parquet")
    ]


def _same(one: Filesystem, other: Filesystem, name: str) -> bool:
    if not (one.exists(name) and other.exists(name)):
        return False
    with one.open(name) as first, other.open(name) as second:
        return chain.hash_of(first) == chain.hash_of(second)


def _rows(files: Filesystem, name: str) -> Any:
    with files.open(name) as file:
        return pq.ParquetFile(file).read()


def _refuse(faults: list[chain.Fault], remedy: str) -> None:
    if faults:
        raise StorageError("\n".join([*map(str, faults), remedy]))
