"""What a file must satisfy before it becomes a series: dates, numbers, frequency, unit.

Each validation error is one sentence with the file, the row and the remedy. Nothing is mended in
silence: dates become the last day of their period, empty values are left out, and that is all.
Stricter than ``live.checks``, which judges what sites send: a user can mend a file, so dates must
be written in one known form and numbers plainly, where a site's habits have to be taken as they
are.
"""

import datetime as dt
import math
import re
from collections.abc import Sequence
from typing import NamedTuple, NoReturn, Protocol

import pandas as pd

from sfr_pipeline.errors import SourceError, shown
from sfr_pipeline.sources import cells
from sfr_pipeline.sources.cells import FIRST_DATE, is_missing
from sfr_pipeline.sources.files.units import looks_like, wrong_size

# Each form of a date, how it looks, and how it is parsed.
DATE_FORMS = {
    r"\d{4}-\d{2}-\d{2}([ T]00:00:00(\.0+)?)?": ("2024-01-31", "%Y-%m-%d"),
    r"\d{4}/\d{1,2}/\d{1,2}": ("2024/1/31", "%Y/%m/%d"),
    r"\d{8}": ("20240131", "%Y%m%d"),
    r"\d{4}-\d{1,2}": ("2024-01", "%Y-%m"),
    r"\d{6}": ("202401", "%Y%m"),
    r"\d{4}-?Q[1-4]": ("2024Q1", "quarter"),
}
DAY_FORMS = ("2024-01-31", "2024/1/31", "20240131")
# A weekly value is dated by the day that the publisher gives it.
PERIODS = {"daily": "D", "weekly": "D", "monthly": "M", "quarterly": "Q"}
# Days between observations, above which a series is too sparse for its frequency.
SPARSE = {"daily": 5, "weekly": 15, "monthly": 70, "quarterly": 200}
# Several values in one period are daily or monthly data rather than a duplicate.
MANY = {"monthly": 5, "quarterly": 3}
FINER = {"monthly": "daily", "quarterly": "monthly"}
LONGEST = 60  # characters of a cell in a message
MOST_LISTED = 10  # rows or columns in a message


class Wanted(Protocol):
    """What a file must know of the series that it holds; a series of a catalogue does."""

    @property
    def id(self) -> str:
        """Name of the series."""
        ...

    @property
    def unit(self) -> str:
        """Unit of its values."""
        ...

    @property
    def frequency(self) -> str:
        """'daily', 'weekly', 'monthly' or 'quarterly'."""
        ...

    @property
    def valid_range(self) -> tuple[float, float] | None:
        """Lowest and highest value that can be right."""
        ...

    @property
    def typical(self) -> tuple[float, float] | None:
        """Lowest and highest median size that can be right."""
        ...


class Row(NamedTuple):
    """One observation as a file has it.

    Attributes:
        number: of the row in the file, from 1.
        date: the period, in any form.
        value: a number, in any form.
        available_at: day of publication; empty where it is not known.
    """

    number: int
    date: object
    value: object
    available_at: object = None


def refuse(file: str, row: int | None, error: str) -> NoReturn:
    """Refuse a file with one sentence, on one line whatever libraries and cells say."""
    place = shown(file) if row is None else f"{shown(file)}, row {row}"
    # Sentences of libraries and heads of columns have lines; other breaks are told as such.
    lines = (shown(line) for line in error.replace("\r\n", "\n").replace("\t", " ").split("\n"))
    raise SourceError(f"{place}: {' '.join(' '.join(lines).split())}")


def abridged(cell: object) -> str:
    """A cell for a message, cut short where it is long."""
    text = "" if cell is None else str(cell).strip()
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def check_rows(
    file: str, rows: Sequence[Row], wanted: Wanted, today: dt.date, times: float = 1.0
) -> pd.DataFrame:
    """Turn the rows of a file into a series.

    Args:
        file: its name, for messages.
        rows: in any order.
        wanted: the series that they should be.
        today: nothing may speak of later days.
        times: factor into the unit of the series.

    Returns:
        ``date`` (last day of the period, ascending), ``value`` and ``available_at`` (NaT where
        the file does not say).

    Raises:
        SourceError: the first validation error.
    """
    # What is blank altogether stands beside a longer series of the same table.
    rows = [row for row in rows if not (is_missing(row.date) and is_missing(row.value))]
    frame = pd.DataFrame(
        {
            "row": [row.number for row in rows],
            "value": _numbers(file, rows, times),
            "date": _dates(file, [(row.number, row.date) for row in rows], wanted.frequency),
            "available_at": _publications(file, rows),
        }
    )
    frame = frame.dropna(subset="value").sort_values("date", kind="stable", ignore_index=True)
    if frame.empty:
        refuse(file, None, "it holds no values: fill it, or remove it")
    _check_frequency(file, frame, wanted)
    _check_days(file, frame, pd.Timestamp(today))
    _check_range(file, frame, wanted)
    if error := wrong_size(frame["date"], frame["value"], wanted.typical, wanted.unit):
        refuse(file, None, error)
    return frame[["date", "value", "available_at"]]


def is_date(text: str) -> bool:
    """Whether a cell reads as a date."""
    return any(re.fullmatch(pattern, text.strip()) for pattern in DATE_FORMS)


def listed(places: Sequence[object]) -> str:
    """Places, such as rows, for a message, not all where they are many."""
    more = len(places) - MOST_LISTED
    return ", ".join(map(str, places[:MOST_LISTED])) + (f" and {more} more" if more > 0 else "")


def _numbers(file: str, rows: Sequence[Row], times: float) -> list[float]:
    values = [_number(row.value, times) for row in rows]
    wrong = [row for row, value in zip(rows, values, strict=True) if math.isinf(value)]
    if wrong:
        refuse(
            file,
            wrong[0].number,
            f"'{abridged(wrong[0].value)}' is no number{_nor([row.number for row in wrong])}: "
            "write it plainly, such as 1234.5, without commas, per cent signs or words, or leave "
            "the cell empty",
        )
    return values


def _number(cell: object, times: float) -> float:
    """Infinity where it is none."""
    try:
        return cells.number(cell) * times
    except ValueError:
        return math.inf


def _nor(rows: Sequence[int]) -> str:
    """The other rows of a fault, so that all can be mended at once."""
    return f", nor in row{'s' * (len(rows) > 2)} {listed(rows[1:])}" if len(rows) > 1 else ""


def _form(text: str) -> tuple[str, str] | None:
    return next((form for at, form in DATE_FORMS.items() if re.fullmatch(at, text)), None)


def _dates(file: str, written: Sequence[tuple[int, object]], frequency: str) -> pd.DatetimeIndex:
    """Last days of the periods that the cells name, all written in one form."""
    first: tuple[int, str] | None = None
    days = []
    texts = [(number, str(cell).strip()) for number, cell in written]
    forms = [_form(text) for _, text in texts]
    wrong = [one for one, form in zip(texts, forms, strict=True) if form is None]
    if wrong:
        refuse(
            file,
            wrong[0][0],
            f"'{abridged(wrong[0][1])}' is no date that can be read"
            f"{_nor([number for number, _ in wrong])}: write it like 2024-01-31",
        )
    for (number, text), (like, form) in zip(texts, filter(None, forms), strict=True):
        if first is None:
            first = (number, like)
        if like != first[1]:
            refuse(
                file,
                number,
                f"its date '{text}' is not written like that of row {first[0]} ({first[1]}): "
                "write all dates alike",
            )
        if frequency in ("daily", "weekly") and like not in DAY_FORMS:
            refuse(
                file, number, f"'{text}' is no day, and the series is {frequency}: give its days"
            )
        days.append(_day(file, number, text, form, frequency))
    periods = pd.DatetimeIndex(days, dtype="datetime64[us]").to_period(PERIODS[frequency])
    return periods.to_timestamp(how="end").normalize().astype("datetime64[us]")


def _day(file: str, number: int, text: str, form: str, frequency: str) -> dt.datetime:
    """A day of the period that a cell names."""
    if form == "quarter":
        if frequency == "monthly":
            refuse(file, number, f"'{text}' is a quarter, and the series is monthly: give months")
        return dt.datetime(int(text[:4]), 3 * int(text[-1]), 1)
    try:
        return dt.datetime.strptime(text[:10], form)
    except ValueError:
        refuse(file, number, f"'{text}' is no day of the calendar: correct it")


def _publications(file: str, rows: Sequence[Row]) -> pd.Series:
    known = {
        position: (row.number, row.available_at)
        for position, row in enumerate(rows)
        if not is_missing(row.available_at)
    }
    days = _dates(file, list(known.values()), "daily")
    return pd.Series(days, index=list(known), dtype="datetime64[us]").reindex(range(len(rows)))


def _check_days(file: str, frame: pd.DataFrame, today: pd.Timestamp) -> None:
    for row in frame[frame["date"] < FIRST_DATE].itertuples():
        refuse(
            file,
            row.row,
            f"{row.date:%Y-%m-%d} is an empty or numeric cell that a spreadsheet turned into a "
            "date: write the true date",
        )
    for row in frame[frame["date"] > today].itertuples():
        refuse(
            file,
            row.row,
            f"the period ends on {row.date:%Y-%m-%d}, in the future: leave out what is not over",
        )
    for row in frame[frame["available_at"] > today].itertuples():
        refuse(
            file,
            row.row,
            f"available_at {row.available_at:%Y-%m-%d} is in the future: give the day on which "
            "the value was published",
        )
    for row in frame[frame["available_at"] < frame["date"]].itertuples():
        refuse(
            file,
            row.row,
            f"available_at {row.available_at:%Y-%m-%d} lies before the end of the period, "
            f"{row.date:%Y-%m-%d}: correct one of them",
        )


def _check_frequency(file: str, frame: pd.DataFrame, wanted: Wanted) -> None:
    frequency = wanted.frequency
    size = frame.groupby("date")["row"].transform("size")
    if frequency in MANY and size.median() >= MANY[frequency]:
        row = frame["row"].iloc[1]
        refuse(
            file,
            row,
            f"its data look {FINER[frequency]}, with {size.median():.0f} values a period, and "
            f"'{wanted.id}' is {frequency}: give one value a period",
        )
    for _, twice in frame[size > 1].groupby("date"):
        rows = sorted(twice["row"])
        date = twice["date"].iloc[0]
        period = pd.Period(date, PERIODS[frequency])
        refuse(
            file, rows[1], f"{period} stands in row {rows[0]} already: keep one of the two values"
        )
    gap = frame["date"].diff().dt.days.median()
    if len(frame) >= 4 and gap > SPARSE[frequency]:
        refuse(
            file,
            frame["row"].iloc[1],
            f"its values lie {gap:.0f} days apart, and '{wanted.id}' is {frequency}: give "
            f"{frequency} data, or change the frequency in the catalogue",
        )


def _check_range(file: str, frame: pd.DataFrame, wanted: Wanted) -> None:
    if wanted.valid_range is None:
        return
    low, high = wanted.valid_range
    outside = frame[~frame["value"].between(low, high)].sort_values("row")
    if outside.empty:
        return
    row, value = outside["row"].iloc[0], outside["value"].iloc[0]
    where = f"{value:g} lies outside {low:g} to {high:g}, the valid range in {wanted.unit}"
    unit = looks_like(outside["value"], low, high, wanted.unit)
    if unit is not None:
        refuse(
            file,
            row,
            f"{where}, and {len(outside)} of {len(frame)} values do: they look like {unit}, so "
            f"convert them to {wanted.unit}",
        )
    refuse(file, row, f"{where}: correct it, or widen valid_range in the catalogue")
