"""Simulated panels that the tests of volatility share."""

import numpy as np
import pandas as pd

from sfr_pipeline.markets.stress import LabelSettings
from sfr_pipeline.stress.volatility.panel import pooled_panel
from sfr_pipeline_tests.stress import simulated

LABELS = LabelSettings(window=504, min_outcomes=252)
FIRST_TEST_YEAR = 2004


def moves(n_days=2060, seed=0):
    """Three markets: the second joins after 400 days, the third ends 300 days early."""
    found = simulated.returns(n_days, seed)
    found.iloc[:400, 1] = np.nan
    found.iloc[1760:, 2] = np.nan
    return found


def beside(returns, seed=1):
    """Ranges of the first market, with holes, and an implied volatility from day 300 on."""
    rng = np.random.default_rng(seed)
    own = returns.iloc[:, 0]
    spans = pd.DataFrame({returns.columns[0]: 1.5 * own.abs() + 0.002 * rng.random(len(own))})
    spans.iloc[rng.integers(0, len(own), 50)] = np.nan
    level = np.log(0.02 + 16 * own.abs().ewm(com=20).mean()) + 0.1 * rng.standard_normal(len(own))
    return {"log_range": spans, "implied": level.iloc[300:], "equity": 0}


def panel(returns=None, **changes):
    returns = moves() if returns is None else returns
    return pooled_panel("sub_markets", returns, LABELS, **(beside(returns) | changes))


def garch_world(n_days=3900, n_markets=6, seed=3):
    """Markets of their own, each a GARCH(1,1) with t-shocks: falls move volatility as rises do."""
    shocks = _shocks(n_days, n_markets, seed)
    variance, found = np.full(n_markets, 1e-4), np.empty_like(shocks)
    for day, shock in enumerate(shocks):
        found[day] = np.sqrt(variance) * shock
        variance = 2e-6 + 0.1 * found[day] ** 2 + 0.88 * variance
    return _as_returns(found)


def leveraged_world(n_days=3900, n_markets=6, seed=3):
    """The same with leverage: the log variance rises by falls, and falls by rises."""
    shocks = _shocks(n_days, n_markets, seed)
    level, found = np.zeros(n_markets), np.empty_like(shocks)
    for day, shock in enumerate(shocks):
        found[day] = 0.01 * np.exp(level / 2) * shock
        level = 0.97 * level - 0.2 * shock
    return _as_returns(found)


def _shocks(n_days, n_markets, seed):
    return np.random.default_rng(seed).standard_t(7, (n_days, n_markets)) / np.sqrt(7 / 5)


def _as_returns(found):
    days = pd.bdate_range("1995-01-02", periods=len(found), name="date")
    return pd.DataFrame(found, days, [f"m{place}" for place in range(found.shape[1])])
