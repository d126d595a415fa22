"""Empty files for a market's series and references, and what files of its prices must be."""

import logging
import math
from pathlib import Path
from typing import NamedTuple

from sfr_pipeline.errors import ExportError
from sfr_pipeline.inputs.files import folder_of
from sfr_pipeline.markets import Market, Series
from sfr_pipeline.markets.market import Instrument
from sfr_pipeline.markets.reference import Reference
from sfr_pipeline.sources.files.delimited import TEMPLATE_MARK
from sfr_pipeline.sources.files.folder import README
from sfr_pipeline.sources.files.prices import FOLDER as PRICES

LOG = logging.getLogger(__name__)

DATES = {
    "daily": ("2024-01-31", "the day"),
    "weekly": ("2024-01-31", "the day that the publisher gives"),
    "monthly": ("2024-01-31", "any day of the month, or 2024-01"),
    "quarterly": ("2024-03-31", "any day of the quarter, or 2024Q1"),
}

GUIDE = """Files of market {name}: {title}

Each file holds one series. Fill in rows below the header line and keep the header:

    date,value,available_at

available_at, the day of publication, may stay empty; then it is the end of the period plus the
release lag of the catalogue. Lines that begin with # are comments. A template without rows counts
as no file: where the catalogue knows an open source, that is asked; otherwise the indicators that
need the series are left out and listed in the table missing_indicators. A file with rows takes
precedence over the open source. Published indices, which the market's own index is compared with,
have files of the same kind.

Instead of these files you may put here exports of Wind, Choice, iFinD, CSMAR, CEIC or FRED as they
are, under any name: columns go to the series whose known names they have. Or a table with several
series and a mapping.yaml, files with the same columns in other formats, or the official workbooks
as downloaded: docs/markets.md, "Files". Remove the template of a series that comes in one of these
ways, or leave it without rows.

{series}
"""


PRICES_GUIDE = """Daily prices of market {name}: {title}

Put here files as yfinance, Yahoo, Stooq, investing.com, Wind or CSMAR deliver them, or of your own:
one an instrument, called by its symbol, or several with a column 'symbol'. Columns of your own are

    date,close,open,high,low,volume,symbol

of which date and close must be there; others are not read. Where your files call a column or an
instrument otherwise, a mapping.yaml beside them says so:

    columns: {{close: Adj Close}}
    symbols: {{SPX: {example}}}
    ignore: ['SPY', '000300']

{instruments}
"""


class Written(NamedTuple):
    """What happened to each file.

    Attributes:
        new: files that were written.
        kept: files that were there and stay as they are.
    """

    new: list[Path]
    kept: list[Path]


def write(market: Market, folder: Path | None = None) -> Written:
    """Write a template for every series and reference, and READMEs; overwrite nothing.

    Prices have no templates, for a file of them may hold many instruments: a README says what it
    must be.

    Args:
        market: the catalogue.
        folder: where to; by default the market's folder of files.

    Raises:
        ExportError: the market has neither series nor prices, or no folder for files.
    """
    folder = folder or folder_of(market)
    if folder is None:
        raise ExportError(
            f"market {market.name} reads no files: give its catalogue a folder, such as "
            f"'files: imports/{market.name}'"
        )
    every = market.sourced_series
    if not every and not market.prices:
        raise ExportError(f"market {market.name} has neither series nor prices for files to hold")
    contents = {f"{entry.id}.csv": _template(entry) for entry in every}
    if every:
        contents[README] = GUIDE.format(
            name=market.name,
            title=market.title,
            series="\n".join(f"{entry.id}.csv: {entry.name}" for entry in every),
        )
    if market.prices:
        contents[f"{PRICES}/{README}"] = PRICES_GUIDE.format(
            name=market.name,
            title=market.title,
            example=market.prices[0].symbol,
            instruments="\n".join(_instrument(one) for one in market.prices),
        )
    written = Written([], [])
    for name, text in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
            written.new.append(path)
        except FileExistsError:
            LOG.warning("%s is there already and stays as it is", path)
            written.kept.append(path)
    return written


def _instrument(one: Instrument) -> str:
    otherwise = (
        f"without a file from {one.source}: {one.code}"
        if one.source is not None
        else "no open source, a file is needed"
    )
    return f"{one.symbol}: {one.name}, {one.unit} ({otherwise})"


def _template(series: Series | Reference) -> str:
    date, meaning = DATES[series.frequency]
    value = _example(series)
    comments = [
        f"{TEMPLATE_MARK}: {series.name}",
        f"# Unit: {series.unit}. Frequency: {series.frequency}.",
    ]
    if isinstance(series, Series):
        comments[-1] += f" Release lag: {series.release_lag} days."
    if series.valid_range is not None:
        low, high = series.valid_range
        comments.append(f"# Valid values: {low:g} to {high:g}.")
    if series.typical is not None:
        low, high = series.typical
        comments.append(f"# Typical size, median of ten years: {low:g} to {high:g}.")
    if series.vendor is not None:
        comments.append(f"# Fits: {series.vendor}")
    if series.names_outside:
        comments.append(f"# Known as: {'; '.join(series.names_outside)}")
    if series.source is not None:
        comments.append(f"# Without rows here it comes from {series.source}: {series.code}")
    comments += [
        f"# Date: {meaning}. Example of a row: {date},{value:g},",
        "date,value,available_at",
    ]
    return "\n".join(comments) + "\n"


def _example(series: Series | Reference) -> float:
    if series.typical is not None:
        return round(math.sqrt(math.prod(series.typical)), 2)
    low, high = series.valid_range or (0.0, 2.0)
    return round((low + high) / 2, 2)
