"""Block bootstrap of the index: panels rebuilt from resampled residuals and estimated anew."""

import numpy as np

from sfr_pipeline.arrays import FloatArray, IntArray
from sfr_pipeline.econometrics.kernels.compiler import kernel
from sfr_pipeline.econometrics.kernels.component import first_component, standardize
from sfr_pipeline.econometrics.kernels.loadings import (
    LoadingSettings,
    filter_loadings,
    smooth,
)

# Of a replica's component: sampling noise dwarfs its last digits, and they cost most.
TOLERANCE = 1e-6
# A Python integer would have the component's kernel compiled again for this very value.
MAX_ITERATIONS = np.int64(10_000)


@kernel
def replicate(
    common: FloatArray,
    scale: FloatArray,
    residuals: FloatArray,
    cells: FloatArray,
    scores: FloatArray,
    starts: IntArray,
    block_length: int,
    settings: LoadingSettings,
) -> tuple[FloatArray, FloatArray]:
    """Weights of one bootstrap panel and the index by them; NaN if it has no component.

    Args:
        common: fitted common part, ``(n_periods, n_series)``. scale: square root of V_t.
        residuals: without gaps, in units of scale. cells: 1 where observed, else 0.
        scores: z-scores that the weights are applied to.
        starts: first period of each block; blocks wrap around the end of the sample.
        block_length: in periods.
        settings: of the filter of the loadings.
    """
    n_periods, n_series = common.shape
    panel, index = np.empty((n_periods, n_series)), np.zeros(n_periods)
    for t in range(n_periods):
        drawn = (starts[t // block_length] + t % block_length) % n_periods
        for i in range(n_series):
            panel[t, i] = common[t, i] + scale[t, i] * residuals[drawn, i]
    replica, _, _ = standardize(panel, cells)
    component, converged = first_component(replica, cells, TOLERANCE, MAX_ITERATIONS)
    factors = np.empty((n_periods, 1))
    for t in range(n_periods):
        factors[t, 0] = component[t] if converged else np.nan
    path = filter_loadings(replica, cells, factors, settings)
    loadings = smooth(path.loadings, path.gain)
    weights = panel
    for t in range(n_periods):
        total = 0.0
        for i in range(n_series):
            weights[t, i] = cells[t, i] * abs(loadings[t, 0, i])
            total += weights[t, i]
        for i in range(n_series):
            weights[t, i] /= total if total > 0.0 else 1.0  # (8)
            index[t] += weights[t, i] * scores[t, i]  # (9)
    return weights, index
