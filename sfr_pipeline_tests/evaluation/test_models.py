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
from sfr_pipeline.stress.forward import ForwardModel

LEGS = ("forecasting", "stress", "volatility")
PACKAGE = Path(sfr_pipeline.__file__).parent
# The monthly paper's Table 10 calls the variance of the errors what econometrics calls an
# autoregression of several variables: a column of that name is no model. Nor is a transform, nor
# a basis point.
OTHER_NAMES = {"var", "month_end", "bp"}


def test_ids_and_names_are_unique_within_a_leg():
    for leg in LEGS:
        for values in zip(*((model.id, model.name) for model in models_of(leg)), strict=True):
            assert max(Counter(values).values()) == 1


@pytest.mark.parametrize("leg", LEGS[:2])
def test_each_leg_has_one_benchmark_lead_and_contender(leg):
    roles = (models.benchmark, models.lead, models.contender, models.persistence)
    assert len({role(leg).id for role in roles}) >= 3
    assert models.benchmark(leg).family == "naive"
    assert models.lead(leg).family == "paper"
    assert models.contender(leg).family == "own"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: f"{model.leg}-{model.id}")
def test_the_class_of_a_record_does_what_its_leg_asks(model):
    if model.network and model.leg != "forecasting":
        assert architecture(model.implementation) is model.load()
    elif model.forward:
        assert isinstance(model.create(), ForwardModel)
    elif model.network:
        assert {"task", "changes"} <= set(dir(model.load()))
    else:
        assert isinstance(model.create(), models.Forecaster)


def test_the_headline_of_volatility_is_held_against_rules_made_strong_and_a_variance():
    assert models.headline("volatility").family == "own"
    against = {model.id for model in models.references("volatility")}
    assert against >= {"ewma_recalibrated", "garch_recalibrated", "gjr"}
    assert models.benchmark("volatility") == models.persistence("volatility")


def test_the_bar_is_the_better_naive_row_where_it_is_and_else_no_change():
    assert models.bar("forecasting", ["ridge", "no_change", "month_end"]).id == "month_end"
    assert models.bar("forecasting", ["ridge", "no_change"]).id == "no_change"
    assert models.bar("forecasting", ["month_end"]).family == "naive"


def test_unknown_ids_keep_their_names_and_stand_behind():
    assert models.name_of("stress", "stranger") == "stranger"
    assert models.in_reading_order("stress", ["zebra", "har", "ant", "fhs", "har"]) == [
        "fhs", "har", "ant", "zebra",
    ]  # fmt: skip


def test_what_is_required_depends_on_protocol_and_horizon():
    def missing(protocol, horizon, present=()):
        return set(models.missing_models("forecasting", protocol, present, horizon))

    everywhere = {"no_change", "ar1", "expanding_mean", "ridge", "var"}
    rivals = {"bp", "svm", "random_forest", "transformer"}
    next_month = {"transformer_changes", "markov_switching"}
    assert missing("paper", 1) >= everywhere | rivals
    assert not missing("paper", 1) & {"ridge_changes", *next_month}
    assert missing("real_time", 1) >= everywhere | rivals | next_month | {"ridge_changes"}
    assert missing("real_time", 3) >= everywhere | {"ridge_changes"}
    for protocol in ("paper", "real_time"):
        assert not missing(protocol, 3) & (rivals | next_month)
        assert missing(protocol, 1, everywhere) == missing(protocol, 1) - everywhere


def test_table_models_keeps_its_contract_and_holds_every_record():
    frame = models.model_rows(LEGS)
    assert violations(tables.MODELS, frame) == []
    assert frame["model"].tolist() == [model.id for leg in LEGS for model in models_of(leg)]


def test_naive_is_what_needs_no_estimation_worth_the_name():
    naive = [model for model in MODELS if model.family == "naive"]
    assert {model.id for model in naive} >= {
        "no_change", "expanding_mean", "last_label", "climatology", "majority",
    }  # fmt: skip
    for model in naive:
        assert (model.network, model.random, model.settings) == (False, False, 1), model.id


@pytest.mark.parametrize(
    "estimated",
    [
        "AR1", "MarkovSwitching", "RidgeLevels", "VectorAutoregression", "Volatility",
        "GarchVolatility", "VolatilityGap", "ImpliedVolatility", "HarLogit", "GradientBoosting",
    ],
)  # fmt: skip
def test_no_autoregression_volatility_rule_har_logit_or_trees_are_called_naive(estimated):
    named = [model for model in MODELS if model.implementation.endswith(f":{estimated}")]
    assert named
    assert {model.family for model in named}.isdisjoint({"naive"})


# What was looked at before the forms that ship were fixed; more may have been since.
LOOKED_AT = {
    "forecasting": {"ridge_changes": 41},
    "stress": {
        "fhs": 4, "gap_ridge": 7 + 8, "cnn_bilstm": 6, "bilstm": 6, "transformer": 6 + 2,
        "tcn": 6, "cnn": 6, "gradient_boosting": 2,
    },
    "volatility": {"harx": 2, "harx_means": 20},
}  # fmt: skip


@pytest.mark.parametrize("leg", LEGS)
def test_variants_that_were_looked_at_are_counted(leg):
    for model, variants in LOOKED_AT[leg].items():
        assert models.find(leg, model).variants >= variants, model
    assert models.variants_looked_at(leg) >= sum(LOOKED_AT[leg].values())


def test_no_other_module_knows_a_model_by_its_id():
    """Whoever needs one asks for its part: benchmark, lead, contender, reference, family."""
    ids = {model.id for model in MODELS}
    own = {
        PACKAGE.parent / (model.implementation.partition(":")[0].replace(".", "/") + ".py")
        for model in MODELS
    }
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        if path in own or PACKAGE / "evaluation" / "models" in path.parents:
            continue
        found += [
            f"{path.relative_to(PACKAGE)}:{node.lineno} {node.value}"
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Constant) and node.value in ids - OTHER_NAMES
        ]
    assert found == []
