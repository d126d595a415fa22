"""What accuracy, recall and F1 imply: precision, the share of events, and what memory would score.

Belongs here: classifications of days. Does not belong here: forecasts of a quantity (`scale`,
`persistence`).

All scores are taken as those of the events (of two classes). Averages over both classes would say
something else, and no count of either could be derived from them.
"""

from collections.abc import Iterator
from math import acos, pi
from statistics import NormalDist

import numpy as np

from sfr_pipeline.evaluation.audit.finding import Finding
from sfr_pipeline.evaluation.audit.printed import Printed, range_of, span_text, text_of
from sfr_pipeline.evaluation.audit.table import Group

# Shares of days that a random split puts into training, of which neighbours are remembered.
TRAINING_SHARE = 0.8
MOST_DAYS = 260


def precision_by(f1: float, recall: float) -> float:
    """Precision that F1 and recall leave: F1 R / (2 R - F1)."""
    return f1 * recall / (2 * recall - f1)


def prevalence_by(accuracy: float, precision: float, recall: float) -> float:
    """Share of events: (1 - ACC) / ((1 - R) + R (1 / P - 1)), misses and false alarms an event."""
    return (1 - accuracy) / ((1 - recall) + recall * (1 / precision - 1))


def last_label_scores(prevalence: float, spell: float, horizon: int = 1) -> tuple[float, float]:
    """Accuracy and F1 of repeating the last known label, of a label that is a two-state chain.

    With a = 1 / spell + prevalence / (spell (1 - prevalence)) the chain forgets by 1 - a a day;
    after h days an event is followed by one with probability R = pi + (1 - pi) (1 - a)^h, which
    is recall, precision and F1, and the accuracy is 1 - 2 pi (1 - R).

    Args:
        prevalence: share of events.
        spell: mean length of a run of events, in days.
        horizon: days from the last known label to the judged one.
    """
    kept = max(0.0, 1 - 1 / (spell * (1 - prevalence))) ** horizon
    recall = prevalence + (1 - prevalence) * kept
    return 1 - 2 * prevalence * (1 - recall), recall


def spell_needed(prevalence: float, f1: float, horizon: int = 1) -> float:
    """Mean run of events from which on repeating the last known label has that F1."""
    kept = (f1 - prevalence) / (1 - prevalence)
    if kept <= 0:
        return 1.0
    return 1 / ((1 - prevalence) * (1 - kept ** (1 / horizon)))


def remembered_f1(prevalence: float, spell: float, share: float = TRAINING_SHARE) -> float:
    """F1 of copying the label of the nearest training day, where test days are drawn at random.

    The nearest is k days away with probability (1 - share)^(2 (k - 1)) (1 - (1 - share)^2).

    Args:
        prevalence: share of events.
        spell: mean length of a run of events, in days.
        share: of the days that are in training.
    """
    missed = (1 - share) ** 2
    days = np.arange(1, 50)
    weights = missed ** (days - 1) * (1 - missed)
    scores = [last_label_scores(prevalence, spell, int(day))[1] for day in days]
    return float(np.dot(weights, scores))


def spell_of_window(prevalence: float, window: int) -> float:
    """Mean run of events if the label says that a mean over the last days is high.

    Of independent days: what follows is not owed to any clustering of stress, and clustering
    makes runs longer. Neighbouring means of w days correlate by 1 - 1 / w; both are above a
    threshold with the bivariate normal probability of Plackett (1954), so a run ends with
    probability (1 / (2 pi prevalence)) integral_0^acos(1 - 1 / w) exp(-z^2 / (1 + cos t)) dt.

    Args:
        prevalence: share of events, which sets the threshold z.
        window: days that the label reads, at least 2.
    """
    threshold = NormalDist().inv_cdf(1 - prevalence)
    angle = acos(1 - 1 / window)
    points = (np.arange(200) + 0.5) / 200 * angle
    heights = np.exp(-(threshold**2) / (1 + np.cos(points)))
    return float(2 * pi * prevalence / (heights.mean() * angle))


def classification_findings(group: Group, label_window: int | None) -> Iterator[Finding]:
    """What a table of classifications implies, contradicts, and cannot show.

    Args:
        group: one split of a table.
        label_window: days that the label is supposed to read, where the table has no ``spell``;
            None for no supposition.
    """
    ranges = {}
    for row, (accuracy, recall, f1) in group.having("accuracy", "recall", "f1"):
        if not _has_precision(recall, f1) or accuracy.low >= 1:
            continue
        finding = _prevalence(group, row, accuracy, recall, f1)
        ranges[row] = finding.values
        yield finding
    if not ranges:
        return
    low = max(values["low"] for values in ranges.values())
    high = min(values["high"] for values in ranges.values())
    lines = tuple(
        f"{row}: {span_text(values['low'], values['high'])}" for row, values in ranges.items()
    )
    if low > high or low >= 1:
        says = "no share of events gives all rows their accuracy, recall and F1"
        yield Finding("contradiction", group.where(), says, lines)
        return
    if (stated := group.shared("prevalence")) is not None:
        if stated.high < low or stated.low > high:
            says = (
                f"the stated share of events, {text_of(stated.value)}, is not that of the scores, "
                f"{span_text(low, high)}"
            )
            yield Finding("contradiction", group.where(), says, lines)
            return
        low = high = stated.value
    elif len(ranges) > 1:
        says = f"one share of events fits all rows: {span_text(low, high)}"
        yield Finding("implied", group.where(), says, lines, {"low": low, "high": high})
    yield from _rules(group, (low + high) / 2, label_window)


def _has_precision(recall: Printed, f1: Printed) -> bool:
    return recall.low > 0 and f1.low > 0 and 2 * recall.low > f1.high and f1.high < 1


def _prevalence(group: Group, row: str, accuracy: Printed, recall: Printed, f1: Printed) -> Finding:
    def share(acc: float, r: float, f: float) -> float:
        return prevalence_by(acc, min(precision_by(f, r), 1.0), r)

    low, high = range_of(share, accuracy, recall, f1)
    precision = precision_by(f1.value, recall.value)
    middle = share(accuracy.value, recall.value, f1.value)
    acc, r, f = (text_of(number.value) for number in (accuracy, recall, f1))
    p = text_of(precision)
    return Finding(
        "implied", group.where(row),
        f"{middle:.3f} of the days are events (by rounding {span_text(low, high)})",
        (
            f"precision = F1 R / (2 R - F1) = {f} x {r} / (2 x {r} - {f}) = {p}",
            f"share = (1 - ACC) / ((1 - R) + R (1 / P - 1)) = (1 - {acc}) / ((1 - {r}) + {r} x "
            f"(1 / {p} - 1)) = {middle:.3f}",
            "assumed: two classes, and scores of the events, not averages over both classes",
        ),
        {"prevalence": middle, "low": low, "high": high, "precision": precision},
    )  # fmt: skip


def _rules(group: Group, share: float, label_window: int | None) -> Iterator[Finding]:
    """What the best row is worth beside rules that need no model."""
    scores = dict(group.having("accuracy", "f1"))
    best = max(scores, key=lambda row: scores[row][1].value)
    accuracy, f1 = (number.value for number in scores[best])
    common = max(share, 1 - share)
    if accuracy <= common:
        yield Finding(
            "doubt", group.where(best),
            f"always naming the commoner class has accuracy {text_of(common)}, the best row "
            f"{text_of(accuracy)}",
            (f"max(share, 1 - share) = {text_of(common)}",),
            {"majority_accuracy": common},
        )  # fmt: skip
    always = 2 * share / (1 + share)
    if f1 <= always:
        yield Finding(
            "doubt", group.where(best),
            f"calling every day an event has F1 {text_of(always)}, the best row {text_of(f1)}",
            (f"2 share / (1 + share) = 2 x {text_of(share)} / (1 + {text_of(share)})",),
            {"always_f1": always},
        )  # fmt: skip
    yield _memory(group, best, share, label_window)


def _memory(group: Group, best: str, share: float, label_window: int | None) -> Finding:
    f1 = group.rows[best]["f1"].value
    asked = group.shared("horizon", best)
    horizon = 1 if asked is None else int(asked.value)
    needed = spell_needed(share, f1, horizon)
    lines = [
        f"the last known label, {horizon} day{'s' if horizon > 1 else ''} old, has F1 = share + "
        f"(1 - share) (1 - 1 / (spell (1 - share)))^{horizon}, share {text_of(share)}",
        f"it has {text_of(f1)} from a mean run of events of {needed:.1f} days on",
        "assumed: the label is a two-state Markov chain; then this is all that its past can tell",
    ]
    values = {"spell_needed": needed}
    spell, source = _spell(group, best, share, label_window)
    if spell is None:
        window = _window_needed(share, needed)
        if window is not None:
            lines.append(
                f"a label that says whether the mean of the last {window} days is high has such "
                "runs, even if the days are independent"
            )
            values["window_needed"] = float(window)
        lines.append("give spell, or --label-window, to learn what the last label scores here")
        says = (
            f"the last known label does as well as the best row if events last "
            f"{needed:.1f} days or more on average"
        )
        return Finding("implied", group.where(best), says, tuple(lines), values)
    accuracy, own = last_label_scores(share, spell, horizon)
    memory = remembered_f1(share, spell)
    lines += [
        source,
        f"then the last known label has accuracy {text_of(accuracy)} and F1 {text_of(own)}",
        f"and with test days drawn at random ({TRAINING_SHARE:.0%} in training) the label of the "
        f"nearest training day has F1 {text_of(memory)}",
    ]
    values |= {"spell": spell, "accuracy": accuracy, "f1": own, "random_windows_f1": memory}
    if own >= f1:
        says = (
            f"the last known label has F1 {text_of(own)}, the best row {text_of(f1)}: nothing "
            "shows that a model is needed"
        )
        return Finding("doubt", group.where(best), says, tuple(lines), values)
    if horizon > 1 and memory >= f1:
        says = (
            f"F1 {text_of(f1)} is more than the last known label can tell ({text_of(own)}), and no "
            f"more than random windows give away ({text_of(memory)})"
        )
        return Finding("doubt", group.where(best), says, tuple(lines), values)
    says = f"the last known label has F1 {text_of(own)}, less than the best row"
    return Finding("implied", group.where(best), says, tuple(lines), values)


def _spell(
    group: Group, row: str, share: float, label_window: int | None
) -> tuple[float | None, str]:
    if (printed := group.shared("spell", row)) is not None:
        return printed.value, f"events last {text_of(printed.value)} days on average, as stated"
    if label_window is None:
        return None, ""
    spell = spell_of_window(share, label_window)
    return spell, (
        f"supposed: the label says whether the mean of {label_window} days is high; then a run of "
        f"events lasts {spell:.1f} days even if the days are independent"
    )


def _window_needed(share: float, spell: float) -> int | None:
    """Shortest window whose label has runs of that length; None above a trading year."""
    for window in range(2, MOST_DAYS):
        if spell_of_window(share, window) >= spell:
            return window
    return None
