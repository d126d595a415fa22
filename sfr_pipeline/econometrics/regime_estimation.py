"""The maximum of a Markov-switching autoregression's likelihood, searched for from many starts.

EM (expectation: Hamilton's filter with the smoother of Kim; maximisation: location, AR coefficients,
variances, transitions in turn) runs from every start. The best fifth become finalists, at most three
of them on one value so that rival maxima are climbed too; BFGS with the analytic gradient takes each
to its top, and a few Newton steps with the exact Hessian take the highest to the last digits.

All of it on a series standardised to a unit residual variance of its linear autoregression, and in
the unconstrained vector theta of ``kernels.switching_gradient``.

Belongs here: the search and the standard errors at its end. Does not belong here: whether the answer
is trusted (``markov_switching``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.econometrics.switching import Form, RegimeParameters, state_paths, with_lags
from sfr_pipeline.errors import EstimationError

if TYPE_CHECKING:
    from sfr_pipeline.econometrics.kernels.switching_climb import Task

VARIANCE_FLOOR = 1e-3  # of the residual variance of the linear autoregression
_LOG_BOUND = 15.0  # of odds and variances: a probability of 3e-7 is zero for any sample
_EM_ROUNDS = 60
_EM_GAIN = 1e-4  # of log-likelihood in a round: what EM still gains slowly, BFGS gains fast
_ALIKE, _MAX_ALIKE = 1e-2, 3  # finalists within 0.01 of each other's log-likelihood after EM
_CLIMB_ITERATIONS, _CLIMB_SLOPE = 300, 1e-6
_NEWTON_STEPS, _NEWTON_SLOPE = 10, 1e-10
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

    def task(self, values: FloatArray) -> Task:
        """What the kernels climb, for a standardised series."""
        from sfr_pipeline.econometrics.kernels.switching_climb import Task

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
        return RegimeParameters(*point, form=self.form)

    def theta(self, params: RegimeParameters) -> FloatArray:
        """The unconstrained vector of some parameters."""
        from sfr_pipeline.econometrics.kernels.switching_gradient import theta_at

        return np.asarray(theta_at(params.point, self.sizes[2]), dtype=float)


@dataclass(frozen=True)
class Scale:
    """The standardisation: series = centre + residual * standardised series.

    Attributes:
        centre: Mean of the series.
        residual: Residual standard deviation of its linear autoregression.
        linear_ar: Coefficients of that autoregression, shape (order,).
    """

    centre: float
    residual: float
    linear_ar: FloatArray


@dataclass(frozen=True)
class Search:
    """What the starts found.

    Attributes:
        theta: The highest top, regimes in their order, shape (n_params,).
        hessian: Exact Hessian of the log-likelihood there, shape (n_params, n_params).
        n_finalists: How many starts were climbed to their top after EM on all.
        n_agreeing: How many of those tops are as high as the highest.
    """

    theta: FloatArray
    hessian: FloatArray
    n_finalists: int
    n_agreeing: int


def search(values: FloatArray, spec: Specification, scale: Scale, starts: int, seed: int) -> Search:
    """Climb from all starts to the highest top of a series, shape (n_periods,)."""
    from sfr_pipeline.econometrics.kernels.switching_climb import climb_from_all, em_from_all

    task = spec.task((values - scale.centre) / scale.residual)
    points = random_starts(spec, starts, scale.linear_ar, task.series.y.std(), seed)
    llf, points = em_from_all(task, points, VARIANCE_FLOOR, _EM_ROUNDS, _EM_GAIN)
    finalists = _finalists(llf, max(4, round(starts / 5)))
    heights, tops = climb_from_all(task, points[finalists], _CLIMB_ITERATIONS, _CLIMB_SLOPE)
    best = int(heights.argmax())
    theta = spec.theta(_ordered(spec.parameters(tops[best]), spec.switching_variance))
    theta = np.clip(theta, task.lower, task.upper)
    theta, hessian = _newton(task, theta)
    n_agreeing = int((heights >= heights[best] - _LLF_TOLERANCE).sum())
    return Search(theta, hessian, len(tops), n_agreeing)


def random_starts(
    spec: Specification, starts: int, linear_ar: FloatArray, spread: float, seed: int
) -> FloatArray:
    """Starting values around the linear AR, (starts, n_params).

    ``spread`` is the standard deviation of the standardised series.
    """
    rng = np.random.default_rng(seed)
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


def _finalists(llf: FloatArray, n_finalists: int) -> list[int]:
    """The best starts, but few that share one log-likelihood: other maxima need a chance too."""
    chosen: list[int] = []
    for start in np.argsort(-llf, kind="stable").tolist():
        n_alike = (np.abs(llf[chosen] - llf[start]) < _ALIKE).sum()
        if n_alike < _MAX_ALIKE and len(chosen) < n_finalists:
            chosen.append(start)
    return chosen


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
    from sfr_pipeline.econometrics.kernels.linear import solve
    from sfr_pipeline.econometrics.kernels.switching_curvature import llf_gradient_and_hessian

    def derivatives(point: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        return llf_gradient_and_hessian(task.series, point, task.k, task.n_variances)

    llf, slope, hessian = derivatives(theta)
    for _ in range(_NEWTON_STEPS):
        free = is_free(theta, task)
        if not free.any() or np.abs(slope[free]).max() < _NEWTON_SLOPE:
            break
        new = theta.copy()
        new[free] += solve(-hessian[np.ix_(free, free)], slope[free])
        if not (is_free(new, task) == free).all():
            break
        new_llf, new_slope, new_hessian = derivatives(new)
        if np.abs(new_slope[free]).max() >= np.abs(slope[free]).max() or new_llf < llf - 1e-9:
            break
        theta, llf, slope, hessian = new, new_llf, new_slope, new_hessian
    return theta, hessian


def is_free(theta: FloatArray, task: Task) -> FloatArray:
    """True where a parameter is between its bounds and not on one."""
    return (theta > task.lower + 1e-6) & (theta < task.upper - 1e-6)


def standard_errors(
    found: Search, spec: Specification, scale: Scale
) -> RegimeParameters:
    """Standard errors of the parameters of the series as given.

    Inverse of the exact Hessian in theta, brought to the parameters by the delta method. NaN for
    what depends on a parameter that sits on its bound (the others are then conditional on it), and
    everywhere where the Hessian is not negative definite.
    """
    task = spec.task(np.zeros(spec.order + 1))
    free = is_free(found.theta, task)
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
    """Derivatives in theta of the parameters of the series as given, in the order of ``by_name``."""
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


def linear_scale(values: FloatArray, order: int) -> Scale:
    """The standardisation of a series.

    Raises:
        EstimationError: The series is constant or an exact autoregression.
    """
    centre, spread = float(values.mean()), float(values.std())
    if spread <= 1e-12 * max(abs(centre), np.finfo(float).tiny):
        raise EstimationError("endog is constant: there are no regimes to tell apart.")
    z = (values - centre) / spread
    nobs = len(z) - order
    lags = [z[order - lag : order - lag + nobs] for lag in range(1, order + 1)]
    design = np.column_stack([np.ones(nobs), *lags])
    coefficients = np.asarray(np.linalg.lstsq(design, z[order:], rcond=None)[0], dtype=float)
    residual = float(np.std(z[order:] - design @ coefficients))
    if residual < 1e-8:
        raise EstimationError(
            f"endog follows a linear autoregression of order {order} without error: there is "
            f"nothing left for regimes to explain."
        )
    return Scale(centre, spread * residual, coefficients[1:])
