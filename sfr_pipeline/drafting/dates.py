"""Dates as the world writes them: ISO, 2020M01, 2020-Q1, Jan-2020, 01/2020, 31.01.2020.

Belongs here: what a cell can mean, and which of day and month comes first where both could. Does
not belong here: what a file of a market must hold (`sources.files.checks`), which has one date form
a file.
"""

import datetime as dt
import re
from collections.abc import Iterable
from typing import Literal, NamedTuple

from sfr_pipeline.sources.files.checks import abridged, refuse

Span = Literal["day", "month", "quarter", "year"]
DayFirst = bool | None

NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = (
    r"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
_YEAR = r"(?:1[6-9]|20)\d\d"
_Y, _M, _D = rf"(?P<y>{_YEAR})", r"(?P<m>0?[1-9]|1[0-2])", r"(?P<d>0?[1-9]|[12]\d|3[01])"
_SHORT = rf"(?P<y>{_YEAR}|\d{{2}})"
# Whole names and usual short ones: "Market 10" is no March.
_WORD = rf"(?P<w>{_MONTHS})\.?"
_TIME = r"(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?Z?)?"
# Days before months before quarters before years: the first that fits is taken.
FORMS: tuple[tuple[Span, str], ...] = (
    ("day", rf"{_Y}[-/.]{_M}[-/.]{_D}{_TIME}"),
    ("day", rf"{_Y}(?P<m>0[1-9]|1[0-2])(?P<d>[0-3]\d)"),
    ("day", rf"{_D}[-./ ]*{_WORD}[-., /]*{_SHORT}"),
    ("day", rf"{_WORD} {_D},? {_Y}"),
    ("day", rf"{_Y}年{_M}月{_D}日"),
    ("month", rf"{_Y}[-/]{_M}"),
    ("month", rf"{_Y}[- ]?M{_M}"),
    ("month", rf"{_Y}(?P<m>0[1-9]|1[0-2])"),
    ("month", rf"{_M}[-/.]{_Y}"),
    ("month", rf"{_WORD}[-. /']*{_SHORT}"),
    ("month", rf"{_Y}[-. /]*{_WORD}"),
    ("month", rf"{_Y}年{_M}月"),
    ("quarter", rf"{_Y}[-/ ]?Q(?P<q>[1-4])"),
    ("quarter", rf"Q(?P<q>[1-4])[-/ ]?{_Y}"),
    ("quarter", rf"(?P<q>[1-4])Q[-/ ]?{_Y}"),
    ("year", _Y),
)
_COMPILED = [(span, re.compile(form, re.IGNORECASE | re.ASCII)) for span, form in FORMS]
# Which of the first two is the day, the cell does not say.
_EITHER = re.compile(rf"(\d{{1,2}})([-/.])(\d{{1,2}})\2{_SHORT}{_TIME}", re.ASCII)
# Two digits of a year up to here are of this century.
PIVOT = 68


class Moment(NamedTuple):
    """What a cell names: a period by its first day, and how long it is."""

    start: dt.date
    span: Span


def is_date(text: str) -> bool:
    """Whether a cell reads as a date of any form."""
    return bool(_EITHER.fullmatch(text)) or any(form.fullmatch(text) for _, form in _COMPILED)


def is_plain_number(text: str) -> bool:
    """Whether it could as well be a number, such as 2020, 202001 or 01.2020."""
    return re.fullmatch(r"\d+(\.\d+)?", text, re.ASCII) is not None


def read_dates(
    file: str, cells: Iterable[tuple[int, str]], day_first: DayFirst = None
) -> dict[str, Moment]:
    """What each date of a file means, all with day and month in the same order.

    Args:
        file: its name, for messages.
        cells: row and text of each date.
        day_first: of 01/02/2020, whether the day comes first; None: as the dates themselves tell.

    Raises:
        SourceError: there is no such day, or the dates do not tell.
    """
    rows: dict[str, int] = {}
    for number, text in cells:
        rows.setdefault(text, number)
    either = {text: match for text in rows if (match := _EITHER.fullmatch(text))}
    if either and day_first is None:
        day_first = _day_first(file, either, rows)
    moments = {}
    for text, number in rows.items():
        try:
            if text in either:
                match = either[text]
                first, second = int(match[1]), int(match[3])
                day, month = (first, second) if day_first else (second, first)
                moments[text] = Moment(dt.date(_year(match["y"]), month, day), "day")
            else:
                moments[text] = _moment(text)
        except ValueError:
            refuse(
                file, number, f"'{abridged(text)}' is no day of the calendar: correct it, or write "
                "all dates like 2024-01-31"
            )  # fmt: skip
    return moments


def _moment(text: str) -> Moment:
    for span, form in _COMPILED:
        if not (match := form.fullmatch(text)):
            continue
        parts = match.groupdict()
        month = int(parts.get("m") or 1)
        if word := parts.get("w"):
            month = NAMES.index(word[:3].lower()) + 1
        if quarter := parts.get("q"):
            month = 3 * int(quarter) - 2
        return Moment(dt.date(_year(parts["y"]), month, int(parts.get("d") or 1)), span)
    raise ValueError(text)


def _year(text: str) -> int:
    year = int(text)
    return year if len(text) == 4 else year + (2000 if year <= PIVOT else 1900)


def _day_first(file: str, either: dict[str, re.Match[str]], rows: dict[str, int]) -> bool:
    """Whether the day comes first, from the dates of the whole file.

    A part above 12 is a day. Where there is none, the dates are of a month each: the part that is
    always the same is the day.

    Raises:
        SourceError: they contradict one another, or do not tell.
    """
    firsts = {int(match[1]): text for text, match in either.items()}
    seconds = {int(match[3]): text for text, match in either.items()}
    by_first, by_second = max(firsts) > 12, max(seconds) > 12
    if by_first and by_second:
        one, other = firsts[max(firsts)], seconds[max(seconds)]
        refuse(
            file,
            rows[other],
            f"'{other}' has the month first, '{one}' in row {rows[one]} the day: write all dates "
            "alike, such as 2024-01-31",
        )
    if by_first or by_second:
        return by_first
    if (len(firsts) == 1) != (len(seconds) == 1):
        return len(firsts) == 1
    text = next(iter(either))
    refuse(
        file,
        rows[text],
        f"'{text}' can be read with the day or the month first, and no date of the file tells "
        "which: say --dates day-first or --dates month-first, or write dates like 2024-01-31",
    )
