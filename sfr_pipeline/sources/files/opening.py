"""Opens a file of a table, whatever it calls itself: text, workbook, web page or Parquet, to cells.

What a file is, is told by its first bytes: banks call web pages ``.xls``, and people call workbooks
``.csv``. Belongs here: formats, separators, sheets. Does not belong here: where dates and values
stand in the cells (`layouts`), and posts, of which there may be millions (`opinion.export_files`).
"""

import csv
import hashlib
import io
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from sfr_pipeline.errors import SourceError
from sfr_pipeline.sources.files.checks import abridged, refuse
from sfr_pipeline.sources.files.content import read_content, require_size
from sfr_pipeline.sources.files.parquet import require_parquet_size
from sfr_pipeline.sources.files.spreadsheet import FAULTS, LARGEST_WORKBOOK, read_sheets
from sfr_pipeline.sources.files.text import decoded
from sfr_pipeline.sources.files.web_pages import page_tables

# What is opened, by the ends of names; what else lies in a folder is told of.
SUFFIXES = (".csv", ".tsv", ".txt", ".parquet", ".xlsx", ".xls", ".htm", ".html")
ARCHIVES = (".zip", ".gz", ".7z", ".rar", ".tar", ".tgz", ".bz2", ".xz", ".zst")
# Commas last: they stand inside numbers and names too.
SEPARATORS = ("\t", ";", "|", ",")
NAMED = {"\t": "tabs", ";": "semicolons", "|": "bars", ",": "commas"}
# A line before all others, by which spreadsheets tell each other the separator.
TOLD = re.compile(r'"?sep=([^"\r\n])"?\s*', re.IGNORECASE)
# Share of the rows that must be divided alike by a separator.
ALIKE = 0.5
EMPTY = "it is empty: fill it, or remove it"
COMMENT = "#"

ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Workbooks before 1993, which some statistical programs still write.
OLDEST = (b"\x09\x00", b"\x09\x02", b"\x09\x04", b"\x09\x08")
PARQUET = b"PAR1"
# By their first bytes, what else is given the name of a table, and how it becomes one.
OTHERS = {
    b"\x1f\x8b": "it is packed with gzip: unpack it",
    b"BZh": "it is packed with bzip2: unpack it",
    b"\xfd7zXZ": "it is packed with xz: unpack it",
    b"7z\xbc\xaf": "it is an archive of 7-Zip: unpack it",
    b"Rar!": "it is an archive of RAR: unpack it",
    b"PK\x05\x06": "it is an archive without a file: download it again, or remove it",
    b"%PDF": "it is a PDF: ask for the table itself, or type it into a spreadsheet",
    b"MIME-Version:": "it is a web page with all its parts in one, as spreadsheets save them: open "
    "it in one, and save it as .xlsx",
}
# Headers in angle brackets are no web page.
WEB_PAGE = re.compile(r"\s*<(?:!doctype|!--|html|head|body|meta|table|\?xml)\b", re.IGNORECASE)

XML_BOOK, XML_HEAD = "urn:schemas-microsoft-com:office:spreadsheet", 2_000


class Sheet(NamedTuple):
    """A table of cells.

    Attributes:
        file: the file's name, with that of the sheet where there are several, for messages.
        rows: number of each row in its file or sheet, from 1, and its cells. Cells of text are
            stripped strings; those of workbooks and Parquet keep numbers and times as such, and
            None where they hold nothing. Rows of text files may differ in length; blank rows are
            left out.
        name: of the sheet, None where the file has but one.
        above: lines that stand above a table on its web page.
    """

    file: str
    rows: list[tuple[int, list[object]]]
    name: str | None = None
    above: tuple[str, ...] = ()


class Opened(NamedTuple):
    """A file's tables.

    Attributes:
        file: its name, for messages.
        format: for readers, such as ``CSV, GB18030, semicolons``.
        sheets: in their order, those without any cell left out.
        sha256: of the file.
        notes: what was left aside in opening it, in sentences.
    """

    file: str
    format: str
    sheets: list[Sheet]
    sha256: str
    notes: tuple[str, ...] = ()


def open_file(path: Path, comments: bool = False) -> Opened:
    """Open a file whole.

    Args:
        path: of the file.
        comments: whether rows of text that begin with ``#`` are kept.

    Raises:
        SourceError: it can't be read, is empty or too large, or of a format that isn't read.
    """
    file, content = str(path), read_content(path)
    sha256 = hashlib.sha256(content).hexdigest()
    if not content.strip():
        refuse(file, None, EMPTY)
    if content.startswith(PARQUET):
        return Opened(file, "Parquet", [_parquet(file, content)], sha256)
    if content.startswith((ZIP, OLE, *OLDEST)):
        sheets, blank = _workbook(file, content)
        notes = (f"sheet{'s' * (len(blank) > 1)} without a cell: {', '.join(blank)}",)
        return Opened(file, "workbook", sheets, sha256, notes if blank else ())
    for sign, remedy in OTHERS.items():
        if content.startswith(sign):
            refuse(file, None, remedy)
    text, encoding = decoded(file, content)
    # Separators and quotes around nothing are nothing.
    if all(sign.isspace() or sign in SEPARATORS or sign == '"' for sign in text):
        refuse(file, None, EMPTY)
    if XML_BOOK in text[:XML_HEAD]:
        refuse(
            file,
            None,
            "it is a workbook written as XML, as of Excel 2003: open it in a spreadsheet, and save "
            "it as .xlsx",
        )
    if WEB_PAGE.match(text):
        return Opened(file, f"web page, {encoding}", _web_page(file, text), sha256)
    separator, rows = _divided(file, text, comments)
    if not rows:
        refuse(file, None, EMPTY)
    named = NAMED.get(separator, f"separated by '{separator}'")
    return Opened(file, f"text, {encoding}, {named}", [Sheet(file, rows)], sha256)


def told_separator(text: str) -> str | None:
    """The separator that the first line of a text tells, ``sep=;``; None where it tells none."""
    line = text[: text.find("\n") + 1] or text
    told = TOLD.fullmatch(line)
    return told[1] if told else None


def _divided(file: str, text: str, comments: bool) -> tuple[str, list[tuple[int, list[object]]]]:
    """The separator that is told, or divides most rows alike, and the rows.

    They are without blank ones, perhaps comments, and the line that tells the separator. A row
    is numbered by the line in which it begins; quoted cells may hold breaks of lines.
    """
    if told := told_separator(text):
        return told, _rows(file, text, told, comments)[1:]
    best, most = ",", 0.0
    for separator in (one for one in SEPARATORS if one in text):
        widths = Counter(len(cells) for _, cells in _rows(file, text, separator, comments))
        width, alike = max(widths.items(), key=lambda one: (one[0] > 1, one[1]), default=(1, 0))
        share = alike / max(sum(widths.values()), 1)
        if width > 1 and share > max(most, ALIKE):
            best, most = separator, share
    return best, _rows(file, text, best, comments)


def _rows(file: str, text: str, separator: str, comments: bool) -> list[tuple[int, list[object]]]:
    require_size(Path(file), text.count("\n") + text.count("\r"), 1)
    lines = text.splitlines()
    require_size(Path(file), len(lines), 1 + max(line.count(separator) for line in lines))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    rows: list[tuple[int, list[object]]] = []
    begins = 1
    try:
        for cells in reader:
            stripped: list[object] = [cell.strip() for cell in cells]
            if any(stripped) and (comments or not _is_comment(stripped)):
                rows.append((begins, stripped))
            begins = reader.line_num + 1
    except csv.Error as error:
        line = next(iter(lines[begins - 1 : begins]), "")
        refuse(
            file,
            begins,
            f"'{abridged(line)}' cannot be divided into cells ({error}): save it as CSV, separated "
            "by commas, one number a cell",
        )
    return rows


def _is_comment(cells: Sequence[object]) -> bool:
    """Whether a row is a comment; ``#####`` beside values is a date of a column too narrow."""
    first = str(cells[0])
    if first in FAULTS:
        return False
    return first.startswith(COMMENT) and (bool(first.strip(COMMENT)) or not any(cells[1:]))


def _workbook(file: str, content: bytes) -> tuple[list[Sheet], list[str]]:
    """The sheets that hold something, and the names of the others."""
    if len(content) > LARGEST_WORKBOOK:
        refuse(file, None, _too_large("workbook"))
    try:
        named = list(read_sheets(file, content))
    except SourceError:
        raise
    except Exception as error:
        refuse(
            file,
            None,
            f"it cannot be opened as a workbook ({error}): open it in a spreadsheet, and save it "
            "as .xlsx or CSV",
        )
    full = [(name, cells) for name, cells in named if cells]
    if not full:
        refuse(file, None, EMPTY)
    sheets = [
        Sheet(file, _numbered(cells))
        if len(full) == 1
        else Sheet(f"{file}, sheet '{name}'", _numbered(cells), name)
        for name, cells in full
    ]
    return sheets, [name for name, cells in named if not cells]


def _too_large(what: str) -> str:
    return (
        f"it is larger than the {LARGEST_WORKBOOK / 2**20:.0f} MB that a {what} may be: save the "
        "table that is needed as CSV"
    )


def _numbered(cells: Sequence[Sequence[object]]) -> list[tuple[int, list[object]]]:
    return [
        (number, [cell.strip() if isinstance(cell, str) else cell for cell in line])
        for number, line in enumerate(cells, 1)
        if any(cell is not None for cell in line)
    ]


def _web_page(file: str, text: str) -> list[Sheet]:
    """The tables of a web page, as banks publish under the name of a workbook."""
    # Of four characters of it, a parser makes a hundred times as many bytes.
    if len(text) > LARGEST_WORKBOOK:
        refuse(file, None, _too_large("web page with a table"))
    tables = page_tables(file, text)
    sheets = [
        Sheet(file if len(tables) == 1 else f"{file}, table {place}", rows, above=table.above)
        for place, table in enumerate(tables, 1)
        if (rows := _numbered(table.cells))
    ]
    if not sheets:
        refuse(
            file,
            None,
            "it is a web page without a table, not data: download the file itself, and put it in "
            "its place",
        )
    return sheets


def _parquet(file: str, content: bytes) -> Sheet:
    """The header as first row, and the rows; an index with a name is a column like others."""
    import pandas as pd

    try:
        require_parquet_size(file, content)
        frame = pd.read_parquet(io.BytesIO(content))
    except SourceError:
        raise
    except Exception as error:
        refuse(file, None, f"it is no readable Parquet file ({error}): write it again")
    names = [
        list(map(str, name)) if isinstance(name, tuple) else [str(name)] for name in frame.columns
    ]
    depth = max(map(len, names), default=1)
    if not isinstance(frame.index, pd.RangeIndex):
        levels = [str(name) if name is not None else "date" for name in frame.index.names]
        names = [[level, *[""] * (depth - 1)] for level in levels] + names
        frame = frame.copy()
        frame.columns = pd.RangeIndex(frame.shape[1])
        frame = frame.reset_index()
    if frame.empty:
        refuse(file, None, "it has no rows: fill it, or remove it")
    cells = frame.astype(object).where(frame.notna(), None).to_numpy().tolist()
    heads: list[list[object]] = [
        [name[level] if level < len(name) else "" for name in names] for level in range(depth)
    ]
    return Sheet(file, [*enumerate(heads + cells, 1)])
