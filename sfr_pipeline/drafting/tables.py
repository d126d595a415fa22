"""A user's tables of prices or posts as rows of text: CSV of any dialect, workbooks, Parquet.

Belongs here: one form of them all, and which column is what by the word above it. Does not belong
here: tables of series, whose layout is told by where their dates lie (`layout`).
"""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from sfr_pipeline.drafting.grid import Grid, read_grid
from sfr_pipeline.sources.files.checks import refuse
from sfr_pipeline.sources.files.opening import Sheet


def read_table(path: Path) -> Grid:
    """Read a file whole; its first row is the header.

    Raises:
        SourceError: it can't be read, or holds no row below its header.
    """
    grid = read_grid(path)
    if len(grid.rows) < 2:
        refuse(grid.file, None, "it holds no row below its header: name the file with your data")
    return grid


def grid_of(sheet: Sheet) -> Grid:
    """A sheet as rows of text, all of one length; midnights without their time.

    Raises:
        SourceError: it holds no row below its header.
    """
    if len(sheet.rows) < 2:
        refuse(sheet.file, None, "it holds no row below its header: name the file with your data")
    width = max(len(cells) for _, cells in sheet.rows)
    rows = [(row, [*map(_text, cells), *[""] * (width - len(cells))]) for row, cells in sheet.rows]
    return Grid(sheet.file, rows)


def _text(cell: object) -> str:
    text = "" if cell is None else " ".join(str(cell).split())
    return text.removesuffix(" 00:00:00") if isinstance(cell, dt.datetime) else text


def word(header: str) -> str:
    """A header in small letters, without anything but letters of any script."""
    return re.sub(r"[\W\d_]", "", header.lower())


def named(header: Sequence[str], words: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Places of the columns that a header names, by what they hold.

    Args:
        header: the cells of the first row.
        words: for each thing what headers call it, the surest first.
    """
    written = [word(cell) for cell in header]
    places: dict[str, int] = {}
    for name, called in words.items():
        place = next((written.index(one) for one in called if one in written), None)
        if place is not None and place not in places.values():
            places[name] = place
    return places
