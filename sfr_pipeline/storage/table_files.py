"""Which Parquet files a table has, and what to do about one that can't be read.

Belongs here: names of files. Does not belong here: what is in them (`parquet`).
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from sfr_pipeline.storage.contract import Table
from sfr_pipeline.storage.filesystem import Filesystem

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
    return list(_file_names(filesystem, folder, pattern, filesystem.names(folder)))


def newest_file(filesystem: Filesystem, folder: str, pattern: str) -> str | None:
    """The last of them, without a look at the others; None where there is none."""
    return next(_file_names(filesystem, folder, pattern, filesystem.names(folder)[::-1]), None)


def _file_names(
    filesystem: Filesystem, folder: str, pattern: str, names: Iterable[str]
) -> Iterator[str]:
    for name in names:
        if pattern == MONTH_FILES:
            part = f"{folder}/{name}/{PART}"
            if name.startswith(MONTH) and filesystem.exists(part):
                yield part
        elif name == WHOLE_FILE if pattern == WHOLE_FILE else name.endswith(".parquet"):
            yield f"{folder}/{name}"


def month_of(file: Path) -> str | None:
    """The month that a file holds, None where its table is not partitioned."""
    return file.parent.name.removeprefix(MONTH) if file.name == PART else None


def remedy(market: str, name: str, file: Path, append_only: bool) -> str:
    """What to do about a file of a table that can't be read."""
    if append_only:
        return "nothing can make it again: restore it from a backup ('sfr archive restore DIR')"
    month = month_of(file)
    return f"materialize {market}/{name} again" + (f", partition {month}" if month else "")
