"""Made-up tables of volatility: what a report reads, small and under control."""

import numpy as np
import pandas as pd

from sfr_pipeline.evaluation.models import headline, models_of, references
from sfr_pipeline.storage.tables import volatility as contracts
from sfr_pipeline_tests.report.stress_frames import ordered

MODELS = tuple(model.id for model in models_of("volatility"))
NETWORKS = tuple(model.id for model in models_of("volatility") if model.network)
REFERENCES = tuple(model.id for model in references("volatility"))
FIRST = headline("volatility").id
RIVALS = tuple(name for name in REFERENCES if name != FIRST)
# Sub-markets of `world`, and two stocks.
MARKETS = {"sub_markets": ("equity", "bonds", "gold"), "stocks": ("AAA", "BBB")}
PERIODS = ("all", "development", "confirmation", "2005-2009", "2010-2014")
NEWEST = pd.Timestamp("2010-04-19")
VERDICTS = {1: "better", 0: "undecided", -1: "worse"}


def score_row(panel, model, rival, gain, *, verdict=None, **group):
    """One row: a gain whose intervals, two points around it and half a point higher, decide."""
    low, high, further = gain - 0.02, gain + 0.02, 0.005
    side = int(low > 0) - int(high + further < 0)
    row = {
        "panel": panel, "market": "all", "horizon": 21, "period": "all", "model": model, "seed": -1,
        "rival": rival, "loss": "mse", "n_days": 2500, "value": 0.2 * (1 - gain),
        "rival_value": 0.2, "gain": gain, "gain_63_low": low, "gain_63_high": high,
        "gain_252_low": low + further, "gain_252_high": high + further, "statistic": -3.0 * side,
        "p_value": 0.003 if side else 0.5, "refit_months": 36 if model in NETWORKS else 12,
        "rival_refit_months": 12, "verdict": verdict or VERDICTS[side], "coverage_50": 0.51,
        "coverage_90": 0.88,
    }  # fmt: skip
    return row | group


def scores(gains=None):
    """All models against all references; gains by ``(panel, model, rival, loss)`` replace .1."""
    rows = []
    for panel, markets in MARKETS.items():
        for market in ("all", *markets):
            for period in PERIODS if market == "all" else PERIODS[:3]:
                for model in MODELS:
                    for rival in REFERENCES:
                        for loss in contracts.LOSSES:
                            if model == rival:
                                continue
                            gain = (gains or {}).get((panel, model, rival, loss), 0.1)
                            group = {"market": market, "period": period, "loss": loss}
                            rows.append(score_row(panel, model, rival, gain, **group))
    return ordered(rows, contracts.VOLATILITY_SCORES)


def forecasts(n_days=400):
    """The headline model alone; days whose outcome is not over yet have none."""
    dates = pd.bdate_range(end=NEWEST, periods=n_days)
    rows = []
    for horizon in (5, 21, 63):
        for place, market in enumerate(MARKETS["sub_markets"]):
            level = 0.1 * (place + 1) + horizon / 1000
            told = pd.DataFrame(
                {
                    "panel": "sub_markets", "horizon": horizon, "model": FIRST, "seed": -1,
                    "date": dates, "market": market, "forecast": level, "low_90": 0.6 * level,
                    "low_50": 0.8 * level, "high_50": 1.2 * level, "high_90": 1.7 * level,
                    "threshold": 2 * level, "actual": 1.1 * level, "refit_months": 12,
                }
            )  # fmt: skip
            told.loc[told.index[-horizon:], "actual"] = np.nan
            rows.append(told)
    return ordered(pd.concat(rows, ignore_index=True), contracts.VOLATILITY_FORECASTS)


def volatility_tables(gains=None):
    """Both tables."""
    return {"volatility_forecasts": forecasts(), "volatility_scores": scores(gains)}
