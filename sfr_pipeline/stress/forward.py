"""Models of what follows a day: outcomes of sub-markets, of which all labels F are made.

Belongs here: what such a model is, and how it is walked forward. It is fitted at an origin on what
was known there, and one fit tells every label of the coming days. Does not belong here: models that
learn one label from a row of inputs (`classifier`), networks that do so (`networks`).
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Protocol

from sfr_pipeline.arrays import FloatArray, IntArray
from sfr_pipeline.evaluation.models import Model, models_of
from sfr_pipeline.evaluation.models.answers import answering, check_answer
from sfr_pipeline.storage.tables.columns import MEAN_OF_SEEDS
from sfr_pipeline.stress.foresight import refuse_foresight_of_forward
from sfr_pipeline.stress.sample import Label, Sample
from sfr_pipeline.stress.splits import Fold
from sfr_pipeline.stress.walk_forward import Run, assemble


class Trained(Protocol):
    """What the newest or any fold left, ready for new days.

    Attributes:
        reads_features: False where perturbed features would not reach it.
    """

    reads_features: ClassVar[bool]

    def log_odds(
        self, sample: Sample, label: Label, rows: IntArray, seeds: int | None = None
    ) -> FloatArray:
        """Log-odds before calibration, ``(n_seeds, n_rows)``."""
        ...


class ForwardModel(ABC):
    """A model of the outcomes that follow a day, without seeds.

    Attributes:
        calibrated: False where the log-odds are to stand as they are.
    """

    calibrated: ClassVar[bool] = True

    @abstractmethod
    def fit(self, sample: Sample, labels: Sequence[Label], origin: int) -> Trained:
        """Learn from what was known at the close of row ``origin``.

        Args:
            sample: the market.
            labels: of the coming days, that it will be asked for.
            origin: last row that is known; what days after it hold may not matter.
        """


class KeptModel(ForwardModel):
    """One of the user's whose newest fit is kept, so that it answers ``sfr predict``."""

    @abstractmethod
    def state(self, trained: Trained) -> tuple[dict[str, FloatArray], dict[str, Any]]:
        """Arrays, and what JSON takes, from which `restored` makes the same."""

    @abstractmethod
    def restored(self, arrays: dict[str, FloatArray], about: dict[str, Any]) -> Trained:
        """What `state` was told of."""


def forward_models() -> tuple[Model, ...]:
    """Records of such models, in reading order."""
    return tuple(model for model in models_of("stress") if model.forward)


def walk(
    sample: Sample, labels: Sequence[Label], model: Model, folds: Mapping[str, Sequence[Fold]]
) -> tuple[list[Run], list[Trained]]:
    """Fit a model at every origin and score the test days of all labels.

    Args:
        sample: the market.
        labels: of the coming days.
        model: record of a forward model.
        folds: of each label, by its name, with the same origins and test rows.

    Returns:
        A run for each label, and what each fold left.

    Raises:
        ExtensionError: a model of the user failed, or answered what was not asked.
    """
    first = folds[labels[0].name]
    with answering(model, "when it was fitted"):
        created: ForwardModel = model.create()
        trained = [created.fit(sample, labels, fold.origin) for fold in first]
    runs = []
    for label in labels:
        own = folds[label.name]
        log_odds = []
        for fitted, fold in zip(trained, own, strict=True):
            with answering(model, f"for label {label.name}"):
                said = fitted.log_odds(sample, label, fold.test)
            shape = (1, len(fold.test))
            log_odds.append(check_answer(model, said, shape, "1, test days", label.name)[0])
        if label is labels[0]:
            place = len(first) // 2
            refuse_foresight_of_forward(sample, labels, model, first[place], log_odds[place])
        runs.append(
            assemble(
                model.id, label.name, MEAN_OF_SEEDS, own, log_odds, calibrated=created.calibrated
            )
        )
    return runs, trained
