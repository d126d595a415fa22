"""The climb to the maximum of a Markov-switching autoregression's likelihood.

Belongs here: random starts, EM on all of them at once, L-BFGS on one, standard errors at the top;
all on a series standardised to a unit residual variance of its linear autoregression. Does not
belong here: which starts are climbed and whether their answer is trusted (``regimes``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.econometrics.switching import (
    Form,
    RegimeParameters,
    Smoothed,
    hamilton_filter,
    kim_smoother,
    location_design,
    state_variances,
    without_lags,
)

VARIANCE_FLOOR = 1e-3  # of the residual variance of the linear autoregression
_LOG_BOUND = 15.0  # of odds and variances: a probability of 3e-7 is zero for any sample
_EM_ROUNDS = 60
_EM_GAIN = 1e-4  # of log-likelihood in a round: what EM still gains slowly, L-BFGS gains fast
_GRADIENT_STEP, _HESSIAN_STEP = 1e-5, 1e-4


@dataclass(frozen=True)
class Specification:
    """The model's size, and the map between its parameters and an unconstrained vector."""

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
    def bounds(self) -> FloatArray:
        """Lower and upper bounds, (n_params, 2)."""
        lower = [-np.inf, -np.inf, np.log(VARIANCE_FLOOR), -_LOG_BOUND]
        upper = [np.inf, np.inf, _LOG_BOUND, _LOG_BOUND]
        return np.repeat(np.column_stack([lower, upper]), self.sizes, axis=0)

    def pack(self, params: RegimeParameters) -> FloatArray:
        """The unconstrained vectors of some points, (s, n_params)."""
        log_transition = np.log(params.transition)
        logits = log_transition[:, :, :-1] - log_transition[:, :, -1:]
        log_variances = np.log(params.variances[:, : self.sizes[2]])
        logits = logits.reshape(len(logits), -1)
        return np.concatenate([params.location, params.ar, log_variances, logits], axis=1)

    def unpack(self, theta: FloatArray) -> RegimeParameters:
        """The points of some unconstrained vectors."""
        n, k = len(theta), self.k_regimes
        location, ar, log_variances, logits = np.split(theta, np.cumsum(self.sizes)[:-1], axis=1)
        odds = np.exp(np.concatenate([logits.reshape(n, k, k - 1), np.zeros((n, k, 1))], axis=2))
        variances = np.broadcast_to(np.exp(log_variances), (n, k))
        return RegimeParameters(
            location, ar, variances, odds / odds.sum(axis=2, keepdims=True), self.form
        )


def random_starts(
    spec: Specification, starts: int, linear_ar: FloatArray, spread: float, rng: np.random.Generator
) -> RegimeParameters:
    """Starting values around the linear AR; ``spread`` is the standard deviation of the series."""
    k = spec.k_regimes
    scale = 1.0 if spec.form == "intercept" else spread
    variances = rng.lognormal(-0.5, 1.0, (starts, k if spec.switching_variance else 1))
    stay = rng.uniform(0.5, 0.98, (starts, k, 1))
    return RegimeParameters(
        location=rng.normal(0.0, scale, (starts, k)),
        # regimes may account for much of the persistence that the linear model sees
        ar=linear_ar * rng.uniform(0.0, 1.0, (starts, 1)),
        variances=np.broadcast_to(np.maximum(variances, VARIANCE_FLOOR), (starts, k)),
        transition=np.where(np.eye(k, dtype=bool), stay, (1 - stay) / (k - 1)),
        form=spec.form,
    )


def expectation_maximisation(
    params: RegimeParameters, y: FloatArray, lags: FloatArray, spec: Specification
) -> tuple[RegimeParameters, FloatArray]:
    """EM from all starts at once until the last of them rests; points and log-likelihoods."""
    expected = kim_smoother(params, y, lags)
    for _ in range(_EM_ROUNDS):
        before = expected.llf
        params = _maximise(params, expected, y, lags, spec)
        expected = kim_smoother(params, y, lags)
        if np.abs(expected.llf - before).max() < _EM_GAIN:
            break
    return params, expected.llf


def _maximise(
    params: RegimeParameters,
    expected: Smoothed,
    y: FloatArray,
    lags: FloatArray,
    spec: Specification,
) -> RegimeParameters:
    """Conditional maximisation: each block given the newest values of the others."""
    states = params.states
    weights = expected.smoothed / state_variances(params)

    design, target = location_design(params)[None], without_lags(params, y, lags)
    params = replace(params, location=_weighted_least_squares(weights, design, target))

    level = np.einsum("jr,sr->sj", states.current, params.location)
    means = np.einsum("pjr,sr->sjp", states.subtracted_mean[1:], params.location)
    design, target = lags[:, None, None, :] - means, y[:, None, None] - level
    params = replace(params, ar=_weighted_least_squares(weights, design, target))

    squares = (target - np.einsum("tsjp,sp->tsj", design, params.ar)) ** 2
    sums = np.stack([expected.smoothed * squares, expected.smoothed]).sum(axis=1) @ states.current
    if not spec.switching_variance:
        sums = np.broadcast_to(sums.sum(axis=2, keepdims=True), sums.shape)
    counts = expected.transitions + 1e-6  # a regime that no period visits keeps a row
    return replace(
        params,
        variances=np.maximum(sums[0] / np.maximum(sums[1], 1e-6), VARIANCE_FLOOR),
        transition=counts / counts.sum(axis=2, keepdims=True),
    )


def _weighted_least_squares(
    weights: FloatArray, design: FloatArray, target: FloatArray
) -> FloatArray:
    """Coefficients (s, n) of target (time, s, state) on design (time, s, state, n).

    Axes of length one stand for values that do not vary along them. The tiny ridge keeps the
    system solvable when no period visits a regime.
    """
    gram = np.einsum("tsj,tsja,tsjb->sab", weights, design, design, optimize=True)
    moments = np.einsum("tsj,tsja,tsj->sa", weights, design, target, optimize=True)
    return np.linalg.solve(gram + 1e-8 * np.eye(gram.shape[-1]), moments[..., None])[..., 0]


def polish(
    theta: FloatArray, y: FloatArray, lags: FloatArray, spec: Specification
) -> tuple[float, FloatArray]:
    """L-BFGS from one point; all points of a central-difference gradient share one filter run."""
    from scipy.optimize import minimize

    steps = _GRADIENT_STEP * np.eye(len(theta))

    def negative_llf(point: FloatArray) -> tuple[float, FloatArray]:
        points = np.concatenate([point[None], point + steps, point - steps])
        _, llf = hamilton_filter(spec.unpack(points), y, lags)
        above, below = np.split(llf[1:], 2)
        return -llf[0], (below - above) / (2 * _GRADIENT_STEP)

    options = {"maxiter": 300, "ftol": 1e-12, "gtol": 1e-5}
    optimum = minimize(
        negative_llf, theta, jac=True, method="L-BFGS-B", bounds=spec.bounds, options=options
    )
    return -float(optimum.fun), optimum.x


def standard_errors(
    theta: FloatArray,
    y: FloatArray,
    lags: FloatArray,
    spec: Specification,
    centre: float,
    scale: float,
) -> RegimeParameters:
    """Delta-method standard errors of the parameters of centre + scale * series."""
    n = len(theta)

    def natural(points: FloatArray) -> FloatArray:
        return rescaled(spec.unpack(points), centre, scale).flat()

    gradient_steps, steps = _GRADIENT_STEP * np.eye(n), _HESSIAN_STEP * np.eye(n)
    jacobian = natural(theta + gradient_steps) - natural(theta - gradient_steps)
    jacobian = jacobian.T / (2 * _GRADIENT_STEP)
    corners = [theta + a * steps[:, None] + b * steps[None, :] for a in (1, -1) for b in (1, -1)]
    _, llf = hamilton_filter(spec.unpack(np.reshape(corners, (-1, n))), y, lags)
    information = -np.tensordot([1, -1, -1, 1], llf.reshape(4, n, n), 1) / (4 * _HESSIAN_STEP**2)

    free = (np.abs(theta[:, None] - spec.bounds) > 1e-6).all(axis=1)
    information, known = information[np.ix_(free, free)], jacobian[:, free]
    errors = np.full(len(jacobian), np.nan)
    if np.linalg.eigvalsh(information).min() > 0:
        errors = np.sqrt(np.einsum("ia,ab,ib->i", known, np.linalg.inv(information), known))
        errors[(jacobian[:, ~free] != 0).any(axis=1)] = np.nan
    k = spec.k_regimes
    location, ar, variances, transition = np.split(errors, np.cumsum([k, spec.order, k]))
    return RegimeParameters(location, ar, variances, transition.reshape(k, k), spec.form)


def rescaled(params: RegimeParameters, centre: float, scale: float) -> RegimeParameters:
    """Parameters of centre + scale * series."""
    shift = np.full_like(params.ar[:, :1], centre)
    if params.form == "intercept":
        shift = centre * (1 - params.ar.sum(axis=1, keepdims=True))
    return replace(
        params, location=scale * params.location + shift, variances=scale**2 * params.variances
    )
