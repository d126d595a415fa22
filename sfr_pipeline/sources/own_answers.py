"""What a source that this package does not ship must answer, whoever wrote it.

Belongs here: the checks of a frame that was returned for one code. Does not belong here: what
depends on the catalogue's entry, range, size and frequency (`inputs`).

Columns, types and codes are the function's own; what is wrong there is a ``BrokenSourceError``.
Dates and values are what somebody published; what is wrong with them is a ``SourceError``.
"""

import math
from typing import Any, NamedTuple

import pandas as pd

from sfr_pipeline import clock
from sfr_pipeline.errors import SourceError
from sfr_pipeline.sources import cells
from sfr_pipeline.sources.cells import FIRST_DATE
from sfr_pipeline.sources.interface import Kind
from sfr_pipeline.sources.live.checks import period_end

NEEDED = {"series": ("date", "code", "value"), "prices": ("date", "code", "close")}
# Those that need not be there; volume and adjustment are no less than zero.
OPTIONAL = {"series": (), "prices": ("open", "high", "low", "volume", "adjustment")}
NOT_NEGATIVE = ("volume", "adjustment")
PUBLISHED = "available_at"


class BrokenSourceError(SourceError):
    """The code of a source fails, or returns what is no answer: whoever wrote it must mend it."""


class Asked(NamedTuple):
    """Who was asked for what, for messages.

    Attributes:
        where: file or package of the source.
        function: that was called.
        name: of the source.
        kind: of what was asked for.
        code: of it.
    """

    where: str
    function: str
    name: str
    kind: Kind
    code: str

    def broken(self, fault: str) -> BrokenSourceError:
        """An error of the function."""
        return BrokenSourceError(f"{self.where}: {self.function}(['{self.code}']) {fault}")

    def unusable(self, fault: str) -> SourceError:
        """An error of what was published."""
        return SourceError(
            f"{self.name} {self.code}: {fault}; look at what it publishes, and let "
            f"{self.function} of {self.where} leave it out if it is wrong"
        )


def checked(answer: Any, asked: Asked) -> pd.DataFrame:
    """What a source returned for one code, by date ascending, if it is an answer.

    Args:
        answer: whatever was returned.
        asked: who was asked for what.

    Returns:
        ``date``, ``code`` and ``value``, with ``available_at`` where it was told; or of prices
        ``close`` and what else there is of a bar.

    Raises:
        BrokenSourceError: no frame, columns that are missing, another code than asked for, days
            with a time zone.
        SourceError: no values, dates that can't be read or lie in the future, two values of one
            date, text or infinity in place of a number, publication before the date.
    """
    _check_layout(answer, asked)
    answer = answer.reset_index(drop=True)
    numbers = [name for name in (*NEEDED[asked.kind][2:], *OPTIONAL[asked.kind]) if name in answer]
    frame = pd.DataFrame({"date": _days(answer["date"], "date", asked), "code": asked.code})
    for name in numbers:
        frame[name] = _numbers(answer[name], frame["date"], asked)
    key = ["date"]
    if asked.kind == "series" and PUBLISHED in answer:
        frame[PUBLISHED] = _days(answer[PUBLISHED], PUBLISHED, asked, holes=True)
        key.append(PUBLISHED)
    frame = frame.dropna(subset=numbers[0]).drop_duplicates()
    frame = frame.sort_values(key, kind="stable", ignore_index=True)
    if frame.empty:
        raise asked.unusable("no values came")
    _check_days(frame, asked)
    _check_one_a_date(frame, key, numbers[0], asked)
    return frame


def _check_layout(answer: Any, asked: Asked) -> None:
    needed = NEEDED[asked.kind]
    if not isinstance(answer, pd.DataFrame):
        raise asked.broken(
            f"returned {type(answer).__name__}: return a pandas DataFrame with {', '.join(needed)}"
        )
    columns = [str(name) for name in answer.columns]
    if missing := [name for name in needed if name not in columns]:
        inside = [str(name) for name in answer.index.names if name in missing]
        remedy = "reset_index() it" if inside else f"name them {', '.join(needed)}"
        raise asked.broken(
            f"returned columns {', '.join(columns) or 'none'}, without {', '.join(missing)}: "
            f"{remedy}"
        )
    if twice := sorted({name for name in columns if columns.count(name) > 1}):
        raise asked.broken(f"returned the column {twice[0]} twice: rename or drop one")
    if others := sorted(set(answer["code"].astype(str)) - {asked.code}):
        raise asked.broken(
            f"returned rows of {', '.join(others[:3])}: return those of the codes that it is given"
        )


def _days(column: pd.Series, name: str, asked: Asked, *, holes: bool = False) -> pd.Series:
    """Days of a column, whatever form they have; of a period its last one."""
    if isinstance(column.dtype, pd.PeriodDtype):
        column = column.dt.to_timestamp(how="end")
    zones = [getattr(cell, "tzinfo", None) for cell in column] if column.dtype == object else []
    if isinstance(column.dtype, pd.DatetimeTZDtype) or any(zones):
        raise asked.broken(
            f"returned {name} with a time zone, where the day is that of no calendar: take it at "
            "the place of the market, as in .dt.tz_convert('Europe/Berlin').dt.tz_localize(None)"
        )
    days = [
        pd.NaT if holes and (cell is pd.NaT or cells.is_missing(cell)) else _day(cell, name, asked)
        for cell in column
    ]
    return pd.Series(days, dtype="datetime64[us]")


def _day(cell: object, name: str, asked: Asked) -> pd.Timestamp:
    try:
        return period_end(cell)
    except ValueError as error:
        raise asked.unusable(f"{name}: {error}") from None


def _numbers(column: pd.Series, dates: pd.Series, asked: Asked) -> pd.Series:
    if pd.api.types.is_any_real_numeric_dtype(column.dtype):
        values = pd.Series(column.to_numpy(dtype=float, na_value=math.nan))
    else:
        pairs = zip(column, dates, strict=True)
        values = pd.Series([_number(cell, date, asked) for cell, date in pairs], dtype=float)
    wrong = values.isin([math.inf, -math.inf])
    if column.name in NOT_NEGATIVE:
        wrong |= values < 0
    if wrong.any():
        date, value = dates[wrong].iloc[0], values[wrong].iloc[0]
        raise asked.unusable(f"the {column.name} of {date:%Y-%m-%d} is {value:g}")
    return values


def _number(cell: object, date: pd.Timestamp, asked: Asked) -> float:
    try:
        return cells.number(cell)
    except ValueError as error:
        raise asked.unusable(f"the value of {date:%Y-%m-%d}: {error}") from None


def _check_days(frame: pd.DataFrame, asked: Asked) -> None:
    today = pd.Timestamp(clock.today())
    # A running month or quarter is dated by its last day; it is already tomorrow in Asia.
    ends = [today + pd.offsets.MonthEnd(0), today + pd.offsets.QuarterEnd(0)]
    dates = frame["date"]
    late = (dates > today + pd.Timedelta(days=1)) & ~dates.isin(ends)
    for date in dates[late | (dates < FIRST_DATE)]:
        raise asked.unusable(f"{date:%Y-%m-%d} is in the future or before {FIRST_DATE.year}")
    if PUBLISHED in frame:
        told = frame[PUBLISHED]
        for row in frame[(told > today + pd.Timedelta(days=1)) | (told < dates)].itertuples():
            raise asked.unusable(
                f"{PUBLISHED} of {row.date:%Y-%m-%d} is {row.available_at:%Y-%m-%d}, before it or "
                "in the future"
            )


def _check_one_a_date(frame: pd.DataFrame, key: list[str], name: str, asked: Asked) -> None:
    twice = frame[frame.duplicated(key, keep=False)]
    if len(twice):
        date = twice["date"].iloc[0]
        values = ", ".join(f"{value:g}" for value in twice[twice["date"] == date][name])
        raise asked.unusable(f"{date:%Y-%m-%d} has the values {values}")
