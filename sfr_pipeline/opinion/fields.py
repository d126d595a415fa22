"""Single values of a forum's row, as found, made what they mean: counts, times, names, flags.

Belongs here: what a value of any type means, and when it means nothing. Does not belong here: texts
(`texts`), and what follows for the row (`posts`).
"""

import math
import re
import unicodedata
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from numbers import Integral, Real
from typing import NamedTuple

import pandas as pd

from sfr_pipeline.opinion.texts import clean
from sfr_pipeline.storage.tables.opinion import LARGEST_COUNT

# The field of a delivered row that holds an `UnreadableRow` where the row is one.
UNREADABLE = "unreadable"
# How sites and exports write that there is no value.
NOTHING = frozenset({"", "-", "--", "–", "—", "nan", "none", "null", "na", "n/a"})
UNITS = {
    "": 1,
    "千": 10**3,
    "k": 10**3,
    "万": 10**4,
    "w": 10**4,
    "百万": 10**6,
    "m": 10**6,
    "千万": 10**7,
    "亿": 10**8,
    "b": 10**9,
}
# Whole digits up to here have a floating point number of their own.
EXACT = 2**53
ROUNDED = "was rounded by a spreadsheet, to 15 digits or fewer: export again with ids as text"

# Sites show where they stop counting by a sign before or behind; it is the bound that is read.
_NUMBER = re.compile(
    r"(?:[>≥~约]|超过)?\s*([0-9]{1,3}(?:[, ][0-9]{3})+|[0-9]+)(\.[0-9]+)?\s*"
    r"(千万|百万|千|k|万|w|m|亿|b|)\s*(?:\+|多|余|以上)?",
    re.IGNORECASE,
)
_NEGATIVE = re.compile(r"[-−]\s*[0-9].*", re.DOTALL)
# As spreadsheets show numbers of more digits than a cell has room for.
_SCIENTIFIC = re.compile(r"[1-9](?:\.[0-9]+)?e\+[0-9]{2,}", re.IGNORECASE)
_TIME = re.compile(
    r"([0-9]{4})[-/]([0-9]{1,2})[-/]([0-9]{1,2})"
    r"(?:[ T]+([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]+)?)?"
    r"(\s*(?:Z|UTC|GMT)?(?:[+-][0-9]{1,2}(?::?[0-9]{2})?)?))?",
    re.IGNORECASE,
)
_ZONED = "carries a time zone: give the wall clock of the forum's site"
# A file of numbers with gaps, written by way of floating point, turns the number 1480 into 1480.0.
_WHOLE = re.compile(r"([0-9]+)\.0+")


class UnclearError(ValueError):
    """A count has no meaning that is known; there may well have been one."""


class UnreadableRow(NamedTuple):
    """Why a row could not be read, and in which line of its file it begins."""

    reason: str
    line: int


def field_values(rows: pd.DataFrame, field: str) -> list[object]:
    """A field of all rows; None in each where there is no such field."""
    return rows[field].tolist() if field in rows.columns else [None] * len(rows)


def is_missing(value: object) -> bool:
    """Whether a value is None, NaN, NaT or NA."""
    return (
        value is None
        or value is pd.NaT
        or value is pd.NA
        or (isinstance(value, float) and math.isnan(value))
    )


def count(value: object) -> int | None:
    """An interaction count; None where there is none.

    Reads 1480, 1480.0, "1480", "3,456", "1.2万" (12,000), "1.5亿", "3k" and "2.5M"; of a count that
    a site caps, such as "100000+" or "10万+", the bound.

    Raises:
        UnclearError: there is something, but no whole number.
        ValueError: it is negative, or beyond `LARGEST_COUNT`. The messages of both complete a
            sentence about the count.
    """
    if type(value) is int and 0 <= value <= LARGEST_COUNT:
        return value
    if is_missing(value):
        return None
    if isinstance(value, str):
        return _count_of(value.strip())
    if isinstance(value, bool) or not isinstance(value, Real | Decimal) or not math.isfinite(value):
        raise UnclearError("is no number")
    if isinstance(value, Integral):
        return _whole(Decimal(int(value)))
    return _whole(value if isinstance(value, Decimal) else Decimal(float(value)))


# Few different texts stand in most rows.
@lru_cache(maxsize=100_000)
def _count_of(text: str) -> int | None:
    # Digits and signs of full width are those of an input method.
    text = unicodedata.normalize("NFKC", text).strip()
    if text.lower() in NOTHING:
        return None
    if _NEGATIVE.fullmatch(text):
        raise ValueError("is negative")
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise UnclearError("is no number")
    whole, decimals, unit = found.groups()
    digits = whole.replace(",", "").replace(" ", "")
    return _whole(Decimal(digits + (decimals or "")) * UNITS[unit.lower()])


def _whole(number: Decimal) -> int:
    if number < 0:
        raise ValueError("is negative")
    if number > LARGEST_COUNT:
        raise ValueError(f"is larger than {LARGEST_COUNT:,}, more than a post can have")
    if number != int(number):
        raise UnclearError("is no whole number")
    return int(number)


def wall_clock(value: object) -> datetime | None:
    """A time on the forum's clock; None where there is none.

    Reads "2026-07-15 14:03:09", also with slashes, a "T", or without seconds or time of day.

    Raises:
        ValueError: there is something, but no time, or a time of another clock; the message
            completes a sentence about the time.
    """
    if is_missing(value):
        return None
    if isinstance(value, str):
        return _time_of(value.strip())
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            raise ValueError(_ZONED)
        return value.floor("us").to_pydatetime() if isinstance(value, pd.Timestamp) else value
    if isinstance(value, date):
        return datetime.combine(value, time())
    raise ValueError("cannot be read")


# Rows come in bursts: of one second, one day, one page's retrieval.
@lru_cache(maxsize=10_000)
def _time_of(text: str) -> datetime | None:
    if text.lower() in NOTHING:
        return None
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError("cannot be read")
    *parts, zone = found.groups()
    if zone:
        raise ValueError(_ZONED)
    try:
        return datetime(*[int(part or 0) for part in parts])  # type: ignore[arg-type]
    except ValueError:
        raise ValueError("is no time of the calendar") from None


def name(value: object) -> str | None:
    """An identifier or a board's code as text, 1480.0 as 1480; None where there is none."""
    if isinstance(value, str):
        text = clean(value)
        whole = _WHOLE.fullmatch(text)
        return whole[1] if whole else text or None
    if isinstance(value, Integral) and not isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return None


def identifier(value: object) -> str | None:
    """A post's identifier, as `name`.

    Raises:
        ValueError: digits of it are lost, since somebody took it for a quantity; the message
            completes a sentence about the identifier.
    """
    if isinstance(value, float) and math.isfinite(value) and abs(value) > EXACT:
        raise ValueError(ROUNDED)
    if isinstance(value, str) and _SCIENTIFIC.fullmatch(value.strip()):
        raise ValueError(ROUNDED)
    return name(value)


def flag(value: object) -> bool | None:
    """A truth value, also as 0, 1, "true" or "false"; None for anything else."""
    return _FLAGS.get(str(value).strip().lower())


_FLAGS = {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False}
