"""Every network finds a signal that needs its context; on noise nobody is ahead."""

import numpy as np
import pytest

from sfr_pipeline.evaluation.auroc import auroc
from sfr_pipeline.evaluation.classification_metrics import brier_skill
from sfr_pipeline.storage.tables.columns import MEAN_OF_SEEDS
from sfr_pipeline.stress.classifier import logit
from sfr_pipeline.stress.networks import WINDOW, networks, plan_classification, training
from sfr_pipeline.stress.splits import Fold
from sfr_pipeline.stress.walk_forward import prediction_rows
from sfr_pipeline.training.fitting import fit
from sfr_pipeline_tests.stress import simulated

# Small batches are enough here, and quick.
SHORT = training(130, batch_size=32)


def fold_of(sample, first=1800):
    return Fold(
        0,
        first - 1,
        np.arange(WINDOW, first - 10),
        np.empty(0, dtype=np.intp),
        np.arange(first, len(sample.dates)),
    )


@pytest.fixture(scope="module")
def planted_scores():
    sample, _ = simulated.planted()
    fold = fold_of(sample)
    plan = plan_classification(sample, sample.labels["F5"], [fold], 1, SHORT)
    done = plan.finish([fit(task) for task in plan.tasks])
    stressed = sample.labels["F5"].values
    last_day = logit(sample.features[fold.train], stressed[fold.train])
    scores = {run.model: run.score for run in done.runs if run.seed == MEAN_OF_SEEDS}
    scores["last day alone"] = last_day(sample.features[fold.test])
    return {name: auroc(stressed[fold.test], score) for name, score in scores.items()}


@pytest.mark.parametrize("network", [model.id for model in networks()])
def test_a_network_finds_a_precursor_that_needs_its_context(planted_scores, network):
    ranking = sorted(planted_scores.items(), key=lambda pair: -pair[1])
    print("planted signal, AUROC:", ", ".join(f"{name} {value:.3f}" for name, value in ranking))
    assert planted_scores[network] > planted_scores["last day alone"] + 0.03
    assert planted_scores[network] > 0.75


def test_on_pure_noise_no_network_is_ahead_of_the_base_rate():
    sample = simulated.noise()
    fold = fold_of(sample)
    label = sample.labels["F5"]
    plan = plan_classification(sample, label, [fold], 1, training(30, batch_size=32))
    runs = plan.finish([fit(task) for task in plan.tasks]).runs
    rows = prediction_rows(
        "paper", sample, [run for run in runs if run.seed == MEAN_OF_SEEDS], None
    )
    base = label.values[fold.train].mean()
    for _, own in rows.groupby("model"):
        actual = own["actual"].to_numpy(dtype=float)
        # 800 independent days: the standard error of the AUROC is .02.
        assert abs(auroc(actual, own["score"]) - 0.5) < 0.065
        assert brier_skill(actual, own["probability"], base) < 0.005
