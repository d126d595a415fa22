"""Ridge regression with intercept whose penalty is chosen by expanding cross-validation.

Scikit-learn's ``GridSearchCV`` over a pipeline of ``StandardScaler`` and ``Ridge`` gives the same
numbers a hundred times slower: it factorises once for each penalty, and this once for each fold.
"""

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np
import pandas as pd

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.errors import EstimationError
from sfr_pipeline.forecasting.forecasters.forecaster import (
    HORIZONS,
    Forecaster,
    h_month_changes,
)
from sfr_pipeline.forecasting.origins import Origin
from sfr_pipeline.training.scaler import Scaler

PENALTIES = tuple(10.0 ** (step / 2) for step in range(13))
N_FOLDS = 5


class Ridge(NamedTuple):
    """A fitted ridge regression.

    Attributes:
        scaler: of the training rows, by feature.
        coefficients: on standardised features, ``(n_features,)``.
        intercept: mean of the training targets.
        penalty: the chosen one.
    """

    scaler: Scaler
    coefficients: FloatArray
    intercept: float
    penalty: float

    def contributions(self, rows: FloatArray) -> FloatArray:
        """What each feature adds to the forecast, same shape as ``rows``."""
        return self.scaler.apply(rows) * self.coefficients

    def predict(self, rows: FloatArray) -> FloatArray:
        """Forecasts for rows ``(..., n_features)``."""
        return self.contributions(rows).sum(axis=-1) + self.intercept


def fit_ridge(
    features: FloatArray,
    targets: FloatArray,
    gap: int = 0,
    penalties: Sequence[float] = PENALTIES,
    n_folds: int = N_FOLDS,
) -> Ridge:
    """Choose the penalty by expanding cross-validation and fit on all rows.

    Features are standardised on the rows that are learnt from: within a fold on those of the fold.
    The penalised sum is ||y - a - Z b||^2 + penalty ||b||^2, as in scikit-learn.

    Args:
        features: in time order, ``(n_rows, n_features)``.
        targets: ``(n_rows,)``.
        gap: rows left out between what is learnt and what is judged: horizon - 1.
        penalties: to choose from.
        n_folds: number of judged stretches, each after all that is learnt from.

    Raises:
        EstimationError: too few rows for the folds.
    """
    from sklearn.model_selection import TimeSeriesSplit

    grid = np.asarray(penalties, dtype=float)
    errors = np.zeros(len(grid))
    try:
        folds = list(TimeSeriesSplit(n_folds, gap=gap).split(features))
    except ValueError as error:
        raise EstimationError(
            f"{len(features)} months are too few to choose a ridge's penalty in {n_folds} folds: "
            f"raise min_months of the market's early warning"
        ) from error
    for learnt, judged in folds:
        scaler, paths, intercept = _paths(features[learnt], targets[learnt], grid)
        forecasts = scaler.apply(features[judged]) @ paths + intercept
        errors += ((targets[judged, None] - forecasts) ** 2).mean(axis=0)
    penalty = float(grid[errors.argmin()])
    scaler, paths, intercept = _paths(features, targets, np.array([penalty]))
    return Ridge(scaler, paths[:, 0], intercept, penalty)


def _paths(
    features: FloatArray, targets: FloatArray, penalties: FloatArray
) -> tuple[Scaler, FloatArray, float]:
    """Coefficients for each penalty, ``(n_features, n_penalties)``."""
    scaler = Scaler.of(features)
    rows = scaler.apply(features)
    intercept = float(targets.mean())
    eigenvalues, vectors = np.linalg.eigh(rows.T @ rows)
    projected = vectors.T @ (rows.T @ (targets - intercept))
    return scaler, vectors @ (projected[:, None] / (eigenvalues[:, None] + penalties)), intercept


def ridge_changes_at(made: Origin, horizon: int) -> Ridge:
    """The contender: ridge of the matched basket's next h-month change on ``Origin.features``.

    Frozen as it was written down before the months that it is judged on: features, grid of
    penalties, folds and gap.
    """
    return _direct(made, made.features, horizon)


class RidgeChanges(Forecaster):
    """``ridge_changes_at`` for all horizons, each by direct regression."""

    def fit(self, made: Origin, seeds: Sequence[int]) -> Self:
        """See ``Forecaster``."""
        self.fits = [ridge_changes_at(made, horizon) for horizon in HORIZONS]
        return self

    def predict(self, asked: Sequence[Origin]) -> FloatArray:
        """See ``Forecaster``."""
        return _forecasts(self.fits, [origin.features for origin in asked])


class RidgeLevels(Forecaster):
    """The same regressions on the paper's inputs."""

    def fit(self, made: Origin, seeds: Sequence[int]) -> Self:
        """See ``Forecaster``."""
        self.fits = [_direct(made, made.inputs, horizon) for horizon in HORIZONS]
        return self

    def predict(self, asked: Sequence[Origin]) -> FloatArray:
        """See ``Forecaster``."""
        return _forecasts(self.fits, [origin.inputs for origin in asked])


def _direct(made: Origin, rows: pd.DataFrame, horizon: int) -> Ridge:
    targets = h_month_changes(made.changes, horizon)
    return fit_ridge(rows.to_numpy(float)[: len(targets)], targets, gap=horizon - 1)


def _forecasts(fits: Sequence[Ridge], frames: Sequence[pd.DataFrame]) -> FloatArray:
    now = np.array([frame.iloc[-1].to_numpy(float) for frame in frames])
    return np.stack([fit.predict(now) for fit in fits], axis=-1)[:, None]
