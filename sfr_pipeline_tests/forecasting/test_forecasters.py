"""Each forecaster against its closed form, another library, or a law that it must find."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from statsmodels.tsa.ar_model import AutoReg

from sfr_pipeline.errors import EstimationError
from sfr_pipeline.evaluation.models import find, models_of
from sfr_pipeline.forecasting.forecasters import ridge, simple, sklearn_models, var
from sfr_pipeline.forecasting.forecasters.forecaster import HORIZONS, WINDOW, h_month_changes
from sfr_pipeline.forecasting.forecasters.networks import (
    NetworkOnChanges,
    NetworkOnLevels,
    shrinkage,
)
from sfr_pipeline.training.scaler import Scaler
from sfr_pipeline.training.spec import Fit
from sfr_pipeline.training.windows import windows_of
from sfr_pipeline_tests.forecasting.economies import nonlinear, random_walk
from sfr_pipeline_tests.forecasting.small_models import small_models

NO_SEEDS = (0,)
RIVALS = (
    sklearn_models.BackPropagation,
    sklearn_models.SupportVectors,
    sklearn_models.RandomForest,
)


@pytest.fixture(scope="module")
def origins():
    return nonlinear(120, seed=3).origins(first=110)


@pytest.fixture(scope="module")
def origin(origins):
    return origins[0]


def a_fit(outputs):
    return Fit(np.asarray(outputs, float)[:, None], np.zeros(1), np.zeros(1), {})


def test_no_change_forecasts_none(origins):
    changes = simple.NoChange().fit(origins[0], NO_SEEDS).predict(origins)
    assert changes.shape == (len(origins), 1, 6)
    assert not changes.any()


def test_the_expanding_mean_is_reached_at_once_from_any_origin(origins):
    changes = simple.ExpandingMean().fit(origins[0], NO_SEEDS).predict(origins)
    for origin, change in zip(origins, changes, strict=True):
        np.testing.assert_allclose(
            origin.basket.iloc[-1] + change, [[origins[0].basket.mean()] * 6]
        )


def test_ar1_agrees_with_statsmodels_at_all_horizons(origin):
    expected = AutoReg(origin.basket.to_numpy(), 1).fit().forecast(6) - origin.basket.iloc[-1]
    changes = simple.AR1().fit(origin, NO_SEEDS).predict([origin])
    np.testing.assert_allclose(changes[0, 0], expected, rtol=1e-10)


def test_the_regime_model_is_held_against_the_published_index(origins):
    changes = simple.MarkovSwitching().fit(origins[0], NO_SEEDS).predict(origins)
    expected = [origin.regime_forecast - origin.published for origin in origins]
    np.testing.assert_array_equal(changes[:, 0, 0], expected)


def test_var_agrees_with_least_squares_iterated_by_hand(origin):
    rows = origin.inputs.to_numpy()
    lagged = np.column_stack([np.ones(len(rows) - 1), rows[:-1]])
    coefficients = np.linalg.solve(lagged.T @ lagged, lagged.T @ rows[1:])
    state, expected = rows[-1], []
    for _ in HORIZONS:
        state = coefficients[0] + state @ coefficients[1:]
        expected.append(state[0] - rows[-1, 0])
    changes = var.VectorAutoregression().fit(origin, NO_SEEDS).predict([origin])
    np.testing.assert_allclose(changes[0, 0], expected, rtol=1e-8)


@pytest.mark.parametrize("horizon", [1, 3, 6])
def test_ridge_agrees_with_scikit_learns_grid_search(origin, horizon):
    targets = h_month_changes(origin.changes, horizon)
    rows = origin.features.to_numpy()
    search = GridSearchCV(
        make_pipeline(StandardScaler(), Ridge()),
        {"ridge__alpha": 10 ** np.arange(0, 6.1, 0.5)},
        scoring="neg_mean_squared_error",
        cv=TimeSeriesSplit(5, gap=horizon - 1),
    ).fit(rows[: len(targets)], targets)
    fit = ridge.ridge_changes_at(origin, horizon)
    assert fit.penalty == pytest.approx(search.best_params_["ridge__alpha"])
    np.testing.assert_allclose(fit.predict(rows), search.predict(rows), rtol=1e-9, atol=1e-12)
    changes = ridge.RidgeChanges().fit(origin, NO_SEEDS).predict([origin])
    np.testing.assert_allclose(changes[0, 0, horizon - 1], search.predict(rows[-1:])[0])


def test_ridge_does_not_believe_noise_and_believes_a_law():
    rng = np.random.default_rng(0)
    rows, noise = rng.normal(size=(200, 20)), rng.normal(size=200)
    assert ridge.fit_ridge(rows, noise).penalty >= 100
    assert ridge.fit_ridge(rows, rows[:, 0] + 0.01 * noise).penalty == 1


def test_contributions_and_intercept_add_up_to_the_forecast(origin):
    fit = ridge.ridge_changes_at(origin, 1)
    now = origin.features.to_numpy()[-1]
    assert fit.contributions(now).sum() + fit.intercept == pytest.approx(fit.predict(now))


def test_ridge_says_when_the_sample_is_too_short_for_its_folds(origin):
    with pytest.raises(EstimationError, match="min_months"):
        ridge.fit_ridge(origin.features.to_numpy()[:9], np.arange(9.0), gap=5)


def test_what_is_learnt_are_the_matched_changes_and_not_those_of_the_basket(origin):
    # An indicator that joins moves the basket's level; the matched change does not notice.
    follows = origin.features["driver2"].where(origin.changes.notna())
    origin = replace(origin, changes=follows, basket=origin.basket * 0)
    changes = ridge.RidgeChanges().fit(origin, NO_SEEDS).predict([origin])
    assert changes[0, 0, 0] == pytest.approx(origin.features["driver2"].iloc[-1], abs=0.05)


def test_changes_over_several_months_are_sums_of_those_that_are_known():
    changes = pd.Series([1.0, 2.0, 4.0, np.nan])
    np.testing.assert_array_equal(h_month_changes(changes, 1), [1, 2, 4])
    np.testing.assert_array_equal(h_month_changes(changes, 2), [3, 6])
    np.testing.assert_array_equal(h_month_changes(changes, 3), [7])


@pytest.mark.parametrize("kind", RIVALS)
def test_the_papers_rivals_forecast_the_level_that_follows_a_window(kind):
    # A sawtooth of period 4: whoever has seen it knows what comes.
    wave = np.tile([0.0, 1.0, 3.0, 1.0], 30)
    economy = replace(random_walk(120, seed=0, n_drivers=1), index=wave)
    made, *asked = economy.origins(first=100)
    changes = kind().fit(made, (0, 1)).predict(asked[:-1])
    actual = economy.targets(101).basket[:-1, :1]
    np.testing.assert_allclose(changes.mean(axis=1), actual, atol=0.5)


def test_rivals_with_randomness_have_one_forecast_a_seed_that_the_seed_reproduces():
    (origin,) = nonlinear(40, seed=3).origins(first=40)
    for kind in (sklearn_models.BackPropagation, sklearn_models.RandomForest):
        with small_models():
            changes = kind().fit(origin, (0, 1)).predict([origin])
            again = kind().fit(origin, (0, 1)).predict([origin])
        assert changes.shape == (1, 2, 1)
        assert changes[0, 0, 0] != changes[0, 1, 0]
        np.testing.assert_array_equal(again, changes)


def test_the_transformers_task_is_table_7(origin):
    task = NetworkOnLevels().task(origin, [origin], seed=5)
    assert (task.network, task.seed) == ("sfr_pipeline.networks.transformer:Transformer", 5)
    assert task.options == {"d_model": 64, "heads": 4, "layers": 2, "dropout": 0.05}
    training = task.training
    assert (training.epochs, training.batch_size, training.loss) == (200, 32, "mse")
    assert training.patience is None
    assert training.weight_decay == 0
    assert task.inputs.shape == (110 - 6, 6, 4)
    assert task.predict.shape == (1, 6, 4)
    assert task.validation_inputs is None


def test_a_window_of_levels_is_followed_by_its_target_and_the_last_is_known(origin):
    task = NetworkOnLevels().task(origin, [origin], seed=0)
    basket = origin.basket
    scaler = Scaler.of(origin.inputs.to_numpy()[:-1])
    of_targets = Scaler.of(basket.to_numpy()[6:])
    np.testing.assert_allclose(of_targets.undo(task.targets[:, 0]), basket.iloc[6:])
    np.testing.assert_allclose(scaler.undo(task.inputs)[:, -1, 0], basket.iloc[5:-1])
    np.testing.assert_allclose(scaler.undo(task.predict)[0], origin.inputs.iloc[-6:])


def test_the_papers_transformer_learns_all_training_rows_as_its_rivals_do(origin):
    task = NetworkOnLevels().task(origin, [origin], seed=0)
    assert len(task.targets) == len(windows_of(origin.inputs.to_numpy(), WINDOW)) - 1 == 104
    assert task.validation_inputs is None
    assert task.validation_targets is None


def test_standardisation_uses_the_rows_that_are_learnt_from_alone(origin):
    task = NetworkOnChanges().task(origin, [origin], seed=0)
    assert (len(task.targets), len(task.validation_targets)) == (83, 21)
    np.testing.assert_allclose([task.targets.mean(), task.targets.std()], [0, 1], atol=1e-12)
    # Months of the learnt windows, each once: the first of each window, and the rest of the last.
    months = np.concatenate([task.inputs[:, 0], task.inputs[-1, 1:]])
    np.testing.assert_allclose(months.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(months.std(axis=0), 1)


def test_level_outputs_become_changes_from_each_origins_own_level(origins):
    forecaster, made = NetworkOnLevels(), origins[0]
    levels = made.basket.to_numpy()[6:]
    outputs = np.zeros(len(origins))
    expected = levels.mean() - [origin.basket.iloc[-1] for origin in origins]
    np.testing.assert_allclose(forecaster.changes(made, origins, a_fit(outputs)), expected)


def test_the_shrinkage_factor_is_the_best_in_the_unit_interval():
    actual = np.array([1.0, -2.0, 3.0])
    assert shrinkage(actual, actual) == 1
    assert shrinkage(actual, 2 * actual) == 0.5
    assert shrinkage(actual, 0.1 * actual) == 1
    assert shrinkage(actual, -actual) == 0
    assert shrinkage(actual, 0 * actual) == 0


def test_a_network_that_failed_on_the_validation_months_becomes_no_change(origins):
    forecaster, made = NetworkOnChanges(), origins[0]
    task = forecaster.task(made, origins, seed=0)
    validation = task.validation_targets[:, 0]
    asked = np.ones(len(origins))
    opposed = a_fit(np.concatenate([-9 * validation, asked]))
    assert not forecaster.changes(made, origins, opposed).any()
    right = forecaster.changes(made, origins, a_fit(np.concatenate([validation, asked])))
    learnt = made.changes.to_numpy()[5:-1][: len(task.targets)]
    np.testing.assert_allclose(right, learnt.mean() + learnt.std())


def test_a_feature_that_is_gone_counts_as_its_mean_and_a_new_one_is_not_used(origins):
    made, later = origins[0], origins[-1]
    features = later.features.drop(columns="driver1").assign(new=7.0)
    task = NetworkOnChanges().task(made, [later, replace(later, features=features)], seed=0)
    complete, changed = task.predict[-2:]
    assert not changed[:, 1].any()
    np.testing.assert_array_equal(np.delete(changed, 1, 1), np.delete(complete, 1, 1))


def test_the_records_count_the_settings_that_the_fits_choose_from():
    tried = {model.id: model.settings for model in models_of("forecasting")}
    for model in models_of("forecasting"):
        if model.load() in RIVALS:
            (values,) = model.load().grid.values()
            assert tried[model.id] == len(values)
            assert str(values) in model.choice
    assert tried["ridge"] == tried["ridge_changes"] == len(ridge.PENALTIES)
    assert f"order {var.ORDER}" in find("forecasting", "var").choice
