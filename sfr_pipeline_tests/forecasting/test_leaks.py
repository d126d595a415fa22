"""No forecaster sees the future, none finds what is not there, and what is there is found.

The paper's rivals get smaller forests, grids and training here, the networks fewer passes: where
information leaks does not depend on how long one learns, and the signal is strong enough for both.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sfr_pipeline.engine import Local
from sfr_pipeline.evaluation.forecast_tests import diebold_mariano
from sfr_pipeline.evaluation.models import models_of
from sfr_pipeline.forecasting import study as studies
from sfr_pipeline.forecasting.forecasters.forecaster import Block, forecast
from sfr_pipeline.forecasting.scores import score_rows
from sfr_pipeline.inputs.frames import month_ends
from sfr_pipeline.training.fitting import fit
from sfr_pipeline.training.profile import QUICK
from sfr_pipeline_tests.forecasting.economies import nonlinear, random_walk
from sfr_pipeline_tests.forecasting.small_models import small_models

REAL_TIME = [model for model in models_of("forecasting") if model.runs_under("real_time")]
FORECASTERS = [model for model in REAL_TIME if not model.network]
NETWORKS = [model for model in REAL_TIME if model.network]
MODELS = [model.id for model in REAL_TIME]
PAPER = [model.id for model in models_of("forecasting") if model.runs_under("paper")]
ONE_SEED = (0,)
LEVEL = 0.05


@pytest.fixture(scope="module", autouse=True)
def _small_models():
    with small_models():
        yield


# The second fit is made in month 104, and forecasts on both sides of the cut.
FIRST, N_MONTHS, CUT = 84, 112, 107
PROFILE = replace(QUICK, seeds=1, forecasting_refit_months=20, forecasting_rare_refit_months=60)
KEY = ["origin", "horizon", "seed"]


def changes(economy):
    """Forecast changes of both protocols."""
    study = studies.prepare(
        economy.origins(FIRST), economy.targets(FIRST), economy.panel(), PROFILE
    )
    networks, _ = studies.forecast_with_networks(study, engine=Local(1))
    return pd.concat([studies.forecast_without_networks(study), networks], ignore_index=True)


def known(rows, protocol, model):
    """Forecasts of one model that were made up to the cut."""
    rows = rows[(rows["protocol"] == protocol) & (rows["model"] == model)]
    last = nonlinear(CUT, seed=0).panel()["ref_date"].max()
    return rows[rows["origin"] <= last].set_index(KEY)["change"].sort_index()


@pytest.fixture(scope="module")
def base():
    return changes(nonlinear(N_MONTHS, seed=2))


@pytest.fixture(scope="module")
def poisoned():
    return changes(nonlinear(N_MONTHS, seed=2).poisoned_after(CUT))


@pytest.fixture(scope="module")
def ended():
    return changes(nonlinear(N_MONTHS, seed=2).until(CUT))


@pytest.mark.parametrize("model", MODELS)
def test_values_of_the_future_leave_forecasts_in_real_time_as_they_are(base, poisoned, model):
    before = known(base, "real_time", model)
    assert len(before.groupby("origin")) == CUT - FIRST + 1
    pd.testing.assert_series_equal(known(poisoned, "real_time", model), before, check_exact=True)


@pytest.mark.parametrize("model", PAPER)
def test_values_after_the_split_leave_the_papers_forecasts_as_they_are(base, poisoned, model):
    before = known(base, "paper", model)
    assert len(before.groupby("origin")) == CUT - 5
    pd.testing.assert_series_equal(known(poisoned, "paper", model), before, check_exact=True)


def test_the_poison_is_noticed_once_it_is_there(base, poisoned):
    rows = base.merge(poisoned, on=["protocol", "model", *KEY], suffixes=("", "_poisoned"))
    moved = (rows["change"] - rows["change_poisoned"]).abs()
    largest = moved.groupby([rows["protocol"], rows["model"]]).max()
    assert (largest.drop("no_change", level="model") > 0).all()


@pytest.mark.parametrize("model", MODELS)
def test_a_history_that_ends_there_gives_the_same_forecasts(base, ended, model):
    # The paper's split moves with the sample's end, so only real time can be cut. Matrix products
    # of another size round differently.
    pd.testing.assert_series_equal(
        known(ended, "real_time", model), known(base, "real_time", model), rtol=1e-10
    )


@pytest.fixture(scope="module")
def origins():
    return nonlinear(100, seed=7).origins(84)


@pytest.mark.parametrize("model", FORECASTERS, ids=lambda model: model.id)
def test_forecasts_do_not_depend_on_what_else_is_asked(origins, model):
    fitted = model.create().fit(origins[0], (0, 1))
    one_by_one = np.concatenate([fitted.predict([origin]) for origin in origins])
    np.testing.assert_allclose(fitted.predict(origins), one_by_one, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("model", NETWORKS, ids=lambda model: model.id)
def test_a_networks_forecast_is_the_same_bytes_whatever_else_is_asked(origins, model):
    forecaster = model.load()(2)
    made, asked = origins[0], origins[3:]
    together = forecaster.changes(made, asked, fit(forecaster.task(made, asked, seed=1)))
    alone = forecaster.changes(made, asked[-1:], fit(forecaster.task(made, asked[-1:], seed=1)))
    np.testing.assert_array_equal(together[-1:], alone)


def one_fit(economy, n_train, epochs, models):
    """Origins, and forecast changes of the next month by model; one seed.

    One fit, of the linear models two: what they may know is as much as in the walk-forward.
    """
    origins = tuple(economy.origins(n_train)[:-1])
    block = Block(origins[0], origins)
    half = len(origins) // 2
    halves = [Block(origins[0], origins[:half]), Block(origins[half], origins[half:])]
    changes = {
        each.id: forecast(each, halves if each.load().every_month else [block], ONE_SEED)[:, 0, 0]
        for each in FORECASTERS
        if each.id in models
    }
    for model in NETWORKS:
        if model.id in models:
            network = model.load()(epochs)
            done = fit(network.task(block.made, block.asked, seed=0))
            changes[model.id] = network.changes(block.made, block.asked, done)
    return origins, changes


def judged(economy, n_train, epochs):
    """RMSE ratio to no change, statistic and p-value by model."""
    origins, changes = one_fit(economy, n_train, epochs, MODELS)
    actual = economy.targets(n_train).basket[: len(origins), 0]
    rows = {}
    for model, change in changes.items():
        statistic, p_value = diebold_mariano(actual - change, actual)
        ratio = np.sqrt(np.square(actual - change).mean() / np.square(actual).mean())
        rows[model] = {"ratio": ratio, "statistic": statistic, "p_value": p_value}
    tests = pd.DataFrame(rows).T
    return tests.assign(beats=(tests["statistic"] < 0) & (tests["p_value"] < LEVEL))


SIGNAL = nonlinear(300, seed=11)
N_TRAIN, EPOCHS = 220, 20
# Of a bent law a linear model finds the straight part.
RATIOS = {
    "ridge_changes": 0.9,
    "random_forest": 0.7,
    "transformer_changes": 0.6,
    "transformer": 0.4,
}


@pytest.fixture(scope="module")
def with_signal():
    return judged(SIGNAL, N_TRAIN, EPOCHS)


@pytest.mark.parametrize("model", RATIOS)
def test_a_strong_nonlinear_signal_is_found(with_signal, model):
    assert with_signal.loc[model, "beats"]
    assert with_signal.loc[model, "ratio"] < RATIOS[model]


def test_shuffled_changes_leave_no_skill_to_anybody(with_signal):
    shuffled = judged(SIGNAL.with_shuffled_changes(seed=0), N_TRAIN, EPOCHS)
    assert with_signal.loc[list(RATIOS), "beats"].all()
    assert not shuffled["beats"].any()
    assert shuffled["ratio"].min() > 0.95


def table_of(economy, n_train, epochs, models):
    """The forecasts as table ``forecasts`` of the paper's protocol, no change beside them."""
    origins, changes = one_fit(economy, n_train, epochs, models)
    months = pd.PeriodIndex([origin.month for origin in origins])
    start = np.array([origin.published for origin in origins])
    actual = economy.targets(n_train).basket[: len(origins), 0]
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "protocol": "paper", "model": model, "seed": -1, "split": "test",
                    "refit_months": None,
                    "origin": month_ends(months), "horizon": 1,
                    "ref_date": month_ends(months + 1), "index_at_origin": start,
                    "change": change, "forecast": start + change, "low": np.nan, "high": np.nan,
                    "actual_change": actual, "published_change": actual,
                }
            )
            for model, change in (changes | {"no_change": np.zeros(len(origins))}).items()
        ],
        ignore_index=True,
    )  # fmt: skip


RIVALS = [model for model in REAL_TIME if not model.benchmark]
CHEAP = [model.id for model in RIVALS if not model.network and model.load().every_month]
COSTLY = [model.id for model in RIVALS if model.id not in CHEAP]


@pytest.mark.parametrize(("models", "n_walks"), [(CHEAP, 30), (COSTLY, 4)], ids=["cheap", "costly"])
def test_nobody_beats_no_change_on_random_walks_more_often_than_the_tests_level(
    mini, models, n_walks
):
    verdicts = pd.concat(
        [
            score_rows(mini, table_of(random_walk(140, seed), 90, 10, models))
            for seed in range(n_walks)
        ]
    )
    rivals = verdicts[verdicts["model"] != "no_change"]
    assert len(rivals) == len(models) * n_walks
    # Better with p below 5 %, two-sided: of equals 2.5 %, of those that estimate for nothing less.
    better = (rivals["beats_no_change"] == "yes").groupby(rivals["model"]).sum()
    assert better.sum() <= stats.binom.ppf(0.999, len(rivals), LEVEL / 2)
    # One that cheats is not to hide among the others.
    assert better.max() <= stats.binom.ppf(0.999, n_walks, LEVEL / 2)


def test_all_models_are_looked_at_here():
    assert {model.id for model in models_of("forecasting")} == {*MODELS, *PAPER}
    assert {"no_change", *CHEAP, *COSTLY} == set(MODELS)
