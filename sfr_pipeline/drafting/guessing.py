"""What a table leaves open of a series: unit, transform, direction, lag, bounds. By simple rules.

Belongs here: the rules, each with the reason that stands beside the guess in the catalogue. They
are told to users in docs/own_market.md. Does not belong here: the words (`words`).
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from sfr_pipeline.drafting import words
from sfr_pipeline.drafting.reading import Column
from sfr_pipeline.markets.series import Frequency
from sfr_pipeline.sources.files.units import typical_size

# Correlation of a series' size with time from which it counts as trending.
TRENDING = 0.7
# Largest over smallest value from which a positive series is taken in logs.
WIDE = 3.0
# Days from the end of a period until its value is known; rather too late than too early.
LAGS: dict[Frequency, int] = {"daily": 1, "monthly": 30, "quarterly": 60}
LAG_OF_MARKETS = 1
# Months of a year that a statistical office may pass over.
MOST_SKIPPED = 2
# Values so many times larger than any of the file, or medians so many times off, are refused.
BOUND = 10.0


@dataclass(frozen=True)
class Guess:
    """A series with all that a catalogue says of it. Each ``_why`` says on what a guess rests.

    Attributes:
        id: key of the tables.
        column: name of its column in the written file.
        file: of the user's, that it stands in.
        name: for readers.
        unit: of the values.
        unit_why: None where the file says so itself.
        frequency: of the values.
        release_lag: days to publication.
        lag_why: of the lag.
        valid_range: lowest and highest value that can be right.
        typical: lowest and highest median size, None where any is right.
        skips: months of the year for which there is never a value.
        transform: steps, as the catalogue writes them.
        transform_why: of the steps.
        dimension: its identifier, None where it is to be decided.
        dimension_why: the word that says so.
        direction: +1 or -1, None where it is to be decided.
        direction_why: what says so.
        note: what was done to the values.
        values: by the last day of their period.
    """

    id: str
    column: str
    file: str
    name: str
    unit: str
    unit_why: str | None
    frequency: Frequency
    release_lag: int
    lag_why: str
    valid_range: tuple[float, float]
    typical: tuple[float, float] | None
    skips: tuple[int, ...]
    transform: tuple[str, ...]
    transform_why: str
    dimension: str | None
    dimension_why: str | None
    direction: Literal[-1, 1] | None
    direction_why: str | None
    note: str | None
    values: pd.Series

    @property
    def months_lost(self) -> int:
        """Months of values before the first transformed one."""
        return 12 if {"year_on_year", "difference: 12"} & set(self.transform) else 0


def guess(column: Column, taken: set[str]) -> Guess:
    """Guess what a table does not say of a series.

    Args:
        column: of the table.
        taken: identifiers that others have.
    """
    name, unit = words.name_and_unit(column.name)
    if column.unit:
        unit = words.plain_unit(column.unit)
    unit_why = None
    if unit is None:
        unit, unit_why = _unit(name, column.values)
    steps, transform_why = _transform(name, unit, column)
    lag, lag_why = _release_lag(name, column.frequency)
    dimension, direction = words.dimension_of(name), words.direction_of(name)
    return Guess(
        id=words.identifier(name, taken),
        column=column.name,
        file=column.file,
        name=name,
        unit=unit,
        unit_why=unit_why,
        frequency=column.frequency,
        release_lag=lag,
        lag_why=lag_why,
        valid_range=_valid_range(column.values, steps),
        typical=_typical(column.values),
        skips=_skips(column),
        transform=steps,
        transform_why=transform_why,
        dimension=dimension.value if dimension else None,
        dimension_why=f"'{dimension.word}'" if dimension else None,
        direction=direction[0] if direction else None,
        direction_why=f"'{direction[1]}' in its name" if direction else None,
        note=column.note,
        values=column.values,
    )


def _unit(name: str, values: pd.Series) -> tuple[str, str]:
    """A unit from words and sizes, and what they are."""
    size = float(values.abs().median())
    if word := words.says(name, words.CURRENCY):
        return "units of currency", f"'{word}'"
    if word := words.says(name, words.SPREAD):
        unit = "percentage points" if size <= 30 else "basis points"
        return unit, f"'{word}', median size {size:.3g}"
    if word := words.says(name, words.PER_CENT):
        unit = "fraction" if float(values.abs().max()) <= 1 and size < 0.5 else "per cent"
        return unit, f"'{word}', median size {size:.3g}"
    if word := words.says(name, words.INDEX):
        return "index", f"'{word}'"
    return "unit of the file", "neither file nor name says"


def _transform(name: str, unit: str, column: Column) -> tuple[tuple[str, ...], str]:
    """Steps that make a series stationary enough to standardise, and why."""
    first = ("month_mean",) if column.frequency == "daily" else ()
    values = column.values
    if unit.startswith(("per cent", "percentage", "basis", "fraction")):
        return (*first, "level"), f"in {unit}, a rate or spread is taken as it is"
    trend = _trend(values)
    if (values > 0).all():
        if trend >= TRENDING:
            return (*first, "year_on_year"), f"positive and trending ({trend:.2f} with time)"
        if values.max() > WIDE * values.min():
            ratio = values.max() / values.min()
            return (*first, "log"), f"positive, and its largest value is {ratio:.1f} its smallest"
        return (*first, "level"), "positive without a trend"
    if trend >= TRENDING:
        return (*first, "difference: 12"), f"trending ({trend:.2f} with time) and not positive"
    return (*first, "level"), "no trend"


def _trend(values: pd.Series) -> float:
    """Size of the correlation with time, of logs where there are any."""
    size = np.log(values) if (values > 0).all() else values
    return abs(float(np.corrcoef(values.index.to_julian_date(), size)[0, 1]))


def _release_lag(name: str, frequency: Frequency) -> tuple[int, str]:
    word = words.says(name, words.OF_MARKETS)
    if frequency == "monthly" and word and not words.says(name, words.RESERVES):
        return LAG_OF_MARKETS, f"'{word}': a market's, known at once"
    return LAGS[frequency], f"what is usual of a {frequency} series"


def _skips(column: Column) -> tuple[int, ...]:
    """Months of the year that a monthly series never has, such as January in China.

    A series has years enough to tell by `reading.LEAST_MONTHS`; one that lacks more than two
    months is not skipping them.
    """
    if column.frequency != "monthly":
        return ()
    skipped = tuple(sorted(set(range(1, 13)) - set(column.values.index.month)))
    return skipped if len(skipped) <= MOST_SKIPPED else ()


def _valid_range(values: pd.Series, steps: tuple[str, ...]) -> tuple[float, float]:
    high = _rounded_up(BOUND * float(values.abs().max()))
    positive = {"log", "year_on_year"} & set(steps)
    return (0.0 if positive else -high), high


def _typical(values: pd.Series) -> tuple[float, float] | None:
    """Bounds of the median size; none where a series changes sign, for then it may come close to 0.

    The median of later files is that of ten years, and may be another: bounds are wide.
    """
    size = typical_size(values.index.to_series(), values)
    if not (values > 0).all() or math.isnan(size) or values.max() > 100 * values.min():
        return None
    return float(f"{size / BOUND:.2g}"), float(f"{size * BOUND:.2g}")


def _rounded_up(value: float) -> float:
    """The next number with one digit."""
    scale = 10.0 ** math.floor(math.log10(value))
    return float(f"{math.ceil(value / scale - 1e-9) * scale:.1g}")
