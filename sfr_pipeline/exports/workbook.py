"""``sfr.xlsx``: headline series and tables as sheets, with what each column means.

Belongs here: how a workbook is written, so that Excel, LibreOffice and Stata read it. Does not
belong here: which tables and series (`headline_tables`, `headlines`).
"""

import datetime as dt
import math
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from pandas.api import types

from sfr_pipeline import __version__
from sfr_pipeline.errors import ExportError
from sfr_pipeline.exports.escaping import escaped
from sfr_pipeline.exports.provenance import Provenance
from sfr_pipeline.exports.series import ExportedSeries, wide
from sfr_pipeline.exports.terms import MEANING, by_terms
from sfr_pipeline.storage.contract import Table

if TYPE_CHECKING:
    from openpyxl import Workbook  # type: ignore[import-untyped]

DATE, MOMENT, NUMBER, WHOLE = "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss", "0.0000", "0"
# Limits of the format: rows of a sheet, characters of a cell and of a sheet's name.
ROWS, TEXT, NAME = 1_048_576, 32_767, 31
NARROWEST, WIDEST = 9, 60
# Rows that a column's width is taken from.
LOOKED_AT = 200
# The part of a workbook that says when it was made.
PROPERTIES = "docProps/core.xml"
# A zip without a date of its own has the earliest that zips know.
NO_DATE = (1980, 1, 1, 0, 0, 0)
FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@dataclass(frozen=True)
class MarketSheets:
    """What a workbook holds of one market.

    Attributes:
        provenance: of the market.
        series: its headline series.
        tables: its headline tables with their rows.
    """

    provenance: Provenance
    series: Sequence[ExportedSeries]
    tables: Sequence[tuple[Table, pd.DataFrame]]


def write_workbook(path: Path, markets: Sequence[MarketSheets]) -> None:
    """Write the workbook.

    Args:
        path: file to write.
        markets: in the order of the sheets.
    """
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    names = sheet_names(
        [(one.provenance.market, sheet) for one in markets for sheet in _frames(one)]
    )
    _write(book, "about", _about(markets))
    _write(book, "dictionary", _dictionary(markets, names))
    _write(book, "series", _series(markets))
    for one in markets:
        for sheet, frame in _frames(one).items():
            _write(book, names[one.provenance.market, sheet], frame())
    told = [one.provenance.told_at for one in markets if one.provenance.told_at is not None]
    _save(book, path, max(told).to_pydatetime() if told else dt.datetime(*NO_DATE))


def sheet_names(sheets: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Names of sheets by market and content, distinct and not too long for Excel."""
    found: dict[tuple[str, str], str] = {}
    taken = set[str]()
    for market, sheet in sheets:
        wanted, number = f"{market} {sheet}", 1
        name = wanted[:NAME]
        # Excel tells names apart without case; a market's name has none.
        while name in taken:
            number += 1
            name = f"{wanted[: NAME - len(str(number)) - 1]}~{number}"
        taken.add(name)
        found[market, sheet] = name
    return found


def _frames(one: MarketSheets) -> dict[str, Callable[[], pd.DataFrame]]:
    """What makes each sheet of a market, by its name."""
    found: dict[str, Callable[[], pd.DataFrame]] = {}
    for frequency in dict.fromkeys(series.frequency for series in one.series):
        found[frequency] = partial(_side_by_side, one.series, frequency)
    for table, frame in one.tables:
        found[table.name] = partial(pd.DataFrame, frame)
    return found


def _side_by_side(series: Sequence[ExportedSeries], frequency: str) -> pd.DataFrame:
    return wide(series, frequency).reset_index()


def _about(markets: Sequence[MarketSheets]) -> pd.DataFrame:
    rows = [("", "software", f"sfr_pipeline {__version__}")]
    for one in markets:
        about = one.provenance
        rows += [
            (about.market, "title", about.heading),
            (about.market, "run", f"{about.told_at:%Y-%m-%d %H:%M} UTC" if about.told_at else ""),
            (about.market, "version of the run", about.version or ""),
            (about.market, "SHA-256 of the data", about.data or ""),
            (about.market, "SHA-256 of the catalogue", about.catalogue or ""),
        ]
        rows += [
            (
                about.market,
                f"inputs of {terms.publisher}",
                f"{MEANING[terms.passing]}. {terms.why} {', '.join(names)}",
            )
            for terms, names in by_terms(about.sources)
        ]
    return pd.DataFrame(rows, columns=["market", "what", "says"])


def _dictionary(
    markets: Sequence[MarketSheets], names: Mapping[tuple[str, str], str]
) -> pd.DataFrame:
    rows = [
        (
            names[one.provenance.market, table.name],
            table.description,
            column.name,
            column.type,
            column.unit,
            column.nullable,
            column.domain,
            column.description,
        )
        for one in markets
        for table, _ in one.tables
        for column in table.columns
    ]
    columns = ["sheet", "table", "column", "type", "unit", "may be missing", "values", "meaning"]
    return pd.DataFrame(rows, columns=columns)


def _series(markets: Sequence[MarketSheets]) -> pd.DataFrame:
    rows = [
        (one.provenance.market, series.id, series.title, series.frequency, series.unit)
        for one in markets
        for series in one.series
    ]
    return pd.DataFrame(rows, columns=["market", "series", "title", "frequency", "unit"])


def _write(book: "Workbook", name: str, frame: pd.DataFrame) -> None:
    from openpyxl.cell import WriteOnlyCell  # type: ignore[import-untyped]
    from openpyxl.styles import Font  # type: ignore[import-untyped]
    from openpyxl.utils import get_column_letter  # type: ignore[import-untyped]

    sheet = book.create_sheet(name)
    columns = [_column(frame[label]) for label in frame.columns]
    # A sheet that is written row by row takes these before its first row.
    sheet.freeze_panes = "A2"
    for position, (label, column) in enumerate(zip(frame.columns, columns, strict=True), 1):
        sheet.column_dimensions[get_column_letter(position)].width = _width(str(label), column)
    heads = [WriteOnlyCell(sheet, value=escaped(str(label))) for label in frame.columns]
    for head in heads:
        head.font = Font(bold=True)
    sheet.append(heads)
    # One cell a column, filled anew for every row: rows are written as they come.
    cells = [WriteOnlyCell(sheet) for _ in columns]
    for cell, column in zip(cells, columns, strict=True):
        if column.format:
            cell.number_format = column.format
    for row in zip(*(column.values for column in columns), strict=True):
        for cell, value in zip(cells, row, strict=True):
            cell.value = value
            if isinstance(value, str):
                cell.data_type = "s"  # also where it reads like an error of Excel's
        sheet.append(cells)


@dataclass(frozen=True)
class _Column:
    """Values of a column as a sheet holds them, and the format in which it shows them."""

    values: list[Any]
    format: str


def _column(values: pd.Series) -> _Column:
    if len(values) >= ROWS:
        raise ExportError(
            f"column {values.name} has {len(values):,} rows, and a sheet takes {ROWS:,}: export "
            "without xlsx ('--only csv,parquet,duckdb')"
        )
    missing = values.isna()
    if types.is_datetime64_any_dtype(values.dtype):
        is_moment = bool((values.dropna() != values.dropna().dt.normalize()).any())
        made, shown = (pd.Timestamp.to_pydatetime, MOMENT) if is_moment else (_date, DATE)
    elif types.is_bool_dtype(values.dtype):
        made, shown = bool, ""
    elif types.is_integer_dtype(values.dtype):
        made, shown = int, WHOLE
    elif types.is_float_dtype(values.dtype):
        made, shown = _number, NUMBER
    else:
        made, shown = _text, ""
    found = [None if gone else made(value) for value, gone in zip(values, missing, strict=True)]
    return _Column(found, shown)


def _date(value: pd.Timestamp) -> dt.date:
    return value.date()


def _number(value: float) -> float | str:
    # No number of a sheet is infinite.
    return float(value) if math.isfinite(value) else str(value)


def _text(value: object) -> str:
    return escaped(FORBIDDEN.sub("\ufffd", str(value)))[:TEXT]


def _width(label: str, column: _Column) -> int:
    longest = max((len(_shown(value)) for value in column.values[:LOOKED_AT]), default=0)
    return min(max(len(label), longest, NARROWEST) + 2, WIDEST)


def _shown(value: object) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def _save(book: "Workbook", path: Path, moment: dt.datetime) -> None:
    """Save a workbook whose bytes tell nothing of the moment at which it was written."""
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / path.name
        book.save(raw)
        with zipfile.ZipFile(raw) as written, zipfile.ZipFile(path, "w") as out:
            for name in written.namelist():
                content = written.read(name)
                if name == PROPERTIES:
                    stamp = f"{moment:%Y-%m-%dT%H:%M:%SZ}".encode()
                    content = re.sub(rb"(?<=W3CDTF\">)[^<]*", stamp, content)
                entry = zipfile.ZipInfo(name, NO_DATE)
                out.writestr(entry, content, zipfile.ZIP_DEFLATED)
