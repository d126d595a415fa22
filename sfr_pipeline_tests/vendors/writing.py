"""Bytes of text files, workbooks, web pages and Parquet files, the same at each call.

What the layouts of vendors look like belongs to their own modules.
"""

import csv
import datetime as dt
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

Row = Sequence[Any]
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
STAMP = dt.datetime(2024, 5, 6, 9, 30)


def rng(name: str) -> np.random.Generator:
    """The numbers of one file, whatever else is made before it."""
    return np.random.default_rng([20241127, zlib.crc32(name.encode())])


def walk(name: str, n: int, start: float, step: float, digits: int = 2) -> list[float]:
    """A random walk that stays above a fifth of its start, rounded as it is written."""
    level, values = start, []
    for move in rng(name).normal(0, step, n):
        level = max(level + move, start / 5)
        values.append(round(float(level), digits))
    return values


def around(name: str, n: int, mean: float, spread: float, digits: int = 1) -> list[float]:
    """Values around a mean, each following the one before, rounded as they are written."""
    value, values = 0.0, []
    for move in rng(name).normal(0, 1, n):
        value = 0.9 * value + move * spread * 0.44
        values.append(round(float(mean + value), digits) + 0.0)
    return values


def business_days(start: str, n: int) -> list[dt.date]:
    return [day.date() for day in pd.bdate_range(start, periods=n)]


def month_ends(start: str, n: int) -> list[dt.date]:
    return [day.date() for day in pd.date_range(start, periods=n, freq="ME")]


def quarter_ends(start: str, n: int) -> list[dt.date]:
    return [day.date() for day in pd.date_range(start, periods=n, freq="QE")]


def dated(days: Iterable[dt.date], values: Iterable[float | None]) -> dict[str, float]:
    """Values under their ISO days; what is None is left out."""
    return {
        day.isoformat(): value for day, value in zip(days, values, strict=True) if value is not None
    }


def text(
    rows: Iterable[Row],
    encoding: str = "utf-8",
    *,
    separator: str = ",",
    quote: int = csv.QUOTE_MINIMAL,
    end: str = "\n",
) -> bytes:
    """Rows as a text file; None is an empty cell."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, quoting=quote, lineterminator=end)
    for row in rows:
        writer.writerow(["" if cell is None else cell for cell in row])
    return out.getvalue().encode(encoding)


def workbook(
    sheets: Mapping[str, Iterable[Row]], formats: Mapping[str, str] | None = None
) -> bytes:
    """Sheets of rows as .xlsx; `formats` maps a column's letter to how its numbers show."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
        for letter, shown in (formats or {}).items():
            for cell in sheet[letter]:
                if isinstance(cell.value, int | float | dt.date):
                    cell.number_format = shown
    book.properties.created = STAMP
    out = io.BytesIO()
    book.save(out)
    return _settled(out.getvalue())


def _settled(book: bytes) -> bytes:
    """The workbook without the time at which it was saved, which stands at two places."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            body = old.read(name)
            if name == "docProps/core.xml":
                body = re.sub(
                    rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>2024-05-06T09:30:00Z", body
                )
            entry = zipfile.ZipInfo(name, (2024, 5, 6, 9, 30, 0))
            new.writestr(entry, body, compress_type=zipfile.ZIP_DEFLATED)
    return out.getvalue()


def page(title: str, rows: Iterable[Row], charset: str, *, extra: str = "") -> bytes:
    """A web page with one table, as a spreadsheet saves it; `extra` stands before the table."""
    cells = "\n".join(
        "<tr>" + "".join(f"<td>{'&nbsp;' if c is None else c}</td>" for c in row) + "</tr>"
        for row in rows
    )
    return (
        f'<html>\n<head>\n<meta http-equiv="Content-Type" content="text/html; charset={charset}">\n'
        f"<title>{title}</title>\n</head>\n<body>\n{extra}<table border=1>\n{cells}\n"
        "</table>\n</body>\n</html>\n"
    ).encode(charset)


def parquet(frame: pd.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.to_parquet(out)
    return out.getvalue()
