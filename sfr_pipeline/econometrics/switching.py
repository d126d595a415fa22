"""The parameters of a Markov-switching autoregression, and its filter at given parameters.

Two models share everything but the place where the regime enters:

``intercept``  y_t = a_{s_t} + sum_k phi_k y_{t-k} + e_t               (the paper, section 3.2.3)
``mean``       y_t - mu_{s_t} = sum_k phi_k (y_{t-k} - mu_{s_{t-k}}) + e_t       (Hamilton 1989)

with e_t ~ N(0, sigma2_{s_t}) and P(s_t = j | s_{t-1} = i) = p_ij. They are different models with
different likelihoods: after a switch the first drifts to its new level, the second jumps to it. The
paper's MSIH(2)-AR(1) is the intercept form with k_regimes=2 and order=1.

Belongs here: what holds at given parameters; the recursions themselves are in
``kernels.switching``. Does not belong here: how parameters are found (``regime_estimation``), what
comes next (``regime_forecast``).

References: Hamilton (1989), Econometrica 57; Kim (1994), Journal of Econometrics 60; for the names
MSI, MSM, MSIH: Krolzig (1997), Markov-Switching Vector Autoregressions.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from sfr_pipeline.arrays import FloatArray, IntArray
from sfr_pipeline.errors import EstimationError

if TYPE_CHECKING:
    from sfr_pipeline.econometrics.kernels.switching import Point, Series

Form = Literal["intercept", "mean"]


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
    """

    location: FloatArray
    ar: FloatArray
    variances: FloatArray
    transition: FloatArray
    form: Form = "intercept"

    @property
    def k_regimes(self) -> int:
        """Number of regimes."""
        return len(self.location)

    @property
    def order(self) -> int:
        """Number of lags."""
        return len(self.ar)

    @property
    def point(self) -> Point:
        """The parameters as the kernels take them."""
        from sfr_pipeline.econometrics.kernels.switching import Point

        values = (self.location, self.ar, self.variances, self.transition)
        return Point(*(np.ascontiguousarray(value, dtype=float) for value in values))

    @property
    def paths(self) -> IntArray:
        """The states of the chain that the model runs on, see ``state_paths``."""
        return state_paths(self.k_regimes, self.order, self.form)

    def by_name(self) -> dict[str, float]:
        """Every parameter under its usual name: const[0], ar.L1, sigma2[0], p[0->1], ..."""
        regimes = range(self.k_regimes)
        location = "const" if self.form == "intercept" else "mean"
        names = [f"{location}[{i}]" for i in regimes]
        names += [f"ar.L{lag}" for lag in range(1, self.order + 1)]
        names += [f"sigma2[{i}]" for i in regimes]
        names += [f"p[{i}->{j}]" for i in regimes for j in regimes]
        values = [self.location, self.ar, self.variances, self.transition.ravel()]
        return dict(zip(names, np.concatenate(values).tolist(), strict=True))


def state_paths(k_regimes: int, order: int, form: Form) -> IntArray:
    """The paths (s_t, .., s_{t-m}) of regimes, newest first, shape (k ** (m + 1), m + 1).

    m is the number of lags in the mean form and 0 in the other: as much of the past as the density
    of y_t depends on.
    """
    depth = order if form == "mean" else 0
    return np.array(list(product(range(k_regimes), repeat=depth + 1)))


def ergodic_shares(transition: FloatArray) -> FloatArray:
    """Long-run shares of the regimes: solution of pi P = pi, sum(pi) = 1."""
    from sfr_pipeline.econometrics.kernels.switching import ergodic

    return np.asarray(ergodic(np.ascontiguousarray(transition, dtype=float)), dtype=float)


def regime_probabilities(states: FloatArray, k_regimes: int) -> FloatArray:
    """Sum state probabilities (n, n_states) to regime probabilities: s_t is the outermost index.

    Rounding leaves sums over the regimes next to 1; a share of the sum is never above it.
    """
    regimes = states.reshape(len(states), k_regimes, -1).sum(axis=2)
    return np.asarray(regimes / regimes.sum(axis=1, keepdims=True))


def filtered_states(values: FloatArray, params: RegimeParameters) -> FloatArray:
    """Filtered probabilities of the states at given parameters, (n_periods - order, n_states).

    Row t depends on observations up to t alone and is bit-identical whatever comes after.

    Args:
        values: The series, shape (n_periods,).
        params: Parameters, estimated or by hand.

    Raises:
        EstimationError: The series is not finite or has no period after the first ``order``.
        ValueError: The parameters do not fit together.
    """
    from sfr_pipeline.econometrics.kernels.switching import hamilton_filter

    data = _data(values, params)
    predicted, filtered = (np.empty((len(data.y), len(data.paths))) for _ in range(2))
    hamilton_filter(data, params.point, predicted, filtered)
    return filtered


def filter_and_smooth(
    values: FloatArray, params: RegimeParameters
) -> tuple[float, FloatArray, FloatArray]:
    """Log-likelihood, filtered and smoothed regime probabilities; see ``filtered_states``."""
    from sfr_pipeline.econometrics.kernels.switching import hamilton_filter, kim_smoother

    data = _data(values, params)
    shape = (len(data.y), len(data.paths))
    predicted, filtered, smoothed = np.empty(shape), np.empty(shape), np.empty(shape)
    llf = hamilton_filter(data, params.point, predicted, filtered)
    kim_smoother(params.point.transition, data.paths, predicted, filtered, smoothed)
    k = params.k_regimes
    return llf, regime_probabilities(filtered, k), regime_probabilities(smoothed, k)


def _data(values: FloatArray, params: RegimeParameters) -> Series:
    _check_parameters(params)
    check_complete(values)
    if len(values) <= params.order:
        raise EstimationError(
            f"endog has {len(values)} periods: give at least {params.order + 1}, one more than "
            f"the model has lags."
        )
    return with_lags(values, params.order, params.paths)


def check_complete(values: FloatArray) -> None:
    """Refuse a series with a hole.

    Raises:
        EstimationError: A value is not finite.
    """
    n_bad = int((~np.isfinite(values)).sum())
    if n_bad:
        raise EstimationError(
            f"endog has {n_bad} missing or infinite values: cut the series to its complete "
            f"part, or fill it before."
        )


def with_lags(values: FloatArray, order: int, paths: IntArray) -> Series:
    """y_t and (y_{t-1}, .., y_{t-order}) for t > order, as the kernels take them."""
    from sfr_pipeline.econometrics.kernels.switching import Series

    nobs = len(values) - order
    lags = [values[order - lag : order - lag + nobs] for lag in range(1, order + 1)]
    return Series(np.ascontiguousarray(values[order:]), np.column_stack(lags), paths)


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
