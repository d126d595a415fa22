"""The parameters of a Markov-switching autoregression, and its filter at given parameters.

The equations are those of `markov_switching.MarkovSwitching`, the recursions themselves are in
``kernels.switching``. Does not belong here: how parameters are found (``regime_estimation``), what
comes next (``regime_forecast``).
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
        form: Where the regime enters, ``intercept`` or ``mean``.
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


def regime_probabilities(states: FloatArray, k_regimes: int) -> FloatArray:
    """Sum state probabilities (n, n_states) to regime probabilities: s_t is the outermost index.

    Rounding leaves sums over the regimes next to 1; a share of the sum is never above it.
    """
    regimes = states.reshape(len(states), k_regimes, -1).sum(axis=2)
    return np.asarray(regimes / regimes.sum(axis=1, keepdims=True))


def filter_and_smooth(
    values: FloatArray, params: RegimeParameters
) -> tuple[float, FloatArray, FloatArray]:
    """Log-likelihood, filtered and smoothed probabilities of the states at given parameters.

    Row t of the filtered ones depends on observations up to t alone and is bit-identical whatever
    comes after.

    Args:
        values: The series, shape (n_periods,), no gaps.
        params: Parameters, estimated or by hand.

    Returns:
        Probabilities have shape (n_periods - order, n_states).

    Raises:
        EstimationError: The series has no period after the first ``order``, or the parameters do
            not fit together.
    """
    from sfr_pipeline.econometrics.kernels.switching import hamilton_filter, kim_smoother

    _check_parameters(params)
    if len(values) <= params.order:
        raise EstimationError(
            f"endog has {len(values)} periods: give at least {params.order + 1}, one more than "
            f"the model has lags."
        )
    data, point = with_lags(values, params.order, params.paths), params.point
    shape = (len(data.y), len(data.paths))
    predicted, filtered, smoothed = np.empty(shape), np.empty(shape), np.empty(shape)
    llf = hamilton_filter(data, point, predicted, filtered)
    kim_smoother(point.transition, data.paths, predicted, filtered, smoothed)
    return llf, filtered, smoothed


def with_lags(values: FloatArray, order: int, paths: IntArray) -> Series:
    """y_t and (y_{t-1}, .., y_{t-order}) for t > order, as the kernels take them."""
    from sfr_pipeline.econometrics.kernels.switching import Series

    y, *lags = (values[order - lag : len(values) - lag] for lag in range(order + 1))
    return Series(np.ascontiguousarray(y), np.column_stack(lags), paths)


def check_size(k_regimes: int, order: int, form: Form) -> None:
    """Refuse a model that does not exist.

    Raises:
        EstimationError: Fewer than two regimes, no lag, or an unknown form.
    """
    if k_regimes < 2 or order < 1:
        raise EstimationError(
            f"k_regimes must be at least 2, order at least 1, got k_regimes={k_regimes}, "
            f"order={order}."
        )
    if form not in get_args(Form):
        raise EstimationError(f"form must be one of {get_args(Form)}, got {form!r}.")


def _check_parameters(params: RegimeParameters) -> None:
    k, transition = params.k_regimes, params.transition
    check_size(k, params.order, params.form)
    if params.variances.shape != (k,) or not (params.variances > 0).all():
        raise EstimationError(f"variances must be {k} positive numbers, got {params.variances}.")
    rows_add_up = transition.shape == (k, k) and np.allclose(transition.sum(axis=1), 1)
    if not rows_add_up or (transition < 0).any():
        raise EstimationError(
            f"transition must be {k} x {k} with rows of probabilities: {transition}."
        )
    if np.linalg.matrix_rank(transition - np.eye(k)) < k - 1:
        raise EstimationError(f"transition must have one ergodic distribution only: {transition}.")
