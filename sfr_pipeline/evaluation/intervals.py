"""Conformal prediction intervals: quantiles of the errors that were known at each origin.

Signed errors, not their size: an index of stress jumps up and calms down slowly, so that its
upper errors are the larger ones, and a biased forecaster's interval should move with its bias. The
price is that each tail has only half of the errors: a 90 % interval needs 19 instead of 9.
"""

from bisect import insort
from collections.abc import Sequence

import numpy as np

from sfr_pipeline.arrays import FloatArray

MIN_ERRORS = 24


def past_error_quantiles(
    errors: FloatArray, horizon: int, levels: Sequence[float], minimum: int = MIN_ERRORS
) -> FloatArray:
    """Quantiles, at each origin, of the forecast errors that were known there.

    The error of origin s is known from s + ``horizon`` on. Level p takes the rank p (n + 1) of the
    n known errors, rounded away from the middle: were errors exchangeable, a new one would lie
    below the upper quantile with probability p or more, whatever their distribution (split
    conformal prediction; Vovk et al. 2005, Lei et al. 2018). Errors of a crisis are not
    exchangeable with those of calm years, so coverage is to be measured, not assumed.

    Args:
        errors: actual less forecast of consecutive origins, ``(n_origins,)``; NaN where unknown.
        horizon: steps ahead, so that the last ``horizon`` rows may still be NaN.
        levels: probabilities strictly between 0 and 1.
        minimum: fewer known errors give no quantile.

    Returns:
        Quantiles to be added to the forecast, ``(n_origins, n_levels)``; NaN where fewer than
        ``minimum`` errors were known, or fewer than the level needs.
    """
    quantiles = np.full((len(errors), len(levels)), np.nan)
    known: list[float] = []
    for origin in range(len(errors)):
        newest = origin - horizon
        if newest >= 0 and np.isfinite(errors[newest]):
            insort(known, float(errors[newest]))
        if len(known) >= minimum:
            quantiles[origin] = _quantiles(known, levels)
    return quantiles


def error_quantiles(
    errors: FloatArray, levels: Sequence[float], minimum: int = MIN_ERRORS
) -> FloatArray:
    """Quantiles of all errors that are known today, by the rule of `past_error_quantiles`.

    Args:
        errors: actual less forecast, ``(n,)`` or ``(n, n_columns)``; NaN where unknown.
        levels: probabilities strictly between 0 and 1.
        minimum: fewer known errors give no quantile.

    Returns:
        Quantiles, ``(n_levels,)``, or of each column alone ``(n_columns, n_levels)``; NaN as there.
    """
    if errors.ndim > 1:
        columns = [error_quantiles(column, levels, minimum) for column in errors.T]
        return np.array(columns).reshape(errors.shape[1], len(levels))
    known = errors[np.isfinite(errors)]
    if len(known) < minimum:
        return np.full(len(levels), np.nan)
    ranks = _ranks(len(known), levels)
    inside = [rank - 1 for rank in ranks if rank is not None]
    ordered = np.partition(known, inside) if inside else known
    return np.array([np.nan if rank is None else ordered[rank - 1] for rank in ranks])


def _quantiles(known: list[float], levels: Sequence[float]) -> list[float]:
    """Order statistics of sorted errors."""
    ranks = _ranks(len(known), levels)
    return [float("nan") if rank is None else known[rank - 1] for rank in ranks]


def _ranks(n: int, levels: Sequence[float]) -> list[int | None]:
    """Which of ``n`` sorted errors is the quantile of each level, from 1; None where none is."""
    ranks: list[int | None] = []
    for level in levels:
        # Rounded so that .95 of 19 + 1 is 19, not 19.000000000000004.
        exact = round(level * (n + 1), 9)
        rank = int(np.ceil(exact)) if level > 0.5 else int(np.floor(exact))
        ranks.append(rank if 1 <= rank <= n else None)
    return ranks
