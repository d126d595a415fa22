"""Markets by day, side by side, and what is forecast of them: the panel that models are fitted on.

Belongs here: arrays of sub-markets, or of stocks, and when each of them was known. Does not belong
here: what models read of them (`features`), how prices become returns (`stress.panel`).
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from sfr_pipeline.arrays import BoolArray, FloatArray
from sfr_pipeline.errors import EstimationError, TooShortError
from sfr_pipeline.markets import Market
from sfr_pipeline.markets.stress import LabelSettings
from sfr_pipeline.stress.bounds import training_target
from sfr_pipeline.stress.garch import garch_forecasts
from sfr_pipeline.stress.labels import outcomes
from sfr_pipeline.stress.panel import DailyPanel, daily_settings
from sfr_pipeline.stress.stale import stale_days

LOG = logging.getLogger(__name__)

PanelName = Literal["sub_markets", "stocks"]
PER_CENT = 100.0


@dataclass(frozen=True, eq=False)
class PooledPanel:
    """Markets by trading day. Row t holds what was known at the close of day t.

    Attributes:
        name: ``sub_markets`` of the catalogue, or ``stocks`` of its cross-section.
        dates: ``(n_days,)``, rising.
        markets: their ids, ``(n_markets,)``.
        returns: daily, as fractions, NaN before a market joins and after it ends,
            ``(n_days, n_markets)``.
        log_range: log of high over low, NaN where there is none, same shape.
        implied: log of the implied volatility of a market, a year and as a fraction, NaN where
            there is none, ``(n_days,)``.
        equity: place of the market whose volatility that is; None where the panel has none.
        volatility: by horizon h, realised over days t + 1 .. t + h, a year; NaN where they are not
            over, ``(n_days, n_markets)``.
        thresholds: by horizon, the quantile of completed outcomes that the labels use too.
        stale: by horizon, days that are not learnt from because stale prices touch them or the days
            ahead; by 0 those of stale months that have ended, ``(n_days, n_markets)`` each.
    """

    name: PanelName
    dates: pd.DatetimeIndex
    markets: tuple[str, ...]
    returns: FloatArray
    log_range: FloatArray
    implied: FloatArray
    equity: int | None
    volatility: Mapping[int, FloatArray]
    thresholds: Mapping[int, FloatArray]
    stale: Mapping[int, BoolArray]

    @property
    def horizons(self) -> tuple[int, ...]:
        """Trading days ahead."""
        return tuple(self.volatility)

    def log_thresholds(self, horizon: int) -> FloatArray:
        """ln q, NaN where too few outcomes were complete."""
        return _log(self.thresholds[horizon])

    def targets(self, horizon: int) -> FloatArray:
        """y = ln RV - ln q: what is judged, ``(n_days, n_markets)``.

        NaN where the days ahead are not over, where there is no threshold, and where no price moved
        on any of the days ahead: prices that stand still for all of them have stopped.
        """
        return _log(self.volatility[horizon]) - self.log_thresholds(horizon)

    def training_targets(self, horizon: int) -> FloatArray:
        """What is learnt from: held to what a market can do, and none on stale days."""
        held = training_target(self.targets(horizon))
        return np.where(self.stale[horizon], np.nan, held)

    def as_of(self, row: int) -> "PooledPanel":
        """The days up to a row, with what was known at its close: later outcomes are gone.

        Args:
            row: the last day.
        """
        until = slice(row + 1)
        day = np.arange(row + 1)[:, np.newaxis]
        return replace(
            self,
            dates=self.dates[until],
            returns=self.returns[until],
            log_range=self.log_range[until],
            implied=self.implied[until],
            volatility={
                horizon: np.where(day <= row - horizon, values[until], np.nan)
                for horizon, values in self.volatility.items()
            },
            thresholds={horizon: values[until] for horizon, values in self.thresholds.items()},
            stale={horizon: values[until] for horizon, values in self.stale.items()},
        )

    @cached_property
    def garch(self) -> Mapping[int, FloatArray]:
        """Log of a year's volatility of the next h days by GARCH(1,1), by horizon."""
        return self._ahead(asymmetric=False)

    @cached_property
    def gjr(self) -> Mapping[int, FloatArray]:
        """The same by GJR, in which falls move volatility by more."""
        return self._ahead(asymmetric=True)

    def _ahead(self, *, asymmetric: bool) -> Mapping[int, FloatArray]:
        found = np.full((len(self.horizons), *self.returns.shape), np.nan)
        for place, market in enumerate(self.markets):
            # No likelihood rises to a top over months without a move.
            told = ~np.isnan(self.returns[:, place]) & ~self.stale[0][:, place]
            own = np.flatnonzero(told)
            moves, days = self.returns[own, place], self.dates[own]
            try:
                ahead = garch_forecasts(
                    moves, days, self.horizons, asymmetric=asymmetric, name=market
                )
            except EstimationError as error:
                # One market whose prices hardly move is no reason to forecast none.
                LOG.warning("%s has no GARCH forecasts: %s", market, error)
                continue
            found[:, own, place] = ahead.T
            later = np.maximum.accumulate(np.where(told, np.arange(len(told)), 0))
            kept = ~np.isnan(self.returns[:, place])
            found[:, kept, place] = found[:, later[kept], place]
        return dict(zip(self.horizons, found, strict=True))


def pooled_panel(
    name: PanelName,
    returns: pd.DataFrame,
    settings: LabelSettings,
    *,
    log_range: pd.DataFrame | None = None,
    implied: pd.Series | None = None,
    equity: int | None = None,
) -> PooledPanel:
    """Lay markets side by side.

    Args:
        name: of the panel.
        returns: ``(n_days, n_markets)``, as fractions; NaN before a market joins.
        settings: constants of the labels, whose horizons and thresholds these are.
        log_range: log of high over low of those markets that have it; a high that is no higher than
            its low is none.
        implied: log of the implied volatility of the market at place ``equity``, a year and as a
            fraction.
        equity: see there.

    Raises:
        TooShortError: no market has an outcome of some horizon beside a threshold.
    """
    days, markets = pd.DatetimeIndex(returns.index), returns.columns
    found = {horizon: outcomes(returns, horizon, settings) for horizon in settings.horizons}
    for horizon, each in found.items():
        if not (each.volatility.notna() & each.volatility_threshold.notna()).any(axis=None):
            raise TooShortError(
                f"Volatility needs {settings.min_outcomes} completed outcomes of {horizon} days, "
                f"and a day after them whose outcome is complete too; {len(days)} trading days "
                "hold none: give it a longer history of prices."
            )
    empty = pd.DataFrame(np.nan, days, markets)
    spans = empty if log_range is None else log_range.reindex(index=days, columns=markets)
    level = pd.Series(np.nan, days) if implied is None else implied.reindex(days)
    return PooledPanel(
        name=name,
        dates=days,
        markets=tuple(str(market) for market in markets),
        returns=returns.to_numpy(dtype=float),
        log_range=spans.where(spans > 0).to_numpy(dtype=float),
        implied=level.to_numpy(dtype=float),
        equity=None if implied is None else equity,
        volatility={horizon: each.volatility.to_numpy() for horizon, each in found.items()},
        thresholds={
            horizon: each.volatility_threshold.to_numpy() for horizon, each in found.items()
        },
        stale={
            horizon: stale_days(returns, horizon).to_numpy() for horizon in (0, *settings.horizons)
        },
    )


def sub_market_panel(
    market: Market, daily: DailyPanel, features: pd.DataFrame | None = None
) -> PooledPanel:
    """The sub-markets of a catalogue.

    Implied volatility is that of the first sub-market, which single-market rules watch too. A range
    has a sub-market of one instrument alone, whose returns are those of its price: the mean range
    of a basket is not the range of its mean.

    Args:
        market: the catalogue.
        daily: its panel.
        features: table ``daily_features``, for the implied volatility as it was known.

    Raises:
        TooShortError: too little history.
    """
    settings = daily_settings(market)
    spans = {
        part.id: daily.spans[part.symbols[0]].where(
            daily.spans[part.symbols[0]] <= (part.tick or np.inf)
        )
        for part in settings.sub_markets
        if len(part.symbols) == 1 and part.returns == "log" and part.symbols[0] in daily.spans
    }
    first = settings.sub_markets[0].id
    implied = None
    if features is not None and settings.implied and first in daily.returns:
        rows = features[features["feature"] == f"{settings.implied[0].id}_log"]
        implied = rows.set_index("date")["value"] - np.log(PER_CENT)
    return pooled_panel(
        "sub_markets",
        daily.returns,
        settings.labels,
        log_range=pd.DataFrame(spans, index=daily.dates),
        implied=implied,
        equity=None if implied is None else daily.returns.columns.get_loc(first),
    )


def stock_panel(market: Market, daily: DailyPanel) -> PooledPanel | None:
    """The cross-section of a catalogue; None where it names no two that have prices.

    Args:
        market: the catalogue.
        daily: its panel.

    Raises:
        TooShortError: too little history.
    """
    settings = daily_settings(market)
    stocks = [symbol for symbol in settings.cross_section if symbol in daily.closes]
    if len(stocks) < 2:
        return None
    return pooled_panel(
        "stocks", daily.log_moves(stocks), settings.labels, log_range=daily.spans[stocks]
    )


def _log(values: FloatArray) -> FloatArray:
    """Log of what is above zero, NaN elsewhere."""
    return np.log(np.where(values > 0, values, np.nan))
