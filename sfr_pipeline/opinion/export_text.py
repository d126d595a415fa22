"""Exported text: the characters of a file, packed or not, and rows that a sign separates.

Belongs here: encodings, ``.gz``, separators. Does not belong here: which encoding it is, and by
what proof (`sources.files.text`), how quotes are read (`csv_rows`), and JSON (`export_json`).
"""

import gzip
import io
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, TextIO, cast

import pandas as pd

from sfr_pipeline.errors import SourceError
from sfr_pipeline.opinion.csv_rows import csv_rows
from sfr_pipeline.opinion.export_frames import frames_of, require_columns
from sfr_pipeline.opinion.fields import UnreadableRow
from sfr_pipeline.sources.files.opening import NAMED, WEB_PAGE, told_separator
from sfr_pipeline.sources.files.text import NAMES, encoding_of_file

PACKED = ".gz"
RAGGED = "it has more or fewer fields than the header"
# The first of those that divide the header into most names.
SEPARATORS = (",", "\t", ";", "|")
# More characters than a line has that tells the separator.
LONGEST_TOLD = 80


class TextFile:
    """The text of a file of any size.

    Raises:
        SourceError: its encoding isn't read, or a byte of it is wrong, told with its line.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.encoding = encoding_of_file(path, self._bytes)

    @property
    def how(self) -> str:
        """Its encoding, and whether it is packed, for readers."""
        return NAMES[self.encoding] + (", packed" if self._is_packed else "")

    @property
    def _is_packed(self) -> bool:
        return self.path.suffix.lower() == PACKED

    def opened(self) -> TextIO:
        """Its text, with ends of lines as they are."""
        return io.TextIOWrapper(self._bytes(), encoding=self.encoding, newline="")

    def _bytes(self) -> BinaryIO:
        if self._is_packed:
            return cast(BinaryIO, gzip.GzipFile(self.path, "rb"))
        return self.path.open("rb")


class Delimited:
    """Text with a header in its first line, and rows separated as the header is.

    Values are text throughout, so that none is changed before it is judged.
    """

    sheet = None

    def __init__(self, path: Path) -> None:
        self._path = path
        self._text = TextFile(path)

    @property
    def how(self) -> str:
        """As `export_files.ExportTable.how`."""
        return f"text, {self._text.how}, {NAMED.get(self._separator, self._separator)}"

    @cached_property
    def columns(self) -> list[str]:
        """As `export_files.ExportTable.columns`."""
        _, header = next(self._rows(), (0, None))
        if header is None or isinstance(header, UnreadableRow):
            raise SourceError(
                f"{self._path} can't be read as CSV: it has no header; export it again"
            )
        if WEB_PAGE.match(header[0]):
            raise SourceError(
                f"{self._path} is a web page, not a table: open it in a spreadsheet and save it as "
                ".xlsx or CSV UTF-8"
            )
        return require_columns(self._path, [name.strip() for name in header])

    def frames(self, columns: Sequence[str], rows: int) -> Iterator[pd.DataFrame]:
        """As `export_files.ExportTable.frames`."""
        places = [self.columns.index(column) for column in columns]
        width = len(self.columns)
        found = self._rows()
        next(found)
        values = (
            row
            if isinstance(row, UnreadableRow)
            else UnreadableRow(RAGGED, line)
            if len(row) != width
            else [row[place] for place in places]
            for line, row in found
        )
        return frames_of(columns, values, rows)

    def _rows(self) -> Iterator[tuple[int, list[str] | UnreadableRow]]:
        """The header and all rows but empty lines, each with the line in which it begins."""
        with self._text.opened() as file:
            rows = csv_rows(file, self._path, self._separator)
            if self._told_separator:
                next(rows)
            yield from rows

    @cached_property
    def _told_separator(self) -> str | None:
        with self._text.opened() as file:
            return told_separator(file.readline(LONGEST_TOLD))

    @cached_property
    def _separator(self) -> str:
        if self._told_separator:
            return self._told_separator
        return max(SEPARATORS, key=self._width)

    def _width(self, separator: str) -> int:
        """How many names the separator makes of the header."""
        with self._text.opened() as file:
            try:
                _, header = next(csv_rows(file, self._path, separator), (0, None))
            except SourceError:
                return 0  # its quotes match, if at all, where another sign separates
        return len(header) if isinstance(header, list) else 0
