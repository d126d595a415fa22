"""The whole study on simulated markets: every table keeps its contract, no rival is missing."""

import datetime as dt
from dataclasses import replace

import pandas as pd
import pytest

from sfr_pipeline.evaluation.models import lead, models_of
from sfr_pipeline.markets import Event
from sfr_pipeline.storage.tables import stress as tables
from sfr_pipeline.storage.tables.columns import MEAN_OF_SEEDS
from sfr_pipeline.storage.validation import violations
from sfr_pipeline.stress import study as studies
from sfr_pipeline.stress.checkpoint import predict_latest
from sfr_pipeline.stress.event_scores import daily_events
from sfr_pipeline.stress.latest import rule_probabilities
from sfr_pipeline.stress.paper_protocol import paper_table
from sfr_pipeline.stress.required import missing_rivals
from sfr_pipeline.stress.scores import stress_scores
from sfr_pipeline.training.fitting import fit
from sfr_pipeline.training.profile import QUICK
from sfr_pipeline_tests.stress import simulated

# One step: that everything fits together, nothing else.
TINY = replace(QUICK, stress_steps=1)
EVENT = Event(
    id="crash", name="Crash", onset=dt.date(2006, 5, 10), severity="severe", source="simulated",
    status="verified",
)  # fmt: skip


def one_seed(tasks):
    """Fits of the first seed in place of all: their number is what matters here."""
    fits = {(task.network, id(task.inputs)): fit(task) for task in tasks if task.seed == 0}
    return [fits[task.network, id(task.inputs)] for task in tasks]


@pytest.fixture(scope="module")
def labels():
    return simulated.tables(simulated.returns())[3]


@pytest.fixture(scope="module")
def sample():
    return simulated.sample(simulated.returns())


@pytest.fixture(scope="module")
def study(sample):
    return studies.prepare(sample, simulated.SETTINGS, TINY)


@pytest.fixture(scope="module")
def without(study):
    return studies.run_without_networks(study)


@pytest.fixture(scope="module")
def with_networks(study):
    plans = studies.plan_networks(study)
    return studies.finish_networks(plans, one_seed(studies.tasks_of(plans)))


@pytest.fixture(scope="module")
def predictions(study, without, with_networks):
    return studies.assemble(study, [without, with_networks])


@pytest.fixture(scope="module")
def robustness(study, without, with_networks):
    return studies.robustness(study, without, with_networks)


@pytest.fixture(scope="module")
def scores(predictions, labels):
    return stress_scores(predictions, labels, 2006, draws=20)


def test_every_table_keeps_its_contract(predictions, with_networks, robustness, scores):
    events, alarms = daily_events([EVENT], predictions)
    for table, frame in (
        (tables.STRESS_PREDICTIONS, predictions),
        (tables.STRESS_TRAINING_HISTORY, with_networks.history),
        (tables.STRESS_ROBUSTNESS, robustness),
        (tables.STRESS_SCORES, scores),
        (tables.EVENT_SCORES, events),
        (tables.ALARM_SCORES, alarms),
    ):
        assert len(frame)
        assert violations(table, frame) == []


def test_no_rival_seed_or_interval_is_missing(scores):
    assert missing_rivals(scores[scores["auroc"].notna()]) == []


def test_the_papers_table_stands_beside_both_protocols(scores):
    table = paper_table(scores).set_index("model")
    assert table.loc["cnn_bilstm", "paper_f1"] == 0.88
    assert table["paper_f1"].dropna().index.tolist() == [
        model.id for model in models_of("stress") if "f1" in model.printed
    ]
    assert table[["f1_in_time_order", "f1_leaking"]].notna().all(axis=None)


def test_rules_say_of_the_latest_day_what_the_table_says(study, predictions):
    found = rule_probabilities(study.settings, study.sample, study.folds).set_index("model")
    table = predictions[
        (predictions["protocol"] == "walk_forward")
        & (predictions["label"] == "F21")
        & (predictions["seed"] == MEAN_OF_SEEDS)
        & (predictions["date"] == study.sample.dates[-1])
    ].set_index("model")
    rules = [model.id for model in models_of("stress") if not (model.network or model.forward)]
    assert set(found.index) == set(rules) & set(table.index)
    assert {model.id for model in models_of("stress") if model.benchmark} < set(found.index)
    assert (found["probability"] == table.loc[found.index, "probability"]).all()
    assert (found["lowest_seed"] == found["highest_seed"]).all()
    assert set(found["origin"].dt.year + 1) == {study.sample.dates[-1].year}


def test_the_newest_models_give_the_last_predictions_of_the_table(
    study, without, with_networks, predictions, sample
):
    newest = studies.newest_models(study, [without, with_networks])
    assert [checkpoint.model for checkpoint in newest] == ["fhs", "gap_ridge", "cnn_bilstm"]
    for checkpoint in newest:
        latest = predict_latest(checkpoint, sample, simulated.SETTINGS.labels).squeeze()
        rows = predictions[
            (predictions["protocol"] == "walk_forward")
            & (predictions["label"] == "F21")
            & (predictions["model"] == checkpoint.model)
            & (predictions["seed"] == MEAN_OF_SEEDS)
        ]
        last = rows.loc[rows["date"].idxmax()]
        assert (latest["date"], latest["probability"]) == (last["date"], last["probability"])


def test_clean_inputs_are_the_reference_of_perturbed_ones(robustness):
    rows = robustness
    assert {"cnn_bilstm", "gap_ridge", "har", "ewma"} <= set(rows["model"])
    # Perturbed features reach neither.
    assert {"fhs", "garch"}.isdisjoint(rows["model"])
    clean = rows[rows["disturbance"] == "none"].set_index("model")["auroc"]
    change = rows["auroc"] - rows["model"].map(clean)
    pd.testing.assert_series_equal(change, rows["change"], check_names=False, atol=1e-12)
    beside = rows[rows["disturbance"] == "irrelevant"]
    assert set(beside["model"]) == {"har_equity", "har", "gradient_boosting", "cnn_bilstm"}


def test_a_study_tells_how_far_it_is(study, monkeypatch):
    told = []
    monkeypatch.setattr(studies, "WALKED", ("D90",))
    monkeypatch.setattr(studies, "run_classifiers", lambda *_: [])
    monkeypatch.setattr(studies, "baseline_runs", lambda *_: [])
    monkeypatch.setattr(studies, "forward_models", tuple)
    studies.run_without_networks(study, told.append)
    assert told == ["D90 without networks"]


def test_every_row_states_how_often_its_model_is_fitted_anew(predictions):
    months = predictions.groupby(["protocol", "model"])["refit_months"].agg(["min", "max", "count"])
    estimated = months.drop("climatology", level="model")
    assert (estimated.loc["walk_forward", ["min", "max"]] == 12).all(axis=None)
    # The paper's protocols fit once.
    assert (estimated.loc[["paper", "paper_random"], "count"] == 0).all()
    assert (months.xs("climatology", level="model")[["min", "max"]] == 0).all(axis=None)


def test_only_the_full_profile_walks_the_rivals_of_the_papers_network_forward(study):
    def walked(profile):
        plans = studies.plan_networks(replace(study, profile=replace(TINY, name=profile)))
        return {
            (plan.label, model)
            for plan in plans
            if plan.protocol == "walk_forward"
            for model in plan.plan.models
        }

    assert walked("default") == {("F21", lead("stress").id)}
    networks = [model.id for model in models_of("stress") if model.network]
    assert walked("full") == {(label, model) for label in studies.WALKED for model in networks}
