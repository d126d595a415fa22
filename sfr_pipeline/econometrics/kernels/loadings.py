"""Time-varying loadings and idiosyncratic variances, given the factors.

Equations (1) and (3) to (6) of the paper's section 2.1 with the loadings as the state:
x_t = L_t f_t + v_t, v_t ~ N(0, V_t), and random-walk loadings L_t. (The paper prints the gain with
the loadings as the design, which does not conform; the design is f_t, the principal component of t
itself and no forecast of it.) As in Koop and Korobilis (2014) the drift is set by a forgetting
factor, R_t = S_{t-1} / l3, and V_t by an exponential average of squared errors.

Series are independent given the factors. They are the innermost loop everywhere, so factors stand
before series: a loading is ``loading[a, i]``, of factor a and series i.
"""

from typing import NamedTuple

import numpy as np

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.econometrics.kernels.compiler import kernel


class LoadingSettings(NamedTuple):
    """Those parameters of ``TvpFavarSettings`` that the filter takes."""

    loading_forgetting: float
    variance_decay: float
    loading_prior_variance: float
    initial_variance: float
    variance_floor: float


class LoadingPath(NamedTuple):
    """Loadings given the data up to each period; n_factors counts macro series before the factor.

    With S_t the filtered covariance and R_{t+1} = S_t / l3 the smoother's gain into a period is
    S_t R_{t+1}^-1 = l3. It is 1 where nothing is forgotten: while a series is missing, and at its
    first observation, before which there is only the prior.
    """

    loadings: FloatArray  # (n_periods, n_factors, n_series)
    covariance: FloatArray  # S_t of each series, (n_periods, n_factors, n_factors, n_series)
    variance: FloatArray  # the diagonal of V_t, (n_periods, n_series)
    gain: FloatArray  # (n_periods, n_series)


@kernel
def filter_loadings(
    scores: FloatArray, cells: FloatArray, factors: FloatArray, settings: LoadingSettings
) -> LoadingPath:
    """Filter the loadings, and the variances V_t alongside.

    Where a cell is missing, the series' loading, its covariance and its variance stay as they are.

    Args:
        scores: ``(n_periods, n_series)`` z-scores, 0 where missing.
        cells: same shape, 1 where observed, 0 where missing.
        factors: ``(n_periods, n_factors)``.
        settings: parameters of the filter.
    """
    n_periods, n_series = scores.shape
    r = factors.shape[1]
    loadings, covariance = np.zeros((n_periods, r, n_series)), np.empty((n_periods, r, r, n_series))
    variance, gain = np.empty((n_periods, n_series)), np.empty((n_periods, n_series))
    error, innovation, begun = np.empty(n_series), np.empty(n_series), np.zeros(n_series)
    projected = np.empty((r, n_series))
    # The prior stands in the last row, which the first period takes for the one before it.
    for i in range(n_series):
        variance[-1, i] = settings.initial_variance
        for a in range(r):
            for b in range(r):
                covariance[-1, a, b, i] = settings.loading_prior_variance if a == b else 0.0
    for t in range(n_periods):
        weight = 1.0 - settings.variance_decay if t > 0 else 0.0
        for i in range(n_series):
            gain[t, i] = 1.0 - (1.0 - settings.loading_forgetting) * cells[t, i] * begun[i]
            begun[i] = max(begun[i], cells[t, i])
            error[i] = scores[t, i]
        for a in range(r):
            for i in range(n_series):  # e_t = x_t - L_{t-1} f_t, (3)
                error[i] -= loadings[t - 1, a, i] * factors[t, a]
        for i in range(n_series):  # V_t = l1 V_{t-1} + (1 - l1) e_t^2
            v = variance[t - 1, i]
            v += weight * cells[t, i] * (error[i] ** 2 - v)
            variance[t, i] = innovation[i] = max(v, settings.variance_floor)
        for a in range(r):
            for i in range(n_series):
                projected[a, i] = 0.0
            for b in range(r):
                for i in range(n_series):  # R_t = S_{t-1} / l3, (6), and R_t f_t
                    covariance[t, a, b, i] = covariance[t - 1, a, b, i] / gain[t, i]
                    projected[a, i] += covariance[t, a, b, i] * factors[t, b]
            for i in range(n_series):  # f_t' R_t f_t + V_t
                innovation[i] += factors[t, a] * projected[a, i]
        for a in range(r):
            for i in range(n_series):  # (4) and (5): K_t = R_t f_t / innovation, L_t += K_t e_t
                step = cells[t, i] * projected[a, i] / innovation[i]
                loadings[t, a, i] = loadings[t - 1, a, i] + step * error[i]
            for b in range(r):
                for i in range(n_series):  # S_t = R_t - K_t f_t' R_t, symmetric to the last bit
                    shared = projected[a, i] * projected[b, i]
                    covariance[t, a, b, i] -= cells[t, i] * shared / innovation[i]
    return LoadingPath(loadings, covariance, variance, gain)


@kernel
def smooth(filtered: FloatArray, gain: FloatArray) -> FloatArray:
    """Loadings given all the data: L_{t|T} = L_t + l3 (L_{t+1|T} - L_t).

    Args:
        filtered: ``(n_periods, n_factors, n_series)``. gain: ``(n_periods, n_series)``.
    """
    n_periods, r, n_series = filtered.shape
    smoothed = filtered.copy()
    for t in range(n_periods - 2, -1, -1):
        for a in range(r):
            for i in range(n_series):
                ahead = smoothed[t + 1, a, i] - smoothed[t, a, i]
                smoothed[t, a, i] += gain[t + 1, i] * ahead
    return smoothed


@kernel
def smooth_covariance(filtered: FloatArray, gain: FloatArray) -> FloatArray:
    """Their covariance: S_{t|T} = S_t + l3 (S_{t+1|T} - S_t / l3) l3."""
    n_periods, r, _, n_series = filtered.shape
    smoothed = filtered.copy()
    for t in range(n_periods - 2, -1, -1):
        for a in range(r):
            for b in range(r):
                for i in range(n_series):
                    g = gain[t + 1, i]
                    ahead = g * smoothed[t + 1, a, b, i] - smoothed[t, a, b, i]
                    smoothed[t, a, b, i] += g * ahead
    return smoothed
