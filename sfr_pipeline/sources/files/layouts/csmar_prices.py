"""CSMAR: daily files of stocks (TRD_Dalyr) and indices (TRD_Index), with its codes as heads.

Below the head there may be rows of Chinese labels and units. Codes have six digits; a spreadsheet
drops the zeros in front, which are put back.
"""

from dataclasses import dataclass
from pathlib import Path

from sfr_pipeline.sources.files.layouts.bars import Words, read_bars
from sfr_pipeline.sources.files.layouts.flat import Flat
from sfr_pipeline.sources.files.layouts.interface import ReadPrices, Told
from sfr_pipeline.sources.files.opening import Sheet

STOCKS: Words = {
    "symbol": ("stkcd",),
    "date": ("trddt",),
    "open": ("opnprc",),
    "high": ("hiprc",),
    "low": ("loprc",),
    "close": ("clsprc",),
    "adjusted": ("adjprcwd", "adjprcnd"),
    "volume": ("dnshrtrd",),
}
INDICES: Words = {
    "symbol": ("indexcd",),
    "date": ("idxtrd01", "trddt"),
    "open": ("idxtrd02", "opnindex"),
    "high": ("idxtrd03", "hiindex"),
    "low": ("idxtrd04", "loindex"),
    "close": ("idxtrd05", "clsindex"),
    "volume": ("idxtrd06", "dnshrtrd"),
}
DIGITS = 6


@dataclass(frozen=True)
class Csmar(Flat):
    """Bars in a row a code and day."""

    def read(self, sheet: Sheet, path: Path, told: Told) -> ReadPrices:
        """Read the bars, codes with all of their digits."""
        read = read_bars(self.found(sheet), told)
        return read._replace(prices=[one._replace(symbol=_code(one.symbol)) for one in read.prices])


def _code(written: str | None) -> str | None:
    return written.zfill(DIGITS) if written is not None and written.isdecimal() else written


CSMAR = Csmar("CSMAR", (STOCKS, INDICES), ("symbol", "date", "close"))
