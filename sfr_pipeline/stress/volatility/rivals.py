"""The models of volatility: rules, rivals made strong, and the linear panel.

Each reads inputs of a panel and says y = ln RV - ln q, market by market. Belongs here: what each
one reads and how it is fitted. Does not belong here: when (`walk`), what inputs are made of
(`features`).
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal, Self

import numpy as np

from sfr_pipeline.arrays import BoolArray, FloatArray, IntArray
from sfr_pipeline.errors import TooShortError
from sfr_pipeline.stress.volatility.features import harx_inputs, trailing, weighted
from sfr_pipeline.stress.volatility.harx import LEAST_VARIANCE, PooledFit, fit_pooled
from sfr_pipeline.stress.volatility.panel import PooledPanel

# RiskMetrics' weight of yesterday's variance.
DECAY = 0.94
# Days of Corsi's (2009) heterogeneous autoregression.
HAR_DAYS = (1, 5, 22)
# Half a year of outcomes: with fewer a market's own regression is not believed.
LEAST_OWN_DAYS = 126

Rule = Literal["no_change", "ewma", "garch", "gjr"]


class VolatilityModel(ABC):
    """A model of the volatility of the coming days.

    Attributes:
        refit_months: months between two fits; 0 where nothing is estimated.
    """

    refit_months: ClassVar[int] = 12

    @abstractmethod
    def inputs(self, panel: PooledPanel, horizon: int) -> FloatArray:
        """What it reads, all known at the close of the day, ``(n_days, n_markets, n_inputs)``."""

    @abstractmethod
    def fit(self, known: FloatArray, targets: FloatArray) -> Self:
        """Learn from inputs and training targets y, ``(n_days, n_markets)``, NaN where none."""

    @abstractmethod
    def predict(self, asked: FloatArray) -> FloatArray:
        """y of each day and market, ``(n_days, n_markets)``; NaN where an input is missing."""


def rule_forecast(panel: PooledPanel, horizon: int, rule: Rule) -> FloatArray:
    """Log of a year's volatility of the next days by a rule, ``(n_days, n_markets)``.

    Args:
        panel: markets by day.
        horizon: trading days ahead.
        rule: the last days as many (``no_change``), exponential weights, GARCH(1,1) or GJR with
            t-shocks, whose parameters are those of the years that are over.
    """
    if rule == "no_change":
        return trailing(panel, horizon)
    if rule == "ewma":
        return weighted(panel, DECAY)
    return (panel.garch if rule == "garch" else panel.gjr)[horizon]


class PlainRule(VolatilityModel):
    """A rule as it is: nothing is learnt from the outcomes.

    Args:
        rule: which.
    """

    def __init__(self, rule: Rule) -> None:
        self.rule = rule

    def inputs(self, panel: PooledPanel, horizon: int) -> FloatArray:
        """The rule's log volatility less ln q."""
        gap = rule_forecast(panel, horizon, self.rule) - panel.log_thresholds(horizon)
        return gap[..., np.newaxis]

    def fit(self, known: FloatArray, targets: FloatArray) -> Self:
        """Nothing to learn."""
        return self

    def predict(self, asked: FloatArray) -> FloatArray:
        """See ``VolatilityModel``."""
        return asked[..., 0]


class Weights(PlainRule):
    """A rule of past squares alone, which estimates nothing at all.

    Args:
        rule: which.
    """

    refit_months = 0


class Recalibrated(VolatilityModel):
    """A rule, made unbiased: ln RV = a + b ln(forecast), market by market (Mincer and Zarnowitz).

    The rule stands as it is where a market has too few outcomes for a regression of its own.

    Args:
        rule: which.
    """

    def __init__(self, rule: Rule) -> None:
        self.rule = rule

    def inputs(self, panel: PooledPanel, horizon: int) -> FloatArray:
        """The rule's log volatility, and ln q."""
        thresholds = panel.log_thresholds(horizon)
        return np.stack([rule_forecast(panel, horizon, self.rule), thresholds], axis=-1)

    def fit(self, known: FloatArray, targets: FloatArray) -> Self:
        """See ``VolatilityModel``."""
        self.line = fit_each(known[..., :1], targets + known[..., 1])
        return self

    def predict(self, asked: FloatArray) -> FloatArray:
        """See ``VolatilityModel``."""
        made = np.where(self.line.fitted, self.line.predict(asked[..., :1]), asked[..., 0])
        return made - asked[..., 1]


class OwnHar(VolatilityModel):
    """Heterogeneous autoregression of each market alone (Corsi 2009), in logs."""

    def inputs(self, panel: PooledPanel, horizon: int) -> FloatArray:
        """Log realised volatility of 1, 5 and 22 days less ln q."""
        thresholds = panel.log_thresholds(horizon)
        return np.stack([trailing(panel, days) - thresholds for days in HAR_DAYS], axis=-1)

    def fit(self, known: FloatArray, targets: FloatArray) -> Self:
        """See ``VolatilityModel``."""
        self.line = fit_each(known, targets)
        return self

    def predict(self, asked: FloatArray) -> FloatArray:
        """See ``VolatilityModel``."""
        return np.where(self.line.fitted, self.line.predict(asked), np.nan)


class PanelHarx(VolatilityModel):
    """The linear panel: signs, range and implied volatility beside volatilities, one fit for all.

    Args:
        means: whether means over markets stand beside each market's own.
    """

    def __init__(self, means: bool = False) -> None:
        self.means = means

    def inputs(self, panel: PooledPanel, horizon: int) -> FloatArray:
        """See ``features.harx_inputs``."""
        return harx_inputs(panel, horizon, means=self.means)[0]

    def fit(self, known: FloatArray, targets: FloatArray) -> Self:
        """See ``VolatilityModel``.

        Raises:
            TooShortError: hardly a market day is whole.
        """
        fitted = fit_pooled(known, targets, np.arange(len(known)))
        if fitted is None:
            raise TooShortError(
                "The linear panel of volatilities has no more whole market days before its first "
                "fit than inputs: set stress.first_test_year later, or begin the daily panel "
                "earlier."
            )
        self.fitted: PooledFit = fitted
        return self

    def predict(self, asked: FloatArray) -> FloatArray:
        """See ``VolatilityModel``."""
        return self.fitted.predict(asked)


@dataclass(frozen=True)
class EachFit:
    """Ordinary least squares of each market alone.

    Attributes:
        intercepts: ``(n_markets,)``.
        coefficients: ``(n_markets, n_inputs)``.
        n_days: that each has learnt from.
    """

    intercepts: FloatArray
    coefficients: FloatArray
    n_days: IntArray

    @property
    def fitted(self) -> BoolArray:
        """Whether a market has enough days of its own, ``(n_markets,)``."""
        return self.n_days >= LEAST_OWN_DAYS

    def predict(self, inputs: FloatArray) -> FloatArray:
        """Forecasts, ``(n_days, n_markets)`` from ``(n_days, n_markets, n_inputs)``."""
        total = np.broadcast_to(self.intercepts, inputs.shape[:-1]).copy()
        for place in range(inputs.shape[-1]):
            total += self.coefficients[:, place] * inputs[..., place]
        return total


def fit_each(inputs: FloatArray, targets: FloatArray) -> EachFit:
    """Fit each market to its own days.

    Args:
        inputs: ``(n_days, n_markets, n_inputs)``, NaN where not known.
        targets: ``(n_days, n_markets)``, NaN where there is none.
    """
    whole = np.isfinite(targets) & np.isfinite(inputs).all(axis=-1)
    n_days = whole.sum(axis=0)
    count = np.maximum(n_days, 1)
    seen = np.where(whole[..., np.newaxis], inputs, 0.0)
    wanted = np.where(whole, targets, 0.0)
    mean, level = seen.sum(axis=0) / count[:, np.newaxis], wanted.sum(axis=0) / count
    moves = np.where(whole[..., np.newaxis], seen - mean, 0.0)
    gram = np.einsum("tmi,tmj->mij", moves, moves)
    cross = np.einsum("tmi,tm->mi", moves, np.where(whole, wanted - level, 0.0))
    inverse = np.linalg.pinv(gram, rcond=LEAST_VARIANCE, hermitian=True)
    coefficients = np.einsum("mij,mj->mi", inverse, cross)
    intercepts = level - (coefficients * mean).sum(axis=1)
    return EachFit(intercepts, coefficients, n_days)
