"""Daily prices from a user's files: which instruments they hold, and their bars.

Layouts of vendors are recognised as a market's files are (`sources.files.layouts`). Belongs here:
what else a file can be, told by the header alone: one instrument with its close beside open, high,
low and volume; a row a bar with a column of symbols; a column of closes an instrument. Does not
belong here: what is guessed of an instrument (`prices`).
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from sfr_pipeline.drafting.dates import DayFirst, is_date
from sfr_pipeline.drafting.grid import PLAIN, Grid
from sfr_pipeline.drafting.numbers import Cell, Decimal
from sfr_pipeline.drafting.price_values import Column, Unusable, bars_of, conventions, frame_of
from sfr_pipeline.drafting.reading import LeftOut
from sfr_pipeline.drafting.tables import grid_of, named, word
from sfr_pipeline.sources.files.checks import abridged, refuse
from sfr_pipeline.sources.files.layouts import price_layout
from sfr_pipeline.sources.files.layouts.file_names import names_of
from sfr_pipeline.sources.files.layouts.interface import Told
from sfr_pipeline.sources.files.opening import SUFFIXES, Opened, Sheet, open_file

# How headers call what a column holds, in small letters without anything but letters.
WORDS = {
    "date": ("date", "day", "datetime", "timestamp", "time", "tradedate", "tradingday", "data",
             "datum", "fecha", "日期", "交易日期"),
    "adjusted": ("adjclose", "adjustedclose", "adjustedclosingprice"),
    "close": ("close", "closing", "closingprice", "closeprice", "pxlast", "last", "price",
              "settle", "settlement", "value", "zamkniecie", "schluss", "cierre", "收盘",
              "收盘价"),
    "open": ("open", "opening", "openingprice", "openprice", "pxopen", "otwarcie", "开盘",
             "开盘价"),
    "high": ("high", "pxhigh", "highprice", "najwyzszy", "最高", "最高价"),
    "low": ("low", "pxlow", "lowprice", "najnizszy", "最低", "最低价"),
    "volume": ("volume", "vol", "pxvolume", "wolumen", "成交量"),
    "symbol": ("symbol", "ticker", "instrument", "security", "isin", "asset", "code", "name",
               "series", "代码", "股票代码"),
}  # fmt: skip
# What no instrument is, where each column is one.
NEITHER = ("change", "changepercent", "openint", "openinterest", "per", "adjfactor", "dividends",
           "stocksplits")  # fmt: skip
ADJUSTED = "{}: adjusted closes are used, and open, high and low follow them."


class Bars(NamedTuple):
    """An instrument as the files have it.

    Attributes:
        symbol: what they call it.
        frame: open, high, low, close, volume by day, ascending; NaN where the file does not say.
    """

    symbol: str
    frame: pd.DataFrame


class PriceFiles(NamedTuple):
    """What files of prices hold.

    Attributes:
        name: of the file or folder.
        instruments: in the order of the files.
        left_out: what is of no use, and why.
        notes: how they were read, in sentences.
    """

    name: str
    instruments: list[Bars]
    left_out: list[LeftOut]
    notes: list[str]


class _Held(NamedTuple):
    """An instrument as a file has it.

    Attributes:
        symbol: what the file calls it.
        frame: makes its bars: ``day``, ``row`` and fields, ``adjusted`` too; may raise `Unusable`.
    """

    symbol: str
    frame: Callable[[], pd.DataFrame]


def read_price_files(
    path: Path, day_first: DayFirst = None, decimal: Decimal | None = None
) -> PriceFiles:
    """Read a file of prices, or a folder of them.

    Args:
        path: CSV, Excel or Parquet file, or a folder; files of other kinds in it are told.
        day_first: of 01/02/2020, whether the day comes first; None: as the dates tell.
        decimal: what divides decimals; None: as the numbers tell.

    Raises:
        SourceError: a file can't be read, or what it holds has two meanings, or all of them hold
            no instrument that can be used.
    """
    instruments: list[Bars] = []
    left_out: list[LeftOut] = []
    notes: list[str] = []
    taken: Counter[str] = Counter()
    for file in _files(path, notes):
        opened = open_file(file)
        told = Told(day_first=day_first, decimal=decimal)
        held = _vendors(file, opened, told, notes)
        for symbol, frame in _guessed(file, opened, told, notes) if held is None else held:
            taken[symbol] += 1
            try:
                if taken[symbol] > 1:
                    raise Unusable("its name stands in the files already: keep one")
                instruments.append(Bars(symbol, bars_of(frame())))
            except Unusable as reason:
                left_out.append(LeftOut(symbol, str(reason)))
    if not instruments:
        reasons = "; ".join(f"{abridged(one.name)}: {one.reason}" for one in left_out[:3])
        refuse(str(path), None, f"no instrument of it can be used ({reasons or 'it holds none'})")
    return PriceFiles(path.name, instruments, left_out, notes)


def _files(path: Path, notes: list[str]) -> list[Path]:
    if not path.is_dir():
        if not path.is_file():
            refuse(str(path), None, "there is no such file or folder")
        return [path]
    found = [file for file in sorted(path.iterdir()) if not file.name.startswith((".", "~$"))]
    kept = [file for file in found if file.is_file() and file.suffix.lower() in SUFFIXES]
    notes += [f"Not read: {file.name}." for file in found if file not in kept]
    if not kept:
        refuse(str(path), None, f"the folder holds no file of prices ({', '.join(SUFFIXES)})")
    return kept


# Layout ---------------------------------------------------------------------------------------


def _vendors(path: Path, opened: Opened, told: Told, notes: list[str]) -> list[_Held] | None:
    """Symbols and bars of a file that a vendor laid out; None where no vendor's is recognised."""
    known = [(sheet, price_layout(sheet, path)) for sheet in opened.sheets]
    if not any(layout for _, layout in known):
        return None
    held: list[_Held] = []
    for sheet, layout in known:
        if layout is None:
            notes.append(f"{path.name}: sheet '{sheet.name}' was not read.")
            continue
        for one in layout.read(sheet, path, told).prices:
            bars = one.bars.assign(day=pd.to_datetime(one.bars["date"]), row=one.bars.index)
            if "adjusted" in bars and (note := ADJUSTED.format(path.name)) not in notes:
                notes.append(note)
            symbol = one.symbol or sheet.name or names_of(path)[-1]
            held.append(_Held(symbol, bars.drop(columns="date").copy))
    return held


def _guessed(path: Path, opened: Opened, told: Told, notes: list[str]) -> Iterator[_Held]:
    """Symbols and bars of a file that is in nobody's layout."""
    sheet = max(opened.sheets, key=_filled)
    grid = grid_of(sheet)
    if opened.format not in PLAIN:
        notes.append(f"{path.name}: read as {opened.format}.")
    notes += [
        f"{path.name}: sheet '{one.name}' was not read." for one in opened.sheets if one != sheet
    ]
    columns = list(_columns(path, grid, notes))
    dates, convention = conventions(grid.file, columns, told.day_first, told.decimal)
    for column in columns:
        yield _Held(column.symbol, partial(frame_of, column, dates, convention))


def _filled(sheet: Sheet) -> int:
    return sum(cell not in (None, "") for _, cells in sheet.rows for cell in cells)


def _columns(path: Path, grid: Grid, notes: list[str]) -> Iterator[Column]:
    """The instruments of a file, by its layout."""
    start = _first_row(grid)
    header = grid.rows[0][1]
    rows = grid.rows[start:]
    at = named(header, WORDS)
    if "date" not in at:
        at["date"] = next(place for place, cell in enumerate(rows[0][1]) if is_date(cell))
    if "adjusted" in at:
        notes.append(ADJUSTED.format(path.name))
    bars = {name: place for name, place in at.items() if name not in ("date", "symbol")}
    if "close" not in bars and "adjusted" in bars:
        bars["close"] = bars["adjusted"]
    if "close" in bars and "symbol" in at:
        places: dict[str, list[int]] = {}
        for place, (_, cells) in enumerate(rows):
            places.setdefault(cells[at["symbol"]], []).append(place)
        for symbol, own in places.items():
            if symbol:
                yield _taken(symbol, [rows[place] for place in own], bars, at["date"])
    elif "close" in bars and not _is_wide(header, at):
        yield _taken(names_of(path)[-1], rows, bars, at["date"])
    else:
        for place, name in enumerate(header):
            if place != at["date"] and name and word(name) not in NEITHER:
                yield _taken(name, rows, {"close": place}, at["date"])


def _is_wide(header: Sequence[str], at: dict[str, int]) -> bool:
    """Whether columns are instruments though one is called as a close is: VALUE, LAST."""
    others = [name for place, name in enumerate(header) if place not in at.values() and name]
    bars = set(at) & {"open", "high", "low", "volume", "adjusted"}
    return not bars and any(word(name) not in NEITHER for name in others)


def _first_row(grid: Grid) -> int:
    """Where the data begin: the first row that has a date."""
    for place, (number_, cells) in enumerate(grid.rows):
        if any(is_date(cell) for cell in cells):
            if place == 0:
                refuse(
                    grid.file,
                    number_,
                    "it begins with data: give it a first row with the names of its columns, such "
                    "as date,close",
                )
            return place
    refuse(grid.file, None, "no column holds dates: give each row its day, such as 2024-01-31")


def _taken(
    symbol: str, rows: Sequence[tuple[int, list[str]]], at: dict[str, int], date: int
) -> Column:
    return Column(
        symbol,
        [Cell(row, cells[date]) for row, cells in rows],
        {name: [Cell(row, cells[place]) for row, cells in rows] for name, place in at.items()},
    )
