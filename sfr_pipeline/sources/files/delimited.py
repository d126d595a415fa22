"""Plain tables: a header, then rows, of one series or of several in columns.

Belongs here: what any file of one header row must be, whatever its format (`opening`). Does not
belong here: heads of several rows, as vendors write them (`layouts`).
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from sfr_pipeline.sources.cells import NUMBER, is_missing
from sfr_pipeline.sources.files.checks import Row, abridged, is_date, listed, refuse
from sfr_pipeline.sources.files.content import read_content
from sfr_pipeline.sources.files.layouts.dates import date_of
from sfr_pipeline.sources.files.layouts.headed import text_of
from sfr_pipeline.sources.files.opening import COMMENT, Sheet, told_separator
from sfr_pipeline.sources.files.text import decoded

# The first line of a template: with no rows below its header it counts as no file.
TEMPLATE_MARK = "# Template of a series"
DATE_NAMES = ("date", "observation_date")
# Columns that say whose or of what kind a row is, where it is not one series a column.
KEYS = frozenset((
    "country", "countrycode", "countryname", "region", "area", "refarea", "referencearea", "geo",
    "location", "entity", "series", "seriesid", "seriescode", "seriesname", "indicator",
    "indicatorid", "indicatorcode", "indicatorname", "variable", "item", "subject", "category",
    "type", "typrep", "freq", "frequency", "measure", "unitmeasure", "unit", "currency", "symbol",
    "ticker", "code", "国家", "地区", "省份", "指标", "指标名称", "指标代码", "类型", "报表类型",
    "频率", "单位", "币种", "代码", "证券代码",
))  # fmt: skip
# What pandas calls a column without a name.
NAMELESS = re.compile(r"(unnamed: \d+)?", re.IGNORECASE)


class Table(NamedTuple):
    """A plain table.

    Attributes:
        file: its name, for messages.
        header: names of the columns, breaks of lines in them as spaces.
        lines: number of each row in the file, and its cells.
        sha256: of the file.
        ignored: which rows and columns were left aside, in sentences.
    """

    file: str
    header: list[str]
    lines: list[tuple[int, list[object]]]
    sha256: str
    ignored: tuple[str, ...] = ()

    def rows(self, date: str, value: str, available_at: str | None = None) -> list[Row]:
        """The observations in two or three of its columns.

        Raises:
            SourceError: there is no such column, or there are two.
        """
        names = [date, value] if available_at is None else [date, value, available_at]
        names = [text_of(name) for name in names]
        for name in names:
            if name not in self.header:
                refuse(
                    self.file,
                    None,
                    f"it has no column '{name}': its columns are {', '.join(self.header)}",
                )
            if self.header.count(name) > 1:
                refuse(
                    self.file,
                    None,
                    f"{self.header.count(name)} of its columns are called '{name}': rename the "
                    "others, or remove them",
                )
        self._require_one_kind(names)
        at = [self.header.index(name) for name in names]
        return [Row(number, *(cells[column] for column in at)) for number, cells in self.lines]

    def _require_one_kind(self, read: Sequence[str]) -> None:
        """Refuse rows of several series, which a column that is not read tells apart."""
        for column, name in enumerate(self.header):
            if name in read or re.sub(r"[\s_.-]", "", name).casefold() not in KEYS:
                continue
            kinds = dict.fromkeys(text_of(cells[column]) for _, cells in self.lines)
            said = [kind for kind in kinds if not is_missing(kind) and not NUMBER.fullmatch(kind)]
            if len(said) > 1:
                refuse(
                    self.file,
                    None,
                    f"its column '{name}' says that its rows are of several kinds "
                    f"({listed([abridged(one) for one in said])}): keep those of one kind, or "
                    "give each a column",
                )


def is_unfilled_template(path: Path) -> bool:
    """Whether a file is a template that nobody has filled yet."""
    if path.suffix.lower() != ".csv":
        return False
    content = read_content(path)
    if TEMPLATE_MARK.encode() not in content[:200]:
        return False
    text = decoded(str(path), content).text
    lines = [line for line in text.splitlines() if line.strip(" ,;\t")]
    told = told_separator(text) is not None
    return sum(not line.startswith(COMMENT) for line in lines) <= 1 + told


def plain_table(sheet: Sheet, sha256: str) -> Table:
    """The table in a sheet whose first row is a header.

    Rows that hold nothing but a text in their first cell are notes, and left aside.

    Raises:
        SourceError: without a header, without rows, or rows of another length than the header's.
    """
    number, header = sheet.rows[0]
    names = _trimmed([text_of(cell) for cell in header])
    if not names or _is_data(names):
        refuse(
            sheet.file, number, "it begins with data: give it a header, date,value, as first line"
        )
    if len(sheet.rows) == 1:
        refuse(sheet.file, None, "it has a header but no rows: fill it, or remove it")
    lines: list[tuple[int, list[object]]] = []
    unequal: list[tuple[int, int]] = []
    ignored: list[str] = []
    for number, written in sheet.rows[1:]:
        cells = ["" if cell is None else cell for cell in written]
        while len(cells) > len(names) and not text_of(cells[-1]):
            cells.pop()
        if _is_note(cells):
            ignored.append(f"row {number}, '{abridged(text_of(cells[0]))}', is a note")
        elif len(cells) != len(names):
            unequal.append((number, len(cells)))
        else:
            lines.append((number, cells))
    if unequal:
        _refuse_titles(sheet, len(names), unequal)
        (number, width), others = unequal[0], [number for number, _ in unequal[1:]]
        refuse(
            sheet.file,
            number,
            f"it has {width} cells, the header {len(names)}"
            + (f", and so with row{'s' * (len(others) > 1)} {listed(others)}" if others else "")
            + ": write numbers without commas, and one cell a column",
        )
    if not lines:
        refuse(sheet.file, None, "it has a header but no rows: fill it, or remove it")
    if NAMELESS.fullmatch(names[0]) and _counts(lines):
        ignored.append("its first column, which numbers the rows, is not read")
        names, lines = names[1:], [(number, cells[1:]) for number, cells in lines]
    return Table(sheet.file, names, lines, sha256, tuple(ignored))


def _refuse_titles(sheet: Sheet, width: int, unequal: Sequence[tuple[int, int]]) -> None:
    """Refuse what stands above the header, where the first row is narrower than those below."""
    usual = max(set(widths := [cells for _, cells in unequal]), key=widths.count)
    if width >= usual or 2 * widths.count(usual) < len(sheet.rows):
        return
    above: list[int] = []
    header: list[str] = []
    for number, cells in sheet.rows:
        header = _trimmed([text_of(cell) for cell in cells])
        if len(header) >= usual:
            break
        above.append(number)
    if _is_data(header):
        return
    many = len(above) > 1
    refuse(
        sheet.file,
        None,
        f"row{'s' * many} {listed(above)} above its header {'are' if many else 'is'} narrower than "
        f"the table, as titles and notes are: remove {'them' if many else 'it'}",
    )


def is_one_series(header: Sequence[object]) -> bool:
    """Whether a header is that of a file of one series: date, value and perhaps available_at."""
    names = [text_of(name).lower() for name in header]
    return len(names) in (2, 3) and names[0] in DATE_NAMES and names[2:] in ([], ["available_at"])


def observations(table: Table) -> list[Row]:
    """The rows of a file that holds one series: date, value and perhaps available_at.

    Raises:
        SourceError: other columns.
    """
    if not is_one_series(table.header):
        refuse(
            table.file,
            None,
            f"its columns are '{', '.join(table.header)}': they must be date,value or "
            "date,value,available_at, separated by commas",
        )
    return table.rows(*table.header)


def _trimmed(names: list[str]) -> list[str]:
    while names and not names[-1]:
        names = names[:-1]
    return names


def _is_note(cells: Sequence[object]) -> bool:
    """Whether a row says something in its first cell, which is no date, and nothing else."""
    text = text_of(cells[0])
    return (
        bool(text)
        and all(is_missing(cell) for cell in cells[1:])
        and not is_date(text)
        and date_of(cells[0]) is None
        and not text[0].isdigit()
    )


def _counts(lines: Sequence[tuple[int, list[object]]]) -> bool:
    """Whether the first cells number the rows, as pandas writes its index."""
    return [text_of(cells[0]) for _, cells in lines] == list(map(str, range(len(lines))))


def _is_data(names: Sequence[str]) -> bool:
    """Whether the first line is an observation, its date in any form: Jan 2024, 31.01.2024 ..."""
    if is_date(names[0]) or names[0][:1].isdigit():
        return True
    # Columns may be called by numbers, such as maturities; then that of the dates has a name.
    has_digit = re.search(r"\d", names[0]) is not None
    return has_digit and any(NUMBER.fullmatch(name) for name in names[1:])
