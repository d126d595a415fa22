"""What an estimated Markov-switching autoregression says: numbers, a table, a chart, forecasts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.econometrics.labelled import chart_dates, coefficient_table
from sfr_pipeline.econometrics.regime_forecast import RegimeForecast, forecast
from sfr_pipeline.econometrics.switching import RegimeParameters

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, repr=False)
class MarkovSwitchingResults:
    """A fitted Markov-switching autoregression, regimes ordered by variance, or by location where
    that is common (low first).

    Attributes:
        endog: The series.
        estimates: Maximum likelihood estimates, by block; ``params`` has them by name.
        errors: Their standard errors in the same places, see ``regime_estimation``; ``bse`` has
            them by name.
        llf: Log-likelihood of y_{order+1} .. y_T given the first ``order`` observations.
        n_params: Number of free parameters.
        n_starts: Number of random starting values.
        n_agreeing: How many of them reached ``llf``.
        variance_floor: Lower bound of the variances in the estimation.
        filtered_marginal_probabilities: P(s_t | y_1 .. y_t) at the full-sample estimates, periods
            by regimes, ``(n_periods - order, k_regimes)``.
        smoothed_marginal_probabilities: P(s_t | y_1 .. y_T), same shape.
    """

    endog: pd.Series
    estimates: RegimeParameters
    errors: RegimeParameters
    llf: float
    n_params: int
    n_starts: int
    n_agreeing: int
    variance_floor: float
    filtered_marginal_probabilities: pd.DataFrame
    smoothed_marginal_probabilities: pd.DataFrame

    @property
    def params(self) -> pd.Series:
        """The estimates by name: const[0], ar.L1, sigma2[0], p[0->1], ..."""
        return pd.Series(self.estimates.by_name(), name="coef")

    @property
    def bse(self) -> pd.Series:
        """The standard errors by name."""
        return pd.Series(self.errors.by_name(), name="std err")

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
        from sfr_pipeline.econometrics.kernels.switching import ergodic

        return np.asarray(ergodic(self.estimates.point.transition), dtype=float)

    @property
    def counted_shares(self) -> FloatArray:
        """Share of periods whose most probable smoothed regime is this one, shape (k_regimes,)."""
        regimes = self.smoothed_marginal_probabilities.to_numpy().argmax(axis=1)
        return np.bincount(regimes, minlength=self.estimates.k_regimes) / self.nobs

    @property
    def expected_durations(self) -> FloatArray:
        """Expected length of a stay, 1 / (1 - p_ii) periods, shape (k_regimes,)."""
        return 1 / (1 - np.diagonal(self.estimates.transition))

    @property
    def at_variance_floor(self) -> bool:
        """True when a variance sits on its floor: that regime only fits a few points."""
        return bool((self.estimates.variances <= self.variance_floor * (1 + 1e-6)).any())

    def forecast(self, horizon: int, **options: Any) -> RegimeForecast:
        """Forecast beyond the sample; options and errors are ``regime_forecast.forecast``'s."""
        return forecast(self.estimates, self.endog, horizon, **options)

    def summary(self) -> str:
        """The estimates as a table."""
        form, k, order = self.estimates.form, self.estimates.k_regimes, self.estimates.order
        regimes = {
            "ergodic": self.ergodic_shares,
            "counted": self.counted_shares,
            "duration": self.expected_durations,
        }
        lines = [
            f"Markov-switching autoregression: {form} form, {k} regimes, AR({order})",
            f"{self.nobs} observations   {self.n_params} parameters   "
            f"starts agreeing {self.n_agreeing}/{self.n_starts}",
            f"Log-likelihood {self.llf:.4f}   AIC {self.aic:.4f}   BIC {self.bic:.4f}",
            "",
            coefficient_table(self.params, self.bse),
            "",
            pd.DataFrame(regimes).rename_axis("regime").to_string(float_format="{:.3f}".format),
        ]
        if self.at_variance_floor:
            lines.append("A variance sits on its floor: that regime fits a few points only.")
        return "\n".join(lines)

    __str__ = __repr__ = summary

    def plot(self) -> Figure:
        """The series above the smoothed probability of the last regime, as a matplotlib figure."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(8, 5), layout="constrained")
        above, below = figure.subplots(2, 1, sharex=True)
        probability = self.smoothed_marginal_probabilities.iloc[:, -1]
        series = self.endog.loc[probability.index]
        dates = chart_dates(series.index)
        above.plot(dates, series.to_numpy(dtype=float))
        above.set_ylabel(str(self.endog.name or "series"))
        below.fill_between(dates, probability.to_numpy(), alpha=0.5)
        below.set_ylim(0, 1)
        below.set_ylabel(f"probability of regime {probability.name}")
        return figure
