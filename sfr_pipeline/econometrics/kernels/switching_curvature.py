"""The exact Hessian of a Markov-switching autoregression's log-likelihood.

The filter's recursion, alpha_t(j) = sum_i alpha_{t-1}(i) p_ij f_t(j), is carried out together with
its first and second derivatives in theta (``switching_gradient``). All factors are exponentials,
and for one of them

    d (alpha e^w)  = e^w (d alpha + alpha dw)
    d2 (alpha e^w) = e^w (d2 alpha + d alpha dw' + dw d alpha' + alpha (d2 w + dw dw'))

so that no finite difference is taken anywhere. The cost is that of the filter times the square of
the number of parameters: for standard errors and a last few Newton steps, not for a climb.
"""

from __future__ import annotations

import math

import numpy as np

from sfr_pipeline.arrays import FloatArray, IntArray
from sfr_pipeline.econometrics.kernels.compiler import kernel
from sfr_pipeline.econometrics.kernels.linear import solve
from sfr_pipeline.econometrics.kernels.switching import (
    LOG_DENSITY_FLOOR,
    Point,
    Series,
    autoregressive_rest,
    ergodic,
    state_levels,
)
from sfr_pipeline.econometrics.kernels.switching_em import location_design
from sfr_pipeline.econometrics.kernels.switching_gradient import point_at


@kernel
def add_product(
    value: float,
    first: FloatArray,
    second: FloatArray,
    factor: float,
    dw: FloatArray,
    d2w: FloatArray,
    first_sum: FloatArray,
    second_sum: FloatArray,
) -> float:
    """Add the derivatives of value * e^w to the sums, and return the product; ``factor`` is e^w."""
    n = len(dw)
    for a in range(n):
        first_sum[a] += factor * (first[a] + value * dw[a])
        for b in range(n):
            change = second[a, b] + first[a] * dw[b] + dw[a] * first[b]
            second_sum[a, b] += factor * (change + value * (d2w[a, b] + dw[a] * dw[b]))
    return value * factor


@kernel
def multiply(
    value: float,
    first: FloatArray,
    second: FloatArray,
    factor: float,
    dw: FloatArray,
    d2w: FloatArray,
) -> float:
    """The same in place: ``first`` and ``second`` become those of the product."""
    n = len(dw)
    for a in range(n):
        for b in range(n):
            change = second[a, b] + first[a] * dw[b] + dw[a] * first[b]
            second[a, b] = factor * (change + value * (d2w[a, b] + dw[a] * dw[b]))
    for a in range(n):
        first[a] = factor * (first[a] + value * dw[a])
    return value * factor


@kernel
def clear(dw: FloatArray, d2w: FloatArray) -> None:
    """Derivatives of a constant."""
    for a in range(len(dw)):
        dw[a] = 0.0
        for b in range(len(dw)):
            d2w[a, b] = 0.0


@kernel
def log_transition_derivatives(
    transition: FloatArray, i: int, j: int, first_logit: int, dw: FloatArray, d2w: FloatArray
) -> None:
    """Derivatives of log p_ij in the logits of row i, into ``dw`` and ``d2w``."""
    k = len(transition)
    clear(dw, d2w)
    row = first_logit + i * (k - 1)
    for a in range(k - 1):
        dw[row + a] = (1.0 if a == j else 0.0) - transition[i, a]
        for b in range(k - 1):
            same = transition[i, a] if a == b else 0.0
            d2w[row + a, row + b] = transition[i, a] * transition[i, b] - same


@kernel
def ergodic_derivatives(
    transition: FloatArray, first_logit: int, n: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The ergodic shares pi, d pi (k, n) and d2 pi (k, n, n).

    From pi = pi P, with Z = (I - P + 1 pi)^-1:  d pi = pi dP Z and
    d2 pi = (d pi_a dP_b + d pi_b dP_a + pi d2P_ab) Z.
    """
    k = len(transition)
    shares, first, second = ergodic(transition), np.zeros((k, n)), np.zeros((k, n, n))
    system = np.empty((k, k))  # transposed: rows times Z become solutions
    # of the transition matrix: dP[a, i, j] and d2P[a, b, i, j]
    dp, d2p = np.zeros((n, k, k)), np.zeros((n, n, k, k))
    dw, d2w = np.zeros(n), np.zeros((n, n))
    for i in range(k):
        for j in range(k):
            system[j, i] = (1.0 if i == j else 0.0) - transition[i, j] + shares[j]
            log_transition_derivatives(transition, i, j, first_logit, dw, d2w)
            for a in range(n):
                dp[a, i, j] = transition[i, j] * dw[a]
                for b in range(n):
                    d2p[a, b, i, j] = transition[i, j] * (d2w[a, b] + dw[a] * dw[b])
    right = np.empty(k)
    for a in range(first_logit, n):
        for j in range(k):
            right[j] = 0.0
            for i in range(k):
                right[j] += shares[i] * dp[a, i, j]
        change = solve(system, right)
        for i in range(k):
            first[i, a] = change[i]
    for a in range(first_logit, n):
        for b in range(first_logit, n):
            for j in range(k):
                right[j] = 0.0
                for i in range(k):
                    right[j] += first[i, a] * dp[b, i, j] + first[i, b] * dp[a, i, j]
                    right[j] += shares[i] * d2p[a, b, i, j]
            change = solve(system, right)
            for i in range(k):
                second[i, a, b] = change[i]
    return shares, first, second


@kernel
def first_derivatives(
    transition: FloatArray, paths: IntArray, first_logit: int, n: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """xi_{1|0} with its derivatives: (n_states,), (n_states, n), (n_states, n, n)."""
    shares, d_shares, d2_shares = ergodic_derivatives(transition, first_logit, n)
    depth, n_states = paths.shape[1] - 1, len(paths)
    value, first, second = np.empty(n_states), np.empty((n_states, n)), np.empty((n_states, n, n))
    dw, d2w = np.zeros(n), np.zeros((n, n))
    for s in range(n_states):
        oldest = paths[s, depth]
        value[s] = shares[oldest]
        for a in range(n):
            first[s, a] = d_shares[oldest, a]
            for b in range(n):
                second[s, a, b] = d2_shares[oldest, a, b]
        for lag in range(depth, 0, -1):
            i, j = paths[s, lag], paths[s, lag - 1]
            log_transition_derivatives(transition, i, j, first_logit, dw, d2w)
            value[s] = multiply(value[s], first[s], second[s], transition[i, j], dw, d2w)
    return value, first, second


@kernel
def log_density_derivatives(
    series: Series,
    point: Point,
    t: int,
    state: int,
    shock: float,
    design: FloatArray,
    n_variances: int,
    dw: FloatArray,
    d2w: FloatArray,
) -> None:
    """Derivatives of log f_t = -(e_t ** 2 / sigma2 + log(2 pi sigma2)) / 2 in one state."""
    k, order, path = len(point.location), len(point.ar), series.paths[state]
    variance = point.variances[path[0]]
    place = k + order + min(path[0], n_variances - 1)
    clear(dw, d2w)
    # x is the derivative of E[y_t | state]: in the locations, then in the AR coefficients
    x = np.zeros(k + order)
    for a in range(k):
        x[a] = design[state, a]
    for a in range(order):
        x[k + a] = series.lags[t, a]
    for lag in range(1, len(path)):
        x[k + lag - 1] -= point.location[path[lag]]
        # the mean form is bilinear: mu_{s_{t-l}} times phi_l
        d2w[path[lag], k + lag - 1] -= shock / variance
        d2w[k + lag - 1, path[lag]] -= shock / variance
    for a in range(k + order):
        dw[a] = shock * x[a] / variance
        d2w[a, place] = d2w[place, a] = -dw[a]
        for b in range(k + order):
            d2w[a, b] -= x[a] * x[b] / variance
    dw[place] = 0.5 * (shock * shock / variance - 1.0)
    d2w[place, place] = -0.5 * shock * shock / variance


@kernel
def predict_derivatives(
    value: FloatArray,
    first: FloatArray,
    second: FloatArray,
    transition: FloatArray,
    paths: IntArray,
    first_logit: int,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The prediction xi_{t+1|t} = P' xi_{t|t} [22.4.6] with its derivatives."""
    k, n_states, n = len(transition), len(paths), first.shape[1]
    n_younger = n_states // k
    new_value = np.zeros(n_states)
    new_first, new_second = np.zeros((n_states, n)), np.zeros((n_states, n, n))
    dw, d2w = np.zeros(n), np.zeros((n, n))
    for i in range(n_states):
        regime = paths[i, 0]
        for r in range(k):
            j = r * n_younger + i // k
            log_transition_derivatives(transition, regime, r, first_logit, dw, d2w)
            factor = transition[regime, r]
            new_value[j] += add_product(
                value[i], first[i], second[i], factor, dw, d2w, new_first[j], new_second[j]
            )
    return new_value, new_first, new_second


@kernel
def llf_gradient_and_hessian(
    series: Series, theta: FloatArray, k: int, n_variances: int
) -> tuple[float, FloatArray, FloatArray]:
    """Log-likelihood, gradient (n,) and Hessian (n, n) in theta."""
    n, order, n_states = len(theta), series.lags.shape[1], len(series.paths)
    point = point_at(theta, k, order, n_variances)
    first_logit = k + order + n_variances
    levels, design = state_levels(point, series.paths), location_design(point, series.paths)
    dw, d2w, log_eta = np.zeros(n), np.zeros((n, n)), np.empty(n_states)
    value, first, second = first_derivatives(point.transition, series.paths, first_logit, n)
    rest, llf = autoregressive_rest(series, point.ar), 0.0
    for t in range(len(series.y)):
        if t > 0:
            value, first, second = predict_derivatives(
                value, first, second, point.transition, series.paths, first_logit
            )
        peak = -np.inf
        for j in range(n_states):
            shock, variance = rest[t] - levels[j], point.variances[series.paths[j, 0]]
            log_eta[j] = -0.5 * (shock * shock / variance + math.log(2 * math.pi * variance))
            peak = max(peak, log_eta[j])
        likelihood = 0.0
        for j in range(n_states):
            shock = rest[t] - levels[j]
            log_density_derivatives(series, point, t, j, shock, design, n_variances, dw, d2w)
            eta = math.exp(max(log_eta[j] - peak, LOG_DENSITY_FLOOR))
            value[j] = multiply(value[j], first[j], second[j], eta, dw, d2w)
            likelihood += value[j]
        normalise(value, first, second, likelihood)
        llf += math.log(likelihood) + peak
    # of the logarithm of the sum over the states
    slope, hessian = np.zeros(n), np.zeros((n, n))
    for a in range(n):
        for j in range(n_states):
            slope[a] += first[j, a]
    for a in range(n):
        for b in range(n):
            for j in range(n_states):
                hessian[a, b] += second[j, a, b]
            hessian[a, b] -= slope[a] * slope[b]
    return llf, slope, hessian


@kernel
def normalise(value: FloatArray, first: FloatArray, second: FloatArray, total: float) -> None:
    """Divide all three by one number, which leaves the derivatives of the logarithm as they are."""
    for j in range(len(value)):
        value[j] /= total
        for a in range(first.shape[1]):
            first[j, a] /= total
            for b in range(first.shape[1]):
                second[j, a, b] /= total
