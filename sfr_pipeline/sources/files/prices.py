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
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn

import pandas as pd

from sfr_pipeline import clock
from sfr_pipeline.sources.files.checks import refuse
from sfr_pipeline.sources.files.layouts import price_layout, series_layout
from sfr_pipeline.sources.files.layouts.file_names import names_of
from sfr_pipeline.sources.files.layouts.interface import PRICE_FIELDS, Told
from sfr_pipeline.sources.files.layouts.plain_prices import PLAIN
from sfr_pipeline.sources.files.opening import ARCHIVES, SUFFIXES, Opened, open_file
from sfr_pipeline.sources.files.price_bars import checked_bars
from sfr_pipeline.sources.files.price_names import MAPPING, Names, Traded, known_names, symbol_of
from sfr_pipeline.sources.files.survey import PassedOver

log = logging.getLogger(__name__)

FOLDER = "prices"
README = "README.txt"
# What systems and spreadsheets leave in folders.
LEFTOVERS = ("thumbs.db", "desktop.ini")


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
    names = known_names(folder / MAPPING, instruments)
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
    """The folder of prices among a market's files; None where there is none.

    One whose name differs in case is refused with the series' files (`survey`).
    """
    folder = imports / FOLDER
    return folder if folder.is_dir() else None


def _files(folder: Path, passed_over: list[PassedOver]) -> Iterator[Path]:
    """The files to be read, of folders below too."""
    for path in sorted(_below(folder)):
        parts = path.relative_to(folder).parts
        name = "/".join(parts)
        is_folder = path.is_dir() and path.suffix.lower() not in SUFFIXES
        if name == MAPPING or (is_folder and not path.is_symlink()):
            continue
        if path.name == README:
            passed_over.append(PassedOver(name, "what the folder may hold, no prices"))
        elif parts[-1].startswith((".", "~$")) or parts[-1].lower() in LEFTOVERS:
            passed_over.append(PassedOver(name, "a file of the system's, no prices"))
        elif any(part.startswith(".") for part in parts):
            passed_over.append(PassedOver(name, "in a hidden folder"))
        elif is_folder:
            passed_over.append(
                PassedOver(name, "a link to a folder: put the folder itself there to be read")
            )
        elif path.suffix.lower() in (".yaml", ".yml"):
            refuse(str(path), None, f"the mapping is called {MAPPING}, in {folder}: call it so")
        elif path.suffix.lower() not in SUFFIXES or not path.is_file():
            remedy = "unpack it" if path.suffix.lower() in ARCHIVES else "save it as one"
            refuse(
                str(path),
                None,
                f"prices are files of {', '.join(SUFFIXES)}: {remedy}, or remove it",
            )
        else:
            yield path


def _below(folder: Path) -> Iterator[Path]:
    """All that lies in a folder and in those below it, but for what links lead to."""

    def unlisted(error: OSError) -> NoReturn:
        refuse(
            str(error.filename),
            None,
            f"it cannot be listed ({error.strerror}): change its permissions, or move it out of "
            f"{folder}",
        )

    for where, folders, names in os.walk(folder, onerror=unlisted):
        yield from (Path(where, name) for name in (*folders, *names))


def _read(
    path: Path,
    name: str,
    opened: Opened,
    names: Names,
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
        if not is_known and (series := series_layout(sheet)) is not None:
            refuse(
                sheet.file,
                None,
                f"it holds series as {series.name} lays them out, and no bars: move it up if they "
                "are the market's, or give date,close in a file called by the instrument",
            )
        taken = layout or PLAIN
        read = taken.read(sheet, path, told)
        passed_over.extend(PassedOver(name, said) for said in read.ignored)
        for one in read.prices:
            called = names_of(path) if one.symbol is None else (one.symbol,)
            if one.symbol is None and sum(known) > 1 and sheet.name is not None:
                called = (sheet.name,)
            row = None if one.symbol is None else int(one.bars.index[0])
            symbol = symbol_of(sheet.file, row, called, names)
            if symbol is None:
                passed_over.append(PassedOver(name, f"'{called[0]}', which {MAPPING} ignores"))
                continue
            yield taken.name, symbol, checked_bars(sheet.file, one.bars, symbol, today)
