"""The way to the top of a Markov-switching autoregression's likelihood: EM, then quasi-Newton.

EM climbs from anywhere, slowly near the top; BFGS with the analytic gradient is fast near the top.
BFGS works on an unconstrained vector theta: the k locations, the AR coefficients, the logarithms of
the k variances (of one where it is common), and row by row of the transition matrix the logits
log(p_ij / p_ik) for j < k.

Belongs here: steps from point to point. Does not belong here: which starts are climbed
(``regime_estimation``), second derivatives (``switching_curvature``).
"""

from __future__ import annotations

import numpy as np

from sfr_pipeline.arrays import FloatArray, IntArray
from sfr_pipeline.econometrics.kernels.compiler import kernel
from sfr_pipeline.econometrics.kernels.linear import solve
from sfr_pipeline.econometrics.kernels.switching import (
    Expected,
    Point,
    Series,
    ar_moments,
    ergodic,
    expect,
    location_design,
)

_RIDGE = 1e-8  # keeps a system solvable when no period visits a regime
_UNVISITED = 1e-6  # of a period: a regime that no period visits keeps a row and a variance
_SUFFICIENT_GAIN = 1e-4  # of what the slope promises, for a step to be taken (Armijo)
_HALVINGS = 30


@kernel
def maximise(
    expected: Expected, point: Point, paths: IntArray, common_variance: bool, floor: float
) -> Point:
    """The maximisation step: each block given the newest values of the others."""
    k = len(point.location)
    # locations: least squares of the shocks on the design, each state weighted by its precision
    design = location_design(point, paths)
    gram, moment = _RIDGE * np.eye(k), np.zeros(k)
    for j in range(len(paths)):
        precision = 1.0 / point.variances[paths[j, 0]]
        for a in range(k):
            moment[a] += precision * design[j, a] * expected.shock[j]
            for b in range(k):
                gram[a, b] += precision * design[j, a] * design[j, b] * expected.count[j]
    change = solve(gram, moment)
    moved = Point(point.location + change, point.ar, point.variances, point.transition)
    shift_levels(expected, design, change, paths)

    # AR coefficients: the same on the lags
    moments, grams = ar_moments(expected, moved, paths)
    gram, moment = _RIDGE * np.eye(len(point.ar)), np.zeros(len(point.ar))
    for r in range(k):
        gram += grams[r] / point.variances[r]
        moment += moments[r] / point.variances[r]
    change = solve(gram, moment)

    # variances: mean squared shock in the regime after both changes
    squares, counts = np.empty(k), np.zeros(k)
    for r in range(k):
        explained = 2.0 * np.sum(moments[r] * change)
        for a in range(len(change)):
            explained -= change[a] * np.sum(grams[r, a] * change)
        squares[r] = expected.square[r] - explained
    for j in range(len(paths)):
        counts[paths[j, 0]] += expected.count[j]
    if common_variance:
        squares[:], counts[:] = np.sum(squares), np.sum(counts)
    variances = np.maximum(squares / np.maximum(counts, _UNVISITED), floor)

    # transitions: expected moves as shares of their row
    transition = expected.moves + _UNVISITED
    for i in range(k):
        transition[i] /= np.sum(transition[i])
    return Point(moved.location, point.ar + change, variances, transition)


@kernel
def shift_levels(
    expected: Expected, design: FloatArray, change: FloatArray, paths: IntArray
) -> None:
    """Bring the sums of shocks up to a change of the locations."""
    for j in range(len(paths)):
        shift = np.sum(design[j] * change)
        gain = shift * (2.0 * expected.shock[j] - shift * expected.count[j])
        expected.square[paths[j, 0]] -= gain
        expected.shock[j] -= shift * expected.count[j]
        for lag in range(expected.lag.shape[1]):
            expected.shock_lag[j, lag] -= shift * expected.lag[j, lag]


@kernel
def expectation_maximisation(
    series: Series, point: Point, common_variance: bool, floor: float, rounds: int, gain: float
) -> tuple[Point, float]:
    """EM from one start until a round gains less than ``gain``; the point and its likelihood."""
    expected = expect(series, point)
    for _ in range(rounds):
        before = expected.llf
        point = maximise(expected, point, series.paths, common_variance, floor)
        expected = expect(series, point)
        if abs(expected.llf - before) < gain:
            break
    return point, expected.llf


@kernel
def expectation_maximisation_of_all(
    series: Series, starts: Point, common_variance: bool, floor: float, rounds: int, gain: float
) -> FloatArray:
    """EM from every start, in place: ``starts`` has a leading axis more; log-likelihoods (s,)."""
    llf = np.empty(len(starts.location))
    for s in range(len(llf)):
        start = Point(
            starts.location[s], starts.ar[s], starts.variances[s], starts.transition[s]
        )
        top, llf[s] = expectation_maximisation(series, start, common_variance, floor, rounds, gain)
        starts.location[s], starts.ar[s] = top.location, top.ar
        starts.variances[s], starts.transition[s] = top.variances, top.transition
    return llf


@kernel
def point_at(theta: FloatArray, k: int, order: int, n_variances: int) -> Point:
    """The parameters at an unconstrained vector."""
    variances, transition = np.empty(k), np.ones((k, k))
    first_logit = k + order + n_variances
    for i in range(k):
        variances[i] = np.exp(theta[k + order + min(i, n_variances - 1)])
        for j in range(k - 1):
            transition[i, j] = np.exp(theta[first_logit + i * (k - 1) + j])
        transition[i] /= np.sum(transition[i])
    return Point(theta[:k].copy(), theta[k : k + order].copy(), variances, transition)


@kernel
def gradient(expected: Expected, point: Point, paths: IntArray, n_variances: int) -> FloatArray:
    """Gradient of the log-likelihood in theta, by Fisher's identity.

        d log f(y; theta) = E[ d log f(y, s; theta) | y ]

    The derivative on the right is that of a regression and a chain whose regimes are known, so it
    is a sum over t that ``Expected`` holds.
    """
    k, order = len(point.location), len(point.ar)
    slope = np.zeros(k + order + n_variances + k * (k - 1))
    design = location_design(point, paths)
    count = np.zeros(k)
    for j in range(len(paths)):
        regime = paths[j, 0]
        count[regime] += expected.count[j]
        for r in range(k):  # sum of e_t / sigma2 * d level / d location
            slope[r] += expected.shock[j] * design[j, r] / point.variances[regime]
    moments, _ = ar_moments(expected, point, paths)
    for r in range(k):
        slope[k : k + order] += moments[r] / point.variances[r]
        # sum of (e_t ** 2 / sigma2 - 1) / 2
        place = k + order + min(r, n_variances - 1)
        slope[place] += 0.5 * (expected.square[r] / point.variances[r] - count[r])
    moves = expected.moves + moves_for_the_start(expected.oldest, point.transition)
    for i in range(k):
        out_of = np.sum(moves[i])
        for j in range(k - 1):
            place = k + order + n_variances + i * (k - 1) + j
            slope[place] = moves[i, j] - point.transition[i, j] * out_of
    return slope


@kernel
def moves_for_the_start(oldest: FloatArray, transition: FloatArray) -> FloatArray:
    """p_ij * d E[log pi(s_first)] / d p_ij: the ergodic start counts like some more moves.

    From pi = pi P:  d pi = pi dP (I - P + 1 pi)^-1.
    """
    k = len(transition)
    shares = np.maximum(ergodic(transition), 1e-300)
    system = np.eye(k) - transition
    for i in range(k):
        system[i] += shares
    value = solve(system, oldest / shares)
    moves = np.empty((k, k))
    for i in range(k):
        moves[i] = shares[i] * transition[i] * value
    return moves


@kernel
def llf_and_gradient(
    series: Series, theta: FloatArray, k: int, n_variances: int
) -> tuple[float, FloatArray]:
    """Log-likelihood and its gradient at an unconstrained vector."""
    point = point_at(theta, k, series.lags.shape[1], n_variances)
    expected = expect(series, point)
    return expected.llf, gradient(expected, point, series.paths, n_variances)


@kernel
def climb(
    series: Series,
    theta: FloatArray,
    bounds: FloatArray,
    k: int,
    n_variances: int,
    iterations: int,
    tolerance: float,
) -> tuple[float, FloatArray]:
    """BFGS between ``bounds`` (n, 2) from one point until the slope is below ``tolerance``.

    A parameter on its bound whose slope points outwards stands still until that changes.
    """
    llf, slope = llf_and_gradient(series, theta, k, n_variances)
    curvature = np.eye(len(theta))  # approximates the inverse of minus the Hessian
    held = held_at_bounds(theta, slope, bounds)
    fresh = True
    for _ in range(iterations):
        free_slope = np.where(held, 0.0, slope)
        if np.max(np.abs(free_slope)) < tolerance:
            break
        direction = multiplied(curvature, free_slope)
        if fresh:
            direction /= max(1.0, np.sqrt(np.sum(free_slope**2)))
        direction[held] = 0.0
        new_llf, new_theta, new_slope = line_search(
            series, theta, llf, free_slope, direction, bounds, k, n_variances
        )
        if new_llf <= llf and fresh:
            break  # no higher point along the slope itself
        now_held = held_at_bounds(new_theta, new_slope, bounds)
        step, bend = new_theta - theta, np.where(held, 0.0, slope - new_slope)
        if new_llf <= llf or np.any(now_held != held):
            curvature, fresh = np.eye(len(theta)), True
        else:
            update_curvature(curvature, step, bend, fresh)
            fresh = False
        llf, theta, slope, held = new_llf, new_theta, new_slope, now_held
    return llf, theta


@kernel
def held_at_bounds(theta: FloatArray, slope: FloatArray, bounds: FloatArray) -> FloatArray:
    """True where a parameter is on a bound and its slope points outwards."""
    below = (theta <= bounds[:, 0]) & (slope < 0.0)
    return below | ((theta >= bounds[:, 1]) & (slope > 0.0))


@kernel
def multiplied(matrix: FloatArray, vector: FloatArray) -> FloatArray:
    """``matrix @ vector`` without BLAS."""
    product = np.empty(len(vector))
    for i in range(len(vector)):
        product[i] = np.sum(matrix[i] * vector)
    return product


@kernel
def line_search(
    series: Series,
    theta: FloatArray,
    llf: float,
    slope: FloatArray,
    direction: FloatArray,
    bounds: FloatArray,
    k: int,
    n_variances: int,
) -> tuple[float, FloatArray, FloatArray]:
    """The first of the steps 1, 1/2, 1/4 .. that gains enough; ``theta`` itself if none does."""
    step = 1.0
    for _ in range(_HALVINGS):
        new = np.minimum(np.maximum(theta + step * direction, bounds[:, 0]), bounds[:, 1])
        new_llf, new_slope = llf_and_gradient(series, new, k, n_variances)
        if new_llf >= llf + _SUFFICIENT_GAIN * np.sum(slope * (new - theta)):
            return new_llf, new, new_slope
        step *= 0.5
    return llf, theta, slope


@kernel
def update_curvature(
    curvature: FloatArray, step: FloatArray, bend: FloatArray, fresh: bool
) -> None:
    """The update of Broyden, Fletcher, Goldfarb and Shanno, in place.

    ``step`` is what theta moved, ``bend`` what the slope fell meanwhile. Skipped where the
    likelihood bends upwards.
    """
    n, product = len(step), np.sum(step * bend)
    if product <= 1e-10 * np.sqrt(np.sum(step**2) * np.sum(bend**2)):
        return
    if fresh:
        curvature *= product / np.sum(bend**2)
    carried = multiplied(curvature, bend)
    weight = (1.0 + np.sum(bend * carried) / product) / product
    for i in range(n):
        for j in range(n):
            mixed = step[i] * carried[j] + carried[i] * step[j]
            curvature[i, j] += weight * step[i] * step[j] - mixed / product
