"""What the official tables of China have in common: labels down, periods across, a title above.

Belongs here: cells as such tables write them, and their heads of years and months. Does not belong
here: which rows are read (`pboc`, `nfra`), and which tables a file holds (`workbooks`).
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeVar

from sfr_pipeline.sources.files.checks import Row, abridged, refuse
from sfr_pipeline.sources.files.opening import Sheet

# Rows, from the top, among which the title stands, and the heads of the columns.
TITLE_ROWS = 8
HEADER_ROWS = 30
# What such tables write where there is no value; dashes are of many lengths.
MISSING = re.compile(r"[-‐-―−─.…·/\\*]*|n\.?[/.]?a\.?|null|none|nan|无|暂无", re.IGNORECASE)
# Numbering of rows, from the outermost level in; rows without any are innermost.
NUMBERING = (
    r"[一二三四五六七八九十]+[、.]",
    r"\([一二三四五六七八九十]+\)",
    r"\d+[.、]",
    r"\(\d+\)",
    r"\d(?=[^\d.])",  # in a circle
)
YEAR = r"((?:19|20)\d\d)"
MONTH = re.compile(rf"{YEAR}(?:[.年/-]|[.年/-]?M)(\d{{1,2}})月?(?:末|份|-\d\d(?:[T ]?00:00:00)?)?")
# A title, and a line of the unit, as they stand above a table on a web page.
TITLE = re.compile(r"表(?![内外])")
UNIT = re.compile(r"单位:|unit|^\(?亿元", re.IGNORECASE)
YEAR_ALONE = re.compile(rf"\(?{YEAR}年度?\)?")
MONTH_ALONE = re.compile(r"(\d{1,2})月(?:末|份)?")
# Footnotes, units and English behind a label, which vary over the years.
BEHIND = re.compile(
    r"(?:\((?:[%\d*,、注]|单位|人民币|法人|亿元|季度|月度|季末|月末|期末)[^()]*\)|\[[^\]]*\]|〔[^〕]*〕"
    r"|[\d*†‡#※%:]+|注)+$"
)


Head = TypeVar("Head")


class Official(NamedTuple):
    """What an official table holds.

    Attributes:
        items: for each item of ``workbooks.ITEMS`` that it has values of, rows of period and value.
        ignored: what of it is not read though it might be expected to be, in sentences.
    """

    items: dict[str, list[Row]]
    ignored: list[str]


class OfficialLayout(Protocol):
    """How an authority lays out a table."""

    name: str
    """For readers."""

    title: str
    """Of the table, which files are recognised by."""

    def recognises(self, sheet: Sheet) -> bool:
        """Whether a sheet is this table; cheap, and never raises."""
        ...

    def read(self, sheet: Sheet) -> Official:
        """Read a sheet that was recognised.

        Raises:
            SourceError: it is laid out otherwise than in any year that is known.
        """
        ...


def text_of(cell: object) -> str:
    """A cell without spaces, in the narrow forms of its characters."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", str(cell))) if cell is not None else ""


def heading(sheet: Sheet) -> str:
    """What stands in the first rows of a sheet, the title among it, or above it on its page."""
    own = _first_cells(sheet)
    units = [] if any(map(UNIT.search, own)) else _lines_above(sheet, UNIT)[-1:]
    return " ".join([*_title_above(sheet), *units, *own])


def is_titled(sheet: Sheet, title: str) -> bool:
    """Whether a sheet has a title, with or without a year or number before it.

    Tables of some banks only, in other currencies, or by sector, have longer names that begin or
    end like that of all.
    """
    pattern = rf"(?:^|年|[^\u4e00-\u9fff]){title}(?!\(?(?:分|按))"
    return any(re.search(pattern, text) for text in (*_title_above(sheet), *_first_cells(sheet)))


def _first_cells(sheet: Sheet) -> list[str]:
    return [text_of(cell) for _, cells in sheet.rows[:TITLE_ROWS] for cell in cells]


def _title_above(sheet: Sheet) -> list[str]:
    """The title that stands nearest above a table which has none within."""
    has_own = any(map(TITLE.search, _first_cells(sheet)))
    return [] if has_own else _lines_above(sheet, TITLE)[-1:]


def _lines_above(sheet: Sheet, form: re.Pattern[str]) -> list[str]:
    return [line for line in map(text_of, sheet.above) if form.search(line)]


def label_of(cells: Sequence[object]) -> tuple[int, str]:
    """Level of a row by its numbering, and its Chinese label without it.

    The label stands in the first cell that is not empty.
    """
    text = next((text_of(cell) for cell in cells if text_of(cell)), "")
    for level, pattern in enumerate(NUMBERING):
        if match := re.match(pattern, text):
            return level, _chinese(text[match.end() :])
    return len(NUMBERING), _chinese(text)


def _chinese(text: str) -> str:
    match = re.match(r"[^A-Za-z]*", re.sub(r"^其中:", "", text))
    return BEHIND.sub("", match[0]) if match else ""


def cell_at(cells: Sequence[object], column: int) -> object:
    """A cell, None beyond the end of its row."""
    return cells[column] if column < len(cells) else None


def number_of(sheet: Sheet, row: int, cell: object) -> float | None:
    """A number, with or without separators of thousands; None where the table has none yet.

    Raises:
        SourceError: it is no number.
    """
    text = text_of(cell)
    if MISSING.fullmatch(text):
        return None
    if re.fullmatch(r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?(?:e[-+]?\d+)?", text.lower()):
        return float(text.replace(",", ""))
    refuse(
        sheet.file,
        row,
        f"'{abridged(cell)}' is no number: correct it as published, or leave the cell empty",
    )


def months(sheet: Sheet) -> tuple[int, dict[int, str], list[str]]:
    """Row of the header, the month of each column such as ``2024-10``, and other heads beside them.

    As a number, 2024.10 is the same as 2024.1: which it is, its neighbours tell.

    Raises:
        SourceError: no row holds months, or they do not follow one another.
    """
    place, found = header_row(sheet, lambda place, column: _month_choices(sheet, place, column))
    if not found:
        refuse(
            sheet.file,
            None,
            "no row holds its months, such as 2024.01 or 2024年1月: its layout has changed, so "
            "give the series as date,value instead",
        )
    number, cells = sheet.rows[place]
    return number, _in_succession(sheet, number, cells, found), other_heads(cells, found)


def header_row(
    sheet: Sheet, read: Callable[[int, int], Head | None]
) -> tuple[int, dict[int, Head]]:
    """Place of the row that holds most heads, the first of several, and what each column's says.

    A date of publication above the table is a head too, but alone.

    Args:
        sheet: the table.
        read: of the place of a row and a column, what its cell says as a head; None or empty where
            it is none.
    """
    best: tuple[int, dict[int, Head]] = (0, {})
    for place, (_, cells) in enumerate(sheet.rows[:HEADER_ROWS]):
        found = {}
        for column in range(len(cells)):
            if head := read(place, column):
                found[column] = head
        if len(found) > len(best[1]):
            best = place, found
    return best


def other_heads(cells: Sequence[object], found: Mapping[int, object]) -> list[str]:
    """What heads the columns that are no periods, right of the first that is."""
    return [
        abridged(cell)
        for column, cell in enumerate(cells)
        if column > min(found) and column not in found and text_of(cell)
    ]


def month_at(sheet: Sheet, place: int, column: int) -> tuple[int, int] | None:
    """Year and month that a head names, None where it names none or is not clear."""
    choices = _month_choices(sheet, place, column)
    return choices[0] if len(choices) == 1 else None


def _month_choices(sheet: Sheet, place: int, column: int) -> list[tuple[int, int]]:
    """Which months a head may mean, such as 2024.03, 2024年3月末, 3月 below a year, or a date."""
    cell = sheet.rows[place][1][column]
    if isinstance(cell, dt.date):
        return [(cell.year, cell.month)]
    if isinstance(cell, float):
        # Of a formula that adds .01 the last digits vary.
        hundredths = 100 * cell
        exact = abs(hundredths - round(hundredths)) < 1e-4
        cell = f"{cell:.2f}".removesuffix("0") if exact else None
    text = text_of(cell)
    if match := MONTH.fullmatch(text):
        year, written = match[1], match[2]
    elif match := MONTH_ALONE.fullmatch(text):
        year, written = year_of(sheet, place, column), match[1]
    else:
        return []
    if year is None:
        return []
    choices = [int(written), 10] if written == "1" and "." in text else [int(written)]
    return [(int(year), month) for month in choices if 1 <= month <= 12]


def _in_succession(
    sheet: Sheet, row: int, cells: Sequence[object], found: Mapping[int, list[tuple[int, int]]]
) -> dict[int, str]:
    """The months, one after another, forward or back."""
    columns = sorted(found)
    counted = [[12 * year + month - 1 for year, month in found[column]] for column in columns]
    fits = {
        tuple(range(start, start + step * len(columns), step))
        for start in counted[0]
        for step in (1, -1)
        if all(start + step * place in choices for place, choices in enumerate(counted))
    }
    if len(fits) == 1:
        (fit,) = fits
        return {
            column: f"{month // 12}-{month % 12 + 1:02d}"
            for column, month in zip(columns, fit, strict=True)
        }
    heads = ", ".join(abridged(cells[column]) for column in columns)
    refuse(
        sheet.file,
        row,
        f"its months are headed {heads}, which "
        + ("do not follow one another" if not fits else "may mean January or October")
        + ": write every one of them in its order, such as 2024年1月, 2024年2月",
    )


def year_of(sheet: Sheet, place: int, column: int) -> str | None:
    """The year of a head that does not name its own: above it, or in the title.

    Args:
        sheet: the table.
        place: of the row of heads among its rows.
        column: of the head.
    """
    return _year_above(sheet, place, column) or _year_in_title(sheet, place)


def _year_above(sheet: Sheet, place: int, column: int) -> str | None:
    """The year over a column; one that spans several columns stands in the first of them."""
    above = sheet.rows[place - 1][1] if place else []
    for cell in reversed(above[: column + 1]):
        if match := re.fullmatch(rf"{YEAR}年?(?:\.0)?", text_of(cell)):
            return match[1]
    return None


def _year_in_title(sheet: Sheet, place: int) -> str | None:
    """The one year that is named above a row, None where there are none or several."""
    own = [text_of(cell) for _, cells in sheet.rows[:place] for cell in cells]
    alone = [line for line in _lines_above(sheet, YEAR_ALONE) if YEAR_ALONE.fullmatch(line)]
    form = rf"(?<!\d){YEAR}年(?!\d+月\d)"
    years = set(re.findall(form, " ".join(own)))
    years = years or set(re.findall(form, " ".join([*_title_above(sheet), *alone])))
    return years.pop() if len(years) == 1 else None


def labels(sheet: Sheet, header: int) -> Iterator[tuple[int, int, str]]:
    """Number, level and label of each row below the header."""
    for number, cells in sheet.rows:
        if number > header:
            yield number, *label_of(cells)
