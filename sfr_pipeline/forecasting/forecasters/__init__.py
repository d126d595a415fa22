"""Forecasters of the index's change, each from what one origin knows; their records say which.

Belongs here: from an ``Origin`` to a forecast change, one class a model of
`sfr_pipeline.evaluation.models`. Does not belong here: which origins are forecast and when a fit
is renewed (the protocols), and how good the forecasts were.

What a forecaster of one's own is derived from is imported from here: docs/own_forecaster.md.
"""

from sfr_pipeline.forecasting.forecasters.forecaster import HORIZONS, Forecaster
from sfr_pipeline.forecasting.forecasters.networks import (
    NetworkForecaster,
    NetworkOnChanges,
    NetworkOnLevels,
)
from sfr_pipeline.forecasting.origins import Origin

__all__ = [
    "HORIZONS",
    "Forecaster",
    "NetworkForecaster",
    "NetworkOnChanges",
    "NetworkOnLevels",
    "Origin",
]
