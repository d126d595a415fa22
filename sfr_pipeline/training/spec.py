"""Says what is to be trained and what training left; `fitting` does it. NumPy only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

import numpy as np

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.errors import EstimationError
from sfr_pipeline.training.windows import SharedRows

WEIGHTS = "weights."


@dataclass(frozen=True)
class Training:
    """How a network is trained: Adam, cosine annealing.

    Attributes:
        epochs: passes over the training rows; exclusive with ``steps``.
        steps: optimiser steps.
        batch_size: rows a step.
        learning_rate: at its highest.
        weight_decay: decoupled (AdamW) where above 0.
        warm_up_steps: steps over which the learning rate rises linearly.
        clip: largest norm of the gradient, None for no limit.
        loss: ``mse``, or ``bce`` on logits.
        positive_weight: weight of the positive class in ``bce``.
        patience: epochs without a better validation loss after which training stops; the best
            weights are kept. None trains to the end and keeps the last weights.

    Raises:
        ValueError: both or neither of epochs and steps, or a number out of its range.
    """

    epochs: int | None = None
    steps: int | None = None
    batch_size: int = 32
    learning_rate: float = 1e-3
    weight_decay: float = 0.0
    warm_up_steps: int = 0
    clip: float | None = None
    loss: Literal["mse", "bce"] = "mse"
    positive_weight: float = 1.0
    patience: int | None = None

    def __post_init__(self) -> None:
        if (self.epochs is None) == (self.steps is None):
            raise ValueError("a training has either epochs or steps: give exactly one of them")
        positive = {
            "epochs": self.epochs,
            "steps": self.steps,
            "batch_size": self.batch_size,
            "learning_rate": self.learning_rate,
            "clip": self.clip,
            "positive_weight": self.positive_weight,
            "patience": self.patience,
        }
        for name, value in positive.items():
            if value is not None and not value > 0:
                raise ValueError(f"{name} of a training is {value!r}: it must be above 0")
        for name in ("weight_decay", "warm_up_steps"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} of a training is negative")
        if self.loss not in ("mse", "bce"):
            raise ValueError(f"there is no loss {self.loss!r}: choose 'mse' or 'bce'")


@dataclass(frozen=True)
class Task:
    """One network to be trained on one training set from one seed.

    Attributes:
        name: for progress and errors, such as ``transformer 2012-01 seed 3``.
        network: architecture as ``module:Class``, see `sfr_pipeline.networks`.
        options: keyword arguments of its constructor beyond ``n_features`` and ``window``.
        training: how it is trained.
        seed: of weights, batches and dropout.
        inputs: windows, ``(n_rows, window, n_features)``, standardised by the caller.
        targets: ``(n_rows, n_outputs)``; NaN where an output has no target for a row.
        predict: windows to be predicted, ``(n_predict, window, n_features)``.
        validation_inputs: windows that training may look at but not learn from.
        validation_targets: their targets.
    """

    name: str
    network: str
    training: Training
    seed: int
    inputs: FloatArray
    targets: FloatArray
    predict: FloatArray
    validation_inputs: FloatArray | None = None
    validation_targets: FloatArray | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def __getstate__(self) -> dict[str, Any]:
        # Sent to a worker as they are, windows would be as many times as large as one has rows.
        state = vars(self)
        shared = {
            name: SharedRows.of(value)
            for name, value in state.items()
            if isinstance(value, np.ndarray)
        }
        return {name: shared.get(name) or value for name, value in state.items()}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        for name, value in state.items():
            whole = value.windows() if isinstance(value, SharedRows) else value
            object.__setattr__(self, name, whole)


@dataclass(frozen=True)
class Fit:
    """What training left.

    Attributes:
        outputs: raw outputs for ``predict`` (logits where the loss is ``bce``),
            ``(n_predict, n_outputs)``.
        training_loss: mean of each epoch, ``(n_epochs,)``.
        validation_loss: at the end of each epoch, NaN where there are no validation rows.
        weights: the state dictionary as arrays.
    """

    outputs: FloatArray
    training_loss: FloatArray
    validation_loss: FloatArray
    weights: Mapping[str, FloatArray]

    def arrays(self) -> dict[str, FloatArray]:
        """All of it by name, as it is kept and passed on."""
        return {
            "outputs": self.outputs,
            "training_loss": self.training_loss,
            "validation_loss": self.validation_loss,
            **{WEIGHTS + name: values for name, values in self.weights.items()},
        }

    @classmethod
    def of(cls, arrays: Mapping[str, FloatArray]) -> Self:
        """The fit that `arrays` was asked of.

        Raises:
            KeyError: something is missing.
        """
        return cls(
            outputs=arrays["outputs"],
            training_loss=arrays["training_loss"],
            validation_loss=arrays["validation_loss"],
            weights={
                name.removeprefix(WEIGHTS): values
                for name, values in arrays.items()
                if name.startswith(WEIGHTS)
            },
        )


def check(task: Task) -> None:
    """Refuse what can't be learnt from, before anything is computed.

    Raises:
        EstimationError: shapes that don't fit, values that are not finite, no known target, or
            patience without validation rows.
    """
    pairs = [("training", task.inputs, task.targets)]
    if task.validation_inputs is not None and task.validation_targets is not None:
        pairs.append(("validation", task.validation_inputs, task.validation_targets))
    elif task.training.patience is not None:
        raise EstimationError("patience needs validation rows: give them, or set patience to None")
    for what, inputs, targets in pairs:
        if inputs.ndim != 3 or targets.ndim != 2 or len(inputs) != len(targets):
            raise EstimationError(
                f"{what} rows have inputs {inputs.shape} and targets {targets.shape}: they must be "
                "(rows, window, features) and (rows, outputs)"
            )
        if not np.isfinite(inputs).all():
            raise EstimationError(f"{what} inputs are not all finite: drop or fill these rows")
        if np.isnan(targets).all() or np.isinf(targets).any():
            raise EstimationError(f"{what} targets are all unknown, or not finite")
    if task.predict.shape[1:] != task.inputs.shape[1:]:
        raise EstimationError(
            f"windows to predict {task.predict.shape} are not of the shape of those learnt from "
            f"{task.inputs.shape}"
        )
    if not np.isfinite(task.predict).all():
        raise EstimationError("windows to predict are not all finite: drop or fill these rows")
