"""Economies with a known law, as the forecasters see them at each origin."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sfr_pipeline.forecasting.forecasters.forecaster import HORIZONS
from sfr_pipeline.forecasting.origins import Origin, Targets

START = pd.Period("1990-01", freq="M")
# Far from the index as published: whoever mixes the two is found out.
BASKET_LEVEL = 5.0


@dataclass(frozen=True)
class Economy:
    """Months of an index and of what might forecast it."""

    index: np.ndarray
    drivers: np.ndarray

    def origins(self, first):
        """Origins after ``first`` months and later, up to the last month."""
        months = pd.period_range(START, periods=len(self.index), freq="M")
        index = pd.Series(self.index, months)
        basket = index + BASKET_LEVEL
        names = [f"driver{i}" for i in range(self.drivers.shape[1])]
        drivers = pd.DataFrame(self.drivers, months, names)
        features = drivers.assign(basket=basket, change=basket.diff().fillna(0.0))
        inputs = pd.concat([basket.rename("basket"), drivers], axis=1)
        return [
            Origin(
                month=months[end - 1],
                published=self.index[end - 1],
                basket=basket.iloc[:end],
                changes=pd.Series(
                    np.append(np.diff(basket.to_numpy()[:end]), np.nan), months[:end]
                ),
                features=features.iloc[:end],
                inputs=inputs.iloc[:end],
                regime_forecast=0.9 * self.index[end - 1],
                month_end_change=0.1 * (self.drivers[end - 1, -1] - self.drivers[end - 2, -1]),
            )
            for end in range(first, len(months) + 1)
        ]

    def targets(self, first):
        """Realised changes after the origins from ``first`` on."""
        n_origins = len(self.index) - first + 1
        realised = np.full((n_origins, len(HORIZONS)), np.nan)
        for column, horizon in enumerate(HORIZONS):
            changes = self.index[first - 1 + horizon :] - self.index[first - 1 : -horizon]
            realised[: len(changes), column] = changes
        return Targets(realised, realised.copy())

    def panel(self):
        """Table ``warning_panel`` in the paper's mode, the index last."""
        dates = pd.date_range(START.to_timestamp(), periods=len(self.index), freq="ME")
        columns = {f"driver{i}": values for i, values in enumerate(self.drivers.T)}
        frames = [
            pd.DataFrame({"ref_date": dates, "variable": name, "value": values}).assign(
                mode="paper", name=name, role="index" if name == "sfri" else "input"
            )
            for name, values in (columns | {"sfri": self.index}).items()
        ]
        return pd.concat(frames, ignore_index=True)

    def with_shuffled_changes(self, seed):
        """The same changes of the index in random order: nothing forecasts them any more."""
        changes = np.random.default_rng(seed).permutation(np.diff(self.index))
        return replace(self, index=np.append(self.index[0], self.index[0] + changes.cumsum()))

    def poisoned_after(self, n_months, size=1e9):
        """Everything after the first months replaced by noise of that size."""
        noise = size * np.random.default_rng(0).normal(size=(len(self.index), 1))
        late = np.arange(len(self.index)) >= n_months
        return Economy(
            np.where(late, noise[:, 0], self.index),
            np.where(late[:, None], noise, self.drivers),
        )

    def until(self, n_months):
        """Only the first months."""
        return Economy(self.index[:n_months], self.drivers[:n_months])


def random_walk(n_months, seed, n_drivers=3):
    """An index that nothing forecasts, beside persistent drivers that pretend to."""
    rng = np.random.default_rng(seed)
    return Economy(
        rng.normal(size=n_months).cumsum(), _autoregressions(rng, n_months, n_drivers, 0.9)
    )


def nonlinear(n_months, seed, n_drivers=3):
    """Next month's index is a bent function of today's drivers, with little noise."""
    rng = np.random.default_rng(seed)
    drivers = _autoregressions(rng, n_months, n_drivers, 0.5)
    index = np.zeros(n_months)
    for month in range(1, n_months):
        first, second = drivers[month - 1, :2]
        law = 2 * np.tanh(2 * first) + 0.5 * (second**2 - 1)
        index[month] = 0.3 * index[month - 1] + law + 0.2 * rng.normal()
    return Economy(index, drivers)


def _autoregressions(rng, n_months, n_series, slope):
    series = rng.normal(size=(n_months, n_series))
    for month in range(1, n_months):
        series[month] = slope * series[month - 1] + np.sqrt(1 - slope**2) * series[month]
    return series
