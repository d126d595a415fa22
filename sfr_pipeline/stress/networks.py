"""The five networks on windows of features, as tasks of the trainer.

Sizes and training are the trial's, but for the second layer of the CNN-BiLSTM, which the paper asks
for: chosen on 1998-2009 of another panel among 40, 75 and 150 steps, which moved these networks by
.1 to .3 AUROC. No early stopping in walk-forward: a calm
validation year has no stress in it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sfr_pipeline.arrays import FloatArray, IntArray
from sfr_pipeline.errors import EstimationError
from sfr_pipeline.evaluation.models import Model, find, models_of
from sfr_pipeline.stress.forward import Trained
from sfr_pipeline.stress.sample import LIMIT, Label, Sample
from sfr_pipeline.stress.splits import Fold
from sfr_pipeline.stress.walk_forward import Run, assemble, mean_run
from sfr_pipeline.training.loss_curve import loss_curve
from sfr_pipeline.training.scaler import Scaler
from sfr_pipeline.training.spec import Fit, Task, Training
from sfr_pipeline.training.windows import windows_of

WINDOW = 32
STEPS = 75
WARM_UP_SHARE = 20 / 75
BATCH = 128
DROPOUT = 0.2
# What windows hold of each sub-market: moves, their recent size, and it against the threshold.
MEASURES = ("return", "log_rv5", "gap21", "volume")
COMPANION_MEASURES = ("return", "volume")


def training(steps: int = STEPS, **changes: Any) -> Training:
    """Fixed steps of Adam with warm-up and cosine, as the trial recommends."""
    settings: dict[str, Any] = {
        "steps": steps,
        "batch_size": BATCH,
        "learning_rate": 4e-3,
        "weight_decay": 1e-2,
        "warm_up_steps": round(WARM_UP_SHARE * steps),
        "clip": 1.0,
        "loss": "bce",
    }
    return Training(**(settings | changes))


def networks() -> tuple[Model, ...]:
    """Records of the networks that tell stress from calm."""
    return tuple(model for model in models_of("stress") if model.network)


def options_of(network: Model) -> dict[str, Any]:
    """Keyword arguments of a network's constructor."""
    return {"dropout": DROPOUT, **network.options}


def network_features(sample: Sample) -> Sample:
    """The features that networks see: few of each sub-market and companion, the others all.

    In a window of days the longer volatilities repeat what the shorter ones say, and companions
    much of what sub-markets do.
    """
    parts = {name.removesuffix("_return") for name in sample.names if name.endswith("_return")}
    wanted = {f"{part}_{measure}" for part in sample.markets for measure in MEASURES}
    wanted |= {f"{part}_{measure}" for part in parts for measure in COMPANION_MEASURES}
    kept = [
        name
        for name in sample.names
        if name in wanted or not any(name.startswith(f"{part}_") for part in parts)
    ]
    return sample.with_features(sample.columns(*kept), tuple(kept))


@dataclass(frozen=True)
class TrainedNetwork:
    """One network of one fold, from all of its seeds, ready for new days.

    Attributes:
        network: id of the model whose architecture it has.
        options: of its constructor, number of outputs included.
        names: features that it sees, in their order.
        scaler: of them.
        weights: of each seed.
    """

    network: str
    options: Mapping[str, Any]
    names: tuple[str, ...]
    scaler: Scaler
    weights: tuple[Mapping[str, FloatArray], ...]

    reads_features: ClassVar[bool] = True

    def outputs(self, sample: Sample, rows: IntArray, seeds: int | None = None) -> FloatArray:
        """Raw outputs, ``(n_seeds, n_rows, n_outputs)``, for windows that end on ``rows``.

        Args:
            sample: has the features by name.
            rows: days.
            seeds: only so many of them.

        Raises:
            EstimationError: the network has no record any more.
        """
        from sfr_pipeline.training.fitting import one_thread, predict, restore

        record = find("stress", self.network)
        if record is None:
            raise EstimationError(f"there is no network {self.network} any more: train again")
        architecture = record.implementation
        windows = windows_of(self.scaler.apply(sample.columns(*self.names)), WINDOW, rows)
        with one_thread():
            return np.array(
                [
                    predict(
                        restore(architecture, len(self.names), WINDOW, self.options, weights),
                        windows,
                    )
                    for weights in self.weights[:seeds]
                ]
            )

    def log_odds(
        self, sample: Sample, label: Label, rows: IntArray, seeds: int | None = None
    ) -> FloatArray:
        """Log-odds before calibration, ``(n_seeds, n_rows)``."""
        return self.outputs(sample, rows, seeds)[:, :, 0]


@dataclass(frozen=True)
class Finished:
    """What became of a plan.

    Attributes:
        runs: scores of the test days, the seeds' mean first.
        trained: by model, one for each fold.
    """

    runs: list[Run]
    trained: Mapping[str, Sequence[Trained]]


@dataclass(frozen=True)
class Plan:
    """Fits that are to be made, and what becomes of them.

    Attributes:
        models: ids, one for each task.
        tasks: for the trainer, which may take those of several plans together.
        finish: from their fits, in order.
    """

    models: list[str]
    tasks: list[Task]
    finish: Callable[[Sequence[Fit]], Finished]


@dataclass(frozen=True)
class Windows:
    """Standardised windows of one fold, shared by all of its tasks.

    Attributes:
        scaler: of the days up to the last training row.
        train, validation, predict: ``(n_rows, WINDOW, n_features)``, in the single precision that
            networks see, and views of one array of days: nobody writes to them.
    """

    scaler: Scaler
    train: NDArray[np.float32]
    validation: NDArray[np.float32]
    predict: NDArray[np.float32]


def windows_of_fold(sample: Sample, fold: Fold, predict: IntArray | None = None) -> Windows:
    """Windows that end on the fold's rows.

    Args:
        sample: the market, with the features that networks see.
        fold: which rows.
        predict: rows to be predicted, by default the fold's test rows.
    """
    scaler = Scaler.of(sample.features[: fold.train[-1] + 1], LIMIT)
    rows = scaler.apply(sample.features).astype(np.float32)
    ends = (fold.train, fold.validation, fold.test if predict is None else predict)
    return Windows(scaler, *(windows_of(rows, WINDOW, end) for end in ends))


def plan_classification(
    sample: Sample,
    label: Label,
    folds: Sequence[Fold],
    seeds: int,
    how: Training,
    which: Sequence[Model] | None = None,
) -> Plan:
    """The networks on every fold, from every seed.

    Args:
        sample: the market, with the features that networks see.
        label: what is to be told.
        folds: in time order.
        seeds: of each network.
        how: training; where it has patience the folds need validation rows.
        which: networks; all by default.
    """
    which = networks() if which is None else which
    tasks: list[Task] = []
    scalers = []
    for fold in folds:
        windows = windows_of_fold(sample, fold)
        scalers.append(windows.scaler)
        watched = len(fold.validation) > 0
        tasks += [
            Task(
                name=f"{network.id} {label.name} {fold.number} seed {seed}",
                network=network.implementation,
                training=how,
                seed=seed,
                inputs=windows.train,
                targets=label.values[fold.train][:, None].astype(np.float32),
                predict=windows.predict,
                validation_inputs=windows.validation if watched else None,
                validation_targets=(
                    label.values[fold.validation][:, None].astype(np.float32) if watched else None
                ),
                options=options_of(network),
            )
            for network in which
            for seed in range(seeds)
        ]

    def finish(fits: Sequence[Fit]) -> Finished:
        of_fold = len(which) * seeds
        runs: list[Run] = []
        trained: dict[str, list[TrainedNetwork]] = {}
        for place, network in enumerate(which):
            own = [fits[number * of_fold + place * seeds :][:seeds] for number in range(len(folds))]
            of_seeds = [
                assemble(
                    network.id, label.name, seed, folds, [each[seed].outputs[:, 0] for each in own]
                )
                for seed in range(seeds)
            ]
            runs += [mean_run(of_seeds), *of_seeds]
            trained[network.id] = [
                TrainedNetwork(
                    network.id,
                    {**options_of(network), "n_outputs": 1},
                    sample.names,
                    scaler,
                    tuple(fit.weights for fit in each),
                )
                for scaler, each in zip(scalers, own, strict=True)
            ]
        return Finished(runs, trained)

    models = [network.id for _ in folds for network in which for _ in range(seeds)]
    return Plan(models, tasks, finish)


def history_rows(
    protocol: str, label: str, plan: Plan, fits: Sequence[Fit], folds: Sequence[Fold]
) -> pd.DataFrame:
    """Rows of table ``stress_training_history``.

    Args:
        protocol: of the plan.
        label: what was to be told.
        plan: of `plan_classification`.
        fits: of its tasks, in order.
        folds: of the plan.
    """
    each = len(plan.tasks) // len(folds)
    frames = [
        loss_curve(
            fit,
            {
                "protocol": protocol,
                "label": label,
                "model": model,
                "fold": folds[place // each].number,
                "seed": task.seed,
            },
        )
        for place, (model, task, fit) in enumerate(zip(plan.models, plan.tasks, fits, strict=True))
    ]
    return pd.concat(frames, ignore_index=True)
