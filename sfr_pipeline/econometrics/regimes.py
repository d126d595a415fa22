"""Markov-switching autoregressions: estimation from many starts, and the filter in real time.

The two forms of the model stand in ``switching``. Its likelihood has many local maxima and a
routine that reports convergence may sit far below the best one. ``fit`` therefore climbs from many
random starts and refuses to answer unless at least two of them end at the same best value.

What does not belong here: which series is modelled, which probabilities warn of a crisis, and tests
for the number of regimes. (Likelihood ratios against a linear model have no chi-squared
distribution: under the null the transition probabilities are not identified.)
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.econometrics.regime_estimation import (
    VARIANCE_FLOOR,
    Specification,
    expectation_maximisation,
    polish,
    random_starts,
    rescaled,
    standard_errors,
)
from sfr_pipeline.econometrics.switching import (
    Form,
    RegimeParameters,
    check_size,
    checked_series,
    ergodic_shares,
    filtered_states,
    kim_smoother,
    regime_probabilities,
    with_lags,
)
from sfr_pipeline.errors import EstimationError

_LLF_TOLERANCE = 1e-4  # starts whose log-likelihoods are this close have found the same optimum
_ALIKE, _MAX_ALIKE = 1e-2, 3  # finalists within 0.01 of each other's log-likelihood after EM
_MIN_OBSERVATIONS_PER_PARAMETER = 4


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
    filtered_marginal_probabilities: FloatArray
    smoothed_marginal_probabilities: FloatArray

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
    def ergodic_shares(self) -> FloatArray:
        """Long-run share of time in each regime, from the transition matrix, shape (k_regimes,)."""
        return ergodic_shares(self.params.transition)

    @property
    def counted_shares(self) -> FloatArray:
        """Share of periods whose most probable smoothed regime is this one, shape (k_regimes,)."""
        regimes = self.smoothed_marginal_probabilities.argmax(axis=1)
        return np.bincount(regimes, minlength=self.params.k_regimes) / self.nobs

    @property
    def expected_durations(self) -> FloatArray:
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
            p_value = math.erfc(abs(z) / math.sqrt(2))
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
    check_size(k_regimes, order, form)
    if starts < 1:
        raise ValueError(f"starts must be at least 1, got starts={starts}.")
    spec = Specification(k_regimes, order, form, switching_variance)
    series = checked_series(endog)
    n_needed = order + _MIN_OBSERVATIONS_PER_PARAMETER * spec.n_params
    if len(series) < n_needed:
        raise EstimationError(
            f"endog has {len(series)} periods, too short for {spec.n_params} parameters: give at "
            f"least {n_needed} periods, or fewer regimes or lags."
        )
    centre, scale, linear_ar = _linear_autoregression(series, order)
    y, lags = with_lags((series - centre) / scale, order)

    params = random_starts(spec, starts, linear_ar, float(np.std(y)), np.random.default_rng(seed))
    params, llf = expectation_maximisation(params, y, lags, spec)
    finalists = _finalists(llf, max(4, round(starts / 5)))
    tops = [polish(theta, y, lags, spec) for theta in spec.pack(params.select(finalists))]

    best_llf, best = max(tops, key=lambda top: top[0])
    n_agreeing = sum(top_llf >= best_llf - _LLF_TOLERANCE for top_llf, _ in tops)
    if n_agreeing < 2:
        raise EstimationError(
            f"Only one of {len(tops)} finalists from {starts} starts reached the best "
            f"log-likelihood, so it may not be the maximum: raise starts, or give a longer sample."
        )

    best = spec.pack(_ordered(spec.unpack(best[None]), switching_variance))[0]
    errors = standard_errors(best, y, lags, spec, centre, scale)
    params = rescaled(spec.unpack(best[None]), centre, scale)
    expected = kim_smoother(params, *with_lags(series, order))
    return RegimeResults(
        params=params.select(0),
        standard_errors=errors,
        llf=float(expected.llf[0]),
        n_params=spec.n_params,
        n_starts=starts,
        n_finalists=len(tops),
        n_agreeing=n_agreeing,
        variance_floor=VARIANCE_FLOOR * scale**2,
        filtered_marginal_probabilities=regime_probabilities(expected.filtered[:, 0], k_regimes),
        smoothed_marginal_probabilities=regime_probabilities(expected.smoothed[:, 0], k_regimes),
    )


def filter_probabilities(endog: ArrayLike, params: RegimeParameters) -> FloatArray:
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
    return regime_probabilities(filtered_states(endog, params), params.k_regimes)


def _finalists(llf: FloatArray, n_finalists: int) -> list[int]:
    """The best starts, but few that share one log-likelihood: other maxima need a chance too."""
    chosen: list[int] = []
    for start in np.argsort(-llf, kind="stable").tolist():
        n_alike = (np.abs(llf[chosen] - llf[start]) < _ALIKE).sum()
        if n_alike < _MAX_ALIKE and len(chosen) < n_finalists:
            chosen.append(start)
    return chosen


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


def _linear_autoregression(series: FloatArray, order: int) -> tuple[float, float, FloatArray]:
    """Mean of the series, residual standard deviation and coefficients of its linear AR."""
    centre, spread = float(series.mean()), float(series.std())
    if spread <= 1e-12 * max(abs(centre), np.finfo(float).tiny):
        raise EstimationError("endog is constant: there are no regimes to tell apart.")
    y, lags = with_lags((series - centre) / spread, order)
    design = np.column_stack([np.ones_like(y), lags])
    coefficients = np.asarray(np.linalg.lstsq(design, y, rcond=None)[0], dtype=float)
    residual = float(np.std(y - design @ coefficients))
    if residual < 1e-8:
        raise EstimationError(
            f"endog follows a linear autoregression of order {order} without error: there is "
            f"nothing left for regimes to explain."
        )
    return centre, spread * residual, coefficients[1:]
