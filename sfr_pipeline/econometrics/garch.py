"""GARCH(1,1) and GJR as one looks at them: labelled returns in, estimates that print and forecast.

Domain, starting variance and least variances are those of ``arch``, taken of returns that are
brought to mean 0 and unit variance first. Estimates therefore do not depend on the unit, and
``arch`` fitted to such returns has the same likelihood.

Does not belong here: the loops (`kernels.garch`), and volatilities that never see the future
(`volatility`).
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import pandas as pd

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.econometrics.labelled import (
    called,
    chart_dates,
    check_counts,
    check_series,
    coefficient_table,
    periods_ahead,
)
from sfr_pipeline.errors import ConvergenceError, EstimationError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Shocks = Literal["normal", "t"]
# Returns in unit variance, the variance before the first, and the least variance of each.
Sample = tuple[FloatArray, float, FloatArray]

# The starting variance is a weighted mean of the first squares, RiskMetrics' weights.
DECAY, FIRST = 0.94, 75
# No variance is less than this part of the exponentially weighted one, or of the whole sample's.
OF_WEIGHTED, OF_SAMPLE = 1e-6, 1e-8
NU = (2.05, 500.0)  # fewest and most degrees of freedom
# Persistence and the share of it that shocks have, from where the likelihood is climbed.
STARTS = ((0.98, 0.08), (0.995, 0.02))
FIRST_NU = 7.0  # degrees of freedom at the starts
RETURNS_A_PARAMETER = 10  # fewest, below which a likelihood says next to nothing
MOST_STEPS = 500  # of a climb: thirty or so do, unless there are spells of no move
LEVEL = 1e-7  # steepest likelihood, an observation, at what counts as its top


class GARCH:
    """GARCH(1,1) with a constant mean, or GJR where ``asymmetric``, by maximum likelihood.

        r_t = mu + e_t,   e_t = sigma_t z_t,
        sigma_t^2 = omega + (alpha + gamma [e_{t-1} < 0]) e_{t-1}^2 + beta sigma_{t-1}^2

    with standard normal z_t, or t with nu degrees of freedom and unit variance.

    Args:
        returns: one number a period, by ascending periods, no gaps.
        asymmetric: whether falls move the variance by another alpha: Glosten, Jagannathan and
            Runkle (1993).
        shocks: ``normal``, or ``t`` with estimated degrees of freedom.

    Raises:
        EstimationError: the returns are no series, out of order, have gaps, or are constant.

    Example:
        >>> import numpy as np, pandas as pd
        >>> from sfr_pipeline.econometrics import GARCH
        >>> days = pd.bdate_range("2015-01-01", periods=1500)
        >>> noise = np.random.default_rng(0).standard_normal(1500)
        >>> results = GARCH(pd.Series(noise * np.where(days.year < 2018, 1.0, 3.0), days)).fit()
        >>> results.params.round(2).to_dict()["alpha"] > 0
        True
        >>> len(results.forecast(horizon=5))
        5
    """

    def __init__(
        self, returns: pd.Series, *, asymmetric: bool = False, shocks: Shocks = "normal"
    ) -> None:
        if shocks not in get_args(Shocks):
            raise EstimationError(f"shocks are {shocks!r}: choose one of {get_args(Shocks)}")
        values = check_series(returns, "the returns", holes=True)
        if len(values) == 0 or values.std() <= 1e-12 * np.abs(values).max():
            raise EstimationError(
                f"{called(returns, 'the returns')} are constant: there is no volatility to estimate"
            )
        needed = RETURNS_A_PARAMETER * (4 + asymmetric + (shocks == "t"))
        if len(values) < needed:
            raise EstimationError(
                f"{len(values)} returns are too few for such a model: give at least {needed}"
            )
        self.returns, self.asymmetric, self.shocks = returns, asymmetric, shocks
        self._values = values
        self._mean, self.scale = float(values.mean()), float(values.std())

    def __repr__(self) -> str:
        kind = "GJR" if self.asymmetric else "GARCH"
        return (
            f"GARCH({len(self._values)} returns, {kind}, {self.shocks} shocks); fit() estimates it"
        )

    def fit(self, backcast: float | None = None) -> "GarchResults":
        """Climb the likelihood from two starts, a nervous and a lasting memory, to the higher top.

        Args:
            backcast: variance before the first observation; by default a weighted mean of the
                first 75 squared deviations from the mean.

        Raises:
            ConvergenceError: the climb did not end at a top.
        """
        from sfr_pipeline.econometrics.kernels import garch as kernels

        if backcast is not None and not backcast > 0:
            raise EstimationError(f"backcast must be a variance above 0, not {backcast}")
        unit = (self._values - self._mean) / self.scale
        weighted = _weighted_variances(unit)
        first = float(weighted[0]) if backcast is None else backcast / self.scale**2
        sample = (unit, first, np.maximum(OF_WEIGHTED * weighted, OF_SAMPLE))
        low, high = self._box()
        tops = []
        for persistence, share in STARTS:
            tails = 1 / FIRST_NU if self.shocks == "t" else 0.0
            place = np.array([0.0, 0.0, persistence, share, 0.5, tails])
            value, slope = kernels.climb(place, low, high, *sample, MOST_STEPS)
            tops.append((value, slope, place))
        value, slope, place = max(tops, key=lambda top: np.nan_to_num(top[0], nan=-np.inf))
        if not slope <= LEVEL * len(unit):
            name = "the returns" if self.returns.name is None else self.returns.name
            raise ConvergenceError(
                f"the GARCH likelihood of {name} did not converge (slope {slope:.1e} where "
                "the climb ended): check the series for jumps in its unit and for spells without "
                "moves, or choose another transform"
            )
        theta = np.empty(kernels.SIZE)
        kernels.unbox(place, theta)
        params = pd.Series(self.named(theta), name="params")
        params["mu"] = self._mean + self.scale * params["mu"]
        params["omega"] *= self.scale**2
        return GarchResults(
            model=self,
            params=params,
            loglikelihood=value - len(unit) * float(np.log(self.scale)),
            conditional_volatility=pd.Series(
                self.scale * np.sqrt(kernels.variances(theta, *sample)),
                self.returns.index,
                name="sigma",
            ),
            at_bound=bool(((place == low) | (place == high))[low < high].any()),
            theta=theta,
            sample=sample,
        )

    def _box(self) -> tuple[FloatArray, FloatArray]:
        """Bounds of (mu, log v, persistence, share, share of falls, 1/nu), in unit variance."""
        falls = (0.0, 1.0) if self.asymmetric else (0.5, 0.5)
        tails = (1 / NU[1], 1 / NU[0]) if self.shocks == "t" else (0.0, 0.0)
        bounds = [(-10.0, 10.0), (np.log(1e-8), np.log(1e3)), (0.0, 1.0), (0.0, 1.0), falls, tails]
        low, high = np.array(bounds).T.copy()
        return low, high

    def named(self, theta: FloatArray) -> dict[str, float]:
        """Parameters by name, in unit variance and mean 0 still."""
        mu, omega, up, down, beta, nu = theta.tolist()
        gamma = {"gamma": down - up} if self.asymmetric else {}
        tails = {"nu": nu} if self.shocks == "t" else {}
        return {"mu": mu, "omega": omega, "alpha": up, **gamma, "beta": beta, **tails}


def _weighted_variances(unit: FloatArray) -> FloatArray:
    """Exponentially weighted squares of the days before each, from the first on."""
    from scipy.signal import lfilter

    weights = DECAY ** np.arange(min(FIRST, len(unit)))
    # No inner product: its last bits depend on the processor's BLAS.
    first = float((weights * unit[: len(weights)] ** 2).sum() / weights.sum())
    squares = (1 - DECAY) * unit[:-1] ** 2
    later, _ = lfilter([1.0], [1.0, -DECAY], squares, zi=[DECAY * first])
    return np.concatenate([[first], later])


@dataclass(frozen=True, repr=False)
class GarchResults:
    """An estimate.

    Attributes:
        model: what was fitted.
        params: (mu, omega, alpha, gamma of GJR, beta, nu of t-shocks), by name.
        loglikelihood: at its top.
        conditional_volatility: sigma_t, by period.
        at_bound: whether the estimate lies at a side of its domain, such as alpha = 0.
        theta: estimate as `kernels.garch` has it, in unit variance.
        sample: returns in unit variance, starting and least variances.
    """

    model: GARCH
    params: pd.Series
    loglikelihood: float
    conditional_volatility: pd.Series
    at_bound: bool
    theta: FloatArray
    sample: Sample

    @cached_property
    def std_errors(self) -> pd.Series:
        """Standard errors of the parameters from the Hessian; NaN where the estimate is at a bound.

        The Hessian is that of `kernels.garch.likelihood`, from differences of its gradient.
        """
        names = list(self.params.index)
        errors = pd.Series(np.nan, names, name="std_errors")
        if self.at_bound:
            return errors
        # theta by the parameters: alpha moves both responses, gamma that to falls.
        by = {"mu": [0], "omega": [1], "alpha": [2, 3], "gamma": [3], "beta": [4], "nu": [5]}
        directions = np.array([np.isin(np.arange(6), by[name]) for name in names], float)
        steps = 1e-5 * np.maximum(np.abs([*self.model.named(self.theta).values()]), 1e-2)
        slopes = [
            directions
            @ (self._score(self.theta + step * way) - self._score(self.theta - step * way))
            for step, way in zip(steps, directions, strict=True)
        ]
        hessian = np.array(slopes) / (2 * steps[:, np.newaxis])
        variances = np.diag(np.linalg.inv(-(hessian + hessian.T) / 2))
        errors[:] = np.sqrt(np.where(variances > 0, variances, np.nan))
        errors[["mu", "omega"]] *= [self.model.scale, self.model.scale**2]
        return errors

    def _score(self, theta: FloatArray) -> FloatArray:
        from sfr_pipeline.econometrics.kernels import garch as kernels

        score = np.empty(kernels.SIZE)
        kernels.likelihood(theta, *self.sample, score)
        return score

    @property
    def nobs(self) -> int:
        """Periods."""
        return len(self.model.returns)

    @property
    def persistence(self) -> float:
        """alpha + gamma / 2 + beta: the part of a deviation in variance that a period leaves."""
        return float(self.params["alpha"] + self.params.get("gamma", 0.0) / 2 + self.params["beta"])

    @property
    def aic(self) -> float:
        """Akaike's criterion."""
        return 2 * len(self.params) - 2 * self.loglikelihood

    @property
    def bic(self) -> float:
        """Schwarz's criterion."""
        return float(np.log(self.nobs)) * len(self.params) - 2 * self.loglikelihood

    @property
    def std_resid(self) -> pd.Series:
        """Standardised residuals e_t / sigma_t."""
        residuals = self.model.returns.astype(float) - self.params["mu"]
        return (residuals / self.conditional_volatility).rename("std_resid")

    def forecast(self, horizon: int = 1) -> pd.Series:
        """Standard deviations of the returns of the next periods, as seen from the last one.

        E sigma_{t+1}^2 is equation (2) of `kernels.garch`; E sigma_{t+h}^2 = omega +
        (alpha + gamma / 2 + beta) E sigma_{t+h-1}^2.

        Args:
            horizon: periods.

        Returns:
            By period; days without a frequency of their own give 1 .. ``horizon``.

        Raises:
            EstimationError: a horizon that is none.
        """
        check_counts(horizon=horizon)
        last = float(self.model.returns.iloc[-1]) - self.params["mu"]
        response = self.params["alpha"] + (self.params.get("gamma", 0.0) if last < 0 else 0.0)
        variances = np.empty(horizon)
        variances[0] = (
            self.params["omega"]
            + response * last**2
            + self.params["beta"] * self.conditional_volatility.iloc[-1] ** 2
        )
        for step in range(1, horizon):
            variances[step] = self.params["omega"] + self.persistence * variances[step - 1]
        ahead = periods_ahead(self.model.returns.index, horizon)
        return pd.Series(np.sqrt(variances), ahead, name="sigma")

    def summary(self) -> str:
        """The estimate as a table."""
        kind = "GJR(1,1)" if self.model.asymmetric else "GARCH(1,1)"
        index = self.model.returns.index
        return (
            f"{kind}, constant mean, {self.model.shocks} shocks\n"
            f"{self.nobs} returns, {index[0]} to {index[-1]}\n"
            f"log-likelihood {self.loglikelihood:.3f}   AIC {self.aic:.2f}   BIC {self.bic:.2f}   "
            f"persistence {self.persistence:.4f}\n"
            f"{coefficient_table(self.params, self.std_errors)}"
            + "\nThe estimate lies at a bound of its domain: no standard errors."
            * self.at_bound
        )

    def plot(self) -> "Figure":
        """Returns with bands of two conditional standard deviations around their mean."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(9, 4), layout="constrained")
        axes = figure.add_subplot()
        places = chart_dates(self.model.returns.index)
        axes.plot(places, self.model.returns.to_numpy(dtype=float), lw=0.5, color="0.5")
        for sign in (-2, 2):
            axes.plot(places, self.params["mu"] + sign * self.conditional_volatility, color="C3")
        axes.set_title("Returns, and two conditional standard deviations on either side")
        return figure

    __repr__ = summary
