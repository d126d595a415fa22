"""The factors given all parameters: filter and smoother of the full companion state.

Equations (1) and (2) of the paper with loadings, variances and coefficients taken as known. The
panel enters each period through its precision A_t = L' V^-1 L and its signal b_t = L' V^-1 x, so
the recursions do not grow with the number of series: with A_t = C C', r observations C' f_t of
C^-1 b_t with unit noise tell the same. Macro series are observed without error and come first.
Observations are taken one by one, which leaves no matrix to invert (Koopman and Durbin 2000), not
even the predicted covariance (singular as soon as macro series are part of the state).
"""

from typing import NamedTuple

import numpy as np

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.econometrics.kernels.compiler import kernel
from sfr_pipeline.econometrics.kernels.factor_var import VarPath
from sfr_pipeline.econometrics.kernels.matrices import DEPENDENT


class FactorPath(NamedTuple):
    """Factors given all parameters."""

    filtered: FloatArray  # given the data up to each period, (n_periods, n_factors)
    smoothed: FloatArray  # given all the data, same shape
    variance: FloatArray  # of the last factor given all the data, (n_periods,)
    state: FloatArray  # (f_T, ..., f_{T-p+1}) given all the data, (k,)
    state_covariance: FloatArray


class StatePath(NamedTuple):
    """The filtered state of k elements, and what the smoother needs of each observation."""

    predicted: FloatArray  # given the data up to the period before, (n_periods, k)
    spread: FloatArray  # its covariance, (n_periods, k, k)
    mean: FloatArray  # given the data of the period too, and its covariance, same shapes
    cov: FloatArray
    gain: FloatArray  # of each observation, (n_periods, n_observations, k)
    error: FloatArray  # its innovation, (n_periods, n_observations)
    precision: FloatArray  # one over that one's variance, 0 where the state holds it already


def filter_factors(
    scores: FloatArray,
    cells: FloatArray,
    loadings: FloatArray,
    variance: FloatArray,
    var: VarPath,
    macro: FloatArray,
    lags: int,
    prior_variance: float,
    reference_variance: bool = False,
) -> FactorPath:
    """Filter and smooth the factors.

    Args:
        scores: ``(n_periods, n_series)``, 0 where missing. cells: 1 where observed, else 0.
        loadings: smoothed, ``(n_periods, n_factors, n_series)``. variance: V_t, as scores.
        var: coefficients B_t and covariance Q_t.
        macro: observed factors, the first ones of the state, ``(n_periods, n_macro)``.
        lags: how many lags of the coefficients enter the state.
        prior_variance: of the state at the first period; its prior mean is 0.
        reference_variance: compute the smoothed variance as the reference code does.
    """
    n_periods, r, _ = loadings.shape
    k = r * lags
    transition = np.zeros((n_periods, k, k))  # B_t as that of (f_t, ..., f_{t-p+1})
    transition[:, :r] = var.coefficients[:, :, :k]
    transition[:, r:, : k - r] = np.eye(k - r)
    design, value = _observations(scores, cells, loadings, variance, macro, k)
    path = _filter(design, value, macro.shape[1], transition, var.covariance, prior_variance)
    smoothed, uncertainty = _smooth(design, path, transition, r)
    if reference_variance:
        uncertainty = _reference_variance(path, transition)
    return FactorPath(path.mean[:, :r], smoothed, uncertainty, path.mean[-1], path.cov[-1])


@kernel
def _observations(
    scores: FloatArray,
    cells: FloatArray,
    loadings: FloatArray,
    variance: FloatArray,
    macro: FloatArray,
    k: int,
) -> tuple[FloatArray, FloatArray]:
    """Designs ``(n_periods, n_observations, k)`` and values: macro series, then the panel's."""
    n_periods, r, n_series = loadings.shape
    n_macro = macro.shape[1]
    design, value = np.zeros((n_periods, n_macro + r, k)), np.zeros((n_periods, n_macro + r))
    weighted, precision, signal = np.empty(n_series), np.empty((r, r)), np.empty(r)
    for t in range(n_periods):
        for o in range(n_macro):
            design[t, o, o] = 1.0
            value[t, o] = macro[t, o]
        for a in range(r):
            signal[a] = 0.0
            for i in range(n_series):  # b = L' V^-1 x
                weighted[i] = cells[t, i] * loadings[t, a, i] / variance[t, i]
                signal[a] += weighted[i] * scores[t, i]
            for b in range(r):
                precision[a, b] = 0.0
                for i in range(n_series):  # A = L' V^-1 L
                    precision[a, b] += weighted[i] * loadings[t, b, i]
        for c in range(r):  # Cholesky: column c of C, and the rest of A and b without it
            pivot = precision[c, c]
            if pivot > 0.0:
                z, o = design[t, n_macro + c], n_macro + c
                for a in range(c, r):
                    z[a] = precision[a, c] / np.sqrt(pivot)
                value[t, o] = signal[c] / np.sqrt(pivot)
                for a in range(c + 1, r):
                    signal[a] -= z[a] * value[t, o]
                    for b in range(c + 1, r):
                        precision[a, b] -= z[a] * z[b]
    return design, value


@kernel
def _filter(
    design: FloatArray,
    value: FloatArray,
    n_macro: int,
    transition: FloatArray,
    shock: FloatArray,
    prior_variance: float,
) -> StatePath:
    """Forward pass; of the observations, the first n_macro are exact, others have unit noise."""
    n_periods, n_observations, k = design.shape
    r = shock.shape[1]
    predicted, spread = np.empty((n_periods, k)), np.empty((n_periods, k, k))
    means, covs = np.zeros((n_periods, k)), np.zeros((n_periods, k, k))
    gain = np.zeros((n_periods, n_observations, k))
    error, precision = np.empty((n_periods, n_observations)), np.zeros((n_periods, n_observations))
    product = np.empty((k, k))
    for t in range(n_periods):
        mean, cov = means[t], covs[t]
        for i in range(k):
            cov[i, i] = prior_variance
        if t > 0:  # f_{t|t-1} = B_{t-1} f, P = B P B' + Q, (2) with the reference code's B of t - 1
            b = transition[t - 1]
            for i in range(k):
                for j in range(k):
                    mean[i] += b[i, j] * means[t - 1, j]
                    product[i, j] = 0.0
                    for h in range(k):
                        product[i, j] += b[i, h] * covs[t - 1, h, j]
            for i in range(k):
                for j in range(i + 1):
                    total = shock[t, i, j] if i < r else 0.0
                    for h in range(k):
                        total += product[i, h] * b[j, h]
                    cov[i, j] = cov[j, i] = total
        for i in range(k):
            predicted[t, i] = mean[i]
            for j in range(k):
                spread[t, i, j] = cov[i, j]
        for o in range(n_observations):
            z, g = design[t, o], gain[t, o]
            total = 0.0 if o < n_macro else 1.0
            error[t, o] = value[t, o]
            for i in range(k):
                for j in range(k):
                    g[i] += cov[i, j] * z[j]  # P z
                total += z[i] * g[i]
                error[t, o] -= z[i] * mean[i]
            if o >= n_macro or total > DEPENDENT * spread[t, o, o]:
                precision[t, o] = 1.0 / total
            for i in range(k):
                for j in range(k):  # P - K (P z)'
                    cov[i, j] -= g[i] * g[j] * precision[t, o]
            for i in range(k):  # K = P z / (z' P z + noise), f + K e
                g[i] *= precision[t, o]
                mean[i] += g[i] * error[t, o]
    return StatePath(predicted, spread, means, covs, gain, error, precision)


@kernel
def _smooth(
    design: FloatArray, path: StatePath, transition: FloatArray, r: int
) -> tuple[FloatArray, FloatArray]:
    """Smoothed factors and the variance of the last one, backwards from the last observation.

    With costate s and weight N, f_{t|T} = f_{t|t-1} + P s and P_{t|T} = P - P N P.
    """
    n_periods, n_observations, k = design.shape
    smoothed, variance = np.empty((n_periods, r)), np.empty(n_periods)
    costate, ahead, pulled = np.zeros(k), np.empty(k), np.empty(k)
    weight, product = np.zeros((k, k)), np.empty((k, k))
    for t in range(n_periods - 1, -1, -1):
        for o in range(n_observations - 1, -1, -1):
            z, g, precision = design[t, o], path.gain[t, o], path.precision[t, o]
            force, own = precision * path.error[t, o], precision
            for i in range(k):
                force -= g[i] * costate[i]
                pulled[i] = 0.0
                for j in range(k):
                    pulled[i] += weight[i, j] * g[j]
                own += pulled[i] * g[i]
            for i in range(k):  # s + z (e / F - K' s) and (I - z K') N (I - K z') + z z' / F
                costate[i] += z[i] * force
                for j in range(k):
                    weight[i, j] += own * z[i] * z[j] - pulled[i] * z[j] - z[i] * pulled[j]
        p = path.spread[t]
        variance[t] = p[r - 1, r - 1]
        for i in range(k):
            for j in range(k):
                variance[t] -= p[r - 1, i] * weight[i, j] * p[r - 1, j]
        for a in range(r):
            smoothed[t, a] = path.predicted[t, a]
            for j in range(k):
                smoothed[t, a] += p[a, j] * costate[j]
        if t > 0:  # s = B' s, N = B' N B
            b = transition[t - 1]
            for i in range(k):
                ahead[i] = 0.0
                for j in range(k):
                    ahead[i] += b[j, i] * costate[j]
                    product[i, j] = 0.0
                    for h in range(k):
                        product[i, j] += weight[i, h] * b[h, j]
            for i in range(k):
                costate[i] = ahead[i]
                for j in range(i + 1):
                    total = 0.0
                    for h in range(k):
                        total += b[h, i] * product[h, j]
                    weight[i, j] = weight[j, i] = total
    return smoothed, variance


def _reference_variance(path: StatePath, transition: FloatArray) -> FloatArray:
    """Variance of the last factor as the reference code computes it (one lag in the state).

    It has the filtered covariance of the next period where the smoothed one belongs.
    """
    inverse = np.linalg.pinv(path.spread[1:], hermitian=True)
    gain = path.cov[:-1] @ np.swapaxes(transition[:-1], 1, 2) @ inverse
    revision = gain @ (path.cov[1:] - path.spread[1:]) @ np.swapaxes(gain, 1, 2)
    variance = path.cov[:, -1, -1].copy()
    variance[:-1] += revision[:, -1, -1]
    return variance
