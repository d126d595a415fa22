"""Table stress_scores against plain pairs and loops, scikit-learn and closed forms."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import average_precision_score, matthews_corrcoef

from sfr_pipeline.errors import EstimationError
from sfr_pipeline.evaluation.bootstrap import block_indices
from sfr_pipeline.evaluation.models import benchmark, references, simple_models
from sfr_pipeline.storage.tables import stress as tables
from sfr_pipeline.storage.validation import violations
from sfr_pipeline.stress import scores as room
from sfr_pipeline.stress.scores import stress_scores

N = 780
DATES = pd.bdate_range("2005-01-03", periods=N)
BENCHMARK = benchmark("stress").id
FIRST, SECOND = (reference.id for reference in references("stress")[:2])
# An index into how often they are fitted, by model; the benchmark is fitted once.
REFIT = {FIRST: 0, SECOND: 12, "network": 36}
MODELS = (BENCHMARK, FIRST, SECOND, "network", "perfect", "ruined", "constant")
DRAWS = 40


def stressed_days(starts=(100, 300, 500, 700), length=30):
    stressed = np.zeros(N)
    for start in starts:
        stressed[start : start + length] = 1
    return stressed


def rows_of(model, seed, probability, score, stressed):
    return pd.DataFrame(
        {
            "protocol": "walk_forward", "label": "F21", "model": model, "seed": seed,
            "date": DATES, "fold": 2005,
            "refit_months": pd.array([REFIT.get(model, pd.NA)] * N, dtype="Int64"),
            "probability": probability, "score": score,
            "actual": pd.array(stressed, dtype="Int64"),
        }
    )  # fmt: skip


def made_up(stressed, seed=0):
    """Predictions of `MODELS`; of the ruined one the score is perfect, the probability is not."""
    rng = np.random.default_rng(seed)
    frames = []
    for model in MODELS:
        for seed in range(-1, 5) if model == "network" else [-1]:
            score = rng.normal(size=N) + stressed
            # Rounded, so that many days share a probability.
            probability = np.round(1 / (1 + np.exp(-score)), 1)
            if model == "perfect":
                score = probability = stressed
            if model == "ruined":
                score, probability = stressed + 0.1, 1 - stressed
            if model in (BENCHMARK, "constant"):
                probability = np.full(N, 0.2)
            frames.append(rows_of(model, seed, probability, score, stressed))
    return pd.concat(frames, ignore_index=True)


def labels_of(stressed):
    return pd.DataFrame(
        {
            "date": DATES, "label": "F21", "stressed": pd.array(stressed, dtype="Int64"),
            "composite_rank": np.where(np.arange(N) < 400, 0.9, 0.1),
        }
    )  # fmt: skip


@pytest.fixture(scope="module")
def judged():
    stressed = stressed_days()
    predictions = made_up(stressed)
    return predictions, stress_scores(predictions, labels_of(stressed), 2006, draws=DRAWS)


def row(scores, model, days="all", period="all"):
    chosen = (scores["model"] == model) & (scores["days"] == days) & (scores["period"] == period)
    return scores[chosen].squeeze()


def own(predictions, model, seed=-1):
    return predictions[(predictions["model"] == model) & (predictions["seed"] == seed)]


def pairs_ranked_rightly(stressed, value, weight=None):
    """AUROC from all pairs, ties counting half."""
    weight = np.ones(len(value)) if weight is None else weight
    above = value[stressed == 1][:, None] - value[stressed == 0]
    pairs = weight[stressed == 1][:, None] * weight[stressed == 0]
    return (pairs * ((above > 0) + 0.5 * (above == 0))).sum() / pairs.sum()


def test_scores_keep_their_contract(judged):
    assert violations(tables.STRESS_SCORES, judged[1]) == []


# What is judged -----------------------------------------------------------------------------------


def test_the_area_is_that_of_the_published_probability_with_ties_counting_half(judged):
    predictions, scores = judged
    for model in (FIRST, "network", "constant"):
        rows, found = own(predictions, model), row(scores, model)
        actual, probability = (rows[name].to_numpy(float) for name in ("actual", "probability"))
        assert found["auroc"] == pytest.approx(pairs_ranked_rightly(actual, probability))
        score = rows["score"].to_numpy()
        assert found["auroc_score"] == pytest.approx(pairs_ranked_rightly(actual, score))
        assert found["auprc"] == pytest.approx(average_precision_score(actual, probability))
    assert row(scores, "constant")[["auroc", "auroc_low", "auroc_high"]].tolist() == [0.5] * 3
    assert row(scores, "constant")["auroc_within_year"] == 0.5


def test_a_calibration_that_destroys_ranking_shows_in_the_headline(judged):
    found = row(judged[1], "ruined")
    assert (found["auroc"], found["auroc_within_year"], found["auroc_score"]) == (0, 0, 1)
    # And a score that nobody publishes moves nothing but its own column.
    predictions = judged[0].assign(score=-judged[0]["score"])
    turned = stress_scores(predictions, labels_of(stressed_days()), 2006, draws=DRAWS)
    apart = [name for name in turned if name != "auroc_score"]
    pd.testing.assert_frame_equal(turned[apart], judged[1][apart])


def test_within_year_pairs_are_formed_within_years(judged):
    predictions, scores = judged
    rows = own(predictions, FIRST)
    actual, years = rows["actual"].to_numpy(dtype=int), rows["date"].dt.year.to_numpy()
    probability = rows["probability"].to_numpy()
    right = pairs = 0.0
    for year in np.unique(years):
        here = years == year
        n = (actual[here] == 1).sum() * (actual[here] == 0).sum()
        right += n * pairs_ranked_rightly(actual[here], probability[here])
        pairs += n
    assert row(scores, FIRST)["auroc_within_year"] == pytest.approx(right / pairs)


def test_calls_and_losses_agree_with_scikit_learn(judged):
    predictions, scores = judged
    rows, found = own(predictions, FIRST), row(scores, FIRST)
    actual = rows["actual"].astype(int)
    assert found["mcc"] == pytest.approx(matthews_corrcoef(actual, rows["probability"] > 0.2))
    assert found["brier"] == pytest.approx(((rows["probability"] - actual) ** 2).mean())


def test_a_perfect_model_is_perfect(judged):
    found = row(judged[1], "perfect")
    names = ["auroc", "auprc", "f1", "mcc", "balanced_accuracy", "brier_skill", "usefulness_70"]
    assert (found[names].astype(float) == 1).all()
    assert found["difference"] == pytest.approx(1 - row(judged[1], found["best_naive"])["auroc"])
    assert found["difference_low"] > 0


def test_days_and_episodes_are_counted_by_hand(judged):
    assert row(judged[1], FIRST)["n_episodes"] == 4
    onset = row(judged[1], FIRST, "onset")
    # Of each episode only the first day follows a calm one; the very first day follows none.
    assert (onset["n_days"], onset["base_rate"]) == (N - 1 - 4 * 30, 4 / (N - 1 - 120))
    calm = row(judged[1], FIRST, "calm_start")
    assert (calm["n_days"], calm["n_episodes"]) == (380, 2)


def test_single_seeds_are_scored_by_their_own_probabilities(judged):
    predictions, scores = judged
    found = row(scores, "network")
    single = [
        pairs_ranked_rightly(rows["actual"].to_numpy(float), rows["probability"].to_numpy())
        for rows in (own(predictions, "network", seed) for seed in range(5))
    ]
    assert found["n_seeds"] == 5
    assert found["auroc_seed_mean"] == pytest.approx(np.mean(single))
    assert found["auroc_seed_sd"] == pytest.approx(np.std(single, ddof=1))


def test_every_row_states_its_refit_interval(judged):
    stated = judged[1].groupby("model")["refit_months"].unique()
    assert {model: list(stated[model]) for model in REFIT} == {
        model: [months] for model, months in REFIT.items()
    }
    assert pd.isna(stated[BENCHMARK]).all()


def test_predictions_that_lack_a_day_are_refused(judged):
    predictions = judged[0]
    short = predictions.drop(index=own(predictions, FIRST).index[5])
    with pytest.raises(EstimationError, match=f"predictions of {FIRST} do not cover the days"):
        stress_scores(short, labels_of(stressed_days()), 2006, draws=2)


# Intervals ----------------------------------------------------------------------------------------


def drawn_areas(predictions, model):
    """The area in every resample of blocks of half a year, pair by pair."""
    rows = own(predictions, model)
    stressed, value = rows["actual"].to_numpy(float), rows["probability"].to_numpy()
    days = block_indices(N, 126, DRAWS, np.random.default_rng(0))
    return np.array(
        [pairs_ranked_rightly(stressed, value, np.bincount(drawn, minlength=N)) for drawn in days]
    )


def test_areas_and_their_differences_have_intervals_by_the_number_of_episodes(judged):
    predictions, scores = judged
    found = row(scores, FIRST)
    # Four episodes: three degrees of freedom.
    width = stats.t.ppf(0.975, 3) * drawn_areas(predictions, FIRST).std(ddof=1)
    ends = np.clip([found["auroc"] - width, found["auroc"] + width], 0, 1)
    assert found[["auroc_low", "auroc_high"]].tolist() == pytest.approx(ends)
    paired = drawn_areas(predictions, FIRST) - drawn_areas(predictions, SECOND)
    difference = found["auroc"] - row(scores, SECOND)["auroc"]
    width = stats.t.ppf(0.975, 3) * paired.std(ddof=1)
    key = f"against_{SECOND}"
    assert found[[key, f"{key}_low", f"{key}_high"]].tolist() == pytest.approx(
        [difference, difference - width, difference + width]
    )


def test_one_episode_has_no_interval():
    stressed = stressed_days(starts=(100,))
    scores = stress_scores(made_up(stressed), labels_of(stressed), 2006, draws=5)
    found = row(scores, FIRST)
    assert found["n_episodes"] == 1
    assert 0 < found["auroc"] < 1
    ends = ["auroc_low", "within_high", f"against_{SECOND}_low", "difference_high"]
    assert found[ends].isna().all()
    # Losses have thousands of days.
    assert found[[f"brier_against_{SECOND}_low", "brier_skill_high"]].notna().all()


@pytest.mark.parametrize("days", ["all", "calm_start"])
def test_differences_of_losses_agree_with_plain_loops(judged, monkeypatch, days):
    monkeypatch.setattr(room, "LOSS_DRAWS", 30)
    predictions, stressed = judged[0], stressed_days()
    scores = stress_scores(predictions, labels_of(stressed), 2006, draws=2)
    chosen = np.arange(N) >= (400 if days == "calm_start" else 0)
    loss = {
        model: (own(predictions, model)["probability"].to_numpy() - stressed) ** 2
        for model in (FIRST, SECOND, BENCHMARK)
    }
    differences, skills = [], []
    for block in (63, 252):
        drawn = block_indices(N, block, 30, np.random.default_rng([0, block]))
        kept = [[day for day in resample if chosen[day]] for resample in drawn]
        differences.append([np.mean([loss[FIRST][d] - loss[SECOND][d] for d in k]) for k in kept])
        skills.append([1 - loss[FIRST][k].mean() / loss[BENCHMARK][k].mean() for k in kept])
    found, key = row(scores, FIRST, days), f"brier_against_{SECOND}"
    assert found[key] == pytest.approx((loss[FIRST] - loss[SECOND])[chosen].mean())
    for drawn, names in (
        (differences, [f"{key}_low", f"{key}_high"]),
        (skills, ["brier_skill_low", "brier_skill_high"]),
    ):
        ends = np.percentile(drawn, [2.5, 97.5], axis=1)
        assert found[names].tolist() == pytest.approx([ends[0].min(), ends[1].max()])


def test_a_model_has_no_difference_to_itself_or_to_one_that_was_not_run(judged):
    found = row(judged[1], FIRST)
    assert found[[f"against_{FIRST}", f"brier_against_{FIRST}"]].isna().all()
    assert found[[f"against_{SECOND}", f"brier_against_{SECOND}"]].notna().all()
    unseen = references("stress")[2].id
    assert unseen not in MODELS
    assert np.isnan(found[f"against_{unseen}"])


def test_the_same_seed_gives_the_same_scores_and_another_the_same_estimates(judged):
    predictions, labels = judged[0], labels_of(stressed_days())
    again = stress_scores(predictions, labels, 2006, draws=DRAWS)
    pd.testing.assert_frame_equal(again, judged[1])
    other = stress_scores(predictions, labels, 2006, draws=DRAWS, seed=1)
    assert (other["auroc"] == judged[1]["auroc"]).all()
    assert (other["auroc_low"] != judged[1]["auroc_low"]).any()


def test_the_best_naive_row_is_one_of_the_simple_models(judged):
    assert judged[1]["best_naive"].isin([model.id for model in simple_models("stress")]).all()
