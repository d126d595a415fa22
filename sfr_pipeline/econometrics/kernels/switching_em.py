"""Expectation and maximisation for a Markov-switching autoregression (Hamilton 1990).

The expectation step runs filter and smoother and reduces them to a few sums over time,
``Expected``; the maximisation step is least squares on those sums, with no more loop over time.

In state j the regression has the variables z = (1, e, x_1 .. x_order): e the shock, x_l what phi_l
multiplies, y_{t-l} in the intercept form and y_{t-l} - mu_{s_{t-l}} in the mean form. All that is
needed of them is the sum over t of P(state_t = j | y_1 .. y_T) z z'.

Does not belong here: how many steps are taken (``switching_climb``), what the sums say about the
slope (``switching_gradient``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sfr_pipeline.arrays import FloatArray, IntArray
from sfr_pipeline.econometrics.kernels.compiler import kernel
from sfr_pipeline.econometrics.kernels.matrices import solve
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
ONE, SHOCK, LAGS = 0, 1, 2  # places in z


class Expected(NamedTuple):
    """What the expectation step knows of the regimes, given all data."""

    llf: float
    moves: FloatArray  # expected moves i -> j, those before the first period included, (k, k)
    oldest: FloatArray  # distribution of the oldest regime of the first path, (k,)
    gram: FloatArray  # sum of P(state_t = j) z z', (n_states, 2 + order, 2 + order)


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
    return Expected(llf, moves, oldest, weighted_gram(series, point, smoothed))


@kernel
def weighted_gram(series: Series, point: Point, smoothed: FloatArray) -> FloatArray:
    """The sums over t of P(state_t = j | y_1 .. y_T) z z'."""
    n, order, paths, lags = len(series.y), len(point.ar), series.paths, series.lags
    levels, rest = state_levels(point, paths), autoregressive_rest(series, point.ar)
    gram, mean = np.empty((len(paths), LAGS + order, LAGS + order)), np.zeros(order)
    for j in range(len(paths)):
        for lag in range(1, paths.shape[1]):
            mean[lag - 1] = point.location[paths[j, lag]]
        # Summed in variables: a sum in an array would pass through memory in every period.
        visits, shocks, squares = 0.0, 0.0, 0.0
        for t in range(n):
            weight, e = smoothed[t, j], rest[t] - levels[j]
            visits += weight
            shocks += weight * e
            squares += weight * e * e
        gram[j, ONE, ONE], gram[j, SHOCK, ONE], gram[j, SHOCK, SHOCK] = visits, shocks, squares
        for a in range(order):
            xs, shock_xs = 0.0, 0.0
            for t in range(n):
                weighted = smoothed[t, j] * (lags[t, a] - mean[a])
                xs += weighted
                shock_xs += weighted * (rest[t] - levels[j])
            gram[j, LAGS + a, ONE], gram[j, LAGS + a, SHOCK] = xs, shock_xs
            for b in range(a + 1):
                products = 0.0
                for t in range(n):
                    products += smoothed[t, j] * (lags[t, a] - mean[a]) * (lags[t, b] - mean[b])
                gram[j, LAGS + a, LAGS + b] = products
        for a in range(LAGS + order):
            for b in range(a):
                gram[j, b, a] = gram[j, a, b]
    return gram


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
def maximise(
    expected: Expected, point: Point, paths: IntArray, common_variance: bool, floor: float
) -> Point:
    """The maximisation step: each block given the newest values of the others.

    ``expected.gram`` is brought up to the new locations on the way.
    """
    location = point.location + location_change(expected.gram, point, paths)
    change = ar_change(expected.gram, point, paths)
    variances = mean_squares(expected.gram, change, paths, len(location), common_variance, floor)
    return Point(location, point.ar + change, variances, shares_of_rows(expected.moves))


@kernel
def location_change(gram: FloatArray, point: Point, paths: IntArray) -> FloatArray:
    """Least squares of the shocks on the design of the locations, weighted by the precisions."""
    k, size = len(point.location), gram.shape[1]
    design = location_design(point, paths)
    system, right, shift = np.zeros((k, k)), np.zeros(k), np.zeros(size)
    for a in range(k):
        system[a, a] = _RIDGE
        for j in range(len(paths)):
            weighted = design[j, a] / point.variances[paths[j, 0]]
            right[a] += weighted * gram[j, ONE, SHOCK]
            for b in range(k):
                system[a, b] += weighted * design[j, b] * gram[j, ONE, ONE]
    change = solve(system, right)
    for j in range(len(paths)):
        shift[SHOCK] = 0.0
        for a in range(k):
            shift[SHOCK] += design[j, a] * change[a]
        for lag in range(1, paths.shape[1]):
            shift[SHOCK + lag] = change[paths[j, lag]]
        recentre(gram[j], shift)
    return change


@kernel
def recentre(gram: FloatArray, shift: FloatArray) -> None:
    """Sums of z z' from those of (z + shift) (z + shift)', in place."""
    for a in range(1, len(shift)):
        for b in range(1, len(shift)):
            gram[a, b] -= shift[a] * gram[ONE, b] + gram[a, ONE] * shift[b]
            gram[a, b] += shift[a] * shift[b] * gram[ONE, ONE]
    for a in range(1, len(shift)):
        gram[a, ONE] -= shift[a] * gram[ONE, ONE]
        gram[ONE, a] = gram[a, ONE]


@kernel
def ar_change(gram: FloatArray, point: Point, paths: IntArray) -> FloatArray:
    """Least squares of the shocks on the lags, weighted by the precisions of the regimes."""
    order = len(point.ar)
    system, right = np.zeros((order, order)), np.zeros(order)
    for a in range(order):
        system[a, a] = _RIDGE
        for j in range(len(paths)):
            variance = point.variances[paths[j, 0]]
            right[a] += gram[j, SHOCK, LAGS + a] / variance
            for b in range(order):
                system[a, b] += gram[j, LAGS + a, LAGS + b] / variance
    return solve(system, right)


@kernel
def mean_squares(
    gram: FloatArray,
    ar_change: FloatArray,
    paths: IntArray,
    k: int,
    common_variance: bool,
    floor: float,
) -> FloatArray:
    """Variances (k,): mean squares of e - sum ar_change_l x_l in the regime, or in all of them."""
    squares, periods, variances = np.zeros(k), np.zeros(k), np.empty(k)
    for j in range(len(paths)):
        regime = 0 if common_variance else paths[j, 0]
        periods[regime] += gram[j, ONE, ONE]
        squares[regime] += gram[j, SHOCK, SHOCK]
        for a in range(len(ar_change)):
            squares[regime] -= 2.0 * ar_change[a] * gram[j, SHOCK, LAGS + a]
            for b in range(len(ar_change)):
                squares[regime] += ar_change[a] * ar_change[b] * gram[j, LAGS + a, LAGS + b]
    for r in range(k):
        regime = 0 if common_variance else r
        variances[r] = max(squares[regime] / max(periods[regime], _UNVISITED), floor)
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
