"""How well a sentiment model reads sentences whose sentiment people have judged.

Belongs here: scoring labelled files, and the figures. The rivals are in the same text: always the
most frequent label, and a coin for the sign. Does not belong here: reading the files (`labelled`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sfr_pipeline.errors import SourceError
from sfr_pipeline.markets.opinion import (
    ENOUGH_CHINESE,
    SentimentModel,
    chinese_share,
    letters_of,
)
from sfr_pipeline.markets.sentiments import LABELS, Label
from sfr_pipeline.opinion.labelled import CLASSES_EXAMPLE, Labelled, read_labelled
from sfr_pipeline.opinion.labels import label_named
from sfr_pipeline.opinion.precision import Precision, possible
from sfr_pipeline.opinion.scorer import Scorer, build_scorer, in_precision, load

# A score says something about the sign from here on.
COVERED = 0.2
# Texts on which precisions are compared: single precision is slow.
DRIFT_TEXTS = 1_000


@dataclass(frozen=True)
class Quality:
    """How well a model reads labelled sentences.

    Attributes:
        n: sentences.
        accuracy: share of right labels.
        macro_f1: mean over the labels that occur.
        baseline_accuracy: of always saying the most frequent label.
        baseline_macro_f1: of the same.
        sign: share of the polar sentences (positive or negative) whose score has their sign.
        coverage: share of the polar sentences with a score beyond ``COVERED`` in size.
        sign_when_covered: share of these with the right sign; NaN where there are none.
        confusion: rows are people's labels, columns the model's, in the order of ``LABELS``.
    """

    n: int
    accuracy: float
    macro_f1: float
    baseline_accuracy: float
    baseline_macro_f1: float
    sign: float
    coverage: float
    sign_when_covered: float
    confusion: np.ndarray


@dataclass(frozen=True)
class Drift:
    """How far a precision is from single precision.

    Attributes:
        precision: compared.
        largest: difference of a probability.
        mean: difference of a probability.
        changed: share of the texts whose most probable label changes.
    """

    precision: str
    largest: float
    mean: float
    changed: float


def parse_classes(text: str, option: str = "--classes") -> dict[str, Label]:
    """Read ``0=negative,1=neutral,2=positive``.

    Args:
        text: to read.
        option: of the command line that it was given with, for the message.

    Raises:
        SourceError: a part is no name with a label.
    """
    classes: dict[str, Label] = {}
    for part in text.split(","):
        name, _, meaning = part.partition("=")
        label = label_named(meaning)
        if label is None:
            raise SourceError(f"{part!r} names no label: write {option} {CLASSES_EXAMPLE}")
        classes[name.strip()] = label
    return classes


def parse_labels(text: str) -> dict[int, Label]:
    """Read ``0=negative,1=neutral,2=positive`` as the meaning of a model's outputs.

    Raises:
        SourceError: a part is no number of an output with a label.
    """
    labels = parse_classes(text, "--labels")
    wrong = [name for name in labels if not name.isdecimal()]
    if wrong:
        raise SourceError(
            f"{wrong[0]!r} is no number of an output: write --labels {CLASSES_EXAMPLE}"
        )
    return {int(name): label for name, label in labels.items()}


def quality(labels: list[Label], probabilities: np.ndarray) -> Quality:
    """Compare a model's probabilities with people's labels.

    Args:
        labels: people's.
        probabilities: positive, negative, neutral, shape (n, 3).
    """
    from sklearn.metrics import accuracy_score, confusion_matrix, f1_score

    found = [LABELS[place] for place in probabilities.argmax(axis=1)]
    present = [label for label in LABELS if label in labels]
    majority = [max(present, key=labels.count)] * len(labels)

    def macro(said: list[Label]) -> float:
        return float(f1_score(labels, said, labels=present, average="macro", zero_division=0))

    sign = np.array([{"positive": 1, "negative": -1, "neutral": 0}[label] for label in labels])
    score = probabilities[:, 0] - probabilities[:, 1]
    polar, score = sign[sign != 0], score[sign != 0]
    covered = np.abs(score) > COVERED
    right = score * polar > 0
    return Quality(
        n=len(labels),
        accuracy=float(accuracy_score(labels, found)),
        macro_f1=macro(found),
        baseline_accuracy=float(accuracy_score(labels, majority)),
        baseline_macro_f1=macro(majority),
        sign=_share(right),
        coverage=_share(covered),
        sign_when_covered=_share(right[covered]),
        confusion=confusion_matrix(labels, found, labels=list(LABELS)),
    )


def _share(flags: np.ndarray) -> float:
    return float(flags.mean()) if len(flags) else float("nan")


def quality_lines(found: Quality) -> list[str]:
    """The figures as text, each beside that of its rival, and the confusion below."""
    cell = max(len(label) for label in LABELS) + 2
    return [
        f"accuracy           {found.accuracy:.3f}   (always the most frequent label: "
        f"{found.baseline_accuracy:.3f})",
        f"macro-F1           {found.macro_f1:.3f}   (the same: {found.baseline_macro_f1:.3f})",
        f"right sign, polar  {found.sign:.3f}   (a coin: 0.500)",
        f"  |score| > {COVERED:g}    {found.coverage:.3f}   (right sign there: "
        f"{found.sign_when_covered:.3f})",
        "",
        "confusion (rows: people, columns: model)",
        "".join(name.rjust(cell) for name in ("people", *LABELS)),
        *(
            label.rjust(cell) + "".join(f"{count:{cell},}" for count in row)
            for label, row in zip(LABELS, found.confusion, strict=True)
        ),
    ]


def drifts(scorers: Mapping[Precision, Scorer], texts: list[str]) -> list[Drift]:
    """How far other precisions are from ``fp32``, on texts spread over a list.

    Args:
        scorers: of the same model in each precision, ``fp32`` among them.
        texts: to choose from.
    """
    some = texts[:: -(-len(texts) // DRIFT_TEXTS)]
    read = {name: scorer.probabilities(some) for name, scorer in scorers.items()}
    exact = read.pop("fp32")
    return [
        Drift(
            name,
            float(np.abs(found - exact).max()),
            float(np.abs(found - exact).mean()),
            float((found.argmax(axis=1) != exact.argmax(axis=1)).mean()),
        )
        for name, found in read.items()
    ]


def evaluate(
    path: Path,
    model: SentimentModel,
    root: Path,
    device: str = "cpu",
    classes: Mapping[str, Label] | None = None,
) -> str:
    """Score a labelled file and say how well that went, as text for a terminal.

    Args:
        path: of the labelled file.
        model: the catalogue's entry, or one made for a checkpoint.
        root: of the workspace.
        device: as torch names it.
        classes: label of each name in the file.

    Raises:
        SourceError: file or model are not there or not usable.
        CatalogueError: the meaning of the model's outputs is unclear.
    """
    labelled = read_labelled(path, classes)
    loaded = load(model, root)
    scorer = build_scorer(loaded, model, device)
    found = quality(labelled.labels, scorer.probabilities(labelled.texts))
    others = {name: in_precision(loaded, name, device) for name in possible(loaded.network, device)}
    text = _text(path, scorer, labelled, found, drifts(others, labelled.texts))
    return "\n".join([*_warning(labelled.texts, model.language), text])


def _warning(texts: list[str], language: str) -> list[str]:
    """What is to be known first: that the model reads another language."""
    chinese = chinese_share(letters_of(texts))
    if (chinese >= ENOUGH_CHINESE) == (language == "zh"):
        return []
    reads = {"zh": "Chinese", "en": "English"}[language]
    return [
        f"WARNING: the model reads {reads}, and {chinese:.0%} of the letters of these texts are "
        "Chinese: the figures say nothing of it. Name a model of their language with --checkpoint.",
        "",
    ]


def _text(
    path: Path, scorer: Scorer, labelled: Labelled, found: Quality, drift: list[Drift]
) -> str:
    return "\n".join(
        [
            f"{path.name} read by {scorer.scorer_id}",
            f"precision: {scorer.choice}",
            f"sentences {found.n:,} ({labelled.duplicates:,} duplicates removed, "
            f"{labelled.conflicting:,} texts with conflicting labels left out)",
            *labelled.remarks,
            "",
            *quality_lines(found),
            "",
            "drift against fp32   largest    mean  label changes",
            *(
                f"{d.precision:>18}  {d.largest:8.4f} {d.mean:7.4f}  {d.changed:13.2%}"
                for d in drift
            ),
        ]
    )
