"""Dates as vendors write them, turned into the forms that `checks` reads.

Belongs here: days, months and quarters whose meaning is sure. Does not belong here: what a market
does with them, and days of which nobody can tell the month (3/4/2024), which are none here unless
a layout says how it writes them.
"""

import datetime as dt
import re
import unicodedata

MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}  # fmt: skip
CHINESE_QUARTERS = {"一": 1, "二": 2, "三": 3, "四": 4, "1": 1, "2": 2, "3": 3, "4": 4}
TIME = r"(?:[ T]00:00(?::00(?:\.0+)?)?(?:Z|\+00:00)?)?"
DAYS = (
    rf"(?P<y>\d{{4}})([-/.])(?P<m>\d{{1,2}})\2(?P<d>\d{{1,2}}){TIME}",
    r"(?P<y>\d{4})年(?P<m>\d{1,2})月(?P<d>\d{1,2})日",
    r"(?P<y>(?:19|20)\d\d)(?P<m>\d\d)(?P<d>\d\d)",
    r"(?P<d>\d{1,2})[- ](?P<name>[a-z]{3})[a-z]*[- ](?P<y>\d{4})",
    r"(?P<name>[a-z]{3})[a-z]* (?P<d>\d{1,2}), ?(?P<y>\d{4})",
)
PERIODS = (
    r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})",
    r"(?P<y>\d{4})年(?P<m>\d{1,2})月",
    r"(?P<m>\d{1,2})[-/](?P<y>\d{4})",
    r"(?P<y>(?:19|20)\d\d)(?P<m>0[1-9]|1[0-2])",
    r"(?P<name>[a-z]{3})[a-z]*[- /](?P<y>\d{4})",
    r"(?P<y>\d{4})[- ]?m(?P<m>\d{1,2})",
    r"(?P<y>\d{4})[- /年]?q(?P<q>[1-4])",
    r"q(?P<q>[1-4])[- /](?P<y>\d{4})",
    r"(?P<y>\d{4})年第?(?P<q>[一二三四1-4])季度?",
)
AMERICAN = r"(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{4})"


def date_of(cell: object, american: bool = False) -> str | None:
    """A cell as ``2024-01-31``, ``2024-01`` or ``2024Q1``, None where it is surely no date.

    Args:
        cell: of any kind.
        american: whether 1/2/2024 is the second of January; otherwise such a cell is no date,
            unless its first number is a day for sure (31/1/2024) or its second one is (1/31/2024).
    """
    if isinstance(cell, dt.datetime):
        return f"{cell:%Y-%m-%d}" if cell.time() == dt.time() else None
    if isinstance(cell, dt.date):
        return f"{cell:%Y-%m-%d}"
    if isinstance(cell, bool) or not isinstance(cell, str | int):
        return None
    text = unicodedata.normalize("NFKC", str(cell)).strip().lower()
    for form in (*DAYS, *((AMERICAN,) if american else ())):
        if match := re.fullmatch(form, text):
            return _day(match)
    if match := re.fullmatch(AMERICAN, text):
        month, day = int(match["m"]), int(match["d"])
        if max(month, day) <= 12:
            return None
        month, day = (month, day) if day > 12 else (day, month)
        return _checked(int(match["y"]), month, day)
    for form in PERIODS:
        if match := re.fullmatch(form, text):
            return _period(match)
    return None


def _day(match: re.Match[str]) -> str | None:
    parts = match.groupdict()
    month = MONTHS.get(parts["name"]) if parts.get("name") else int(match["m"])
    return None if month is None else _checked(int(match["y"]), month, int(match["d"]))


def _checked(year: int, month: int, day: int) -> str | None:
    try:
        return dt.date(year, month, day).isoformat()
    except ValueError:
        return None


def _period(match: re.Match[str]) -> str | None:
    parts = match.groupdict()
    if parts.get("q"):
        return f"{match['y']}Q{CHINESE_QUARTERS[parts['q']]}"
    month = MONTHS.get(parts["name"]) if parts.get("name") else int(match["m"])
    return f"{match['y']}-{month:02d}" if month is not None and 1 <= month <= 12 else None
