"""Official workbooks as downloaded: the PBoC's credit funds and the NFRA's bank supervision.

Sources and uses of credit funds of financial institutions in RMB (金融机构人民币信贷收支表), one
workbook a year, CNY 100 million, months across. Main supervisory indicators of commercial banks
(商业银行主要监管指标情况表), quarters across, fractions. Rows are found by their labels: numbering,
indentation, footnote marks and the English beside them vary over the years.
"""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from sfr_pipeline.errors import SourceError
from sfr_pipeline.sources.files.checks import Row, refuse
from sfr_pipeline.sources.files.content import read_content
from sfr_pipeline.sources.files.spreadsheet import LARGEST_WORKBOOK, read_sheets

ITEMS = {
    "pboc.deposits": "各项存款, CNY 100 million, monthly",
    "pboc.loans": "各项贷款, CNY 100 million, monthly",
    "pboc.medium_long_term_loans": "中长期贷款 of households and firms, CNY 100 million, monthly",
    "nfra.capital_adequacy_ratio": "资本充足率, per cent, quarterly",
    "nfra.non_performing_loan_ratio": "不良贷款率, per cent, quarterly",
}
SUFFIXES = (".xlsx", ".xls")

CREDIT_FUNDS = "金融机构人民币信贷收支表"
SUPERVISION = "商业银行主要监管指标情况表"
NFRA_LABELS = {
    "资本充足率": "nfra.capital_adequacy_ratio",
    "不良贷款率": "nfra.non_performing_loan_ratio",
}
QUARTERS = {"一季度": 1, "二季度": 2, "三季度": 3, "四季度": 4}
MONTH = r"((?:19|20)\d\d)[.年/-](\d{1,2})月?(?:-01(?:00:00:00)?)?"
# Numbering of rows, from the outermost level in; rows without any are innermost.
NUMBERING = (r"[一二三四五六七八九十]+、", r"\([一二三四五六七八九十]+\)", r"\d+[.、]", r"\(\d+\)")
# The direct parts of all loans must add up to them, give or take.
TOLERANCE = 0.02

Cells = Sequence[Sequence[object]]
Found = dict[str, list[Row]]


class Workbook(NamedTuple):
    """An official workbook.

    Attributes:
        items: for each item of ``ITEMS`` that it holds, rows of period and value.
        sha256: of the file.
    """

    items: Found
    sha256: str


def read_workbook(path: Path) -> Workbook:
    """Read an official workbook.

    Args:
        path: as downloaded, under any name.

    Raises:
        SourceError: another workbook, or another layout.
    """
    content = read_content(path, LARGEST_WORKBOOK)
    try:
        sheets = [cells for _, cells in read_sheets(str(path), content)]
    except SourceError:
        raise
    except Exception as error:
        refuse(
            str(path),
            None,
            f"it cannot be opened as a workbook ({error}): download it again, or save it as CSV",
        )
    for cells in sheets:
        heading = [_text(cell) for line in cells[:5] for cell in line]
        for name, reader in READERS.items():
            # Tables of some banks only have a longer name that ends like that of all.
            if any(re.match(rf"(\d{{4}}年)?{name}", text) for text in heading):
                found = reader(str(path), cells, " ".join(heading))
                return Workbook(found, hashlib.sha256(content).hexdigest())
    refuse(
        str(path),
        None,
        f"its title is neither {CREDIT_FUNDS} nor {SUPERVISION}, and no other workbooks are read: "
        "save it as CSV with the columns date,value under the name of its series, or move it away",
    )


def _credit_funds(file: str, cells: Cells, title: str) -> Found:
    if "亿元" not in title:
        refuse(file, None, "its heading does not say 亿元: only tables in CNY 100 million are read")
    header, columns = _months(file, cells)
    labels = [(number, *_label(line)) for number, line in enumerate(cells, 1) if number > header]
    deposits = _only(file, labels, "各项存款")
    loans = _only(file, labels, "各项贷款")
    block = list(_below(labels, loans))
    longer = list(_outermost(block, "中长期"))
    if not longer:
        refuse(file, loans, "there is no row 中长期贷款 below 各项贷款: its layout has changed")
    _check_parts(file, cells, columns, loans, block)

    def rows(*numbers: int) -> list[Row]:
        return [
            Row(numbers[0], month, _sum(file, cells, numbers, column))
            for column, month in columns.items()
            # Months to come are blank.
            if cells[numbers[0] - 1][column] is not None
        ]

    return {
        "pboc.deposits": rows(deposits),
        "pboc.loans": rows(loans),
        "pboc.medium_long_term_loans": rows(*longer),
    }


def _months(file: str, cells: Cells) -> tuple[int, dict[int, str]]:
    """Row of the header, and the month of each column.

    By position: as a number, 2024.10 is the same as 2024.1.
    """
    for number, line in enumerate(cells, 1):
        found = {
            column: match
            for column, cell in enumerate(line)
            if (match := re.fullmatch(MONTH, _text(cell)))
        }
        if not found:
            continue
        year = next(iter(found.values()))[1]
        months = {}
        for position, (column, match) in enumerate(found.items(), 1):
            is_tenth = position == 10 and match[2] == "1"
            if match[1] != year or not (int(match[2]) == position or is_tenth):
                refuse(
                    file,
                    number,
                    f"column {position} of the months is headed {match[0]}: the months of one "
                    "year must follow one another from January",
                )
            months[column] = f"{year}-{position:02d}"
        return number, months
    refuse(file, None, "no row holds its months, such as 2024.01: its layout has changed")


def _text(cell: object) -> str:
    """A cell without spaces, in the narrow forms of its characters."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", str(cell))) if cell is not None else ""


def _label(line: Sequence[object]) -> tuple[int, str]:
    """Level of a row by its numbering, and its Chinese label without it.

    The label stands in the first cell that is not empty.
    """
    text = next((_text(cell) for cell in line if _text(cell)), "")
    for level, pattern in enumerate(NUMBERING):
        if match := re.match(pattern, text):
            return level, _chinese(text[match.end() :])
    return len(NUMBERING), _chinese(text)


def _chinese(text: str) -> str:
    text = re.sub(r"^其中:", "", text)
    match = re.match(r"[^A-Za-z*]*", text)
    return match[0] if match else text


def _only(file: str, labels: list[tuple[int, int, str]], wanted: str) -> int:
    rows = [number for number, _, label in labels if label == wanted]
    if len(rows) != 1:
        refuse(file, None, f"{len(rows)} rows are called {wanted}, not one: its layout has changed")
    return rows[0]


def _below(labels: list[tuple[int, int, str]], parent: int) -> Iterator[tuple[int, int, str]]:
    """The rows below another one, down to the next of its level."""
    level = next(level for number, level, _ in labels if number == parent)
    for row in labels:
        if row[0] > parent:
            if row[1] <= level:
                return
            yield row


def _outermost(block: list[tuple[int, int, str]], prefix: str) -> Iterator[int]:
    """Rows whose label begins so, without those that are parts of such a row."""
    inside: int | None = None
    for number, level, label in block:
        if inside is not None and level > inside:
            continue
        inside = level if label.startswith(prefix) else None
        if inside is not None:
            yield number


def _check_parts(
    file: str, cells: Cells, columns: dict[int, str], loans: int, block: list[tuple[int, int, str]]
) -> None:
    """All loans are those of its direct parts; otherwise rows were moved or renamed."""
    level = min(level for _, level, _ in block)
    parts = [number for number, own, _ in block if own == level]
    column = next(iter(columns))
    whole = _sum(file, cells, [loans], column)
    total = _sum(file, cells, parts, column)
    if level < len(NUMBERING) and abs(total - whole) > TOLERANCE * abs(whole):
        refuse(
            file,
            loans,
            f"the parts of 各项贷款 add up to {total:g}, not to {whole:g}, in {columns[column]}: "
            "its layout has changed",
        )


def _sum(file: str, cells: Cells, rows: Sequence[int], column: int) -> float:
    return sum(_number(file, row, cells[row - 1][column]) for row in rows)


def _number(file: str, row: int, cell: object) -> float:
    try:
        return float(_text(cell).replace(",", ""))
    except ValueError:
        refuse(file, row, f"'{'' if cell is None else cell}' is no number: download it again")


def _supervision(file: str, cells: Cells, title: str) -> Found:
    header, columns = _quarters(file, cells, title)
    found: Found = {}
    for number, line in enumerate(cells, 1):
        _, label = _label(line)
        item = NFRA_LABELS.get(re.sub(r"\(.*", "", label))
        if number > header and item is not None:
            found[item] = [
                Row(number, quarter, _per_cent(file, number, line[column]))
                for column, quarter in columns.items()
                if _text(line[column]) not in ("", "-", "--", "—")
            ]
    if missing := [label for label, item in NFRA_LABELS.items() if not found.get(item)]:
        refuse(file, None, f"no row is called {' or '.join(missing)}: its layout has changed")
    return found


def _quarters(file: str, cells: Cells, title: str) -> tuple[int, dict[int, str]]:
    """Row of the header, and the quarter of each column; the year stands above or in the title."""
    in_title = re.search(r"(20\d\d)年", title)
    for number, line in enumerate(cells, 1):
        quarters = {
            column: match
            for column, cell in enumerate(line)
            if (match := re.search(r"(?:(20\d\d)年)?第?([一二三四])季度$", _text(cell)))
        }
        if not quarters:
            continue
        columns = {}
        above = cells[number - 2] if number > 1 else []
        for column, match in quarters.items():
            year = match[1] or _year_above(above, column) or (in_title[1] if in_title else None)
            if year is None:
                refuse(file, number, "no year stands above its quarters: its layout has changed")
            columns[column] = f"{year}Q{QUARTERS[match[2] + '季度']}"
        return number, columns
    refuse(file, None, "no row holds its quarters, such as 一季度: its layout has changed")


def _year_above(line: Sequence[object], column: int) -> str | None:
    """The year over a column; a year that spans several columns stands in the first of them."""
    for cell in reversed(line[: column + 1]):
        if match := re.fullmatch(r"(20\d\d)年?(?:\.0)?", _text(cell)):
            return match[1]
    return None


def _per_cent(file: str, row: int, cell: object) -> float:
    text = _text(cell)
    if text.endswith("%"):
        return _number(file, row, text[:-1])
    fraction = _number(file, row, cell)
    if fraction >= 1:
        refuse(file, row, f"{fraction:g} is no fraction, as ratios in this workbook should be")
    return 100.0 * fraction


READERS: dict[str, Callable[[str, Cells, str], Found]] = {
    CREDIT_FUNDS: _credit_funds,
    SUPERVISION: _supervision,
}
