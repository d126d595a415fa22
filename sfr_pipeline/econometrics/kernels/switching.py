"""Hamilton's filter and Kim's smoother of a Markov-switching autoregression.

Notation (Hamilton 1994, Time Series Analysis, chapter 22; equation numbers are his): xi_{t|t} holds
P(state_t = j | y_1 .. y_t) and is ``filtered[t]``, xi_{t|t-1} is ``predicted[t]``, xi_{t|T} is
``smoothed[t]``, eta_t are the densities of y_t in each state.

A state is the path (s_t, .., s_{t-m}) of the newest m + 1 regimes, one row of ``paths``, the newest
first; m is the number of lags in the mean form and 0 in the intercept form. With k regimes, path
number i of k ** (m + 1) may be followed by the path numbers r * k ** m + i // k, r = 0 .. k - 1.

Belongs here: what holds at one point of the parameter space. Does not belong here: the way to
another point (``switching_climb``), second derivatives (``switching_curvature``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sfr_pipeline.arrays import FloatArray, IntArray
from sfr_pipeline.econometrics.kernels.compiler import kernel
from sfr_pipeline.econometrics.kernels.linear import solve

# Of a density, relative to the likeliest state's: keeps its product with a probability above zero.
LOG_DENSITY_FLOOR = -150.0


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
    return solve(np.eye(len(transition)) - transition.T + 1.0, np.ones(len(transition)))


@kernel
def first_states(transition: FloatArray, paths: IntArray) -> FloatArray:
    """xi_{1|0}: a path's oldest regime is ergodic, the younger ones follow it."""
    shares = ergodic(transition)
    depth = paths.shape[1] - 1
    first = np.empty(len(paths))
    for j in range(len(paths)):
        first[j] = shares[paths[j, depth]]
        for lag in range(depth):
            first[j] *= transition[paths[j, lag + 1], paths[j, lag]]
    return first


@kernel
def predict(
    filtered: FloatArray, transition: FloatArray, paths: IntArray, predicted: FloatArray
) -> None:
    """xi_{t+1|t} = P' xi_{t|t} [22.4.6], into ``predicted``."""
    k = len(transition)
    n_younger = len(paths) // k
    predicted[:] = 0.0
    for younger in range(n_younger):  # the path without its oldest regime, which is forgotten
        for oldest in range(k):
            i = younger * k + oldest
            for r in range(k):
                move = transition[paths[i, 0], r] * filtered[i]
                predicted[r * n_younger + younger] += move


@kernel
def autoregressive_rest(series: Series, ar: FloatArray, t: int) -> float:
    """y_t - sum_l phi_l y_{t-l}: what the level of a state and the shock share out."""
    rest = series.y[t]
    for lag in range(len(ar)):
        rest -= ar[lag] * series.lags[t, lag]
    return rest


@kernel
def hamilton_filter(
    series: Series, point: Point, predicted: FloatArray, filtered: FloatArray
) -> float:
    """Fill ``predicted`` and ``filtered``, both (T, n_states), and return the log-likelihood."""
    paths, n_states = series.paths, len(series.paths)
    levels = state_levels(point, paths)
    variances = point.variances[paths[:, 0]]
    constants = -0.5 * np.log(2 * np.pi * variances)
    log_eta = np.empty(n_states)
    llf = 0.0
    predicted[0] = first_states(point.transition, paths)
    for t in range(len(series.y)):
        if t > 0:
            predict(filtered[t - 1], point.transition, paths, predicted[t])
        # log eta_t [22.4.2], relative to the likeliest state
        rest = autoregressive_rest(series, point.ar, t)
        peak = -np.inf
        for j in range(n_states):
            shock = rest - levels[j]
            log_eta[j] = constants[j] - 0.5 * shock * shock / variances[j]
            peak = max(peak, log_eta[j])
        # f(y_t | y_1 .. y_{t-1}) = 1' (xi_{t|t-1} * eta_t) [22.4.8]
        likelihood = 0.0
        for j in range(n_states):
            eta = 1.0 if log_eta[j] == peak else np.exp(max(log_eta[j] - peak, LOG_DENSITY_FLOOR))
            filtered[t, j] = predicted[t, j] * eta
            likelihood += filtered[t, j]
        # xi_{t|t} [22.4.5]
        for j in range(n_states):
            filtered[t, j] /= likelihood
        llf += np.log(likelihood) + peak
    return llf


@kernel
def kim_smoother(
    point: Point,
    paths: IntArray,
    predicted: FloatArray,
    filtered: FloatArray,
    smoothed: FloatArray,
) -> FloatArray:
    """Fill ``smoothed`` (T, n_states) and return the expected number of moves i -> j, (k, k).

    xi_{t|T} = xi_{t|t} * P (xi_{t+1|T} / xi_{t+1|t}) [22.4.14]; a summand of that product is the
    probability of one move given all data.
    """
    k, n_states = len(point.location), len(paths)
    n_younger = n_states // k
    moves = np.zeros((k, k))
    ratio = np.empty(n_states)
    smoothed[-1] = filtered[-1]
    for t in range(len(filtered) - 2, -1, -1):
        for j in range(n_states):
            reached = predicted[t + 1, j]
            ratio[j] = smoothed[t + 1, j] / reached if reached > 0.0 else 0.0
        for younger in range(n_younger):
            for oldest in range(k):
                i = younger * k + oldest
                regime = paths[i, 0]
                smoothed[t, i] = 0.0
                for r in range(k):
                    move = point.transition[regime, r] * ratio[r * n_younger + younger]
                    move *= filtered[t, i]
                    moves[regime, r] += move
                    smoothed[t, i] += move
    return moves


class Expected(NamedTuple):
    """What the expectation step knows of the regimes, given all data.

    Sums over t of P(state_t = j | y_1 .. y_T) times shocks e_t in state j and lags.
    """

    llf: float
    moves: FloatArray  # expected moves i -> j, those before the first period included, (k, k)
    oldest: FloatArray  # distribution of the oldest regime of the first path, (k,)
    count: FloatArray  # sum of 1, (n_states,)
    shock: FloatArray  # sum of e_t, (n_states,)
    square: FloatArray  # sum of e_t ** 2, by regime s_t, (k,)
    lag: FloatArray  # sum of y_{t-l}, (n_states, order)
    shock_lag: FloatArray  # sum of e_t y_{t-l}, (n_states, order)
    lag_lag: FloatArray  # sum of y_{t-l} y_{t-m}, by regime s_t, (k, order, order)


@kernel
def expect(series: Series, point: Point) -> Expected:
    """Filter, smoother and the sums that maximisation step and gradient need."""
    shape = (len(series.y), len(series.paths))
    predicted, filtered, smoothed = np.empty(shape), np.empty(shape), np.empty(shape)
    llf = hamilton_filter(series, point, predicted, filtered)
    moves = kim_smoother(point, series.paths, predicted, filtered, smoothed)
    oldest = np.zeros(len(point.location))
    depth = series.paths.shape[1] - 1
    for j in range(len(series.paths)):
        oldest[series.paths[j, depth]] += smoothed[0, j]
        for lag in range(depth):
            moves[series.paths[j, lag + 1], series.paths[j, lag]] += smoothed[0, j]
    return expected_sums(series, point, smoothed, llf, moves, oldest)


@kernel
def expected_sums(
    series: Series,
    point: Point,
    smoothed: FloatArray,
    llf: float,
    moves: FloatArray,
    oldest: FloatArray,
) -> Expected:
    """The sums of ``Expected``."""
    k, order, n_states = len(point.location), len(point.ar), len(series.paths)
    levels = state_levels(point, series.paths)
    count, shock, square = np.zeros(n_states), np.zeros(n_states), np.zeros(k)
    lag, shock_lag = np.zeros((n_states, order)), np.zeros((n_states, order))
    lag_lag = np.zeros((k, order, order))
    in_regime = np.empty(k)
    for t in range(len(series.y)):
        rest = autoregressive_rest(series, point.ar, t)
        in_regime[:] = 0.0
        for j in range(n_states):
            weight, e = smoothed[t, j], rest - levels[j]
            regime = series.paths[j, 0]
            in_regime[regime] += weight
            count[j] += weight
            shock[j] += weight * e
            square[regime] += weight * e * e
            for a in range(order):
                lag[j, a] += weight * series.lags[t, a]
                shock_lag[j, a] += weight * e * series.lags[t, a]
        for r in range(k):
            for a in range(order):
                for b in range(order):
                    lag_lag[r, a, b] += in_regime[r] * series.lags[t, a] * series.lags[t, b]
    return Expected(llf, moves, oldest, count, shock, square, lag, shock_lag, lag_lag)


@kernel
def location_design(point: Point, paths: IntArray) -> FloatArray:
    """Derivatives of the levels of the states in the locations, (n_states, k)."""
    design = np.zeros((len(paths), len(point.location)))
    for j in range(len(paths)):
        design[j, paths[j, 0]] += 1.0
        for lag in range(1, paths.shape[1]):
            design[j, paths[j, lag]] -= point.ar[lag - 1]
    return design


@kernel
def ar_moments(
    expected: Expected, point: Point, paths: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Per regime s_t the sums of e_t x_l and of x_l x_m, x_l the derivative of E[y_t] in phi_l.

    x_l is y_{t-l} in the intercept form and y_{t-l} - mu_{s_{t-l}} in the mean form. Shapes
    (k, order) and (k, order, order).
    """
    k, order = len(point.location), len(point.ar)
    moment, gram = np.zeros((k, order)), expected.lag_lag.copy()
    mean = np.zeros(order)
    for j in range(len(paths)):
        regime = paths[j, 0]
        for lag in range(1, paths.shape[1]):
            mean[lag - 1] = point.location[paths[j, lag]]
        for a in range(order):
            moment[regime, a] += expected.shock_lag[j, a] - mean[a] * expected.shock[j]
            for b in range(order):
                gram[regime, a, b] -= mean[a] * expected.lag[j, b] + mean[b] * expected.lag[j, a]
                gram[regime, a, b] += mean[a] * mean[b] * expected.count[j]
    return moment, gram
