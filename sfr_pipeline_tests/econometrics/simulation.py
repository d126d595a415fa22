"""Panels whose factor and loadings are known, shared by the tests of the estimator."""

from dataclasses import dataclass

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from sfr_pipeline.arrays import FloatArray

# Few examples: each estimates several panels. Derandomized, so that a run can be repeated.
few_examples = settings(max_examples=12, deadline=None, derandomize=True)


@dataclass(frozen=True)
class Simulated:
    """A panel and its truth.

    Attributes:
        panel: ``(n_periods, n_series)``, standard deviations near 1, complete.
        factor: ``(n_periods,)``, unit innovations scaled to unit variance.
        loadings: ``(n_periods, n_series)``.
    """

    panel: FloatArray
    factor: FloatArray
    loadings: FloatArray


def autoregression(n_periods, rng, persistence=0.9):
    """Draw a stationary AR(1) with unit variance, ``(n_periods,)``."""
    shocks = np.sqrt(1 - persistence**2) * rng.standard_normal(n_periods)
    path = np.empty(n_periods)
    level = rng.standard_normal()
    for t, shock in enumerate(shocks):
        level = persistence * level + shock
        path[t] = level
    return path


def simulate(n_periods=120, n_series=8, seed=0, noise=0.5, swing=0.0):
    """One-factor panel; the loadings swing as sines of that amplitude and of different phases."""
    rng = np.random.default_rng(seed)
    factor = autoregression(n_periods, rng)
    level = rng.uniform(0.5, 1.1, n_series)
    phase = rng.uniform(0, 2 * np.pi, n_series)
    time = 2 * np.pi * np.arange(n_periods)[:, None] / n_periods
    loadings = level + swing * np.sin(time + phase)
    panel = loadings * factor[:, None] + noise * rng.standard_normal((n_periods, n_series))
    return Simulated(panel, factor, loadings)


def with_gaps(panel, seed=0):
    """Punch the usual holes: a late start, an early end, a hole in between, stray single cells."""
    rng = np.random.default_rng(seed)
    n_periods, n_series = panel.shape
    late, early, hole = rng.permutation(n_series)[:3]
    gappy = np.where(rng.random(panel.shape) < 0.05, np.nan, panel)
    gappy[:, 0] = panel[:, 0]
    gappy[: n_periods // 4, late] = np.nan
    gappy[-3:, early] = np.nan
    gappy[n_periods // 2 : n_periods // 2 + 5, hole] = np.nan
    # One series at least in every period.
    empty = np.isnan(gappy).all(axis=1)
    gappy[empty] = panel[empty]
    return gappy


@st.composite
def panels(draw):
    """Small panels of every kind: with and without gaps, more and less noise."""
    seed = draw(st.integers(0, 10_000))
    panel = simulate(
        n_periods=draw(st.integers(25, 45)),
        n_series=draw(st.integers(4, 7)),
        seed=seed,
        noise=draw(st.sampled_from([0.3, 0.6])),
        swing=0.3,
    ).panel
    return with_gaps(panel, seed) if draw(st.booleans()) else panel


def macro_block(n_periods, n_macro=2, seed=5):
    """Persistent macro series, ``(n_periods, n_macro)``."""
    rng = np.random.default_rng(seed)
    return np.column_stack([autoregression(n_periods, rng, 0.7) for _ in range(n_macro)])
