"""The systemic financial risk index and everything read off it: weights, contributions, bands.

Equations of the paper's section 2.1.3: w_it = |loading_it| / sum_j |loading_jt| and
SFRI_t = sum_i w_it X_it, where X are z-scores oriented so that more means more risk. The sums run
over the series observed in t, so a missing series counts as an absent one.
"""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from sfr_pipeline.arrays import BoolArray, FloatArray, IntArray
from sfr_pipeline.econometrics.labelled import check_counts, check_level
from sfr_pipeline.econometrics.principal_component import cells
from sfr_pipeline.econometrics.tvp_favar import TvpFavarSettings, estimate, kernel_settings
from sfr_pipeline.errors import EstimationError
from sfr_pipeline.threads import Spread, in_threads

if TYPE_CHECKING:
    from sfr_pipeline.econometrics.kernels.loadings import LoadingSettings

# Some 10 ms of work: of a hundred pieces many processors have their share, and a machine far away
# is asked for more than it takes to ask.
REPLICATIONS_A_PIECE = 25


@dataclass(frozen=True)
class Band:
    """Pointwise bounds of the index, each ``(n_periods,)``."""

    low: FloatArray
    high: FloatArray


@dataclass(frozen=True)
class ChangeSplit:
    """An exact split of each period's change, each ``(..., n_periods, n_series)``.

    Summed over the series, both effects add up to the change of the index; the first period has
    no change and holds NaN.
    """

    indicator_effect: FloatArray
    weight_effect: FloatArray


def weights(loadings: FloatArray, observed: BoolArray) -> FloatArray:
    """Dynamic weights of the paper, (8): shares of the absolute loadings of the observed series.

    Args:
        loadings: ``(..., n_periods, n_series)``.
        observed: same shape, or one that broadcasts to it.

    Returns:
        Same shape; each period sums to 1, or is 0 throughout where nothing is observed.
    """
    size = np.where(observed, np.abs(loadings), 0.0)
    total = size.sum(axis=-1, keepdims=True)
    return size / np.where(total > 0, total, 1.0)


def equal_weights(observed: BoolArray) -> FloatArray:
    """Weights of the benchmark: the observed series count alike."""
    return weights(np.ones(observed.shape), observed)


def split_change(weight: FloatArray, scores: FloatArray) -> ChangeSplit:
    """Split the change of each contribution into an indicator and a weight effect.

    Midpoint weights make it exact: w x - w' x' = (w + w')/2 (x - x') + (x + x')/2 (w - w'). A
    series that enters or leaves has a weight of 0 on one side; its score there is taken to equal
    the other side's, so that its whole contribution is a weight effect.

    Args:
        weight: ``(..., n_periods, n_series)``, 0 where a series is not observed.
        scores: same shape.
    """
    w, w_before = weight[..., 1:, :], weight[..., :-1, :]
    x, x_before = scores[..., 1:, :], scores[..., :-1, :]
    x, x_before = np.where(w > 0, x, x_before), np.where(w_before > 0, x_before, x)
    first = np.full_like(scores[..., :1, :], np.nan)
    indicator = 0.5 * (w + w_before) * (x - x_before)
    weighting = 0.5 * (x + x_before) * (w - w_before)
    return ChangeSplit(
        indicator_effect=np.concatenate([first, indicator], axis=-2),
        weight_effect=np.concatenate([first, weighting], axis=-2),
    )


def effective_number(weight: FloatArray) -> FloatArray:
    """Effective number of series, 1 / sum w^2.

    It falls as weight gathers on few series. Near-duplicates that share weight evenly do not lower
    it: compare the weights of the dimensions for that.
    """
    concentration = (weight**2).sum(axis=-1)
    return 1.0 / np.where(concentration > 0, concentration, np.nan)


def draw_band(
    loadings: FloatArray,
    variance: FloatArray,
    scores: FloatArray,
    observed: BoolArray,
    *,
    draws: int,
    level: float,
    seed: int,
) -> Band:
    """Band of the index by draws of the loadings from their posterior.

    It reflects the uncertainty of the loadings given the principal component and V_t.

    Args:
        loadings: posterior means, ``(n_periods, n_series)``.
        variance: posterior variances, same shape.
        scores: the z-scores that the weights are applied to, same shape.
        observed: same shape.
        draws: number of draws.
        level: probability content, such as 0.9.
        seed: of the generator.
    """
    check_counts(draws=draws)
    # The same draws serve every period: a period's band must not depend on how many follow it.
    noise = np.random.default_rng(seed).standard_normal((draws, loadings.shape[1]))
    sd = np.sqrt(variance)
    index = [(weights(loadings + sd * one, observed) * scores).sum(axis=1) for one in noise]
    return _quantiles(np.array(index), level)


def bootstrap_band(
    panel: FloatArray | pd.DataFrame,
    *,
    replications: int,
    block_length: int,
    level: float,
    seed: int,
    settings: TvpFavarSettings | None = None,
    spread: Spread = in_threads,
) -> Band:
    """Band of the index by a block bootstrap with full re-estimation.

    Each replication rebuilds the panel from its fitted common part and resampled residuals, in
    blocks of whole periods so that their dependence across series and over time survives, scaled
    by the square root of V_t; then standardisation, principal component and loadings are estimated
    anew. The new weights are applied to the data as observed. It therefore holds the uncertainty
    of scaling, component and V_t too, which ``draw_band`` leaves out. Neither holds the lag with
    which loadings that move follow their truth.

    Args:
        panel: oriented indicators, ``(n_periods, n_series)``, NaN where missing; a frame is judged
            by `labelled.check_panel`.
        replications: number of bootstrap panels.
        block_length: of the moving blocks, in periods; blocks wrap around the end.
        level: probability content.
        seed: of the generator.
        settings: of the TVP-FAVAR.
        spread: what calls the pieces; the band is the same whatever does.
    """
    index = bootstrap_replicas(
        panel,
        "index",
        replications=replications,
        block_length=block_length,
        seed=seed,
        settings=settings,
        spread=spread,
    )
    return _quantiles(index, level)


def bootstrap_replicas(
    panel: FloatArray | pd.DataFrame,
    of: Literal["weights", "index"],
    *,
    replications: int,
    block_length: int,
    seed: int,
    settings: TvpFavarSettings | None = None,
    spread: Spread = in_threads,
) -> FloatArray:
    """Weights or index of the panels of ``bootstrap_band``, one a replication."""
    from sfr_pipeline.econometrics.kernels.loadings import LoadingSettings

    check_counts(replications=replications, block_length=block_length)
    settings = settings or TvpFavarSettings()
    base, generator = estimate(panel, settings=settings), np.random.default_rng(seed)
    n_periods, scale = len(base.scores), np.sqrt(base.variance)
    common = base.loadings_smoothed * base.principal_component[:, None]
    residuals = _fill_gaps((base.scores - common) / scale, base.observed, generator)
    arrays = common, scale, residuals, cells(base.observed), base.scores
    parameters = kernel_settings(LoadingSettings, settings)
    n_blocks = -(-n_periods // block_length)
    starts = generator.integers(n_periods, size=(replications, n_blocks))
    place = ("weights", "index").index(of)
    some = partial(_replicate_some, arrays, block_length, parameters, place)
    pieces = [
        starts[first : first + REPLICATIONS_A_PIECE]
        for first in range(0, replications, REPLICATIONS_A_PIECE)
    ]
    found = np.array([one for piece in spread(some, pieces) for one in piece])
    if not np.isfinite(found).all():
        raise EstimationError(
            "a bootstrap panel has a constant series or no first component: lengthen the sample, "
            "or leave out series with few values"
        )
    return found


def _replicate_some(
    arrays: tuple[FloatArray, ...],
    block_length: int,
    parameters: "LoadingSettings",
    place: int,
    starts: IntArray,
) -> list[FloatArray]:
    """One result of `kernels.bootstrap.replicate` for each row of ``starts``."""
    from sfr_pipeline.econometrics.kernels.bootstrap import replicate

    return [replicate(*arrays, one, block_length, parameters)[place] for one in starts]


def _fill_gaps(
    residuals: FloatArray, observed: BoolArray, generator: np.random.Generator
) -> FloatArray:
    """Fill a series' gaps with draws from its own residuals: a block may land where it had none."""
    filled = residuals.copy()
    for series in np.flatnonzero(observed.any(axis=0) & ~observed.all(axis=0)):
        seen = observed[:, series]
        filled[~seen, series] = generator.choice(residuals[seen, series], size=(~seen).sum())
    return filled


def _quantiles(index: FloatArray, level: float) -> Band:
    check_level(level)
    low, high = np.quantile(index, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return Band(low, high)
