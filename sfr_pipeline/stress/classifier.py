"""What a classifier of days is here, and the one-variable logit that turns a score into log-odds.

Belongs here: the interface. Does not belong here: particular models (`baselines`, `contender`,
`networks`).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sfr_pipeline.arrays import BoolArray, FloatArray
from sfr_pipeline.stress.sample import LIMIT, Label, Sample
from sfr_pipeline.training.scaler import Scaler

# Log-odds of a fitted model for rows of its inputs.
Scorer = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True)
class Model:
    """A model without randomness, which reads one row of inputs a day.

    Attributes:
        name: in tables.
        inputs: its columns, ``(n_days, n_inputs)``, each row known at the close of its day.
        fit: from inputs and labels of the training rows to log-odds of any rows.
        rank: what ranks days where that is not the log-odds: a rule's own quantity, which has the
            same meaning in all years. Maps inputs to ``(n_rows,)``.
        calibrated: False where the log-odds are to stand as they are.
    """

    name: str
    inputs: Callable[[Sample, Label], FloatArray]
    fit: Callable[[FloatArray, FloatArray], Scorer]
    rank: Scorer | None = None
    calibrated: bool = True


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
