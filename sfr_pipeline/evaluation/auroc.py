"""Area under the ROC curve: pooled, within groups such as years, and in resamples.

The area is the share of pairs of a positive and a negative point in which the positive one has the
higher score, ties counting half. Belongs here: that share in all forms. Other scores of
classifiers: `classification_metrics`.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sfr_pipeline.arrays import FloatArray


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


def auroc_of_counts(
    label: ArrayLike,
    scores: ArrayLike,
    counts: NDArray[np.integer[Any]],
    group: ArrayLike | None = None,
) -> FloatArray:
    """AUROC of several scores in resamples that are given by how often they hold each point.

    Each score is sorted once; a resample then is a running sum of its counts, and those are
    compiled loops (`econometrics.kernels.resampling`). All scores meet the same resamples: the
    draws of a difference are the difference of two columns.

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
    from sfr_pipeline.econometrics.kernels.resampling import ranked_pairs

    positive = np.asarray(label).astype(bool)
    scores = np.asarray(scores, dtype=float)
    if np.isnan(scores).any():
        raise ValueError("a score is missing: keep the points that every score covers")
    groups = np.zeros(len(positive)) if group is None else np.asarray(group)
    # Whole rows of draws that fit the cache; counts are small.
    narrow = counts.astype(np.int32, copy=False)
    shares = np.full((counts.shape[1], scores.shape[1]), np.nan)
    for column, score in enumerate(scores.T):
        order = np.lexsort((score, groups))
        ranked, of_group = score[order], groups[order]
        first = np.append(True, of_group[1:] != of_group[:-1])
        tied = np.append(False, ranked[1:] == ranked[:-1]) & ~first
        right, pairs = ranked_pairs(order, first, tied, positive, narrow)
        np.divide(right, 2 * pairs, out=shares[:, column], where=pairs > 0)
    return shares
