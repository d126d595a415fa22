"""A model of the user that reads what was not known yet is caught at run time."""

from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest

from sfr_pipeline.errors import EstimationError, ExtensionError
from sfr_pipeline.evaluation import models
from sfr_pipeline.evaluation.models import Model
from sfr_pipeline.storage.folder import Folder
from sfr_pipeline.stress import checkpoint
from sfr_pipeline.stress.baselines import Climatology, HarLogit, LastLabel
from sfr_pipeline.stress.bases import Classifier, ForwardModel, KeptModel, VolatilityModel
from sfr_pipeline.stress.calibration import Platt
from sfr_pipeline.stress.checkpoint import Checkpoint, can_be_kept, data_hash
from sfr_pipeline.stress.forward import walk
from sfr_pipeline.stress.networks import WINDOW
from sfr_pipeline.stress.splits import walk_forward_folds
from sfr_pipeline.stress.volatility.rivals import PanelHarx
from sfr_pipeline.stress.volatility.walk import walk as walk_volatility
from sfr_pipeline.stress.walk_forward import run_model
from sfr_pipeline_tests.stress import simulated
from sfr_pipeline_tests.stress.volatility import panels


class Tomorrow(HarLogit):
    """It reads tomorrow's features."""

    def inputs(self, sample, label):
        return np.roll(super().inputs(sample, label), -1, axis=0)


class Answer(LastLabel):
    """It reads the label that it is to tell."""

    def inputs(self, sample, label):
        return label.values[:, None]


class Outcome(LastLabel):
    """It reads the volatility of the coming days."""

    def inputs(self, sample, label):
        return sample.outcomes[label.horizon].volatility[:, :1]


class Other(LastLabel):
    """It reads another label of the coming days."""

    def inputs(self, sample, label):
        return sample.labels["F5"].values[:, None]


class Average(Classifier):
    """It takes the mean of the whole history, later days included, from today's."""

    def inputs(self, sample, label):
        today = sample.columns("equity_log_rv22")
        return today - np.nanmean(today)

    def fit(self, rows, labels, horizon=0):
        return self

    def predict(self, rows):
        return rows[:, 0]


class Honest(LastLabel):
    """A rule of ours under another name."""


class Share(Climatology):
    """Another."""


class Level:
    """Log-odds that follow the volatility of the market's first sub-market."""

    reads_features: ClassVar[bool] = True

    def __init__(self, mean):
        self.mean = mean

    def log_odds(self, sample, label, rows, seeds=None):
        return (sample.columns("equity_log_rv22")[rows].T - self.mean).reshape(1, -1)


class Forgetful(ForwardModel):
    """Its mean is that of the days that were known; it can't be kept."""

    until = 0

    def fit(self, sample, labels, origin):
        known = slice(None, origin + 1 + self.until)
        return Level(np.nanmean(sample.columns("equity_log_rv22")[known]))


class Leveled(Forgetful, KeptModel):
    """It can be kept."""

    def state(self, trained):
        return {"mean": np.array([trained.mean])}, {}

    def restored(self, arrays, about):
        return Level(float(arrays["mean"][0]))


class Ahead(Leveled):
    """Its mean is that of days to come."""

    until = 300


class Later(PanelHarx):
    """It reads the outcome of the coming days."""

    def inputs(self, panel, horizon):
        return np.stack([panel.targets(horizon), panel.log_thresholds(horizon)], axis=-1)


class Same(PanelHarx):
    """The linear panel under another name."""


class Narrow(VolatilityModel):
    """It answers one number a day, whatever the markets."""

    def inputs(self, panel, horizon):
        return panel.log_thresholds(horizon)[..., None]

    def fit(self, known, targets):
        return self

    def predict(self, asked):
        return np.zeros(len(asked))


def record(kind, leg="stress", **fields):
    return Model("tried", leg, "Tried", "own", f"{__name__}:{kind.__name__}", **fields)


@pytest.fixture(scope="module")
def sample():
    return simulated.sample(simulated.returns())


def folds_of(sample, label):
    return walk_forward_folds(sample.dates, label, 2006, first_row=WINDOW)


@pytest.mark.parametrize("kind", [Tomorrow, Answer, Outcome, Other, Average])
def test_a_classifier_that_reads_ahead_is_refused(sample, kind):
    label = sample.labels["F21"]
    options = {"several": False} if kind is Tomorrow else {}
    with pytest.raises(ExtensionError, match=r"'tried'.*it reads what was not known yet"):
        run_model(sample, label, record(kind, options=options), folds_of(sample, label))


@pytest.mark.parametrize("name", ["F21", "D50"])
@pytest.mark.parametrize("kind", [Honest, Share])
def test_one_that_does_not_is_scored_as_ours_are(sample, kind, name):
    label = sample.labels[name]
    seen = sample if label.horizon else sample.lagged()
    own = run_model(seen, label, record(kind), folds_of(sample, label))
    ours = replace(record(kind.__base__), id="ours")
    np.testing.assert_array_equal(
        own.score, run_model(seen, label, ours, folds_of(sample, label)).score
    )


def test_a_label_of_the_day_itself_is_not_known_on_that_day(sample):
    label = sample.labels["D50"]
    with pytest.raises(ExtensionError, match="it reads what was not known yet"):
        run_model(sample.lagged(), label, record(Answer), folds_of(sample, label))


def test_a_forward_model_that_learns_from_later_days_is_refused(sample):
    label = sample.labels["F21"]
    folds = {"F21": folds_of(sample, label)}
    (run,), _ = walk(sample, [label], record(Leveled, forward=True), folds)
    assert np.isfinite(run.log_odds).all()
    with pytest.raises(ExtensionError, match="it reads what was not known yet"):
        walk(sample, [label], record(Ahead, forward=True), folds)


def test_a_forward_model_of_the_user_is_kept_where_it_says_how(sample, tmp_path, monkeypatch):
    model = record(Leveled, forward=True)
    assert can_be_kept(model)
    assert not can_be_kept(record(Forgetful, forward=True))
    monkeypatch.setattr(models, "MODELS", (*models.MODELS, model))
    kept = Checkpoint(
        model.id, Level(-3.5), "F21", simulated.SETTINGS.labels, Platt(), sample.names,
        sample.dates[-30], data_hash(sample, sample.labels["F21"], len(sample.dates) - 30),
    )  # fmt: skip
    files = Folder(tmp_path)
    checkpoint.save(kept, files, "kept")
    again = checkpoint.load(files, "kept")
    assert again.trained.mean == -3.5
    found = checkpoint.predict_latest(again, sample, simulated.SETTINGS.labels)
    assert 0 < found["probability"].item() < 1
    monkeypatch.setattr(checkpoint, "code_hash", lambda _: "another")
    with pytest.raises(EstimationError, match="trained with another text of"):
        checkpoint.load(files, "kept")


def test_a_volatility_model_is_held_to_the_same(monkeypatch):
    panel = panels.panel()
    year = panels.FIRST_TEST_YEAR
    own = walk_volatility(panel, 5, record(Same, "volatility"), year)
    (ours,) = (model for model in models.models_of("volatility") if model.headline)
    np.testing.assert_array_equal(own.gaps, walk_volatility(panel, 5, ours, year).gaps)
    with pytest.raises(ExtensionError, match="it reads what was not known yet"):
        walk_volatility(panel, 5, record(Later, "volatility"), year)
    with pytest.raises(ExtensionError, match=r"answered \(\d+,\) 5 days ahead in .* \(days, mar"):
        walk_volatility(panel, 5, record(Narrow, "volatility"), year)
