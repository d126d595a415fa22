"""The library yfinance: what ``download`` and ``Ticker.history`` give, written as CSV or Parquet.

``download`` has fields above tickers in two rows of heads, and often the name of the days in a
third; one ticker may have them flat, in alphabetical order. ``history`` has the exchange's zone in
its days, and payouts and splits beside the bars.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from sfr_pipeline.sources.files.layouts.bars import (
    BARS,
    Cells,
    Table,
    head,
    read_bars,
)
from sfr_pipeline.sources.files.layouts.crossed import Heads, filled, read_crossed
from sfr_pipeline.sources.files.layouts.flat import Flat
from sfr_pipeline.sources.files.layouts.interface import ReadPrices, Told
from sfr_pipeline.sources.files.opening import Sheet

ACTIONS = ("dividends", "stock splits", "capital gains", "repaired?")
FIELDS = {word for words in BARS.values() for word in words} - {"date"} | set(ACTIONS)
LONG = {**BARS, "symbol": ("ticker",)}
_ZONED = re.compile(r"\d{4}-\d{2}-\d{2}[ T][\d:.]+ ?[+-]\d{2}:?\d{2}", re.ASCII)
# What pandas makes of two heads where a format has one.
_PAIR = re.compile(r"\('(.*)', '(.*)'\)")
_DAYS = ("date", "datetime")
# What stands above the days, or above the numbers of rows beside them.
_CORNERS = ("", "price", "ticker", *_DAYS)


@dataclass(frozen=True)
class YFinance(Flat):
    """Bars of one ticker or of several."""

    def recognises(self, sheet: Sheet, path: Path) -> bool:
        """Whether it has tickers in a row of heads, or bars as the library alone writes them."""
        return _heads(sheet) is not None or self.table(sheet) is not None

    def table(self, sheet: Sheet) -> Table | None:
        """A table of one head, where something in it is the library's own."""
        table = super().table(sheet)
        if table is None or table.above or not table.rows:
            return None
        heads = [head(cell) for cell in table.head if cell not in (None, "")]
        bars = heads[1:]
        first = str(table.rows[0][1][0]) if table.rows[0][1] else ""
        own = (
            (bars == sorted(bars) and str(table.head[0]) == "Date")
            or set(ACTIONS) & set(heads)
            or _ZONED.fullmatch(first)
            or "symbol" in table.at
        )
        return table if own and set(heads) <= {*FIELDS, "date", "ticker"} else None

    def read(self, sheet: Sheet, path: Path, told: Told) -> ReadPrices:
        """Read the bars of each ticker."""
        heads = _heads(sheet)
        if heads is None:
            return read_bars(self.found(sheet), told)
        return read_crossed(sheet, self.name, heads, BARS, told)


def _heads(sheet: Sheet) -> Heads | None:
    pairs = _paired(sheet.rows[0][1])
    rows = sheet.rows[1:] if pairs else sheet.rows[2:]
    first, second = pairs or (sheet.rows[0][1], sheet.rows[1][1] if len(sheet.rows) > 1 else [])
    if not rows or len(first) < 2 or len(first) != len(second):
        return None
    if head(first[0]) not in _CORNERS or head(second[0]) not in _CORNERS:
        return None
    inside = range(1, len(first))
    dates = [0, *(place for place in inside if head(first[place]) in _DAYS)]
    bars = [place for place in inside if place not in dates]
    first, second = filled(first), filled(second)
    for fields, tickers in ((first, second), (second, first)):
        known = bars and all(head(fields[place]) in FIELDS for place in bars)
        if known and all(tickers[place] not in (None, "") for place in bars):
            shown = ["" if place in dates else cell for place, cell in enumerate(fields)]
            named = head(rows[0][1][0]) in _DAYS and not any(rows[0][1][1:])
            return Heads(dates[-1], shown, tickers, rows[1:] if named else rows)
    return None


def _paired(cells: Cells) -> tuple[Cells, Cells] | None:
    pairs = [_PAIR.fullmatch(str(cell)) for cell in cells]
    if not any(pairs):
        return None
    first = [found[1] if found else cell for found, cell in zip(pairs, cells, strict=True)]
    return first, [found[2] if found else "" for found in pairs]


YFINANCE = YFinance("yfinance", (LONG,))
