"""What an estimated Markov-switching autoregression says: numbers, a table, a chart, forecasts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.econometrics.regime_forecast import RegimeForecast, forecast
from sfr_pipeline.econometrics.switching import RegimeParameters, ergodic_shares

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_RULE = 66


@dataclass(frozen=True, repr=False)
class MarkovSwitchingResults:
    """A fitted Markov-switching autoregression, regimes ordered by variance (low first).

    Attributes:
        endog: The series.
        estimates: Maximum likelihood estimates, by block; ``params`` has them by name.
        errors: Their standard errors, in the same places; ``bse`` has them by name. Inverse of the
            Hessian of the log-likelihood in unconstrained parameters, brought to the natural
            ones by the delta method. NaN everywhere where the Hessian is not negative definite, and
            NaN for a parameter that sits on its bound (the others are then conditional on it).
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
        return ergodic_shares(self.estimates.transition)

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

    def forecast(
        self,
        horizon: int,
        *,
        quantile_levels: Sequence[float] = (0.05, 0.5, 0.95),
        n_paths: int = 20_000,
        seed: int = 0,
    ) -> RegimeForecast:
        """Forecast regimes and series beyond the sample; see ``regime_forecast.forecast``."""
        return forecast(
            self.estimates,
            self.endog,
            horizon,
            quantile_levels=quantile_levels,
            n_paths=n_paths,
            seed=seed,
        )

    def summary(self) -> str:
        """The estimates as a table."""
        lines = [*self._head(), *self._estimates_table(), *self._regimes_table()]
        if self.at_variance_floor:
            lines.append("A variance sits on its floor: that regime fits a few points only.")
        return "\n".join([*lines, "=" * _RULE])

    __str__ = __repr__ = summary

    def _head(self) -> list[str]:
        estimates = self.estimates
        agreeing = f"{self.n_agreeing}/{self.n_starts}"
        return [
            f"Markov-switching autoregression: {estimates.form} form, {estimates.k_regimes} "
            f"regimes, AR({estimates.order})",
            "=" * _RULE,
            f"No. observations {self.nobs:>10d}      Log-likelihood {self.llf:>16.4f}",
            f"No. parameters   {self.n_params:>10d}      AIC            {self.aic:>16.4f}",
            f"Starts agreeing  {agreeing:>10s}      BIC            {self.bic:>16.4f}",
        ]

    def _estimates_table(self) -> list[str]:
        lines = ["=" * _RULE, f"{'':<14}{'coef':>13}{'std err':>13}{'z':>13}{'P>|z|':>13}"]
        lines.append("-" * _RULE)
        errors = self.errors.by_name()
        for name, value in self.estimates.by_name().items():
            z = value / errors[name] if errors[name] > 0 else np.nan
            p_value = math.erfc(abs(z) / math.sqrt(2))
            lines.append(f"{name:<14}{value:>13.5g}{errors[name]:>13.4g}{z:>13.3f}{p_value:>13.3f}")
        return lines

    def _regimes_table(self) -> list[str]:
        lines = ["=" * _RULE, f"{'regime':<14}{'ergodic':>13}{'counted':>13}{'duration':>13}"]
        lines.append("-" * _RULE)
        shares = zip(self.ergodic_shares, self.counted_shares, self.expected_durations, strict=True)
        return lines + [
            f"{regime:<14}{ergodic:>13.3f}{counted:>13.3f}{duration:>13.2f}"
            for regime, (ergodic, counted, duration) in enumerate(shares)
        ]

    def plot(self) -> Figure:
        """The series above the smoothed probability of the last regime, as a matplotlib figure."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(8, 5), layout="constrained")
        above, below = figure.subplots(2, 1, sharex=True)
        probability = self.smoothed_marginal_probabilities.iloc[:, -1]
        series = self.endog.loc[probability.index]
        periods = series.index
        dates = periods.to_timestamp() if isinstance(periods, pd.PeriodIndex) else periods
        above.plot(dates, series.to_numpy(dtype=float))
        above.set_ylabel(str(self.endog.name or "series"))
        below.fill_between(dates, probability.to_numpy(), alpha=0.5)
        below.set_ylim(0, 1)
        below.set_ylabel(f"probability of regime {probability.name}")
        return figure
