"""A network and a classifier, each added by one record and one class, are in everything."""

import numpy as np
import pytest
from torch import nn

from sfr_pipeline.evaluation import models
from sfr_pipeline.evaluation.models import Model
from sfr_pipeline.networks.network import Network
from sfr_pipeline.report.stress.charts import auroc_chart, paper_chart
from sfr_pipeline.report.stress.network_charts import loss_chart
from sfr_pipeline.report.stress.section import score_rows
from sfr_pipeline.report.stress.verdict import stress_summary
from sfr_pipeline.storage.tables.columns import MEAN_OF_SEEDS
from sfr_pipeline.stress import study as studies
from sfr_pipeline.stress.baselines import Volatility
from sfr_pipeline.stress.paper_protocol import paper_table
from sfr_pipeline.stress.required import missing_rivals
from sfr_pipeline.stress.scores import stress_scores
from sfr_pipeline_tests.stress import simulated
from sfr_pipeline_tests.stress.test_study import TINY, one_seed


class LastDay(Network):
    """A linear map of the window's last day."""

    def __init__(self, n_features, window, n_outputs=1, dropout=0.0):
        super().__init__()
        self.output = nn.Linear(n_features, n_outputs)
        nn.init.zeros_(self.output.weight)

    def forward(self, x):
        return self.output(x[:, -1])


NETWORK = Model(
    "last_day",
    "stress",
    "Last day alone",
    "paper",
    f"{__name__}:LastDay",
    network=True,
    random=True,
    required=("walk_forward", "paper", "paper_random"),
    variants=3,
)
CLASSIFIER = Model(
    "rv5",
    "stress",
    "Volatility of a week",
    "own",
    f"{Volatility.__module__}:Volatility",
    {"measure": "log_rv5"},
    required=("walk_forward", "paper", "paper_random"),
)
ADDED = (NETWORK, CLASSIFIER)


@pytest.fixture(scope="module", autouse=True)
def added():
    """The two records before all others; of the networks that ship the lead alone, to save time."""
    shipped = [model for model in models.MODELS if not model.network or model.lead]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models, "MODELS", (*ADDED, *shipped))
        yield


@pytest.fixture(scope="module")
def study(added):
    sample = simulated.sample(simulated.returns())
    return studies.prepare(sample, simulated.SETTINGS, TINY)


@pytest.fixture(scope="module")
def networks(study):
    plans = studies.plan_networks(study)
    return studies.finish_networks(plans, one_seed(studies.tasks_of(plans)))


@pytest.fixture(scope="module")
def predictions(study, networks):
    return studies.assemble(study, [studies.run_without_networks(study), networks])


@pytest.fixture(scope="module")
def scores(predictions):
    labels = simulated.tables(simulated.returns())[3]
    found = stress_scores(predictions, labels, 2006, draws=20)
    return found[found["auroc"].notna()]


def test_they_tell_days_under_every_protocol(predictions):
    for model in ADDED:
        own = predictions[predictions["model"] == model.id]
        assert set(own["protocol"]) == {"walk_forward", "paper", "paper_random"}
        assert own["seed"].max() == (4 if model.random else MEAN_OF_SEEDS)


def test_the_network_is_trained_as_the_others_are(networks):
    own = networks.history[networks.history["model"] == NETWORK.id]
    assert set(own["protocol"]) == set(networks.history["protocol"])
    assert np.isfinite(own["training_loss"]).all()


def test_they_may_not_be_missing(scores):
    assert missing_rivals(scores) == []
    for model in ADDED:
        lacks = missing_rivals(scores[scores["model"] != model.id])
        assert lacks
        assert all(lack.endswith(f"no row of {model.id}") for lack in lacks)


def test_they_stand_in_the_tables_of_the_report_in_reading_order(scores):
    assert paper_table(scores)["model"].tolist()[:2] == [model.id for model in ADDED]
    names = [row["name"] for row in score_rows(scores)]
    assert {model.name for model in ADDED} <= set(names)
    frame = models.model_rows(["stress"])
    assert frame["model"].tolist()[:2] == [model.id for model in ADDED]
    shipped = sum(model.variants for model in models.models_of("stress") if model not in ADDED)
    assert models.variants_looked_at("stress") == shipped + 3


def test_they_are_drawn(scores, networks):
    for chart in (auroc_chart(scores), paper_chart(scores)):
        assert {model.id for model in ADDED} <= set(chart.table["model"])
    assert {model.name for model in ADDED} <= set(auroc_chart(scores).table["name"])
    losses = loss_chart(networks.history).table
    assert NETWORK.name in set(losses["name"])


def test_nothing_calls_them_naive(scores):
    for row in score_rows(scores):
        if row["model"] in {model.id for model in ADDED}:
            assert row["simple"] == ""
    winner = scores.assign(auroc=scores["auroc"].where(scores["model"] != NETWORK.id, 1.0))
    best = stress_summary({"stress_scores": winner}).judged[0]
    assert (best.model, best.name) == (NETWORK.id, NETWORK.name)
