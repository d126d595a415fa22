"""Labels of systemic stress: of the day itself (D90, D50) and of the days that follow (F_h).

Thresholds come from outcomes that were completed by the day: an outcome of day s is known at
s + h. So the label of a day may be used for training from that day on, and not before.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from sfr_pipeline.markets import Market
from sfr_pipeline.markets.stress import LabelSettings
from sfr_pipeline.storage.tables.stress import STRESS_LABEL_STATISTICS
from sfr_pipeline.stress.left_out import fewest_known
from sfr_pipeline.stress.panel import daily_settings

TRADING_DAYS = 252


@dataclass(frozen=True)
class Outcomes:
    """What followed each day within a horizon, ``(n_days, n_markets)`` each.

    Attributes:
        horizon: trading days.
        volatility: realised volatility of the days after, a year; NaN while they are not over, and
            where too many of them are left out (`left_out`).
        loss: deepest fall from a high in them, in logs; NaN likewise.
        volatility_threshold: quantile of the volatilities completed by the day; NaN on days on
            which the sub-market does not trade.
        loss_threshold: quantile of the losses completed by the day, likewise.
    """

    horizon: int
    volatility: pd.DataFrame
    loss: pd.DataFrame
    volatility_threshold: pd.DataFrame
    loss_threshold: pd.DataFrame


@dataclass(frozen=True)
class Composite:
    """Stress of each day.

    Attributes:
        scores: of each sub-market, 0 to 1, ``(n_days, n_markets)``; NaN before it joins.
        value: of all, weighted by their correlation, 0 to 1, ``(n_days,)``.
        rank: of the value among all earlier ones.
    """

    scores: pd.DataFrame
    value: pd.Series
    rank: pd.Series


def outcomes(returns: pd.DataFrame, horizon: int, settings: LabelSettings) -> Outcomes:
    """Volatility and loss of the days after each day, beside thresholds from the past.

    RV_t = sqrt(252/h sum r_{t+i}^2), MDD_t = min over u of log P_u - max_{v<=u} log P_v, from t on.
    Days that are left out count in neither, and h is less by them.

    Args:
        returns: of the sub-markets, ``(n_days, n_markets)``, as fractions.
        horizon: trading days h.
        settings: constants.
    """
    values = returns.to_numpy(dtype=float)
    volatility, loss = np.full_like(values, np.nan), np.full_like(values, np.nan)
    if len(values) > horizon:
        ahead = sliding_window_view(values[1:], horizon, axis=0)
        there = ~np.isnan(ahead)
        begun = np.logical_or.accumulate(~np.isnan(values))[1 : len(ahead) + 1]
        count = there.sum(axis=-1)
        told = begun & there[..., -1] & (count >= fewest_known(horizon))
        squares = ahead**2
        squares[~there] = 0.0
        mean = TRADING_DAYS / np.maximum(count, 1) * squares.sum(axis=-1)
        volatility[: len(ahead)] = np.where(told, np.sqrt(mean), np.nan)
        path = np.cumsum(np.where(there, ahead, 0.0), axis=-1)
        high = np.maximum(np.maximum.accumulate(path, axis=-1), 0.0)
        loss[: len(ahead)] = np.where(told, np.minimum((path - high).min(axis=-1), 0.0), np.nan)
    frames = [pd.DataFrame(array, returns.index, returns.columns) for array in (volatility, loss)]
    quantiles = (settings.volatility_quantile, settings.loss_quantile)
    thresholds = [
        frame.rolling(settings.window, min_periods=settings.min_outcomes)
        .quantile(quantile)
        .shift(horizon)
        .where(returns.notna())
        for frame, quantile in zip(frames, quantiles, strict=True)
    ]
    return Outcomes(horizon, *frames, *thresholds)


def past_rank(values: pd.Series, least: int) -> pd.Series:
    """Share of the earlier values that are no higher, from ``least`` earlier values on."""
    known = values.dropna()
    position = np.arange(len(known))
    rank = (known.expanding().rank(method="max") - 1.0) / np.maximum(position, 1)
    return rank.where(position >= least).reindex(values.index)


def composite(returns: pd.DataFrame, settings: LabelSettings) -> Composite:
    """Composite stress in the manner of the CISS: S_t = s'C s / M^2.

    s_m is the mean of two past-only ranks, of the realised volatility and of the drawdown; C is
    the exponentially weighted correlation of s - 1/2; M counts the sub-markets that have joined.

    Args:
        returns: of the sub-markets, ``(n_days, n_markets)``, as fractions.
        settings: constants.
    """
    scores = returns.apply(_stress, settings=settings)
    centred = scores - 0.5
    total = pd.Series(0.0, index=returns.index)
    variance = {name: _weighted(centred[name] ** 2, settings) for name in scores}
    for left in scores:
        for right in scores:
            covariance = _weighted(centred[left] * centred[right], settings)
            scale = np.sqrt(variance[left] * variance[right])
            correlation = (covariance / scale).clip(-1.0, 1.0)
            total += (correlation * scores[left] * scores[right]).fillna(0.0)
    joined = scores.notna().sum(axis=1)
    value = (total / joined**2).where(joined >= settings.breadth)
    return Composite(scores, value, past_rank(value, settings.min_outcomes))


def stress_outcomes(market: Market, returns: pd.DataFrame) -> pd.DataFrame:
    """Rows of table ``stress_outcomes``, from the first threshold of each sub-market on.

    Args:
        market: the catalogue.
        returns: of the sub-markets, ``(n_days, n_markets)``, as fractions.
    """
    settings = daily_settings(market).labels
    dates = pd.DatetimeIndex(returns.index)
    frames = []
    for horizon in settings.horizons:
        found = outcomes(returns, horizon, settings)
        known_at = _later(dates, horizon)
        for name in returns:
            frame = pd.DataFrame(
                {
                    "date": dates,
                    "horizon": horizon,
                    "sub_market": name,
                    "volatility": found.volatility[name].to_numpy(),
                    "loss": found.loss[name].to_numpy(),
                    "volatility_threshold": found.volatility_threshold[name].to_numpy(),
                    "loss_threshold": found.loss_threshold[name].to_numpy(),
                    "known_at": known_at,
                }
            )
            frames.append(frame.dropna(subset="volatility_threshold"))
    return pd.concat(frames, ignore_index=True)


def stress_labels(market: Market, returns: pd.DataFrame) -> pd.DataFrame:
    """Rows of table ``stress_labels``: D90, D50 and a label F for each horizon.

    Args:
        market: the catalogue.
        returns: of the sub-markets, ``(n_days, n_markets)``, as fractions.
    """
    settings = daily_settings(market).labels
    stress = composite(returns, settings)
    ahead = [outcomes(returns, horizon, settings) for horizon in settings.horizons]
    frames = [*_day_labels(stress, settings), *(_forward_label(each, settings) for each in ahead)]
    joined = pd.concat(frames, ignore_index=True)
    joined["composite"] = joined["date"].map(stress.value)
    joined["composite_rank"] = joined["date"].map(stress.rank)
    return joined.astype({"stressed": "Int64", "breadth": "Int64", "n_markets": int})


def label_series(labels: pd.DataFrame, label: str) -> pd.Series:
    """One label by day, as float with NaN where it is not known."""
    rows = labels[labels["label"] == label].sort_values("date")
    return rows.set_index("date")["stressed"].astype(float)


def label_statistics(market: Market, labels: pd.DataFrame) -> pd.DataFrame:
    """Rows of table ``stress_label_statistics``: of all days, of the test years, of each year.

    Args:
        market: the catalogue.
        labels: table ``stress_labels``.
    """
    daily = daily_settings(market)
    rows = []
    for label in labels["label"].unique():
        known = label_series(labels, label).dropna()
        if known.empty:
            continue
        begins = onsets(known, daily.labels.episode_gap)
        # What a forecaster could say on the day: the last label that was over by then.
        lag = int(label[1:]) if label.startswith("F") else 1
        kept = known.shift(lag)
        right = known.eq(kept).astype(float).where(kept.notna())
        years = pd.DatetimeIndex(known.index).year
        periods = {"all": years > 0, "test": years >= daily.first_test_year}
        periods |= {str(year): years == year for year in years.unique()}
        rows += [
            {
                "label": label,
                "period": period,
                "n_days": int(chosen.sum()),
                "n_stressed": int(known[chosen].sum()),
                "base_rate": known[chosen].mean(),
                "n_episodes": int(begins[chosen].sum()),
                "persistence_accuracy": right[chosen].mean(),
            }
            for period, chosen in periods.items()
        ]
    return pd.DataFrame(rows) if rows else STRESS_LABEL_STATISTICS.empty()


def onsets(stressed: pd.Series, gap: int) -> pd.Series:
    """On which days an episode begins: stress after more than ``gap`` calm days, or the first.

    Args:
        stressed: 1 or 0 by trading day, without gaps.
        gap: calm days that do not end an episode.
    """
    recent = stressed.shift(1, fill_value=0.0).rolling(gap + 1, min_periods=1).max()
    return stressed.eq(1.0) & recent.eq(0.0)


def _stress(moves: pd.Series, settings: LabelSettings) -> pd.Series:
    own = moves.dropna()
    volatility = np.sqrt((own**2).rolling(settings.volatility_days).mean())
    level = own.cumsum()
    drawdown = level.rolling(settings.high_days, min_periods=settings.volatility_days).max() - level
    ranks = [past_rank(values, settings.min_outcomes) for values in (volatility, drawdown)]
    return (0.5 * (ranks[0] + ranks[1])).reindex(moves.index)


def _named(there: pd.DataFrame) -> np.ndarray:
    """Which columns are True on each day, by their names."""
    patterns, which = np.unique(there.to_numpy(), axis=0, return_inverse=True)
    names = [", ".join(there.columns[pattern]) for pattern in patterns]
    return np.array(names, dtype=object)[which.ravel()]


def _weighted(values: pd.Series, settings: LabelSettings) -> pd.Series:
    return values.ewm(alpha=1.0 - settings.decay, ignore_na=True).mean()


def _later(days: pd.DatetimeIndex, horizon: int) -> pd.Series:
    return pd.Series(days).shift(-horizon)


def _day_labels(stress: Composite, settings: LabelSettings) -> list[pd.DataFrame]:
    value = stress.value
    past = value.expanding(settings.min_outcomes).quantile(settings.composite_quantile).shift()
    median = value.rolling(settings.balanced_window, settings.min_outcomes).median().shift()
    breadth = (stress.scores > settings.stressed_from).sum(axis=1)
    there = stress.scores.notna()
    extreme = (value > past) & (breadth >= settings.breadth)
    frames = []
    for label, stressed, threshold, beyond in (
        ("D90", extreme, past, breadth),
        ("D50", value > median, median, None),
    ):
        frame = pd.DataFrame(
            {
                "date": value.index,
                "label": label,
                "stressed": stressed.to_numpy(dtype=float),
                "known_at": value.index,
                "n_markets": there.sum(axis=1).to_numpy(),
                "alive": _named(there),
                "breadth": np.nan if beyond is None else beyond.to_numpy(),
            }
        )
        frames.append(frame[(threshold.notna() & value.notna()).to_numpy()])
    return frames


def _forward_label(found: Outcomes, settings: LabelSettings) -> pd.DataFrame:
    days = pd.DatetimeIndex(found.volatility.index)
    beyond = (found.volatility > found.volatility_threshold) & (found.loss < found.loss_threshold)
    there = found.volatility_threshold.notna()
    n_markets = there.sum(axis=1)
    # A sub-market that stops trading in the days ahead has nothing to tell, and is not calm.
    told = (found.volatility.notna() & there).sum(axis=1)
    breadth = beyond.sum(axis=1).where(told >= settings.breadth)
    frame = pd.DataFrame(
        {
            "date": days,
            "label": f"F{found.horizon}",
            "stressed": (breadth >= settings.breadth).astype(float).where(breadth.notna()),
            "known_at": _later(days, found.horizon).where(breadth.notna().to_numpy()).to_numpy(),
            "n_markets": n_markets.to_numpy(),
            "alive": _named(there),
            "breadth": breadth.to_numpy(),
        }
    )
    return frame[(n_markets >= settings.breadth).to_numpy()]
