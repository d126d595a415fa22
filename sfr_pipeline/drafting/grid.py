"""A user's file as rows of text: CSV in any of the usual dialects, or the sheet of a workbook.

Belongs here: encodings, separators, sheets. Does not belong here: where dates and series stand in
the rows (`reading`), and files that a market reads (`sources.files.delimited`), which are written
in one way only.
"""

import csv
import io
import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from sfr_pipeline.errors import SourceError
from sfr_pipeline.sources.files.checks import refuse
from sfr_pipeline.sources.files.content import read_content, require_size
from sfr_pipeline.sources.files.spreadsheet import read_sheets

WORKBOOKS = (".xlsx", ".xls")
# What is read of a folder.
SUFFIXES = (".csv", ".tsv", ".txt", *WORKBOOKS)
# Commas last: they stand inside numbers and names too.
SEPARATORS = ("\t", ";", "|", ",")
EMPTY = "it is empty: name the file that holds your data"
# Share of the rows that must be divided alike by a separator.
ALIKE = 0.5
# Headers in angle brackets are no web page.
WEB_PAGE = re.compile(r"\s*<(?:!doctype|!--|html|head|body|\?xml)\b", re.IGNORECASE)
# Bytes above 127 of which most neighbour each other are Chinese characters of two bytes; in Western
# text they stand alone between letters.
PAIRED = 0.5


class Grid(NamedTuple):
    """A table as text.

    Attributes:
        file: its name, for messages.
        rows: number of each row in the file, and its cells, stripped; all of one length.
        notes: what was done to read it, in sentences.
    """

    file: str
    rows: list[tuple[int, list[str]]]
    notes: tuple[str, ...] = ()


def read_grid(path: Path) -> Grid:
    """Read a file whole.

    Raises:
        SourceError: it is empty, too large, or neither text nor a workbook.
    """
    if path.suffix.lower() in WORKBOOKS:
        return _workbook(path)
    file = str(path)
    text, encoding = _decode(file, read_content(path))
    if WEB_PAGE.match(text):
        refuse(file, None, "it is a web page, not data: download the file itself and save it")
    separator, rows = _divided(file, text)
    named = {"\t": "tabs", ";": "semicolons", "|": "bars", ",": "commas"}[separator]
    notes = () if (encoding, separator) == ("UTF-8", ",") else (f"Read as {encoding}, {named}.",)
    return Grid(file, _even(path, rows), notes)


def _decode(file: str, content: bytes) -> tuple[str, str]:
    """Text and the name of its encoding."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace"), "UTF-16"
    try:
        return content.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError:
        pass
    if b"\0" in content:
        refuse(file, None, "it is no text: save the table as CSV UTF-8, or as .xlsx")
    paired = sum(len(run) for run in re.findall(rb"[\x80-\xff]{2,}", content))
    high = len(re.findall(rb"[\x80-\xff]", content))
    encoding = "gb18030" if paired > PAIRED * high else "cp1252"
    try:
        return content.decode(encoding), {"gb18030": "GB18030", "cp1252": "Latin-1"}[encoding]
    except UnicodeDecodeError:
        refuse(
            file,
            None,
            "its text is neither UTF-8 nor GB18030 nor Latin-1: save it as CSV UTF-8",
        )


def _divided(file: str, text: str) -> tuple[str, list[tuple[int, list[str]]]]:
    """The separator that divides most rows alike, and the rows."""
    # Separators and quotes around nothing are nothing.
    if all(sign.isspace() or sign in SEPARATORS or sign == '"' for sign in text):
        refuse(file, None, EMPTY)
    for separator in SEPARATORS:
        if separator not in text:
            continue
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        try:
            rows = [(reader.line_num, cells) for cells in reader if any(map(str.strip, cells))]
        except csv.Error as error:
            refuse(file, reader.line_num, f"it can't be divided into cells ({error}): save it anew")
        width, alike = Counter(len(cells) for _, cells in rows).most_common(1)[0]
        if width > 1 and alike > ALIKE * len(rows):
            return separator, rows
    refuse(
        file,
        1,
        "neither commas nor semicolons nor tabs divide its rows alike: save the table as CSV with "
        "one cell a column",
    )


def _workbook(path: Path) -> Grid:
    """The sheet with most cells that hold something."""
    file = str(path)
    try:
        sheets = [cells for _, cells in read_sheets(file, read_content(path))]
    except SourceError:
        raise
    except Exception as error:
        refuse(file, None, f"it is no workbook that can be read ({error}): save it as CSV")
    filled = [sum(cell is not None for row in sheet for cell in row) for sheet in sheets]
    if not any(filled):
        refuse(file, None, "its sheets are empty: name the file that holds your data")
    best = filled.index(max(filled))
    rows = [
        (number, ["" if cell is None else str(cell) for cell in cells])
        for number, cells in enumerate(sheets[best], 1)
        if any(cell is not None for cell in cells)
    ]
    others = [str(number + 1) for number, size in enumerate(filled) if size and number != best]
    told = f"Sheet {best + 1} was read"
    note = f"{told}; sheets {', '.join(others)} were not." if others else f"{told}."
    return Grid(file, _even(path, rows), (note,) if len(sheets) > 1 else ())


def _even(path: Path, rows: list[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
    """Rows of one length, without columns at the end that hold nothing."""
    rows = [(number, [" ".join(cell.split()) for cell in cells]) for number, cells in rows]
    width = max(
        max((column for column, cell in enumerate(cells, 1) if cell), default=0)
        for _, cells in rows
    )
    if width == 0:
        refuse(str(path), None, EMPTY)
    require_size(path, len(rows), width)
    return [(number, [*cells, *[""] * width][:width]) for number, cells in rows]
