"""Features of the daily networks and rules, all known at the close of the day.

Names begin with the sub-market, companion or level and end with the measure: ``equity_log_rv22``.
Nothing enters as a raw level: a level that drifts would tell the year, not the stress. What is
estimated (GARCH) is estimated on years that are over; ranks and thresholds look back only.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from sfr_pipeline.econometrics.volatility import (
    MIN_OBSERVATIONS,
    begins_in_real_time,
    garch_volatility_real_time,
)
from sfr_pipeline.markets import Market
from sfr_pipeline.markets.stress import FeatureSettings, Level, StressSettings, SubMarket
from sfr_pipeline.stress.bounds import log_volatility
from sfr_pipeline.stress.labels import TRADING_DAYS, outcomes
from sfr_pipeline.stress.left_out import fewest_known, trailing_mean
from sfr_pipeline.stress.panel import DailyPanel, daily_settings

WEEK, MONTH = 5, 22


def daily_features(market: Market, panel: DailyPanel) -> pd.DataFrame:
    """Rows of table ``daily_features``: date, feature, value; days without a value are absent."""
    wide = feature_frame(market, panel)
    return wide.reset_index().melt("date", var_name="feature").dropna(ignore_index=True)


def wide_features(features: pd.DataFrame) -> pd.DataFrame:
    """Table ``daily_features`` as a frame ``(n_days, n_features)``, NaN where there is no value."""
    return features.pivot(index="date", columns="feature", values="value").rename_axis(columns=None)


def feature_frame(market: Market, panel: DailyPanel) -> pd.DataFrame:
    """All features, ``(n_days, n_features)``, NaN before they begin.

    Of each sub-market ``<id>_``, and of companions where marked *:
        ``return`` *: of the day, in per cent;
        ``log_rv1, 5 *, 22 *, 66``: log of the realised volatility of so many days, a year;
        ``log_range`` *: log of Parkinson's volatility of five days, where there are highs and lows;
        ``drawdown`` *: below the high of 252 days, in logs;
        ``log_ewma``: log of the exponentially weighted volatility;
        ``log_garch``: log of the GARCH(1,1) volatility of the next day, parameters from the past.
    Of each sub-market and horizon ``<id>_gap<h>``: log volatility of the past about as many days
    over the threshold that the volatility of the next h days will be held against.
    Of levels: ``<id>_change``, ``<id>_change22``, ``<id>_rank`` of rates; the same and ``log`` of
    implied volatilities. Of volumes ``<id>_volume``, against its year.
    Of all: ``correlation`` of the sub-markets; ``stock_correlation`` and ``stock_dispersion`` of
    the cross-section.
    """
    daily = daily_settings(market)
    columns: dict[str, pd.Series] = {}
    for part in daily.sub_markets:
        if part.id in panel.returns:
            returns = panel.returns[part.id]
            columns |= _of_part(part, returns, panel, daily, daily.features.volatility_days)
            columns |= _filtered(part.id, returns, daily)
    for part in daily.companions:
        if part.id in panel.companions:
            returns = panel.companions[part.id]
            columns |= _of_part(part, returns, panel, daily, (WEEK, MONTH))
    columns |= _gaps(panel, daily)
    for rate in daily.rates:
        if rate.id in panel.levels:
            columns |= _of_level(rate, panel.levels[rate.id], daily.features)
    for implied in daily.implied:
        if implied.id in panel.levels:
            level = np.log(panel.levels[implied.id].where(panel.levels[implied.id] > 0))
            columns |= _of_level(implied, level, daily.features)
            columns[f"{implied.id}_log"] = level
    for traded in daily.volumes:
        if traded.symbol in panel.volumes:
            volume = _volume(panel.volumes[traded.symbol], daily.features)
            columns[f"{traded.id}_volume"] = volume
    columns["correlation"] = average_correlation(panel.returns, daily.features.correlation_days)
    stocks = [symbol for symbol in daily.cross_section if symbol in panel.closes]
    if len(stocks) > 1:
        moves = panel.log_moves(stocks)
        columns["stock_correlation"] = average_correlation(moves, daily.features.correlation_days)
        columns["stock_dispersion"] = log_volatility(
            moves.std(axis=1).rolling(WEEK).mean() * np.sqrt(TRADING_DAYS)
        )
    return pd.DataFrame(columns)


def average_correlation(returns: pd.DataFrame, window: int) -> pd.Series:
    """Mean correlation of the pairs of columns over trailing days, of those pairs that have them.

    Args:
        returns: ``(n_days, n_columns)``.
        window: trading days.
    """
    total = pd.Series(0.0, index=returns.index)
    n_pairs = pd.Series(0, index=returns.index)
    for left, right in combinations(returns, 2):
        both = returns[[left, right]].notna().all(axis=1)
        begun = both.cummax().rolling(window).sum().eq(window)
        pair = returns[left].rolling(window, min_periods=fewest_known(window)).corr(returns[right])
        pair = pair.where(both & begun)
        total += pair.clip(-1.0, 1.0).fillna(0.0)
        n_pairs += pair.notna()
    return (total / n_pairs).where(n_pairs > 0)


def log_garch(returns: pd.Series) -> pd.Series:
    """Log of tomorrow's GARCH(1,1) volatility a year, with parameters of the years that are over.

    Where no year's estimation converges there is no value at all, and the log says why.

    Args:
        returns: daily, as fractions, no gaps.
    """
    days = pd.DatetimeIndex(returns.index)
    # The volatility of a day rests on the days before it. Dated one day earlier, it is tomorrow's;
    # the last one belongs to a return that nobody has seen, and that is not used.
    moved = pd.Series(
        np.append(100.0 * returns.to_numpy(), 0.0),
        index=days.insert(0, days[0] - pd.Timedelta(days=1)),
        name=returns.name,
    )
    if not begins_in_real_time(pd.DatetimeIndex(moved.index), MIN_OBSERVATIONS):
        return pd.Series(np.nan, index=days)
    sigma = garch_volatility_real_time(moved).iloc[1:] / 100.0
    return log_volatility(sigma * np.sqrt(TRADING_DAYS))


def _of_part(
    part: SubMarket,
    returns: pd.Series,
    panel: DailyPanel,
    daily: StressSettings,
    windows: Sequence[int],
) -> dict[str, pd.Series]:
    """What is measured of sub-markets and companions alike."""
    columns = {f"{part.id}_return": 100.0 * returns}
    squares = TRADING_DAYS * returns**2
    for days in windows:
        columns[f"{part.id}_log_rv{days}"] = log_volatility(np.sqrt(trailing_mean(squares, days)))
    spans = panel.spans[[symbol for symbol in part.symbols if symbol in panel.spans]]
    if part.tick is not None:
        spans = spans.where(spans <= part.tick)
    # Highs and lows of yields, and of futures that may fall below zero, are none of their returns.
    if part.returns == "log" and spans.notna().any(axis=None):
        variance = TRADING_DAYS * (spans**2).mean(axis=1) / (4.0 * np.log(2.0))
        week = np.sqrt(variance.rolling(WEEK, min_periods=1).mean())
        columns[f"{part.id}_log_range"] = log_volatility(week)
    level = returns.dropna().cumsum()
    high = level.rolling(daily.labels.high_days, min_periods=MONTH).max()
    columns[f"{part.id}_drawdown"] = (level - high).reindex(returns.index)
    return columns


def _filtered(name: str, returns: pd.Series, daily: StressSettings) -> dict[str, pd.Series]:
    """Volatilities with a memory of all returns so far."""
    squares = TRADING_DAYS * returns**2
    weighted = squares.ewm(alpha=1.0 - daily.labels.decay, min_periods=MONTH).mean()
    return {
        f"{name}_log_ewma": log_volatility(np.sqrt(weighted.where(returns.notna()))),
        f"{name}_log_garch": log_garch(returns.dropna()).reindex(returns.index),
    }


def _gaps(panel: DailyPanel, daily: StressSettings) -> dict[str, pd.Series]:
    """Log volatility over the thresholds of the labels F, for trailing windows alike in length."""
    columns = {}
    for horizon in daily.labels.horizons:
        thresholds = outcomes(panel.returns, horizon, daily.labels).volatility_threshold
        for name, returns in panel.returns.items():
            past = np.sqrt(TRADING_DAYS * trailing_mean(returns**2, horizon))
            threshold = log_volatility(thresholds[name])
            columns[f"{name}_gap{horizon}"] = log_volatility(past) - threshold
    return columns


def _of_level(of: Level, level: pd.Series, settings: FeatureSettings) -> dict[str, pd.Series]:
    return {
        f"{of.id}_change": level.diff(),
        f"{of.id}_change{MONTH}": level.diff(MONTH),
        f"{of.id}_rank": rolling_rank(level, settings.rank_days),
    }


def rolling_rank(level: pd.Series, window: int) -> pd.Series:
    """Rank among the trailing days, 0 to 1, from a year of days on."""
    known = level.dropna()
    rank = known.rolling(window, min_periods=TRADING_DAYS).rank(pct=True)
    return rank.reindex(level.index)


def _volume(volume: pd.Series, settings: FeatureSettings) -> pd.Series:
    """Log of the volume over its mean of trailing days; days without volume repeat the last."""
    known = volume.dropna()
    mean = known.rolling(settings.volume_days, min_periods=settings.volume_days // 2).mean()
    return np.log(known / mean).reindex(volume.index).ffill(limit=settings.carry)
