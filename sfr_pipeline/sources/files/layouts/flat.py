"""A layout of one head above its rows, as most vendors have it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sfr_pipeline.sources.files.layouts.bars import Table, Words, find_head, read_bars
from sfr_pipeline.sources.files.layouts.interface import ReadPrices, Told
from sfr_pipeline.sources.files.opening import Sheet


@dataclass(frozen=True)
class Flat:
    """A layout of one head above rows of bars.

    Attributes:
        name: of the vendor.
        variants: how heads call the columns, a language each.
        needed: without which it is another layout.
    """

    name: str
    variants: Sequence[Words]
    needed: Sequence[str] = ("date", "open", "high", "low", "close")

    def recognises(self, sheet: Sheet, path: Path) -> bool:
        """Whether a head of it stands on top of the sheet."""
        return self.table(sheet) is not None

    def read(self, sheet: Sheet, path: Path, told: Told) -> ReadPrices:
        """Read the bars below the head."""
        return read_bars(self.found(sheet), told)

    def found(self, sheet: Sheet) -> Table:
        """The table of a sheet that was recognised."""
        table = self.table(sheet)
        assert table is not None, "only what was recognised is read"
        return table

    def table(self, sheet: Sheet) -> Table | None:
        """The table of a sheet, None where its head is not there."""
        for words in self.variants:
            if (found := find_head(sheet, words, self.needed)) is not None:
                place, at = found
                rows = sheet.rows
                return Table(sheet, self.name, rows[place][1], at, rows[place + 1 :], rows[:place])
        return None
