"""Hamilton's filter and Kim's smoother of a Markov-switching autoregression.

Notation (Hamilton 1994, Time Series Analysis, chapter 22; equation numbers are his): xi_{t|t} holds
P(state_t = j | y_1 .. y_t) and is ``filtered[t]``, xi_{t|t-1} is ``predicted[t]``, xi_{t|T} is
``smoothed[t]``, eta_t are the densities of y_t in each state.

A state is the path (s_t, .., s_{t-m}) of the newest m + 1 regimes, one row of ``paths``, the newest
first; m is the number of lags in the mean form and 0 in the intercept form. With k regimes, path
number i of k ** (m + 1) may be followed by the path numbers r * k ** m + i // k, r = 0 .. k - 1.

Does not belong here: what the probabilities say about the next point of the parameter space
(``switching_em``, ``switching_gradient``).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sfr_pipeline.arrays import FloatArray, IntArray
from sfr_pipeline.econometrics.kernels.compiler import kernel
from sfr_pipeline.econometrics.kernels.matrices import solve

# Of a density, relative to the likeliest state's: keeps its product with a probability above zero.
LOG_DENSITY_FLOOR = -150.0
_SMALL = 1e-150  # a product of likelihoods that can take one more factor


class Point(NamedTuple):
    """One point of the parameter space: what ``RegimeParameters`` holds, for the kernels."""

    location: FloatArray  # (k,)
    ar: FloatArray  # (order,)
    variances: FloatArray  # (k,)
    transition: FloatArray  # (k, k), row i: from regime i


class Series(NamedTuple):
    """The data, and the states that the form of the model gives them."""

    y: FloatArray  # (T,)
    lags: FloatArray  # (T, order), row t: y_{t-1} .. y_{t-order}
    paths: IntArray  # (k ** (m + 1), m + 1)


class Task(NamedTuple):
    """What is climbed: the data, the size of the model, and the bounds of theta."""

    series: Series
    k: int
    n_variances: int
    lower: FloatArray
    upper: FloatArray


@kernel
def state_levels(point: Point, paths: IntArray) -> FloatArray:
    """What a state adds to the autoregressive part: a_{s_t}, or mu_{s_t} - sum phi_l mu_{s_{t-l}}.

    In the intercept form a path has no lagged regimes, and the inner loop does not run.
    """
    levels = np.empty(len(paths))
    for j in range(len(paths)):
        levels[j] = point.location[paths[j, 0]]
        for lag in range(1, paths.shape[1]):
            levels[j] -= point.ar[lag - 1] * point.location[paths[j, lag]]
    return levels


@kernel
def ergodic(transition: FloatArray) -> FloatArray:
    """The distribution that the chain keeps, pi P = pi and sum(pi) = 1 [22.2.26], shape (k,)."""
    k = len(transition)
    system, ones = np.empty((k, k)), np.ones(k)
    for i in range(k):
        for j in range(k):
            system[j, i] = (1.0 if i == j else 0.0) - transition[i, j] + 1.0
    return solve(system, ones)


@kernel
def first_states(transition: FloatArray, paths: IntArray, predicted: FloatArray) -> None:
    """xi_{1|0} into row 0: a path's oldest regime is ergodic, the younger ones follow it."""
    shares = ergodic(transition)
    depth = paths.shape[1] - 1
    for j in range(len(paths)):
        predicted[0, j] = shares[paths[j, depth]]
        for lag in range(depth):
            predicted[0, j] *= transition[paths[j, lag + 1], paths[j, lag]]


@kernel
def autoregressive_rest(series: Series, ar: FloatArray) -> FloatArray:
    """y_t - sum_l phi_l y_{t-l}, what the level of a state and the shock share out, (T,)."""
    rest = series.y.copy()
    for lag in range(len(ar)):
        for t in range(len(rest)):
            rest[t] -= ar[lag] * series.lags[t, lag]
    return rest


@kernel
def densities(series: Series, point: Point, eta: FloatArray) -> float:
    """Fill eta_t [22.4.2], relative to each period's likeliest state; return what that leaves out.

    Returns:
        The sum over t of the logarithm of the likeliest state's density.
    """
    paths, n_states = series.paths, len(series.paths)
    levels, rest = state_levels(point, paths), autoregressive_rest(series, point.ar)
    precision, constant = np.empty(n_states), np.empty(n_states)
    for j in range(n_states):
        precision[j] = 1.0 / point.variances[paths[j, 0]]
        constant[j] = -0.5 * math.log(2 * math.pi * point.variances[paths[j, 0]])
    peaks = 0.0
    for t in range(len(rest)):
        peak = -np.inf
        for j in range(n_states):
            shock = rest[t] - levels[j]
            eta[t, j] = constant[j] - 0.5 * shock * shock * precision[j]
            peak = max(peak, eta[t, j])
        for j in range(n_states):
            relative = max(eta[t, j] - peak, LOG_DENSITY_FLOOR)
            eta[t, j] = math.exp(relative) if relative < 0.0 else 1.0
        peaks += peak
    return peaks


@kernel
def hamilton_filter(
    series: Series, point: Point, predicted: FloatArray, filtered: FloatArray
) -> float:
    """Fill ``predicted`` and ``filtered``, both (T, n_states), and return the log-likelihood."""
    paths, transition = series.paths, point.transition
    n_states, k = len(paths), len(transition)
    n_younger = n_states // k
    llf, product = densities(series, point, filtered), 1.0
    first_states(transition, paths, predicted)
    for t in range(len(series.y)):
        likelihood = 0.0
        for j in range(n_states):
            if t > 0:  # xi_{t|t-1} = P' xi_{t-1|t-1} [22.4.6]: over the regimes that are forgotten
                reached, r, before = 0.0, j // n_younger, (j % n_younger) * k
                for i in range(before, before + k):
                    reached += transition[paths[i, 0], r] * filtered[t - 1, i]
                predicted[t, j] = reached
            # f(y_t | y_1 .. y_{t-1}) = 1' (xi_{t|t-1} * eta_t) [22.4.8]
            filtered[t, j] *= predicted[t, j]
            likelihood += filtered[t, j]
        for j in range(n_states):  # xi_{t|t} [22.4.5]
            filtered[t, j] *= 1.0 / likelihood
        product *= likelihood
        if product < _SMALL:  # a logarithm costs as much as the rest of a period
            llf, product = llf + math.log(product), 1.0
    return llf + math.log(product)


@kernel
def kim_smoother(
    transition: FloatArray,
    paths: IntArray,
    predicted: FloatArray,
    filtered: FloatArray,
    smoothed: FloatArray,
) -> FloatArray:
    """Fill ``smoothed`` (T, n_states) and return the expected number of moves i -> j, (k, k).

    xi_{t|T} = xi_{t|t} * P (xi_{t+1|T} / xi_{t+1|t}) [22.4.14]; a summand of that product is the
    probability of one move given all data.
    """
    k, n_states, last = len(transition), len(paths), len(filtered) - 1
    n_younger = n_states // k
    moves, ratio = np.zeros((k, k)), np.empty(n_states)
    for j in range(n_states):
        smoothed[last, j] = filtered[last, j]
    for t in range(last - 1, -1, -1):
        for j in range(n_states):
            reached = predicted[t + 1, j]
            ratio[j] = smoothed[t + 1, j] / reached if reached > 0.0 else 0.0
        for i in range(n_states):
            regime, younger, total = paths[i, 0], i // k, 0.0
            for r in range(k):
                move = filtered[t, i] * transition[regime, r] * ratio[r * n_younger + younger]
                moves[regime, r] += move
                total += move
            smoothed[t, i] = total
    return moves
