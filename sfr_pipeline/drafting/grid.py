"""A user's file as rows of text, all of one length: of several sheets the fullest.

Belongs here: which sheet is read, and what is told of it. Does not belong here: formats, encodings
and separators (`sources.files.opening`), and where dates and series stand in the rows (`reading`).
"""

from pathlib import Path
from typing import NamedTuple

from sfr_pipeline.sources.files.checks import refuse
from sfr_pipeline.sources.files.content import require_size
from sfr_pipeline.sources.files.opening import EMPTY, open_file

# What is read of a folder.
SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx", ".xls")
# What needs no word about how it was opened.
PLAIN = ("text, UTF-8, commas", "workbook", "Parquet")


class Grid(NamedTuple):
    """A table as text.

    Attributes:
        file: its name, for messages.
        rows: number of each row in the file, and its cells, stripped; all of one length.
        notes: what was done to read it, in sentences.
    """

    file: str
    rows: list[tuple[int, list[str]]]
    notes: tuple[str, ...] = ()


def read_grid(path: Path) -> Grid:
    """Read a file whole; of several sheets, the one with most cells that hold something.

    Raises:
        SourceError: it is empty, too large, or holds no table.
    """
    opened = open_file(path, comments=True)
    filled = [
        sum(cell not in (None, "") for _, cells in sheet.rows for cell in cells)
        for sheet in opened.sheets
    ]
    best = filled.index(max(filled))
    rows = [
        (number, ["" if cell is None else str(cell) for cell in cells])
        for number, cells in opened.sheets[best].rows
    ]
    if opened.format.startswith("text") and max(len(cells) for _, cells in rows) == 1:
        refuse(
            opened.file,
            1,
            "neither commas nor semicolons nor tabs divide its rows alike: save the table as CSV "
            "with one cell a column",
        )
    notes = [] if opened.format in PLAIN else [f"Read as {opened.format}."]
    if len(opened.sheets) > 1:
        called = [sheet.file.removeprefix(f"{opened.file}, ") for sheet in opened.sheets]
        others = [name for place, name in enumerate(called) if place != best]
        were = "were" if len(others) > 1 else "was"
        notes.append(f"Of its tables, {called[best]} was read; {', '.join(others)} {were} not.")
    notes += [f"Not read: {note}." for note in opened.notes]
    return Grid(opened.file, _even(path, rows), tuple(notes))


def _even(path: Path, rows: list[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
    """Rows of one length, without columns at the end that hold nothing."""
    rows = [(number, [" ".join(cell.split()) for cell in cells]) for number, cells in rows]
    width = max(
        max((column for column, cell in enumerate(cells, 1) if cell), default=0)
        for _, cells in rows
    )
    if width == 0:
        refuse(str(path), None, EMPTY)
    require_size(path, len(rows), width)
    return [(number, [*cells, *[""] * width][:width]) for number, cells in rows]
