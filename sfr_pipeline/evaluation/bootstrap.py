"""Circular block bootstrap: resamples of a time series that keep its short-run dependence."""

import numpy as np
from numpy.typing import ArrayLike

from sfr_pipeline.arrays import FloatArray, IntArray

LEVEL = 0.95
# What a model gets wrong, it gets wrong for about as long.
MONTHS = 12


def block_length(n: int, horizon: int = 1) -> int:
    """Length of blocks of monthly losses: a tenth of the sample, a year or more.

    A model that fails fails for months on end, and shorter blocks tear apart what belongs together.
    Errors of forecasts ``horizon`` steps ahead share ``horizon - 1`` shocks with their neighbours.
    Losses of days need blocks of their callers' own.

    Returns:
        The length; in samples of less than two years half of them, as one block alone is no draw.
    """
    return min(max(n // 2, 1), max(MONTHS, horizon, n // 10))


def block_indices(n: int, block: int, draws: int, rng: np.random.Generator) -> IntArray:
    """Draw positions of a circular block bootstrap (Politis and Romano 1992).

    Args:
        n: length of the series.
        block: length of the blocks; the last one is cut where it does not fit.
        draws: number of resamples.
        rng: source of randomness.

    Returns:
        Positions, ``(draws, n)``; after the series' end comes its start.

    Raises:
        ValueError: a block is shorter than 1 or longer than the series.
    """
    if not 1 <= block <= n:
        raise ValueError(f"block is {block}: it lies between 1 and the {n} points of the series")
    starts = rng.integers(0, n, size=(draws, -(-n // block), 1))
    indices = (starts + np.arange(block)) % n
    return indices.reshape(draws, -1)[:, :n]


def block_counts(n: int, block: int, draws: int, rng: np.random.Generator) -> IntArray:
    """How often each point stands in each resample of `block_indices`, ``(n, draws)``.

    For statistics that need weights only. Points come first so that sorting the points by a score
    moves whole rows.
    """
    indices = block_indices(n, block, draws, rng)
    cells = indices * draws + np.arange(draws)[:, None]
    return np.bincount(cells.ravel(), minlength=n * draws).reshape(n, draws)


def block_means(values: FloatArray, block: int, draws: int, rng: np.random.Generator) -> FloatArray:
    """Means of each column in the resamples of `block_indices`, from sums of whole blocks.

    A resample of thousands of days is some dozens of blocks, whose sums are made once.

    Args:
        values: ``(n, n_columns)``, no NaN.
        block: length of the blocks.
        draws: number of resamples.
        rng: source of randomness.

    Returns:
        ``(draws, n_columns)``.

    Raises:
        ValueError: a block is shorter than 1 or longer than the series.
    """
    n = len(values)
    if not 1 <= block <= n:
        raise ValueError(f"block is {block}: it lies between 1 and the {n} points of the series")
    n_blocks = -(-n // block)
    starts = rng.integers(0, n, size=(draws, n_blocks, 1))[..., 0]
    around = np.concatenate([np.zeros_like(values[:1]), values, values[:block]])
    total = np.cumsum(around, axis=0)
    whole = total[block : block + n] - total[:n]
    left = n - (n_blocks - 1) * block
    last = total[left : left + n] - total[:n]
    found = last[starts[:, -1]]
    for place in range(n_blocks - 1):
        found += whole[starts[:, place]]
    return found / n


def episode_interval(
    estimate: ArrayLike, draws: FloatArray, episodes: int, level: float = LEVEL
) -> FloatArray:
    """Interval of a difference of AUROCs, right for few episodes.

    estimate -+ t(episodes - 1) times the standard deviation of the draws. A sample of thousands of
    days has as much to say as it has episodes: with six to eleven of them percentiles of the draws
    cover 80 to 89 % where they claim 95.

    Args:
        estimate: of the sample itself, ``(...)``.
        draws: in resamples of blocks of half a year, ``(n_draws, ...)``; NaN where there is none.
        episodes: of stress in the sample.
        level: coverage.

    Returns:
        Lower and upper bound, ``(2, ...)``; NaN with fewer than two episodes or draws.
    """
    return _t_interval(estimate, draws, episodes - 1, level)


def block_interval(
    estimate: ArrayLike, draws: FloatArray, n: int, block: int, level: float = LEVEL
) -> FloatArray:
    """Interval of a mean, or a ratio of means, right for few blocks.

    estimate -+ t(n / block - 1) times the standard deviation of the draws. Long blocks keep what
    belongs together and leave few of them to vary: with twelve, percentiles of the draws cover
    90 % where they claim 95.

    Args:
        estimate: of the sample itself, ``(...)``.
        draws: in resamples of `block_counts`, ``(n_draws, ...)``; NaN where there is none.
        n: length of the series.
        block: length of the blocks.
        level: coverage.

    Returns:
        Lower and upper bound, ``(2, ...)``; NaN with fewer than two blocks or draws.
    """
    return _t_interval(estimate, draws, n / block - 1, level)


def _t_interval(estimate: ArrayLike, draws: FloatArray, degrees: float, level: float) -> FloatArray:
    """Estimate -+ t(degrees) times the standard deviation of the draws that have a value."""
    from scipy import stats

    if degrees < 1:
        return np.full((2, *draws.shape[1:]), np.nan)
    known = np.isfinite(draws)
    count = known.sum(axis=0)
    mean = np.where(known, draws, 0.0).sum(axis=0) / np.maximum(count, 1)
    squares = np.square(np.where(known, draws - mean, 0.0)).sum(axis=0)
    deviation = np.sqrt(np.where(count > 1, squares, np.nan) / np.maximum(count - 1, 1))
    width = stats.t.ppf((1 + level) / 2, degrees) * deviation
    return np.stack([estimate - width, estimate + width])
