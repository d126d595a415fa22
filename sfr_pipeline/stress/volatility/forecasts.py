"""How large volatility will be: rows of table ``volatility_forecasts``.

Belongs here: forecasts in units of volatility, with their bounds. Does not belong here: how they
were made (`walk`), what they are worth (`scores`).
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sfr_pipeline.storage.tables.volatility import BOUNDS, PANELS, VOLATILITY_FORECASTS
from sfr_pipeline.stress.volatility.panel import PooledPanel
from sfr_pipeline.stress.volatility.walk import VolatilityRun, past_errors

# Of which every day is published; of others the newest alone.
DAILY = PANELS[0]


def forecast_rows(
    panel: PooledPanel, runs: Sequence[VolatilityRun], first_test_year: int
) -> pd.DataFrame:
    """Rows of table ``volatility_forecasts`` of one panel.

    Args:
        panel: markets by day.
        runs: of the panel.
        first_test_year: the calibration year before it is not published.
    """
    frames = [_rows(panel, run, first_test_year) for run in runs]
    if not frames:
        return VOLATILITY_FORECASTS.empty()
    return pd.concat(frames, ignore_index=True)


def _rows(panel: PooledPanel, run: VolatilityRun, first_test_year: int) -> pd.DataFrame:
    """Of one run: days whose forecast is there, market by market."""
    said = np.isfinite(run.gaps)
    said &= (np.asarray(panel.dates.year) >= first_test_year)[:, np.newaxis]
    if panel.name != DAILY:
        newest = len(said) - 1 - np.argmax(said[::-1], axis=0)
        said &= np.arange(len(said))[:, np.newaxis] == newest
    day, place = np.nonzero(said)
    log_forecast = run.gaps + panel.log_thresholds(run.horizon)
    columns: dict[str, object] = {
        "panel": panel.name,
        "horizon": run.horizon,
        "model": run.model,
        "seed": run.seed,
        "date": panel.dates[day],
        "market": np.array(panel.markets, dtype=object)[place],
        "forecast": np.exp(log_forecast[said]),
    }
    errors = past_errors(panel, run, since=int(day.min()) if len(day) else len(said))
    for name, error in zip(BOUNDS, np.moveaxis(errors, -1, 0), strict=True):
        columns[name] = np.exp(log_forecast + error)[said]
    columns["threshold"] = panel.thresholds[run.horizon][said]
    columns["actual"] = panel.volatility[run.horizon][said]
    columns["refit_months"] = run.refit_months
    return pd.DataFrame(columns)
