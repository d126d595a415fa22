"""Series from a folder of the user's own files: exports of CSMAR or Wind, downloads, or anything.

A series may stand in a file of its own, in a column that ``mapping.yaml`` names or whose name is
known, or in an official workbook, and in one place only. What belongs to no series is refused: a
misspelt name must not bring back the open source in silence.
"""

import datetime as dt
import os
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import NoReturn, Protocol, runtime_checkable

import pandas as pd

from sfr_pipeline import clock, settings
from sfr_pipeline.errors import SourceError
from sfr_pipeline.sources.files import workbooks
from sfr_pipeline.sources.files.checks import Row, Wanted, check_rows, refuse
from sfr_pipeline.sources.files.content import sha256_of_all
from sfr_pipeline.sources.files.contents import (
    Contents,
    contents_of,
    read_contents,
    refuse_unknown,
)
from sfr_pipeline.sources.files.delimited import is_unfilled_template
from sfr_pipeline.sources.files.known import KnownNames, same_name
from sfr_pipeline.sources.files.layouts import price_layout
from sfr_pipeline.sources.files.layouts.interface import FoundSeries, Told
from sfr_pipeline.sources.files.layouts.plain_prices import PLAIN
from sfr_pipeline.sources.files.mapping import MAPPING, Named, read_mapping
from sfr_pipeline.sources.files.opening import ARCHIVES, SUFFIXES, open_file
from sfr_pipeline.sources.files.placing import Delivered, Found, in_file, same
from sfr_pipeline.sources.files.survey import PassedOver, survey
from sfr_pipeline.workspace import imports_root

README = "README.txt"


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
        self._known = KnownNames(self._wanted.values())
        self._contents: dict[str, Contents] = {}
        self._found: dict[str, Found] = {}
        self._frames: dict[tuple[str, dt.date], pd.DataFrame] = {}
        self._passed_over: list[PassedOver] = []
        self._mapped: dict[str, set[str]] = {}
        self._singles: dict[str, str] = {}
        if not folder.is_dir():
            if os.path.lexists(folder):
                refuse(str(folder), None, "it is no folder: make it one, or remove it")
            return
        mapping = read_mapping(folder, self._wanted)
        for entry in mapping.values():
            self._mapped.setdefault(entry.file, set()).add(same_name(entry.column))
        lying = survey(folder, (MAPPING, README))
        self._passed_over = lying.passed_over
        ids = {name.lower(): name for name in self._wanted}
        books: dict[str, workbooks.Workbook] = {}
        for path in lying.files:
            if path.name in self._mapped:
                continue
            if path.suffix.lower() not in SUFFIXES:
                self._refuse_stray(path)
            elif (name := ids.get(path.stem.lower())) is None:
                self._add_what_is_known(path, books)
            elif is_unfilled_template(path):
                self._passed_over.append(PassedOver(path.name, "a template without rows"))
            else:
                self._place(name, self._single(name, path))
                self._singles[path.name] = name
        for name, entry in mapping.items():
            self._place(name, self._column(name, entry))
        self._add_workbooks(books)
        for name, path in lying.below.items():
            if name in ids and ids[name] not in self._found:
                refuse(str(path), None, f"folders are not read: move it up into {folder}")

    def __contains__(self, name: str) -> bool:
        """Whether there is a file for the series."""
        return name in self._found

    @property
    def passed_over(self) -> list[PassedOver]:
        """What in the folder is not read, and why: files, folders, sheets and columns."""
        passed = list(self._passed_over)
        for file in (*self._mapped, *self._singles):
            try:
                others = self._read(file).others(
                    self._mapped.get(file), self._singles.get(file, ""), self._known
                )
            except SourceError:
                # Whoever reads it hears why.
                continue
            by = f"{MAPPING} does" if file in self._mapped else "the file's name does"
            passed += [PassedOver(f"{file}, {n}", f"a column that {by} not name") for n in others]
        return passed

    def delivered(self, name: str) -> Delivered:
        """How the file of a series is read.

        Raises:
            SourceError: it can't be read.
        """
        found = self._found[name]
        held = found.contents()
        if held is None:
            return Delivered("workbook", ("official",), None, found.times(), [])
        return Delivered(held.format, held.layouts, found.unit(), found.times(), held.ignored)

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
                found.file, found.rows(), self._wanted[name], day, found.times()
            )
        return self._frames[name, day].copy()

    def _place(self, name: str, found: Found) -> None:
        if name in self._found:
            other = self._found[name].text
            refuse(str(self.folder), None, f"'{name}' stands in {other} and {found.text}: keep one")
        self._found[name] = found

    def _read(self, file: str) -> Contents:
        if file not in self._contents:
            path = self.folder / file
            if path.suffix.lower() not in SUFFIXES or not path.is_file():
                refuse(
                    str(path),
                    None,
                    f"{MAPPING} names it, but there is no such file of {', '.join(SUFFIXES)}",
                )
            self._contents[file] = read_contents(path)
        return self._contents[file]

    def _single(self, name: str, path: Path) -> Found:
        if path.name not in self._contents and not path.is_file():
            read_contents(path)  # says why it can't be
        return self._in_file(
            name, path.name, path.name, lambda: self._read(path.name).only(name, self._known)
        )

    def _column(self, name: str, entry: Named) -> Found:
        file, column = entry.file, entry.column
        # A factor that is given stands for any unit that the file states.
        times = None if entry.times == 1 else entry.times
        return in_file(
            self._wanted[name],
            f"{file}, {column}",
            self.folder / file,
            lambda: self._read(file),
            lambda: self._read(file).column(column, entry.date),
            times,
            entry.decimal,
        )

    def _in_file(self, name: str, text: str, file: str, of: Callable[[], FoundSeries]) -> Found:
        return in_file(
            self._wanted[name], text, self.folder / file, lambda: self._read(file), of, None
        )

    def _add_what_is_known(self, path: Path, books: dict[str, workbooks.Workbook]) -> None:
        """Place the columns of a file that are known, or add it to the official tables.

        Raises:
            SourceError: nothing in it is known.
        """
        try:
            opened = open_file(path)
            if workbooks.is_official(opened):
                books[path.name] = workbooks.read_official(opened)
                return
            held = self._contents[path.name] = contents_of(opened)
        except SourceError as error:
            if near := get_close_matches(path.stem, self._wanted, n=1):
                raise SourceError(f"{error}; if it is '{near[0]}', call it {near[0]}.csv") from None
            raise
        for table in held.tables:
            for twice in {name for name in table.header[1:] if table.header.count(name) > 1}:
                if self._known.series((twice,)) is not None:
                    table.rows(table.header[0], twice)  # refuses
                self._passed_over.append(
                    PassedOver(f"{path.name}, {twice}", "several columns are called so")
                )
        columns = held.columns()
        known = [(self._known.series(one.names), one) for one in columns]
        if not any(name for name, _ in known):
            try:
                if held.layouts or any(len(table.header) > 2 for table in held.tables):
                    refuse_unknown(held, self._known, MAPPING)
                self._refuse_stray(path)
            except SourceError as error:
                if any(price_layout(one, path) or PLAIN.fits(one, Told()) for one in opened.sheets):
                    raise SourceError(f"{error}; prices of an instrument lie in prices/") from None
                raise
        for name, one in known:
            text = f"{path.name}, {one.names[-1]}"
            if name is None:
                self._passed_over.append(
                    PassedOver(text, "a column that known_as of no series names")
                )
            else:
                self._place(name, self._in_file(name, text, path.name, partial(same, one)))

    def _add_workbooks(self, books: Mapping[str, workbooks.Workbook]) -> None:
        """Workbooks hold a year each, so a series is gathered from all of them."""
        by_item: dict[str, dict[str, list[Row]]] = {}
        for name, book in books.items():
            self._passed_over += [PassedOver(*one) for one in book.passed_over]
            for item, rows in book.items.items():
                by_item.setdefault(item, {})[name] = rows
        for series in self._wanted.values():
            held = series.workbook if isinstance(series, InWorkbook) else None
            if parts := by_item.get(held or ""):
                own = sha256_of_all({file: books[file].sha256 for file in parts})
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

    def _refuse_stray(self, path: Path) -> NoReturn:
        known = self._known.series((path.stem,))
        near = [known] if known else get_close_matches(path.stem, self._wanted, n=1)
        if path.suffix.lower() in ARCHIVES:
            refuse(str(path), None, "it is an archive: unpack it, or move it away")
        if path.suffix.lower() not in SUFFIXES:
            called = f", called {near[0]}" if near else ""
            refuse(
                str(path),
                None,
                f"it belongs to no series of the market, which are read from {', '.join(SUFFIXES)}"
                f": save it as one of these{called}, or move it away",
            )
        hint = f"call it {near[0]}{path.suffix}" if near else f"name it in {MAPPING}"
        refuse(str(path), None, f"it belongs to no series of the market: {hint}, or move it away")
