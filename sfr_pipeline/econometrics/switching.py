"""The chain of a Markov-switching autoregression: parameters, Hamilton's filter, Kim's smoother.

Two models share everything but the place where the regime enters:

``intercept``  y_t = a_{s_t} + sum_k phi_k y_{t-k} + e_t               (the paper, section 3.2.3)
``mean``       y_t - mu_{s_t} = sum_k phi_k (y_{t-k} - mu_{s_{t-k}}) + e_t       (Hamilton 1989)

with e_t ~ N(0, sigma2_{s_t}) and P(s_t = j | s_{t-1} = i) = p_ij. They are different models with
different likelihoods: after a switch the first drifts to its new level, the second jumps to it. The
paper's MSIH(2)-AR(1) is the intercept form with k_regimes=2 and order=1.

Belongs here: what holds at given parameters, for many points of the parameter space at once. Does
not belong here: how parameters are found (``regimes``), what comes next (``regime_forecast``).

References: Hamilton (1989), Econometrica 57; Kim (1994), Journal of Econometrics 60; for the names
MSI, MSM, MSIH: Krolzig (1997), Markov-Switching Vector Autoregressions.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, reduce
from itertools import product
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.errors import EstimationError

Form = Literal["intercept", "mean"]

# Messages are rescaled every few periods only, for speed; the floor on log densities below the
# likeliest state keeps the product in between representable.
_RESCALE_EVERY = 4
_LOG_DENSITY_FLOOR = -150.0


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

    Filter, smoother and estimation run at many points of the parameter space at once: there the
    arrays carry one leading axis more.
    """

    location: FloatArray
    ar: FloatArray
    variances: FloatArray
    transition: FloatArray
    form: Form = "intercept"

    @property
    def k_regimes(self) -> int:
        """Number of regimes."""
        return self.location.shape[-1]

    @property
    def order(self) -> int:
        """Number of lags."""
        return self.ar.shape[-1]

    @property
    def states(self) -> States:
        """The states of the chain that the model runs on."""
        return _states(self.k_regimes, self.order, self.form)

    def select(self, index: list[int] | int | None) -> RegimeParameters:
        """The chosen points of the leading axis; None adds that axis."""
        return RegimeParameters(
            self.location[index],
            self.ar[index],
            self.variances[index],
            self.transition[index],
            self.form,
        )

    def flat(self) -> FloatArray:
        """All parameters on the last axis, transition matrix last and row by row."""
        transition = self.transition.reshape(*self.location.shape[:-1], -1)
        return np.concatenate([self.location, self.ar, self.variances, transition], axis=-1)

    def by_name(self) -> dict[str, float]:
        """Every parameter under its usual name: const[0], ar.L1, sigma2[0], p[0->1], ..."""
        regimes = range(self.k_regimes)
        location = "const" if self.form == "intercept" else "mean"
        names = [f"{location}[{i}]" for i in regimes]
        names += [f"ar.L{lag}" for lag in range(1, self.order + 1)]
        names += [f"sigma2[{i}]" for i in regimes]
        names += [f"p[{i}->{j}]" for i in regimes for j in regimes]
        return dict(zip(names, self.flat().tolist(), strict=True))


# ---------------------------------------------------------------------------------------------
# The chain. A state is the path (s_t, .., s_{t-m}): m = order in the mean form, 0 in the other.


@dataclass(frozen=True)
class States:
    """The states of one model, as matrices of zeros and ones.

    Attributes:
        current: 1 where the state has s_t in the regime, shape (n_states, k_regimes).
        subtracted_mean: 1 where the mean of that regime is taken from y_{t-lag}, shape
            (order + 1, n_states, k_regimes); all zero in the intercept form.
        links: 1 where a path may follow a path, shape (n_states, n_states).
    """

    current: FloatArray
    subtracted_mean: FloatArray
    links: FloatArray


@cache
def _states(k_regimes: int, order: int, form: Form) -> States:
    depth = order if form == "mean" else 0
    paths = np.array(list(product(range(k_regimes), repeat=depth + 1)))
    regime_at_lag = np.eye(k_regimes)[paths.T]
    means = regime_at_lag if form == "mean" else np.zeros((order + 1, *regime_at_lag.shape[1:]))
    links = (paths[:, None, :-1] == paths[None, :, 1:]).all(axis=2).astype(float)
    return States(regime_at_lag[0], means, links)


def ergodic_shares(transition: FloatArray) -> FloatArray:
    """Long-run shares of the regimes: solution of pi P = pi, sum(pi) = 1, for the last two axes."""
    k_regimes = transition.shape[-1]
    system = np.eye(k_regimes) - np.swapaxes(transition, -1, -2) + 1.0
    shares = np.linalg.solve(system, np.ones((*transition.shape[:-1], 1)))
    return np.asarray(shares[..., 0], dtype=float)


def _chain(params: RegimeParameters) -> tuple[FloatArray, FloatArray]:
    """Transition matrix of the states (s, n_states, n_states) and their ergodic distribution."""
    current, links = params.states.current, params.states.links
    transition = links * (current @ params.transition @ current.T)
    first = ergodic_shares(params.transition)
    n_states = links.shape[0]
    while first.shape[-1] < n_states:
        # from P(s_{t-1}, ..) to P(s_t, s_{t-1}, ..), the newest regime outermost
        older = first.reshape(len(first), params.k_regimes, -1)
        joint = np.swapaxes(params.transition, 1, 2)[..., None] * older[:, None]
        first = joint.reshape(len(first), -1)
    return transition, first


def regime_probabilities(states: FloatArray, k_regimes: int) -> FloatArray:
    """Sum state probabilities (n, n_states) to regime probabilities: s_t is the outermost index.

    A plain sum and no matrix product: BLAS may round a row differently in a longer matrix, and
    filtered values must not depend on the future in any bit.
    """
    return states.reshape(len(states), k_regimes, -1).sum(axis=2)


# ---------------------------------------------------------------------------------------------
# Filter and smoother, for many parameter points s at once; arrays are (time, s, state).


def location_design(params: RegimeParameters) -> FloatArray:
    """Derivative of E[y_t | state, lags] in the locations, (s, n_states, k_regimes)."""
    states = params.states
    return states.current - np.einsum("sp,pjr->sjr", params.ar, states.subtracted_mean[1:])


def without_lags(params: RegimeParameters, y: FloatArray, lags: FloatArray) -> FloatArray:
    """y_t - sum_k phi_k y_{t-k}, the same in all states: (time, s, 1)."""
    explained = sum(lag[:, None] * phi for lag, phi in zip(lags.T, params.ar.T, strict=True))
    return (y[:, None] - explained)[:, :, None]


def state_variances(params: RegimeParameters) -> FloatArray:
    """Variance of the shock in each state, (s, n_states)."""
    return params.variances @ params.states.current.T


def _densities(
    params: RegimeParameters, y: FloatArray, lags: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Densities relative to the likeliest state of each period, and the logarithm of its own."""
    level = np.einsum("sjr,sr->sj", location_design(params), params.location)
    residuals, variances = without_lags(params, y, lags) - level, state_variances(params)
    log_densities = -0.5 * (residuals**2 / variances + np.log(2 * np.pi * variances))
    # much quicker than max(axis=2), for the axis is short
    peak = reduce(np.maximum, np.moveaxis(log_densities, 2, 0))
    return np.exp(np.maximum(log_densities - peak[:, :, None], _LOG_DENSITY_FLOOR)), peak


def _messages(
    densities: FloatArray, transition: FloatArray, first: FloatArray
) -> tuple[FloatArray, FloatArray]:
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


def _sum_over_states(values: FloatArray) -> FloatArray:
    """Sums over the last axis, which stays with length one.

    A product with ones, many times quicker than ``sum`` along an axis this short.
    """
    return (values @ np.ones(values.shape[-1]))[..., None]


def _filtered_and_llf(
    predicted: FloatArray, messages: FloatArray, peak: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Forward messages as probabilities, and the log-likelihoods (s,) from what each row lost."""
    kept = _sum_over_states(messages)
    llf = (np.log(kept / _sum_over_states(predicted))[:, :, 0] + peak).sum(axis=0)
    return messages / kept, llf


def hamilton_filter(
    params: RegimeParameters, y: FloatArray, lags: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Filtered state probabilities and log-likelihoods (Hamilton 1989)."""
    densities, peak = _densities(params, y, lags)
    return _filtered_and_llf(*_messages(densities, *_chain(params)), peak)


@dataclass(frozen=True)
class Smoothed:
    """What filter and smoother say at given parameters.

    Attributes:
        llf: Log-likelihoods, shape (s,).
        filtered: P(state_t | y_1 .. y_t), shape (time, s, state).
        smoothed: P(state_t | y_1 .. y_T), same shape.
        transitions: Expected number of moves i -> j, shape (s, k_regimes, k_regimes).
    """

    llf: FloatArray
    filtered: FloatArray
    smoothed: FloatArray
    transitions: FloatArray


def kim_smoother(params: RegimeParameters, y: FloatArray, lags: FloatArray) -> Smoothed:
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
    smoothed /= _sum_over_states(smoothed)

    reached = predicted[1:, :n] / _sum_over_states(predicted[1:, :n])
    backward = backward[1:] / _sum_over_states(reached * backward[1:])
    moves = transition * np.matmul(filtered[:-1].transpose(1, 2, 0), backward.transpose(1, 0, 2))
    current = params.states.current
    return Smoothed(llf, filtered, smoothed, transitions=current.T @ moves @ current)


# ---------------------------------------------------------------------------------------------
# From outside: one point, any series.


def filtered_states(endog: ArrayLike, params: RegimeParameters) -> FloatArray:
    """Filtered probabilities of the states at one point, (n_periods - order, n_states).

    Raises:
        EstimationError: The series is not finite or has no period after the first ``order``.
        ValueError: The parameters do not fit together.
    """
    _check_parameters(params)
    series = checked_series(endog)
    if len(series) <= params.order:
        raise EstimationError(
            f"endog has {len(series)} periods: give at least {params.order + 1}, one more than "
            f"the model has lags."
        )
    filtered, _ = hamilton_filter(params.select(None), *with_lags(series, params.order))
    return filtered[:, 0]


def checked_series(endog: ArrayLike) -> FloatArray:
    """The series as an array.

    Raises:
        EstimationError: It has more than one dimension or a value that is not finite.
    """
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


def with_lags(series: FloatArray, order: int) -> tuple[FloatArray, FloatArray]:
    """y_t and (y_{t-1}, .., y_{t-order}) for t > order: (nobs,) and (nobs, order)."""
    nobs = len(series) - order
    lags = [series[order - lag : order - lag + nobs] for lag in range(1, order + 1)]
    return series[order:], np.column_stack(lags)


def check_size(k_regimes: int, order: int, form: Form) -> None:
    """Refuse a model that does not exist.

    Raises:
        ValueError: Fewer than two regimes, no lag, or an unknown form.
    """
    if k_regimes < 2 or order < 1:
        raise ValueError(
            f"k_regimes must be at least 2, order at least 1, got k_regimes={k_regimes}, "
            f"order={order}."
        )
    if form not in get_args(Form):
        raise ValueError(f"form must be one of {get_args(Form)}, got {form!r}.")


def _check_parameters(params: RegimeParameters) -> None:
    k, transition = params.k_regimes, params.transition
    check_size(k, params.order, params.form)
    if params.variances.shape != (k,) or not (params.variances > 0).all():
        raise ValueError(f"variances must be {k} positive numbers, got {params.variances}.")
    rows_add_up = transition.shape == (k, k) and np.allclose(transition.sum(axis=1), 1)
    if not rows_add_up or (transition < 0).any():
        raise ValueError(f"transition must be {k} x {k} with rows of probabilities: {transition}.")
    if np.linalg.matrix_rank(transition - np.eye(k)) < k - 1:
        raise ValueError(f"transition must have one ergodic distribution only: {transition}.")
