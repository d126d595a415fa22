"""A forecaster that is added by one record and one class is in everything."""

from dataclasses import replace

import numpy as np
import pytest

from sfr_pipeline.errors import ExtensionError
from sfr_pipeline.evaluation import models
from sfr_pipeline.evaluation.models import Model
from sfr_pipeline.forecasting import study as studies
from sfr_pipeline.forecasting.forecasters.forecaster import HORIZONS, Block, Forecaster, forecast
from sfr_pipeline.forecasting.required import missing_rivals
from sfr_pipeline.forecasting.scores import score_rows
from sfr_pipeline.report.forecasting.charts import saved_chart
from sfr_pipeline.report.forecasting.score_charts import skill_chart
from sfr_pipeline.report.forecasting.section import score_rows as report_rows
from sfr_pipeline.report.forecasting.section import table_ten
from sfr_pipeline.report.forecasting.verdict import forecasting_summary
from sfr_pipeline.training.profile import QUICK
from sfr_pipeline_tests.forecasting.economies import nonlinear
from sfr_pipeline_tests.forecasting.small_models import small_models

N_MONTHS, FIRST = 140, 100


class HalfWayBack(Forecaster):
    """The index returns half of the way to its mean."""

    def fit(self, made, seeds):
        self.mean = made.basket.mean()
        return self

    def predict(self, asked):
        ahead = np.array([(self.mean - origin.basket.iloc[-1]) / 2 for origin in asked])
        return np.repeat(ahead[:, None, None], len(HORIZONS), axis=2)


class Peeking(HalfWayBack):
    """The index goes where the last origin that is asked for has it."""

    def predict(self, asked):
        self.mean = asked[-1].basket.iloc[-1]
        return super().predict(asked)


class Short(HalfWayBack):
    """It answers the next month alone."""

    def predict(self, asked):
        return super().predict(asked)[:, :, :1]


class Silent(HalfWayBack):
    """It forgot to return itself."""

    def fit(self, made, seeds):
        super().fit(made, seeds)


TOY = Model(
    "half_way_back",
    "forecasting",
    "Half way back",
    "own",
    f"{__name__}:HalfWayBack",
    required=("paper", "real_time"),
    featured=True,
    settings=2,
    choice="how far to go",
)


@pytest.fixture(scope="module", autouse=True)
def added():
    """The record, before the last model of its leg."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models, "MODELS", (models.MODELS[0], TOY, *models.MODELS[1:]))
        yield


@pytest.fixture(scope="module")
def forecasts(added):
    economy = nonlinear(N_MONTHS, seed=5)
    study = studies.prepare(
        economy.origins(FIRST),
        economy.targets(FIRST),
        economy.panel(),
        replace(QUICK, seeds=2, forecasting_refit_months=30, forecasting_epochs=1),
    )
    with small_models():
        return studies.assemble(study, [studies.forecast_without_networks(study)])


@pytest.fixture(scope="module")
def scores(mini, forecasts):
    return score_rows(mini, forecasts)


def test_it_forecasts_under_every_protocol_at_every_horizon(forecasts):
    own = forecasts[forecasts["model"] == TOY.id]
    assert set(zip(own["protocol"], own["horizon"], strict=True)) == {
        ("paper", 1), *(("real_time", horizon) for horizon in HORIZONS),
    }  # fmt: skip


def test_it_may_not_know_the_origins_that_are_asked_for_beside_its_own():
    economy = nonlinear(N_MONTHS, seed=5)
    origins = tuple(economy.origins(N_MONTHS - 3))
    for model, says in (
        (replace(TOY, implementation=f"{__name__}:Peeking"), "may not know the origins"),
        (replace(TOY, implementation=f"{__name__}:Short"), r"answered \(4, 1, 1\) at the origin"),
        (replace(TOY, implementation=f"{__name__}:Silent"), "'fit' must return the model itself"),
    ):
        with pytest.raises(ExtensionError, match=says) as error:
            forecast(model, [Block(origins[0], origins)], seeds=(0,))
        assert f"{origins[0].month}" in str(error.value)
        assert TOY.id in str(error.value)


def test_it_may_not_be_missing(scores):
    def named(frame):
        return [lack for lack in missing_rivals(frame) if TOY.id in lack]

    assert named(scores) == []
    without = named(scores[scores["model"] != TOY.id])
    assert len(without) == len(scores[scores["model"] == TOY.id])
    assert all(lack.endswith(f"no row of {TOY.id}") for lack in without)


def test_it_is_judged_told_and_counted(scores):
    others = forecasting_summary({"forecast_scores": scores[scores["model"] != TOY.id]})
    found = forecasting_summary({"forecast_scores": scores})
    assert found.n_models == others.n_models + 1
    names = [rival.name for rival in (*found.better, *found.worse, *found.undecided)]
    assert TOY.name in names
    before = models.variants_looked_at("forecasting")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models, "MODELS", (replace(TOY, variants=9), *models.MODELS))
        assert models.variants_looked_at("forecasting") == before + 9


def test_it_stands_in_the_tables_of_the_report_in_reading_order(scores):
    rows = {row["name"]: row for row in table_ten(scores)["test"]}
    assert list(rows)[:2] == ["No change", TOY.name]
    assert rows[TOY.name]["paper"] is None
    assert TOY.name in [row["name"] for row in report_rows(scores)]
    frame = models.model_rows(["forecasting"]).set_index("model")
    assert frame.loc[TOY.id, ["place", "settings", "family"]].tolist() == [2, 2, "own"]


def test_it_is_drawn(scores, forecasts):
    (order,) = {tuple(one["y"]["sort"]) for one in encodings(skill_chart(scores)) if "y" in one}
    assert order[:2] == ("no_change", TOY.id)
    assert TOY.id in saved_chart(forecasts).table


def encodings(chart):
    """Every encoding of a picture's parts that sorts its rows."""
    asked, found = [chart.picture.to_dict(validate=False)], []
    while asked:
        part = asked.pop()
        found += [part["encoding"]] if "sort" in part.get("encoding", {}).get("y", {}) else []
        asked += [one for one in (*part.get("layer", ()), part.get("spec")) if one]
    return found


def test_nothing_calls_it_naive(scores):
    assert models.simple_kind("forecasting", TOY.id) == ""
    found = forecasting_summary({"forecast_scores": scores})
    assert "naive" not in found.verdict
