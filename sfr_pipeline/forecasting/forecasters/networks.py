"""Networks on levels, as the paper has its Transformer, and on changes, shrunk to no change.

Both read windows of six months (Table 7). The first forecasts the basket's level of the next month
from the paper's inputs, trained to the end as printed. The second forecasts the matched basket's
change from the features of the ridge on changes, so that the two differ by the model alone. Their
architecture is the Transformer unless a record's options name another.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.forecasting.forecasters.forecaster import WINDOW, last_window
from sfr_pipeline.forecasting.origins import Origin
from sfr_pipeline.training.scaler import Scaler
from sfr_pipeline.training.spec import Fit, Task, Training
from sfr_pipeline.training.windows import windows_of

# Table 7. It states no learning rate: .001 is Adam's default.
TABLE_7: Mapping[str, Any] = {"d_model": 64, "heads": 4, "layers": 2, "dropout": 0.05}
EPOCHS = 200
BATCH_SIZE = 32
LEARNING_RATE = 1e-3

TRANSFORMER = "sfr_pipeline.networks.transformer:Transformer"

CHANGES: Mapping[str, Any] = {**TABLE_7, "dropout": 0.3}
WEIGHT_DECAY = 1e-2
PATIENCE = 10

# Share of the training rows, the last of them, that validate the Transformer on changes.
VALIDATION_SHARE = 0.2


@dataclass(frozen=True)
class NetworkForecaster(ABC):
    """A forecaster whose fits are tasks, so that many are trained at once. One month ahead.

    Attributes:
        epochs: of training, at most; Table 7's "iterations".
        name: that its tasks begin with.
        every_month: see ``Forecaster``.
        estimates: likewise.
    """

    every_month: ClassVar[bool] = False
    estimates: ClassVar[bool] = True

    epochs: int = EPOCHS
    name: str = "network"

    @abstractmethod
    def task(self, made: Origin, asked: Sequence[Origin], seed: int) -> Task:
        """What is to be trained at ``made`` for the forecasts at ``asked``."""

    @abstractmethod
    def changes(self, made: Origin, asked: Sequence[Origin], fit: Fit) -> FloatArray:
        """Forecast changes at ``asked`` from that task's fit, ``(n_asked,)``."""


@dataclass(frozen=True)
class NetworkOnLevels(NetworkForecaster):
    """A network, by default the paper's Transformer, on levels standardised on the training rows.

    Exactly Table 7: it learns all training rows, as its rivals do, and has no validation rows.

    Attributes:
        network: its architecture, ``module:Class``.
        options: of its constructor.
    """

    network: str = TRANSFORMER
    options: Mapping[str, Any] = field(default_factory=lambda: TABLE_7)

    def task(self, made: Origin, asked: Sequence[Origin], seed: int) -> Task:
        """See ``NetworkForecaster``."""
        rows = self._rows(made)
        return _task(
            self.name,
            rows,
            Training(epochs=self.epochs, batch_size=BATCH_SIZE, learning_rate=LEARNING_RATE),
            (self.network, self.options),
            made,
            [rows.window(origin.inputs) for origin in asked],
            seed,
        )

    def changes(self, made: Origin, asked: Sequence[Origin], fit: Fit) -> FloatArray:
        """See ``NetworkForecaster``."""
        levels = self._rows(made).target_scaler.undo(fit.outputs[:, 0])
        return levels - np.array([origin.inputs.iat[-1, 0] for origin in asked])

    def _rows(self, made: Origin) -> "_Rows":
        return _rows(made.inputs, made.inputs.iloc[1:, 0].to_numpy(float))


@dataclass(frozen=True)
class NetworkOnChanges(NetworkForecaster):
    """A network on changes: more dropout, weight decay, early stopping, shrinkage.

    The last fifth of the training rows stops the training, and then tells how much of the forecast
    to believe: the factor in [0, 1] that would have been best there (least squares without
    intercept) multiplies the forecast change. As stopping looked at the same rows, the factor errs
    to the side of too much belief.

    Attributes:
        network: its architecture, ``module:Class``.
        options: of its constructor.
    """

    network: str = TRANSFORMER
    options: Mapping[str, Any] = field(default_factory=lambda: CHANGES)

    def task(self, made: Origin, asked: Sequence[Origin], seed: int) -> Task:
        """See ``NetworkForecaster``; the validation rows are predicted first."""
        rows = self._rows(made)
        training = Training(
            epochs=self.epochs,
            batch_size=BATCH_SIZE,
            learning_rate=LEARNING_RATE,
            weight_decay=WEIGHT_DECAY,
            patience=PATIENCE,
        )
        predict = [*rows.validation_windows, *(rows.window(origin.features) for origin in asked)]
        return _task(self.name, rows, training, (self.network, self.options), made, predict, seed)

    def changes(self, made: Origin, asked: Sequence[Origin], fit: Fit) -> FloatArray:
        """See ``NetworkForecaster``."""
        rows = self._rows(made)
        forecasts = rows.target_scaler.undo(fit.outputs[:, 0])
        n_validation = len(rows.validation_targets)
        actual = rows.target_scaler.undo(rows.validation_targets)
        return shrinkage(actual, forecasts[:n_validation]) * forecasts[n_validation:]

    def _rows(self, made: Origin) -> "_Rows":
        return _rows(made.features, made.changes.to_numpy(float)[:-1], VALIDATION_SHARE)


def shrinkage(actual: FloatArray, forecasts: FloatArray) -> float:
    """The factor in [0, 1] by which forecasts of changes would have erred least."""
    size = float(forecasts @ forecasts)
    return float(np.clip(actual @ forecasts / size, 0, 1)) if size > 0 else 0.0


@dataclass(frozen=True)
class _Rows:
    """Training rows of one fit, standardised on those that are learnt from."""

    names: pd.Index
    input_scaler: Scaler
    target_scaler: Scaler
    windows: FloatArray
    targets: FloatArray
    validation_windows: FloatArray
    validation_targets: FloatArray

    def window(self, inputs: pd.DataFrame) -> FloatArray:
        """The latest window of an origin's inputs, on the scale of the fit.

        Features differ between origins: one that the fit does not know is not used, and one that
        is gone counts as its training mean.
        """
        window = self.input_scaler.apply(last_window(inputs.reindex(columns=self.names)))
        window[:, ~self.names.isin(inputs.columns)] = 0.0
        return window


def _rows(inputs: pd.DataFrame, next_values: FloatArray, validation: float = 0.0) -> _Rows:
    """Windows of all months but the last, each with the value that follows it.

    Args:
        inputs: ``(n_months, n_features)``.
        next_values: what the row of each month but the last is to forecast, ``(n_months - 1,)``.
        validation: share of the rows that is not learnt from.
    """
    windows = windows_of(inputs.to_numpy(float), WINDOW)[:-1]
    targets = next_values[-len(windows) :]
    n_learnt = len(windows) - ceil(validation * len(windows))
    n_months_learnt = len(inputs) - 1 - (len(windows) - n_learnt)
    input_scaler = Scaler.of(inputs.to_numpy(float)[:n_months_learnt])
    target_scaler = Scaler.of(targets[:n_learnt])
    windows, targets = input_scaler.apply(windows), target_scaler.apply(targets)
    return _Rows(
        inputs.columns,
        input_scaler,
        target_scaler,
        windows[:n_learnt],
        targets[:n_learnt],
        windows[n_learnt:],
        targets[n_learnt:],
    )


def _task(
    name: str,
    rows: _Rows,
    training: Training,
    built: tuple[str, Mapping[str, Any]],
    made: Origin,
    predict: Sequence[FloatArray],
    seed: int,
) -> Task:
    watched = len(rows.validation_targets) > 0
    return Task(
        name=f"{name} {made.month} seed {seed}",
        network=built[0],
        options=built[1],
        training=training,
        seed=seed,
        inputs=rows.windows,
        targets=rows.targets[:, None],
        predict=np.stack(predict),
        validation_inputs=rows.validation_windows if watched else None,
        validation_targets=rows.validation_targets[:, None] if watched else None,
    )
