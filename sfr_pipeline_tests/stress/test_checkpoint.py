"""A checkpoint gives the same bytes in a new process, and refuses what it was not trained on."""

import pickle
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from sfr_pipeline.errors import EstimationError
from sfr_pipeline.evaluation.models import lead
from sfr_pipeline.storage.folder import Folder
from sfr_pipeline.stress.checkpoint import (
    RELEASE,
    Checkpoint,
    data_hash,
    load,
    predict_latest,
    save,
)
from sfr_pipeline.stress.forward import forward_models, walk
from sfr_pipeline.stress.networks import WINDOW, network_features, plan_classification, training
from sfr_pipeline.stress.splits import walk_forward_folds
from sfr_pipeline.stress.walk_forward import prediction_rows, yearly_maps
from sfr_pipeline.training.fitting import fit
from sfr_pipeline_tests.stress import simulated

DEFINITION = simulated.SETTINGS.labels
READ = """
import pickle, sys
from pathlib import Path
from sfr_pipeline.storage.folder import Folder
from sfr_pipeline.stress.checkpoint import load, predict_latest
sample, definition = pickle.loads(Path(sys.argv[1]).read_bytes())
for name in sys.argv[3:]:
    checkpoint = load(Folder(Path(sys.argv[2])), name)
    print(predict_latest(checkpoint, sample, definition)["probability"].item().hex())
"""


@pytest.fixture(scope="module")
def sample():
    return simulated.sample(simulated.returns())


@pytest.fixture(scope="module")
def study(sample):
    """Newest fits of a network and the other saved models, and the table's last probabilities."""
    label, seen = sample.labels["F21"], network_features(sample)
    folds = walk_forward_folds(sample.dates, label, 2007, first_row=WINDOW)
    plan = plan_classification(seen, label, folds, 2, training(3), [lead("stress")])
    done = plan.finish([fit(task) for task in plan.tasks])
    left = {"cnn_bilstm": (done.runs[0], done.trained["cnn_bilstm"])}
    for model in forward_models():
        runs, trained = walk(sample, [label], model, {"F21": folds})
        left[model.id] = (runs[0], trained)
    found = {}
    for name, (run, trained) in left.items():
        rows = prediction_rows("walk_forward", sample, [run], 2007)
        origin = folds[-1].origin
        checkpoint = Checkpoint(
            model=name,
            trained=trained[-1],
            label="F21",
            definition=DEFINITION,
            platt=yearly_maps(run, label, sample.dates.year.to_numpy())[2007],
            names=sample.names,
            origin=sample.dates[origin],
            data_hash=data_hash(sample, label, origin),
        )
        found[name] = (checkpoint, rows["probability"].iloc[-1])
    return found


def test_a_new_process_gives_the_bytes_of_the_table(study, sample, tmp_path):
    given = tmp_path / "sample.pickle"
    given.write_bytes(pickle.dumps((sample, DEFINITION)))
    for name, (checkpoint, _) in study.items():
        save(checkpoint, Folder(tmp_path), name)
    command = [sys.executable, "-c", READ, str(given), str(tmp_path), *study]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [float(expected).hex() for _, expected in study.values()]


def test_what_is_loaded_is_what_was_saved(study, tmp_path):
    checkpoint = study["gap_ridge"][0]
    save(checkpoint, Folder(tmp_path), "c.safetensors")
    again = load(Folder(tmp_path), "c.safetensors")
    assert again.definition == DEFINITION
    assert (again.platt, again.origin, again.names) == (
        checkpoint.platt, checkpoint.origin, checkpoint.names
    )  # fmt: skip
    assert (again.trained.ridge.coefficients == checkpoint.trained.ridge.coefficients).all()
    save(study["fhs"][0], Folder(tmp_path), "s.safetensors")
    simulation = load(Folder(tmp_path), "s.safetensors").trained
    assert (simulation.parameters == study["fhs"][0].trained.parameters).all()
    assert simulation.origin == study["fhs"][0].trained.origin


def test_other_features_are_refused_by_name(study, sample):
    checkpoint = study["cnn_bilstm"][0]
    fewer = sample.with_features(sample.features[:, 1:], sample.names[1:])
    with pytest.raises(EstimationError, match=rf"different: {sample.names[0]}\): train again"):
        predict_latest(checkpoint, fewer, DEFINITION)


def test_other_data_are_refused(study, sample):
    features = sample.features.copy()
    features[1000, 3] = np.nextafter(features[1000, 3], np.inf)
    with pytest.raises(EstimationError, match="trained on other data up to 2006-12-29"):
        predict_latest(
            study["gap_ridge"][0], sample.with_features(features, sample.names), DEFINITION
        )


def test_other_returns_are_refused(study, sample):
    returns = sample.returns.copy()
    returns[1000, 1] += 1e-12
    with pytest.raises(EstimationError, match="trained on other data up to 2006-12-29"):
        predict_latest(study["fhs"][0], replace(sample, returns=returns), DEFINITION)


def test_data_after_the_training_may_change(study, sample):
    features = sample.features.copy()
    features[-1] += 1.0
    later = sample.with_features(features, sample.names)
    checkpoint, before = study["cnn_bilstm"]
    assert predict_latest(checkpoint, later, DEFINITION)["probability"].item() != before


def test_another_label_definition_is_refused(study, sample):
    other = DEFINITION.model_copy(update={"volatility_quantile": 0.9})
    with pytest.raises(EstimationError, match="another definition of the label"):
        predict_latest(study["gap_ridge"][0], sample, other)


def test_a_file_that_is_no_checkpoint_is_named(study, tmp_path):
    with pytest.raises(EstimationError, match="there is no checkpoint"):
        load(Folder(tmp_path), "none.safetensors")
    broken = tmp_path / "broken.safetensors"
    save(study["gap_ridge"][0], Folder(tmp_path), broken.name)
    broken.write_bytes(broken.read_bytes()[:2000])
    with pytest.raises(EstimationError, match="no checkpoint of a daily model"):
        load(Folder(tmp_path), broken.name)


def test_a_checkpoint_of_an_older_release_is_refused(study, tmp_path, monkeypatch):
    monkeypatch.setitem(RELEASE, "format", "1")
    save(study["fhs"][0], Folder(tmp_path), "old.safetensors")
    monkeypatch.undo()
    with pytest.raises(EstimationError, match="of another release: train again"):
        load(Folder(tmp_path), "old.safetensors")


def test_seeds_span_their_range(study, sample):
    checkpoint = replace(study["cnn_bilstm"][0])
    row = predict_latest(checkpoint, sample, DEFINITION).squeeze()
    assert row["lowest_seed"] <= row["probability"] <= row["highest_seed"]
