"""Block bootstrap of the index: panels rebuilt from resampled residuals and estimated anew."""

from typing import NamedTuple

import numpy as np

from sfr_pipeline.arrays import FloatArray, IntArray
from sfr_pipeline.econometrics.kernels.compiler import kernel
from sfr_pipeline.econometrics.kernels.component import first_component, standardize
from sfr_pipeline.econometrics.kernels.loadings import (
    LoadingSettings,
    filter_loadings,
    smooth_loadings,
)


class ReplicaSettings(NamedTuple):
    """What a bootstrap panel is estimated with: of its component, and of its loadings."""

    tolerance: float
    max_iterations: int
    loadings: LoadingSettings


@kernel
def replicate_weights(
    common: FloatArray,
    scale: FloatArray,
    residuals: FloatArray,
    cells: FloatArray,
    starts: IntArray,
    block_length: int,
    settings: ReplicaSettings,
) -> FloatArray:
    """Weights of one bootstrap panel, ``(n_periods, n_series)``; NaN if it has no component.

    Args:
        common: fitted common part, ``(n_periods, n_series)``. scale: square root of V_t.
        residuals: without gaps, in units of scale. cells: 1 where observed, else 0.
        starts: first period of each block; blocks wrap around the end of the sample.
        block_length: in periods.
        settings: what the panel is estimated with.
    """
    n_periods, n_series = common.shape
    panel = np.empty((n_periods, n_series))
    for t in range(n_periods):
        drawn = (starts[t // block_length] + t % block_length) % n_periods
        for i in range(n_series):
            panel[t, i] = common[t, i] + scale[t, i] * residuals[drawn, i]
    scores, _, _ = standardize(panel, cells)
    component, converged = first_component(
        scores, cells, settings.tolerance, settings.max_iterations
    )
    weights = np.full((n_periods, n_series), np.nan)
    if not converged:
        return weights
    factors = component.reshape(n_periods, 1)
    path = filter_loadings(scores, cells, factors, settings.loadings)
    smoothed = smooth_loadings(path)
    for t in range(n_periods):
        total = 0.0
        for i in range(n_series):
            weights[t, i] = cells[t, i] * abs(smoothed[t, 0, i])
            total += weights[t, i]
        for i in range(n_series):  # (8)
            weights[t, i] /= total if total > 0.0 else 1.0
    return weights


@kernel
def replicate_index(
    common: FloatArray,
    scale: FloatArray,
    residuals: FloatArray,
    cells: FloatArray,
    scores: FloatArray,
    starts: IntArray,
    block_length: int,
    settings: ReplicaSettings,
) -> FloatArray:
    """Index by the weights of each bootstrap panel, ``(n_replications, n_periods)``.

    Args:
        scores: z-scores that the weights are applied to. starts: ``(n_replications, n_blocks)``.
        The rest as in `replicate_weights`.
    """
    n_periods, n_series = scores.shape
    index = np.zeros((len(starts), n_periods))
    for replication in range(len(starts)):
        weights = replicate_weights(
            common, scale, residuals, cells, starts[replication], block_length, settings
        )
        for t in range(n_periods):
            for i in range(n_series):  # (9)
                index[replication, t] += weights[t, i] * scores[t, i]
    return index
