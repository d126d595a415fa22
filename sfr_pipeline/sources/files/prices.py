"""Daily prices from files: a file an instrument, or long files with a column of symbols.

They lie in ``imports/<market>/prices/`` as CSV or Parquet and take precedence over the sources,
instrument by instrument. Columns are ``date``, ``close`` and, where there are any, ``open``,
``high``, ``low``, ``volume`` and ``symbol``, in any order and case; others are not read. A file
``mapping.yaml`` beside them may say::

    columns: {date: Day, close: Adj Close, symbol: Ticker}  # their names in these files
    symbols: {SPX: ^GSPC}                                   # as the files call them: as we do
    ignore: [SPY]                                           # in the files, but not wanted

What belongs to no instrument is refused otherwise: a misspelt name must not bring back the open
source in silence.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd

from sfr_pipeline import clock
from sfr_pipeline.sources import cells
from sfr_pipeline.sources.files.checks import SPARSE, Row, abridged, check_rows, refuse
from sfr_pipeline.sources.files.content import LARGEST_MAPPING, read_content
from sfr_pipeline.sources.files.delimited import Table, read_table
from sfr_pipeline.yaml_text import NotYamlError, load_texts, quoted

FOLDER = "prices"
SUFFIXES = (".csv", ".parquet")
MAPPING = "mapping.yaml"
README = "README.txt"
FIELDS = ("open", "high", "low", "close", "volume")
COLUMNS = ("date", "symbol", *FIELDS)
NEEDED = ("date", "close")
FEW = 4  # closes, below which their distance says nothing


class Traded(Protocol):
    """What a file must know of the instrument that it holds; one of a catalogue does."""

    @property
    def symbol(self) -> str:
        """Its name in the market."""
        ...

    @property
    def code(self) -> str | None:
        """Its name at the source, None where it has none."""
        ...


@dataclass(frozen=True)
class _Daily:
    """What a file of closes must be, for the checks that all files share."""

    id: str
    unit: str = "unit of the instrument"
    frequency: str = "daily"
    valid_range: tuple[float, float] | None = None
    typical: tuple[float, float] | None = None


@dataclass(frozen=True)
class _Mapping:
    columns: dict[str, str]
    symbols: dict[str, str]
    ignore: frozenset[str]


def read_prices(
    imports: Path, instruments: Sequence[Traded], today: dt.date | None = None
) -> pd.DataFrame:
    """Prices of the instruments for which there are files.

    Args:
        imports: the market's folder of files; need not exist, nor hold any prices.
        instruments: those of the market; a file may call them by symbol or by code.
        today: nothing may speak of later days.

    Returns:
        ``date``, ``symbol``, ``open``, ``high``, ``low``, ``close``, ``volume`` (NaN where the
        file does not say), ``file`` and its ``sha256``.

    Raises:
        SourceError: the first validation error, with file, row and remedy.
    """
    folder = imports / FOLDER
    empty = pd.DataFrame({name: pd.Series(dtype=float) for name in FIELDS}).assign(
        date=pd.Series(dtype="datetime64[us]"), symbol="", file="", sha256=""
    )
    if not folder.is_dir():
        return empty
    names = {
        name: item.symbol
        for item in instruments
        for name in (item.code, item.symbol)
        if name is not None
    }
    mapping = _mapping(folder / MAPPING, names)
    frames: list[pd.DataFrame] = []
    where: dict[str, str] = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "~$")) or path.name in (MAPPING, README):
            continue
        if path.suffix not in SUFFIXES or not path.is_file():
            refuse(str(path), None, "prices are CSV or Parquet files: save it as one, or remove it")
        table = read_table(path)
        for symbol, frame in _read(path, table, names, mapping, today or clock.today()):
            if symbol in where:
                refuse(str(path), None, f"'{symbol}' stands in {where[symbol]} too: keep one")
            where[symbol] = path.name
            frames.append(frame.assign(symbol=symbol, file=path.name, sha256=table.sha256))
    return pd.concat(frames, ignore_index=True) if frames else empty


def _read(
    path: Path, table: Table, names: dict[str, str], mapping: _Mapping, today: dt.date
) -> list[tuple[str, pd.DataFrame]]:
    """The instruments in one file."""
    at = _positions(table, mapping)
    data = pd.DataFrame(
        [cells_ for _, cells_ in table.lines], index=[number for number, _ in table.lines]
    )
    data = pd.DataFrame({name: data[position] for name, position in at.items()}, dtype=object)
    data["day"] = _days(table.file, data["date"], today)
    if "symbol" not in at:
        symbol = _symbol(table.file, None, path.stem, names, mapping)
        return [] if symbol is None else [(symbol, _instrument(table.file, data, symbol))]
    found = []
    written = data["symbol"].astype(str).str.strip()
    for name, rows in data.groupby(written, sort=False):
        symbol = _symbol(table.file, int(rows.index[0]), str(name), names, mapping)
        if symbol is not None:
            found.append((symbol, _instrument(table.file, rows, symbol)))
    return found


def _positions(table: Table, mapping: _Mapping) -> dict[str, int]:
    """Where each of our columns stands in a file."""
    header = [name.strip().lower() for name in table.header]
    at = {}
    for name in COLUMNS:
        theirs = mapping.columns.get(name, name).strip().lower()
        if header.count(theirs) > 1:
            refuse(table.file, None, f"two of its columns are called '{theirs}': rename one")
        if theirs in header:
            at[name] = header.index(theirs)
        elif name in NEEDED:
            refuse(
                table.file,
                None,
                f"it has no column '{theirs}': its columns are {', '.join(table.header)}; call it "
                f"so, or say in {MAPPING} 'columns: {{{name}: ...}}'",
            )
    return at


def _symbol(
    file: str, row: int | None, written: str, names: dict[str, str], mapping: _Mapping
) -> str | None:
    """The instrument that a file names; None where it is to be ignored."""
    if written in mapping.ignore:
        return None
    if written in mapping.symbols:
        return mapping.symbols[written]
    if written not in names:
        near = get_close_matches(written, names, n=1)
        hint = f"did you mean '{near[0]}'? Else write" if near else "write"
        refuse(
            file,
            row,
            f"'{abridged(written)}' is no instrument of the market: {hint} 'ignore: "
            f"[{quoted(written)}]' into {MAPPING} beside it",
        )
    return names[written]


def _instrument(file: str, rows: pd.DataFrame, symbol: str) -> pd.DataFrame:
    """One instrument's prices, days without a close left out."""
    values = {name: _numbers(file, rows[name]) for name in FIELDS if name in rows}
    volume = values.get("volume", pd.Series(dtype=float))
    for row, value in volume[volume < 0].items():
        refuse(file, int(str(row)), f"a volume of {value:g} cannot be: correct it, or leave it out")
    frame = pd.DataFrame(values, index=rows.index).reindex(columns=list(FIELDS))
    frame = frame.assign(date=rows["day"])[frame["close"].notna()]
    frame = frame.sort_values("date", kind="stable")
    if frame.empty:
        refuse(file, None, f"it holds no close of {symbol}: fill it, or remove it")
    twice = frame["date"].duplicated()
    for row, day in frame.loc[twice, "date"].items():
        first = frame.index[frame["date"] == day][0]
        refuse(
            file,
            int(str(row)),
            f"{day:%Y-%m-%d} of {symbol} stands in row {first} already: keep one of them",
        )
    gap = frame["date"].diff().dt.days.median()
    if len(frame) >= FEW and gap > SPARSE["daily"]:
        refuse(file, None, f"closes of {symbol} lie {gap:.0f} days apart: give daily ones")
    return frame.reset_index(drop=True)


def _days(file: str, column: pd.Series, today: dt.date) -> pd.Series:
    """The days that the cells of a column name, each form of a day looked at once."""
    written = column.astype(str).str.strip()
    first = written.drop_duplicates()
    # The checks that all files share; values, here places, say which day belongs to which cell.
    rows = [Row(int(str(row)), cell, place) for place, (row, cell) in enumerate(first.items())]
    checked = check_rows(file, rows, _Daily("the closes"), today)
    day_of = dict(zip(first.iloc[checked["value"].astype(int)], checked["date"], strict=True))
    return written.map(day_of)


def _numbers(file: str, column: pd.Series) -> pd.Series:
    """The numbers of a column, by row; the first that is none is refused."""
    plain = np.array([isinstance(cell, float | int) for cell in column])
    numbers = pd.Series(np.nan, index=column.index)
    numbers[plain] = column[plain].astype(float)
    for row, cell in column[~plain].items():
        try:
            numbers[row] = cells.number(cell)
        except ValueError:
            refuse(
                file,
                int(str(row)),
                f"'{abridged(cell)}' is no number: write it plainly, such as 1234.5, without "
                "commas, per cent signs or words, or leave the cell empty",
            )
    for row, value in numbers[np.isinf(numbers)].items():
        refuse(file, int(str(row)), f"{value} is no price: correct it, or leave the cell empty")
    return numbers


def _mapping(path: Path, names: dict[str, str]) -> _Mapping:
    if not path.exists():
        return _Mapping({}, {}, frozenset())
    try:
        content = load_texts(read_content(path, LARGEST_MAPPING).decode()).content or {}
    except (NotYamlError, UnicodeDecodeError) as error:
        refuse(str(path), None, f"it is no valid YAML in UTF-8: {error}")
    if not isinstance(content, dict) or not set(content) <= {"columns", "symbols", "ignore"}:
        refuse(str(path), None, "it may hold 'columns', 'symbols' and 'ignore', and nothing else")
    columns, symbols, ignore = (
        content.get("columns", {}),
        content.get("symbols", {}),
        content.get("ignore", []),
    )
    if not (isinstance(columns, dict) and isinstance(symbols, dict) and isinstance(ignore, list)):
        refuse(
            str(path),
            None,
            "it must read like 'columns: {close: Adj Close}', 'symbols: {SPX: ^GSPC}' and "
            "'ignore: [SPY]'",
        )
    for name in (*columns, *columns.values(), *symbols, *symbols.values(), *ignore):
        if not isinstance(name, str) or not name:
            refuse(str(path), None, "a name is missing: one called null or ~ stands in quotes")
    for name, theirs in columns.items():
        if name not in COLUMNS:
            refuse(str(path), None, f"'{name}' is no column: choose from {', '.join(COLUMNS)}")
        first = next(one for one, column in columns.items() if column == theirs)
        if first != name:
            refuse(
                str(path),
                None,
                f"'{first}' and '{name}' both name the column '{theirs}': remove one of them",
            )
    for theirs in symbols:
        if theirs in ignore:
            refuse(str(path), None, f"'{theirs}' stands in 'symbols' and in 'ignore': keep one")
    for theirs, ours in symbols.items():
        if ours not in names:
            near = get_close_matches(ours, names, n=1)
            hint = f"did you mean '{near[0]}'?" if near else "remove the line"
            refuse(str(path), None, f"'{theirs}: {ours}': no instrument of the market, {hint}")
    return _Mapping(
        columns,
        {theirs: names[ours] for theirs, ours in symbols.items()},
        frozenset(ignore),
    )
