"""Markov-switching autoregressions: estimation, filter, smoother and forecast of regimes.

Two models share everything here but the place where the regime enters:

``intercept``  y_t = a_{s_t} + sum_k phi_k y_{t-k} + e_t               (the paper, section 3.2.3)
``mean``       y_t - mu_{s_t} = sum_k phi_k (y_{t-k} - mu_{s_{t-k}}) + e_t       (Hamilton 1989)

with e_t ~ N(0, sigma2_{s_t}) and P(s_t = j | s_{t-1} = i) = p_ij. They are different models with
different likelihoods: after a switch the first drifts to its new level, the second jumps to it. The
paper's MSIH(2)-AR(1) is the intercept form with k_regimes=2 and order=1.

The likelihood has many local maxima and a routine that reports convergence may sit far below the
best one. ``fit`` therefore climbs from many random starts and refuses to answer unless at least two
of them end at the same best value.

What does not belong here: which series is modelled, which probabilities warn of a crisis, and tests
for the number of regimes. (Likelihood ratios against a linear model have no chi-squared
distribution: under the null the transition probabilities are not identified.)

References: Hamilton (1989), Econometrica 57; Kim (1994), Journal of Econometrics 60; for the names
MSI, MSM, MSIH: Krolzig (1997), Markov-Switching Vector Autoregressions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq, minimize
from scipy.special import ndtr

from sfr_pipeline.errors import EstimationError

Array = NDArray[np.float64]
Form = Literal["intercept", "mean"]

_VARIANCE_FLOOR = 1e-3  # of the residual variance of the linear autoregression
_LOG_BOUND = 15.0  # of odds and variances: a probability of 3e-7 is zero for any sample
_LLF_TOLERANCE = 1e-4  # starts whose log-likelihoods are this close have found the same optimum
_EM_ROUNDS = 60
_FINALIST_SHARE, _MIN_FINALISTS = 0.2, 4
_ALIKE, _MAX_ALIKE = 1e-2, 3  # finalists within 0.01 of each other's log-likelihood after EM
_MIN_OBSERVATIONS_PER_PARAMETER = 4
_GRADIENT_STEP = 1e-5
# Messages are rescaled every few periods only, for speed; the floor on log densities below the
# likeliest state keeps the product in between representable.
_RESCALE_EVERY = 4
_LOG_DENSITY_FLOOR = -150.0
_HESSIAN_STEP = 1e-4


@dataclass(frozen=True)
class RegimeParameters:
    """Parameters of one Markov-switching autoregression.

    Attributes:
        location: Intercepts a_s or means mu_s, as ``form`` says, shape (k_regimes,).
        ar: Common autoregressive coefficients phi_1 .. phi_order, shape (order,).
        variances: sigma2_s, shape (k_regimes,); equal entries when the variance does not switch.
        transition: Row-stochastic, ``transition[i, j]`` = P(s_t = j | s_{t-1} = i), shape
            (k_regimes, k_regimes).
        form: Where the regime enters, see the module's docstring.

    Inside this module the arrays carry one leading axis more: the starting value, or the point at
    which the likelihood is evaluated.
    """

    location: Array
    ar: Array
    variances: Array
    transition: Array
    form: Form = "intercept"

    @property
    def k_regimes(self) -> int:
        """Number of regimes."""
        return self.location.shape[-1]

    @property
    def order(self) -> int:
        """Number of lags."""
        return self.ar.shape[-1]

    def by_name(self) -> dict[str, float]:
        """Every parameter under its usual name: const[0], ar.L1, sigma2[0], p[0->1], ..."""
        regimes = range(self.k_regimes)
        location = "const" if self.form == "intercept" else "mean"
        names = [f"{location}[{i}]" for i in regimes]
        names += [f"ar.L{lag}" for lag in range(1, self.order + 1)]
        names += [f"sigma2[{i}]" for i in regimes]
        names += [f"p[{i}->{j}]" for i in regimes for j in regimes]
        return dict(zip(names, _flatten(self).tolist(), strict=True))


@dataclass(frozen=True)
class RegimeResults:
    """A fitted Markov-switching autoregression, regimes ordered by variance (low first).

    Attributes:
        params: Maximum likelihood estimates.
        standard_errors: Their standard errors, in the same places: inverse numerical Hessian of the
            log-likelihood in unconstrained parameters, brought to the natural ones by the delta
            method. NaN everywhere where the Hessian is not negative definite, and NaN for a
            parameter that sits on its bound (the others are then conditional on it).
        llf: Log-likelihood of y_{order+1} .. y_T given the first ``order`` observations.
        n_params: Number of free parameters.
        n_starts: Number of random starting values.
        n_finalists: How many of them were climbed to their optimum after EM on all.
        n_agreeing: How many finalists, from different starting values, reached ``llf``.
        variance_floor: Lower bound of the variances in the estimation.
        filtered_marginal_probabilities: P(s_t | y_1 .. y_t) at the full-sample estimates, shape
            (n_periods - order, k_regimes).
        smoothed_marginal_probabilities: P(s_t | y_1 .. y_T), same shape.
    """

    params: RegimeParameters
    standard_errors: RegimeParameters
    llf: float
    n_params: int
    n_starts: int
    n_finalists: int
    n_agreeing: int
    variance_floor: float
    filtered_marginal_probabilities: Array
    smoothed_marginal_probabilities: Array

    @property
    def nobs(self) -> int:
        """Number of observations in the likelihood, n_periods - order."""
        return len(self.smoothed_marginal_probabilities)

    @property
    def aic(self) -> float:
        """Akaike's criterion."""
        return 2 * self.n_params - 2 * self.llf

    @property
    def bic(self) -> float:
        """Schwarz's criterion."""
        return float(np.log(self.nobs)) * self.n_params - 2 * self.llf

    @property
    def ergodic_shares(self) -> Array:
        """Long-run share of time in each regime, from the transition matrix, shape (k_regimes,)."""
        return _ergodic(self.params.transition)

    @property
    def counted_shares(self) -> Array:
        """Share of periods whose most probable smoothed regime is this one, shape (k_regimes,)."""
        regimes = self.smoothed_marginal_probabilities.argmax(axis=1)
        return np.bincount(regimes, minlength=self.params.k_regimes) / self.nobs

    @property
    def expected_durations(self) -> Array:
        """Expected length of a stay, 1 / (1 - p_ii) periods, shape (k_regimes,)."""
        return 1 / (1 - np.diagonal(self.params.transition))

    @property
    def at_variance_floor(self) -> bool:
        """True when a variance sits on its floor: that regime only fits a few points."""
        return bool((self.params.variances <= self.variance_floor * (1 + 1e-6)).any())

    def summary(self) -> str:
        """The estimates as a table."""
        params = self.params
        rule = "=" * 66
        lines = [
            f"Markov-switching autoregression: {params.form} form, {params.k_regimes} regimes, "
            f"AR({params.order})",
            rule,
            f"No. observations {self.nobs:>10d}      Log-likelihood {self.llf:>16.4f}",
            f"No. parameters   {self.n_params:>10d}      AIC            {self.aic:>16.4f}",
            f"Starts agreeing  {f'{self.n_agreeing}/{self.n_finalists}':>10s}"
            f"      BIC            {self.bic:>16.4f}",
            rule,
            f"{'':<14}{'coef':>13}{'std err':>13}{'z':>13}{'P>|z|':>13}",
            "-" * 66,
        ]
        errors = self.standard_errors.by_name()
        for name, value in params.by_name().items():
            z = value / errors[name] if errors[name] > 0 else np.nan
            p_value = 2 * ndtr(-abs(z))
            lines.append(f"{name:<14}{value:>13.5g}{errors[name]:>13.4g}{z:>13.3f}{p_value:>13.3f}")
        lines += [rule, f"{'regime':<14}{'ergodic':>13}{'counted':>13}{'duration':>13}", "-" * 66]
        shares = zip(self.ergodic_shares, self.counted_shares, self.expected_durations, strict=True)
        lines += [
            f"{regime:<14}{ergodic:>13.3f}{counted:>13.3f}{duration:>13.2f}"
            for regime, (ergodic, counted, duration) in enumerate(shares)
        ]
        if self.at_variance_floor:
            lines.append("A variance sits on its floor: that regime fits a few points only.")
        return "\n".join([*lines, rule])

    __str__ = summary


@dataclass(frozen=True)
class RegimeForecast:
    """Forecasts for 1 .. horizon periods ahead.

    Attributes:
        regime_probabilities: P(s_{T+h} | y_1 .. y_T), shape (horizon, k_regimes).
        mean: E[y_{T+h} | y_1 .. y_T], exact, shape (horizon,).
        quantiles: Quantiles of y_{T+h}, shape (horizon, len(quantile_levels)); exact at h = 1,
            from simulated paths beyond.
        quantile_levels: The levels of those quantiles.
    """

    regime_probabilities: Array
    mean: Array
    quantiles: Array
    quantile_levels: tuple[float, ...]


def fit(
    endog: ArrayLike,
    *,
    k_regimes: int = 2,
    order: int = 1,
    form: Form = "intercept",
    switching_variance: bool = True,
    starts: int = 50,
    seed: int = 0,
) -> RegimeResults:
    """Estimate a Markov-switching autoregression by maximum likelihood from many starts.

    EM (expectation: Hamilton's filter with the smoother of Kim; conditional maximisation: location,
    AR coefficients, variances, transitions in turn) runs from all starts at once. The best fifth
    become finalists, at most three of them on one value so that rival maxima are climbed too, and
    L-BFGS takes each to its optimum. The chain starts in its ergodic distribution; variances stay
    above 1e-3 of the residual variance of the linear AR, for without a floor the likelihood is
    unbounded. Agreement of starts makes a missed maximum unlikely, not impossible: on a series
    without regimes the likelihood is nearly flat, and a refusal is a common and right answer.

    Args:
        endog: The series, shape (n_periods,), complete and in time order.
        k_regimes: Number of regimes, at least 2.
        order: Number of lags, at least 1.
        form: ``intercept`` (the paper) or ``mean`` (Hamilton 1989), whose k_regimes ** (order + 1)
            states cost time.
        switching_variance: Whether each regime has its own variance. When not, regimes are ordered
            by their intercept or mean instead.
        starts: Number of random starting values.
        seed: Seed of the starting values; the same seed gives the same results to the last bit.

    Raises:
        EstimationError: The series is not finite, too short, constant or an exact autoregression,
            or fewer than two starts agree on the best log-likelihood.
        ValueError: An argument is outside its range.
    """
    _check_arguments(k_regimes, order, form, starts)
    spec = _Specification(k_regimes, order, form, switching_variance)
    series = _checked_series(endog)
    n_needed = order + _MIN_OBSERVATIONS_PER_PARAMETER * spec.n_params
    if len(series) < n_needed:
        raise EstimationError(
            f"endog has {len(series)} periods, too short for {spec.n_params} parameters: give at "
            f"least {n_needed} periods, or fewer regimes or lags."
        )
    centre, scale, linear_ar = _linear_autoregression(series, order)
    y, lags = _with_lags((series - centre) / scale, order)

    params = _random_starts(spec, starts, linear_ar, float(np.std(y)), np.random.default_rng(seed))
    for _ in range(_EM_ROUNDS):
        params = _maximise(params, _expectation(params, y, lags), y, lags, spec)
    _, llf = _filter(params, y, lags)
    finalists = _finalists(llf, max(_MIN_FINALISTS, round(_FINALIST_SHARE * starts)))
    tops = [_polish(theta, y, lags, spec) for theta in spec.pack(_select(params, finalists))]

    best_llf, best = max(tops, key=lambda top: top[0])
    n_agreeing = sum(top_llf >= best_llf - _LLF_TOLERANCE for top_llf, _ in tops)
    if n_agreeing < 2:
        raise EstimationError(
            f"Only one of {len(tops)} finalists from {starts} starts reached the best "
            f"log-likelihood, so it may not be the maximum: raise starts, or give a longer sample."
        )

    best = spec.pack(_ordered(spec.unpack(best[None]), switching_variance))[0]
    errors = _standard_errors(best, y, lags, spec, centre, scale)
    params = _rescaled(spec.unpack(best[None]), centre, scale)
    expected = _expectation(params, *_with_lags(series, order))
    return RegimeResults(
        params=_select(params, 0),
        standard_errors=errors,
        llf=float(expected.llf[0]),
        n_params=spec.n_params,
        n_starts=starts,
        n_finalists=len(tops),
        n_agreeing=n_agreeing,
        variance_floor=_VARIANCE_FLOOR * scale**2,
        filtered_marginal_probabilities=_marginal(expected.filtered[:, 0], k_regimes),
        smoothed_marginal_probabilities=_marginal(expected.smoothed[:, 0], k_regimes),
    )


def filter_probabilities(endog: ArrayLike, params: RegimeParameters) -> Array:
    """Filtered regime probabilities P(s_t | y_1 .. y_t) at given parameters (Hamilton 1989).

    For real time: parameters estimated on the past, filter run to today. Row t depends on
    observations up to t alone and is bit-identical whatever comes after.

    Args:
        endog: The series, shape (n_periods,).
        params: Parameters, from ``fit(...).params`` or by hand.

    Returns:
        Shape (n_periods - order, k_regimes); the first row belongs to period order + 1.

    Raises:
        EstimationError: The series is not finite or has no period after the first ``order``.
        ValueError: The parameters do not fit together.
    """
    return _marginal(_filtered_states(endog, params), params.k_regimes)


def forecast(
    params: RegimeParameters,
    endog: ArrayLike,
    horizon: int,
    *,
    quantile_levels: Sequence[float] = (0.05, 0.5, 0.95),
    n_paths: int = 20_000,
    seed: int = 0,
) -> RegimeForecast:
    """Forecast regimes and series from the end of ``endog`` at given parameters.

    Regime probabilities and the mean are exact at all horizons: the AR coefficients are common to
    the regimes, so with x_t = y_t (intercept form) or y_t - mu_{s_t} (mean form)

        E[x_{T+h}] = sum_k phi_k E[x_{T+h-k}] + a' P(s_{T+h})      (a = 0 in the mean form)
        E[y_{T+h}] = E[x_{T+h}]               + mu' P(s_{T+h})     (mu = 0 in the intercept form)

    Quantiles are those of the exact normal mixture at h = 1 and of ``n_paths`` seeded paths beyond.
    Parameters are taken as known: their uncertainty is not in the intervals.

    Args:
        params: Parameters, from ``fit(...).params`` or by hand.
        endog: The series up to the forecast origin, shape (n_periods,).
        horizon: Number of periods ahead, at least 1.
        quantile_levels: Levels in (0, 1).
        n_paths: Number of simulated paths.
        seed: Seed of the simulated paths.

    Raises:
        EstimationError: The series is not finite or has no period after the first ``order``.
        ValueError: The parameters do not fit together or an argument is outside its range.
    """
    levels = tuple(quantile_levels)
    if horizon < 1 or n_paths < 1 or not all(0 < level < 1 for level in levels):
        raise ValueError(
            f"horizon and n_paths must be at least 1 and quantile_levels inside (0, 1), got "
            f"{horizon}, {n_paths} and {levels}."
        )
    now, states = _filtered_states(endog, params)[-1], _states_of(params)
    newest_first = _checked_series(endog)[: -params.order - 1 : -1]
    # x_T .. x_{T-order+1} in each state, shape (n_states, order)
    x = newest_first - (states.subtracted_mean[:-1] @ params.location).T
    a, mu = _intercepts_and_means(params)

    probabilities = np.empty((horizon, params.k_regimes))
    mean = np.empty(horizon)
    regime, x_mean = _marginal(now[None], params.k_regimes)[0], now @ x
    for h in range(horizon):
        regime = probabilities[h] = regime @ params.transition
        x_mean = np.append(params.ar @ x_mean + a @ regime, x_mean)[: params.order]
        mean[h] = x_mean[0] + mu @ regime

    quantiles = np.empty((horizon, len(levels)))
    quantiles[0] = _one_step_quantiles(params, states, now, x, levels)
    if horizon > 1:
        paths = _simulated_paths(params, states, now, x, horizon, n_paths, seed)
        quantiles[1:] = np.quantile(paths[1:], levels, axis=1).T
    return RegimeForecast(probabilities, mean, quantiles, levels)


# ---------------------------------------------------------------------------------------------
# The chain. A state is the path (s_t, .., s_{t-m}): m = order in the mean form, 0 in the other.


@dataclass(frozen=True)
class _States:
    current: Array  # (n_states, k_regimes), 1 where the state has s_t in the regime
    subtracted_mean: Array  # (order + 1, n_states, k_regimes), 1 where mu of it leaves y_{t-lag}
    links: Array  # (n_states, n_states), 1 where a path may follow a path


@cache
def _states(k_regimes: int, order: int, form: Form) -> _States:
    depth = order if form == "mean" else 0
    paths = np.array(list(product(range(k_regimes), repeat=depth + 1)))
    regime_at_lag = np.eye(k_regimes)[paths.T]
    means = regime_at_lag if form == "mean" else np.zeros((order + 1, *regime_at_lag.shape[1:]))
    links = (paths[:, None, :-1] == paths[None, :, 1:]).all(axis=2).astype(float)
    return _States(regime_at_lag[0], means, links)


def _states_of(params: RegimeParameters) -> _States:
    return _states(params.k_regimes, params.order, params.form)


def _ergodic(transition: Array) -> Array:
    """Solution of pi P = pi, sum(pi) = 1, for the last two axes."""
    k_regimes = transition.shape[-1]
    system = np.eye(k_regimes) - np.swapaxes(transition, -1, -2) + 1.0
    shares = np.linalg.solve(system, np.ones((*transition.shape[:-1], 1)))
    return np.asarray(shares[..., 0], dtype=float)


def _chain(params: RegimeParameters) -> tuple[Array, Array]:
    """Transition matrix of the states (s, n_states, n_states) and their ergodic distribution."""
    current, links = _states_of(params).current, _states_of(params).links
    transition = links * (current @ params.transition @ current.T)
    first = _ergodic(params.transition)
    n_states = links.shape[0]
    while first.shape[-1] < n_states:
        # from P(s_{t-1}, ..) to P(s_t, s_{t-1}, ..), the newest regime outermost
        older = first.reshape(len(first), params.k_regimes, -1)
        joint = np.swapaxes(params.transition, 1, 2)[..., None] * older[:, None]
        first = joint.reshape(len(first), -1)
    return transition, first


def _marginal(states: Array, k_regimes: int) -> Array:
    """Sum state probabilities (n, n_states) to regime probabilities: s_t is the outermost index.

    A plain sum and no matrix product: BLAS may round a row differently in a longer matrix, and
    filtered values must not depend on the future in any bit.
    """
    return states.reshape(len(states), k_regimes, -1).sum(axis=2)


# ---------------------------------------------------------------------------------------------
# Filter and smoother, for many parameter points s at once; arrays are (time, s, state).


def _location_design(params: RegimeParameters) -> Array:
    """Derivative of E[y_t | state, lags] in the locations, (s, n_states, k_regimes)."""
    states = _states_of(params)
    return states.current - np.einsum("sp,pjr->sjr", params.ar, states.subtracted_mean[1:])


def _without_lags(params: RegimeParameters, y: Array, lags: Array) -> Array:
    """y_t - sum_k phi_k y_{t-k}, the same in all states: (time, s, 1)."""
    return (y[:, None] - (lags[:, None, :] * params.ar).sum(axis=2))[:, :, None]


def _state_variances(params: RegimeParameters) -> Array:
    return params.variances @ _states_of(params).current.T


def _log_densities(params: RegimeParameters, y: Array, lags: Array) -> Array:
    level = np.einsum("sjr,sr->sj", _location_design(params), params.location)
    residuals, variances = _without_lags(params, y, lags) - level, _state_variances(params)
    return -0.5 * (residuals**2 / variances + np.log(2 * np.pi * variances))


def _densities(params: RegimeParameters, y: Array, lags: Array) -> tuple[Array, Array]:
    """Densities relative to the likeliest state of each period, and the logarithm of its own."""
    log_densities = _log_densities(params, y, lags)
    peak = log_densities.max(axis=2)
    return np.exp(np.maximum(log_densities - peak[:, :, None], _LOG_DENSITY_FLOOR)), peak


def _messages(densities: Array, transition: Array, first: Array) -> tuple[Array, Array]:
    """The recursion of filter and smoother, each row up to a factor.

        message_t = densities_t * predicted_t,   predicted_{t+1} = message_t @ transition

    Forward in time the messages are the filtered probabilities. Run over reversed time with the
    transposed matrix, from ones, predicted_t is proportional to p(y_{t+1} .. y_T | s_t).
    """
    predicted, messages = np.empty_like(densities), np.empty_like(densities)
    predicted[0] = first
    for t, density in enumerate(densities[:-1]):
        np.multiply(predicted[t], density, out=messages[t])
        following = np.vecmat(messages[t], transition, out=predicted[t + 1])
        if t % _RESCALE_EVERY == 0:
            following /= following.sum(axis=1, keepdims=True)
    np.multiply(predicted[-1], densities[-1], out=messages[-1])
    return predicted, messages


def _filtered_and_llf(predicted: Array, messages: Array, peak: Array) -> tuple[Array, Array]:
    """Forward messages as probabilities, and the log-likelihoods (s,) from what each row lost."""
    kept = messages.sum(axis=2)
    llf = (np.log(kept / predicted.sum(axis=2)) + peak).sum(axis=0)
    return messages / kept[:, :, None], llf


def _filter(params: RegimeParameters, y: Array, lags: Array) -> tuple[Array, Array]:
    """Filtered state probabilities and log-likelihoods (Hamilton 1989)."""
    densities, peak = _densities(params, y, lags)
    return _filtered_and_llf(*_messages(densities, *_chain(params)), peak)


@dataclass(frozen=True)
class _Expectation:
    llf: Array  # (s,)
    filtered: Array  # (time, s, state)
    smoothed: Array  # (time, s, state)
    transitions: Array  # (s, k_regimes, k_regimes), expected number of moves i -> j


def _expectation(params: RegimeParameters, y: Array, lags: Array) -> _Expectation:
    """Filter and smoother. Values equal Kim's (1994); no division by a predicted probability.

    Both directions obey one recursion, so they share one pass over time.
    """
    densities, peak = _densities(params, y, lags)
    transition, first = _chain(params)
    n = len(first)
    predicted, messages = _messages(
        np.concatenate([densities, densities[::-1]], axis=1),
        np.concatenate([transition, transition.transpose(0, 2, 1)]),
        np.concatenate([first, np.ones_like(first)]),
    )
    filtered, llf = _filtered_and_llf(predicted[:, :n], messages[:, :n], peak)
    backward, future = messages[::-1, n:], predicted[::-1, n:]
    smoothed = filtered * future
    smoothed /= smoothed.sum(axis=2, keepdims=True)

    reached = np.vecmat(filtered[:-1], transition)
    backward = backward[1:] / (reached * backward[1:]).sum(axis=2, keepdims=True)
    moves = transition * np.matmul(filtered[:-1].transpose(1, 2, 0), backward.transpose(1, 0, 2))
    current = _states_of(params).current
    return _Expectation(llf, filtered, smoothed, transitions=current.T @ moves @ current)


# ---------------------------------------------------------------------------------------------
# Estimation, on the series standardised to a unit residual variance of its linear AR.


@dataclass(frozen=True)
class _Specification:
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
        return sum(self.sizes)

    @property
    def bounds(self) -> Array:
        """Lower and upper bounds, (n_params, 2)."""
        lower = [-np.inf, -np.inf, np.log(_VARIANCE_FLOOR), -_LOG_BOUND]
        upper = [np.inf, np.inf, _LOG_BOUND, _LOG_BOUND]
        return np.repeat(np.column_stack([lower, upper]), self.sizes, axis=0)

    def pack(self, params: RegimeParameters) -> Array:
        log_transition = np.log(params.transition)
        logits = log_transition[:, :, :-1] - log_transition[:, :, -1:]
        log_variances = np.log(params.variances[:, : self.sizes[2]])
        logits = logits.reshape(len(logits), -1)
        return np.concatenate([params.location, params.ar, log_variances, logits], axis=1)

    def unpack(self, theta: Array) -> RegimeParameters:
        n, k = len(theta), self.k_regimes
        location, ar, log_variances, logits = np.split(theta, np.cumsum(self.sizes)[:-1], axis=1)
        odds = np.exp(np.concatenate([logits.reshape(n, k, k - 1), np.zeros((n, k, 1))], axis=2))
        variances = np.broadcast_to(np.exp(log_variances), (n, k))
        return RegimeParameters(
            location, ar, variances, odds / odds.sum(axis=2, keepdims=True), self.form
        )


def _random_starts(
    spec: _Specification, starts: int, linear_ar: Array, spread: float, rng: np.random.Generator
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
        variances=np.broadcast_to(np.maximum(variances, _VARIANCE_FLOOR), (starts, k)),
        transition=np.where(np.eye(k, dtype=bool), stay, (1 - stay) / (k - 1)),
        form=spec.form,
    )


def _finalists(llf: Array, n_finalists: int) -> list[int]:
    """The best starts, but few that share one log-likelihood: other maxima need a chance too."""
    chosen: list[int] = []
    for start in np.argsort(-llf, kind="stable").tolist():
        n_alike = (np.abs(llf[chosen] - llf[start]) < _ALIKE).sum()
        if n_alike < _MAX_ALIKE and len(chosen) < n_finalists:
            chosen.append(start)
    return chosen


def _maximise(
    params: RegimeParameters, expected: _Expectation, y: Array, lags: Array, spec: _Specification
) -> RegimeParameters:
    """Conditional maximisation: each block given the newest values of the others."""
    states = _states_of(params)
    weights = expected.smoothed / _state_variances(params)

    design, target = _location_design(params)[None], _without_lags(params, y, lags)
    params = replace(params, location=_weighted_least_squares(weights, design, target))

    level = np.einsum("jr,sr->sj", states.current, params.location)
    means = np.einsum("pjr,sr->sjp", states.subtracted_mean[1:], params.location)
    design, target = lags[:, None, None, :] - means, y[:, None, None] - level
    params = replace(params, ar=_weighted_least_squares(weights, design, target))

    squares = (target - (design * params.ar[:, None, :]).sum(axis=3)) ** 2
    sums = np.stack([expected.smoothed * squares, expected.smoothed]).sum(axis=1) @ states.current
    if not spec.switching_variance:
        sums = np.broadcast_to(sums.sum(axis=2, keepdims=True), sums.shape)
    counts = expected.transitions + 1e-6  # a regime that no period visits keeps a row
    return replace(
        params,
        variances=np.maximum(sums[0] / np.maximum(sums[1], 1e-6), _VARIANCE_FLOOR),
        transition=counts / counts.sum(axis=2, keepdims=True),
    )


def _weighted_least_squares(weights: Array, design: Array, target: Array) -> Array:
    """Coefficients (s, n) of target (time, s, state) on design (time, s, state, n).

    Axes of length one stand for values that do not vary along them. The tiny ridge keeps the
    system solvable when no period visits a regime.
    """
    gram = np.einsum("tsj,tsja,tsjb->sab", weights, design, design, optimize=True)
    moments = np.einsum("tsj,tsja,tsj->sa", weights, design, target, optimize=True)
    return np.linalg.solve(gram + 1e-8 * np.eye(gram.shape[-1]), moments[..., None])[..., 0]


def _polish(theta: Array, y: Array, lags: Array, spec: _Specification) -> tuple[float, Array]:
    """L-BFGS from one point; all points of a central-difference gradient share one filter run."""
    steps = _GRADIENT_STEP * np.eye(len(theta))

    def negative_llf(point: Array) -> tuple[float, Array]:
        points = np.concatenate([point[None], point + steps, point - steps])
        _, llf = _filter(spec.unpack(points), y, lags)
        above, below = np.split(llf[1:], 2)
        return -llf[0], (below - above) / (2 * _GRADIENT_STEP)

    options = {"maxiter": 300, "ftol": 1e-12, "gtol": 1e-5}
    optimum = minimize(
        negative_llf, theta, jac=True, method="L-BFGS-B", bounds=spec.bounds, options=options
    )
    return -float(optimum.fun), optimum.x


def _standard_errors(
    theta: Array, y: Array, lags: Array, spec: _Specification, centre: float, scale: float
) -> RegimeParameters:
    """Delta-method standard errors of the natural parameters, in the units of the series."""
    n = len(theta)

    def natural(points: Array) -> Array:
        return _flatten(_rescaled(spec.unpack(points), centre, scale))

    gradient_steps, steps = _GRADIENT_STEP * np.eye(n), _HESSIAN_STEP * np.eye(n)
    jacobian = natural(theta + gradient_steps) - natural(theta - gradient_steps)
    jacobian = jacobian.T / (2 * _GRADIENT_STEP)
    corners = [theta + a * steps[:, None] + b * steps[None, :] for a in (1, -1) for b in (1, -1)]
    _, llf = _filter(spec.unpack(np.reshape(corners, (-1, n))), y, lags)
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


def _flatten(params: RegimeParameters) -> Array:
    """Natural parameters on one axis, transition matrix last and row by row."""
    transition = params.transition.reshape(*params.location.shape[:-1], -1)
    return np.concatenate([params.location, params.ar, params.variances, transition], axis=-1)


def _select(params: RegimeParameters, index: list[int] | int | None) -> RegimeParameters:
    """The chosen points of the leading axis; None adds that axis."""
    return RegimeParameters(
        params.location[index],
        params.ar[index],
        params.variances[index],
        params.transition[index],
        params.form,
    )


def _ordered(params: RegimeParameters, switching_variance: bool) -> RegimeParameters:
    """Relabel the regimes of a single point, low variance (else low location) first."""
    key = params.variances if switching_variance else params.location
    order = np.argsort(key[0], kind="stable")
    return replace(
        params,
        location=params.location[:, order],
        variances=params.variances[:, order],
        transition=params.transition[:, order][:, :, order],
    )


def _rescaled(params: RegimeParameters, centre: float, scale: float) -> RegimeParameters:
    """Parameters of centre + scale * series."""
    shift = np.full_like(params.ar[:, :1], centre)
    if params.form == "intercept":
        shift = centre * (1 - params.ar.sum(axis=1, keepdims=True))
    return replace(
        params, location=scale * params.location + shift, variances=scale**2 * params.variances
    )


# ---------------------------------------------------------------------------------------------
# Forecast


def _filtered_states(endog: ArrayLike, params: RegimeParameters) -> Array:
    """Filtered probabilities of the states, (n_periods - order, n_states)."""
    _check_parameters(params)
    series = _checked_series(endog)
    if len(series) <= params.order:
        raise EstimationError(
            f"endog has {len(series)} periods: give at least {params.order + 1}, one more than "
            f"the model has lags."
        )
    filtered, _ = _filter(_select(params, None), *_with_lags(series, params.order))
    return filtered[:, 0]


def _intercepts_and_means(params: RegimeParameters) -> tuple[Array, Array]:
    zeros = np.zeros_like(params.location)
    return (params.location, zeros) if params.form == "intercept" else (zeros, params.location)


def _one_step_quantiles(
    params: RegimeParameters, states: _States, now: Array, x: Array, levels: tuple[float, ...]
) -> list[float]:
    """Quantiles of the mixture over today's state and tomorrow's regime."""
    weights = now[:, None] * (states.current @ params.transition)
    means = (x @ params.ar)[:, None] + params.location
    deviations = np.sqrt(params.variances)

    def excess(value: float, level: float) -> float:
        return float((weights * ndtr((value - means) / deviations)).sum() - level)

    reach = 40 * deviations.max()
    return [
        brentq(excess, means.min() - reach, means.max() + reach, args=(level,)) for level in levels
    ]


def _simulated_paths(
    params: RegimeParameters,
    states: _States,
    now: Array,
    x: Array,
    horizon: int,
    n_paths: int,
    seed: int,
) -> Array:
    """Paths of y_{T+1} .. y_{T+horizon}, (horizon, n_paths)."""
    rng = np.random.default_rng(seed)
    state = rng.choice(len(now), size=n_paths, p=now)
    regime, x = states.current.argmax(axis=1)[state], x[state]
    thresholds = params.transition.cumsum(axis=1)[:, :-1]
    a, mu = _intercepts_and_means(params)
    paths = np.empty((horizon, n_paths))
    for h in range(horizon):
        regime = (rng.random((n_paths, 1)) > thresholds[regime]).sum(axis=1)
        shock = rng.normal(0.0, np.sqrt(params.variances[regime]))
        newest = x @ params.ar + a[regime] + shock
        x = np.column_stack([newest, x])[:, : params.order]
        paths[h] = newest + mu[regime]
    return paths


# ---------------------------------------------------------------------------------------------
# Inputs


def _check_arguments(k_regimes: int, order: int, form: Form, starts: int) -> None:
    if k_regimes < 2 or order < 1 or starts < 1:
        raise ValueError(
            f"k_regimes must be at least 2, order and starts at least 1, got k_regimes={k_regimes},"
            f" order={order}, starts={starts}."
        )
    if form not in get_args(Form):
        raise ValueError(f"form must be one of {get_args(Form)}, got {form!r}.")


def _check_parameters(params: RegimeParameters) -> None:
    k, transition = params.k_regimes, params.transition
    _check_arguments(k, params.order, params.form, starts=1)
    if params.variances.shape != (k,) or not (params.variances > 0).all():
        raise ValueError(f"variances must be {k} positive numbers, got {params.variances}.")
    rows_add_up = transition.shape == (k, k) and np.allclose(transition.sum(axis=1), 1)
    if not rows_add_up or (transition < 0).any():
        raise ValueError(f"transition must be {k} x {k} with rows of probabilities: {transition}.")
    if np.linalg.matrix_rank(transition - np.eye(k)) < k - 1:
        raise ValueError(f"transition must have one ergodic distribution only: {transition}.")


def _checked_series(endog: ArrayLike) -> Array:
    series = np.asarray(endog, dtype=float)
    if series.ndim != 1:
        raise EstimationError(f"endog must have one dimension, got shape {series.shape}.")
    n_bad = int((~np.isfinite(series)).sum())
    if n_bad:
        raise EstimationError(
            f"endog has {n_bad} missing or infinite values: cut the series to its complete "
            f"part, or fill it before."
        )
    return series


def _with_lags(series: Array, order: int) -> tuple[Array, Array]:
    """y_t and (y_{t-1}, .., y_{t-order}) for t > order: (nobs,) and (nobs, order)."""
    nobs = len(series) - order
    lags = [series[order - lag : order - lag + nobs] for lag in range(1, order + 1)]
    return series[order:], np.column_stack(lags)


def _linear_autoregression(series: Array, order: int) -> tuple[float, float, Array]:
    """Mean of the series, residual standard deviation and coefficients of its linear AR."""
    centre, spread = float(series.mean()), float(series.std())
    if spread <= 1e-12 * max(abs(centre), np.finfo(float).tiny):
        raise EstimationError("endog is constant: there are no regimes to tell apart.")
    y, lags = _with_lags((series - centre) / spread, order)
    design = np.column_stack([np.ones_like(y), lags])
    coefficients = np.asarray(np.linalg.lstsq(design, y, rcond=None)[0], dtype=float)
    residual = float(np.std(y - design @ coefficients))
    if residual < 1e-8:
        raise EstimationError(
            f"endog follows a linear autoregression of order {order} without error: there is "
            f"nothing left for regimes to explain."
        )
    return centre, spread * residual, coefficients[1:]
