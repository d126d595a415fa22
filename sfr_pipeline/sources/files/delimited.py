"""Reads CSV and Parquet files into rows of text, whatever they hold.

Text is UTF-8, with or without a mark at its beginning, or GB18030, the superset of GBK in which
Chinese spreadsheets and vendors export. Names and comments may be Chinese; dates and numbers are
ASCII in both.
"""

import csv
import hashlib
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from sfr_pipeline.sources.cells import NUMBER
from sfr_pipeline.sources.files.checks import Row, abridged, is_date, refuse
from sfr_pipeline.sources.files.content import read_content

SUFFIXES = (".csv", ".parquet")
# The first line of a template: with no rows below its header it counts as no file.
TEMPLATE_MARK = "# Template of a series"
DATE_NAMES = ("date", "observation_date")


class Table(NamedTuple):
    """A file as text.

    Attributes:
        file: its name, for messages.
        header: names of the columns.
        lines: number of each row in the file, and its cells.
        sha256: of the file.
    """

    file: str
    header: list[str]
    lines: list[tuple[int, list[object]]]
    sha256: str

    def rows(self, date: str, value: str, available_at: str | None = None) -> list[Row]:
        """The observations in two or three of its columns.

        Raises:
            SourceError: there is no such column, or there are two.
        """
        names = [date, value] if available_at is None else [date, value, available_at]
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
        at = [self.header.index(name) for name in names]
        return [Row(number, *(cells[column] for column in at)) for number, cells in self.lines]


def is_unfilled_template(path: Path) -> bool:
    """Whether a file is a template that nobody has filled yet."""
    if path.suffix != ".csv":
        return False
    text = _decode(path, read_content(path))
    return text.startswith(TEMPLATE_MARK) and len(_data_lines(str(path), text)) <= 1


def read_table(path: Path) -> Table:
    """Read a CSV or Parquet file.

    Raises:
        SourceError: empty, without a header, rows of unequal length, or not readable at all.
    """
    return _read_parquet(path) if path.suffix == ".parquet" else _read_csv(path)


def observations(table: Table) -> list[Row]:
    """The rows of a file that holds one series: date, value and perhaps available_at.

    Raises:
        SourceError: other columns.
    """
    names = [name.lower() for name in table.header]
    if len(names) not in (2, 3) or names[0] not in DATE_NAMES or names[2:] not in (
        [],
        ["available_at"],
    ):  # fmt: skip
        refuse(
            table.file,
            None,
            f"its columns are '{', '.join(table.header)}': they must be date,value or "
            "date,value,available_at, separated by commas",
        )
    return table.rows(*table.header)


def _read_csv(path: Path) -> Table:
    file = str(path)
    content = read_content(path)
    text = _decode(path, content)
    if text.lstrip().startswith("<"):
        refuse(
            file, None, "it is a web page, not data: download the file itself and save it as CSV"
        )
    lines = _data_lines(file, text)
    if not lines:
        refuse(file, None, "it is empty: fill it, or remove it")
    number, header = lines[0]
    names = [str(name).strip() for name in header]
    if _is_data(names):
        refuse(file, number, "it begins with data: give it a header, date,value, as first line")
    if len(lines) == 1:
        refuse(file, None, "it has a header but no rows: fill it, or remove it")
    for number, cells in lines[1:]:
        if len(cells) != len(names):
            refuse(
                file,
                number,
                f"it has {len(cells)} cells, the header {len(names)}: write numbers without "
                "commas, and one cell a column",
            )
    return Table(file, names, lines[1:], hashlib.sha256(content).hexdigest())


def _is_data(names: Sequence[str]) -> bool:
    """Whether the first line is an observation, its date in any form: Jan 2024, 31.01.2024 ..."""
    if is_date(names[0]) or names[0][:1].isdigit():
        return True
    # Columns may be called by numbers, such as maturities; then that of the dates has a name.
    has_digit = re.search(r"\d", names[0]) is not None
    return has_digit and any(NUMBER.fullmatch(name) for name in names[1:])


def _data_lines(file: str, text: str) -> list[tuple[int, list[object]]]:
    """Lines with their numbers, without comments and blank ones.

    Raises:
        SourceError: a line that cannot be divided into cells.
    """
    lines: list[tuple[int, list[object]]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip(" ,\t") or line.startswith("#"):
            continue
        try:
            lines.append((number, list(next(csv.reader([line])))))
        except csv.Error as error:
            refuse(
                file,
                number,
                f"'{abridged(line)}' cannot be divided into cells ({error}): save it as CSV, "
                "separated by commas, one number a cell",
            )
    return lines


def _decode(path: Path, content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    refuse(str(path), None, "its text is neither UTF-8 nor GB18030: save it as CSV UTF-8")


def _read_parquet(path: Path) -> Table:
    import pandas as pd

    content = read_content(path)
    try:
        frame = pd.read_parquet(io.BytesIO(content))
    except Exception as error:
        refuse(str(path), None, f"it is no readable Parquet file ({error}): write it again")
    if not isinstance(frame.index, pd.RangeIndex):
        frame = frame.reset_index()
    if frame.empty:
        refuse(str(path), None, "it has no rows: fill it, or remove it")
    cells = frame.astype(object).where(frame.notna(), None)
    lines = [(number, _plain(line)) for number, line in enumerate(cells.to_numpy().tolist(), 1)]
    names = [str(name) for name in frame.columns]
    return Table(str(path), names, lines, hashlib.sha256(content).hexdigest())


def _plain(line: Sequence[object]) -> list[object]:
    return ["" if cell is None else cell for cell in line]
