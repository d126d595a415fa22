"""Series from a folder of the user's own files: exports of CSMAR or Wind, downloads, or anything.

A series may stand in a file of its own, in a column of a table that ``mapping.yaml`` names, or in
an official workbook, and in one place only. What belongs to no series is refused: a misspelt name
must not bring back the open source in silence.
"""

import datetime as dt
import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple, Protocol, runtime_checkable

import pandas as pd

from sfr_pipeline import clock, settings
from sfr_pipeline.sources.files import workbooks
from sfr_pipeline.sources.files.checks import Row, Wanted, check_rows, refuse
from sfr_pipeline.sources.files.content import LARGEST_MAPPING, read_content, sha256_of_all
from sfr_pipeline.sources.files.delimited import (
    SUFFIXES,
    Table,
    is_unfilled_template,
    observations,
    read_table,
)
from sfr_pipeline.workspace import imports_root
from sfr_pipeline.yaml_text import NotYamlError, load_texts

MAPPING = "mapping.yaml"
README = "README.txt"
WIDE = ("wide.csv", "wide.parquet")


def imports_folder(files: str) -> Path:
    """Where the files of a market lie.

    Args:
        files: as in the catalogue, ``imports/<market>``: below the workspace, or below the folder
            that the environment variable SFR_IMPORTS names in place of ``imports``.
    """
    return imports_root().joinpath(*Path(files).parts[1:])


def files_only() -> bool:
    """Whether the environment variable SFR_FILES_ONLY forbids to ask any source.

    Raises:
        SettingError: it says neither yes nor no.
    """
    return settings.flag(settings.FILES_ONLY)


@runtime_checkable
class InWorkbook(Protocol):
    """A series that may stand in an official workbook; published indices do not."""

    @property
    def workbook(self) -> str | None:
        """Its item, see ``workbooks.ITEMS``."""
        ...


class Found(NamedTuple):
    """Where a series stands.

    Attributes:
        text: provenance for readers, such as ``shibor_3m.csv`` or ``wide.csv, 3M``.
        rows: reads its observations.
        file: their file, for messages.
        sha256: hashes that file, as it was read.
        times: factor into the unit of the series.
    """

    text: str
    rows: Callable[[], Sequence[Row]]
    file: str
    sha256: Callable[[], str]
    times: float = 1.0


class Imports:
    """A folder of files, and which series stand in them.

    Args:
        folder: need not exist; then it holds nothing.
        wanted: the series of the market.

    Raises:
        SourceError: a file that belongs to no series, or a series in two places.
    """

    def __init__(self, folder: Path, wanted: Iterable[Wanted]) -> None:
        self.folder = folder
        self._wanted = {series.id: series for series in wanted}
        self._tables: dict[str, Table] = {}
        self._found: dict[str, Found] = {}
        self._frames: dict[tuple[str, dt.date], pd.DataFrame] = {}
        if not folder.is_dir():
            if os.path.lexists(folder):
                refuse(str(folder), None, "it is no folder: make it one, or remove it")
            return
        mapping = self._mapping()
        mapped = {entry["file"] for entry in mapping.values()}
        books = []
        for path in sorted(folder.iterdir()):
            if path.name.startswith((".", "~$")):
                continue
            if path.is_dir():
                if path.suffix in SUFFIXES:
                    refuse(str(path), None, "it is a folder: put a single file in its place")
                continue
            if path.name in (MAPPING, README, *mapped):
                continue
            if path.suffix.lower() in workbooks.SUFFIXES:
                books.append(path)
            elif path.suffix in SUFFIXES and path.stem in self._wanted:
                if not is_unfilled_template(path):
                    self._place(path.stem, self._single(path))
            else:
                self._refuse_stray(path)
        for name, entry in mapping.items():
            self._place(name, self._column(entry))
        self._add_workbooks(books)

    def __contains__(self, name: str) -> bool:
        """Whether there is a file for the series."""
        return name in self._found

    def provenance(self, name: str) -> str:
        """Where a series stands, for readers."""
        return f"file: {self._found[name].text}"

    def sha256(self, name: str) -> str:
        """SHA-256 of the file that a series stands in, as it was read.

        Of several workbooks it is that of what ``sha256sum`` prints of them.

        Raises:
            SourceError: the file can't be read.
        """
        return self._found[name].sha256()

    def read(self, name: str, today: dt.date | None = None) -> pd.DataFrame:
        """Read a series: ``date``, ``value`` and ``available_at``, NaT where it is not known.

        Raises:
            SourceError: the file is not what the catalogue says of the series.
        """
        found = self._found[name]
        day = today or clock.today()
        if (name, day) not in self._frames:
            self._frames[name, day] = check_rows(
                found.file, found.rows(), self._wanted[name], day, found.times
            )
        return self._frames[name, day].copy()

    def _place(self, name: str, found: Found) -> None:
        if name in self._found:
            other = self._found[name].text
            refuse(str(self.folder), None, f"'{name}' stands in {other} and {found.text}: keep one")
        self._found[name] = found

    def _table(self, file: str) -> Table:
        if file not in self._tables:
            path = self.folder / file
            if path.suffix not in SUFFIXES or not path.is_file():
                refuse(str(path), None, f"{MAPPING} names it, but there is no such CSV or Parquet")
            self._tables[file] = read_table(path)
        return self._tables[file]

    def _single(self, path: Path) -> Found:
        return Found(
            path.name,
            lambda: observations(self._table(path.name)),
            str(path),
            lambda: self._table(path.name).sha256,
        )

    def _column(self, entry: Mapping[str, Any]) -> Found:
        file, column = entry["file"], entry["column"]

        def rows() -> list[Row]:
            table = self._table(file)
            return table.rows(entry["date"] or table.header[0], column)

        return Found(
            f"{file}, {column}",
            rows,
            str(self.folder / file),
            lambda: self._table(file).sha256,
            entry["times"],
        )

    def _mapping(self) -> dict[str, dict[str, Any]]:
        path = self.folder / MAPPING
        if not os.path.lexists(path):
            return {}
        try:
            content = load_texts(read_content(path, LARGEST_MAPPING).decode()).content or {}
        except (NotYamlError, UnicodeDecodeError) as error:
            refuse(str(path), None, f"it is no valid YAML in UTF-8: {error}")
        if not isinstance(content, dict):
            refuse(str(path), None, "it must hold lines such as 'shibor_3m: 3M'")
        entries = {str(name): self._entry(path, str(name), content[name]) for name in content}
        columns: dict[tuple[str, str], str] = {}
        for name, entry in entries.items():
            where = entry["file"], entry["column"]
            if where in columns:
                refuse(
                    str(path),
                    None,
                    f"'{columns[where]}' and '{name}' both name column '{where[1]}' of "
                    f"{where[0]}, and no column holds two series: correct one of the lines, or "
                    "remove it",
                )
            columns[where] = name
        return entries

    def _entry(self, path: Path, name: str, given: Any) -> dict[str, Any]:
        if name not in self._wanted:
            near = get_close_matches(name, self._wanted, n=1)
            hint = f"did you mean '{near[0]}'?" if near else "remove the line"
            refuse(str(path), None, f"the market has no series '{name}': {hint}")
        entry = given if isinstance(given, dict) else {"column": given}
        wide = next((file for file in WIDE if (self.folder / file).exists()), WIDE[0])
        entry = {"file": wide, "date": None, "times": "1", **entry}
        times = _factor(entry["times"])
        if (
            set(entry) != {"file", "column", "date", "times"}
            or not all(_is_name(entry[key]) for key in ("file", "column"))
            or not (entry["date"] is None or _is_name(entry["date"]))
            or times is None
        ):
            refuse(
                str(path),
                None,
                f"'{name}' needs a column, or file, column, date and times, times being a number "
                "above 0 and the others names; a column called null or ~ stands in quotes",
            )
        return {**entry, "times": times}

    def _add_workbooks(self, books: list[Path]) -> None:
        """Workbooks hold a year each, so a series is gathered from all of them."""
        by_item: dict[str, dict[str, list[Row]]] = {}
        hashes: dict[str, str] = {}
        for path in books:
            book = workbooks.read_workbook(path)
            hashes[path.name] = book.sha256
            for item, rows in book.items.items():
                by_item.setdefault(item, {})[path.name] = rows
        for series in self._wanted.values():
            held = series.workbook if isinstance(series, InWorkbook) else None
            if parts := by_item.get(held or ""):
                own = sha256_of_all({file: hashes[file] for file in parts})
                self._place(series.id, self._gathered(parts, own))

    def _gathered(self, parts: Mapping[str, list[Row]], sha256: str) -> Found:
        where: dict[object, str] = {}
        for file, rows in parts.items():
            for row in rows:
                if row.date in where:
                    refuse(
                        str(self.folder / file),
                        row.number,
                        f"{row.date} stands in {where[row.date]} already: remove the older one",
                    )
                where[row.date] = file
        rows = [row for part in parts.values() for row in part]
        files = ", ".join(parts)
        return Found(files, lambda: rows, f"{self.folder}/{files}", lambda: sha256)

    def _refuse_stray(self, path: Path) -> None:
        near = get_close_matches(path.stem, self._wanted, n=1)
        hint = f"call it {near[0]}.csv" if near else f"name it in {MAPPING}"
        refuse(str(path), None, f"it belongs to no series of the market: {hint}, or move it away")


def _is_name(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _factor(value: object) -> float | None:
    """The number above 0 that somebody wrote; None where it is none."""
    try:
        number = float(value) if isinstance(value, str) else math.nan
    except ValueError:
        return None
    return number if 0 < number < math.inf else None
