"""Times of posts as the world writes them, made wall clocks: 2020-01-31 14:03:09.

Belongs here: ISO with and without a zone, seconds since 1970, what sites print. Does not belong
here: days of series and prices, whose order of day and month is told in `dates` for both.
"""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sfr_pipeline.drafting.dates import DayFirst, is_date, is_plain_number, read_dates

_TIME = re.compile(
    r"(?P<date>.+?)(?:,? +|T)(?P<h>\d{1,2}):(?P<m>\d{2})(?::(?P<s>\d{2})(?:\.\d+)?)?"
    r"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?(?: ?(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2}))?"
)
# Sat Jan 31 14:03:09 +0000 2020, and Sat, 31 Jan 2020 14:03:09 GMT.
_WEEKDAY = re.compile(r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? +(?P<rest>.+)", re.IGNORECASE)
_YEAR_LAST = re.compile(r"(?P<month>[A-Za-z]{3}) (?P<day>\d{1,2}) (?P<time>.+) (?P<year>\d{4})")
_EPOCH = re.compile(r"(\d{10})(\d{3})?(?:\.\d+)?")
# Seconds since 1970: the years 2000 to 2040.
EPOCHS = (946_684_800, 2_208_988_800)


class Clocks(NamedTuple):
    """Times of a file.

    Attributes:
        text: wall clock of each cell that has one, as exports are read.
        zoned: whether they were moved to UTC, being of several zones or seconds since 1970.
    """

    text: dict[str, str]
    zoned: bool


class _Parts(NamedTuple):
    date: str
    time: dt.timedelta
    zone: dt.timedelta | None


def is_moment(text: str) -> bool:
    """Whether a cell reads as a day, with or without its time."""
    if is_plain_number(text):
        return _epoch(text) is not None
    parts = _parts(text)
    return parts is not None and is_date(parts.date) and not is_plain_number(parts.date)


def read_moments(file: str, cells: Sequence[tuple[int, str]], day_first: DayFirst) -> Clocks:
    """The wall clocks that cells name; a cell that names none is not among them.

    Times with a zone are those of UTC, so that they compare; without one they stay what they are.

    Args:
        file: its name, for messages.
        cells: row and text of each.
        day_first: of 01/02/2020, whether the day comes first; None: as the dates tell.

    Raises:
        SourceError: there is no such day, or the dates do not tell which of two they are.
    """
    found = {text: parts for _, text in cells if (parts := _parts(text)) and is_date(parts.date)}
    rows = dict(reversed([(text, row) for row, text in cells]))
    days = read_dates(file, [(rows[text], parts.date) for text, parts in found.items()], day_first)
    clocks: dict[str, dt.datetime] = {}
    zoned = False
    for text, parts in found.items():
        moment = days[parts.date]
        if moment.span != "day":
            continue
        clock = dt.datetime.combine(moment.start, dt.time()) + parts.time
        if parts.zone is not None:
            clock, zoned = clock - parts.zone, True
        clocks[text] = clock
    for _, text in cells:
        if (seconds := _epoch(text)) is not None:
            clocks[text], zoned = dt.datetime(1970, 1, 1) + dt.timedelta(seconds=seconds), True
    return Clocks({text: f"{clock:%Y-%m-%d %H:%M:%S}" for text, clock in clocks.items()}, zoned)


def _epoch(text: str) -> int | None:
    match = _EPOCH.fullmatch(text)
    if match is None:
        return None
    seconds = int(match[1])
    return seconds if EPOCHS[0] <= seconds < EPOCHS[1] else None


def _parts(text: str) -> _Parts | None:
    """Day, time of day and zone of a cell; None where its time is none."""
    if match := _WEEKDAY.fullmatch(text):
        text = match["rest"]
        if (match := _YEAR_LAST.fullmatch(text)) and is_date(
            f"{match['day']} {match['month']} {match['year']}"
        ):
            text = f"{match['day']} {match['month']} {match['year']} {match['time']}"
    match = _TIME.fullmatch(text)
    if match is None:
        return _Parts(text, dt.timedelta(), None)
    found = match.groupdict()
    hour = int(found["h"])
    if found["half"]:
        hour = hour % 12 + (12 if found["half"].lower() == "p" else 0)
    minute, second = int(found["m"]), int(found["s"] or 0)
    if hour > 23 or minute > 59 or second > 59:
        return None
    time = dt.timedelta(hours=hour, minutes=minute, seconds=second)
    return _Parts(found["date"].rstrip(","), time, _zone(found))


def _zone(found: Mapping[str, str | None]) -> dt.timedelta | None:
    written = found["zone"]
    if written is None:
        return None
    if written[0] not in "+-":
        return dt.timedelta()
    hours, minutes = int(written[1:3]), int(written[-2:])
    return (-1 if written[0] == "-" else 1) * dt.timedelta(hours=hours, minutes=minutes)
