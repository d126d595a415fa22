"""Tables of exported files, whatever their format, a chunk at a time.

Belongs here: which format a file has, and Parquet. Does not belong here: the other formats
(`export_text`, `export_json`, `export_books`), which files are read (`export_folder`), and what
their columns mean (`exports`).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from sfr_pipeline.errors import SourceError
from sfr_pipeline.opinion.csv_rows import LONGEST_ROW
from sfr_pipeline.opinion.export_books import sheets_of
from sfr_pipeline.opinion.export_frames import TEXT_AT_ONCE, require_columns
from sfr_pipeline.opinion.export_json import Json
from sfr_pipeline.opinion.export_text import PACKED, Delimited
from sfr_pipeline.sources.files.opening import OLE, PARQUET, ZIP
from sfr_pipeline.sources.files.parquet import batches

JSON = (".json", ".jsonl", ".ndjson")
TEXT = (".csv", ".tsv", ".txt")
WORKBOOKS = (".xlsx", ".xls")
# A character of UTF-8 has four bytes at most.
LONGEST_BYTES = 4 * LONGEST_ROW
SUFFIXES = (*TEXT, *JSON, *WORKBOOKS, ".parquet")


class ExportTable(Protocol):
    """A table of posts, or a file that holds one."""

    @property
    def sheet(self) -> str | None:
        """Its name in a workbook, None in other files."""
        ...

    @property
    def how(self) -> str:
        """As what it is read, such as ``text, GB18030, tabs``."""
        ...

    @property
    def columns(self) -> list[str]:
        """Names of its columns; one that stands twice, twice."""
        ...

    def frames(self, columns: Sequence[str], rows: int) -> Iterator[pd.DataFrame]:
        """These columns, at most so many rows at once.

        A row that can't be read has no values, and an `fields.UnreadableRow` in the column
        `fields.UNREADABLE`.
        """
        ...


def suffix_of(path: Path) -> str:
    """The end of a file's name that says its format, in small letters; ``.gz`` of text is none."""
    suffix = path.suffix.lower()
    inner = Path(path.stem).suffix.lower()
    return inner if suffix == PACKED and inner in (*TEXT, *JSON) else suffix


def export_tables(path: Path) -> Sequence[ExportTable]:
    """The tables of a file: of a workbook its sheets, of others the one that they are.

    People call workbooks ``.csv``, and sites call text ``.xls``: the first bytes count more than
    the name.

    Raises:
        SourceError: here and whenever one is read, where the file as a whole can't be.
    """
    try:
        with path.open("rb") as file:
            begins = file.read(len(OLE))
    except OSError as error:
        raise SourceError(f"{path} can't be read: {error}") from error
    if begins.startswith(PARQUET) or path.suffix.lower() == ".parquet":
        return [Parquet(path)]
    if begins.startswith((ZIP, OLE)):
        return sheets_of(path)
    if path.suffix.lower() == ".xlsx":
        raise SourceError(f"{path} is no workbook, or a damaged one: save it as .xlsx again")
    return [Json(path) if suffix_of(path) in JSON else Delimited(path)]


class Parquet:
    """A Parquet file; values keep their types."""

    sheet = None
    how = "Parquet"

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def columns(self) -> list[str]:
        """As `ExportTable.columns`."""
        with self._told(), pq.ParquetFile(self.path) as file:
            return require_columns(self.path, list(file.schema_arrow.names))

    def frames(self, columns: Sequence[str], rows: int) -> Iterator[pd.DataFrame]:
        """As `ExportTable.frames`."""
        with self._told():
            kept: list[pa.RecordBatch] = []
            number = 0
            for batch in batches(str(self.path), self.path, columns, rows):
                batch.validate(full=True)  # else invalid UTF-8 shows only when a value is used
                self._require_rows(batch, number)
                number += batch.num_rows
                full = sum(one.num_rows for one in kept) + batch.num_rows > rows
                if kept and (full or sum(one.nbytes for one in kept) > TEXT_AT_ONCE):
                    yield _frame(kept)
                    kept = []
                kept.append(batch)
            if kept:
                yield _frame(kept)

    def _require_rows(self, batch: pa.RecordBatch, before: int) -> None:
        if batch.nbytes <= LONGEST_BYTES:
            return
        for place in range(batch.num_rows):
            if batch.slice(place, 1).nbytes > LONGEST_BYTES:
                raise SourceError(
                    f"{self.path} can't be read as Parquet: its row {before + place + 1:,} is "
                    f"longer than {LONGEST_BYTES:,} bytes; leave it out"
                )

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (pa.ArrowException, UnicodeDecodeError, OSError) as error:
            raise SourceError(
                f"{self.path} can't be read as Parquet: export it again ({error})"
            ) from error


def _frame(batches_of_it: Sequence[pa.RecordBatch]) -> pd.DataFrame:
    # A whole number beside missing ones must not become a fraction.
    return pa.Table.from_batches(batches_of_it).to_pandas(
        types_mapper={pa.int64(): pd.Int64Dtype()}.get, ignore_metadata=True
    )
