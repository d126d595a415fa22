"""A small table of forecasts whose truth is known."""

import numpy as np
import pandas as pd

from sfr_pipeline.inputs.frames import month_ends
from sfr_pipeline.storage import tables
from sfr_pipeline.storage.tables.columns import MEAN_OF_SEEDS

# Share of the next change that each model knows; the rest of its forecast is noise.
KNOWLEDGE = {
    "no_change": 0.0,
    "ar1": 0.0,
    "expanding_mean": -0.5,
    "markov_switching": 0.1,
    "ridge": 0.1,
    "ridge_changes": 0.8,
    "bp": 0.0,
    "transformer": 0.3,
}
RANDOM = ("bp", "transformer")
NOISE = {"ar1": 0.05, "expanding_mean": 1.0, "bp": 0.3}


def forecasts(protocol="real_time", n=150, horizons=(1,), n_seeds=5, start="2005-07", seed=0):
    """Table ``forecasts``: a random walk, and models that know a given share of its next change."""
    rng = np.random.default_rng(seed)
    origins = pd.period_range(start, periods=n, freq="M")
    steps = rng.normal(0, 0.3, n + max(horizons))
    walk = np.concatenate([[0.0], steps.cumsum()])
    frames = []
    for horizon in horizons:
        actual = walk[horizon : horizon + n] - walk[:n]
        actual[n - horizon :] = np.nan
        full = walk[horizon : horizon + n] - walk[:n]
        for model, share in KNOWLEDGE.items():
            if horizon > 1 and (model in RANDOM or model == "markov_switching"):
                continue
            noise = rng.normal(0, NOISE.get(model, 0.02), n) * (model != "no_change")
            mean = share * full + noise
            changes = {MEAN_OF_SEEDS: mean}
            if model in RANDOM:
                singles = mean + rng.normal(0, 0.1, (n_seeds, n))
                changes = dict(enumerate(singles)) | {MEAN_OF_SEEDS: singles.mean(axis=0)}
            for number, change in changes.items():
                frames.append(
                    pd.DataFrame(
                        {
                            "protocol": protocol,
                            "model": model,
                            "seed": number,
                            "split": "test",
                            "origin": month_ends(origins),
                            "horizon": horizon,
                            "refit_months": 12 if model in RANDOM else 1,
                            "ref_date": month_ends(origins + horizon),
                            "index_at_origin": walk[:n],
                            "change": change,
                            "forecast": walk[:n] + change,
                            "low": walk[:n] + change - 0.5,
                            "high": walk[:n] + change + 0.5,
                            "actual_change": actual,
                            "published_change": actual * 1.1,
                        }
                    )
                )
    frame = pd.concat(frames, ignore_index=True).astype({"refit_months": "Int64"})
    return frame[[column.name for column in tables.FORECASTS.columns]]


def both_protocols():
    """Forecasts in real time one and three months ahead, and those of the paper's protocol."""
    return pd.concat([forecasts(horizons=(1, 3)), forecasts("paper")], ignore_index=True)
