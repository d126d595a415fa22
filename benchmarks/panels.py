"""Simulated panels for the benchmarks."""

import numpy as np

from sfr_pipeline.arrays import FloatArray


def one_factor_panel(n_periods: int, n_series: int, seed: int = 0) -> FloatArray:
    """Draw a panel with one persistent factor, ``(n_periods, n_series)``."""
    rng = np.random.default_rng(seed)
    factor = np.zeros(n_periods)
    for t in range(1, n_periods):
        factor[t] = 0.9 * factor[t - 1] + 0.44 * rng.standard_normal()
    loadings = rng.uniform(0.4, 1.2, n_series)
    return np.outer(factor, loadings) + 0.6 * rng.standard_normal((n_periods, n_series))


def with_late_starts(panel: FloatArray) -> FloatArray:
    """Take the first fifth of every third series and the last row of every fourth away."""
    gappy = panel.copy()
    gappy[: len(panel) // 5, 1::3] = np.nan
    gappy[-1:, 2::4] = np.nan
    return gappy
