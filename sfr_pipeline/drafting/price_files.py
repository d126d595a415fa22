"""Daily prices from a user's files: which instruments they hold, and their bars.

Belongs here: three layouts, told apart by the header alone: one instrument with its close beside
open, high, low and volume, as Yahoo, Stooq and Investing export; a row a bar with a column of
symbols; a column of closes an instrument. Does not belong here: what is guessed of an instrument
(`prices`), and files that a market reads (`sources.files.prices`), which are written in one way.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from sfr_pipeline import clock
from sfr_pipeline.drafting.dates import DayFirst, Moment, is_date, read_dates
from sfr_pipeline.drafting.grid import Grid
from sfr_pipeline.drafting.numbers import (
    Cell,
    Decimal,
    decimal_of,
    is_missing,
    is_number,
    needs_telling,
    number,
)
from sfr_pipeline.drafting.reading import LeftOut
from sfr_pipeline.drafting.tables import SUFFIXES, named, read_table, word
from sfr_pipeline.sources.cells import FIRST_DATE
from sfr_pipeline.sources.files.checks import SPARSE, abridged, refuse
from sfr_pipeline.sources.files.prices import FIELDS

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
# What exports add to the name of an instrument in the name of its file.
TAILS = re.compile(
    r"([ _-](historical|stock|etf|futures|price|prices|data|history|daily|d))+$", re.IGNORECASE
)
VOLUMES = {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}
# A year of closes, below which nothing can be measured.
LEAST_CLOSES = 250


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


class _Unusable(Exception):
    """Why an instrument is left out."""


class _Column(NamedTuple):
    """Cells of one instrument, by field, each with its row."""

    symbol: str
    dates: list[Cell]
    fields: dict[str, list[Cell]]


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
        grid = read_table(file)
        notes += [f"{file.name}: {note}" for note in grid.notes]
        columns = list(_columns(file, grid, notes))
        dates, convention = _conventions(grid.file, columns, day_first, decimal)
        for column in columns:
            taken[column.symbol] += 1
            try:
                if taken[column.symbol] > 1:
                    raise _Unusable("its name stands in the files already: keep one")
                instruments.append(Bars(column.symbol, _bars(column, dates, convention)))
            except _Unusable as reason:
                left_out.append(LeftOut(column.symbol, str(reason)))
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


def _columns(path: Path, grid: Grid, notes: list[str]) -> Iterator[_Column]:
    """The instruments of a file, by its layout."""
    start = _first_row(grid)
    heads = [cells for _, cells in grid.rows[:start]]
    rows = grid.rows[start:]
    header = heads[0]
    at = named(header, WORDS)
    if "date" not in at:
        # Yahoo's library leaves the name of the first column to a row below the tickers.
        at["date"] = next(place for place, cell in enumerate(rows[0][1]) if is_date(cell))
    dates = [Cell(row, cells[at["date"]]) for row, cells in rows]
    tickers = _tickers(heads, at["date"])
    if tickers is not None:
        yield from _tickered(rows, header, tickers, dates)
        return
    if "adjusted" in at:
        notes.append(f"{path.name}: adjusted closes are used, and open, high and low follow them.")
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
        yield _taken(TAILS.sub("", path.stem).strip() or path.stem, rows, bars, at["date"])
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


def _tickers(heads: Sequence[Sequence[str]], date: int) -> list[str] | None:
    """Tickers in a second row of headers, below fields: as Yahoo's library writes them."""
    if len(heads) < 2:
        return None
    fields = {name for name in WORDS if name not in ("date", "symbol")}
    if not set(named(heads[0], WORDS)) & fields:
        return None
    below = [cell for place, cell in enumerate(heads[1]) if place != date]
    return list(heads[1]) if below and all(below) else None


def _tickered(
    rows: Sequence[tuple[int, list[str]]],
    header: Sequence[str],
    tickers: Sequence[str],
    dates: list[Cell],
) -> Iterator[_Column]:
    own: dict[str, dict[str, list[Cell]]] = {}
    for place, (field, ticker) in enumerate(zip(header, tickers, strict=True)):
        name = next(iter(named([field], WORDS)), None)
        if name in (*FIELDS, "adjusted"):
            cells = [Cell(row, cells[place]) for row, cells in rows]
            own.setdefault(ticker, {})[name] = cells
    for ticker, fields in own.items():
        if "close" in fields:
            yield _Column(ticker, dates, fields)


def _taken(
    symbol: str, rows: Sequence[tuple[int, list[str]]], at: dict[str, int], date: int
) -> _Column:
    return _Column(
        symbol,
        [Cell(row, cells[date]) for row, cells in rows],
        {name: [Cell(row, cells[place]) for row, cells in rows] for name, place in at.items()},
    )


# Values ---------------------------------------------------------------------------------------


def _conventions(
    file: str, columns: Sequence[_Column], day_first: DayFirst, decimal: Decimal | None
) -> tuple[dict[str, Moment], Decimal]:
    """What the dates of a file mean, and what divides its decimals."""
    written = {cell.text: cell for column in columns for cell in column.dates if cell.text}
    days = [(cell.row, text) for text, cell in written.items() if is_date(text)]
    prices = [
        cell
        for column in columns
        for name, cells in column.fields.items()
        if name != "volume"
        for cell in cells
    ]
    told = not needs_telling(cell.text for cell in prices)
    numbers = [] if told else [cell for cell in prices if is_number(cell.text)]
    return read_dates(file, days, day_first), decimal_of(file, numbers, decimal)


def _bars(column: _Column, dates: dict[str, Moment], decimal: Decimal) -> pd.DataFrame:
    """The bars of an instrument.

    Raises:
        _Unusable: it can't be used.
    """
    undated = [cell for cell in column.dates if cell.text not in dates]
    if any(cell.text for cell in undated):
        cell = next(cell for cell in undated if cell.text)
        raise _Unusable(f"'{abridged(cell.text)}' in row {cell.row} is no day: correct it")
    if any(dates[cell.text].span != "day" for cell in column.dates if cell.text):
        raise _Unusable("its dates are of months or quarters, and prices must be daily")
    fields = {
        name: _volumes(cells) if name == "volume" else _numbers(cells, decimal)
        for name, cells in column.fields.items()
    }
    frame = pd.DataFrame(fields).assign(
        day=[dates[cell.text].start if cell.text else pd.NaT for cell in column.dates],
        row=[cell.row for cell in column.dates],
    )
    if "adjusted" in frame:
        frame = _adjusted(frame)
    frame = frame.dropna(subset=["day", "close"])
    frame["day"] = pd.to_datetime(frame["day"])
    today = pd.Timestamp(clock.today())
    frame = frame[(frame["day"] <= today) & (frame["day"] >= FIRST_DATE)]
    frame = frame.sort_values("day", kind="stable")
    if (twice := frame.duplicated("day")).any():
        day = frame.loc[twice, "day"].iloc[0]
        first, second, *_ = frame.loc[frame["day"] == day, "row"]
        raise _Unusable(f"{day:%Y-%m-%d} stands in rows {first} and {second}: keep one")
    if len(frame) < LEAST_CLOSES:
        raise _Unusable(f"it has {len(frame)} closes, and {LEAST_CLOSES}, a year, are needed")
    if (gap := frame["day"].diff().dt.days.median()) > SPARSE["daily"]:
        raise _Unusable(f"its closes lie {gap:.0f} days apart: give daily ones")
    if frame["close"].nunique() == 1:
        raise _Unusable(f"all of its closes are {frame['close'].iloc[0]:g}")
    return frame.set_index("day").reindex(columns=list(FIELDS))


def _adjusted(frame: pd.DataFrame) -> pd.DataFrame:
    """Bars on the scale of the adjusted close."""
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = frame["adjusted"] / frame["close"]
    moved = {name: frame[name] * factor for name in ("open", "high", "low") if name in frame}
    return frame.assign(**moved, close=frame["adjusted"])


def _numbers(cells: Sequence[Cell], decimal: Decimal) -> np.ndarray:
    """Numbers of a column, NaN where they are missing.

    Raises:
        _Unusable: one is none.
    """
    texts = pd.Series([cell.text for cell in cells], dtype=object)
    plain = texts if decimal == "point" else texts.where(~texts.str.contains("[.,]"))
    values = pd.to_numeric(plain, errors="coerce").to_numpy(float, copy=True)
    for place in np.flatnonzero(~np.isfinite(values)):
        cell = cells[int(place)]
        try:
            values[place] = number(cell.text, decimal)
        except ValueError:
            raise _Unusable(
                f"'{abridged(cell.text)}' in row {cell.row} is no number: correct it, or empty the "
                "cell"
            ) from None
    return values


def _volumes(cells: Sequence[Cell]) -> np.ndarray:
    """Volumes, NaN where there is none that can be read: 1,234,567 and 1.23M alike."""
    values = np.full(len(cells), np.nan)
    for place, cell in enumerate(cells):
        if is_missing(cell.text):
            continue
        text = cell.text.replace(",", "").replace(" ", "")
        factor = VOLUMES.get(text[-1:].lower(), 1.0)
        try:
            values[place] = float(text.rstrip("kKmMbBtT")) * factor
        except ValueError:
            continue
    return np.where(values >= 0, values, np.nan)
