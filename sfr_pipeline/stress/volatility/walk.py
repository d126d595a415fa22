"""Models of volatility walked forward: fitted on the past each January, asked of the year.

Belongs here: when a model is fitted and what it then says, and the bounds around it. Does not belong
here: the models (`rivals`, `network`), what they are worth (`scores`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.evaluation.intervals import error_quantiles
from sfr_pipeline.evaluation.models import Model
from sfr_pipeline.storage.tables.columns import MEAN_OF_SEEDS
from sfr_pipeline.stress.volatility.harx import refits
from sfr_pipeline.stress.volatility.panel import PanelName, PooledPanel
from sfr_pipeline.stress.volatility.rivals import VolatilityModel

# Bounds that hold half and nine tenths of what comes.
LEVELS = (0.05, 0.25, 0.75, 0.95)
# Half a year of a market's own errors, which overlap, before they bound anything.
LEAST_ERRORS = 126


@dataclass(frozen=True)
class VolatilityRun:
    """What one model and seed say of days that it had not seen.

    Attributes:
        panel: name of the markets' panel.
        horizon: trading days ahead.
        model: its id.
        seed: of the fits; ``MEAN_OF_SEEDS`` for their mean, and without randomness.
        refit_months: months between two fits, 0 where nothing is estimated.
        gaps: forecasts of y = ln RV - ln q, ``(n_days, n_markets)``; NaN before the first fit's
            days and where a model has no input.
    """

    panel: PanelName
    horizon: int
    model: str
    seed: int
    refit_months: int
    gaps: FloatArray


def walk(panel: PooledPanel, horizon: int, record: Model, first_test_year: int) -> VolatilityRun:
    """Fit a model each January and ask it of the days of the year.

    Args:
        panel: markets by day.
        horizon: trading days ahead.
        record: of the model, which has a class.
        first_test_year: first year that is scored; the calibration year lies before it.

    Raises:
        TooShortError: too little history for the first fit.
    """
    model: VolatilityModel = record.create()
    inputs, targets = model.inputs(panel, horizon), panel.training_targets(horizon)
    gaps = np.full(targets.shape, np.nan)
    for refit in refits(panel.dates, first_test_year, horizon):
        model.fit(inputs[refit.train], targets[refit.train])
        gaps[refit.test] = model.predict(inputs[refit.test])
    return VolatilityRun(
        panel.name, horizon, record.id, MEAN_OF_SEEDS, type(model).refit_months, gaps
    )


def past_errors(
    panel: PooledPanel, run: VolatilityRun, levels: Sequence[float] = LEVELS
) -> FloatArray:
    """Quantiles of each market's own errors that were known when the year began.

    They are renewed each January, like the models: conformal quantiles of y less its forecast, see
    ``evaluation.intervals``.

    Args:
        panel: that the run was made on.
        run: forecasts.
        levels: probabilities.

    Returns:
        To be added to the forecast, ``(n_days, n_markets, n_levels)``; NaN with fewer than
        ``LEAST_ERRORS`` errors.
    """
    errors = panel.targets(run.horizon) - run.gaps
    found = np.full((*errors.shape, len(levels)), np.nan)
    years = np.asarray(panel.dates.year)
    asked = np.flatnonzero(np.isfinite(run.gaps).any(axis=1))
    for year in np.unique(years[asked]):
        start, stop = np.searchsorted(years, [year, year + 1])
        # At its first close: what is over by then.
        known = errors[: max(0, start - run.horizon + 1)]
        found[start:stop] = error_quantiles(known, levels, LEAST_ERRORS)
    return found
