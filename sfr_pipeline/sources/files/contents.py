"""All that a file of series holds, in whatever layout: the one way from a path to its series.

Belongs here: sheets, layouts and plain tables brought together. Does not belong here: which series
a market wants (`folder`).
"""

import logging
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple, NoReturn

from sfr_pipeline.errors import SourceError, shown
from sfr_pipeline.sources.files.checks import is_date, listed, refuse
from sfr_pipeline.sources.files.delimited import Table, is_one_series, observations, plain_table
from sfr_pipeline.sources.files.known import KnownNames, same_name
from sfr_pipeline.sources.files.layouts import series_layout
from sfr_pipeline.sources.files.layouts.dates import date_of
from sfr_pipeline.sources.files.layouts.headed import text_of
from sfr_pipeline.sources.files.layouts.interface import FoundSeries
from sfr_pipeline.sources.files.layouts.numbers import with_decimals
from sfr_pipeline.sources.files.opening import Opened, Sheet, open_file
from sfr_pipeline.sources.files.stated_units import unit_behind

LOG = logging.getLogger(__name__)


class Contents(NamedTuple):
    """A file of series.

    Attributes:
        file: its name, for messages.
        format: for readers, such as ``text, GB18030, commas``.
        layouts: whose layouts its sheets have, for readers; empty where they are plain tables.
        series: those of its sheets that have a vendor's layout.
        tables: its plain tables.
        ignored: what is no observation, in sentences.
        sha256: of the file.
    """

    file: str
    format: str
    layouts: tuple[str, ...]
    series: list[FoundSeries]
    tables: list[Table]
    ignored: list[str]
    sha256: str

    def columns(self) -> list[FoundSeries]:
        """Its series: those of vendors, and each column of plain tables beside the first."""
        return self.series + [
            _with_unit(FoundSeries((name,), table.rows(table.header[0], name)))
            for table in self.tables
            for name in table.header[1:]
            if name and table.header.count(name) == 1
        ]

    def column(self, name: str, date: str | None) -> FoundSeries:
        """A column by the name that the file gives it.

        Args:
            name: of the column.
            date: name of the column of its dates, None: the first.

        Raises:
            SourceError: there is none, or more than one.
        """
        found = [one for one in self.series if same_name(name) in map(same_name, one.names)]
        if found and date is not None:
            refuse(
                self.file,
                None,
                f"layout {', '.join(self.layouts)}: its dates are found without 'date': leave it "
                "out of mapping.yaml",
            )
        if len(found) > 1:
            refuse(
                self.file,
                None,
                f"{len(found)} of its columns are called '{name}': rename the others, or remove "
                "them",
            )
        if found:
            return found[0]
        holding = [table for table in self.tables if text_of(name) in table.header]
        if len(holding) > 1:
            refuse(
                self.file,
                None,
                f"{len(holding)} of its sheets have a column '{name}': rename one, or remove it",
            )
        if holding or (self.tables and not self.series):
            table = (holding or self.tables)[0]
            return _with_unit(FoundSeries((name,), table.rows(date or table.header[0], name)))
        names = listed([", ".join(one.names) for one in self.series])
        refuse(self.file, None, f"it has no column '{name}': its columns are {names}")

    def others(self, mapped: Collection[str] | None, series: str, known: KnownNames) -> list[str]:
        """Columns that nothing names, by the names they have in the file.

        Args:
            mapped: those that are named, as `same_name` makes them; None: the file is called by
                the id of a series.
            series: that id.
            known: names of the market's series.

        Raises:
            SourceError: as of `only`.
        """
        if mapped is None:
            used = self.only(series, known)
            unmeant = [one for one in self.series if one is not used]
        else:
            named = set(mapped)
            unmeant = [c for c in self.columns() if not named & set(map(same_name, c.names))]
        return [one.names[-1] for one in unmeant]

    def only(self, series: str, known: KnownNames) -> FoundSeries:
        """The series of a file that is called by the id of one.

        Raises:
            SourceError: it holds another one, several, or none.
        """
        if self.tables and not self.series:
            if len(self.tables) > 1:
                refuse(
                    self.file,
                    None,
                    f"{len(self.tables)} of its sheets hold a table: keep that of '{series}' alone",
                )
            return FoundSeries((series,), observations(self.tables[0]))
        meant = {known.series(one.names): one for one in self.series}
        if [known.series(one.names) for one in self.series].count(series) > 1:
            refuse(
                self.file,
                None,
                f"more than one of its columns is '{series}': keep one, or name it in mapping.yaml",
            )
        if series in meant:
            return meant[series]
        if len(self.series) != 1:
            refuse(
                self.file,
                None,
                f"layout {', '.join(self.layouts)}: it holds {len(self.series)} series, and none "
                f"is known as '{series}': leave that of '{series}' alone in it, or name its column "
                "in mapping.yaml",
            )
        ((other, found),) = meant.items()
        if other is not None:
            refuse(
                self.file,
                None,
                f"its column {', '.join(found.names)} is '{other}', not '{series}' as its name "
                f"says: call it {other}{Path(self.file).suffix}",
            )
        return found


def read_contents(path: Path) -> Contents:
    """Read a file of series.

    Raises:
        SourceError: it can't be opened, or none of its tables can be read.
    """
    return contents_of(open_file(path))


def contents_of(opened: Opened) -> Contents:
    """Read a file of series that is open.

    Raises:
        SourceError: none of its tables can be read.
    """
    layouts: dict[str, None] = {}
    series: list[FoundSeries] = []
    tables: list[Table] = []
    ignored = list(opened.notes)
    refused: list[SourceError] = []
    for sheet in opened.sheets:
        layout = None if _is_ours(sheet) else series_layout(sheet)
        if layout is not None:
            read = layout.read(sheet)
            layouts[layout.name] = None
            series += read.series
            ignored += [_placed(opened, sheet, told) for told in read.ignored]
            continue
        if len(opened.sheets) > 1 and not _has_dates(sheet):
            ignored.append(_placed(opened, sheet, "it holds no dates, and is not read"))
            continue
        try:
            table = plain_table(sheet, opened.sha256)
        except SourceError as error:
            refused.append(error)
            continue
        tables.append(table)
        ignored += [_placed(opened, sheet, told) for told in table.ignored]
    if (
        opened.format.startswith("web page")
        and not series
        and not any(map(_has_dates, opened.sheets))
    ):
        refuse(
            opened.file,
            None,
            "it is a web page whose tables hold no dates, not data: download the file itself, and "
            "put it in its place",
        )
    if refused:
        raise refused[0]
    if not series and not tables:
        refuse(opened.file, None, "none of its sheets holds dates: give it a column of dates")
    series = [_with_unit(one) for one in with_decimals(series)]
    if ignored:
        LOG.info("%s: %s", shown(opened.file), shown("; ".join(ignored)))
    return Contents(
        opened.file, opened.format, tuple(layouts), series, tables, ignored, opened.sha256
    )


def refuse_unknown(held: Contents, known: KnownNames, mapping: str) -> NoReturn:
    """Refuse a file of which no column is known, with the known names that look like its own."""
    columns = held.columns()
    near = known.near(name for one in columns for name in one.names)
    layout = f"layout {', '.join(held.layouts)}: " if held.layouts else ""
    refuse(
        held.file,
        None,
        f"{layout}none of its columns is known ({listed([one.names[-1] for one in columns])}): "
        f"name those that are meant in {mapping}, or move it away"
        + (f"; known names that look alike are {', '.join(near)}" if near else ""),
    )


def _with_unit(one: FoundSeries) -> FoundSeries:
    """A series whose name ends with a unit, ``储备(亿美元)``, has it, and the bare name too."""
    behind = unit_behind(one.names[-1])
    if behind is None:
        return one
    bare, unit = behind
    names = (*one.names[:-1], bare, one.names[-1])
    return one._replace(names=names, unit=unit if one.unit is None else one.unit)


def _is_ours(sheet: Sheet) -> bool:
    """Whether its header is that of the product's own files, whatever stands below the data."""
    header = sheet.rows[0][1]
    return is_one_series(header) and (len(header) > 2 or text_of(header[1]).lower() == "value")


def _has_dates(sheet: Sheet) -> bool:
    return any(
        is_date(text_of(cell)) or date_of(cell) is not None
        for _, cells in sheet.rows
        for cell in cells
    )


def _placed(opened: Opened, sheet: Sheet, told: str) -> str:
    """What is told of a sheet, with its name where there are several."""
    place = sheet.file.removeprefix(opened.file).lstrip(", ")
    return f"{place}: {told}" if place else told
