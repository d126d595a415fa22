"""The linear panel: one coefficient vector for all markets, fitted anew each January.

Belongs here: which days a fit learns from, and the fit. Does not belong here: what it reads
(`features`), what it has to beat (`rivals`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sfr_pipeline.arrays import FloatArray, IntArray
from sfr_pipeline.errors import TooShortError
from sfr_pipeline.stress.sample import LIMIT
from sfr_pipeline.stress.splits import EMBARGO, MIN_TRAINING_DAYS, calendar_blocks
from sfr_pipeline.training.scaler import Scaler

# Directions of the inputs whose share of the largest variance is less are rounding: an input that
# never moves has no coefficient.
LEAST_VARIANCE = 1e-12


@dataclass(frozen=True)
class Refit:
    """One fit and the days that it forecasts.

    Attributes:
        year: of its first forecast.
        origin: last row that was known when it was made.
        train: rows whose outcome was over by then, an embargo ago, ``(n_train,)``.
        test: rows that it forecasts.
    """

    year: int
    origin: int
    train: IntArray
    test: IntArray


def refits(
    dates: pd.DatetimeIndex, first_test_year: int, horizon: int, refit_years: int = 1
) -> list[Refit]:
    """Expanding fits in January, the calibration year first.

    The first fit begins a year before the first test year: errors of that year, made without
    learning from it, are what the first intervals are made of.

    Args:
        dates: trading days.
        first_test_year: first year that is scored.
        horizon: trading days after which an outcome is known (purge).
        refit_years: years between fits.

    Raises:
        TooShortError: fewer than ``MIN_TRAINING_DAYS`` days before the first fit, or no day after.
    """
    blocks = calendar_blocks(dates, first_test_year, refit_years)
    if not blocks or dates[-1].year < first_test_year:
        raise TooShortError(
            f"Volatility is forecast from {first_test_year} on, and there is no trading day yet: "
            f"it begins in {first_test_year}."
        )
    found = []
    for begin, start, stop in blocks:
        train = np.arange(max(0, start - horizon - EMBARGO))
        if len(train) < MIN_TRAINING_DAYS:
            raise TooShortError(
                f"Volatility needs {MIN_TRAINING_DAYS} days whose outcomes are known before "
                f"{begin} and has {len(train)}: set stress.first_test_year later, or begin the "
                "daily panel earlier."
            )
        found.append(Refit(begin, start - 1, train, np.arange(start, stop)))
    return found


@dataclass(frozen=True)
class PooledFit:
    """Ordinary least squares on standardised inputs, the same for all markets.

    Attributes:
        scaler: of the training rows, which holds inputs to 5 standard deviations.
        intercept: the mean target.
        coefficients: of standardised inputs, ``(n_inputs,)``.
        n_cells: market days that it has learnt from.
    """

    scaler: Scaler
    intercept: float
    coefficients: FloatArray
    n_cells: int

    def predict(self, inputs: FloatArray) -> FloatArray:
        """Forecasts of y, ``(...)`` from ``(..., n_inputs)``; NaN where an input is missing."""
        total = np.full(inputs.shape[:-1], self.intercept)
        # Input by input and no product of matrices: a day has the same bits alone and among others.
        for place, coefficient in enumerate(self.coefficients):
            column = (inputs[..., place] - self.scaler.mean[place]) / self.scaler.scale[place]
            total += coefficient * np.clip(column, -LIMIT, LIMIT)
        return total


def fit_pooled(
    inputs: FloatArray, targets: FloatArray, rows: Sequence[int] | IntArray
) -> PooledFit | None:
    """Fit one coefficient vector to all markets.

    Args:
        inputs: ``(n_days, n_markets, n_inputs)``, NaN where not known.
        targets: to learn from, ``(n_days, n_markets)``, NaN where there is none.
        rows: days to learn from.

    Returns:
        The fit; None where no more market days are whole than there are inputs.
    """
    seen, wanted = inputs[rows], targets[rows]
    whole = np.isfinite(wanted) & np.isfinite(seen).all(axis=-1)
    # Column by column in memory, as they are summed.
    seen, wanted = np.asfortranarray(seen[whole]), wanted[whole]
    if len(wanted) <= inputs.shape[-1] + 1:
        return None
    scaler = Scaler.of(seen, LIMIT)
    design = np.column_stack([np.ones(len(seen)), scaler.apply(seen)])
    gram = design.T @ design
    inverse = np.linalg.pinv(gram, rcond=LEAST_VARIANCE, hermitian=True)
    intercept, *coefficients = inverse @ (design.T @ wanted)
    return PooledFit(scaler, float(intercept), np.array(coefficients), len(wanted))
