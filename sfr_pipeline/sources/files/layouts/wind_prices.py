"""Wind's terminal: daily quotes with heads in Chinese, a column of codes, and a note of the source.

Heads name units in brackets; a volume in ten thousands or millions is written out, so that files of
one instrument agree.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sfr_pipeline.sources.files.layouts.bars import Words, read_bars
from sfr_pipeline.sources.files.layouts.flat import Flat
from sfr_pipeline.sources.files.layouts.interface import ReadPrices, Told
from sfr_pipeline.sources.files.opening import Sheet

WORDS: Words = {
    "symbol": ("代码", "证券代码", "交易代码"),
    "date": ("日期", "交易日期", "时间", "交易时间"),
    "open": ("开盘价", "开盘"),
    "high": ("最高价", "最高"),
    "low": ("最低价", "最低"),
    "close": ("收盘价", "收盘"),
    "volume": ("成交量",),
}
SIZES: Mapping[str, float] = {"万": 1e4, "百万": 1e6, "亿": 1e8}
_SIZE = re.compile(r"[(（\[](百万|万|亿)")


@dataclass(frozen=True)
class Wind(Flat):
    """Bars of one code or of several."""

    def read(self, sheet: Sheet, path: Path, told: Told) -> ReadPrices:
        """Read the bars, volumes in full."""
        table = self.found(sheet)
        read = read_bars(table, told)
        place = table.at.get("volume")
        size = None if place is None else _SIZE.search(str(table.head[place]))
        if size is None:
            return read
        return read._replace(
            prices=[
                one._replace(bars=one.bars.assign(volume=one.bars["volume"] * SIZES[size[1]]))
                for one in read.prices
            ]
        )


WIND = Wind("Wind", (WORDS,), ("date", "close"))
