"""Stooq: an instrument's download in English or Polish, and the bulk files in angle brackets.

Where Stooq has nothing, or was asked too often, its download holds that sentence alone.
"""

from dataclasses import dataclass
from pathlib import Path

from sfr_pipeline.sources.files.checks import abridged, refuse
from sfr_pipeline.sources.files.layouts.bars import BARS, Table, broken, head, read_bars
from sfr_pipeline.sources.files.layouts.flat import Flat
from sfr_pipeline.sources.files.layouts.interface import ReadPrices, Told
from sfr_pipeline.sources.files.opening import Sheet

ANSWERS = ("no data", "brak danych", "exceeded the daily hits limit", "przekroczony dzienny limit")
BARS_OF_DAY = ("date", "open", "high", "low", "close")
BULK = Flat(
    "Stooq",
    ({**BARS, "symbol": ("ticker",), "volume": ("vol",), "period": ("per",)},),
    (*BARS_OF_DAY, "symbol"),
)
PLAIN = Flat("Stooq", (BARS,))
POLISH = {
    "date": ("data",),
    "open": ("otwarcie",),
    "high": ("najwyzszy", "najwyższy"),
    "low": ("najnizszy", "najniższy"),
    "close": ("zamkniecie", "zamknięcie"),
    "volume": ("wolumen",),
}


@dataclass(frozen=True)
class Stooq(Flat):
    """Bars of one instrument, or of those of a column of tickers."""

    def recognises(self, sheet: Sheet, path: Path) -> bool:
        """Whether it has a head of Stooq's, its name for downloads, or its answer alone."""
        return _answer(sheet) is not None or self._own(sheet, path) is not None

    def read(self, sheet: Sheet, path: Path, told: Told) -> ReadPrices:
        """Read the daily bars."""
        if (answer := _answer(sheet)) is not None:
            refuse(
                sheet.file,
                None,
                f"it holds Stooq's answer '{abridged(answer)}' in place of prices: download it "
                "again on another day, or remove it",
            )
        table = self._own(sheet, path)
        assert table is not None, "only what was recognised is read"
        if "period" in table.at:
            _require_daily(table)
        return read_bars(table, told)

    def _own(self, sheet: Sheet, path: Path) -> Table | None:
        bulk = BULK.table(sheet)
        if bulk is not None and any(str(cell).startswith("<") for cell in bulk.head):
            return bulk
        plain = PLAIN.table(sheet) if path.stem.casefold().endswith("_d") else None
        return plain or self.table(sheet)


def _answer(sheet: Sheet) -> str | None:
    if len(sheet.rows) > 1:
        return None
    text = " ".join(str(cell) for cell in sheet.rows[0][1] if cell)
    return text if head(text).startswith(ANSWERS) else None


def _require_daily(table: Table) -> None:
    place = table.at["period"]
    rows = [row for row, cells in table.rows if place < len(cells) and head(cells[place]) != "d"]
    if rows:
        broken(
            table.sheet,
            table.layout,
            rows,
            "are of another period than D, a day: take the daily file, or remove the rows",
        )


STOOQ = Stooq("Stooq", (POLISH,))
