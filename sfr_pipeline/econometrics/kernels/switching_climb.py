"""The way to the top of a Markov-switching autoregression's likelihood: EM, then quasi-Newton.

EM climbs from anywhere, slowly near the top; BFGS with the analytic gradient is fast near the top.

Does not belong here: from which points, and whether the tops are believed (``regime_estimation``,
``markov_switching``).
"""

from __future__ import annotations

import math

import numpy as np

from sfr_pipeline.arrays import BoolArray, FloatArray
from sfr_pipeline.econometrics.kernels.compiler import kernel
from sfr_pipeline.econometrics.kernels.switching import Task
from sfr_pipeline.econometrics.kernels.switching_em import expect, maximise
from sfr_pipeline.econometrics.kernels.switching_gradient import (
    Local,
    look_around,
    point_at,
    theta_at,
)

_SUFFICIENT_GAIN = 1e-4  # of what the slope promises, for a step to be taken (Armijo)
_HALVINGS = 30
_CONCAVE = 1e-10  # cosine of step and bend above which the likelihood counts as bending downwards


@kernel
def expectation_maximisation(
    task: Task, start: FloatArray, floor: float, rounds: int
) -> FloatArray:
    """The point that some rounds of EM reach from one point."""
    series, common = task.series, task.n_variances < task.k
    point = point_at(start, task.k, series.lags.shape[1], task.n_variances)
    for _ in range(rounds):
        point = maximise(expect(series, point), point, series.paths, common, floor)
    return theta_at(point, task.n_variances)


@kernel
def climb(
    task: Task, start: FloatArray, iterations: int, tolerance: float
) -> tuple[float, FloatArray]:
    """BFGS between the bounds until a step promises less than ``tolerance`` of log-likelihood.

    A parameter on its bound whose slope points outwards is held, the others move. Whenever the set
    of held ones changes, or no step along the direction gains, the curvature is learned anew.
    """
    theta = np.minimum(np.maximum(start, task.lower), task.upper)
    here = look_around(task, theta)
    held = held_at_bounds(task, theta, here.slope)
    inverse, fresh = np.diag(1.0 / here.information), True
    for _ in range(iterations):
        direction = quasi_newton_direction(inverse, here.slope, held)
        if 0.5 * (here.slope * direction).sum() < tolerance:
            break  # what a full step gains if the likelihood is a parabola
        new, there = line_search(task, theta, here, direction)
        stuck = there.llf <= here.llf
        if stuck and fresh:
            break  # no higher point in sight: round-off is all that is left
        now_held = held_at_bounds(task, new, there.slope)
        if stuck or (now_held != held).any():
            inverse, fresh = np.diag(1.0 / there.information), True
        else:
            update_inverse(inverse, new - theta, here.slope - there.slope, held)
            fresh = False
        theta, here, held = new, there, now_held
    return here.llf, theta


@kernel
def held_at_bounds(task: Task, theta: FloatArray, slope: FloatArray) -> BoolArray:
    """True where a parameter is on a bound and its slope points outwards."""
    low = (theta <= task.lower) & (slope < 0.0)
    return low | ((theta >= task.upper) & (slope > 0.0))


@kernel
def quasi_newton_direction(inverse: FloatArray, slope: FloatArray, held: BoolArray) -> FloatArray:
    """``inverse @ slope`` of the free parameters."""
    direction = np.zeros(len(slope))
    for a in range(len(slope)):
        if not held[a]:
            for b in range(len(slope)):
                direction[a] += 0.0 if held[b] else inverse[a, b] * slope[b]
    return direction


@kernel
def line_search(
    task: Task, theta: FloatArray, here: Local, direction: FloatArray
) -> tuple[FloatArray, Local]:
    """The first of the steps 1, 1/2, 1/4 .. that gains enough; ``theta`` itself if none does."""
    step = 1.0
    for _ in range(_HALVINGS):
        new = np.minimum(np.maximum(theta + step * direction, task.lower), task.upper)
        promised = (here.slope * (new - theta)).sum()
        there = look_around(task, new)
        if there.llf >= here.llf + _SUFFICIENT_GAIN * promised and promised > 0.0:
            return new, there
        step *= 0.5
    return theta, here


@kernel
def update_inverse(
    inverse: FloatArray, step: FloatArray, bend: FloatArray, held: BoolArray
) -> None:
    """The update of Broyden, Fletcher, Goldfarb and Shanno, in place.

    ``step`` is what theta moved, ``bend`` what the slope fell meanwhile. Skipped where the
    likelihood bends upwards.
    """
    n = len(step)
    product, steps, bends = 0.0, 0.0, 0.0
    for a in range(n):
        if held[a]:
            bend[a] = 0.0
        product += step[a] * bend[a]
        steps += step[a] ** 2
        bends += bend[a] ** 2
    if product <= _CONCAVE * math.sqrt(steps * bends):
        return
    carried, curved = np.zeros(n), 0.0
    for a in range(n):
        for b in range(n):
            carried[a] += inverse[a, b] * bend[b]
        curved += bend[a] * carried[a]
    weight = (1.0 + curved / product) / product
    for a in range(n):
        for b in range(n):
            mixed = step[a] * carried[b] + carried[a] * step[b]
            inverse[a, b] += weight * step[a] * step[b] - mixed / product
