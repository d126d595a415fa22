"""Single values of a forum's row, as found, made what they mean: counts, times, names, flags.

Belongs here: what a value of any type means, and when it means nothing. Does not belong here: texts
(`texts`), and what follows for the row (`posts`).
"""

import math
import re
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
NOTHING = frozenset({"", "-", "--", "nan", "none", "null", "na", "n/a"})
UNITS = {"": 1, "万": 10**4, "亿": 10**8}

_NUMBER = re.compile(r"([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(\.[0-9]+)?\s*([万亿]?)")
_NEGATIVE = re.compile(r"[-−]\s*[0-9].*", re.DOTALL)
_TIME = re.compile(
    r"([0-9]{4})[-/]([0-9]{1,2})[-/]([0-9]{1,2})"
    r"(?:[ T]+([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]+)?)?"
    r"(\s*(?:Z|UTC|GMT)?(?:[+-][0-9]{1,2}(?::?[0-9]{2})?)?))?",
    re.IGNORECASE,
)
_ZONED = "carries a time zone: give the wall clock of the forum's site"
# A file of numbers with gaps, written by way of floating point, turns the number 1480 into 1480.0.
_WHOLE = re.compile(r"([0-9]+)\.0+")


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

    Reads 1480, 1480.0, "1480", "3,456", "1.2万" (12,000) and "1.5亿".

    Raises:
        ValueError: there is something, but no whole number from 0 to `LARGEST_COUNT`; the message
            completes a sentence about the count.
    """
    if type(value) is int and 0 <= value <= LARGEST_COUNT:
        return value
    if is_missing(value):
        return None
    if isinstance(value, str):
        return _count_of(value.strip())
    if isinstance(value, bool) or not isinstance(value, Real | Decimal) or not math.isfinite(value):
        raise ValueError("is no number")
    if isinstance(value, Integral):
        return _whole(Decimal(int(value)))
    return _whole(value if isinstance(value, Decimal) else Decimal(float(value)))


# Few different texts stand in most rows.
@lru_cache(maxsize=100_000)
def _count_of(text: str) -> int | None:
    if text.lower() in NOTHING:
        return None
    if _NEGATIVE.fullmatch(text):
        raise ValueError("is negative")
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise ValueError("is no number")
    whole, decimals, unit = found.groups()
    return _whole(Decimal(whole.replace(",", "") + (decimals or "")) * UNITS[unit])


def _whole(number: Decimal) -> int:
    if number < 0:
        raise ValueError("is negative")
    if number > LARGEST_COUNT:
        raise ValueError(f"is larger than {LARGEST_COUNT:,}, more than a post can have")
    if number != int(number):
        raise ValueError("is no whole number")
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


def flag(value: object) -> bool | None:
    """A truth value, also as 0, 1, "true" or "false"; None for anything else."""
    return _FLAGS.get(str(value).strip().lower())


_FLAGS = {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False}
