"""Daily prices from files: a file an instrument, or files of several, as vendors deliver them.

They lie in ``imports/<market>/prices/`` and folders below it, and take precedence over the sources,
instrument by instrument. Layouts of vendors are recognised (`layouts`); else columns are ``date``,
``close`` and, where there are any, ``open``, ``high``, ``low``, ``volume`` and ``symbol``, in any
order and case. A file ``mapping.yaml`` beside them may say, of either::

    columns: {date: Day, close: Adj Close, symbol: Ticker}  # their names in these files
    symbols: {SPX: ^GSPC}                                   # as the files call them: as we do
    ignore: ['SPY', '000300']                               # in the files, but not wanted

What belongs to no instrument is refused otherwise: a misspelt name must not bring back the open
source in silence.
"""

import datetime as dt
import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple, Protocol

import pandas as pd

from sfr_pipeline import clock
from sfr_pipeline.sources.files.checks import abridged, refuse
from sfr_pipeline.sources.files.content import LARGEST_MAPPING, read_content
from sfr_pipeline.sources.files.layouts import price_layout
from sfr_pipeline.sources.files.layouts.file_names import names_of
from sfr_pipeline.sources.files.layouts.interface import PRICE_FIELDS, Told
from sfr_pipeline.sources.files.layouts.plain_prices import COLUMNS, PLAIN
from sfr_pipeline.sources.files.opening import SUFFIXES, Opened, open_file
from sfr_pipeline.sources.files.price_bars import checked_bars

log = logging.getLogger(__name__)

FOLDER = "prices"
MAPPING = "mapping.yaml"
README = "README.txt"
# What systems and spreadsheets leave in folders.
LEFTOVERS = ("thumbs.db", "desktop.ini")


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

    @property
    def known_as(self) -> Sequence[str]:
        """Its names in the files of vendors."""
        ...


class PassedOver(NamedTuple):
    """Something in the folder that is not read.

    Attributes:
        name: of the file, below the folder.
        why: in a sentence.
    """

    name: str
    why: str


class PriceFile(NamedTuple):
    """A file that was read.

    Attributes:
        name: below the folder.
        layout: its vendor's.
        format: how it was opened, such as ``CSV, GB18030, semicolons``.
        symbols: of the instruments in it, as the market calls them.
    """

    name: str
    layout: str
    format: str
    symbols: tuple[str, ...]


class PriceFolder(NamedTuple):
    """The files of prices of a market.

    Attributes:
        prices: as of `read_prices`.
        files: that were read.
        passed_over: what was not, files and parts of files, by name.
    """

    prices: pd.DataFrame
    files: list[PriceFile]
    passed_over: list[PassedOver]


@dataclass(frozen=True)
class _Mapping:
    columns: dict[str, str]
    symbols: dict[str, str]
    ignore: frozenset[str]


class _Names(NamedTuple):
    """What files may call the instruments of a market.

    Attributes:
        exact: symbol of each name.
        folded: symbols of each name in small letters.
        mapping: what the user says.
    """

    exact: Mapping[str, str]
    folded: Mapping[str, frozenset[str]]
    mapping: _Mapping


def read_prices(
    imports: Path, instruments: Sequence[Traded], today: dt.date | None = None
) -> pd.DataFrame:
    """Prices of the instruments for which there are files; what is not read is logged by name.

    Args:
        imports: the market's folder of files; need not exist, nor hold any prices.
        instruments: those of the market; a file may call them by symbol, code or `known_as`.
        today: nothing may speak of later days.

    Returns:
        ``date``, ``symbol``, ``open``, ``high``, ``low``, ``close``, ``volume`` (NaN where the
        file does not say), ``file`` and its ``sha256``.

    Raises:
        SourceError: the first validation error, with file, row and remedy.
    """
    folder = read_price_folder(imports, instruments, today)
    for one in folder.passed_over:
        log.info("%s: %s", one.name, one.why)
    return folder.prices


def read_price_folder(
    imports: Path, instruments: Sequence[Traded], today: dt.date | None = None
) -> PriceFolder:
    """The files of prices of a market, and how each was read.

    Args:
        imports: as of `read_prices`.
        instruments: as of `read_prices`.
        today: as of `read_prices`.

    Raises:
        SourceError: as `read_prices`.
    """
    empty = pd.DataFrame({name: pd.Series(dtype=float) for name in PRICE_FIELDS}).assign(
        date=pd.Series(dtype="datetime64[us]"), symbol="", file="", sha256=""
    )
    folder = price_folder(imports)
    if folder is None:
        return PriceFolder(empty, [], [])
    exact = {
        name: item.symbol
        for item in instruments
        for name in (*item.known_as, item.code, item.symbol)
        if name is not None
    }
    folded: dict[str, frozenset[str]] = {}
    for name, symbol in exact.items():
        folded[name.casefold()] = folded.get(name.casefold(), frozenset()) | {symbol}
    names = _Names(exact, folded, _mapping(folder / MAPPING, exact))
    found = PriceFolder(empty, [], [])
    frames: list[pd.DataFrame] = []
    where: dict[str, str] = {}
    for path in _files(folder, found.passed_over):
        name = path.relative_to(folder).as_posix()
        opened = open_file(path)
        found.passed_over.extend(PassedOver(name, note) for note in opened.notes)
        layouts: Counter[str] = Counter()
        symbols = []
        for layout, symbol, frame in _read(
            path, name, opened, names, today or clock.today(), found.passed_over
        ):
            layouts[layout] += 1
            if symbol in where:
                refuse(str(path), None, f"'{symbol}' stands in {where[symbol]} too: keep one")
            where[symbol] = name
            symbols.append(symbol)
            frames.append(frame.assign(symbol=symbol, file=name, sha256=opened.sha256))
        if symbols:
            found.files.append(PriceFile(name, ", ".join(layouts), opened.format, tuple(symbols)))
    return found._replace(prices=pd.concat(frames, ignore_index=True)) if frames else found


def price_folder(imports: Path) -> Path | None:
    """The folder of prices among a market's files, in whatever case; None where there is none.

    Raises:
        SourceError: there are two.
    """
    if not imports.is_dir():
        return None
    found = [one for one in sorted(imports.iterdir()) if one.name.casefold() == FOLDER]
    found = [one for one in found if one.is_dir()]
    if len(found) > 1:
        refuse(str(found[0]), None, f"prices stand in '{found[1].name}' too: put all into one")
    return found[0] if found else None


def _files(folder: Path, passed_over: list[PassedOver]) -> Iterator[Path]:
    """The files to be read, of folders below too."""
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        name = "/".join(parts)
        if name == MAPPING or (path.is_dir() and path.suffix.lower() not in SUFFIXES):
            continue
        if path.name == README:
            passed_over.append(PassedOver(name, "what the folder may hold, no prices"))
        elif parts[-1].startswith((".", "~$")) or parts[-1].lower() in LEFTOVERS:
            passed_over.append(PassedOver(name, "a file of the system's, no prices"))
        elif any(part.startswith(".") for part in parts):
            passed_over.append(PassedOver(name, "in a hidden folder"))
        elif path.suffix.lower() in (".yaml", ".yml"):
            refuse(str(path), None, f"the mapping is called {MAPPING}, in {folder}: call it so")
        elif path.suffix.lower() not in SUFFIXES or not path.is_file():
            refuse(
                str(path),
                None,
                f"prices are files of {', '.join(SUFFIXES)}: save it as one, or remove it",
            )
        else:
            yield path


def _read(
    path: Path,
    name: str,
    opened: Opened,
    names: _Names,
    today: dt.date,
    passed_over: list[PassedOver],
) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Layout, symbol and bars of the instruments in one file."""
    told = Told(names.mapping.columns)
    layouts = [price_layout(sheet, path) for sheet in opened.sheets]
    known = [
        layout is not None or PLAIN.fits(sheet, told)
        for layout, sheet in zip(layouts, opened.sheets, strict=True)
    ]
    for sheet, layout, is_known in zip(opened.sheets, layouts, known, strict=True):
        if any(known) and not is_known:
            part = sheet.name or sheet.file.removeprefix(f"{opened.file}, ")
            passed_over.append(PassedOver(name, f"'{part}' of it has neither day nor close"))
            continue
        taken = layout or PLAIN
        read = taken.read(sheet, path, told)
        passed_over.extend(PassedOver(name, said) for said in read.ignored)
        for one in read.prices:
            called = names_of(path) if one.symbol is None else (one.symbol,)
            if one.symbol is None and sum(known) > 1 and sheet.name is not None:
                called = (sheet.name,)
            row = None if one.symbol is None else int(one.bars.index[0])
            symbol = _symbol(sheet.file, row, called, names)
            if symbol is None:
                passed_over.append(PassedOver(name, f"'{called[0]}', which {MAPPING} ignores"))
                continue
            yield taken.name, symbol, checked_bars(sheet.file, one.bars, symbol, today)


def _symbol(file: str, row: int | None, called: Sequence[str], names: _Names) -> str | None:
    """The instrument that a file names; None where it is to be ignored.

    Args:
        file: its name, for messages.
        row: the first of the instrument.
        called: what it may be called there, the surest first.
        names: of the instruments.
    """
    mapping = names.mapping
    for written in called:
        if written in mapping.ignore:
            return None
        for known in (mapping.symbols, names.exact):
            if written in known:
                return known[written]
    for written in called:
        low = written.casefold()
        if low in {name.casefold() for name in mapping.ignore}:
            return None
        mapped = {ours for theirs, ours in mapping.symbols.items() if theirs.casefold() == low}
        found = mapped or names.folded.get(low, frozenset())
        if len(found) == 1:
            return next(iter(found))
    written = called[0]
    near = get_close_matches(called[-1], names.exact, n=1)
    hint = f"did you mean '{near[0]}'? Else write" if near else "write"
    refuse(
        file,
        row,
        f"'{abridged(written)}' is no instrument of the market: {hint} \"symbols: {{'{written}': "
        f'...}}" with its symbol, or "ignore: [\'{written}\']", into {MAPPING} beside it',
    )


def _mapping(path: Path, names: dict[str, str]) -> _Mapping:
    import yaml

    if not path.exists():
        return _Mapping({}, {}, frozenset())
    try:
        content = yaml.safe_load(read_content(path, LARGEST_MAPPING).decode()) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
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
    for name in columns:
        if name not in COLUMNS:
            refuse(str(path), None, f"'{name}' is no column: choose from {', '.join(COLUMNS)}")
    for theirs, ours in symbols.items():
        if str(ours) not in names:
            near = get_close_matches(str(ours), names, n=1)
            hint = f"did you mean '{near[0]}'?" if near else "remove the line"
            refuse(str(path), None, f"'{theirs}: {ours}': no instrument of the market, {hint}")
    return _Mapping(
        {str(name): str(theirs) for name, theirs in columns.items()},
        {str(theirs): names[str(ours)] for theirs, ours in symbols.items()},
        frozenset(str(name) for name in ignore),
    )
