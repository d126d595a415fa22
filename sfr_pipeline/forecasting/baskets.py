"""The fixed basket of each origin: its vintage's weights over the panel as known in real time."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sfr_pipeline.arrays import BoolArray, FloatArray
from sfr_pipeline.econometrics.principal_component import standardize
from sfr_pipeline.econometrics.tvp_favar import TvpFavarSettings
from sfr_pipeline.econometrics.vintages import Vintages
from sfr_pipeline.errors import TooShortError
from sfr_pipeline.forecasting.beginning import first_origin, too_few_months
from sfr_pipeline.index.known import KnownPanel, known_panel
from sfr_pipeline.markets import Market


@dataclass(frozen=True)
class Basket:
    """The indicators available at one origin, at their weights there, with their past.

    Attributes:
        month: the origin.
        published: the index of the month, as first published.
        scores: z-scores of the vintage up to the origin, months by indicators, 0 where missing.
        history: J_s, weighted mean of the z-scores available in s; NaN where there is none.
        changes: J_{s+1} - J_s by s, of the indicators available in both months.
        component: principal component of the vintage.
        weights: of the indicators.
        sd: of the oriented indicators, by which one unit counts in the scores.
    """

    month: pd.Period
    published: float
    scores: pd.DataFrame
    history: pd.Series
    changes: pd.Series
    component: pd.Series
    weights: pd.Series
    sd: pd.Series

    def revalued(self, changes: pd.Series) -> float:
        """The change of the basket where its indicators change by so much.

        Args:
            changes: of the oriented indicators in their own units; those that are missing do not
                change.
        """
        scaled = changes.reindex(self.weights.index).fillna(0.0) / self.sd
        return float(self.weights @ scaled / self.weights.sum())


@dataclass(frozen=True)
class BasketVintages:
    """The TVP-FAVAR as of each origin, and what is read off it there.

    Attributes:
        known: oriented indicators as they stood at the end of each month.
        vintages: the TVP-FAVAR as of each origin.
        sd: of the oriented indicators up to each origin, ``(n_origins, n_indicators)``.
        weights: at each origin, ``(n_origins, n_indicators)``, 0 where not available.
        available: at each origin, same shape.
        published: index of each origin's month, ``(n_origins,)``.
    """

    known: KnownPanel
    vintages: Vintages
    sd: FloatArray
    weights: FloatArray
    available: BoolArray
    published: FloatArray

    @property
    def as_of(self) -> NDArray[np.intp]:
        """Rows of the origins, ``(n_origins,)``."""
        return self.vintages.as_of

    def baskets(self) -> Iterator[Basket]:
        """The basket of each origin."""
        for row, estimates in enumerate(self.vintages.estimates):
            held = self.available[row]
            months = self.known.months[: len(estimates.scores)]
            scores, seen = estimates.scores[:, held], estimates.observed[:, held]
            weights = self.weights[row][held]
            both = seen[1:] & seen[:-1]
            changes = np.append(weighted_means(np.diff(scores, axis=0), weights, both), np.nan)
            names = self.known.indicators[held]
            yield Basket(
                month=months[-1],
                published=float(self.published[row]),
                scores=pd.DataFrame(scores, months, names),
                history=pd.Series(weighted_means(scores, weights, seen), months),
                changes=pd.Series(changes, months),
                component=pd.Series(estimates.principal_component, months),
                weights=pd.Series(weights, names),
                sd=pd.Series(self.sd[row][held], names),
            )


def vintages_of(
    market: Market, indicator_panel: pd.DataFrame, revisions: pd.DataFrame | None = None
) -> BasketVintages:
    """Estimate the vintages of all origins: months with ``min_months`` changes behind them.

    Args:
        market: the catalogue.
        indicator_panel: table ``indicator_panel``.
        revisions: table ``panel_revisions``; None where nothing was ever revised.

    Raises:
        CatalogueError: the market has no early warning.
        TooShortError: there is no such month yet.
    """
    known = known_panel(market, indicator_panel, revisions)
    first = first_origin(market)
    estimable = known.estimable(market.index.min_observations)
    as_of = np.flatnonzero((known.months >= first) & estimable)
    if not len(as_of):
        raise TooShortError(too_few_months(market))
    vintages = known.estimate(
        as_of,
        min_observations=market.index.min_observations,
        settings=TvpFavarSettings(lags=market.index.lags),
    )
    sd = [
        standardize(known.at(int(at)), estimates.observed).sd
        for at, estimates in zip(as_of, vintages.estimates, strict=True)
    ]
    return BasketVintages(
        known=known,
        vintages=vintages,
        sd=np.stack(sd),
        weights=np.stack([weight[-1] for weight in vintages.weights]),
        available=vintages.latest("observed"),
        published=np.array([index[-1] for index in vintages.index]),
    )


def weighted_means(values: FloatArray, weights: FloatArray, where: BoolArray) -> FloatArray:
    """Weighted means of each row over the cells in question; NaN where there are none.

    Args:
        values: ``(n_months, n_indicators)``.
        weights: ``(n_indicators,)``.
        where: same shape as ``values``.
    """
    share = np.where(where, weights, 0.0)
    total = share.sum(axis=-1)
    # Where not in question a value may be missing, and NaN times 0 is no 0.
    summed = (share * np.where(where, values, 0.0)).sum(axis=-1)
    return np.where(total > 0, summed / np.where(total > 0, total, 1.0), np.nan)
