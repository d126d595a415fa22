"""Made-up rules, readings and tables for the tests of alerts."""

import datetime as dt

import numpy as np
import pandas as pd

from sfr_pipeline.evaluation.models import contender
from sfr_pipeline.operation.alerts import Reading
from sfr_pipeline.operation.rules import AlertRules

AT = dt.datetime(2026, 11, 20, 9, 30)
LEVEL = {"id": "level", "kind": "level", "threshold": 90, "clear_below": 75}


def rules(*entries, notify=()):
    return AlertRules.model_validate({"notify": list(notify), "rules": list(entries or [LEVEL])})


def months(*values, first="2026-01"):
    """Values by the last days of months."""
    index = pd.period_range(first, periods=len(values), freq="M").to_timestamp(how="end")
    return pd.Series(values, index=index.normalize(), dtype=float)


def level(*values, first="2026-01"):
    return {"level": [Reading(months(*values, first=first))]}


def sfri(percentiles, first="2026-01", index=None):
    """As much of table ``sfri`` as alerts read."""
    series = months(*percentiles, first=first)
    known = pd.DataFrame(
        {
            "mode": "real_time",
            "ref_date": series.index,
            "percentile": series.to_numpy(),
            "sfri": series.to_numpy() if index is None else index,
        }
    )
    # What looks ahead must be read by nobody.
    return pd.concat([known, known.assign(mode="paper", percentile=100.0)], ignore_index=True)


def whole_sfri(percentiles, first="2026-01"):
    """Table ``sfri`` as it may be stored."""
    frame = sfri(percentiles, first)
    for name in ("band_low", "band_high", "equal_weight", "factor_filtered", "negative_loadings"):
        frame[name] = 0.0
    for name in ("bootstrap_low", "bootstrap_high", "factor_smoothed"):
        frame[name] = np.nan
    return frame.assign(n_indicators=5, effective_indicators=4.0)


def regimes(probabilities, first="2026-01"):
    """As much of table ``regimes`` as alerts read, with a forecast row at its end."""
    series = months(*probabilities, first=first)
    rows = {"mode": "real_time", "ref_date": series.index, "probability_high": series.to_numpy()}
    known = pd.DataFrame(rows | {"horizon": 0})
    ahead = known.tail(1).assign(horizon=1, probability_high=1.0)
    ahead["ref_date"] += pd.offsets.MonthEnd()
    paper = known.assign(mode="paper", probability_high=1.0)
    return pd.concat([known, ahead, paper], ignore_index=True)


def predictions(probabilities, first="2026-01-02", label="F21", model=None):
    """As much of table ``stress_predictions`` as alerts read, beside rows that they pass over.

    By default they are those of the leg's candidate, which alerts watch.
    """
    days = pd.bdate_range(first, periods=len(probabilities))
    rows = pd.DataFrame(
        {
            "protocol": "walk_forward",
            "label": label,
            "model": model or contender("stress").id,
            "seed": -1,
            "date": days,
            "probability": probabilities,
        }
    )
    others = [
        rows.assign(probability=0.99, **other)
        for other in ({"protocol": "paper"}, {"label": "F5"}, {"model": "har"}, {"seed": 3})
    ]
    return pd.concat([rows, *others], ignore_index=True)


def inputs(**stale):
    """Table ``input_status``: what is stale since when, beside one that is not."""
    rows = [
        {"kind": "series", "item": name, "state": "stale", "reason": reason,
         "last_ref_date": pd.Timestamp("2026-09-30"), "since": pd.Timestamp(since)}
        for name, (since, reason) in stale.items()
    ]  # fmt: skip
    current = {"kind": "price", "item": "SP500", "state": "current", "reason": "",
               "last_ref_date": pd.Timestamp("2026-10-31"), "since": pd.NaT}  # fmt: skip
    return pd.DataFrame([*rows, current])
