"""A folder of exported posts that stands in for the crawl.

Belongs here: what the columns of its files mean, and giving names to posts that have none. Does not
belong here: which files are read (`export_folder`), their formats (`export_files`), and which rows
are posts (`posts`).
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from sfr_pipeline.errors import SourceError
from sfr_pipeline.opinion.export_files import ExportTable, export_tables, suffix_of
from sfr_pipeline.opinion.export_folder import nothing_to_read, origin_of, posts_files
from sfr_pipeline.opinion.fields import UNREADABLE, field_values, identifier, is_missing, wall_clock
from sfr_pipeline.opinion.posts import CHUNK
from sfr_pipeline.sources.files.survey import PassedOver

# A file's columns, and the fields of a delivered row that they become.
FIELDS = {
    "published_at": "published",
    "text": "content",
    "title": "title",
    "post_id": "post_id",
    "bar": "bar",
    "reads": "reads",
    "likes": "likes",
    "comments": "comments",
    "shares": "shares",
    "retrieved_at": "retrieved_at",
}


class Export(NamedTuple):
    """A table of posts in a folder.

    Attributes:
        origin: name of its file below the folder, with that of its sheet where there are several.
        path: of the file.
        table: to be read.
        present: what the table calls the columns that it has, by our names for them.
    """

    origin: str
    path: Path
    table: ExportTable
    present: Mapping[str, str]


class _LacksColumnsError(SourceError):
    """A table is none of posts, by its header.

    Attributes:
        why: what its header lacks, of ``it``.
    """

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name} {why}")
        self.why = why


def exports_in(
    folder: Path, columns: Mapping[str, str], passed_over: list[PassedOver]
) -> Iterator[Export]:
    """The tables of posts in a folder, file after file by name; of each the header is read.

    What lies in the folder is read, refused or passed over. A sheet without the columns is passed
    over where another of its workbook has them, and so is a ``.txt`` file, which may be a note;
    any other file without them is refused.

    Args:
        folder: of the files; files in folders below it count too.
        columns: the files' names of columns that are called otherwise here.
        passed_over: gets what is not read, and is complete once the last table was taken.

    Raises:
        SourceError: the folder or files are missing or can't be read, or columns are missing.
    """
    unknown = sorted(set(columns) - set(FIELDS))
    if unknown:
        raise SourceError(
            f"forum.exports.columns names {', '.join(unknown)}: what it can name is "
            f"{', '.join(FIELDS)}, each followed by the files' own name for it"
        )
    read = 0
    for path in posts_files(folder, passed_over):
        for export in _tables(path, origin_of(path, folder), columns, passed_over):
            read += 1
            yield export
    if not read:
        raise nothing_to_read(folder, passed_over)


def _tables(
    path: Path, file: str, columns: Mapping[str, str], passed_over: list[PassedOver]
) -> list[Export]:
    tables = export_tables(path)
    found, lacking = [], []
    for table in tables:
        origin = file if len(tables) == 1 else f"{file}, sheet '{table.sheet}'"
        name = str(path) if len(tables) == 1 else f"{path}, sheet '{table.sheet}'"
        try:
            found.append(Export(origin, path, table, _present(name, table.columns, columns)))
        except _LacksColumnsError as error:
            lacking.append((origin, error))
    if lacking and not found and suffix_of(path) != ".txt":
        raise lacking[0][1]
    passed_over += [PassedOver(origin, f"it {error.why}") for origin, error in lacking]
    return found


def read_exports(
    folder: Path,
    columns: Mapping[str, str],
    bar: str,
    chunk: int = CHUNK,
    passed_over: list[PassedOver] | None = None,
) -> Iterator[tuple[str, pd.DataFrame]]:
    """The files' rows, in the form that `posts.validate_all` takes, file after file by name.

    A file needs ``published_at`` and ``text`` (the whole text), or ``title`` where it holds titles
    alone; it may have ``post_id, bar, reads, likes, comments, shares, retrieved_at``. A row that
    can't be read, such as one of CSV that does not fit its header, is delivered with an
    `UnreadableRow`.

    A row without ``post_id`` gets one made from its board, time, title and text, and from how often
    these four stood in the file before: equal rows of one file are different posts, equal rows of
    two files are one.

    Args:
        folder: of the files; files in folders below it count too.
        columns: the files' names of columns that are called otherwise here.
        bar: board of all rows, for files that do not name it.
        chunk: rows at once, at most.
        passed_over: gets what lies in the folder and is not read; complete after the last rows.

    Yields:
        The table's name, as `Export.origin`, and some of its rows.

    Raises:
        SourceError: the folder or files are missing or can't be read, or columns are missing.
    """
    left = [] if passed_over is None else passed_over
    file, seen = Path(), Counter[bytes]()
    for export in exports_in(folder, columns, left):
        if export.path != file:
            file, seen = export.path, Counter()
        for rows in _chunks(export, bar, chunk, seen):
            yield export.origin, rows


def _chunks(export: Export, bar: str, chunk: int, seen: Counter[bytes]) -> Iterator[pd.DataFrame]:
    """The table's rows with an identifier each, under the names of the fields."""
    present = export.present
    for frame in export.table.frames(sorted(set(present.values())), chunk):
        rows = pd.DataFrame({FIELDS[ours]: frame[theirs] for ours, theirs in present.items()})
        if "bar" not in rows:
            rows["bar"] = bar
        if UNREADABLE in frame:
            rows[UNREADABLE] = frame[UNREADABLE]
        yield _named(rows, seen)


def _present(name: str, found: list[str], columns: Mapping[str, str]) -> dict[str, str]:
    """What the table calls the columns that it has, by our names for them."""
    # A column that the catalogue gives another meaning does not keep its own.
    called = {ours: columns.get(ours, ours) for ours in FIELDS}
    claimed = set(columns.values())
    present = {
        ours: theirs
        for ours, theirs in called.items()
        if theirs in found and (ours in columns or theirs not in claimed)
    }
    needed = {*columns, "published_at", *(() if "title" in present else ("text",))}
    missing = needed - set(present)
    if not found:
        raise _LacksColumnsError(name, "has no columns: fill it, or remove it")
    if missing:
        names = ", ".join(f"{ours} (looked for as {called[ours]!r})" for ours in sorted(missing))
        raise _LacksColumnsError(
            name,
            f"has no column {names}; it has {', '.join(found)}. Say in "
            "forum.exports.columns of the market's YAML how the files call it, as in 'text: "
            "content'; a file of titles alone needs title instead of text",
        )
    repeated = sorted({theirs for theirs in present.values() if found.count(theirs) > 1})
    if repeated:
        raise SourceError(
            f"{name} has several columns called {', '.join(repeated)}: rename all but one"
        )
    return present


def _named(rows: pd.DataFrame, seen: Counter[bytes]) -> pd.DataFrame:
    """The rows with an identifier each, save those that could not be read.

    Args:
        rows: some of the file's.
        seen: how often rows of the file that had none were described alike; goes on counting.
    """
    ids = [_identifier(value) for value in field_values(rows, "post_id")]
    fields = (field_values(rows, field) for field in ("published", "bar", "title", "content"))
    unreadable = field_values(rows, UNREADABLE)
    for number, (published, *described) in enumerate(zip(*fields, strict=True)):
        if ids[number] is None and unreadable[number] is None:
            digest = _digest(_moment(published), *described)
            seen[digest] += 1
            ids[number] = f"{digest.hex()}-{seen[digest]}"
    return rows.assign(post_id=pd.Series(ids, index=rows.index, dtype=object))


def _identifier(value: object) -> object:
    """The identifier; one that can't be right stays as found, for whoever judges the row."""
    try:
        return identifier(value)
    except ValueError:
        return value


def _digest(*values: object) -> bytes:
    text = json.dumps(["" if is_missing(value) else str(value) for value in values])
    return hashlib.blake2b(text.encode(), digest_size=10).digest()


def _moment(value: object) -> object:
    """The time as it counts for an identifier: the same from CSV as from Parquet."""
    try:
        return wall_clock(value)
    except ValueError:
        return value
