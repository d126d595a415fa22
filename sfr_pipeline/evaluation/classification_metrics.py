"""Scores of warnings of a yes-or-no event: alarms, probabilities, a policy-maker's loss.

Belongs here: what compares a label with alarms or probabilities. The area under the ROC curve and
its bootstrap: `auroc`. Labels and alarms are boolean or 0/1, ``(n,)``; probabilities lie in 0 to 1.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sfr_pipeline.arrays import FloatArray

BINS = 10


@dataclass(frozen=True)
class Confusion:
    """Counts of alarms against events, single numbers or one a resample.

    Every score is NaN where it has nothing to count, but for ``mcc``, which is 0 there.
    """

    true_positives: FloatArray
    false_positives: FloatArray
    false_negatives: FloatArray
    true_negatives: FloatArray

    @property
    def accuracy(self) -> FloatArray:
        """Share of points that are called rightly."""
        right = self.true_positives + self.true_negatives
        return _ratio(right, right + self.false_positives + self.false_negatives)

    @property
    def precision(self) -> FloatArray:
        """Share of alarms that are right."""
        return _ratio(self.true_positives, self.true_positives + self.false_positives)

    @property
    def recall(self) -> FloatArray:
        """Share of events that are called."""
        return _ratio(self.true_positives, self.true_positives + self.false_negatives)

    @property
    def false_alarm_rate(self) -> FloatArray:
        """Share of quiet points that are called."""
        return _ratio(self.false_positives, self.false_positives + self.true_negatives)

    @property
    def f1(self) -> FloatArray:
        """Harmonic mean of precision and recall; 0 where events are there and none is called."""
        twice = 2 * self.true_positives
        return _ratio(twice, twice + self.false_positives + self.false_negatives)

    @property
    def balanced_accuracy(self) -> FloatArray:
        """Mean of the shares of events and of quiet points that are called rightly."""
        return (self.recall + 1 - self.false_alarm_rate) / 2

    @property
    def mcc(self) -> FloatArray:
        """Matthews' correlation of alarms with events; 0 where one of the two never changes."""
        tp, fp = self.true_positives, self.false_positives
        fn, tn = self.false_negatives, self.true_negatives
        scale = np.sqrt(tp + fp) * np.sqrt(tp + fn) * np.sqrt(tn + fp) * np.sqrt(tn + fn)
        return np.nan_to_num(_ratio(tp * tn - fp * fn, scale), nan=0.0)

    def alessi_detken(self, preference: float) -> FloatArray:
        """Usefulness of Alessi and Detken (2011): loss saved against the better blind rule.

        ``min(mu, 1 - mu) - mu * missed share - (1 - mu) * false alarm rate``, mu the preference.

        Args:
            preference: weight of missed events against false alarms, 0 to 1.
        """
        loss = preference * (1 - self.recall) + (1 - preference) * self.false_alarm_rate
        return min(preference, 1 - preference) - loss

    def relative_usefulness(self, preference: float) -> FloatArray:
        """Usefulness of Sarlin (2013), as share of what a perfect rule would save.

        As `alessi_detken`, with both errors weighted by how frequent events and quiet points are:
        1 for a perfect rule, 0 for the better of always and never, below 0 for worse.

        Args:
            preference: weight of missed events against false alarms, 0 to 1.
        """
        missed, false = preference * self.false_negatives, (1 - preference) * self.false_positives
        blind = np.minimum(
            preference * (self.true_positives + self.false_negatives),
            (1 - preference) * (self.false_positives + self.true_negatives),
        )
        return _ratio(blind - missed - false, blind)


def confusion(
    label: ArrayLike, alarm: ArrayLike, counts: NDArray[np.integer[Any]] | None = None
) -> Confusion:
    """Count alarms against events.

    Args:
        label: ``(n,)``.
        alarm: ``(n,)``.
        counts: how often each point stands in each resample, ``(n, draws)``; None counts each once.
    """
    label, alarm = _boolean(label), _boolean(alarm)
    cells = np.stack([label & alarm, ~label & alarm, label & ~alarm, ~label & ~alarm])
    table = cells.astype(float) @ (np.ones(len(label)) if counts is None else counts.astype(float))
    return Confusion(*table)


def useful_threshold(label: ArrayLike, probability: ArrayLike, preference: float) -> float:
    """Lowest alarm threshold of highest relative usefulness, to be chosen on training points.

    Args:
        label: ``(n,)``.
        probability: ``(n,)``; an alarm is a probability at or above the threshold.
        preference: as in `Confusion.relative_usefulness`.

    Returns:
        One of the probabilities; infinity where no alarm at all is best.
    """
    label = _boolean(label)
    levels, place = np.unique(np.asarray(probability, dtype=float), return_inverse=True)
    # Alarms at or above each level, the last one being no alarm at all.
    hits = np.append(np.bincount(place, label, len(levels))[::-1].cumsum()[::-1], 0)
    false = np.append(np.bincount(place, ~label, len(levels))[::-1].cumsum()[::-1], 0)
    loss = preference * (label.sum() - hits) + (1 - preference) * false
    return float(np.append(levels, np.inf)[loss.argmin()])


def auprc(label: ArrayLike, score: ArrayLike) -> float:
    """Average precision; to be read beside the base rate, which a blind score has.

    NaN where there is no event.
    """
    from sklearn.metrics import average_precision_score

    label = _boolean(label)
    return float(average_precision_score(label, score)) if label.any() else float("nan")


def brier(label: ArrayLike, probability: ArrayLike) -> float:
    """Mean squared distance of probabilities from what happened."""
    return float(np.square(np.asarray(probability, dtype=float) - _boolean(label)).mean())


def brier_skill(label: ArrayLike, probability: ArrayLike, climatology: ArrayLike) -> float:
    """1 - Brier score over that of the climatology; above 0 is better.

    Args:
        label: ``(n,)``.
        probability: ``(n,)``.
        climatology: base rate known at each point, ``(n,)`` or one number.

    Returns:
        The skill; NaN where the climatology is perfect.
    """
    label = _boolean(label)
    rival = brier(label, np.broadcast_to(np.asarray(climatology, dtype=float), label.shape))
    return 1 - brier(label, probability) / rival if rival > 0 else float("nan")


@dataclass(frozen=True)
class Calibration:
    """Whether probabilities mean what they say, in groups of similar ones.

    Attributes:
        probability: mean in each group, ``(n_groups,)``.
        frequency: share of events there.
        n_points: size of each group.
        reliability: mean squared gap of the two; 0 is best.
        resolution: mean squared distance of the frequency from the base rate; higher is better.
        uncertainty: base rate times its complement. Reliability - resolution + uncertainty is the
            Brier score of the groups' mean probabilities (Murphy 1973).
        expected_calibration_error: mean absolute gap of probability and frequency.
    """

    probability: FloatArray
    frequency: FloatArray
    n_points: NDArray[np.int64]
    reliability: float
    resolution: float
    uncertainty: float
    expected_calibration_error: float


def calibration(label: ArrayLike, probability: ArrayLike, bins: int = BINS) -> Calibration:
    """Compare probabilities with frequencies in groups of about equal size.

    Equal size, not equal width: warnings of rare events are nearly all low. Equal probabilities
    stay together, so that there may be fewer groups.

    Args:
        label: ``(n,)``.
        probability: ``(n,)``.
        bins: number of groups.
    """
    label = _boolean(label).astype(float)
    probability = np.asarray(probability, dtype=float)
    last = np.ceil(np.arange(1, bins) * len(probability) / bins).astype(int) - 1
    edges = np.unique(np.sort(probability)[last])
    _, place = np.unique(np.searchsorted(edges, probability), return_inverse=True)
    n_points = np.bincount(place)
    mean = np.bincount(place, probability) / n_points
    frequency = np.bincount(place, label) / n_points
    share, base = n_points / len(label), label.mean()
    return Calibration(
        probability=mean,
        frequency=frequency,
        n_points=n_points,
        reliability=float(share @ np.square(mean - frequency)),
        resolution=float(share @ np.square(frequency - base)),
        uncertainty=float(base * (1 - base)),
        expected_calibration_error=float(share @ np.abs(mean - frequency)),
    )


def _boolean(values: ArrayLike) -> NDArray[np.bool_]:
    return np.asarray(values).astype(bool)


def _ratio(numerator: ArrayLike, denominator: ArrayLike) -> FloatArray:
    """Quotient, NaN where the denominator is 0; a number for numbers."""
    numerator, denominator = np.asarray(numerator, float), np.asarray(denominator, float)
    nan = np.full(np.broadcast_shapes(numerator.shape, denominator.shape), np.nan)
    return np.divide(numerator, denominator, out=nan, where=denominator != 0)[()]
