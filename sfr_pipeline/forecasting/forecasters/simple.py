"""Forecasts from the index alone, which anybody can make: what the others have to beat."""

from collections.abc import Sequence
from typing import Self

import numpy as np

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.forecasting.forecasters.forecaster import HORIZONS, Forecaster
from sfr_pipeline.forecasting.origins import Origin


class NoChange(Forecaster):
    """The index stays where it is."""

    estimates = False

    def fit(self, made: Origin, seeds: Sequence[int]) -> Self:
        """Nothing to learn."""
        return self

    def predict(self, asked: Sequence[Origin]) -> FloatArray:
        """See ``Forecaster``."""
        return np.zeros((len(asked), 1, len(HORIZONS)))


class MonthEnd(Forecaster):
    """The days go nowhere from the month's last ones: the basket becomes what they say."""

    estimates = False

    def fit(self, made: Origin, seeds: Sequence[int]) -> Self:
        """Nothing to learn: each origin carries the basket as its last days revalue it."""
        return self

    def predict(self, asked: Sequence[Origin]) -> FloatArray:
        """See ``Forecaster``."""
        ahead = np.array([origin.month_end_change for origin in asked])
        return np.repeat(ahead[:, None, None], len(HORIZONS), axis=2)

    def available(self, origins: Sequence[Origin]) -> bool:
        """Whether the market has indicators that are means of days."""
        return all(np.isfinite(origin.month_end_change) for origin in origins)


class ExpandingMean(Forecaster):
    """The basket returns to the mean of its history at once."""

    def fit(self, made: Origin, seeds: Sequence[int]) -> Self:
        """See ``Forecaster``."""
        self.mean = made.basket.mean()
        return self

    def predict(self, asked: Sequence[Origin]) -> FloatArray:
        """See ``Forecaster``."""
        return np.array(
            [[[self.mean - origin.basket.iloc[-1]] * len(HORIZONS)] for origin in asked]
        )


class AR1(Forecaster):
    """First-order autoregression of the basket by least squares, iterated over the horizons."""

    def fit(self, made: Origin, seeds: Sequence[int]) -> Self:
        """See ``Forecaster``."""
        basket = made.basket.to_numpy(float)
        rows = np.column_stack([np.ones(len(basket) - 1), basket[:-1]])
        # lstsq also answers for a basket that never moved: it is forecast to stay.
        (self.constant, self.slope), *_ = np.linalg.lstsq(rows, basket[1:])
        return self

    def predict(self, asked: Sequence[Origin]) -> FloatArray:
        """See ``Forecaster``."""
        now = np.array([origin.basket.iloc[-1] for origin in asked])
        level, changes = now, []
        for _ in HORIZONS:
            level = self.constant + self.slope * level
            changes.append(level - now)
        return np.stack(changes, axis=-1)[:, None]


class MarkovSwitching(Forecaster):
    """The forecast of the market's regime model, estimated in the room of the index."""

    def fit(self, made: Origin, seeds: Sequence[int]) -> Self:
        """Nothing to learn: each origin carries the forecast."""
        return self

    def predict(self, asked: Sequence[Origin]) -> FloatArray:
        """See ``Forecaster``; one month ahead."""
        return np.array([[[origin.regime_forecast - origin.published]] for origin in asked])

    def available(self, origins: Sequence[Origin]) -> bool:
        """Whether the regime model could be estimated for all of these origins."""
        return all(np.isfinite(origin.regime_forecast) for origin in origins)
