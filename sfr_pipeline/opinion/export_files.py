"""Columns and rows of exported files, CSV and Parquet, a chunk at a time.

Belongs here: the two formats and what can be wrong with a file. Does not belong here: which files
are read, and what their columns mean (`exports`).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from sfr_pipeline.errors import SourceError
from sfr_pipeline.opinion.csv_rows import csv_rows
from sfr_pipeline.opinion.fields import UNREADABLE, UnreadableRow

ENCODINGS = ("utf-8-sig", "gb18030")
RAGGED = "it has more or fewer fields than the header"


class ExportFile(Protocol):
    """A file of posts."""

    @property
    def columns(self) -> list[str]:
        """Names of its columns; one that stands twice, twice."""
        ...

    def frames(self, columns: Sequence[str], rows: int) -> Iterator[pd.DataFrame]:
        """These columns, at most so many rows at once.

        A row that can't be read has no values, and an `UnreadableRow` in the column `UNREADABLE`.
        """
        ...


def export_file(path: Path) -> ExportFile:
    """The file, in the format that its name says.

    Raises:
        SourceError: here and whenever it is read, where the file as a whole can't be.
    """
    return CsvFile(path) if path.suffix.lower() == ".csv" else ParquetFile(path)


class CsvFile:
    """A CSV file, in UTF-8 or GB18030, with commas, and a header in its first line.

    Values are text throughout, so that none is changed before it is judged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._encoding = _encoding(path)

    @property
    def columns(self) -> list[str]:
        """As `ExportFile.columns`."""
        _, header = next(self._rows(), (0, None))
        if header is None or isinstance(header, UnreadableRow):
            raise SourceError(
                f"{self.path} can't be read as CSV: it has no header; export it again"
            )
        return header

    def frames(self, columns: Sequence[str], rows: int) -> Iterator[pd.DataFrame]:
        """As `ExportFile.frames`."""
        found = self._rows()
        _, header = next(found)
        assert not isinstance(header, UnreadableRow)  # `columns` was asked for before
        places = {column: header.index(column) for column in columns}
        values: dict[str, list[object]] = {column: [] for column in (*columns, UNREADABLE)}
        for line, row in found:
            if not isinstance(row, UnreadableRow) and len(row) != len(header):
                row = UnreadableRow(RAGGED, line)
            if isinstance(row, UnreadableRow):
                for column in places:
                    values[column].append(None)
                values[UNREADABLE].append(row)
            else:
                for column, place in places.items():
                    values[column].append(row[place] or None)
                values[UNREADABLE].append(None)
            if len(values[UNREADABLE]) == rows:
                yield pd.DataFrame(values, dtype=object)
                values = {column: [] for column in values}
        yield pd.DataFrame(values, dtype=object)

    def _rows(self) -> Iterator[tuple[int, list[str] | UnreadableRow]]:
        """The header and all rows but empty lines, each with the line in which it begins."""
        with self.path.open(encoding=self._encoding, newline="") as file:
            yield from csv_rows(file, self.path)


def _encoding(path: Path) -> str:
    """In which of the encodings the whole file makes sense."""
    for encoding in ENCODINGS:
        try:
            with path.open(encoding=encoding, newline="") as file:
                while file.read(2**20):
                    pass
        except UnicodeDecodeError:
            continue
        except OSError as error:
            raise SourceError(f"{path} can't be read: {error}") from error
        return encoding
    raise SourceError(f"{path} is neither UTF-8 nor GB18030: save it as UTF-8")


class ParquetFile:
    """A Parquet file; values keep their types."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def columns(self) -> list[str]:
        """As `ExportFile.columns`."""
        with self._opened() as file:
            return list(file.schema_arrow.names)

    def frames(self, columns: Sequence[str], rows: int) -> Iterator[pd.DataFrame]:
        """As `ExportFile.frames`."""
        with self._opened() as file:
            for batch in file.iter_batches(batch_size=rows, columns=list(columns)):
                batch.validate(full=True)  # else invalid UTF-8 shows only when a value is used
                # A whole number beside missing ones must not become a fraction.
                yield batch.to_pandas(
                    types_mapper={pa.int64(): pd.Int64Dtype()}.get, ignore_metadata=True
                )

    @contextmanager
    def _opened(self) -> Iterator[pq.ParquetFile]:
        try:
            with pq.ParquetFile(self.path) as file:
                yield file
        except (pa.ArrowException, UnicodeDecodeError, OSError) as error:
            raise SourceError(
                f"{self.path} can't be read as Parquet: export it again ({error})"
            ) from error
