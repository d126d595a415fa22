"""Tests over all models at once: which may be the best, and whether any beats the benchmark.

Belongs here: tests with account for all that were tried. Does not belong here: tests of one
forecaster against another (`forecast_tests`).
"""

import math

import numpy as np
from numpy.typing import NDArray

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.evaluation.bootstrap import block_counts, block_length
from sfr_pipeline.evaluation.forecast_tests import FEWEST_PERIODS, fixed_smoothing_statistic, same

REPLICATIONS = 1000


def mcs_p_values(
    losses: FloatArray, horizon: int = 1, replications: int = REPLICATIONS, seed: int = 0
) -> FloatArray:
    """p-values of the model confidence set (Hansen, Lunde and Nason 2011), range statistic.

    A model is in the set of level 1 - a where its p-value is a or more. Staying in is no skill:
    short samples exclude nobody. The worst model of the largest difference goes first; a p-value is
    the largest so far of the shares of resamples, of circular blocks, with a larger difference.

    Args:
        losses: ``(n, n_models)``.
        horizon: steps ahead; blocks are at least as long.
        replications: bootstrap samples.
        seed: of them.

    Returns:
        ``(n_models,)``; equal columns have equal values.
    """
    distinct, place = _distinct(losses)
    n, n_models = distinct.shape
    counts = block_counts(n, block_length(n, horizon), replications, np.random.default_rng(seed))
    means, resampled = distinct.mean(axis=0), counts.T @ distinct / n
    gaps = means[:, None] - means
    deviations = resampled[:, :, None] - resampled[:, None, :] - gaps
    # Nothing is held against itself.
    spreads = np.sqrt(np.square(deviations).mean(axis=0) + np.eye(n_models))
    gaps, deviations = gaps / spreads, deviations / spreads
    values = np.ones(n_models)
    kept, highest = np.arange(n_models), 0.0
    while len(kept) > 1:
        among = gaps[np.ix_(kept, kept)]
        largest = deviations[:, kept[:, None], kept].max(axis=(1, 2))
        highest = max(highest, float((largest > among.max()).mean()))
        worst = np.unravel_index(among.argmax(), among.shape)[0]
        values[kept[worst]] = highest
        kept = np.delete(kept, worst)
    return values[place]


def spa_p_value(
    benchmark_losses: FloatArray,
    losses: FloatArray,
    horizon: int = 1,
    replications: int = REPLICATIONS,
    seed: int = 0,
) -> float:
    """Test whether any model beats the benchmark, with account for all that were tried.

    Superior predictive ability of Hansen (2005), consistent p-value, made right for losses that
    stay apart for months on end. Each model's statistic is Coroneo and Iacone's, with a variance
    from floor(n^(1/4)) ordinates: the best of many stands far in the tail, where the n^(1/3) of a
    single test reject too often. By its distribution under equality, Student's t, it becomes a
    normal score. The largest score, or 0, is held against its distribution: that of means of
    circular blocks, divided by their own standard deviations, which keeps how models go together.

    Plain differences, as ``arch`` compares them, leave the null distribution to the noisiest
    model: one bad one hides what good ones can do.

    Args:
        benchmark_losses: ``(n,)``.
        losses: of the models, ``(n, n_models)``; those equal to the benchmark's are left out.
        horizon: steps ahead; blocks are at least as long.
        replications: bootstrap samples.
        seed: of them.

    Returns:
        The p-value; 1 where no model has a lower mean loss than the benchmark.

    Raises:
        ValueError: there are fewer than 8 periods.
    """
    if len(losses) < FEWEST_PERIODS:
        raise ValueError(
            f"{len(losses)} periods tell no long-run variance: {FEWEST_PERIODS} do at least"
        )
    others, _ = _distinct(np.column_stack([benchmark_losses, losses]))
    if others.shape[1] == 1:
        return 1.0
    gains = others[:, [0]] - others[:, 1:]
    n = len(gains)
    scores = np.array([_normal_score(gain) for gain in gains.T])
    rng = np.random.default_rng(seed)
    counts = block_counts(n, block_length(n, horizon), replications, rng)
    means = counts.T @ gains / n
    scaled = (means - gains.mean(axis=0)) / means.std(axis=0)
    # Hansen's threshold: clearly bad models keep their place below 0, the others count as equals.
    hopeless = scores < -np.sqrt(2 * np.log(np.log(n)))
    largest = (scaled + np.where(hopeless, scores, 0.0)).max(axis=1)
    return float((np.maximum(largest, 0) >= max(scores.max(), 0)).mean())


def _normal_score(gain: FloatArray) -> float:
    """Standard normal under equality, far out in the tail too; positive where there is a gain."""
    from scipy import stats

    ordinates = math.floor(round(len(gain) ** (1 / 4), 9))
    statistic = fixed_smoothing_statistic(gain, ordinates)
    tail = stats.t.sf(abs(statistic), 2 * ordinates)
    return float(math.copysign(stats.norm.isf(tail), statistic))


def _distinct(columns: FloatArray) -> tuple[FloatArray, NDArray[np.int64]]:
    """Columns without repeats, and where each old column stands among them."""
    kept: list[int] = []
    place = np.empty(columns.shape[1], dtype=np.int64)
    for number, column in enumerate(columns.T):
        repeats = (
            position
            for position, other in enumerate(kept)
            if same(column - columns[:, other], columns[:, other])
        )
        place[number] = next(repeats, len(kept))
        if place[number] == len(kept):
            kept.append(number)
    return columns[:, kept], place
