"""Naive rules and baselines against closed forms."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.econometrics import GARCH
from sfr_pipeline.errors import ConvergenceError, EstimationError
from sfr_pipeline.evaluation.models import simple_models
from sfr_pipeline.markets.stress import Level
from sfr_pipeline.stress.assembly import build_sample
from sfr_pipeline.stress.baselines import (
    Climatology,
    GradientBoosting,
    ImpliedVolatility,
    LastLabel,
    VolatilityGap,
)
from sfr_pipeline.stress.garch import garch_forecast
from sfr_pipeline.stress.sample import Label, Outcomes, Sample
from sfr_pipeline.stress.splits import walk_forward_folds
from sfr_pipeline.stress.walk_forward import run_classifiers
from sfr_pipeline_tests.stress import simulated

LABEL_21 = Label("F21", 21, np.zeros(4))
LABEL = Label("F2", 2, np.array([0, 1, 1, 0, 1, np.nan, np.nan]))


def test_the_base_rate_counts_labels_that_are_known():
    odds = np.exp(Climatology().inputs(None, LABEL)[:, 0])
    # Known at the close of day 4: labels of days 0, 1, 2, one calm and two stressed.
    assert odds[4] == pytest.approx((2 + 0.5) / (1 + 0.5))
    assert odds[1] == pytest.approx(1)


def test_the_last_known_label_is_a_horizon_old():
    known = LastLabel().inputs(None, LABEL)[:, 0]
    assert np.isnan(known[:2]).all()
    assert known[2:].tolist() == [0, 1, 1, 0, 1]


def test_the_last_label_of_a_days_own_stress_is_yesterdays():
    label = Label("D90", 0, np.array([0.0, 1, 1, 0]))
    assert LastLabel().inputs(None, label)[1:, 0].tolist() == [0, 1, 1]


def test_trees_do_without_a_market_that_has_not_joined():
    rng = np.random.default_rng(0)
    inputs = np.column_stack([rng.normal(size=400), np.full(400, np.nan)])
    trees = GradientBoosting().fit(inputs, (inputs[:, 0] > 0).astype(float))
    joined = np.array([[2.0, 1.0], [-2.0, 1.0]])
    assert trees.predict(joined)[0] > 0 > trees.predict(joined)[1]


@pytest.mark.parametrize("model", simple_models("stress"), ids=lambda model: model.id)
def test_a_training_sample_without_stress_gives_low_log_odds(model):
    rows = np.random.default_rng(0).normal(size=(300, 5)) - 4
    assert (model.create().fit(rows, np.zeros(300)).predict(rows) < 0).all()


def test_the_garch_forecast_tends_to_the_long_run_with_the_horizon():
    rng = np.random.default_rng(1)
    variance, moves = 1e-4, []
    for _ in range(2500):
        moves.append(np.sqrt(variance) * rng.standard_t(8) / np.sqrt(8 / 6))
        variance = 3e-6 + 0.08 * moves[-1] ** 2 + 0.89 * variance
    dates = pd.bdate_range("2000-01-03", periods=2500)
    near, far = (garch_forecast(np.array(moves), dates, horizon) for horizon in (1, 250))
    assert np.isnan(near[:252]).all()
    last = slice(2200, 2500)
    # One year has one set of parameters: only the distance from the long run shrinks.
    assert far[last].std() < 0.5 * near[last].std()
    assert np.corrcoef(far[last], near[last])[0, 1] > 0.9
    truth = np.log(np.sqrt(252 * 3e-6 / (1 - 0.97)))
    assert far[last].mean() == pytest.approx(truth, abs=0.25)


def test_a_garch_forecast_passes_over_days_without_a_return():
    dates = pd.bdate_range("2000-01-03", periods=700)
    returns = np.random.default_rng(0).normal(0, 0.01, 700)
    without = np.isin(np.arange(700), [0, 300, 301, 650])
    found = garch_forecast(np.where(without, np.nan, returns), dates)
    assert np.isnan(found[without]).all()
    expected = garch_forecast(returns[~without], dates[~without])
    np.testing.assert_array_equal(found[~without], expected)
    with pytest.raises(EstimationError, match="are infinite"):
        garch_forecast(np.where(without, np.inf, returns), dates)


def test_a_garch_forecast_that_never_converges_says_of_what(monkeypatch):
    monkeypatch.setattr("sfr_pipeline.econometrics.garch.MOST_STEPS", 1)
    returns = np.random.default_rng(0).normal(0, 0.01, 600)
    with pytest.raises(ConvergenceError, match=r"in any year: .* of equity did not"):
        garch_forecast(returns, pd.bdate_range("2000-01-03", periods=600), name="equity")


def test_a_year_whose_garch_fit_fails_keeps_the_parameters_before(monkeypatch, caplog):
    returns = np.random.default_rng(0).normal(0, 0.01, 900)
    dates = pd.bdate_range("2000-01-03", periods=900)
    plain = garch_forecast(returns, dates, name="equity")
    fit, n_fits = GARCH.fit, []

    def fails_the_second_time(self):
        n_fits.append(1)
        if len(n_fits) == 2:
            raise ConvergenceError(f"{self.returns.name} did not converge")
        return fit(self)

    monkeypatch.setattr(GARCH, "fit", fails_the_second_time)
    found = garch_forecast(returns, dates, name="equity")
    assert "keep the year before's fit in 2002: equity did not converge" in caplog.text
    np.testing.assert_array_equal(found[dates.year != 2002], plain[dates.year != 2002])
    assert np.isfinite(found[dates.year == 2002]).all()


def gap_sample(log_volatility, thresholds, breadth=2, implied=None):
    """Four days of three markets with one volatility feature each."""
    names = tuple(f"{market}_log_ewma" for market in "abc")
    nothing = np.full((len(log_volatility), 3), np.nan)
    outcomes = {
        horizon: Outcomes(horizon, nothing, thresholds * factor, nothing, np.isnan(nothing))
        for horizon, factor in ((5, 2.0), (21, 1.0), (63, 3.0))
    }
    days = pd.bdate_range("2000-01-03", periods=len(log_volatility))
    return Sample(
        days, log_volatility, names, ("a", "b", "c"), {}, outcomes, nothing[:, 0], nothing, breadth,
        implied,
    )  # fmt: skip


VOLATILITY = np.array([[0.10, 0.30, 0.20], [0.40, 0.10, 0.20], [0.40, np.nan, 0.20], [0.1] * 3])
THRESHOLDS = np.array([[0.20, 0.20, 0.20], [0.20, 0.20, 0.10], [0.20, 0.20, np.nan], [0.2] * 3])


def test_the_gap_rule_is_the_second_largest_of_the_log_volatilities_over_their_thresholds():
    sample = gap_sample(np.log(VOLATILITY), THRESHOLDS)
    found = VolatilityGap("log_ewma").inputs(sample, LABEL_21)[:, 0]
    # On the third day only one market has both.
    assert found == pytest.approx(np.log([1.0, 2.0, np.nan, 0.5]), nan_ok=True)
    # Thresholds of another horizon are other ones; a day's own stress takes the middle horizon's.
    further = VolatilityGap("log_ewma").inputs(sample, replace(LABEL_21, horizon=63))[:, 0]
    assert further == pytest.approx(found - np.log(3), nan_ok=True)
    own_day = VolatilityGap("log_ewma").inputs(sample, replace(LABEL_21, horizon=0))[:, 0]
    np.testing.assert_array_equal(own_day, found)
    first = VolatilityGap("log_ewma").inputs(replace(sample, breadth=1), LABEL_21)[:, 0]
    assert first == pytest.approx(np.log([1.5, 2.0, 2.0, 0.5]))


def test_stress_of_the_day_is_told_from_thresholds_of_the_day_before():
    sample = gap_sample(np.log(VOLATILITY), THRESHOLDS)
    today = VolatilityGap("log_ewma").inputs(sample, replace(LABEL_21, horizon=0))[:, 0]
    lagged = VolatilityGap("log_ewma").inputs(sample.lagged(), replace(LABEL_21, horizon=0))[:, 0]
    np.testing.assert_array_equal(lagged[1:], today[:-1])
    assert np.isnan(lagged[0])


def test_the_rule_of_implied_volatility_has_no_input_on_a_market_without_one():
    sample = gap_sample(np.log(VOLATILITY), THRESHOLDS)
    assert np.isnan(ImpliedVolatility().inputs(sample, LABEL_21)).all()
    with_one = replace(sample, implied="a_log_ewma")
    assert (ImpliedVolatility().inputs(with_one, LABEL_21)[:, 0] == sample.features[:, 0]).all()


def test_an_optional_rule_runs_where_it_has_inputs_on_all_test_days_and_a_required_one_must():
    moves = simulated.returns(1400)
    features, outcomes, labels = simulated.tables(moves)[1:]
    implied = features[features["feature"] == "equity_log_ewma"].assign(feature="vix_log")
    settings = simulated.SETTINGS.model_copy(update={"implied": [Level(id="vix", symbol="VIX")]})

    def ran(extra):
        sample = build_sample(settings, moves, pd.concat([features, extra]), outcomes, labels)
        label = sample.labels["F5"]
        folds = walk_forward_folds(sample.dates, label, 2005, first_row=32)
        return {run.model for run in run_classifiers(sample, label, folds, "walk_forward")}

    required = {model.id for model in simple_models("stress") if "walk_forward" in model.required}
    optional = {model.id for model in simple_models("stress")} - required
    assert ran(implied) == required | optional
    assert ran(implied[:0]) == required
    assert ran(implied[:-3]) == required


def test_a_rules_probability_rises_with_its_number_and_is_its_prior_without_labels():
    rows = np.linspace(-2, 2, 400)[:, None]
    for model in simple_models("stress"):
        rule = model.create()
        if not hasattr(rule, "prior"):
            continue
        calm = rule.fit(rows, np.zeros(400), 21).predict(rows)
        assert (np.diff(calm) >= 0).all(), model.id
        falling = rule.fit(rows, (rows[:, 0] < 0).astype(float), 21).predict(rows)
        # A rule that is upside down tells nothing; it does not turn around.
        assert (np.diff(falling) >= 0).all(), model.id
