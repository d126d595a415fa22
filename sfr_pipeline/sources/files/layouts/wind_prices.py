"""Wind's terminal: daily quotes with heads in Chinese, a code a row or column, perhaps notes."""

import re
from dataclasses import dataclass
from pathlib import Path

from sfr_pipeline.sources.files.layouts.bars import Cells, Words, head, read_bars
from sfr_pipeline.sources.files.layouts.crossed import Heads, filled, read_crossed
from sfr_pipeline.sources.files.layouts.flat import Flat
from sfr_pipeline.sources.files.layouts.interface import ReadPrices, Told
from sfr_pipeline.sources.files.layouts.whose import NAMES
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
# How its functions call the fields where they are written below codes.
CODED: Words = {
    "date": (*WORDS["date"], "date"),
    **{field: (*WORDS[field], field) for field in ("open", "high", "low", "close", "volume")},
}
# How a row below codes and names begins that says more of them, and not what their columns hold.
LABELS = ("单位",)
CODE = re.compile(r"[A-Z0-9]+\.[A-Z]{2,4}", re.ASCII)


@dataclass(frozen=True)
class Wind(Flat):
    """Bars of one code or of several, in rows or in columns."""

    def recognises(self, sheet: Sheet, path: Path) -> bool:
        """Whether it has a head of Wind's, or codes above its columns."""
        return self.table(sheet) is not None or _coded(sheet) is not None

    def read(self, sheet: Sheet, path: Path, told: Told) -> ReadPrices:
        """Read the bars."""
        if (heads := _coded(sheet)) is not None:
            return read_crossed(sheet, self.name, heads, CODED, told)
        return read_bars(self.found(sheet), told)


def _coded(sheet: Sheet) -> Heads | None:
    """Codes above columns of closes, or above the names of fields."""
    codes = filled(_ended(sheet.rows[0][1]))
    corners = {*CODED["date"], *WORDS["symbol"], ""}
    # Names stand below the codes, where they do.
    rows = [row for row in sheet.rows[1:] if not row[1] or head(row[1][0]) not in NAMES]
    if head(codes[0]) not in corners or len(codes) < 2 or not rows:
        return None
    if not all(CODE.fullmatch(str(cell)) for cell in codes[1:]):
        return None
    below = _ended(rows[0][1])
    if _are_fields(below):
        # Amounts too, and the close of the day before, which are no bars and told of.
        width = max(len(codes), len(below))
        fields = ["", *below[1:], *[""] * (width - len(below))]
        return Heads(0, fields, [*codes, *[""] * (width - len(codes))], rows[1:])
    return Heads(0, ["", *["close"] * (len(codes) - 1)], codes, rows)


def _ended(cells: Cells) -> Cells:
    """A row without the empty cells of a text at its end."""
    last = max((place for place, cell in enumerate(cells) if cell != ""), default=0)
    return cells[: last + 1]


def _are_fields(below: Cells) -> bool:
    """Whether a row below codes says what their columns hold; labels and days do not."""
    first, *fields = map(head, below)
    if any(sign.isdigit() for sign in first):
        return False
    known = {word for words in CODED.values() for word in words}
    repeats = len({*fields}) < len(fields)
    return first in CODED["date"] or bool(known & {*fields}) or (repeats and first not in LABELS)


WIND = Wind("Wind", (WORDS,), ("date", "close"))
