"""A table of closes, an instrument a column, as ``download(...)["Close"].to_csv()`` makes it.

Its columns are called by instruments, and nothing in it says what of them the numbers are: opens,
volumes and returns look alike. Its file, or its sheet, must be called by it.
"""

import re
from pathlib import Path

from sfr_pipeline.sources.files.layouts.bars import BARS, head
from sfr_pipeline.sources.files.layouts.crossed import Heads, read_crossed
from sfr_pipeline.sources.files.layouts.interface import ReadPrices, Told
from sfr_pipeline.sources.files.layouts.wind_prices import CODED
from sfr_pipeline.sources.files.opening import Sheet

CALLED = re.compile(r"clos(e|es|ing)([ _-]?prices?)?|收盘价?", re.IGNORECASE)
DAYS = {*CODED["date"], "datetime", ""}
FIELDS = {word for words in (BARS, CODED) for called in words.values() for word in called}


class Closes:
    """See the module."""

    name = "closes, an instrument a column"

    def recognises(self, sheet: Sheet, path: Path) -> bool:
        """Whether file or sheet is called so, and no head says what a column holds."""
        heads = [head(cell) for cell in sheet.rows[0][1]]
        called = any(CALLED.fullmatch(name) for name in (path.stem, sheet.name or "") if name)
        return called and is_crossed(heads) and len(sheet.rows) > 1

    def read(self, sheet: Sheet, path: Path, told: Told) -> ReadPrices:
        """Read the closes of each instrument."""
        tickers = sheet.rows[0][1]
        fields = ["", *("close" if cell else "" for cell in tickers[1:])]
        heads = Heads(0, fields, tickers, sheet.rows[1:])
        return read_crossed(sheet, self.name, heads, CODED, told._replace(columns={}))


def is_crossed(heads: list[str]) -> bool:
    """Whether heads are days and then instruments, as far as words tell.

    Args:
        heads: of the columns, in small letters.
    """
    return len(heads) > 1 and heads[0] in DAYS and not FIELDS & {*heads[1:]}
