"""Which Parquet files a table has, and what to do about one that can't be read.

Belongs here: names of files, and what they say of themselves. Does not belong here: their rows
(`parquet`).
"""

from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow.parquet as pq

from sfr_pipeline.storage.contract import Table
from sfr_pipeline.storage.filesystem import Filesystem
from sfr_pipeline.workspace import Place

TABLES_BELOW = "parquet"
WHOLE_FILE = "data.parquet"
MONTH, PART = "month=", "part-0.parquet"
MONTH_FILES = f"{MONTH}*/part-*.parquet"
# Named by the moment of the addition in UTC and by who made it, so that names sort by time.
ADDED_FILES = "*.parquet"


def files_of(table: Table) -> str:
    """The pattern of a table's files."""
    if table.append_only:
        return ADDED_FILES
    return MONTH_FILES if table.partition_column else WHOLE_FILE


def file_names(filesystem: Filesystem, folder: str, pattern: str) -> list[str]:
    """Names of a table's files, in order of their names.

    Args:
        filesystem: where they lie.
        folder: of the table.
        pattern: as of `files_of`.
    """
    if pattern == MONTH_FILES:
        return [_part(folder, name) for name in _months(filesystem, folder)]
    return _whole_files(folder, pattern, filesystem.names(folder))


def newest_file(filesystem: Filesystem, folder: str, pattern: str) -> str | None:
    """The last of them, without a look at the others; None where there is none."""
    if pattern == MONTH_FILES:
        newest = next(iter(_months(filesystem, folder, backwards=True)), None)
        return newest and _part(folder, newest)
    return next(reversed(_whole_files(folder, pattern, filesystem.names(folder))), None)


def months_of(filesystem: Filesystem, folder: str) -> list[str]:
    """The months of a partitioned table that have a file, in order."""
    return [name.removeprefix(MONTH) for name in _months(filesystem, folder)]


def footer(filesystem: Filesystem, name: str) -> Any:
    """What a Parquet file says of itself: schema, rows, statistics.

    Raises:
        pyarrow.ArrowException: it is no Parquet.
        FileNotFoundError: there is none.
    """
    return filesystem.look(name, pq.read_metadata)


def schema_of(filesystem: Filesystem, name: str) -> Any:
    """The schema of a Parquet file, with all that it says of table and columns.

    Raises: as `footer`.
    """
    return footer(filesystem, name).schema.to_arrow_schema()


def _months(filesystem: Filesystem, folder: str, backwards: bool = False) -> Iterator[str]:
    found = filesystem.holding(folder, PART, backwards)
    return (name for name in found if name.startswith(MONTH))


def _part(folder: str, month: str) -> str:
    return f"{folder}/{month}/{PART}"


def _whole_files(folder: str, pattern: str, names: Iterable[str]) -> list[str]:
    return [
        f"{folder}/{name}"
        for name in names
        if (name == WHOLE_FILE if pattern == WHOLE_FILE else name.endswith(".parquet"))
    ]


def month_of(file: Place) -> str | None:
    """The month that a file holds, None where its table is not partitioned."""
    return file.parent.name.removeprefix(MONTH) if file.name == PART else None


def remedy(market: str, name: str, file: Place, append_only: bool) -> str:
    """What to do about a file of a table that can't be read."""
    if append_only:
        return "nothing can make it again: restore it from a backup ('sfr archive restore DIR')"
    month = month_of(file)
    return f"materialize {market}/{name} again" + (f", partition {month}" if month else "")
