"""The index by loadings drawn from their posterior."""

import numpy as np

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.econometrics.kernels.compiler import kernel


@kernel
def drawn_index(
    loadings: FloatArray, sd: FloatArray, scores: FloatArray, cells: FloatArray, noise: FloatArray
) -> FloatArray:
    """Index by each draw, ``(n_draws, n_periods)``, equations (8) and (9).

    Args:
        loadings: posterior means, ``(n_periods, n_series)``. sd: their standard deviations.
        scores: z-scores, 0 where missing. cells: 1 where observed, else 0.
        noise: standard normal, ``(n_draws, n_series)``.
    """
    n_periods, n_series = loadings.shape
    index = np.empty((len(noise), n_periods))
    for draw in range(len(noise)):
        for t in range(n_periods):
            total, weighted = 0.0, 0.0
            for i in range(n_series):
                size = cells[t, i] * abs(loadings[t, i] + sd[t, i] * noise[draw, i])
                total += size
                weighted += size * scores[t, i]
            index[draw, t] = weighted / total if total > 0.0 else 0.0
    return index
