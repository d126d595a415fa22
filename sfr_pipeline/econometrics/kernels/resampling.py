"""Statistics of many resamples that are given by how often each holds each point.

    A = sum_{i+, j-} c_i c_j ([s_i > s_j] + [s_i = s_j] / 2) / sum_{i+, j-} c_i c_j             (1)

the share of pairs of a positive point i and a negative point j, of one group, that a score s ranks
rightly, c their counts. Points are walked in the order of the score: a positive one meets the
negative ones so far. Sums are whole numbers, so that no order of them moves a digit.
"""

import numpy as np

from sfr_pipeline.arrays import BoolArray, IntArray
from sfr_pipeline.econometrics.kernels.compiler import kernel


@kernel
def ranked_pairs(
    order: IntArray, first: BoolArray, tied: BoolArray, positive: BoolArray, counts: IntArray
) -> tuple[IntArray, IntArray]:
    """Twice the numerator of equation (1), and its denominator, in each resample.

    Args:
        order: the points by group and within it by score, ``(n,)``.
        first: whether a place in that order begins a group, ``(n,)``.
        tied: whether its score is that of the place before, in the same group, ``(n,)``.
        positive: of the points, ``(n,)``.
        counts: ``(n, draws)``.

    Returns:
        Both ``(draws,)``.
    """
    n, draws = counts.shape
    right, pairs = np.zeros(draws, np.int64), np.zeros(draws, np.int64)
    below, own = np.zeros(draws, np.int64), np.zeros(draws, np.int64)
    start = 0
    while start < n:
        end = start + 1
        while end < n and tied[end]:
            end += 1
        if first[start]:
            for d in range(draws):
                pairs[d] += below[d] * own[d]
                below[d], own[d] = 0, 0
        # Points of equal scores: a positive one meets the negative ones below twice, those beside
        # it once.
        for i in order[start:end]:
            if positive[i]:
                for d in range(draws):
                    right[d] += counts[i, d] * below[d]
                    own[d] += counts[i, d]
        for i in order[start:end]:
            if not positive[i]:
                for d in range(draws):
                    below[d] += counts[i, d]
        for i in order[start:end]:
            if positive[i]:
                for d in range(draws):
                    right[d] += counts[i, d] * below[d]
        start = end
    for d in range(draws):
        pairs[d] += below[d] * own[d]
    return right, pairs
