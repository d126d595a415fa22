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
def log_transition_derivatives(
    transition: FloatArray, i: int, j: int, first_logit: int, dw: FloatArray, d2w: FloatArray
) -> None:
    """Derivatives of log p_ij in the logits of row i, into ``dw`` and ``d2w``."""
    k = len(transition)
    dw[:], d2w[:] = 0.0, 0.0
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
    system = np.eye(k) - transition.T  # transposed: rows times Z become solutions
    for i in range(k):
        system[i] += shares[i]
    # of the transition matrix: dP[a, i, j] and d2P[a, b, i, j]
    dp, d2p = np.zeros((n, k, k)), np.zeros((n, n, k, k))
    dw, d2w = np.zeros(n), np.zeros((n, n))
    for i in range(k):
        for j in range(k):
            log_transition_derivatives(transition, i, j, first_logit, dw, d2w)
            for a in range(n):
                dp[a, i, j] = transition[i, j] * dw[a]
                for b in range(n):
                    d2p[a, b, i, j] = transition[i, j] * (d2w[a, b] + dw[a] * dw[b])
    right = np.empty(k)
    for a in range(first_logit, n):
        for j in range(k):
            right[j] = np.sum(shares * dp[a, :, j])
        first[:, a] = solve(system, right)
    for a in range(first_logit, n):
        for b in range(first_logit, n):
            for j in range(k):
                right[j] = np.sum(first[:, a] * dp[b, :, j] + first[:, b] * dp[a, :, j])
                right[j] += np.sum(shares * d2p[a, b, :, j])
            second[:, a, b] = solve(system, right)
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
        value[s], first[s], second[s] = shares[oldest], d_shares[oldest], d2_shares[oldest]
        for lag in range(depth, 0, -1):
            i, j = paths[s, lag], paths[s, lag - 1]
            log_transition_derivatives(transition, i, j, first_logit, dw, d2w)
            old_first, old_second = first[s].copy(), second[s].copy()
            first[s], second[s] = 0.0, 0.0
            value[s] = add_product(
                value[s], old_first, old_second, transition[i, j], dw, d2w, first[s], second[s]
            )
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
    dw[:], d2w[:] = 0.0, 0.0
    # x is the derivative of E[y_t | state]: in the locations, then in the AR coefficients
    x = np.zeros(k + order)
    x[:k] = design[state]
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
    variances = point.variances[series.paths[:, 0]]
    dw, d2w, log_eta = np.zeros(n), np.zeros((n, n)), np.empty(n_states)
    value, first, second = first_derivatives(point.transition, series.paths, first_logit, n)
    rest, llf = autoregressive_rest(series, point.ar), 0.0
    for t in range(len(series.y)):
        if t > 0:
            value, first, second = predict_derivatives(
                value, first, second, point.transition, series.paths, first_logit
            )
        for j in range(n_states):
            shock = rest[t] - levels[j]
            log_eta[j] = -0.5 * (shock**2 / variances[j] + np.log(2 * np.pi * variances[j]))
        peak = np.max(log_eta)
        for j in range(n_states):
            log_density_derivatives(
                series, point, t, j, rest[t] - levels[j], design, n_variances, dw, d2w
            )
            eta = np.exp(max(log_eta[j] - peak, LOG_DENSITY_FLOOR))
            old_first, old_second = first[j].copy(), second[j].copy()
            first[j], second[j] = 0.0, 0.0
            value[j] = add_product(
                value[j], old_first, old_second, eta, dw, d2w, first[j], second[j]
            )
        # a common factor of all three leaves the derivatives of the logarithm as they are
        likelihood = np.sum(value)
        value /= likelihood
        first /= likelihood
        second /= likelihood
        llf += np.log(likelihood) + peak
    slope = np.zeros(n)
    hessian = np.zeros((n, n))
    for j in range(n_states):
        slope += first[j]
        hessian += second[j]
    for a in range(n):
        for b in range(n):
            hessian[a, b] -= slope[a] * slope[b]
    return llf, slope, hessian
