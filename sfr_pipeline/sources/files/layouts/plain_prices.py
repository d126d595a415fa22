"""The layout of prices of our own: columns date, close and others, by these names or the user's.

It is read where no vendor's is recognised. Cells are left as they stand: days and numbers are
written in one way, and what is not is refused with its row (`prices`).
"""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from sfr_pipeline.sources.cells import number
from sfr_pipeline.sources.files.checks import refuse
from sfr_pipeline.sources.files.layouts.bars import broken
from sfr_pipeline.sources.files.layouts.closes import is_crossed
from sfr_pipeline.sources.files.layouts.interface import (
    PRICE_FIELDS,
    FoundPrices,
    ReadPrices,
    Told,
)
from sfr_pipeline.sources.files.layouts.whose import column_of_symbols, symbol_text
from sfr_pipeline.sources.files.layouts.written import volume_size
from sfr_pipeline.sources.files.opening import Sheet

COLUMNS = ("date", "symbol", *PRICE_FIELDS)
NEEDED = ("date", "close")


class Plain:
    """One head, one form of days, plain numbers."""

    name = "plain columns"

    def fits(self, sheet: Sheet, told: Told) -> bool:
        """Whether its first row names a day and a close."""
        return {told.columns.get(name, name).strip().lower() for name in NEEDED} <= {
            *_header(sheet)
        }

    def read(self, sheet: Sheet, path: Path, told: Told) -> ReadPrices:
        """Read the columns that have our names, or those that the user says."""
        at = _positions(sheet, told.columns)
        header = sheet.rows[0][1]
        rows = [(row, [*cells]) for row, cells in sheet.rows[1:]]
        uneven = [row for row, cells in rows if len(cells) != len(header)]
        if uneven:
            short = any(len(cells) < len(header) for _, cells in rows)
            broken(
                sheet,
                self.name,
                uneven,
                f"have {'fewer or more' if short else 'more'} cells than the head, which has "
                f"{len(header)}: write numbers without commas, one cell a column, and remove notes",
            )
        bars = pd.DataFrame(
            {field: [cells[place] for _, cells in rows] for field, place in at.items()},
            index=[row for row, _ in rows],
            dtype=object,
        )
        size = volume_size([header[at["volume"]]] if "volume" in at else [])
        if size != 1:
            bars["volume"] = bars["volume"].map(lambda cell: _times(cell, size))
        aside = [
            f"'{cell}'" for place, cell in enumerate(header) if cell and place not in at.values()
        ]
        said = [f"column{'s' * (len(aside) > 1)} {', '.join(aside)} not read"] if aside else []
        if "symbol" not in at:
            return ReadPrices([FoundPrices(None, bars)], said)
        written = bars.pop("symbol").map(symbol_text)
        if nameless := [int(str(row)) for row, one in written.items() if not one]:
            broken(sheet, self.name, nameless, "name no instrument: fill the cells, or remove "
                   "the rows")  # fmt: skip
        groups = bars.groupby(written, sort=False)
        return ReadPrices([FoundPrices(str(name), own) for name, own in groups], said)


def _times(cell: object, size: float) -> object:
    """A number times a size; what is none stays as it is, to be refused with its row."""
    try:
        return number(cell) * size
    except ValueError:
        return cell


def _header(sheet: Sheet) -> list[str]:
    return ["" if cell is None else str(cell).strip().lower() for cell in sheet.rows[0][1]]


def _positions(sheet: Sheet, columns: Mapping[str, str]) -> dict[str, int]:
    """Where each of our columns stands in a file."""
    header = _header(sheet)
    at = {}
    for name in COLUMNS:
        theirs = columns.get(name, name).strip().lower()
        if header.count(theirs) > 1:
            refuse(sheet.file, None, f"two of its columns are called '{theirs}': rename one")
        if theirs in header:
            at[name] = header.index(theirs)
        elif name in NEEDED:
            shown = ", ".join(str(cell) for cell in sheet.rows[0][1] if cell)
            crossed = (
                "; if they are instruments, and their numbers closes, call the file closes.csv"
                if is_crossed(header)
                else ""
            )
            refuse(
                sheet.file,
                None,
                f"it has no column '{theirs}': its columns are {shown}; call it so, or say in "
                f"mapping.yaml 'columns: {{{name}: ...}}'{crossed}",
            )
    rows = [cells for _, cells in sheet.rows[1:]]
    if "symbol" not in at and (place := column_of_symbols(header, rows)) is not None:
        at["symbol"] = place
    return at


PLAIN = Plain()
