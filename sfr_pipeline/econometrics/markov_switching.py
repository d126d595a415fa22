"""``MarkovSwitching``: the Markov-switching autoregression on a labelled series.

Its likelihood has many local maxima and a routine that reports convergence may sit far below the
best one. ``fit`` therefore climbs from many random starts and refuses to answer unless at least two
of them end at the same best value.

Does not belong here: which series is modelled, which probabilities warn of a crisis, and tests for
the number of regimes. (Likelihood ratios against a linear model have no chi-squared distribution:
under the null the transition probabilities are not identified.)
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.econometrics.labelled import called, check_series
from sfr_pipeline.econometrics.regime_estimation import (
    VARIANCE_FLOOR,
    Specification,
    linear_scale,
    rescaled,
    search,
    standard_errors,
)
from sfr_pipeline.econometrics.regime_forecast import RegimeForecast, forecast
from sfr_pipeline.econometrics.regime_results import MarkovSwitchingResults
from sfr_pipeline.econometrics.switching import (
    Form,
    RegimeParameters,
    check_size,
    filter_and_smooth,
    regime_probabilities,
)
from sfr_pipeline.errors import EstimationError, TooShortError


class MarkovSwitching:
    """A Markov-switching autoregression, by default the MSIH(2)-AR(1) of the paper.

    The intercept form (Krolzig's MSI) and the mean form (Hamilton 1989) are

        y_t = a_{s_t} + sum_k phi_k y_{t-k} + e_t
        y_t - mu_{s_t} = sum_k phi_k (y_{t-k} - mu_{s_{t-k}}) + e_t

    with e_t ~ N(0, sigma2_{s_t}) and P(s_t = j | s_{t-1} = i) = p_ij. The chain starts in its
    ergodic distribution. After a switch the first form drifts to its new level, the second jumps.

    Args:
        endog: The series: numbers (nullable types too), by ascending periods, days or numbers.
        k_regimes: Number of regimes, at least 2.
        order: Number of lags, at least 1.
        form: ``intercept`` or ``mean``; the mean form's k_regimes ** (order + 1) states cost time.
        switching_variance: Whether each regime has its own variance. When not, regimes are ordered
            by their intercept or mean instead.

    Raises:
        EstimationError: The series is no series of numbers in time order, or has a hole; or an
            argument is outside its range.

    Example:
        >>> import numpy as np, pandas as pd
        >>> from sfr_pipeline.econometrics import MarkovSwitching
        >>> rng = np.random.default_rng(0)
        >>> calm = np.arange(200) % 80 < 50
        >>> months = pd.period_range("2005-01", periods=200, freq="M")
        >>> shocks = pd.Series(np.where(calm, 0.5, 2.0) * rng.normal(size=200), months)
        >>> results = MarkovSwitching(shocks).fit()
        >>> bool(results.params["sigma2[0]"] < 0.5 < 3.0 < results.params["sigma2[1]"])
        True
        >>> bool(results.smoothed_marginal_probabilities.loc["2005-12", 0] > 0.9)
        True
        >>> results.forecast(3).mean.index[0]
        Period('2021-09', 'M')
    """

    def __init__(
        self,
        endog: pd.Series,
        *,
        k_regimes: int = 2,
        order: int = 1,
        form: Form = "intercept",
        switching_variance: bool = True,
    ) -> None:
        check_size(k_regimes, order, form)
        self.endog = endog
        self.values: FloatArray = check_series(endog, "endog")
        self.specification = Specification(k_regimes, order, form, switching_variance)

    def __repr__(self) -> str:
        return f"MarkovSwitching({len(self.values)} periods, {self.specification})"

    def fit(self, *, starts: int = 50, seed: int = 0) -> MarkovSwitchingResults:
        """Estimate by maximum likelihood from many starts; see ``regime_estimation``.

        Variances stay above 1e-3 of the residual variance of the linear AR, for without a floor the
        likelihood is unbounded. Agreement of starts makes a missed maximum unlikely, not
        impossible: on a series without regimes the likelihood is nearly flat, and a refusal is a
        common and right answer.

        Args:
            starts: Number of random starting values; more are tried where one alone reaches the
                best log-likelihood.
            seed: Seed of the starting values; the same seed gives the same results.

        Raises:
            TooShortError: The series is shorter than ``Specification.n_needed``.
            EstimationError: There are no starts, the series is constant or an exact autoregression,
                or fewer than two starts agree on the best log-likelihood.
        """
        if starts < 1:
            raise EstimationError(f"starts must be at least 1, got starts={starts}.")
        spec, name = self.specification, called(self.endog, "endog")
        if len(self.values) < spec.n_needed:
            raise TooShortError(
                f"{name} has {len(self.values)} periods, too short for {spec.n_params} parameters: "
                f"give at least {spec.n_needed} periods, or fewer regimes or lags."
            )
        scale = linear_scale(self.values, spec.order, name)
        found = search(self.values, spec, scale, starts, seed)
        if found.n_agreeing < 2:
            raise EstimationError(
                f"Only one of {found.n_starts} starts reached the best log-likelihood, so it may "
                f"not be the maximum: raise starts, or give a longer sample."
            )
        estimates = rescaled(spec.parameters(found.theta), scale)
        llf, filtered, smoothed = filter_and_smooth(self.values, estimates)
        return MarkovSwitchingResults(
            endog=self.endog,
            estimates=estimates,
            errors=standard_errors(found, spec, scale),
            llf=llf,
            n_params=spec.n_params,
            n_starts=found.n_starts,
            n_agreeing=found.n_agreeing,
            variance_floor=VARIANCE_FLOOR * scale.residual**2,
            filtered_marginal_probabilities=self._by_period(filtered, spec.k_regimes),
            smoothed_marginal_probabilities=self._by_period(smoothed, spec.k_regimes),
        )

    def filter(self, params: RegimeParameters) -> pd.DataFrame:
        """Filtered regime probabilities P(s_t | y_1 .. y_t) at given parameters (Hamilton 1989).

        For real time: parameters estimated on the past, filter run to today. Row t depends on
        observations up to t alone and is bit-identical whatever comes after.

        Args:
            params: Parameters, from ``fit().estimates`` or by hand; they say the size and form.

        Returns:
            Regimes in columns; the first row belongs to period order + 1.

        Raises:
            EstimationError: The series has no period after the first ``order``, or the parameters
                do not fit together.
        """
        _, filtered, _ = filter_and_smooth(self.values, params)
        return self._by_period(filtered, params.k_regimes)

    def forecast(self, params: RegimeParameters, horizon: int, **options: Any) -> RegimeForecast:
        """Forecast at given parameters; options and errors are ``regime_forecast.forecast``'s."""
        return forecast(params, self.endog, horizon, **options)

    def _by_period(self, states: FloatArray, k_regimes: int) -> pd.DataFrame:
        periods = self.endog.index[-len(states) :]
        return pd.DataFrame(regime_probabilities(states, k_regimes), periods)
