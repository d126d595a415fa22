"""The sheets of a workbook, .xlsx or .xls, as rows of cells, within bounds.

Belongs here: the two formats, and how large a workbook may be. A kilobyte can say that it holds
billions of cells, so nothing is unpacked before its size is known, and rows are taken one by one.
Does not belong here: what the cells mean (`layouts`).
"""

import io
import re
import zipfile
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from typing import Any

from sfr_pipeline.sources.files.checks import listed, refuse

# Official workbooks have some 100 rows and 20 columns; an export of daily series since 1990 has
# 10,000 rows, and 10 MB unpacked.
LARGEST_WORKBOOK = 16 * 2**20
LARGEST_UNPACKED = 64 * 2**20
MOST_SHEETS = 100
MOST_ROWS = 15_000
MOST_COLUMNS = 500
MOST_CELLS = 2_000_000
LAST_ROW = 2**20  # of the format

ZIP = b"PK\x03\x04"
BLANK = frozenset({"", "NA", "N/A", "n/a", "nan", "NaN", "null", "NULL", "None"})
MISSING = "#N/A"
FAULTS = frozenset({"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"})

# A formula in the text of a sheet, and what says that no stored value is to be trusted.
FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
RECALCULATED = re.compile(rb"""fullCalcOnLoad=["'](?:1|true)["']""")
PIECE, OVERLAP = 2**20, 80

Cells = list[list[object]]


def read_sheets(file: str, content: bytes) -> Iterator[tuple[str, Cells]]:
    """The sheets of a workbook in their order, each with its name.

    Args:
        file: its name, for messages.
        content: its bytes.

    Yields:
        Name and rows of a sheet, all of one length. Whole numbers are integers, dates datetimes;
        cells that are empty, or say that they hold nothing, are None; other faults stay texts.

    Raises:
        SourceError: it is larger than any official workbook, packed or unpacked, or holds formulas
            that were never computed.
        Exception: whatever the libraries raise where it is no workbook.
    """
    for name, rows in raw_sheets(file, content, LARGEST_UNPACKED):
        yield name, _bounded(file, rows)


def raw_sheets(
    file: str, content: bytes, largest: int
) -> Generator[tuple[str, Iterator[Sequence[object]]], None, None]:
    """The sheets of a workbook in their order, each with its name and its rows, one by one.

    Args:
        file: its name, for messages.
        content: its bytes.
        largest: that it may be unpacked, in bytes.

    Yields:
        Name of a sheet, and its rows as the library gives them, to be taken before the next sheet.

    Raises:
        SourceError: it is larger, or has more sheets than any workbook that is read here, or holds
            formulas that were never computed.
        Exception: whatever the libraries raise where it is no workbook.
    """
    sheets = _xlsx(file, content, largest) if content.startswith(ZIP) else _xls(content)
    for number, (name, rows) in enumerate(sheets, 1):
        if number > MOST_SHEETS:
            refuse(file, None, f"it has more than {MOST_SHEETS} sheets: {_REMEDY}")
        yield name, _numbered_within(file, rows)


def _numbered_within(file: str, rows: Iterable[Sequence[object]]) -> Iterator[Sequence[object]]:
    """The rows of a sheet; one that says that it is the billionth has all before it counted."""
    for number, row in enumerate(rows, 1):
        if number > LAST_ROW:
            refuse(file, number, f"it holds cells beyond row {LAST_ROW:,}: {_REMEDY}")
        yield row


_REMEDY = "save the table that is needed as CSV"


def _bounded(file: str, rows: Iterable[Sequence[object]]) -> Cells:
    """Rows down to the last that holds something, up to the last column that does."""
    kept: Cells = []
    empty = width = 0
    for number, row in enumerate(rows, 1):
        cells = _trimmed(row)
        if not cells:
            # Formats reach far below the data, and cost nothing as long as nothing is kept.
            empty += 1
            continue
        if number > MOST_ROWS or len(cells) > MOST_COLUMNS:
            refuse(
                file,
                number,
                f"it holds cells beyond row {MOST_ROWS:,} or column {MOST_COLUMNS}: {_REMEDY}",
            )
        kept += [[] for _ in range(empty)]
        kept.append(cells)
        empty, width = 0, max(width, len(cells))
        if len(kept) * width > MOST_CELLS:
            refuse(file, number, f"it holds more than {MOST_CELLS:,} cells: {_REMEDY}")
    return [[*cells, *[None] * (width - len(cells))] for cells in kept]


def _trimmed(row: Sequence[object]) -> list[object]:
    end = len(row)
    while end and _meaning(row[end - 1]) is None:
        end -= 1
    return [_meaning(cell) for cell in row[:end]]


def _meaning(cell: object) -> object:
    if isinstance(cell, str) and (cell.strip() in BLANK or cell == MISSING):
        return None
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    return cell


def _xlsx(
    file: str, content: bytes, largest: int
) -> Iterator[tuple[str, Iterator[Sequence[object]]]]:
    import openpyxl  # type: ignore[import-untyped]

    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        # No more than that is unpacked of a part, whatever it holds.
        unpacked = sum(part.file_size for part in packed.infolist())
        are_formulas = unpacked <= largest and _holds_formulas(packed)
        are_stale = are_formulas and _is_recalculated(packed)
    if unpacked > largest:
        refuse(
            file,
            None,
            f"it is {unpacked / 2**20:,.0f} MB unpacked, more than the "
            f"{largest / 2**20:.0f} MB that a workbook may be: {_REMEDY}",
        )

    def opened(data_only: bool) -> Any:
        return openpyxl.load_workbook(
            io.BytesIO(content), read_only=True, data_only=data_only, keep_links=False
        )

    with ExitStack() as books:
        values = books.enter_context(closing(opened(data_only=True)))
        formulas = books.enter_context(closing(opened(data_only=False))) if are_formulas else None
        for place, sheet in enumerate(values.worksheets):
            sheet.reset_dimensions()  # they are often wrong
            if formulas is None:
                yield sheet.title, sheet.iter_rows(values_only=True)
            else:
                formulas.worksheets[place].reset_dimensions()
                yield sheet.title, _computed(file, sheet, formulas.worksheets[place], are_stale)


def _holds_formulas(packed: zipfile.ZipFile) -> bool:
    """Whether any sheet does; its text is looked through, which costs little beside reading it."""
    for name in packed.namelist():
        if not name.endswith(".xml") or name.endswith("sharedStrings.xml"):
            continue
        with packed.open(name) as part:
            before = b""
            while piece := part.read(PIECE):
                if FORMULA.search(before + piece):
                    return True
                before = piece[-OVERLAP:]
    return False


def _is_recalculated(packed: zipfile.ZipFile) -> bool:
    """Whether what opens it is to compute it anew: some programs store 0 for each formula."""
    return any(
        RECALCULATED.search(packed.read(name))
        for name in packed.namelist()
        if name.endswith("workbook.xml")
    )


def _computed(file: str, sheet: Any, written: Any, are_stale: bool) -> Iterator[list[object]]:
    """The values of a sheet, the formulas of which another reading of it shows."""
    for cells, formulas in zip(sheet.iter_rows(), written.iter_rows(), strict=True):
        lacking = [
            cell.coordinate
            for formula, cell in zip(formulas, cells, strict=False)
            if formula.data_type == "f" and _is_lacking(cell, are_stale)
        ]
        if lacking:
            refuse(
                file,
                None,
                f"sheet '{sheet.title}' holds formulas whose values no program has computed, such "
                f"as in {listed(lacking)}: open it in a spreadsheet, and save it again",
            )
        yield [cell.value for cell in cells]


def _is_lacking(cell: Any, are_stale: bool) -> bool:
    """Whether a formula has no value; of an empty text the cell says that it is one."""
    if cell.value is None:
        return bool(cell.data_type != "str")
    return are_stale and not isinstance(cell.value, bool) and cell.value == 0


def _xls(content: bytes) -> Iterator[tuple[str, Iterator[Sequence[object]]]]:
    import xlrd  # type: ignore[import-untyped]

    # Ragged: a cell far down and right does not fill the sheet between.
    with xlrd.open_workbook(
        file_contents=content, on_demand=True, ragged_rows=True, logfile=io.StringIO()
    ) as book:
        for number in range(book.nsheets):
            sheet = book.sheet_by_index(number)
            yield (
                sheet.name,
                (
                    [_of_xls(xlrd, cell, book.datemode) for cell in sheet.row(row)]
                    for row in range(sheet.nrows)
                ),
            )


def _of_xls(xlrd: Any, cell: Any, datemode: int) -> object:
    if cell.ctype in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
        return None
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return xlrd.error_text_from_code.get(cell.value, MISSING)
    if cell.ctype == xlrd.XL_CELL_DATE:
        try:
            return xlrd.xldate.xldate_as_datetime(cell.value, datemode)
        except (ValueError, OverflowError):
            return cell.value
    return bool(cell.value) if cell.ctype == xlrd.XL_CELL_BOOLEAN else cell.value
