"""Models of volatility walked forward: fitted on the past each January, asked of the year.

Belongs here: when a model is fitted and what it then says, and the bounds around it. Does not
belong here: the models (`rivals`), what they are worth (`scores`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.errors import TooShortError
from sfr_pipeline.evaluation.intervals import error_quantiles
from sfr_pipeline.evaluation.models import Model
from sfr_pipeline.evaluation.models.answers import answering, check_answer, check_same, is_own
from sfr_pipeline.storage.tables.columns import MEAN_OF_SEEDS
from sfr_pipeline.stress.foresight import WHY
from sfr_pipeline.stress.splits import MIN_TRAINING_DAYS
from sfr_pipeline.stress.volatility.harx import Refit, refits
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


def check_history(panel: PooledPanel, first_test_year: int) -> None:
    """Refuse a panel whose first fit would have nothing to learn from.

    Args:
        panel: markets by day.
        first_test_year: first year that is scored.

    Raises:
        TooShortError: fewer than ``MIN_TRAINING_DAYS`` market days to learn from, at some horizon.
    """
    for horizon in panel.horizons:
        first = refits(panel.dates, first_test_year, horizon)[0]
        known = int(np.isfinite(panel.training_targets(horizon)[first.train]).sum())
        if known < MIN_TRAINING_DAYS:
            raise TooShortError(
                f"Volatility needs {MIN_TRAINING_DAYS} market days with known outcomes of "
                f"{horizon} days before {first.year} and has {known}: set stress.first_test_year "
                "later, or begin the daily panel earlier."
            )


def walk(panel: PooledPanel, horizon: int, record: Model, first_test_year: int) -> VolatilityRun:
    """Fit a model each January and ask it of the days of the year.

    Args:
        panel: markets by day.
        horizon: trading days ahead.
        record: of the model, which has a class.
        first_test_year: first year that is scored; the calibration year lies before it.

    Raises:
        TooShortError: too little history for the first fit.
        ExtensionError: a model of the user failed, or answered what was not asked.
    """
    targets = panel.training_targets(horizon)
    with answering(record, f"{horizon} days ahead"):
        model: VolatilityModel = record.create()
        inputs = model.inputs(panel, horizon)
    all_refits = refits(panel.dates, first_test_year, horizon)
    if is_own(record):
        _refuse_foresight(record, model, panel, horizon, inputs, all_refits[len(all_refits) // 2])
    gaps = np.full(targets.shape, np.nan)
    for refit in all_refits:
        doing = f"{horizon} days ahead in {refit.year}"
        with answering(record, doing):
            model.fit(inputs[refit.train], targets[refit.train])
            said = model.predict(inputs[refit.test])
        shape = (len(refit.test), targets.shape[1])
        gaps[refit.test] = check_answer(record, said, shape, "days, markets", doing, holes=True)
    return VolatilityRun(
        panel.name, horizon, record.id, MEAN_OF_SEEDS, type(model).refit_months, gaps
    )


def _refuse_foresight(
    record: Model,
    model: VolatilityModel,
    panel: PooledPanel,
    horizon: int,
    inputs: FloatArray,
    refit: Refit,
) -> None:
    """Refuse a model of the user whose inputs change when the panel ends at a refit."""
    row = refit.origin
    doing = f"{horizon} days ahead of a panel that ends on {panel.dates[row]:%Y-%m-%d}"
    with answering(record, doing):
        again = np.asarray(model.inputs(panel.as_of(row), horizon), dtype=float)
    check_same(record, inputs[: row + 1], again, doing, WHY)


def past_errors(
    panel: PooledPanel, run: VolatilityRun, since: int = 0, levels: Sequence[float] = LEVELS
) -> FloatArray:
    """Quantiles of each market's own errors that were known when the year began.

    They are renewed each January, like the models: conformal quantiles of y less its forecast, see
    ``evaluation.intervals``.

    Args:
        panel: that the run was made on.
        run: forecasts.
        since: first row that is asked for.
        levels: probabilities.

    Returns:
        To be added to the forecast, ``(n_days, n_markets, n_levels)``; NaN with fewer than
        ``LEAST_ERRORS`` errors, and before the year of ``since``.
    """
    found = np.full((*run.gaps.shape, len(levels)), np.nan)
    for rows, known in _known_errors(panel, run, since):
        found[rows] = error_quantiles(known, levels, LEAST_ERRORS)
    return found


def past_level(panel: PooledPanel, run: VolatilityRun) -> FloatArray:
    """What makes a forecast of ln RV one of RV^2: half the log of the mean of exp(2 error).

    The exponential of an expected log lies below the expected variance (Jensen); by how much is
    told by each market's own errors that were known when the year began (Duan 1983).

    Args:
        panel: that the run was made on.
        run: forecasts.

    Returns:
        To be added to the forecast, ``(n_days, n_markets)``; NaN with fewer than ``LEAST_ERRORS``
        errors.
    """
    found = np.full(run.gaps.shape, np.nan)
    for rows, known in _known_errors(panel, run, 0):
        there = np.isfinite(known)
        count = there.sum(axis=0)
        total = np.exp(2.0 * np.where(there, known, -np.inf)).sum(axis=0)
        enough = count >= LEAST_ERRORS
        mean = np.where(enough, total, 1.0) / np.where(enough, count, 1)
        found[rows] = np.where(enough, np.log(mean) / 2.0, np.nan)
    return found


def _known_errors(
    panel: PooledPanel, run: VolatilityRun, since: int
) -> Iterator[tuple[slice, FloatArray]]:
    """The rows of each year with a forecast, and errors that were known at its first close."""
    errors = panel.targets(run.horizon) - run.gaps
    years = np.asarray(panel.dates.year)
    asked = np.flatnonzero(np.isfinite(run.gaps).any(axis=1))
    for year in np.unique(years[asked[asked >= since]]):
        start, stop = (int(row) for row in np.searchsorted(years, [year, year + 1]))
        yield slice(start, stop), errors[: max(0, start - run.horizon + 1)]
