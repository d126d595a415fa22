"""The records of the models: whole, in order, and the only place that knows their ids."""

import ast
from collections import Counter
from pathlib import Path

import pytest

import sfr_pipeline
from sfr_pipeline.evaluation import models
from sfr_pipeline.evaluation.models import MODELS, models_of
from sfr_pipeline.networks import architecture
from sfr_pipeline.storage import tables
from sfr_pipeline.storage.validation import violations

LEGS = ("forecasting", "stress")
PACKAGE = Path(sfr_pipeline.__file__).parent
# The monthly paper's Table 10 calls the variance of the errors what econometrics calls an
# autoregression of several variables: a column of that name is no model.
COLUMN = "var"


def test_ids_and_names_are_unique_within_a_leg():
    for leg in LEGS:
        for values in zip(*((model.id, model.name) for model in models_of(leg)), strict=True):
            assert max(Counter(values).values()) == 1


@pytest.mark.parametrize("leg", LEGS)
def test_each_leg_has_one_benchmark_lead_and_contender(leg):
    roles = (models.benchmark, models.lead, models.contender, models.persistence)
    assert len({role(leg).id for role in roles}) >= 3
    assert models.benchmark(leg).family == "naive"
    assert models.lead(leg).family == "paper"
    assert models.contender(leg).family == "own"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: f"{model.leg}-{model.id}")
def test_the_class_of_a_record_does_what_its_leg_asks(model):
    if model.implementation is None:
        with pytest.raises(ValueError, match="its leg plans it"):
            model.load()
    elif model.network and model.leg == "stress":
        assert architecture(model.implementation) is model.load()
    elif model.network:
        assert {"task", "changes"} <= set(dir(model.load()))
    else:
        assert isinstance(model.create(), models.Forecaster)


def test_unknown_ids_keep_their_names_and_stand_behind():
    assert models.name_of("stress", "stranger") == "stranger"
    assert models.in_reading_order("stress", ["zebra", "har", "ant", "contender", "har"]) == [
        "contender", "har", "ant", "zebra",
    ]  # fmt: skip


def test_what_is_required_depends_on_protocol_and_horizon():
    def missing(*place):
        return set(models.missing_models("forecasting", *place))

    everywhere = {"no_change", "ar1", "expanding_mean", "ridge", "var"}
    rivals = {"bp", "svm", "random_forest", "transformer"}
    assert missing("paper", everywhere, 1) == rivals
    assert missing("paper", [], 3) == everywhere
    assert missing("real_time", everywhere, 3) == {"ridge_changes"}
    own = {"ridge_changes", "transformer_changes", "markov_switching"}
    assert missing("real_time", everywhere, 1) == rivals | own


def test_table_models_keeps_its_contract_and_holds_every_record():
    frame = models.model_rows(LEGS)
    assert violations(tables.MODELS, frame) == []
    assert frame["model"].tolist() == [model.id for leg in LEGS for model in models_of(leg)]
    assert set(frame.loc[frame["family"] == "naive", "model"]) == {
        "no_change", "expanding_mean", "last_label", "climatology", "majority",
    }  # fmt: skip


def test_variants_that_were_looked_at_are_counted():
    """Eight contenders, five networks in six ways, two more each of two models, seven ridges."""
    assert models.variants_looked_at("stress") == 8 + 5 * 6 + 2 + 2 + 7
    assert models.variants_looked_at("forecasting") == 41


def test_no_other_module_knows_a_model_by_its_id():
    """Whoever needs one asks for its part: benchmark, lead, contender, reference, family."""
    ids = {model.id for model in MODELS}
    own = {
        PACKAGE.parent / (model.implementation.partition(":")[0].replace(".", "/") + ".py")
        for model in MODELS
        if model.implementation
    }
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        if path in own or path == PACKAGE / "evaluation" / "models.py":
            continue
        found += [
            f"{path.relative_to(PACKAGE)}:{node.lineno} {node.value}"
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Constant) and node.value in ids - {COLUMN}
        ]
    assert found == []
