"""How often models are fitted anew: as the profile says, and as the tables state."""

import pytest

from sfr_pipeline.evaluation import models
from sfr_pipeline.forecasting import study as studies
from sfr_pipeline.forecasting.forecasters import sklearn_models
from sfr_pipeline.forecasting.refits import refit_months
from sfr_pipeline.training.profile import PROFILES
from sfr_pipeline_tests.forecasting.economies import nonlinear
from sfr_pipeline_tests.forecasting.small_models import small_models
from sfr_pipeline_tests.forecasting.test_protocols import FIRST, N_MONTHS, PROFILE, running


@pytest.fixture(scope="module")
def study():
    economy = nonlinear(N_MONTHS, seed=5)
    return studies.prepare(economy.origins(FIRST), economy.targets(FIRST), economy.panel(), PROFILE)


def test_networks_are_refitted_as_the_profile_says_and_the_named_exception_rarely(study):
    blocks = study.real_time.blocks(15)
    assert [len(block.asked) for block in blocks] == [15, 15, 11]
    assert all(block.made is block.asked[0] for block in blocks)
    fits = studies.network_fits(study)
    made = {
        model.id: [fit for fit in fits if (fit.protocol, fit.model) == ("real_time", model)]
        for model in running("real_time", network=True)
    }
    assert len(made["transformer"]) == 2 * PROFILE.seeds
    assert len(made["transformer_changes"]) == 3 * PROFILE.seeds
    paper = [fit for fit in fits if fit.protocol == "paper"]
    assert len(paper) == len(running("paper", network=True)) * PROFILE.seeds


def test_a_refit_is_where_the_stated_interval_has_it(study, monkeypatch):
    """What the tables state is what was done: counted at the class itself."""
    made = []
    fit = sklearn_models.SupportVectors.fit

    def counted(self, origin, seeds):
        made.append(origin.month)
        return fit(self, origin, seeds)

    monkeypatch.setattr(sklearn_models.SupportVectors, "fit", counted)
    monkeypatch.setattr(models, "MODELS", (models.find("forecasting", "svm"),))
    with small_models():
        studies.forecast_without_networks(study)
    # The paper's one fit is the last.
    first = study.real_time.origins[0].month
    assert made[:-1] == [first, first + 15, first + 30]


@pytest.mark.parametrize(
    ("profile", "intervals"), [("quick", (120, 120)), ("default", (12, 60)), ("full", (12, 12))]
)
def test_by_default_models_are_refitted_yearly_but_for_the_level_transformer(profile, intervals):
    chosen = PROFILES[profile]
    found = {
        model.id: refit_months(model, "real_time", chosen)
        for model in running("real_time")
        if model.network or model.family == "paper"
    }
    assert found.pop("transformer") == intervals[1]
    assert set(found.values()) == {intervals[0]}
