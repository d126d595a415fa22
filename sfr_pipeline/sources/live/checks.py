"""What every live answer must satisfy before it becomes a series: layout, dates, numbers, range.

A source hands in what it received; out comes ``date, value`` in order, or a SourceError that
names the first row at fault. Missing values (months that a source never publishes, holidays) are
left out; nothing else is mended.
"""

import datetime as dt
import io
import logging
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from sfr_pipeline import clock
from sfr_pipeline.econometrics.padding import padding
from sfr_pipeline.errors import SourceError
from sfr_pipeline.sources import cells
from sfr_pipeline.sources.cells import FIRST_DATE

log = logging.getLogger(__name__)

QUARTERS = {"一": 1, "二": 2, "三": 3, "四": 4, "1": 1, "2": 2, "3": 3, "4": 4}


class LayoutError(SourceError):
    """A source answers in another layout than the one this project reads."""


def check_columns(what: str, expected: Sequence[str], found: Sequence[Any]) -> None:
    """Refuse other columns than those expected, in another order too.

    Raises:
        LayoutError: with the columns expected and found.
    """
    names = [str(name) for name in found]
    if names != list(expected):
        raise LayoutError(
            f"{what}: columns expected: {', '.join(expected)}; found: {', '.join(names) or 'none'}."
            " The site or its client library changed: install the versions of constraints.txt, or"
            " put a file in its place (docs/inputs.md)"
        )


def read_csv(content: bytes) -> pd.DataFrame:
    """Read a CSV as text, cell by cell; what is no CSV becomes a frame without columns."""
    try:
        return pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError):
        return pd.DataFrame()


def period_end(value: object) -> pd.Timestamp:
    """Last day of the period that a source's date stands for.

    Understands days (dates, ``2024-10-31``), months (``2024年10月份``, ``2024-10``) and quarters
    (``2024年第3季度``, ``2024年第1-3季度`` for the year to date, ``2024年三季度``).

    Raises:
        ValueError: anything else.
    """
    if value is not pd.NaT and isinstance(value, dt.date):
        return pd.Timestamp(value).normalize().tz_localize(None)
    text = re.sub(r"\s", "", str(value))
    if found := re.fullmatch(r"(\d{4}-\d{2}-\d{2})(T?[\d:.]*Z?)?", text):
        return pd.Timestamp(found[1])
    if found := re.fullmatch(r"(\d{4})(?:年|-)(\d{1,2})(?:月份?)?", text):
        return pd.Timestamp(int(found[1]), int(found[2]), 1) + pd.offsets.MonthEnd(0)
    if found := re.fullmatch(r"(\d{4})(?:-Q|年第?(?:1-)?)([一二三四1-4])(?:季度)?", text):
        return pd.Timestamp(int(found[1]), 3 * QUARTERS[found[2]], 1) + pd.offsets.MonthEnd(0)
    raise ValueError(f"'{value}' is no date that is understood here")


def tidy(
    what: str,
    dates: Sequence[object],
    values: Sequence[object],
    *,
    unit: str,
    low: float = -np.inf,
    high: float = np.inf,
    frequency: str = "daily",
) -> pd.DataFrame:
    """Turn what a source sent into a series: ``date`` (ascending, unique) and ``value``.

    Args:
        what: the series, for messages.
        dates: one a row, see ``period_end``.
        values: numbers, or text that holds one.
        unit: of the values, for messages.
        low: lowest value that is possible in this unit.
        high: highest value that is possible in this unit.
        frequency: 'daily' and 'weekly' dates stay; 'monthly' and 'quarterly' ones become the
            last day of the period.

    Raises:
        SourceError: dates or numbers that cannot be read, dates in the future or before 1910,
            two values for one date, values outside the range, or no values at all; zeros of a
            monthly or quarterly series that stand for missing values, see
            ``econometrics.padding``.
    """
    rows = [
        (_date(what, date, frequency), value) for date, value in zip(dates, values, strict=True)
    ]
    numbers = [_number(what, date, value) for date, value in rows]
    frame = pd.DataFrame({"date": [date for date, _ in rows], "value": numbers}, dtype=object)
    frame = frame.astype({"date": "datetime64[ns]", "value": float}).sort_values(
        "date", kind="stable"
    )
    _not_hollow(what, frame)
    frame = frame.dropna(subset="value").drop_duplicates(ignore_index=True)
    _one_value_a_date(what, frame)
    _in_range(what, frame, unit, low, high)
    if frequency in ("monthly", "quarterly"):
        _not_padded(what, frame)
    return frame


def _date(what: str, value: object, frequency: str) -> pd.Timestamp:
    try:
        date = period_end(value)
    except ValueError as error:
        raise SourceError(f"{what}: {error}; {_ASK}") from None
    today = pd.Timestamp(clock.today())
    if frequency == "monthly":
        date, today = date + pd.offsets.MonthEnd(0), today + pd.offsets.MonthEnd(0)
    elif frequency == "quarterly":
        date, today = date + pd.offsets.QuarterEnd(0), today + pd.offsets.QuarterEnd(0)
    # A day of grace: it is already tomorrow in Asia.
    if not FIRST_DATE <= date <= today + pd.Timedelta(days=1):
        raise SourceError(
            f"{what}: {date:%Y-%m-%d} is in the future or before {FIRST_DATE.year}; {_ASK}"
        )
    return date


def _number(what: str, date: pd.Timestamp, value: object) -> float:
    try:
        return cells.number(str(value).replace(",", ""))
    except ValueError:
        raise SourceError(
            f"{what}: the value of {date:%Y-%m-%d} is '{value}', not a number; {_ASK}"
        ) from None


_ASK = "look at the site, and put a file in its place until it is mended (docs/inputs.md)"


def _not_hollow(what: str, frame: pd.DataFrame) -> None:
    values = frame["value"]
    if values.notna().sum() == 0:
        raise SourceError(f"{what}: no values came; {_ASK}")
    blank = values.loc[values.first_valid_index() :].isna()
    if blank.mean() > 0.5:
        # Client libraries turn text that they cannot read into missing values.
        raise SourceError(
            f"{what}: {blank.sum()} of {len(blank)} values are missing or unreadable; {_ASK}"
        )
    if blank.any():
        log.info("%s: %d of %d rows hold no value", what, blank.sum(), len(blank))


def _one_value_a_date(what: str, frame: pd.DataFrame) -> None:
    twice = frame[frame["date"].duplicated(keep=False)]
    if len(twice):
        date = twice["date"].iloc[0]
        values = ", ".join(f"{value:g}" for value in twice[twice["date"] == date]["value"])
        raise SourceError(f"{what}: {date:%Y-%m-%d} has the values {values}; {_ASK}")


def _not_padded(what: str, frame: pd.DataFrame) -> None:
    if why := padding(frame["value"].to_numpy(), pd.Index(frame["date"])):
        raise SourceError(
            f"{what}: zeros stand for missing values, as {why}: hand them to tidy as NaN, or {_ASK}"
        )


def _in_range(what: str, frame: pd.DataFrame, unit: str, low: float, high: float) -> None:
    outside = frame[~frame["value"].between(low, high)]
    if len(outside):
        worst = outside.iloc[0]
        raise SourceError(
            f"{what}: {worst['value']:g} on {worst['date']:%Y-%m-%d} lies outside {low:g} to "
            f"{high:g}, the possible range in {unit}: has the unit changed? {_ASK}"
        )
