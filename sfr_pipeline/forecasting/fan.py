"""The coming months as forecast today: table ``forecast_fan``."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sfr_pipeline.errors import EstimationError
from sfr_pipeline.evaluation.intervals import MIN_ERRORS, error_quantiles
from sfr_pipeline.evaluation.models import bar, benchmark, contender
from sfr_pipeline.storage.tables import FORECAST_FAN
from sfr_pipeline.storage.tables.columns import MEAN_OF_SEEDS

HORIZONS = 6
# Bounds and the quantiles of past errors behind them.
BOUNDS = {"low_90": 0.05, "low_50": 0.25, "high_50": 0.75, "high_90": 0.95}


def fan_rows(
    forecasts: pd.DataFrame,
    models: Sequence[str] | None = None,
    horizons: int = HORIZONS,
    minimum: int = MIN_ERRORS,
) -> pd.DataFrame:
    """Rows of table ``forecast_fan``: forecasts of the latest origin with intervals.

    An interval is the forecast plus quantiles of the errors that the same model made in real time
    at the same horizon, of forecasts whose month had come by the latest origin. Errors are those
    that a reader saw, against first published values: that is what a fan of the index is held
    against. A horizon with fewer than ``minimum`` such errors has no row: there would be nothing
    to draw an interval from. Before the first forecast there is no row at all.

    Args:
        forecasts: table ``forecasts``.
        models: which of them; by default no change, the better naive row where the market has it,
            and the contender, so that what does best in real time is among them.
        horizons: months ahead, at most.
        minimum: errors behind an interval; the 5 % quantile needs 19.

    Raises:
        EstimationError: a model has no real-time forecast at the latest origin.
    """
    real_time = forecasts[
        (forecasts["protocol"] == "real_time")
        & (forecasts["seed"] == MEAN_OF_SEEDS)
        & (forecasts["horizon"] <= horizons)
    ]
    if real_time.empty:
        return FORECAST_FAN.empty()
    today = real_time["origin"].max()
    rows = []
    for model in models or _of_a_fan(real_time[real_time["origin"] == today]):
        own = real_time[real_time["model"] == model]
        latest = own[own["origin"] == today]
        if latest.empty:
            raise EstimationError(
                f"no fan of {model}: it has no real-time forecast at the latest origin; "
                "materialize forecasts again with all models"
            )
        past = own[own["ref_date"] <= today].dropna(subset="published_change")
        for forecast in latest.sort_values("horizon").to_dict("records"):
            same = past[past["horizon"] == forecast["horizon"]]
            errors = (same["published_change"] - same["change"]).to_numpy(float)
            if len(errors) >= minimum:
                rows.append(_row(forecast, errors))
    columns = [column.name for column in FORECAST_FAN.columns]
    return pd.DataFrame(rows, columns=columns).sort_values(
        list(FORECAST_FAN.key), ignore_index=True
    )


def _of_a_fan(latest: pd.DataFrame) -> tuple[str, ...]:
    chosen = (
        benchmark("forecasting"),
        bar("forecasting", set(latest["model"])),
        contender("forecasting"),
    )
    return tuple(dict.fromkeys(model.id for model in chosen))


def _row(forecast: dict[Hashable, Any], errors: NDArray[np.float64]) -> dict[str, Any]:
    steps = error_quantiles(errors, list(BOUNDS.values()), minimum=len(errors))
    bounds = dict(zip(BOUNDS, forecast["forecast"] + steps, strict=True))
    kept = {name: forecast[name] for name in ("model", "ref_date", "origin", "horizon", "forecast")}
    return kept | bounds | {"n_errors": len(errors)}
