"""Scores of warnings of a yes-or-no event: alarms, probabilities, a policy-maker's loss.

Belongs here: what compares a label with alarms or probabilities. The area under the ROC curve and
its bootstrap: `auroc`. Labels and alarms are boolean or 0/1, ``(n,)``; probabilities lie in 0 to 1.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.evaluation.bootstrap import LEVEL

BINS = 10


@dataclass(frozen=True)
class Confusion:
    """Counts of alarms against events.

    Every score is NaN where it has nothing to count, but for ``mcc``, which is 0 there.
    """

    true_positives: float
    false_positives: float
    false_negatives: float
    true_negatives: float

    @property
    def accuracy(self) -> float:
        """Share of points that are called rightly."""
        right = self.true_positives + self.true_negatives
        return _ratio(right, right + self.false_positives + self.false_negatives)

    @property
    def precision(self) -> float:
        """Share of alarms that are right."""
        return _ratio(self.true_positives, self.true_positives + self.false_positives)

    @property
    def recall(self) -> float:
        """Share of events that are called."""
        return _ratio(self.true_positives, self.true_positives + self.false_negatives)

    @property
    def false_alarm_rate(self) -> float:
        """Share of quiet points that are called."""
        return _ratio(self.false_positives, self.false_positives + self.true_negatives)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 0 where events are there and none is called."""
        twice = 2 * self.true_positives
        return _ratio(twice, twice + self.false_positives + self.false_negatives)

    @property
    def balanced_accuracy(self) -> float:
        """Mean of the shares of events and of quiet points that are called rightly."""
        return (self.recall + 1 - self.false_alarm_rate) / 2

    @property
    def mcc(self) -> float:
        """Matthews' correlation of alarms with events; 0 where one of the two never changes."""
        tp, fp = self.true_positives, self.false_positives
        fn, tn = self.false_negatives, self.true_negatives
        scale = sqrt(tp + fp) * sqrt(tp + fn) * sqrt(tn + fp) * sqrt(tn + fn)
        return (tp * tn - fp * fn) / scale if scale else 0.0

    def relative_usefulness(self, preference: float) -> float:
        """Usefulness of Sarlin (2013), as share of what a perfect rule would save.

        The loss is ``mu * missed events + (1 - mu) * false alarms``, mu the preference: 1 for a
        perfect rule, 0 for the better of always and never, below 0 for worse.

        Args:
            preference: weight of missed events against false alarms, 0 to 1.
        """
        missed, false = preference * self.false_negatives, (1 - preference) * self.false_positives
        blind = min(
            preference * (self.true_positives + self.false_negatives),
            (1 - preference) * (self.false_positives + self.true_negatives),
        )
        return _ratio(blind - missed - false, blind)


def confusion(label: ArrayLike, alarm: ArrayLike) -> Confusion:
    """Count alarms against events.

    Args:
        label: ``(n,)``.
        alarm: ``(n,)``.
    """
    label, alarm = _boolean(label), _boolean(alarm)
    cells = (label & alarm, ~label & alarm, label & ~alarm, ~label & ~alarm)
    return Confusion(*(float(cell.sum()) for cell in cells))


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


def share_interval(successes: int, trials: int, level: float = LEVEL) -> tuple[float, float]:
    """Exact interval of a probability from independent trials (Clopper and Pearson 1934).

    Few trials say little: three of three are as likely as not to come from a probability of .8.

    Args:
        successes: 0 to ``trials``.
        trials: such as events.
        level: coverage, at least.

    Returns:
        Lower and upper bound; NaN without trials.
    """
    from scipy import stats

    if not trials:
        return float("nan"), float("nan")
    tail, failures = (1 - level) / 2, trials - successes
    low = stats.beta.ppf(tail, successes, failures + 1) if successes else 0.0
    high = stats.beta.ppf(1 - tail, successes + 1, failures) if failures else 1.0
    return float(low), float(high)


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
    """

    probability: FloatArray
    frequency: FloatArray
    n_points: NDArray[np.int64]
    reliability: float
    resolution: float
    uncertainty: float


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
    )


def _boolean(values: ArrayLike) -> NDArray[np.bool_]:
    return np.asarray(values).astype(bool)


def _ratio(numerator: float, denominator: float) -> float:
    """Quotient; NaN where the denominator is 0."""
    return numerator / denominator if denominator else float("nan")
