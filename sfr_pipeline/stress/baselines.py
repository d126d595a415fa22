"""What any network has to beat: rules of one number, HAR-logits, boosted trees.

The trial on real data found that one volatility is the bar, not the many-variable logit: to be
ahead of the latter alone is no skill.
"""

from typing import Self

import numpy as np

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.stress.bounds import log_volatility
from sfr_pipeline.stress.calibration import Prior, fit_map
from sfr_pipeline.stress.classifier import Classifier, base_log_odds, logit
from sfr_pipeline.stress.sample import LIMIT, Label, Sample, largest
from sfr_pipeline.training.scaler import Scaler

HAR = ("log_rv1", "log_rv5", "log_rv22")
HAR_STRENGTH = 0.05
TREES = 60
LEAVES = 8
LEARNING_RATE = 0.1
LEAF_DAYS = 50
# Log-odds that are as good as certain.
CERTAIN = 12.0


class Majority(Classifier):
    """The more frequent class of the training days, always."""

    calibrated = False
    reads_features = False

    def inputs(self, sample: Sample, label: Label) -> FloatArray:
        """None that count."""
        return np.zeros((len(sample.dates), 1))

    def fit(self, rows: FloatArray, labels: FloatArray, horizon: int = 0) -> Self:
        """See ``Classifier``."""
        self.log_odds = CERTAIN if labels.mean() > 0.5 else -CERTAIN
        return self

    def predict(self, rows: FloatArray) -> FloatArray:
        """See ``Classifier``."""
        return np.full(len(rows), self.log_odds)

    def rank(self, rows: FloatArray) -> FloatArray:
        """All days alike."""
        return np.zeros(len(rows))


class Climatology(Classifier):
    """Share of stress among the days whose label is known, renewed every day."""

    calibrated = False
    reads_features = False
    estimates = False

    def inputs(self, sample: Sample, label: Label) -> FloatArray:
        """Log-odds of that share, one half added to each count (Jeffreys's prior)."""
        known = _last_known(label)
        stressed = np.nancumsum(known)
        days = np.cumsum(~np.isnan(known))
        odds = np.log((stressed + 0.5) / (days - stressed + 0.5))
        return odds[:, None]

    def fit(self, rows: FloatArray, labels: FloatArray, horizon: int = 0) -> Self:
        """Nothing to learn."""
        return self

    def predict(self, rows: FloatArray) -> FloatArray:
        """See ``Classifier``."""
        return rows[:, 0]


class _OneNumber(Classifier):
    """A rule of one number, of which its probability is a map (`calibration.fit_map`).

    The number is standardised on the training days, and the prior says: on their average day stress
    is as likely as its thresholds make it, give or take, and it rises with the number.
    """

    calibrated = False
    standardised = True
    prior = Prior(intercept=float(np.log(0.1 / 0.9)), slope=1.0, intercept_sd=1.0, slope_sd=0.5)

    def fit(self, rows: FloatArray, labels: FloatArray, horizon: int = 0) -> Self:
        """See ``Classifier``."""
        whole = Scaler(np.zeros(1), np.ones(1), CERTAIN)
        self.scaler = Scaler.of(rows, LIMIT) if self.standardised else whole
        self.map = fit_map(self.scaler.apply(rows)[:, 0], labels, self.prior, max(1, horizon))
        return self

    def predict(self, rows: FloatArray) -> FloatArray:
        """See ``Classifier``."""
        return self.map.intercept + self.map.slope * self.scaler.apply(rows)[:, 0]

    def rank(self, rows: FloatArray) -> FloatArray:
        """The number itself."""
        return rows[:, 0]


class LastLabel(_OneNumber):
    """The last label that is known: yesterday's, or that of ``horizon`` days ago."""

    reads_features = False

    def inputs(self, sample: Sample, label: Label) -> FloatArray:
        """See ``Classifier``."""
        return _last_known(label)[:, None]

    def rank(self, rows: FloatArray) -> FloatArray:
        """The label; in the middle where none is known."""
        return np.nan_to_num(rows[:, 0], nan=0.5)


class Volatility(_OneNumber):
    """One volatility of the first sub-market.

    Args:
        measure: of ``daily_features``, a logarithm.
    """

    def __init__(self, measure: str) -> None:
        self.measure = measure

    def inputs(self, sample: Sample, label: Label) -> FloatArray:
        """See ``Classifier``."""
        return sample.columns(f"{sample.markets[0]}_{self.measure}")


class GarchVolatility(_OneNumber):
    """Volatility of the first sub-market over the next 21 days by a GARCH(1,1)."""

    # It reads returns.
    reads_features = False

    def inputs(self, sample: Sample, label: Label) -> FloatArray:
        """See ``Classifier``."""
        return sample.garch[:, None]


class VolatilityGap(_OneNumber):
    """How far the volatilities of enough sub-markets lie above their thresholds today.

    Of ln(volatility) - ln(threshold) over the sub-markets the value of the rank that the label's
    breadth asks for: with two, the second largest. Nothing in it is fitted to any label. Labels of
    the day itself have no threshold of volatility: there it is that of the middle horizon.

    The number has a natural zero, so it is not standardised, and the prior is about that: with
    volatility at its threshold stress is an even chance, give or take.

    Args:
        measure: of ``daily_features``, a logarithm.
    """

    standardised = False
    prior = Prior(intercept=0.0, slope=2.0, intercept_sd=1.0, slope_sd=1.0)

    def __init__(self, measure: str) -> None:
        self.measure = measure

    def inputs(self, sample: Sample, label: Label) -> FloatArray:
        """See ``Classifier``; NaN on days with fewer sub-markets than the breadth."""
        horizons = sorted(sample.outcomes)
        horizon = label.horizon or horizons[len(horizons) // 2]
        volatility = sample.columns(*(f"{market}_{self.measure}" for market in sample.markets))
        gaps = volatility - log_volatility(sample.outcomes[horizon].threshold)
        return largest(gaps, sample.breadth)[:, None]


class ImpliedVolatility(_OneNumber):
    """The market's implied volatility."""

    def inputs(self, sample: Sample, label: Label) -> FloatArray:
        """See ``Classifier``; NaN where the market has none."""
        if sample.implied is None:
            return np.full((len(sample.dates), 1), np.nan)
        return sample.columns(sample.implied)


def har_inputs(sample: Sample, several: bool) -> FloatArray:
    """Log volatilities of 1, 5 and 22 days and the drawdown (Corsi 2009's variables).

    Args:
        sample: the market.
        several: of all sub-markets; else of the first alone.
    """
    markets = sample.markets if several else sample.markets[:1]
    names = [f"{market}_{measure}" for market in markets for measure in HAR]
    return sample.columns(*names, f"{sample.markets[0]}_drawdown")


class HarLogit(Classifier):
    """Logit on `har_inputs`.

    Args:
        several: of all sub-markets; else of the first alone.
    """

    weighs = True

    def __init__(self, several: bool) -> None:
        self.several = several

    def inputs(self, sample: Sample, label: Label) -> FloatArray:
        """See ``Classifier``."""
        return har_inputs(sample, self.several)

    def fit(self, rows: FloatArray, labels: FloatArray, horizon: int = 0) -> Self:
        """See ``Classifier``."""
        self.logit = logit(rows, labels, HAR_STRENGTH)
        return self

    def predict(self, rows: FloatArray) -> FloatArray:
        """See ``Classifier``."""
        return self.logit(rows)


class GradientBoosting(Classifier):
    """Gradient-boosted trees on what the HAR-logit of several markets sees."""

    weighs = True

    def inputs(self, sample: Sample, label: Label) -> FloatArray:
        """See ``Classifier``."""
        return har_inputs(sample, several=True)

    def fit(self, rows: FloatArray, labels: FloatArray, horizon: int = 0) -> Self:
        """See ``Classifier``; of one class alone its base rate is learnt."""
        from sklearn.ensemble import HistGradientBoostingClassifier

        # A market that has not joined yet has no values to be cut into bins.
        self.there = ~np.isnan(rows).all(axis=0)
        self.constant = base_log_odds(labels)
        self.trees = None
        if len(np.unique(labels)) > 1:
            self.trees = HistGradientBoostingClassifier(
                max_iter=TREES,
                max_leaf_nodes=LEAVES,
                learning_rate=LEARNING_RATE,
                min_samples_leaf=LEAF_DAYS,
                early_stopping=False,
                random_state=0,
            ).fit(rows[:, self.there], labels)
        return self

    def predict(self, rows: FloatArray) -> FloatArray:
        """See ``Classifier``."""
        if self.trees is None:
            return np.full(len(rows), self.constant)
        return np.asarray(self.trees.decision_function(rows[:, self.there]))


def _last_known(label: Label) -> FloatArray:
    """The newest label known at the close of each day, today's left out; NaN before the first."""
    known = np.roll(label.values, label.lag)
    known[: label.lag] = np.nan
    return known
