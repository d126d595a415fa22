"""Names for the level of the index: five, by the share of the months known then that it tops.

A name says how high the index stands in its own history and nothing else. How strongly it moves is
another question, which the regime answers: an index can move strongly at its lows.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Grade:
    """One name of the level.

    Attributes:
        name: as readers see it; completes "the index is ... by its own history".
        low: percentile from which it holds, per cent.
        high: percentile up to which it holds; the next grade begins there.
    """

    name: str
    low: float
    high: float


# Tenths at the ends, two tenths beside them, and the rest is the middle.
GRADES = (
    Grade("very low", 0, 10),
    Grade("low", 10, 30),
    Grade("medium", 30, 70),
    Grade("high", 70, 90),
    Grade("very high", 90, 100),
)
"""From low to high, without a gap."""


def grade_of(percentile: float) -> Grade:
    """The grade of a percentile of table ``sfri``.

    Args:
        percentile: share of the months known to the estimate in which the index was not higher, per
            cent; at a bound the higher grade holds.

    Raises:
        ValueError: it is no percentile.
    """
    if not 0 <= percentile <= 100:
        raise ValueError(f"{percentile} is no percentile: it lies outside 0 to 100")
    return next(grade for grade in reversed(GRADES) if percentile >= grade.low)
