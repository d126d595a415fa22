"""Simulated days: markets whose volatility clusters, planted precursors, pure noise."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from sfr_pipeline.markets.stress import StressSettings
from sfr_pipeline.stress.assembly import build_sample
from sfr_pipeline.stress.features import daily_features
from sfr_pipeline.stress.labels import stress_labels, stress_outcomes
from sfr_pipeline.stress.panel import DailyPanel
from sfr_pipeline.stress.sample import Label, Sample

SETTINGS = StressSettings.model_validate(
    {
        "start": "2000-01-03",
        "calendar": "A",
        "sub_markets": [
            {"id": "equity", "name": "Equity", "symbols": ["A"]},
            {"id": "banks", "name": "Banks", "symbols": ["B"]},
            {"id": "oil", "name": "Oil", "symbols": ["C"]},
        ],
        "first_test_year": 2005,
        "development_end": 2006,
        "labels": {"window": 504, "min_outcomes": 252, "balanced_window": 252},
    }
)
MARKET = SimpleNamespace(name="simulated", stress=SETTINGS)


def returns(n_days=2060, seed=0):
    """Three markets that share half of a persistent log volatility."""
    rng = np.random.default_rng(seed)
    dates = pd.bdate_range("2000-01-03", periods=n_days, name="date")
    shocks = rng.normal(size=(n_days, 4))
    volatility = np.zeros((n_days, 4))
    for day in range(1, n_days):
        volatility[day] = 0.97 * volatility[day - 1] + 0.2 * shocks[day]
    scale = 0.008 * np.exp(0.7 * volatility[:, :1] + 0.5 * volatility[:, 1:])
    moves = scale * rng.normal(size=(n_days, 3))
    return pd.DataFrame(moves, dates, ["equity", "banks", "oil"])


def panel(moves):
    closes = 100 * np.exp(moves.cumsum()).set_axis(["A", "B", "C"], axis=1)
    nothing = pd.DataFrame(np.nan, closes.index, closes.columns)
    return DailyPanel(
        closes, closes < 0, nothing, nothing, moves, moves.iloc[:, :0], moves.iloc[:, :0]
    )


def tables(moves):
    """Returns, features, outcomes and labels."""
    return (
        moves,
        daily_features(MARKET, panel(moves)),
        stress_outcomes(MARKET, moves),
        stress_labels(MARKET, moves),
    )


def sample(moves):
    return build_sample(SETTINGS, *tables(moves))


def planted(n_days=2600, seed=0):
    """A burst of three days foretells stress, but only while a hidden state is high.

    The state shows in the mean of a noisy series over weeks: one day tells nothing, so that
    neither the burst nor the last day's features are of use alone.

    Returns:
        A sample with label F5, and the log-odds of a reader who knows burst and state.
    """
    rng = np.random.default_rng(seed)
    state = np.repeat(rng.integers(0, 2, n_days // 100 + 1), 100)[:n_days]
    burst = np.zeros(n_days)
    for start in rng.choice(n_days - 20, n_days // 25, replace=False):
        burst[start : start + 3] = 3.0
    recent = pd.Series(burst > 0).rolling(12, min_periods=1).max().to_numpy()
    truth = recent * state
    features = rng.normal(size=(n_days, 4))
    features[:, 0] += burst
    features[:, 1] += 1.0 * (2 * state - 1)
    return features_sample(features, truth), truth


def noise(n_days=2600, seed=0):
    """Features and label without any connection."""
    rng = np.random.default_rng(seed)
    return features_sample(rng.normal(size=(n_days, 4)), rng.integers(0, 2, n_days))


def features_sample(features, stressed):
    dates = pd.bdate_range("2000-01-03", periods=len(features), name="date")
    names = tuple(f"x{number}" for number in range(features.shape[1]))
    label = Label("F5", 5, stressed.astype(float))
    nothing = np.full(len(features), np.nan)
    return Sample(dates, features, names, ("x",), {"F5": label}, {}, nothing, nothing[:, None], 2)
