"""Naive rules and baselines against closed forms."""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.econometrics import GARCH
from sfr_pipeline.errors import ConvergenceError, EstimationError
from sfr_pipeline.evaluation.models import simple_models
from sfr_pipeline.stress.baselines import Climatology, GradientBoosting, LastLabel
from sfr_pipeline.stress.garch import garch_forecast
from sfr_pipeline.stress.sample import Label

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


def test_a_garch_forecast_refuses_gaps():
    returns = np.full(600, 0.01)
    returns[300] = np.nan
    with pytest.raises(EstimationError, match="have gaps"):
        garch_forecast(returns, pd.bdate_range("2000-01-03", periods=600))


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
