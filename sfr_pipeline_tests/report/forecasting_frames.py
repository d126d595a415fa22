"""Made-up frames of the warning tables, so simulated that pictures have something to show."""

import numpy as np
import pandas as pd

from sfr_pipeline.forecasting.explanation import explain_ridge, explanation_rows
from sfr_pipeline.forecasting.fan import fan_rows
from sfr_pipeline.storage import tables

BASELINES = ("no_change", "ar1", "expanding_mean", "markov_switching")
OTHERS = (
    "ridge", "var", "bp", "svm", "random_forest", "transformer", "ridge_changes",
    "transformer_changes",
)  # fmt: skip
MODELS = BASELINES + OTHERS
# How far each model's forecast error exceeds what cannot be known, as a share of it.
NOISE = {"expanding_mean": 2.5, "transformer": 2.0, "bp": 1.5, "svm": 1.0, "random_forest": 0.6}
N_SEEDS = 5
ORIGIN = pd.Timestamp("2016-06-30")
INPUTS = ("repo", "prices", "spread", "opinion")


def ordered(rows, table):
    return pd.DataFrame(rows)[[column.name for column in table.columns]]


def score_row(
    model, ratio, p, protocol="real_time", target="basket", split="test", spa=0.4, n=118,
    bar="no_change",
):  # fmt: skip
    """Of a model whose figures against the bar are those against no change."""
    benchmark, is_bar = model == "no_change", model == bar
    single = "undecided" if p >= 0.05 else "yes" if ratio < 1 else "no"
    verdict = "undecided" if single == "yes" and spa >= 0.05 else single
    why = None if verdict != "undecided" else "own_test" if p >= 0.05 else "all_models"
    if split == "train":
        verdict, why = "in_sample", None
    if is_bar:
        why = None
    rmse = 0.28 * ratio
    return {
        "protocol": protocol, "split": split, "target": target, "horizon": 1, "period": "all",
        "model": model, "refit_months": 60 if model == "transformer" else 1, "n_forecasts": n,
        "mae": 0.7 * rmse, "rmse": rmse, "ia": 0.9, "tic": 0.2,
        "var": rmse**2, "bar": bar, "bar_ratio": ratio, "bar_low": 0.93 * ratio,
        "bar_high": 1.06 * ratio, "p_bar": np.nan if is_bar else p, "p_spa_bar": spa,
        "beats_bar": "bar" if is_bar else verdict, "why_undecided": why,
        "rmse_ratio": ratio, "ratio_low": 0.93 * ratio, "ratio_high": 1.06 * ratio,
        "skill": 1 - ratio, "r2_oos": 1 - ratio**2, "mase": ratio,
        "t_no_change": np.nan if benchmark else -1.0 if ratio < 1 else 1.0,
        "p_no_change": np.nan if benchmark else p,
        "t_ar1": np.nan if model == "ar1" else 0.5, "p_ar1": np.nan if model == "ar1" else 0.6,
        "dm_no_change": np.nan if benchmark else -1.1 if ratio < 1 else 1.1,
        "p_dm_no_change": np.nan if benchmark else p / 2,
        "p_clark_west": np.nan if benchmark else 0.2, "p_mcs": 0.7, "p_spa": spa,
        "direction_hits": np.nan if benchmark else 0.55,
        "p_direction": np.nan if benchmark else 0.3, "coverage": 0.88,
        "n_seeds": N_SEEDS if "transformer" in model else 1, "rmse_seed_mean": rmse,
        "rmse_seed_sd": 0.01 if "transformer" in model else np.nan, "rmse_seed_min": rmse,
        "rmse_seed_max": rmse, "beats_no_change": "benchmark" if benchmark else verdict,
    }  # fmt: skip


def scores_of(results, spa=0.4, **group):
    """Rows of one group: results are ``{model: (ratio, p)}``, no change is put beside them."""
    rows = [score_row("no_change", 1.0, 1.0, spa=spa, **group)]
    rows += [score_row(model, *result, spa=spa, **group) for model, result in results.items()]
    return ordered(rows, tables.FORECAST_SCORES)


def forecasts(n_months=100, seed=0):
    """Forecasts of a simulated index by all models, in real time and on the paper's split."""
    rng = np.random.default_rng(seed)
    months = pd.period_range(end="2016-06", periods=n_months, freq="M")
    ends = pd.date_range(months[0].start_time, periods=n_months + 6, freq="ME")
    shocks = 0.28 * rng.standard_t(4, size=n_months) / np.sqrt(2)
    index = np.zeros(n_months)
    for t in range(1, n_months):
        index[t] = 0.97 * index[t - 1] + shocks[t]
    rows = []
    for protocol, horizons in (("real_time", range(1, 7)), ("paper", [1])):
        for model in MODELS:
            if protocol == "paper" and model.endswith("_changes"):
                continue
            for h in horizons if model in ("no_change", "ridge_changes") else [1]:
                last = n_months if protocol == "real_time" else n_months - 1
                for t in range(last):
                    actual = index[t + h] - index[t] if t + h < n_months else np.nan
                    news = 0.0 if np.isnan(actual) else actual
                    change = {
                        "no_change": 0.0,
                        "ridge_changes": 0.15 * news + 0.04 * rng.normal(),
                    }.get(model, 0.28 * NOISE.get(model, 0.1) * rng.normal())
                    split = "train" if protocol == "paper" and t < 0.8 * n_months else "test"
                    rows.append((
                        protocol, model, -1, split, ends[t], h, 12, ends[t + h],
                        index[t], change, index[t] + change, index[t] + change - 0.4,
                        index[t] + change + 0.5, actual, actual,
                    ))  # fmt: skip
    return pd.DataFrame(rows, columns=[column.name for column in tables.FORECASTS.columns])


def sfri_of(forecast_frame):
    rows = forecast_frame[
        (forecast_frame["model"] == "no_change")
        & (forecast_frame["horizon"] == 1)
        & (forecast_frame["protocol"] == "real_time")
    ]
    return pd.DataFrame(
        {"mode": "real_time", "ref_date": rows["origin"], "sfri": rows["index_at_origin"]}
    )


def explanations(seed=0):
    """Of both models; the Transformer's two accounts agree but for some noise."""
    rng = np.random.default_rng(seed)
    features = [*INPUTS, "index", "index_change", "vix_gap", "bank_gap", "oil_gap", "rate_gap"]
    ridge = explain_ridge(
        rng.normal(scale=0.05, size=len(features)), rng.normal(size=len(features)), features, 0.01
    )
    rows = [("relevance", "constant", 0, 0.1)]
    for name in ("index", *INPUTS):
        effect = rng.normal(scale=0.1)
        rows += [("relevance", name, lag, effect * 0.5**lag / 2) for lag in range(6)]
        rows.append(("deletion", name, 0, -effect + rng.normal(scale=0.02)))
    weights = 0.7 ** np.arange(6)
    rows += [("attention", "all", lag, w / weights.sum()) for lag, w in enumerate(weights)]
    network = pd.DataFrame(rows, columns=["method", "variable", "lag", "value"])
    return explanation_rows(ORIGIN, {"ridge_changes": ridge, "transformer": network})


def history(n_epochs=60, seed=0):
    rng = np.random.default_rng(seed)
    rows = []
    for protocol, model, watched in (
        ("paper", "transformer", True),
        ("real_time", "transformer", True),
        ("real_time", "transformer_changes", True),
    ):
        for fit in range(N_SEEDS):
            epochs = n_epochs - 7 * fit if model == "transformer_changes" else n_epochs
            for epoch in range(1, epochs + 1):
                loss = np.exp(-epoch / 15) + 0.05 * np.exp(0.2 * rng.normal())
                held = 0.3 + np.exp(-epoch / 10) + 0.03 * rng.normal() if watched else np.nan
                rows.append((protocol, model, ORIGIN, fit, epoch, loss, held))
    return pd.DataFrame(rows, columns=[column.name for column in tables.TRAINING_HISTORY.columns])


def diagnostics():
    """Lag orders, BDS tests and transfer entropies of a few inputs, one of them significant."""
    lag_orders = ordered(
        [
            {
                "mode": "real_time", "lags": lags, "aic": 1.0 + abs(lags - 2), "bic": 1.0 + lags,
                "chosen_by_aic": lags == 2, "chosen_by_bic": lags == 0, "n_months": 150,
            }
            for lags in range(4)
        ],
        tables.WARNING_LAG_ORDERS,
    )  # fmt: skip
    bds = ordered(
        [
            {
                "mode": "real_time", "variable": variable, "form": form, "dimension": dimension,
                "distance": distance, "statistic": 2.0, "p_normal": 0.04, "p_bootstrap": 0.06,
                "n_permutations": 999, "lags": 2, "n_months": 150,
            }
            for variable in ("index", *INPUTS)
            for form in ("lebaron", "kanzler")
            for dimension in range(2, 7)
            for distance in (0.5, 1.0)
        ],
        tables.NONLINEARITY_TESTS,
    )  # fmt: skip
    entropy = ordered(
        [
            {
                "mode": "real_time", "setting": setting, "source": source, "target": target,
                "lags": 1, "bins": 3, "transfer_entropy": 0.08,
                "effective_transfer_entropy": 0.05, "surrogate_mean": 0.03, "surrogate_sd": 0.01,
                "surrogate_low": 0.01, "surrogate_high": 0.05,
                "p_value": 0.001 if source == "repo" else 0.3,
                "p_adjusted": 0.008 if source == "repo" else 0.4, "n_surrogates": 999,
                "n_months": 150,
            }
            for setting in ("primary", "paper")
            for name in INPUTS
            for source, target in (("index", name), (name, "index"))
        ],
        tables.TRANSFER_ENTROPY,
    )  # fmt: skip
    return {
        "warning_lag_orders": lag_orders, "nonlinearity_tests": bds, "transfer_entropy": entropy
    }  # fmt: skip


def panel():
    months = pd.date_range(end=ORIGIN, periods=3, freq="ME")
    return ordered(
        [
            {
                "mode": mode, "ref_date": month, "variable": variable, "name": name, "role": role,
                "value": 0.1,
            }
            for mode in ("paper", "real_time")
            for month in months
            for variable, name, role in (
                ("index", "Systemic financial risk index", "index"),
                ("repo", "Seven-day <b>repo</b> rate", "input"),
                ("prices", "Producer prices", "input"),
                ("spread", "Default spread", "input"),
                ("opinion", "Network public opinion", "opinion"),
                ("vix_gap", "VIX against realised volatility", "implied"),
            )
        ],
        tables.WARNING_PANEL,
    )  # fmt: skip


RESULTS = {
    "ridge_changes": (0.943, 0.002), "transformer_changes": (0.99, 0.7), "ridge": (0.978, 0.062),
    "ar1": (0.992, 0.5), "var": (1.03, 0.4), "markov_switching": (1.04, 0.3), "svm": (1.3, 0.02),
    "random_forest": (1.05, 0.3), "bp": (1.6, 0.01), "transformer": (2.6, 0.001),
    "expanding_mean": (3.15, 0.0001),
}  # fmt: skip


def warning_tables():
    """All of the leg's tables that the report reads."""
    forecast_frame = forecasts()
    in_paper = {model: r for model, r in RESULTS.items() if not model.endswith("_changes")}
    scores = pd.concat(
        [
            scores_of(RESULTS, spa=0.018),
            scores_of(RESULTS, spa=0.03, target="published"),
            scores_of(in_paper, protocol="paper", target="index"),
            scores_of(in_paper, protocol="paper", target="index", split="train"),
        ],
        ignore_index=True,
    )
    return {
        "warning_panel": panel(),
        "forecasts": forecast_frame,
        "forecast_scores": scores,
        "forecast_fan": fan_rows(forecast_frame),
        "forecast_explanations": explanations(),
        "training_history": history(),
        **diagnostics(),
    }
