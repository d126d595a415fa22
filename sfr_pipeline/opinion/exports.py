"""A folder of exported posts, CSV or Parquet, that stands in for the crawl.

Belongs here: finding and reading the files, and giving names to posts that have none. Does not
belong here: which rows are posts (`posts`).
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from sfr_pipeline.errors import SourceError
from sfr_pipeline.opinion.fields import field_values, is_missing, name, wall_clock

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
ENCODINGS = ("utf-8", "gb18030")
BLOCK_BYTES = 2**26  # no row of a CSV file may be longer


def read_exports(
    folder: Path, columns: Mapping[str, str], bar: str
) -> Iterator[tuple[str, pd.DataFrame]]:
    """The files' rows, in the form that `posts.validate` takes, file after file by name.

    A file needs ``published_at`` and ``text`` (the whole text), or ``title`` where it holds titles
    alone; it may have ``post_id, bar, reads, likes, comments, shares, retrieved_at``. CSV files are
    read as UTF-8 or GB18030, with commas.

    A row without ``post_id`` gets one made from its board, time, title and text, and from how often
    these four stood in the file before: equal rows of one file are different posts, equal rows of
    two files are one.

    Args:
        folder: of the files; files in folders below it count too.
        columns: the files' names of columns that are called otherwise here.
        bar: board of all rows, for files that do not name it.

    Yields:
        The file's name below the folder, and its rows.

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
        yield path.relative_to(folder).as_posix(), _named(_read(path, columns, bar))


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise SourceError(
            f"there is no folder {folder}: put the exported posts there, or remove forum.exports "
            "from the market's YAML to crawl them"
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
            f"{folder} holds no .csv or .parquet file: put the exported posts there, or remove "
            "forum.exports from the market's YAML to crawl them"
        )
    return files


def _read(path: Path, columns: Mapping[str, str], bar: str) -> pd.DataFrame:
    """The file's columns, under the names of the fields."""
    found = _columns(path)
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
    if missing:
        names = ", ".join(f"{ours} (looked for as {called[ours]!r})" for ours in sorted(missing))
        raise SourceError(
            f"{path} has no column {names}; it has {', '.join(found)}. Say in "
            "forum.exports.columns of the market's YAML how the files call it, as in 'text: "
            "content'; a file of titles alone needs title instead of text"
        )
    read = _read_csv if path.suffix.lower() == ".csv" else _read_parquet
    # A whole number beside missing ones must not become a fraction.
    frame = read(path, sorted(set(present.values()))).to_pandas(
        types_mapper={pa.int64(): pd.Int64Dtype()}.get, ignore_metadata=True
    )
    rows = pd.DataFrame({FIELDS[ours]: frame[theirs] for ours, theirs in present.items()})
    return rows if "bar" in rows.columns else rows.assign(bar=bar)


def _columns(path: Path) -> list[str]:
    if path.suffix.lower() == ".csv":
        return _read_csv(path, None).column_names
    with _parquet(path) as file:
        return list(file.schema_arrow.names)


def _read_csv(path: Path, columns: Sequence[str] | None) -> pa.Table:
    """The columns, or no row of any where they are None.

    Values are text throughout, so that none is changed before it is judged.
    """
    reading = {
        "read_options": csv.ReadOptions(encoding=_encoding(path), block_size=BLOCK_BYTES),
        "parse_options": csv.ParseOptions(newlines_in_values=True),
    }
    try:
        if columns is None:
            with csv.open_csv(path, **reading) as header:
                return header.schema.empty_table()
        converting = csv.ConvertOptions(
            include_columns=columns,
            column_types=dict.fromkeys(columns, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
        )
        return csv.read_csv(path, convert_options=converting, **reading)
    except pa.ArrowInvalid as error:
        raise SourceError(f"{path} can't be read as CSV: export it again ({error})") from error


def _encoding(path: Path) -> str:
    """In which of the encodings the whole file makes sense."""
    for encoding in ENCODINGS:
        try:
            with path.open(encoding=encoding, newline="") as file:
                while file.read(2**20):
                    pass
        except UnicodeDecodeError:
            continue
        return encoding
    raise SourceError(f"{path} is neither UTF-8 nor GB18030: save it as UTF-8")


def _read_parquet(path: Path, columns: Sequence[str]) -> pa.Table:
    with _parquet(path) as file:
        return file.read(columns=columns)


@contextmanager
def _parquet(path: Path) -> Iterator[pq.ParquetFile]:
    try:
        with pq.ParquetFile(path) as file:
            yield file
    except (pa.ArrowException, OSError) as error:
        raise SourceError(f"{path} can't be read as Parquet: export it again ({error})") from error


def _named(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with an identifier each."""
    ids = pd.Series([name(value) for value in field_values(rows, "post_id")], dtype=object)
    digests = pd.Series(
        [
            _digest(_moment(published), *described)
            for published, *described in zip(
                *(field_values(rows, field) for field in ("published", "bar", "title", "content")),
                strict=True,
            )
        ],
        dtype=object,
    )[ids.isna()]
    occurrence = digests.groupby(digests).cumcount() + 1
    ids[digests.index] = digests + "-" + occurrence.astype(str)
    return rows.assign(post_id=ids.to_numpy())


def _digest(*values: object) -> str:
    text = json.dumps(["" if is_missing(value) else str(value) for value in values])
    return hashlib.blake2b(text.encode(), digest_size=10).hexdigest()


def _moment(value: object) -> object:
    """The time as it counts for an identifier: the same from CSV as from Parquet."""
    try:
        return wall_clock(value)
    except ValueError:
        return value
