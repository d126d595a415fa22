"""Area under the ROC curve: pooled, within groups such as years, and its bootstrap.

The area is the share of pairs of a positive and a negative point in which the positive one has the
higher score, ties counting half. Belongs here: that share in all forms. Other scores of
classifiers: `classification_metrics`.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.evaluation.bootstrap import block_counts

# So many draws at a time stay in the processor's cache.
CHUNK = 64


def auroc(label: ArrayLike, score: ArrayLike, group: ArrayLike | None = None) -> float:
    """Share of pairs that are ranked rightly.

    Args:
        label: ``(n,)``, true for a positive.
        score: ``(n,)``, higher for more likely positives; only its order counts.
        group: ``(n,)``, such as the year: pairs are then formed inside groups only and pooled, so
            that a score which merely knows the good years from the bad gets 0.5. None: all pairs.

    Returns:
        The share; NaN where there is no pair.

    Raises:
        ValueError: a score is missing.
    """
    scores = np.asarray(score, dtype=float)[:, None]
    ones = np.ones((len(scores), 1), dtype=np.int64)
    return float(auroc_of_counts(label, scores, ones, group)[0, 0])


def auroc_draws(
    label: ArrayLike,
    scores: ArrayLike,
    block: int,
    draws: int = 1000,
    seed: int = 0,
    group: ArrayLike | None = None,
) -> FloatArray:
    """AUROC of several scores in circular block resamples of the points.

    All scores meet the same resamples: the interval of a difference is that of the difference of
    two columns.

    Args:
        label: ``(n,)``.
        scores: ``(n, n_scores)``, points in time order.
        block: length of blocks; at least the horizon of the label.
        draws: number of resamples.
        seed: of the resamples.
        group: as in `auroc`.

    Returns:
        ``(draws, n_scores)``; NaN in a resample without a pair.

    Raises:
        ValueError: a score is missing, or the block does not fit.
    """
    counts = block_counts(len(np.asarray(label)), block, draws, np.random.default_rng(seed))
    return auroc_of_counts(label, scores, counts, group)


def auroc_of_counts(
    label: ArrayLike,
    scores: ArrayLike,
    counts: NDArray[np.integer[Any]],
    group: ArrayLike | None = None,
) -> FloatArray:
    """AUROC of several scores in resamples that are given by how often they hold each point.

    Each score is sorted once; a resample then is a running sum of its counts.

    Args:
        label: ``(n,)``.
        scores: ``(n, n_scores)``.
        counts: ``(n, draws)``.
        group: as in `auroc`.

    Returns:
        ``(draws, n_scores)``; NaN in a resample without a pair.

    Raises:
        ValueError: a score is missing.
    """
    positive = np.asarray(label).astype(bool)
    scores = np.asarray(scores, dtype=float)
    if np.isnan(scores).any():
        raise ValueError("a score is missing: keep the points that every score covers")
    members = list(_members(positive, group))
    sorters = [[_Sorter(positive[at], column[at]) for column in scores.T] for at in members]
    right = np.zeros((scores.shape[1], counts.shape[1]))
    pairs = np.zeros(counts.shape[1])
    for start in range(0, counts.shape[1], CHUNK):
        chunk = slice(start, start + CHUNK)
        for at, of_group in zip(members, sorters, strict=True):
            weights = counts[at, chunk].astype(np.int32)
            inside = positive[at]
            pairs[chunk] += weights[inside].sum(axis=0) * weights[~inside].sum(axis=0, dtype=float)
            for number, sorter in enumerate(of_group):
                right[number, chunk] += sorter.right_pairs(weights)
    return np.divide(right, pairs, out=np.full_like(right, np.nan), where=pairs > 0).T


class _Sorter:
    """The order of one score among the points of one group."""

    def __init__(self, positive: NDArray[np.bool_], score: FloatArray) -> None:
        negatives = np.flatnonzero(~positive)
        self.negatives = negatives[np.argsort(score[negatives], kind="stable")]
        self.positives = np.flatnonzero(positive)
        ranked, own = score[self.negatives], score[self.positives]
        self.below = np.searchsorted(ranked, own, side="left")
        self.not_above = np.searchsorted(ranked, own, side="right")
        self.ties = bool((self.below != self.not_above).any())

    def right_pairs(self, weights: NDArray[np.int32]) -> FloatArray:
        """Pairs ranked rightly in each resample, ties counting half: ``(draws,)``."""
        running = np.zeros((len(self.negatives) + 1, weights.shape[1]), dtype=np.int32)
        np.cumsum(weights[self.negatives], axis=0, dtype=np.int32, out=running[1:])
        own = weights[self.positives].astype(float)
        right = np.einsum("id,id->d", own, running[self.below])
        if not self.ties:
            return right
        return (right + np.einsum("id,id->d", own, running[self.not_above])) / 2


def _members(positive: NDArray[np.bool_], group: ArrayLike | None) -> Iterator[NDArray[np.int64]]:
    """Positions of each group that has pairs."""
    groups = np.zeros(len(positive)) if group is None else np.asarray(group)
    _, numbers = np.unique(groups, return_inverse=True)
    for number in range(numbers.max() + 1):
        at = np.flatnonzero(numbers == number)
        if positive[at].any() and not positive[at].all():
            yield at
