"""The maximum of a Markov-switching autoregression's likelihood, searched for from many starts.

From every start a few rounds of EM (expectation: Hamilton's filter with the smoother of Kim;
maximisation: location, AR coefficients, variances, transitions in turn), which climb from anywhere;
then BFGS with the analytic gradient to the start's own top. A few Newton steps take the highest of
them to the last digits.

All of it on a series standardised to a unit residual variance of its linear autoregression, and in
the unconstrained vector theta of ``kernels.switching_gradient``.

Does not belong here: whether the answer is trusted (``markov_switching``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sfr_pipeline.arrays import BoolArray, FloatArray
from sfr_pipeline.econometrics.switching import Form, RegimeParameters, state_paths, with_lags
from sfr_pipeline.errors import EstimationError
from sfr_pipeline.threads import in_threads, processors

if TYPE_CHECKING:
    from sfr_pipeline.econometrics.kernels.switching import Task

# Where a climb ended: log-likelihood and theta.
End = tuple[float, FloatArray]

VARIANCE_FLOOR = 1e-3  # of the residual variance of the linear autoregression
_LOG_BOUND = 15.0  # of odds and variances: a probability of 3e-7 is zero for any sample
_PERIODS_A_PARAMETER = 4
_EM_ROUNDS = 4  # few: what EM still gains slowly, BFGS gains fast
# BFGS ends where it promises less log-likelihood than this: near each start's top, well within the
# tolerance of agreement, and for the highest start at the top or on a bound.
_CLIMB_ITERATIONS, _CLIMB_GAIN, _FINAL_GAIN = 300, 1e-6, 1e-13
_NEWTON_STEPS, _NEWTON_SLOPE = 10, 1e-10
_DIFFERENCE = 1e-4  # in theta: differences of the gradient are then right to seven digits
_ROUNDS = 8  # of as many starts as were asked for
_LLF_TOLERANCE = 1e-4  # starts whose log-likelihoods are this close have found the same optimum


@dataclass(frozen=True)
class Specification:
    """The model's size, and the layout of theta."""

    k_regimes: int
    order: int
    form: Form
    switching_variance: bool

    @property
    def sizes(self) -> tuple[int, int, int, int]:
        """Entries for locations, AR coefficients, log variances, transition logits."""
        k = self.k_regimes
        return k, self.order, k if self.switching_variance else 1, k * (k - 1)

    @property
    def n_params(self) -> int:
        """Number of free parameters."""
        return sum(self.sizes)

    @property
    def n_needed(self) -> int:
        """Fewest periods that are estimated from: some for each parameter, beside the lags."""
        return self.order + _PERIODS_A_PARAMETER * self.n_params

    def task(self, values: FloatArray) -> Task:
        """What the kernels climb, for a standardised series."""
        from sfr_pipeline.econometrics.kernels.switching import Task

        lower = [-np.inf, -np.inf, np.log(VARIANCE_FLOOR), -_LOG_BOUND]
        upper = [np.inf, np.inf, _LOG_BOUND, _LOG_BOUND]
        return Task(
            with_lags(values, self.order, state_paths(self.k_regimes, self.order, self.form)),
            self.k_regimes,
            self.sizes[2],
            np.repeat(lower, self.sizes),
            np.repeat(upper, self.sizes),
        )

    def parameters(self, theta: FloatArray) -> RegimeParameters:
        """The parameters at an unconstrained vector."""
        from sfr_pipeline.econometrics.kernels.switching_gradient import point_at

        point = point_at(theta, self.k_regimes, self.order, self.sizes[2])
        return RegimeParameters(
            point.location, point.ar, point.variances, point.transition, self.form
        )

    def theta(self, params: RegimeParameters) -> FloatArray:
        """The unconstrained vector of some parameters."""
        from sfr_pipeline.econometrics.kernels.switching_gradient import theta_at

        return np.asarray(theta_at(params.point, self.sizes[2]), dtype=float)


class Scale(NamedTuple):
    """The standardisation: series = centre + residual * standardised series."""

    centre: float  # mean of the series
    residual: float  # residual standard deviation of its linear autoregression
    linear_ar: FloatArray  # coefficients of that autoregression, (order,)


class Search(NamedTuple):
    """What the starts found."""

    theta: FloatArray  # the highest top, regimes in their order, (n_params,)
    hessian: FloatArray  # of the log-likelihood there, (n_params, n_params)
    free: BoolArray  # False where a parameter sits on its bound, (n_params,)
    n_starts: int  # how many starts were climbed from
    n_agreeing: int  # how many of them ended as high as the highest


def search(values: FloatArray, spec: Specification, scale: Scale, starts: int, seed: int) -> Search:
    """Climb from all starts to the highest top of a series, shape (n_periods,).

    Where one start alone ends there, as many starts again are climbed from, up to ``_ROUNDS``
    times: the highest top may be the hard one to find.
    """
    from sfr_pipeline.econometrics.kernels.switching_climb import climb

    task = spec.task((values - scale.centre) / scale.residual)
    rng, spread = np.random.default_rng(seed), float(task.series.y.std())
    ends: list[End] = []
    n_agreeing = 0
    while n_agreeing < 2 and len(ends) < _ROUNDS * starts:
        ends += _climb_all(task, random_starts(spec, starts, scale.linear_ar, spread, rng))
        height, best = max(ends, key=itemgetter(0))
        n_agreeing = sum(llf >= height - _LLF_TOLERANCE for llf, _ in ends)
    top = _ordered(spec.parameters(best), spec.switching_variance)
    _, theta = climb(task, spec.theta(top), _CLIMB_ITERATIONS, _FINAL_GAIN)
    theta, hessian = _newton(task, theta)
    return Search(theta, hessian, is_free(theta, task), len(ends), n_agreeing)


def _climb_all(task: Task, points: FloatArray) -> list[End]:
    """From every start, (s, n_params), to its own top."""
    from sfr_pipeline.econometrics.kernels.switching_climb import climb, expectation_maximisation

    def climb_some(some: FloatArray) -> list[End]:
        reached = [expectation_maximisation(task, one, VARIANCE_FLOOR, _EM_ROUNDS) for one in some]
        return [climb(task, one, _CLIMB_ITERATIONS, _CLIMB_GAIN) for one in reached]

    parts = np.array_split(points, min(processors(), len(points)))
    return [end for part in in_threads(climb_some, parts) for end in part]


def random_starts(
    spec: Specification, starts: int, linear_ar: FloatArray, spread: float, rng: np.random.Generator
) -> FloatArray:
    """Starting values around the linear AR, (starts, n_params).

    ``spread`` is the standard deviation of the standardised series.
    """
    k, _, n_variances, _ = spec.sizes
    location_scale = 1.0 if spec.form == "intercept" else spread
    variances = rng.lognormal(-0.5, 1.0, (starts, n_variances))
    stay = rng.uniform(0.5, 0.98, (starts, k, 1))
    location = rng.normal(0.0, location_scale, (starts, k))
    # regimes may account for much of the persistence that the linear model sees
    ar = linear_ar * rng.uniform(0.0, 1.0, (starts, 1))
    transition = np.where(np.eye(k, dtype=bool), stay, (1 - stay) / (k - 1))
    logits = np.log(transition[:, :, :-1] / transition[:, :, -1:]).reshape(starts, -1)
    log_variances = np.log(np.maximum(variances, VARIANCE_FLOOR))
    return np.concatenate([location, ar, log_variances, logits], axis=1)


def _ordered(params: RegimeParameters, switching_variance: bool) -> RegimeParameters:
    """Relabel the regimes, low variance (else low location) first."""
    order = np.argsort(params.variances if switching_variance else params.location, kind="stable")
    return replace(
        params,
        location=params.location[order],
        variances=params.variances[order],
        transition=params.transition[np.ix_(order, order)],
    )


def _newton(task: Task, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Newton's method from a point next to the top; the top and the Hessian there."""
    from sfr_pipeline.econometrics.kernels.switching_gradient import look_around

    slope, hessian = look_around(task, theta).slope, curvature(task, theta)
    for _ in range(_NEWTON_STEPS):
        free = is_free(theta, task)
        steepest = np.abs(slope[free]).max(initial=0.0)
        if steepest < _NEWTON_SLOPE:
            break
        new = theta.copy()
        new[free] -= np.linalg.lstsq(hessian[np.ix_(free, free)], slope[free])[0]
        new_slope = look_around(task, new).slope
        if (is_free(new, task) != free).any() or np.abs(new_slope[free]).max() >= steepest:
            break
        theta, slope, hessian = new, new_slope, curvature(task, new)
    return theta, hessian


def curvature(task: Task, theta: FloatArray) -> FloatArray:
    """Hessian of the log-likelihood in theta, (n_params, n_params), by differences of its slope."""
    from sfr_pipeline.econometrics.kernels.switching_gradient import look_around

    pairs = [(theta + step, theta - step) for step in _DIFFERENCE * np.eye(len(theta))]
    rises = [look_around(task, up).slope - look_around(task, down).slope for up, down in pairs]
    return (np.array(rises) + np.transpose(rises)) / (4 * _DIFFERENCE)


def is_free(theta: FloatArray, task: Task) -> BoolArray:
    """True where a parameter is between its bounds and not on one."""
    return (theta > task.lower + 1e-6) & (theta < task.upper - 1e-6)


def standard_errors(found: Search, spec: Specification, scale: Scale) -> RegimeParameters:
    """Standard errors of the parameters of the series as given.

    Inverse of the Hessian in theta, brought to the parameters by the delta method. NaN for
    what depends on a parameter that sits on its bound (the others are then conditional on it), and
    everywhere where the Hessian is not negative definite.
    """
    free = found.free
    jacobian = _jacobian(spec.parameters(found.theta), spec, scale)
    information = -found.hessian[np.ix_(free, free)]
    errors = np.full(len(jacobian), np.nan)
    if np.linalg.eigvalsh(information).min() > 0:
        known = jacobian[:, free]
        errors = np.sqrt(np.einsum("ia,ab,ib->i", known, np.linalg.inv(information), known))
        errors[(jacobian[:, ~free] != 0).any(axis=1)] = np.nan
    k = spec.k_regimes
    location, ar, variances, transition = np.split(errors, np.cumsum([k, spec.order, k]))
    return RegimeParameters(location, ar, variances, transition.reshape(k, k), spec.form)


def _jacobian(params: RegimeParameters, spec: Specification, scale: Scale) -> FloatArray:
    """Derivatives in theta of the parameters of the series as given, rows as in ``by_name``."""
    k, order, n_variances, _ = spec.sizes
    jacobian = np.zeros((k + order + k + k * k, spec.n_params))
    regimes = np.arange(k)
    jacobian[regimes, regimes] = scale.residual
    if spec.form == "intercept":  # a = residual * a' + centre * (1 - sum phi)
        jacobian[:k, k : k + order] = -scale.centre
    jacobian[k : k + order, k : k + order] = np.eye(order)
    log_variances = k + order + np.minimum(regimes, n_variances - 1)
    jacobian[k + order + regimes, log_variances] = scale.residual**2 * params.variances
    for i, row in enumerate(params.transition):
        rows = slice(k + order + k + i * k, k + order + k + (i + 1) * k)
        columns = slice(spec.n_params - (k - i) * (k - 1), spec.n_params - (k - i - 1) * (k - 1))
        jacobian[rows, columns] = (np.diag(row) - np.outer(row, row))[:, :-1]
    return jacobian


def rescaled(params: RegimeParameters, scale: Scale) -> RegimeParameters:
    """Parameters of the series as given, from those of the standardised one."""
    shift = scale.centre
    if params.form == "intercept":
        shift = scale.centre * (1 - params.ar.sum())
    return replace(
        params,
        location=scale.residual * params.location + shift,
        variances=scale.residual**2 * params.variances,
    )


def linear_scale(values: FloatArray, order: int, name: str = "endog") -> Scale:
    """The standardisation of a series, which errors call ``name``.

    Raises:
        EstimationError: The series is constant or an exact autoregression.
    """
    centre, spread = float(values.mean()), float(values.std())
    if spread <= 1e-12 * max(abs(centre), np.finfo(float).tiny):
        raise EstimationError(f"{name} is constant: there are no regimes to tell apart.")
    z = (values - centre) / spread
    y, *lags = (z[order - lag : len(z) - lag] for lag in range(order + 1))
    design = np.column_stack([np.ones(len(y)), *lags])
    coefficients = np.asarray(np.linalg.lstsq(design, y, rcond=None)[0], dtype=float)
    residual = float(np.std(y - design @ coefficients))
    if residual < 1e-8:
        raise EstimationError(
            f"{name} follows a linear autoregression of order {order} without error: there is "
            f"nothing left for regimes to explain."
        )
    return Scale(centre, spread * residual, coefficients[1:])
