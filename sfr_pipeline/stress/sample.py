"""What the models of the stress leg see, day by day, and what they are judged by.

Belongs here: arrays and when each of them was known. Does not belong here: how features and labels
come about (`features`, `labels`), models.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sfr_pipeline.arrays import BoolArray, FloatArray, IntArray
from sfr_pipeline.errors import EstimationError
from sfr_pipeline.stress.bounds import log_volatility, training_target

# Standard deviations to which standardised inputs of all models of this leg are held.
LIMIT = 5.0


@dataclass(frozen=True)
class Label:
    """Stress by day.

    Attributes:
        name: as in table ``stress_labels``.
        horizon: trading days after the day on which it becomes known; 0 for stress of the day.
        values: 1 for stress, 0 for calm, NaN where not known, ``(n_days,)``.
    """

    name: str
    horizon: int
    values: FloatArray

    @property
    def lag(self) -> int:
        """Days back to the last label that is known at the close of a day, today's left out."""
        return max(1, self.horizon)

    def known(self, origin: int, embargo: int = 0) -> IntArray:
        """Rows whose label is known on day ``origin`` (purge), less ``embargo`` more days."""
        last = origin - self.horizon - embargo
        return np.flatnonzero(~np.isnan(self.values[: max(0, last + 1)]))


@dataclass(frozen=True)
class Outcomes:
    """What volatility did after each day, and the threshold of that day.

    Attributes:
        horizon: trading days ahead.
        volatility: realised over them, per sub-market, NaN where not over, ``(n_days, n_markets)``.
        threshold: quantile of outcomes completed by the day, NaN where there are too few.
        loss_threshold: the same of losses, which are negative logs.
        stale: whether the day, or the days ahead, lie in a month of stale prices, same shape.
    """

    horizon: int
    volatility: FloatArray
    threshold: FloatArray
    loss_threshold: FloatArray
    stale: BoolArray

    @property
    def gaps(self) -> FloatArray:
        """Log volatility over its threshold: what forecasts of it are judged by."""
        return log_volatility(self.volatility) - log_volatility(self.threshold)

    @property
    def targets(self) -> FloatArray:
        """What is learnt from: the gaps within their bounds, NaN in months of stale prices."""
        return np.where(self.stale, np.nan, training_target(self.gaps))


@dataclass(frozen=True)
class Sample:
    """One market by trading day. Row t holds what was known at the close of day t.

    Attributes:
        dates: ``(n_days,)``, rising.
        features: ``(n_days, n_features)``, NaN where not known.
        names: of its columns, as in table ``daily_features``.
        markets: identifiers of the sub-markets, the one that single-market rules watch first.
        labels: by name.
        outcomes: by horizon.
        garch: log of that first sub-market's volatility over the next 21 days by a GARCH(1,1)
            fitted on the past, NaN before its first fit, ``(n_days,)``.
        returns: of the sub-markets as fractions, NaN where they do not trade,
            ``(n_days, n_markets)``.
        breadth: sub-markets beyond their thresholds that make stress systemic.
        implied: feature with the log of the market's implied volatility; None where it has none.
    """

    dates: pd.DatetimeIndex
    features: FloatArray
    names: tuple[str, ...]
    markets: tuple[str, ...]
    labels: Mapping[str, Label]
    outcomes: Mapping[int, Outcomes]
    garch: FloatArray
    returns: FloatArray
    breadth: int
    implied: str | None = None

    def columns(self, *names: str) -> FloatArray:
        """Features by name, ``(n_days, len(names))``.

        Raises:
            EstimationError: there is no such feature.
        """
        missing = [name for name in names if name not in self.names]
        if missing:
            raise EstimationError(
                f"the daily features lack {', '.join(missing)}: keep the default volatility_days "
                "of stress.features in the market's YAML, and build daily_features again"
            )
        return self.features[:, [self.names.index(name) for name in names]]

    def with_features(self, features: FloatArray, names: tuple[str, ...]) -> "Sample":
        """The same days with other features."""
        return replace(self, features=features, names=names)

    def as_of(self, row: int) -> "Sample":
        """The days up to a row, with what was known at its close: later outcomes are gone.

        Args:
            row: the last day.
        """
        until = slice(row + 1)
        return replace(
            self,
            dates=self.dates[until],
            features=self.features[until],
            labels={
                name: replace(label, values=_known(label.values, row, label.horizon))
                for name, label in self.labels.items()
            },
            outcomes={
                horizon: replace(
                    found,
                    volatility=_known(found.volatility, row, horizon),
                    threshold=found.threshold[until],
                    loss_threshold=found.loss_threshold[until],
                    stale=found.stale[until],
                )
                for horizon, found in self.outcomes.items()
            },
            garch=self.garch[until],
            returns=self.returns[until],
        )

    def lagged(self) -> "Sample":
        """The same labels beside what was known a day earlier.

        For stress of the day itself: with the day's own volatility the answer would be an input.
        """
        outcomes = {
            horizon: replace(
                found,
                threshold=_a_day_later(found.threshold),
                loss_threshold=_a_day_later(found.loss_threshold),
            )
            for horizon, found in self.outcomes.items()
        }
        return replace(
            self,
            features=_a_day_later(self.features),
            outcomes=outcomes,
            garch=_a_day_later(self.garch),
            returns=_a_day_later(self.returns),
        )


def largest(values: FloatArray, rank: int) -> FloatArray:
    """Value of one rank in each row, 1 being the largest, ``(n_rows,)``.

    Args:
        values: ``(n_rows, n_columns)``, NaN where there is none.
        rank: which; NaN where a row has fewer values.
    """
    if values.shape[1] < rank:
        return np.full(len(values), np.nan)
    rising = np.sort(np.where(np.isnan(values), -np.inf, values), axis=1)
    found = rising[:, -rank]
    return np.where(np.isneginf(found), np.nan, found)


def _known(values: FloatArray, row: int, lag: int) -> FloatArray:
    """Values up to a row, those that become known so many days later missing where they were."""
    until = values[: row + 1].copy()
    until[max(0, row + 1 - lag) :] = np.nan
    return until


def _a_day_later(values: FloatArray) -> FloatArray:
    return np.concatenate([np.full_like(values[:1], np.nan), values[:-1]])
