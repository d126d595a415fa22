"""What a classifier of days is here, and the logit that turns inputs into log-odds.

Belongs here: the interface. Does not belong here: particular models (`baselines`), networks, models
of what follows a day (`forward`).
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from sfr_pipeline.arrays import BoolArray, FloatArray
from sfr_pipeline.evaluation import models
from sfr_pipeline.stress.sample import LIMIT, Label, Sample
from sfr_pipeline.training.scaler import Scaler


class Classifier(models.Forecaster[FloatArray, FloatArray, FloatArray], ABC):
    """A classifier without randomness, which reads one row of inputs a day.

    Attributes:
        calibrated: False where the log-odds are to stand as they are.
        reads_features: False where perturbed features would not reach it.
        weighs: whether it weighs several inputs, so that irrelevant ones could mislead it.
        estimates: False where nothing is learnt from labels or features.
    """

    calibrated: ClassVar[bool] = True
    reads_features: ClassVar[bool] = True
    weighs: ClassVar[bool] = False
    estimates: ClassVar[bool] = True

    @abstractmethod
    def inputs(self, sample: Sample, label: Label) -> FloatArray:
        """Its columns, ``(n_days, n_inputs)``, each row known at the close of its day."""

    @abstractmethod
    def fit(self, rows: FloatArray, labels: FloatArray, horizon: int = 0) -> Self:
        """Learn from inputs and labels of the training days.

        Args:
            rows: ``(n_rows, n_inputs)``.
            labels: 0 or 1.
            horizon: of the label, in days: labels of neighbouring days share all but one of them.
        """

    @abstractmethod
    def predict(self, rows: FloatArray) -> FloatArray:
        """Log-odds for rows of inputs, ``(n_rows,)``."""

    def rank(self, rows: FloatArray) -> FloatArray:
        """What ranks days, ``(n_rows,)``: the log-odds, or a rule's own quantity.

        The latter has the same meaning in all years.
        """
        return self.predict(rows)


def classifiers() -> tuple[models.Model, ...]:
    """Records of all classifiers of the leg."""
    return tuple(
        model for model in models.models_of("stress") if not (model.network or model.forward)
    )


@dataclass(frozen=True)
class Logit:
    """A fitted logistic regression.

    Attributes:
        scaler: of its inputs.
        coefficients: on standardised inputs, ``(n_inputs,)``.
        intercept: log-odds at the mean.
    """

    scaler: Scaler
    coefficients: FloatArray
    intercept: float

    def __call__(self, inputs: FloatArray) -> FloatArray:
        """Log-odds of rows; a missing input counts as the mean."""
        # Not a matrix product: its last digits depend on how many rows there are.
        return (self.scaler.apply(inputs) * self.coefficients).sum(axis=1) + self.intercept


def logit(inputs: FloatArray, labels: FloatArray, strength: float = 1.0) -> Logit:
    """Logistic regression on standardised inputs.

    Args:
        inputs: ``(n_rows, n_inputs)``; NaN counts as the mean.
        labels: 0 or 1, ``(n_rows,)``. Without both classes it is `base_log_odds` for any input.
        strength: scikit-learn's C, the inverse of the ridge penalty.
    """
    from sklearn.linear_model import LogisticRegression

    scaler = Scaler.of(inputs, LIMIT)
    if len(np.unique(labels)) < 2:
        return Logit(scaler, np.zeros(inputs.shape[1]), base_log_odds(labels))
    fitted = LogisticRegression(C=strength).fit(scaler.apply(inputs), labels)
    return Logit(scaler, fitted.coef_[0], float(fitted.intercept_[0]))


def base_log_odds(labels: FloatArray) -> float:
    """Log-odds of the share of stress, one half added to each count (Jeffreys's prior)."""
    stressed = float(labels.sum())
    return float(np.log((stressed + 0.5) / (len(labels) - stressed + 0.5)))


def has_input(inputs: FloatArray) -> BoolArray:
    """Days on which at least one input is known, ``(n_days,)``."""
    return np.asarray(~np.isnan(inputs).all(axis=1))
