"""The factors given all parameters: filter and smoother of the full companion state.

Equations (1) and (2) of the paper with loadings, variances and coefficients taken as known. The
panel enters each period through its precision A_t = L' V^-1 L and its signal b_t = L' V^-1 x, so
the cost is that of r x r systems whatever the number of series. Macro series are observed without
error and come first. The backward pass is de Jong's (1989), which equals Rauch-Tung-Striebel
without inverting a predicted covariance (singular as soon as macro series are part of the state).
"""

from typing import NamedTuple

import numpy as np

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.econometrics.kernels.compiler import kernel
from sfr_pipeline.econometrics.kernels.factor_var import VarPath
from sfr_pipeline.econometrics.kernels.matrices import (
    copy,
    invert,
    multiply,
    multiply_transposed,
    solve,
    symmetrize,
    transposed_multiply,
)


class FactorSettings(NamedTuple):
    """Parameters of the filter.

    Attributes:
        lags: how many lags of the coefficients enter the state.
        prior_variance: of the state at the first period; its prior mean is 0.
        reference_variance: compute the smoothed variance as the reference code does.
    """

    lags: int
    prior_variance: float
    reference_variance: bool


class FactorPath(NamedTuple):
    """Factors given all parameters.

    Attributes:
        filtered: ``(n_periods, n_factors)``, given the data up to each period.
        smoothed: same shape, given all the data.
        variance: of the last factor given all the data, ``(n_periods,)``.
        state: of the last period, (f_T, ..., f_{T-p+1}) given all the data.
        state_covariance: its covariance.
    """

    filtered: FloatArray
    smoothed: FloatArray
    variance: FloatArray
    state: FloatArray
    state_covariance: FloatArray


@kernel
def filter_factors(
    scores: FloatArray,
    cells: FloatArray,
    loadings: FloatArray,
    variance: FloatArray,
    var: VarPath,
    macro: FloatArray,
    settings: FactorSettings,
) -> FactorPath:
    """Filter and smooth the factors.

    Args:
        scores: ``(n_periods, n_series)``, 0 where missing. cells: 1 where observed, else 0.
        loadings: smoothed, ``(n_periods, n_factors, n_series)``. variance: V_t, as scores.
        var: coefficients B_t and covariance Q_t.
        macro: observed factors, the first ones of the state, ``(n_periods, n_macro)``.
        settings: parameters of the filter.
    """
    n_periods, r, _ = loadings.shape
    k = r * settings.lags
    precision, signal = _panel_information(scores, cells, loadings, variance)
    companion = _companions(var.coefficients, k)
    mean, cov = np.zeros((k, 1)), np.zeros((k, k))
    for j in range(k):
        cov[j, j] = settings.prior_variance
    predicted, spread = np.empty((n_periods, k, 1)), np.empty((n_periods, k, k))
    score, curvature = np.zeros((n_periods, k, 1)), np.zeros((n_periods, k, k))
    filtered, product = np.empty((n_periods, r)), np.empty((k, k))
    for t in range(n_periods):
        ahead, p, s, c = predicted[t], spread[t], score[t], curvature[t]
        if t > 0:  # f_{t|t-1} = B f, P = B P B' + Q, (2)
            transition = companion[t - 1]
            multiply(transition, mean, ahead)
            multiply(transition, cov, product)
            multiply_transposed(product, transition, p)
            for a in range(r):
                for b in range(r):
                    p[a, b] += var.covariance[t, a, b]
        else:
            copy(mean, ahead)
            copy(cov, p)
        _period_information(precision[t], signal[t], macro[t], ahead, p, s, c)
        copy(ahead, mean)
        _add_product(p, s, mean)  # f_t = f_{t|t-1} + P s, s the score
        multiply(p, c, product)
        multiply(product, p, cov)
        for i in range(k):  # P_t = P - P C P, C the curvature
            for j in range(k):
                cov[i, j] = p[i, j] - cov[i, j]
        symmetrize(cov)
        for a in range(r):
            filtered[t, a] = mean[a, 0]
    smoothed, uncertainty = _smooth(predicted, spread, score, curvature, companion, r)
    if settings.reference_variance:
        uncertainty = _reference_variance(spread, curvature, companion)
    return FactorPath(filtered, smoothed, uncertainty, mean.reshape(k), cov)


@kernel
def _companions(coefficients: FloatArray, k: int) -> FloatArray:
    """B_t as the transition of (f_t, ..., f_{t-p+1}), ``(n_periods, k, k)``."""
    n_periods, r, _ = coefficients.shape
    companion = np.zeros((n_periods, k, k))
    for t in range(n_periods):
        for j in range(k):
            for a in range(r):
                companion[t, a, j] = coefficients[t, a, j]
            if j >= r:
                companion[t, j, j - r] = 1.0
    return companion


@kernel
def _panel_information(
    scores: FloatArray, cells: FloatArray, loadings: FloatArray, variance: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """A_t = L' V^-1 L, ``(n_periods, r, r)``, and b_t = L' V^-1 x, ``(n_periods, r, 1)``."""
    n_periods, r, n_series = loadings.shape
    precision, signal = np.zeros((n_periods, r, r)), np.zeros((n_periods, r, 1))
    weight = np.empty(n_series)
    for t in range(n_periods):
        for i in range(n_series):
            weight[i] = cells[t, i] / variance[t, i]
        for a in range(r):
            total = 0.0
            for i in range(n_series):
                total += weight[i] * loadings[t, a, i] * scores[t, i]
            signal[t, a, 0] = total
            for b in range(a + 1):
                total = 0.0
                for i in range(n_series):
                    total += weight[i] * loadings[t, a, i] * loadings[t, b, i]
                precision[t, a, b] = precision[t, b, a] = total
    return precision, signal


@kernel
def _period_information(
    precision: FloatArray,
    signal: FloatArray,
    macro: FloatArray,
    mean: FloatArray,
    cov: FloatArray,
    score: FloatArray,
    curvature: FloatArray,
) -> None:
    """Gradient and curvature of a period's log-likelihood in the predicted state.

    Macro series first; what they leave open is updated with the panel.
    """
    k, r, n_macro = len(mean), len(signal), len(macro)
    left, remaining, centre = np.empty((k, k)), np.empty((k, k)), np.empty((k, 1))
    system, right = np.empty((r, r)), np.empty((r, 1 + r))
    copy(mean, centre)
    copy(cov, remaining)
    for i in range(k):
        for j in range(k):
            left[i, j] = 1.0 if i == j else 0.0
    if n_macro > 0:
        _macro_information(macro, mean, cov, score, curvature)
        multiply(cov, curvature, remaining)
        for i in range(k):
            for j in range(k):
                left[i, j] -= remaining[i, j]
        multiply(left, cov, remaining)
        _add_product(cov, score, centre)
    # (I + A P)^-1 (b - A f) and (I + A P)^-1 A
    for a in range(r):
        right[a, 0] = signal[a, 0]
        for b in range(r):
            right[a, 0] -= precision[a, b] * centre[b, 0]
            right[a, 1 + b] = precision[a, b]
            system[a, b] = 1.0 if a == b else 0.0
            for c in range(r):
                system[a, b] += precision[a, c] * remaining[c, b]
    solve(system, right)
    for i in range(k):
        for a in range(r):
            score[i, 0] += left[a, i] * right[a, 0]
            for j in range(k):
                for b in range(r):
                    curvature[i, j] += left[a, i] * right[a, 1 + b] * left[b, j]


@kernel
def _macro_information(
    macro: FloatArray, mean: FloatArray, cov: FloatArray, score: FloatArray, curvature: FloatArray
) -> None:
    """The same of the macro series alone, which are observed without error."""
    n_macro = len(macro)
    exact = np.empty((n_macro, n_macro))
    for i in range(n_macro):
        for j in range(n_macro):
            exact[i, j] = cov[i, j]
    invert(exact)
    for i in range(n_macro):
        for j in range(n_macro):
            curvature[i, j] = exact[i, j]
            score[i, 0] += exact[i, j] * (macro[j] - mean[j, 0])


@kernel
def _add_product(a: FloatArray, b: FloatArray, out: FloatArray) -> None:
    """out += a b, of a matrix and a column."""
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            out[i, 0] += a[i, j] * b[j, 0]


@kernel
def _smooth(
    predicted: FloatArray,
    spread: FloatArray,
    score: FloatArray,
    curvature: FloatArray,
    companion: FloatArray,
    r: int,
) -> tuple[FloatArray, FloatArray]:
    """Smoothed factors and the variance of the last one, backwards from the last period."""
    n_periods, k = predicted.shape[:2]
    smoothed, uncertainty = np.empty((n_periods, r)), np.empty(n_periods)
    costate, ahead = np.zeros((k, 1)), np.zeros((k, 1))
    weight, carry, product = np.zeros((k, k)), np.empty((k, k)), np.empty((k, k))
    for t in range(n_periods - 1, -1, -1):
        p, c = spread[t], curvature[t]
        multiply(p, c, product)  # carry = B (I - P C)
        for i in range(k):
            for j in range(k):
                product[i, j] = (1.0 if i == j else 0.0) - product[i, j]
        multiply(companion[t], product, carry)
        transposed_multiply(carry, costate, ahead)
        multiply(weight, carry, product)
        transposed_multiply(carry, product, weight)
        for i in range(k):
            costate[i, 0] = score[t, i, 0] + ahead[i, 0]
            for j in range(k):
                weight[i, j] += c[i, j]
        uncertainty[t] = p[r - 1, r - 1]
        for a in range(r):
            smoothed[t, a] = predicted[t, a, 0]
            for j in range(k):
                smoothed[t, a] += p[a, j] * costate[j, 0]
        for i in range(k):
            for j in range(k):
                uncertainty[t] -= p[r - 1, i] * weight[i, j] * p[r - 1, j]
    return smoothed, uncertainty


@kernel
def _reference_variance(
    predicted: FloatArray, curvature: FloatArray, companion: FloatArray
) -> FloatArray:
    """Variance of the last factor as the reference code computes it (one lag in the state).

    It has the filtered covariance of the next period where the smoothed one belongs.
    """
    n_periods, k, _ = predicted.shape
    filtered, variance = np.empty((n_periods, k, k)), np.empty(n_periods)
    product, inverse, gain = np.empty((k, k)), np.empty((k, k)), np.empty((k, k))
    for t in range(n_periods):
        multiply(predicted[t], curvature[t], product)
        multiply(product, predicted[t], filtered[t])
        for i in range(k):
            for j in range(k):
                filtered[t, i, j] = predicted[t, i, j] - filtered[t, i, j]
        variance[t] = filtered[t, k - 1, k - 1]
    for t in range(n_periods - 1):
        copy(predicted[t + 1], inverse)
        invert(inverse)
        multiply_transposed(filtered[t], companion[t], product)
        multiply(product, inverse, gain)
        for i in range(k):
            for j in range(k):
                revision = filtered[t + 1, i, j] - predicted[t + 1, i, j]
                variance[t] += gain[k - 1, i] * revision * gain[k - 1, j]
    return variance
