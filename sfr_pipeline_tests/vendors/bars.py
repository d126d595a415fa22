"""Made-up days of instruments: open, high, low, close, volume, of one another's order."""

import datetime as dt
from collections.abc import Mapping, Sequence

from sfr_pipeline_tests.vendors.records import Bar
from sfr_pipeline_tests.vendors.writing import rng


def bars(
    name: str,
    days: Sequence[dt.date],
    start: float,
    step: float,
    *,
    digits: int = 2,
    volume: float | None = 3.9e9,
    dividends: float | None = None,
) -> dict[str, Bar]:
    """Days by ISO day; volume None: the file has none; `dividends`: share of the close that the
    adjusted close lacks at the beginning, None where the file has no adjusted close."""
    random = rng("bars " + name)
    level, found = start, {}
    for i, day in enumerate(days):
        first = level + random.normal(0, step / 3)
        last = max(first + random.normal(0, step), start / 3)
        high = max(first, last) + abs(random.normal(0, step / 2))
        low = min(first, last) - abs(random.normal(0, step / 2))
        traded = None if volume is None else float(round(volume * random.uniform(0.7, 1.4), -2))
        numbers = [round(float(v), digits) for v in (first, high, low, last)]
        adjusted = None
        if dividends is not None:
            adjusted = round(numbers[3] * (1 - dividends * (1 - i / len(days))), digits + 4)
        found[day.isoformat()] = Bar(*numbers, traded, adjusted)
        level = last
    return found


def closes(found: Mapping[str, Bar]) -> dict[str, Bar]:
    return {day: Bar(None, None, None, bar.close, None) for day, bar in found.items()}


def whole(value: float | None) -> str | None:
    """A volume as most vendors write it."""
    return None if value is None else f"{value:.0f}"
