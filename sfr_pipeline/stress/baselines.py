"""What any network has to beat: rules of one number, HAR-logits, and boosted trees.

The trial on real data found that one volatility is the bar, not the many-variable logit: to be
ahead of the latter alone is no skill.
"""

import numpy as np

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.stress.classifier import Model, Scorer, base_log_odds, logit
from sfr_pipeline.stress.sample import Label, Sample

HAR = ("log_rv1", "log_rv5", "log_rv22")
HAR_STRENGTH = 0.05
TREES = 60
LEAVES = 8
LEARNING_RATE = 0.1
LEAF_DAYS = 50


def majority() -> Model:
    """The more frequent class of the training days, always."""

    def fit(inputs: FloatArray, labels: FloatArray) -> Scorer:
        certain = 12.0 if labels.mean() > 0.5 else -12.0
        return lambda rows: np.full(len(rows), certain)

    return Model("majority", _nothing, fit, lambda rows: np.zeros(len(rows)), calibrated=False)


def climatology() -> Model:
    """Share of stress among the days whose label is known, renewed every day."""

    def inputs(sample: Sample, label: Label) -> FloatArray:
        known = np.roll(label.values, label.lag)
        known[: label.lag] = np.nan
        stressed = np.nancumsum(known)
        days = np.cumsum(~np.isnan(known))
        odds = np.log((stressed + 0.5) / (days - stressed + 0.5))
        return odds[:, None]

    return Model("climatology", inputs, lambda _, labels: lambda rows: rows[:, 0], calibrated=False)


def last_label() -> Model:
    """The last label that is known: yesterday's, or that of ``horizon`` days ago."""

    def inputs(sample: Sample, label: Label) -> FloatArray:
        known = np.roll(label.values, label.lag)
        known[: label.lag] = np.nan
        return known[:, None]

    return Model("last_label", inputs, logit, rank=lambda rows: np.nan_to_num(rows[:, 0], nan=0.5))


def rule(name: str, measure: str) -> Model:
    """One volatility of the first sub-market; a logit on its log makes it a probability.

    Args:
        name: in tables.
        measure: of ``daily_features``.
    """

    def inputs(sample: Sample, label: Label) -> FloatArray:
        return sample.columns(f"{sample.markets[0]}_{measure}")

    return Model(name, inputs, logit, rank=lambda rows: rows[:, 0])


def garch() -> Model:
    """Volatility of the first sub-market over the next 21 days by a GARCH(1,1)."""
    return Model(
        "garch", lambda sample, label: sample.garch[:, None], logit, rank=lambda rows: rows[:, 0]
    )


def har_inputs(sample: Sample, several: bool) -> FloatArray:
    """Log volatilities of 1, 5 and 22 days and the drawdown (Corsi 2009's variables).

    Args:
        sample: the market.
        several: of all sub-markets; else of the first alone.
    """
    markets = sample.markets if several else sample.markets[:1]
    names = [f"{market}_{measure}" for market in markets for measure in HAR]
    return sample.columns(*names, f"{sample.markets[0]}_drawdown")


def har(name: str, several: bool) -> Model:
    """Logit on `har_inputs`."""
    return Model(
        name,
        lambda sample, label: har_inputs(sample, several),
        lambda rows, labels: logit(rows, labels, HAR_STRENGTH),
    )


def boosting() -> Model:
    """Gradient-boosted trees on what the HAR-logit of several markets sees."""

    def fit(inputs: FloatArray, labels: FloatArray) -> Scorer:
        from sklearn.ensemble import HistGradientBoostingClassifier

        if len(np.unique(labels)) < 2:
            constant = base_log_odds(labels)
            return lambda rows: np.full(len(rows), constant)
        # A market that has not joined yet has no values to be cut into bins.
        there = ~np.isnan(inputs).all(axis=0)
        trees = HistGradientBoostingClassifier(
            max_iter=TREES,
            max_leaf_nodes=LEAVES,
            learning_rate=LEARNING_RATE,
            min_samples_leaf=LEAF_DAYS,
            early_stopping=False,
            random_state=0,
        ).fit(inputs[:, there], labels)
        return lambda rows: np.asarray(trees.decision_function(rows[:, there]))

    return Model("gradient_boosting", lambda sample, label: har_inputs(sample, True), fit)


def _nothing(sample: Sample, label: Label) -> FloatArray:
    return np.zeros((len(sample.dates), 1))


NAIVE = (
    majority(),
    climatology(),
    last_label(),
    rule("rv22", "log_rv22"),
    rule("ewma", "log_ewma"),
    garch(),
    har("har_equity", several=False),
    har("har", several=True),
    boosting(),
)
NAIVE_NAMES = tuple(model.name for model in NAIVE)
