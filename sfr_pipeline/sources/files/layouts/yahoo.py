"""Yahoo's website: downloads of its history, and copies of the table that it shows.

A copy has stars or a sentence in its heads, days like ``Sep 30, 2024``, commas between thousands,
and rows of payouts and splits, which are no days of trading.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from sfr_pipeline.sources.files.layouts.bars import BARS, Numbered, read_bars
from sfr_pipeline.sources.files.layouts.flat import Flat
from sfr_pipeline.sources.files.layouts.interface import ReadPrices, Told
from sfr_pipeline.sources.files.opening import Sheet

EVENT = re.compile(r"(dividend|split|capital gain|distribution)s?\b", re.IGNORECASE)
WORDS = {
    **BARS,
    "close": ("close", "close close price adjusted for splits."),
    "adjusted": (
        *BARS["adjusted"],
        "adj close adjusted close price adjusted for splits and dividend and/or capital gain "
        "distributions.",
    ),
}


@dataclass(frozen=True)
class Yahoo(Flat):
    """Bars with an adjusted close, and rows of events."""

    def read(self, sheet: Sheet, path: Path, told: Told) -> ReadPrices:
        """Read the bars; events are none."""
        return read_bars(self.found(sheet), told, _is_event)


def _is_event(row: Numbered) -> bool:
    return any(isinstance(cell, str) and EVENT.search(cell) for cell in row[1])


YAHOO = Yahoo("Yahoo", (WORDS,), ("date", "open", "high", "low", "close", "adjusted", "volume"))
