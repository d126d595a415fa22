"""Which past months were most like a month, as each was known then, and what came after them.

Alike means: the dimensions contributed alike to the real-time index. A neighbour lies at least a
year before the month, so that all that came after it was known; neighbours lie a year apart, so
that three of them are three episodes and not one.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sfr_pipeline.arrays import FloatArray, IntArray

N_NEIGHBOURS = 3
APART = 12
"""Months, between a month and its neighbours, among these, and of what came after one."""


@dataclass(frozen=True)
class Neighbour:
    """A past month that was like another.

    Attributes:
        month: its last day.
        distance: Euclidean, between the contributions of the dimensions, standard deviations.
        sfri: real-time index of the month.
        after: how far the real-time index had moved `APART` months later; NaN where that month has
            none.
        highest: highest real-time index of those months.
    """

    month: pd.Timestamp
    distance: float
    sfri: float
    after: float
    highest: float


def neighbours(
    contributions: pd.DataFrame, index: pd.Series
) -> dict[pd.Timestamp, tuple[Neighbour, ...]]:
    """The nearest past months of every month, the nearest first.

    Args:
        contributions: of the dimensions in real time, one row a month, by month's end.
        index: in real time, same rows.

    Returns:
        Of the first year's months, and of those without enough history, fewer than
        `N_NEIGHBOURS`, or none.
    """
    months = pd.PeriodIndex(index.index, freq="M").astype("int64").to_numpy()
    values = contributions.to_numpy(dtype=float)
    levels = index.to_numpy(dtype=float)
    squared = ((values[:, None, :] - values[None, :, :]) ** 2).sum(axis=2)
    distances = np.sqrt(squared)
    ahead = [_ahead(months, levels, row) for row in range(len(months))]
    found = {}
    for row, month in enumerate(index.index):
        free = months <= months[row] - APART
        chosen: list[int] = []
        while free.any() and len(chosen) < N_NEIGHBOURS:
            # Of equals the latest.
            nearest = len(months) - 1 - int(np.argmin(np.where(free, distances[row], np.inf)[::-1]))
            chosen.append(nearest)
            free &= np.abs(months - months[nearest]) >= APART
        found[month] = tuple(
            Neighbour(index.index[one], float(distances[row, one]), float(levels[one]), *ahead[one])
            for one in chosen
        )
    return found


def _ahead(months: IntArray, levels: FloatArray, row: int) -> tuple[float, float]:
    """What the index did in the months after one: its move over all of them, and its highest."""
    later = (months > months[row]) & (months <= months[row] + APART)
    last = levels[months == months[row] + APART]
    move = float(last[0] - levels[row]) if len(last) else float("nan")
    return move, float(levels[later].max()) if later.any() else float("nan")
