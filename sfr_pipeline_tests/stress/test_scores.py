"""Table stress_scores against scikit-learn and closed forms."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import matthews_corrcoef, roc_auc_score

from sfr_pipeline.evaluation.models import missing_models, simple_models
from sfr_pipeline.storage.tables import stress as tables
from sfr_pipeline.storage.validation import violations
from sfr_pipeline.stress.scores import GROUPS, missing_rivals, stress_scores

DATES = pd.bdate_range("2005-01-03", periods=780)
MODELS = (*(model.id for model in simple_models("stress")), "network", "perfect")


@pytest.fixture(scope="module")
def judged():
    rng = np.random.default_rng(0)
    stressed = np.zeros(780)
    for start in (100, 300, 500, 700):
        stressed[start : start + 30] = 1
    frames = []
    for model in MODELS:
        seeds = range(-1, 5) if model == "network" else [-1]
        for seed in seeds:
            score = rng.normal(size=780) + stressed
            probability = 1 / (1 + np.exp(-score))
            if model == "perfect":
                score = probability = stressed
            if model == "climatology":
                probability = np.full(780, 0.2)
            frames.append(
                pd.DataFrame(
                    {
                        "protocol": "walk_forward", "label": "F21", "model": model, "seed": seed,
                        "date": DATES, "fold": 2005, "probability": probability, "score": score,
                        "actual": pd.array(stressed, dtype="Int64"),
                    }
                )
            )  # fmt: skip
    labels = pd.DataFrame(
        {
            "date": DATES, "label": "F21", "stressed": pd.array(stressed, dtype="Int64"),
            "composite_rank": np.where(np.arange(780) < 400, 0.9, 0.1),
        }
    )  # fmt: skip
    predictions = pd.concat(frames, ignore_index=True)
    return predictions, stress_scores(predictions, labels, 2006, draws=100)


def row(scores, model, days="all", period="all"):
    chosen = (scores["model"] == model) & (scores["days"] == days) & (scores["period"] == period)
    return scores[chosen].squeeze()


def own(predictions, model, seed=-1):
    return predictions[(predictions["model"] == model) & (predictions["seed"] == seed)]


def test_scores_keep_their_contract(judged):
    assert violations(tables.STRESS_SCORES, judged[1]) == []


def test_scores_agree_with_scikit_learn(judged):
    predictions, scores = judged
    rows = own(predictions, "ewma")
    actual, found = rows["actual"].astype(int), row(scores, "ewma")
    assert found["auroc"] == pytest.approx(roc_auc_score(actual, rows["score"]))
    called = rows["probability"] > 0.2
    assert found["mcc"] == pytest.approx(matthews_corrcoef(actual, called))
    assert found["brier"] == pytest.approx(((rows["probability"] - actual) ** 2).mean())
    assert found["auroc_low"] < found["auroc"] < found["auroc_high"]


def test_within_year_pairs_are_formed_within_years(judged):
    predictions, scores = judged
    rows = own(predictions, "ewma")
    actual, years = rows["actual"].to_numpy(dtype=int), rows["date"].dt.year.to_numpy()
    right = pairs = 0.0
    for year in np.unique(years):
        positive = rows["score"].to_numpy()[(years == year) & (actual == 1)]
        negative = rows["score"].to_numpy()[(years == year) & (actual == 0)]
        right += (positive[:, None] > negative).sum()
        pairs += len(positive) * len(negative)
    assert row(scores, "ewma")["auroc_within_year"] == pytest.approx(right / pairs)


def test_a_perfect_model_is_perfect(judged):
    found = row(judged[1], "perfect")
    names = ["auroc", "auprc", "f1", "mcc", "balanced_accuracy", "brier_skill", "usefulness_70"]
    assert (found[names].astype(float) == 1).all()
    assert found["difference"] == pytest.approx(1 - row(judged[1], found["best_naive"])["auroc"])
    assert found["difference_low"] > 0


def test_days_and_episodes_are_counted_by_hand(judged):
    assert row(judged[1], "ewma")["n_episodes"] == 4
    onset = row(judged[1], "ewma", "onset")
    # Of each episode only the first day follows a calm one; the very first day follows none.
    assert (onset["n_days"], onset["base_rate"]) == (780 - 1 - 4 * 30, 4 / (780 - 1 - 120))
    calm = row(judged[1], "ewma", "calm_start")
    assert (calm["n_days"], calm["n_episodes"]) == (380, 2)


def test_a_model_has_no_difference_to_itself(judged):
    assert np.isnan(row(judged[1], "ewma")["against_ewma"])
    assert not np.isnan(row(judged[1], "ewma")["against_garch"])


def test_single_seeds_are_scored_beside_their_mean(judged):
    predictions, scores = judged
    found = row(scores, "network")
    single = [
        roc_auc_score(rows["actual"].astype(int), rows["score"])
        for rows in (own(predictions, "network", seed) for seed in range(5))
    ]
    assert found["n_seeds"] == 5
    assert found["auroc_seed_mean"] == pytest.approx(np.mean(single))
    assert found["auroc_seed_sd"] == pytest.approx(np.std(single, ddof=1))


@pytest.fixture(scope="module")
def complete(judged):
    """A table with every required group and model: the one judged network stands in for all."""
    scores = judged[1]
    parts = []
    for protocol, label, period, days in GROUPS:
        for model in missing_models("stress", protocol, []):
            known = model if model in set(scores["model"]) else "network"
            rows = scores[(scores["model"] == known) & (scores["days"] == days)].head(1)
            head = {"protocol": protocol, "label": label, "period": period, "model": model}
            parts.append(rows.assign(**head))
    return pd.concat(parts, ignore_index=True)


def test_a_complete_table_lacks_nothing(complete):
    assert missing_rivals(complete) == []


@pytest.mark.parametrize(
    ("perturb", "missing"),
    [
        (lambda rows: rows[:0], "walk_forward, F21, all, all: not judged at all"),
        (lambda rows: rows[rows["protocol"] != "paper"], "paper, D50, all, all: not judged at all"),
        (lambda rows: rows[rows["model"] != "contender"], "F21, all, all: no row of contender"),
        (lambda rows: rows[rows["model"] != "garch"], "D50, all, all: no row of garch"),
        (lambda rows: rows.assign(n_seeds=rows["n_seeds"].clip(upper=4)), "fewer than 5 seeds"),
        (lambda rows: rows.assign(n_seeds=np.nan), "tcn has fewer than 5 seeds"),
        (lambda rows: rows.assign(auroc_low=np.nan), "har has no interval of the AUROC"),
        (lambda rows: rows.assign(within_high=np.nan), "no interval of the AUROC within years"),
        (lambda rows: rows.assign(against_har_low=np.nan), "no difference from HAR-logit of sev"),
    ],
)
def test_what_a_table_lacks_is_named(complete, perturb, missing):
    assert any(missing in lack for lack in missing_rivals(perturb(complete)))
