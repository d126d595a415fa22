"""From a user's table to series with dates, numbers and a frequency, and what is left out and why.

Belongs here: which series are of use. Does not belong here: where they stand in the file
(`layout`), what is guessed of them (`guessing`). Nothing is passed over in silence.
"""

from pathlib import Path
from typing import NamedTuple

import pandas as pd

from sfr_pipeline import clock
from sfr_pipeline.drafting.dates import DayFirst, Moment, read_dates
from sfr_pipeline.drafting.grid import SUFFIXES, read_grid
from sfr_pipeline.drafting.layout import Found, lay_out
from sfr_pipeline.drafting.numbers import Cell, Decimal, decimal_of, is_number, is_per_cent, number
from sfr_pipeline.markets.series import Frequency
from sfr_pipeline.sources.cells import FIRST_DATE
from sfr_pipeline.sources.files.checks import PERIODS, abridged, refuse

# Values without which not even a frequency can be told.
FEW = 4
# Months that a series must span: a year that growth rates lose, and two before it joins the index.
LEAST_MONTHS = 36
# Median days between values, by what they then are; a weekly series becomes a monthly one.
SPACINGS = ((0.5, 4.5, "daily"), (5, 10, "weekly"), (26, 35, "monthly"), (80, 100, "quarterly"))


class Column(NamedTuple):
    """A series that can be used.

    Attributes:
        name: for readers.
        unit: as the file gives it, None where it does not.
        frequency: of its values.
        values: by the last day of their period, ascending, without missing ones.
        file: that it stands in, without its folder.
        note: what was done to it, None where nothing was.
    """

    name: str
    unit: str | None
    frequency: Frequency
    values: pd.Series
    file: str
    note: str | None = None


class LeftOut(NamedTuple):
    """A series that can't be used, and why."""

    name: str
    reason: str


class Panel(NamedTuple):
    """What a table, or a folder of tables, holds.

    Attributes:
        file: its name, without its folder.
        columns: its series by name.
        left_out: series that are of no use.
        notes: how it was read, and which rows were no observations, in sentences.
    """

    file: str
    columns: list[Column]
    left_out: list[LeftOut]
    notes: list[str]


class _Unusable(Exception):
    """Why a series is left out."""


def read_panel(path: Path, day_first: DayFirst = None, decimal: Decimal | None = None) -> Panel:
    """Read a table of series in any layout, or a folder of such tables.

    Args:
        path: CSV or Excel file, or a folder of them.
        day_first: of 01/02/2020, whether the day comes first; None: as the dates tell.
        decimal: what divides decimals; None: as the numbers tell.

    Raises:
        SourceError: a file can't be read, what it holds has two meanings, or none is of use.
    """
    if not path.is_dir():
        panel = _read(path, day_first, decimal)
    else:
        every = [file for file in sorted(path.iterdir()) if not file.name.startswith((".", "~$"))]
        files = [file for file in every if file.suffix.lower() in SUFFIXES]
        if not files:
            refuse(
                str(path),
                None,
                "the folder holds no table of series: put your files there, whose names end in "
                f"{', '.join(SUFFIXES)}, or name another folder",
            )
        panels = [_read(file, day_first, decimal) for file in files]
        notes = [f"{one.file}: {note}" for one in panels for note in one.notes]
        notes += [
            f"Not read: {file.name}: it is neither CSV nor Excel."
            for file in every
            if file not in files
        ]
        columns = [column for one in panels for column in one.columns]
        panel = Panel(path.name, columns, [out for one in panels for out in one.left_out], notes)
    columns, left_out = _of_use(panel)
    if not columns:
        reasons = "; ".join(f"{abridged(one.name)}: {one.reason}" for one in left_out[:3])
        refuse(str(path), None, f"it holds no series that can be used ({reasons or 'none'})")
    return panel._replace(columns=columns, left_out=left_out)


def _read(path: Path, day_first: DayFirst, decimal: Decimal | None) -> Panel:
    """All series of a file that have values, dates and a history."""
    grid = read_grid(path)
    laid = lay_out(grid)
    dates = read_dates(
        grid.file,
        {date.text: (date.row, date.text) for one in laid.series for date, _ in one.cells}.values(),
        day_first,
    )
    numbers = (cell for one in laid.series for _, cell in one.cells if is_number(cell.text))
    convention = decimal_of(grid.file, numbers, decimal)
    columns: list[Column] = []
    left_out: list[LeftOut] = []
    for found in laid.series:
        try:
            columns.append(_column(found, dates, convention, path.name))
        except _Unusable as reason:
            left_out.append(LeftOut(found.name, str(reason)))
    notes = [f"Layout: {laid.layout}.", *grid.notes]
    if convention == "comma":
        notes.append("A comma divides decimals.")
    notes += [f"Not read: {sentence}." for sentence in laid.skipped]
    return Panel(path.name, columns, left_out, notes)


def _of_use(panel: Panel) -> tuple[list[Column], list[LeftOut]]:
    """Series by name, without those whose name or values stand there already."""
    columns: dict[str, Column] = {}
    left_out = list(panel.left_out)
    for column in sorted(panel.columns, key=lambda one: (one.name.casefold(), one.name)):
        if column.name in columns:
            reason = f"its name stands in {columns[column.name].file} already: give it another"
            left_out.append(LeftOut(column.name, reason))
        elif twin := next((one for one in columns.values() if _equal(one, column)), None):
            left_out.append(LeftOut(column.name, f"its values are those of '{twin.name}'"))
        else:
            columns[column.name] = column
    return list(columns.values()), sorted(left_out)


def _equal(one: Column, other: Column) -> bool:
    return one.values.equals(other.values)


def _column(found: Found, dates: dict[str, Moment], decimal: Decimal, file: str) -> Column:
    """The series with its frequency.

    Raises:
        _Unusable: it can't be used.
    """
    read = [(date, cell, _value(cell, decimal)) for date, cell in found.cells]
    kept = [(dates[date.text], cell, value) for date, cell, value in read if value == value]
    if not kept:
        raise _Unusable("it holds no values")
    rows = pd.DataFrame(
        {
            "date": pd.DatetimeIndex([moment.start for moment, _, _ in kept]).as_unit("us"),
            "span": [moment.span for moment, _, _ in kept],
            "row": [cell.row for _, cell, _ in kept],
            "value": [value for _, _, value in kept],
        }
    ).sort_values("date", kind="stable", ignore_index=True)
    if rows["date"].iloc[0] < FIRST_DATE:
        raise _Unusable(f"row {rows['row'].iloc[0]} is of before {FIRST_DATE:%Y}: leave that out")
    spacing, frequency = _spacing(rows)
    code = PERIODS[frequency]
    note = None
    if spacing == "weekly":
        rows["date"] = rows["date"].dt.to_period("M").dt.start_time
        rows = rows.groupby("date", as_index=False).agg({"row": "first", "value": "mean"})
        note = "Weekly in the file; the mean of each month's weeks is what is used."
    rows["period"] = rows["date"].dt.to_period(code)
    rows = _one_a_period(rows)
    over = rows["period"].dt.end_time < pd.Timestamp(clock.today()) + pd.Timedelta(days=1)
    if not over.all():
        note = f"{note or ''} Values of periods that are not over are left out.".strip()
    rows = rows[over]
    ends = pd.DatetimeIndex(rows["period"].dt.end_time.dt.normalize()).as_unit("us")
    values = pd.Series(rows["value"].to_numpy(float), index=ends, name=found.name)
    _require_history(values)
    unit = found.unit
    if unit is None and sum(is_per_cent(cell.text) for _, cell, _ in kept) > len(kept) / 2:
        unit = "per cent"
    return Column(found.name, unit, frequency, values, file, note)


def _value(cell: Cell, decimal: Decimal) -> float:
    try:
        return number(cell.text, decimal)
    except ValueError:
        raise _Unusable(
            f"'{abridged(cell.text)}' in row {cell.row} is no number: correct it, or empty the cell"
        ) from None


def _spacing(rows: pd.DataFrame) -> tuple[str, Frequency]:
    """How far the values lie apart, and the frequency that this makes.

    Raises:
        _Unusable: neither daily nor weekly, monthly nor quarterly.
    """
    if len(rows) < FEW:
        raise _Unusable(f"it has {len(rows)} values")
    spans = set(rows["span"])
    if "year" in spans:
        raise _Unusable("it is annual: give it by quarter or by month")
    if len(spans) > 1:
        raise _Unusable(f"its dates are now of a {', now of a '.join(sorted(spans))}: keep one")
    days = rows["date"].drop_duplicates().diff().dt.days.median()
    if spans == {"quarter"}:
        return "quarterly", "quarterly"
    for low, high, name in SPACINGS:
        if low <= days <= high:
            return name, {"weekly": "monthly"}.get(name, name)  # type: ignore[return-value]
    raise _Unusable(
        f"its values lie {days:.0f} days apart, neither daily nor weekly, monthly nor quarterly"
    )


def _one_a_period(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows without those that say the same of a period again.

    Raises:
        _Unusable: two rows say different things of one.
    """
    twice = rows[rows.duplicated("period", keep=False)]
    different = twice.groupby("period")["value"].nunique().gt(1)
    if different.any():
        period = different[different].index[0]
        first, second, *_ = twice.loc[twice["period"] == period, "row"]
        raise _Unusable(f"{period} has two values, in rows {first} and {second}: keep one")
    return rows.drop_duplicates("period")


def _require_history(values: pd.Series) -> None:
    if values.empty:
        raise _Unusable("it holds no values of periods that are over")
    if values.nunique() == 1:
        raise _Unusable(f"all of its values are {values.iloc[0]:g}")
    months = values.index.to_period("M")
    span = (months[-1] - months[0]).n + 1
    if span < LEAST_MONTHS:
        raise _Unusable(f"it spans {span} months, and {LEAST_MONTHS} are needed")
