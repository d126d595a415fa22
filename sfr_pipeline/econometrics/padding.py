"""Zeros that stand for missing values: which pattern proves it.

A zero is a value: a policy rate, a spread, a count or a dummy may be 0 for years. Two patterns no
such series has:

``rhythm``    values come at even distances, one in two rows or rarer, and every row between them is
              exactly 0: a quarterly series that was spread over months.
``distance``  zeros break into a series that keeps away from 0: all other values lie farther from 0
              than they do from each other, and moved by less than a tenth of that in any step. So
              do months before a series begins, after its end, or without publication.

Neither proves anything where 0 may be one of the steps that the values go by: a series of whole
numbers with a 1 or -1 among them is a count, and one that takes few values beside 0, or mostly
stays at the one before, is a dummy or is set by somebody: a reserve requirement that was abolished,
a dividend of each quarter, a rate that moves at meetings. What is measured moves all the time.
Belongs here: that judgement on one series. Does not belong here: who asks and what becomes of it
(`labelled`, ``sources.live.checks``, ``index.missing``).
"""

import numpy as np
import pandas as pd

from sfr_pipeline.arrays import BoolArray, FloatArray

# Values other than 0 below which no pattern is proof.
LEAST_VALUES = 8
# Values other than 0 up to which, and share of steps without a move from which, a series is set and
# not measured. China's growth by quarters, to a decimal, stood still in a third of 2012 to 2019.
FEW_LEVELS, HELD = 4, 0.5
# Share of distances between values that are as long as the middle one, and how long that is: months
# have 19 to 23 trading days.
EVEN, AS_LONG = 0.9, 0.25
# A step to 0 is so many times as long as the longest other step.
STEPS = 10.0


def padding(values: FloatArray, labels: pd.Index) -> str | None:
    """Why the zeros of a series are no values, in half a sentence; None where they are.

    Args:
        values: in time order, ``(n_periods,)``, NaN where missing.
        labels: of the periods, for the sentence.
    """
    given = np.isfinite(values)
    values, labels = values[given], labels[given]
    zero = values == 0.0
    others = values[~zero]
    if not zero.any() or len(others) < LEAST_VALUES or _in_steps(others):
        return None
    first = str(labels[int(zero.argmax())])[:10]
    if _in_rhythm(zero):
        return (
            f"it is exactly 0 in {int(zero.sum())} of {len(zero)} periods (first {first}), all "
            "those between values at even distances"
        )
    if _far_from_zero(others):
        low, high = sorted(np.abs([others.min(), others.max()]))
        sign = "-" if others[0] < 0 else ""
        return (
            f"it is exactly 0 in {int(zero.sum())} of {len(zero)} periods (first {first}), and "
            f"between {sign}{low:g} and {sign}{high:g} in all others"
        )
    return None


def _in_steps(others: FloatArray) -> bool:
    """Whether values beside 0 are those of a dummy, a count, or something that is set."""
    whole = bool((others == np.round(others)).all())
    few = len(np.unique(others)) <= FEW_LEVELS
    held = bool((np.diff(others) == 0).mean() >= HELD)
    return few or held or (whole and bool((np.abs(others) == 1).any()))


def _in_rhythm(zero: BoolArray) -> bool:
    distances = np.diff(np.flatnonzero(~zero))
    middle = np.median(distances)
    even = np.abs(distances - middle) <= AS_LONG * middle
    return bool(distances.min() > 1 and even.mean() >= EVEN)


def _far_from_zero(others: FloatArray) -> bool:
    # Values of two signs lie farther from each other than from 0.
    nearest, spread = np.abs(others).min(), np.ptp(others)
    longest = np.abs(np.diff(others)).max()
    return bool(nearest > spread and nearest > STEPS * longest)
