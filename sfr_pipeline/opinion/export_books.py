"""Exported workbooks: each sheet a table of posts, its rows taken one by one.

Belongs here: where a sheet's header is, and what is told of a workbook that can't be opened. Does
not belong here: the formats (`sources.files.spreadsheet`), and which sheets are read (`exports`).
"""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pandas as pd

from sfr_pipeline.errors import SourceError
from sfr_pipeline.opinion.csv_rows import LONGEST_ROW
from sfr_pipeline.opinion.export_frames import frames_of
from sfr_pipeline.sources.files.content import read_content
from sfr_pipeline.sources.files.spreadsheet import raw_sheets

# A sheet that is full, of a million rows, has some 400 MB.
LARGEST_UNPACKED = 512 * 2**20


class Sheet:
    """A sheet whose first row that holds something is its header; values keep their types."""

    how = "workbook"

    def __init__(self, path: Path, content: bytes, sheet: str, columns: list[str]) -> None:
        self._path, self._content = path, content
        self.sheet, self.columns = sheet, columns

    def frames(self, columns: Sequence[str], rows: int) -> Iterator[pd.DataFrame]:
        """As `export_files.ExportTable.frames`."""
        places = [self.columns.index(column) for column in columns]
        return frames_of(columns, self._rows(places), rows)

    def _rows(self, places: Sequence[int]) -> Iterator[list[object]]:
        sheets = raw_sheets(str(self._path), self._content, LARGEST_UNPACKED)
        # The workbook stays open as long as its sheets are not all taken.
        with _told(self._path), closing(sheets):
            cells = next(rows for name, rows in sheets if name == self.sheet)
            full = (row for row in cells if any(_holds(cell) for cell in row))
            next(full)
            for row in full:
                values = [row[place] if place < len(row) else None for place in places]
                if sum(len(value) for value in values if isinstance(value, str)) > LONGEST_ROW:
                    raise SourceError(
                        f"{self._path} can't be read: a row of its sheet '{self.sheet}' holds more "
                        f"than {LONGEST_ROW:,} characters; shorten it, or leave it out"
                    )
                yield values


def sheets_of(path: Path) -> list[Sheet]:
    """The sheets of a workbook in their order; one without a cell has no columns.

    Raises:
        SourceError: it is no workbook, or too large.
    """
    content = read_content(path)
    with _told(path):
        return [
            Sheet(path, content, name, next(filter(any, map(_names, rows)), []))
            for name, rows in raw_sheets(str(path), content, LARGEST_UNPACKED)
        ]


def _names(row: Sequence[object]) -> list[str]:
    names = [str(cell).strip() if _holds(cell) else "" for cell in row]
    while names and not names[-1]:
        names.pop()
    return names


def _holds(cell: object) -> bool:
    return cell is not None and (not isinstance(cell, str) or bool(cell.strip()))


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Whatever the libraries raise over a damaged workbook, told with its name."""
    try:
        yield
    except SourceError:
        raise
    except Exception as error:
        raise SourceError(
            f"{path} cannot be opened as a workbook ({error}): open it in a spreadsheet, and save "
            "it as .xlsx or CSV UTF-8"
        ) from error
