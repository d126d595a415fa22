"""Expectation and maximisation for a Markov-switching autoregression (Hamilton 1990).

The expectation step runs filter and smoother and reduces them to a few sums over time,
``Expected``; the maximisation step is least squares on those sums, with no more loop over time.

Belongs here: the two steps. Does not belong here: how many of them are taken (``switching_climb``),
what the sums say about the slope (``switching_gradient``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sfr_pipeline.arrays import FloatArray, IntArray
from sfr_pipeline.econometrics.kernels.compiler import kernel
from sfr_pipeline.econometrics.kernels.linear import solve
from sfr_pipeline.econometrics.kernels.switching import (
    Point,
    Series,
    autoregressive_rest,
    hamilton_filter,
    kim_smoother,
    state_levels,
)

_RIDGE = 1e-8  # keeps a system solvable when no period visits a regime
_UNVISITED = 1e-6  # of a period: a regime that no period visits keeps a row and a variance


class Expected(NamedTuple):
    """What the expectation step knows of the regimes, given all data.

    Sums over t of P(state_t = j | y_1 .. y_T) times shocks e_t in state j and lags.
    """

    llf: float
    moves: FloatArray  # expected moves i -> j, those before the first period included, (k, k)
    oldest: FloatArray  # distribution of the oldest regime of the first path, (k,)
    visits: FloatArray  # sum of 1, (n_states,)
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
    moves = kim_smoother(point.transition, series.paths, predicted, filtered, smoothed)
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
    levels, rest = state_levels(point, series.paths), autoregressive_rest(series, point.ar)
    count, shock, square = np.zeros(n_states), np.zeros(n_states), np.zeros(k)
    lag, shock_lag = np.zeros((n_states, order)), np.zeros((n_states, order))
    lag_lag = np.zeros((k, order, order))
    in_regime = np.zeros((k, len(rest)))
    for j in range(n_states):
        regime = series.paths[j, 0]
        for t in range(len(rest)):
            weight, e = smoothed[t, j], rest[t] - levels[j]
            in_regime[regime, t] += weight
            count[j] += weight
            shock[j] += weight * e
            square[regime] += weight * e * e
        for a in range(order):
            for t in range(len(rest)):
                weighted = smoothed[t, j] * series.lags[t, a]
                lag[j, a] += weighted
                shock_lag[j, a] += weighted * (rest[t] - levels[j])
    for r in range(k):
        for a in range(order):
            for b in range(order):
                for t in range(len(rest)):
                    lag_lag[r, a, b] += in_regime[r, t] * series.lags[t, a] * series.lags[t, b]
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
def ar_moments(expected: Expected, point: Point, paths: IntArray) -> tuple[FloatArray, FloatArray]:
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
                gram[regime, a, b] += mean[a] * mean[b] * expected.visits[j]
    return moment, gram


@kernel
def maximise(
    expected: Expected, point: Point, paths: IntArray, common_variance: bool, floor: float
) -> Point:
    """The maximisation step: each block given the newest values of the others."""
    location = point.location + location_change(expected, point, paths)
    between = Point(location, point.ar, point.variances, point.transition)
    moments, grams = ar_moments(expected, between, paths)
    change = ar_change(moments, grams, point.variances)
    squares = squares_after(expected.square, moments, grams, change)
    variances = mean_squares(squares, expected.visits, paths, common_variance, floor)
    return Point(location, point.ar + change, variances, shares_of_rows(expected.moves))


@kernel
def location_change(expected: Expected, point: Point, paths: IntArray) -> FloatArray:
    """Least squares of the shocks on the design of the locations, weighted by the precisions.

    The sums of shocks in ``expected`` are brought up to the change.
    """
    k = len(point.location)
    design = location_design(point, paths)
    gram, moment = np.zeros((k, k)), np.zeros(k)
    for a in range(k):
        gram[a, a] = _RIDGE
        for j in range(len(paths)):
            weighted = design[j, a] / point.variances[paths[j, 0]]
            moment[a] += weighted * expected.shock[j]
            for b in range(k):
                gram[a, b] += weighted * design[j, b] * expected.visits[j]
    change = solve(gram, moment)
    for j in range(len(paths)):
        shift = 0.0
        for a in range(k):
            shift += design[j, a] * change[a]
        gain = shift * (2.0 * expected.shock[j] - shift * expected.visits[j])
        expected.square[paths[j, 0]] -= gain
        expected.shock[j] -= shift * expected.visits[j]
        for lag in range(len(point.ar)):
            expected.shock_lag[j, lag] -= shift * expected.lag[j, lag]
    return change


@kernel
def ar_change(moments: FloatArray, grams: FloatArray, variances: FloatArray) -> FloatArray:
    """Least squares of the shocks on the lags, weighted by the precisions of the regimes."""
    k, order = moments.shape
    gram, moment = np.zeros((order, order)), np.zeros(order)
    for a in range(order):
        gram[a, a] = _RIDGE
        for r in range(k):
            moment[a] += moments[r, a] / variances[r]
            for b in range(order):
                gram[a, b] += grams[r, a, b] / variances[r]
    return solve(gram, moment)


@kernel
def squares_after(
    squares: FloatArray, moments: FloatArray, grams: FloatArray, change: FloatArray
) -> FloatArray:
    """Sums of squared shocks by regime once the AR coefficients have changed, (k,)."""
    left = squares.copy()
    for r in range(len(squares)):
        for a in range(len(change)):
            left[r] -= 2.0 * moments[r, a] * change[a]
            for b in range(len(change)):
                left[r] += change[a] * grams[r, a, b] * change[b]
    return left


@kernel
def mean_squares(
    squares: FloatArray, count: FloatArray, paths: IntArray, common_variance: bool, floor: float
) -> FloatArray:
    """Variances (k,): mean squared shocks of the regime, or of all regimes."""
    k = len(squares)
    periods, variances = np.zeros(k), np.empty(k)
    for j in range(len(paths)):
        periods[paths[j, 0]] += count[j]
    all_squares, all_periods = 0.0, 0.0
    for r in range(k):
        all_squares += squares[r]
        all_periods += periods[r]
    for r in range(k):
        total = all_squares if common_variance else squares[r]
        n = all_periods if common_variance else periods[r]
        variances[r] = max(total / max(n, _UNVISITED), floor)
    return variances


@kernel
def shares_of_rows(moves: FloatArray) -> FloatArray:
    """Expected moves as transition probabilities."""
    k = len(moves)
    transition = np.empty((k, k))
    for i in range(k):
        total = 0.0
        for j in range(k):
            total += moves[i, j] + _UNVISITED
        for j in range(k):
            transition[i, j] = (moves[i, j] + _UNVISITED) / total
    return transition
