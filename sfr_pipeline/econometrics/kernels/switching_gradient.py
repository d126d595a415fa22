"""Log-likelihood and gradient of a Markov-switching autoregression in unconstrained parameters.

The vector theta holds the k locations, the AR coefficients, the logarithms of the k variances (of
one where it is common), and row by row of the transition matrix the logits
log(p_ij / p_ik) with k the last regime.

Second derivatives are differences of the gradient (``regime_estimation.curvature``).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.econometrics.kernels.compiler import kernel
from sfr_pipeline.econometrics.kernels.matrices import solve
from sfr_pipeline.econometrics.kernels.switching import Point, Task, ergodic
from sfr_pipeline.econometrics.kernels.switching_em import (
    LAGS,
    ONE,
    SHOCK,
    expect,
    location_design,
)

_LEAST_INFORMATION = 1e-2  # keeps a step finite in a direction of which nothing is known
_TINY = 1e-300  # a share of zero has an expected start of zero


@kernel
def point_at(theta: FloatArray, k: int, order: int, n_variances: int) -> Point:
    """The parameters at an unconstrained vector."""
    location, ar = np.empty(k), np.empty(order)
    variances, transition = np.empty(k), np.empty((k, k))
    for lag in range(order):
        ar[lag] = theta[k + lag]
    for i in range(k):
        location[i] = theta[i]
        variances[i] = math.exp(theta[k + order + min(i, n_variances - 1)])
        row = k + order + n_variances + i * (k - 1)
        total = 1.0
        for j in range(k - 1):
            transition[i, j] = math.exp(theta[row + j])
            total += transition[i, j]
        for j in range(k - 1):
            transition[i, j] /= total
        transition[i, k - 1] = 1.0 / total
    return Point(location, ar, variances, transition)


@kernel
def theta_at(point: Point, n_variances: int) -> FloatArray:
    """The unconstrained vector of some parameters: the inverse of ``point_at``."""
    k, order = len(point.location), len(point.ar)
    theta = np.empty(k + order + n_variances + k * (k - 1))
    for lag in range(order):
        theta[k + lag] = point.ar[lag]
    for i in range(k):
        theta[i] = point.location[i]
        theta[k + order + min(i, n_variances - 1)] = math.log(point.variances[i])
        row = k + order + n_variances + i * (k - 1)
        for j in range(k - 1):
            theta[row + j] = math.log(point.transition[i, j] / point.transition[i, k - 1])
    return theta


@kernel
def moves_for_the_start(oldest: FloatArray, transition: FloatArray) -> FloatArray:
    """p_ij * d E[log pi(s_first)] / d p_ij: the ergodic start counts like some more moves.

    From pi = pi P:  d pi = pi dP (I - P + 1 pi)^-1.
    """
    k = len(transition)
    shares = ergodic(transition)
    system, relative, moves = np.empty((k, k)), np.empty(k), np.empty((k, k))
    for i in range(k):
        relative[i] = oldest[i] / max(shares[i], _TINY)
        for j in range(k):
            system[i, j] = (1.0 if i == j else 0.0) - transition[i, j] + shares[j]
    value = solve(system, relative)
    for i in range(k):
        for j in range(k):
            moves[i, j] = shares[i] * transition[i, j] * value[j]
    return moves


class Local(NamedTuple):
    """What is known of the likelihood around one point of n coordinates."""

    llf: float
    slope: FloatArray  # (n,)
    information: FloatArray  # if the regimes were observed, diagonal, (n,)


@kernel
def look_around(task: Task, theta: FloatArray) -> Local:
    """Log-likelihood, its gradient in theta, and a first guess of minus its Hessian.

    The gradient is that of Fisher's identity,

        d log f(y; theta) = E[ d log f(y, s; theta) | y ]

    The derivative on the right is that of a regression and a chain whose regimes are known, so it
    is a sum over t that ``Expected`` holds. The guess is the diagonal of the expected information
    if the regimes were observed, which is what EM divides the gradient by, in effect.
    """
    series, k, n_variances = task.series, task.k, task.n_variances
    order, paths = series.lags.shape[1], series.paths
    point = point_at(theta, k, order, n_variances)
    expected = expect(series, point)
    slope, information = np.zeros(len(theta)), np.full(len(theta), _LEAST_INFORMATION)
    design = location_design(point, paths)
    for j in range(len(paths)):
        regime, sums = paths[j, 0], expected.gram[j]
        variance = point.variances[regime]
        for r in range(k):  # sum of e_t / sigma2 * d level / d location
            slope[r] += sums[ONE, SHOCK] * design[j, r] / variance
            information[r] += design[j, r] ** 2 * sums[ONE, ONE] / variance
        for lag in range(order):  # sum of e_t / sigma2 * x_lag
            slope[k + lag] += sums[SHOCK, LAGS + lag] / variance
            information[k + lag] += sums[LAGS + lag, LAGS + lag] / variance
        of_variance = k + order + min(regime, n_variances - 1)
        # sum of (e_t ** 2 / sigma2 - 1) / 2
        slope[of_variance] += 0.5 * (sums[SHOCK, SHOCK] / variance - sums[ONE, ONE])
        information[of_variance] += 0.5 * sums[ONE, ONE]
    before = moves_for_the_start(expected.oldest, point.transition)
    for i in range(k):
        row, out_of, known = k + order + n_variances + i * (k - 1), 0.0, 0.0
        for j in range(k):
            out_of += expected.moves[i, j] + before[i, j]
            known += expected.moves[i, j]
        for j in range(k - 1):
            p = point.transition[i, j]
            slope[row + j] = expected.moves[i, j] + before[i, j] - p * out_of
            information[row + j] += known * p * (1.0 - p)
    return Local(expected.llf, slope, information)
