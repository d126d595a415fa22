"""Made-up frames of the daily tables: what a report reads, small and under control."""

import numpy as np
import pandas as pd

from sfr_pipeline.evaluation.models import contender, lead, models_of, references
from sfr_pipeline.storage import tables

NETWORKS = tuple(model.id for model in models_of("stress") if model.network)
MODELS = tuple(model.id for model in models_of("stress"))
CHEAP = tuple(model for model in MODELS if model not in NETWORKS)
N_SEEDS = 5
OWN, LEAD = contender("stress").id, lead("stress").id
REFERENCES = tuple(model.id for model in references("stress"))
RIVALS = ("difference", *(f"against_{model}" for model in REFERENCES))
LOSSES = tuple(f"brier_against_{model}" for model in REFERENCES)
# AUROC of each model on the headline; one that is added here finds little.
AUROC = {
    "majority": 0.5, "climatology": 0.43, "last_label": 0.76, "rv22": 0.891, "ewma": 0.893,
    "garch": 0.894, "har_equity": 0.876, "har": 0.826, "gradient_boosting": 0.44,
    OWN: 0.9, "cnn_bilstm": 0.81, "bilstm": 0.85, "cnn": 0.425, "transformer": 0.47, "tcn": 0.5,
}  # fmt: skip
AUROC |= {model: 0.6 for model in MODELS if model not in AUROC}
# F1 under the paper's protocols: in time order, with random windows.
F1 = {
    "last_label": (0.95, 0.97), "har": (0.57, 0.73), "cnn_bilstm": (0.72, 0.93),
    "bilstm": (0.64, 0.88), "transformer": (0.76, 0.95), "tcn": (0.69, 0.90), "cnn": (0.63, 0.92),
}  # fmt: skip
F1 |= {model: (0.6, 0.9) for model in NETWORKS if model not in F1}
EVENTS = (
    ("lehman", "Lehman <fails>", "2008-09-15"),
    ("flash_crash", "Flash crash", "2010-05-06"),
)


def ordered(rows, table):
    return pd.DataFrame(rows, columns=[column.name for column in table.columns])


def score_row(model, auroc, differences=None, label="F21", protocol="walk_forward", **group):
    """One row; differences are ``{column: (difference, low, high)}``, missing by default."""
    known = not np.isnan(auroc)
    row = {
        "protocol": protocol, "label": label, "period": "all", "days": "all", "model": model,
        "refit_months": 36 if model == LEAD else 12, "n_days": 3231, "n_episodes": 8,
        "base_rate": 0.0638, "accuracy": 0.82, "precision": 0.23,
        "recall": 0.75, "f1": 0.36, "balanced_accuracy": 0.8, "mcc": 0.3, "auroc": auroc,
        "auroc_low": max(auroc - 0.2, 0), "auroc_high": min(auroc + 0.06, 1),
        "auroc_score": min(auroc + 0.04, 1),
        "auroc_within_year": 0.9 * auroc, "within_low": 0.6 * auroc, "within_high": auroc,
        "auprc": 0.3, "brier": 0.05, "brier_skill": 0.1, "brier_skill_low": -0.3,
        "brier_skill_high": 0.4, "reliability": 0.01, "resolution": 0.02, "log_score": 0.2,
        "usefulness_50": 0.1, "usefulness_70": 0.2, "usefulness_90": 0.3, "best_naive": "garch",
        "n_seeds": N_SEEDS if model in NETWORKS else 1, "auroc_seed_mean": auroc,
        "auroc_seed_sd": 0.02 if model in NETWORKS else np.nan,
        "auroc_seed_min": auroc, "auroc_seed_max": auroc,
    }  # fmt: skip
    for column in (*RIVALS, *LOSSES):
        ends = (differences or {}).get(column, (np.nan,) * 3) if known else (np.nan,) * 3
        row |= dict(zip((column, f"{column}_low", f"{column}_high"), ends, strict=True))
    return row | group


AHEAD = dict.fromkeys(RIVALS, (0.03, 0.01, 0.06))
AHEAD |= dict.fromkeys(LOSSES, (-0.004, -0.009, 0.001))


def headline(aurocs=None, differences=None, **group):
    """The headline's rows: the contender's differences are given, all others ahead of nobody."""
    frame = ordered(
        [
            score_row(model, auroc, differences if model == OWN else None, **group)
            for model, auroc in (AUROC if aurocs is None else aurocs).items()
        ],
        tables.STRESS_SCORES,
    )
    return frame.astype({"refit_months": "Int64"})


def paper_scores(f1=None):
    rows = [
        score_row(
            model, 0.5 + value / 2.1, label="D50", protocol=protocol, f1=value, recall=value,
            accuracy=value, refit_months=pd.NA,
        )
        for model, values in (F1 if f1 is None else f1).items()
        for protocol, value in zip(("paper", "paper_random"), values, strict=True)
    ]  # fmt: skip
    return ordered(rows, tables.STRESS_SCORES).astype({"refit_months": "Int64"})


def scores():
    cheap = {model: AUROC[model] for model in CHEAP}
    return pd.concat(
        [
            headline(differences=AHEAD),
            headline(days="onset"),
            headline(days="calm_start", n_episodes=4),
            headline(period="development", n_episodes=4),
            headline(period="confirmation", n_episodes=4),
            headline(cheap, label="F5"),
            paper_scores(),
        ],
        ignore_index=True,
    )


def predictions(n_days=600, seed=0):
    """A probability that rises before stress; the last 21 days have no outcome yet."""
    rng = np.random.default_rng(seed)
    dates = pd.bdate_range("2008-01-01", periods=n_days)
    stressed = np.zeros(n_days, dtype=bool)
    stressed[170:210] = stressed[580:590] = True
    actual = pd.array(stressed.astype(int), dtype="Int64")
    actual[-21:] = pd.NA
    rows = []
    for model in ("climatology", REFERENCES[0], OWN):
        noise = rng.normal(scale=0.03, size=n_days)
        probability = np.clip(0.08 + 0.5 * stressed * (model != "climatology") + noise, 0.001, 1)
        if model == "climatology":
            probability = np.full(n_days, 0.06)
        rows.append(
            pd.DataFrame(
                {
                    "protocol": "walk_forward", "label": "F21", "model": model, "seed": -1,
                    "date": dates, "fold": dates.year, "refit_months": 12,
                    "probability": probability, "score": np.log(probability), "actual": actual,
                }
            )
        )  # fmt: skip
    return pd.concat(rows, ignore_index=True)


def history(n_passes=6, seed=0):
    rng = np.random.default_rng(seed)
    rows = [
        (
            protocol, label, model, fold, fit, number, np.exp(-number / 4) + 0.02 * rng.random(),
            0.3 + 0.1 * rng.random() if protocol != "walk_forward" else np.nan,
        )
        for protocol, label, folds in (
            ("paper", "D50", [0]),
            ("paper_random", "D50", [0]),
            ("walk_forward", "F21", [2006, 2010]),
        )
        for model in NETWORKS
        for fold in folds
        for fit in range(2)
        for number in range(1, n_passes + 1)
    ]  # fmt: skip
    return ordered(rows, tables.STRESS_TRAINING_HISTORY)


def robustness():
    rows = []
    for model in (OWN, "cnn_bilstm", "ewma", "har"):
        clean = AUROC[model]
        tried = [("none", 0.0), ("noise", 0.5), ("noise", 2.0), ("dropped", 0.25), ("dropped", 0.5)]
        tried += [("irrelevant", 10.0), ("irrelevant", 40.0)] if model != "ewma" else []
        rows += [
            (
                "F21", model, kind, amount, 3, clean - 0.05 * min(amount, 2),
                np.nan if kind == "none" else 0.01, -0.05 * min(amount, 2),
            )
            for kind, amount in tried
        ]  # fmt: skip
    return ordered(rows, tables.STRESS_ROBUSTNESS)


def event_scores():
    found = {
        ("F21", OWN, "lehman"): (True, 45, False),
        ("F21", OWN, "flash_crash"): (False, None, False),
        ("F21", "ewma", "lehman"): (True, 63, True),
        ("F21", "ewma", "flash_crash"): (True, 12, False),
        ("F5", "ewma", "lehman"): (True, 5, False),
        ("index", "sfri", "lehman"): (True, 2, False),
        ("index", "sfri", "flash_crash"): (False, None, False),
        ("opinion", "npoi", "flash_crash"): (True, 6, True),
    }
    named = {event: (name, pd.Timestamp(onset)) for event, name, onset in EVENTS}
    rows = [
        (label, model, event, *named[event], 63 if label.startswith("F") else 6, *result, 0.4)
        for (label, model, event), result in found.items()
    ]
    return ordered(rows, tables.EVENT_SCORES).astype({"lead": "Int64"})


def alarm_scores():
    rows = [
        (
            label, model, 0.06, 2, 1, 0.5, 0.01, 0.99, 45.0, 0, 9, 8, 0.11, 0.0, 0.48, 0.7, 0.62,
            0.2, 0.3, 3252,
        )
        for label, model in (
            ("F5", "ewma"), ("F21", "ewma"), ("F21", OWN), ("index", "sfri"),
            ("opinion", "npoi"),
        )
    ]  # fmt: skip
    return ordered(rows, tables.ALARM_SCORES)


def label_statistics():
    rows = [
        (label, period, 4000, 300, 0.075, 9, 0.95)
        for label in ("D90", "D50", "F5", "F21", "F63")
        for period in ("all", "test", "2008")
    ]
    return ordered(rows, tables.STRESS_LABEL_STATISTICS)


def prices_quality():
    day = pd.Timestamp("2008-03-03")
    rows = [
        ("WTI", day, "outlier", 12.0, 1, "kept as it is"),
        ("BAC", day, "outlier", -11.0, 1, "kept as it is"),
        ("BAC", day, "missing", 15.0, 15, "last <close> carried on"),
    ]
    return ordered(rows, tables.PRICES_QUALITY)


def daily_tables():
    """All of the leg's tables that the report reads."""
    return {
        "prices_quality": prices_quality(),
        "stress_label_statistics": label_statistics(),
        "stress_predictions": predictions(),
        "stress_scores": scores(),
        "event_scores": event_scores(),
        "alarm_scores": alarm_scores(),
        "stress_robustness": robustness(),
        "stress_training_history": history(),
    }
