"""A folder of exported posts, CSV or Parquet, that stands in for the crawl.

Belongs here: finding the files, what their columns mean, and giving names to posts that have none.
Does not belong here: the formats (`export_files`), and which rows are posts (`posts`).
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd

from sfr_pipeline.errors import SourceError
from sfr_pipeline.opinion.export_files import export_file
from sfr_pipeline.opinion.fields import UNREADABLE, field_values, is_missing, name, wall_clock
from sfr_pipeline.opinion.posts import CHUNK

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
SEPARATORS = {";": "semicolons", "\t": "tabs"}


def read_exports(
    folder: Path, columns: Mapping[str, str], bar: str, chunk: int = CHUNK
) -> Iterator[tuple[str, pd.DataFrame]]:
    """The files' rows, in the form that `posts.validate_all` takes, file after file by name.

    A file needs ``published_at`` and ``text`` (the whole text), or ``title`` where it holds titles
    alone; it may have ``post_id, bar, reads, likes, comments, shares, retrieved_at``. CSV files are
    read as UTF-8 or GB18030, with commas; a row of one that does not fit its header is delivered
    with an `UnreadableRow`.

    A row without ``post_id`` gets one made from its board, time, title and text, and from how often
    these four stood in the file before: equal rows of one file are different posts, equal rows of
    two files are one.

    Args:
        folder: of the files; files in folders below it count too.
        columns: the files' names of columns that are called otherwise here.
        bar: board of all rows, for files that do not name it.
        chunk: rows at once, at most.

    Yields:
        The file's name below the folder, and some of its rows.

    Raises:
        SourceError: the folder or files are missing or can't be read, or columns are missing.
    """
    unknown = sorted(set(columns) - set(FIELDS))
    if unknown:
        raise SourceError(
            f"forum.exports.columns names {', '.join(unknown)}: what it can name is "
            f"{', '.join(FIELDS)}, each followed by the files' own name for it"
        )
    for path in _files(folder):
        origin = _origin(path, folder)
        for rows in _chunks(path, columns, bar, chunk):
            yield origin, rows


def _origin(path: Path, folder: Path) -> str:
    origin = path.relative_to(folder).as_posix()
    try:
        origin.encode()
    except UnicodeEncodeError as error:
        raise SourceError(
            f"{origin!a} in {folder}: the name of the file or its folder is no UTF-8, and so "
            "no table can hold it; rename it"
        ) from error
    return origin


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise SourceError(
            f"there is no folder {folder}: make it and put the exported posts there, or name "
            "theirs in forum.exports of the market's YAML"
        )
    files = [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in (".csv", ".parquet")
        and path.is_file()
        and not path.name.startswith(".")
    ]
    if not files:
        raise SourceError(
            f"{folder} holds no .csv or .parquet file: put the exported posts there, or name "
            "their folder in forum.exports of the market's YAML"
        )
    return files


def _chunks(path: Path, columns: Mapping[str, str], bar: str, chunk: int) -> Iterator[pd.DataFrame]:
    """The file's rows with an identifier each, under the names of the fields."""
    file = export_file(path)
    present = _present(path, file.columns, columns)
    seen: Counter[bytes] = Counter()
    for frame in file.frames(sorted(set(present.values())), chunk):
        rows = pd.DataFrame({FIELDS[ours]: frame[theirs] for ours, theirs in present.items()})
        if "bar" not in rows:
            rows["bar"] = bar
        if UNREADABLE in frame:
            rows[UNREADABLE] = frame[UNREADABLE]
        yield _named(rows, seen)


def _present(path: Path, found: list[str], columns: Mapping[str, str]) -> dict[str, str]:
    """What the file calls the columns that it has, by our names for them."""
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
    separators = [name for sign, name in SEPARATORS.items() if sign in "".join(found)]
    if missing and len(found) == 1 and separators:
        raise SourceError(
            f"{path} seems to be separated by {separators[0]}, not by commas: save it with commas"
        )
    if missing:
        names = ", ".join(f"{ours} (looked for as {called[ours]!r})" for ours in sorted(missing))
        raise SourceError(
            f"{path} has no column {names}; it has {', '.join(found)}. Say in "
            "forum.exports.columns of the market's YAML how the files call it, as in 'text: "
            "content'; a file of titles alone needs title instead of text"
        )
    repeated = sorted({theirs for theirs in present.values() if found.count(theirs) > 1})
    if repeated:
        raise SourceError(
            f"{path} has several columns called {', '.join(repeated)}: rename all but one"
        )
    return present


def _named(rows: pd.DataFrame, seen: Counter[bytes]) -> pd.DataFrame:
    """The rows with an identifier each, save those that could not be read.

    Args:
        rows: some of the file's.
        seen: how often rows of the file that had none were described alike; goes on counting.
    """
    ids = [name(value) for value in field_values(rows, "post_id")]
    fields = (field_values(rows, field) for field in ("published", "bar", "title", "content"))
    unreadable = field_values(rows, UNREADABLE)
    for number, (published, *described) in enumerate(zip(*fields, strict=True)):
        if ids[number] is None and unreadable[number] is None:
            digest = _digest(_moment(published), *described)
            seen[digest] += 1
            ids[number] = f"{digest.hex()}-{seen[digest]}"
    return rows.assign(post_id=pd.Series(ids, index=rows.index, dtype=object))


def _digest(*values: object) -> bytes:
    text = json.dumps(["" if is_missing(value) else str(value) for value in values])
    return hashlib.blake2b(text.encode(), digest_size=10).digest()


def _moment(value: object) -> object:
    """The time as it counts for an identifier: the same from CSV as from Parquet."""
    try:
        return wall_clock(value)
    except ValueError:
        return value
