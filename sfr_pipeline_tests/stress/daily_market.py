"""A small market with a stress leg, and simulated prices with calm and stressed stretches."""

import numpy as np
import pandas as pd

from sfr_pipeline.markets import Market

INSTRUMENTS = {"SP500": "sp500", "NASDAQ": "nasdaq", "BAC": "BAC", "JPM": "JPM", "WTI": "wti"}
CUT = pd.Timestamp("2004-03-15")

DAILY = {
    "start": "2000-01-03",
    "calendar": "SP500",
    "sub_markets": [
        {"id": "equity", "name": "Stocks", "symbols": ["SP500"]},
        {"id": "banks", "name": "Banks", "symbols": ["BAC", "JPM"]},
        {
            "id": "oil",
            "name": "Oil",
            "symbols": ["WTI"],
            "returns": "simple",
            "floor": 10,
            "clip": 0.35,
        },
    ],
    "companions": [{"id": "nasdaq", "name": "Nasdaq", "symbols": ["NASDAQ"], "tick": 0.2}],
    "volumes": [{"id": "equity", "symbol": "SP500"}],
    "rates": [{"id": "rate", "symbol": "NASDAQ"}],
    "implied": [{"id": "implied", "symbol": "NASDAQ"}],
    "cross_section": ["BAC", "JPM"],
    "first_test_year": 2003,
    "development_end": 2004,
    "labels": {"horizons": [5, 21], "window": 400, "min_outcomes": 100, "balanced_window": 300},
    "features": {"rank_days": 300},
}


def daily_market(beside=(), **changes):
    """The market; ``changes`` replace entries of its stress leg, ``beside`` those beside it."""
    return Market.model_validate(
        {
            **dict(beside),
            "name": "small",
            "title": "Small",
            "sample": {"start": "2000-01", "end": "2004-12", "first_vintage": "2003-01"},
            "prices": [
                {"symbol": symbol, "name": symbol, "unit": "USD", "source": "bundled", "code": code}
                for symbol, code in INSTRUMENTS.items()
            ],
            "stress": DAILY | changes,
        }
    )


def simulated_prices(end="2004-06-30", seed=2):
    """Table ``prices``: returns share a volatility that doubles or trebles now and then."""
    rng = np.random.default_rng(seed)
    days = pd.bdate_range("2000-01-03", end)
    stress = np.repeat(rng.choice([0.0, 1.0], size=len(days) // 40 + 1, p=[0.75, 0.25]), 40)
    scale = 0.008 * np.exp(1.1 * stress[: len(days)])
    common = rng.standard_normal(len(days))
    frames = []
    for symbol in INSTRUMENTS:
        noise = 0.7 * common + 0.7 * rng.standard_normal(len(days))
        close = 50.0 * np.exp(np.cumsum(scale * noise - 0.15 * scale * stress[: len(days)]))
        spread = np.exp(scale * np.abs(rng.standard_normal(len(days))))
        frames.append(
            pd.DataFrame(
                {
                    "date": days,
                    "symbol": symbol,
                    "open": close,
                    "high": close * spread,
                    "low": close / spread,
                    "close": close,
                    "volume": np.round(1e6 * np.exp(0.3 * rng.standard_normal(len(days)))),
                    "adjustment": 1.0,
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def poisoned(prices, factor, cut=CUT):
    """The prices and volumes after the cut multiplied."""
    perturbed = prices.copy()
    fields = ["open", "high", "low", "close", "volume"]
    perturbed.loc[perturbed["date"] > cut, fields] *= factor
    return perturbed


def up_to(frame, cut=CUT):
    """Rows of the cut and before."""
    return frame[frame["date"] <= cut].reset_index(drop=True)
