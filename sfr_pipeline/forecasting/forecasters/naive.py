"""Forecasts that anybody can make: what the others have to beat."""

from collections.abc import Sequence

import numpy as np

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.forecasting.forecasters.forecaster import HORIZONS, Predictor
from sfr_pipeline.forecasting.origins import Origin


def fit_no_change(made: Origin, seeds: Sequence[int]) -> Predictor:
    """The index stays where it is."""
    return lambda asked: np.zeros((len(asked), 1, len(HORIZONS)))


def fit_expanding_mean(made: Origin, seeds: Sequence[int]) -> Predictor:
    """The basket returns to the mean of its history at once."""
    mean = made.basket.mean()
    return lambda asked: np.array(
        [[[mean - origin.basket.iloc[-1]] * len(HORIZONS)] for origin in asked]
    )


def fit_ar1(made: Origin, seeds: Sequence[int]) -> Predictor:
    """First-order autoregression of the basket by least squares, iterated over the horizons."""
    basket = made.basket.to_numpy(float)
    rows = np.column_stack([np.ones(len(basket) - 1), basket[:-1]])
    # lstsq also answers for a basket that never moved: it is forecast to stay.
    (constant, slope), *_ = np.linalg.lstsq(rows, basket[1:])

    def predict(asked: Sequence[Origin]) -> FloatArray:
        now = np.array([origin.basket.iloc[-1] for origin in asked])
        level, changes = now, []
        for _ in HORIZONS:
            level = constant + slope * level
            changes.append(level - now)
        return np.stack(changes, axis=-1)[:, None]

    return predict


def fit_markov_switching(made: Origin, seeds: Sequence[int]) -> Predictor:
    """The forecast of the market's regime model, estimated in the room of the index."""
    return lambda asked: np.array(
        [[[origin.regime_forecast - origin.published]] for origin in asked]
    )
