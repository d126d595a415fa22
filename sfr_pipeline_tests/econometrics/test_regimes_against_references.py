"""The Markov-switching autoregressions against published estimates and independent code."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from sfr_pipeline.econometrics.regimes import RegimeResults, filter_probabilities, fit
from sfr_pipeline_tests.econometrics.regime_models import (
    MEAN_AR2,
    PAPER,
    fitted_to_simulation,
    simulate,
)

GOLD = Path(__file__).resolve().parents[3] / "shared" / "data" / "econometrics" / "ms_ar"
needs_gold = pytest.mark.skipif(not GOLD.is_dir(), reason=f"reference runs are not at {GOLD}")
# statsmodels labels regimes in its own order, so the columns of its files may be swapped
STATSMODELS_COLUMNS = {"defspread_180": [1, 0], "defspread_full": [1, 0]}


def read_series(name):
    rows = np.genfromtxt(GOLD / f"input_{name}.csv", delimiter=",", skip_header=1)
    return rows if rows.ndim == 1 else rows[:, 1]


@cache
def fitted(name) -> RegimeResults:
    return fit(read_series(name))


@needs_gold
@pytest.mark.parametrize("name", ["defspread_180", "defspread_full"])
class TestAgainstDirectMaximumLikelihood:
    def test_reaches_the_gold_log_likelihood_from_at_least_two_starts(self, name):
        gold = json.loads((GOLD / "output_R_direct_ml.json").read_text())[name]
        assert fitted(name).llf == pytest.approx(gold["loglik"], abs=1e-4)
        assert fitted(name).n_agreeing >= 2

    def test_parameters_equal_the_gold_ones(self, name):
        gold = json.loads((GOLD / "output_R_direct_ml.json").read_text())[name]
        params = fitted(name).params
        np.testing.assert_allclose(params.location, gold["const"], rtol=1e-3)
        np.testing.assert_allclose(params.ar, gold["ar"], rtol=1e-4)
        np.testing.assert_allclose(params.variances, gold["sigma2"], rtol=1e-3)
        np.testing.assert_allclose(
            np.diag(params.transition), [gold["p00"], gold["p11"]], rtol=1e-3
        )

    def test_smoothed_probabilities_equal_those_of_statsmodels(self, name):
        csv = GOLD / f"output_statsmodels_smoothed_{name}.csv"
        gold = np.genfromtxt(csv, delimiter=",", skip_header=1)[:, STATSMODELS_COLUMNS[name]]
        smoothed = fitted(name).smoothed_marginal_probabilities
        np.testing.assert_allclose(smoothed, gold, atol=5e-4)


@needs_gold
class TestHamilton1989:
    @staticmethod
    @cache
    def results():
        return fit(read_series("rgnp"), order=4, form="mean", switching_variance=False)

    def test_published_estimates_are_reproduced(self):
        results, params = self.results(), self.results().params
        assert results.llf == pytest.approx(-181.26339, abs=1e-4)
        assert results.n_agreeing >= 2
        np.testing.assert_allclose(params.location, [-0.3588, 1.1635], atol=2e-4)
        np.testing.assert_allclose(params.ar, [0.0135, -0.0575, -0.2470, -0.2129], atol=2e-4)
        np.testing.assert_allclose(params.variances, 0.5914, atol=2e-4)
        np.testing.assert_allclose(np.diag(params.transition), [0.7547, 0.9041], atol=2e-4)

    def test_smoothed_probabilities_equal_those_of_statsmodels(self):
        csv = GOLD / "output_statsmodels_hamilton1989_smoothed.csv"
        gold = np.genfromtxt(csv, delimiter=",", skip_header=1)
        smoothed = self.results().smoothed_marginal_probabilities
        np.testing.assert_allclose(smoothed, gold, atol=5e-4)

    def test_losing_the_first_observation_does_not_lead_to_a_degenerate_optimum(self):
        results = fit(read_series("rgnp")[1:], order=4, form="mean", switching_variance=False)
        assert results.llf > -180.1
        np.testing.assert_allclose(results.params.location, [-0.36, 1.16], atol=0.03)


def test_log_likelihood_and_probabilities_equal_those_of_statsmodels_at_the_same_parameters():
    from statsmodels.tsa.regime_switching.markov_regression import MarkovRegression

    series, _ = simulate(PAPER, 180, seed=3)
    results = fitted_to_simulation()
    p = results.params
    peer = MarkovRegression(
        series[1:], k_regimes=2, exog=series[:-1], switching_exog=False, switching_variance=True
    ).smooth([*p.transition[:, 0], *p.location, *p.ar, *p.variances])
    assert results.llf == pytest.approx(peer.llf, abs=1e-8)
    filtered, smoothed = peer.filtered_marginal_probabilities, peer.smoothed_marginal_probabilities
    np.testing.assert_allclose(results.filtered_marginal_probabilities, filtered, atol=1e-9)
    np.testing.assert_allclose(results.smoothed_marginal_probabilities, smoothed, atol=1e-9)


# statsmodels 0.15 attaches a switching variance to a lagged regime when order > 1, so that case is
# checked by the sum over all paths below and not here
@pytest.mark.parametrize(
    "params",
    [replace(MEAN_AR2, ar=np.array([0.4])), replace(MEAN_AR2, variances=np.array([0.3, 0.3]))],
    ids=["one lag", "two lags and a common variance"],
)
def test_mean_form_equals_the_markov_autoregression_of_statsmodels(params):
    from statsmodels.tsa.regime_switching.markov_autoregression import MarkovAutoregression

    series, _ = simulate(params, 150, seed=4)
    p = params
    peer = MarkovAutoregression(
        series, k_regimes=2, order=p.order, switching_ar=False, switching_variance=True
    ).smooth([*p.transition[:, 0], *p.location, *p.variances, *p.ar])
    filtered = filter_probabilities(series, params)
    np.testing.assert_allclose(filtered, peer.filtered_marginal_probabilities, atol=1e-9)


def test_standard_errors_equal_those_of_a_numerical_hessian_in_natural_parameters():
    from statsmodels.tsa.regime_switching.markov_regression import MarkovRegression

    series, _ = simulate(PAPER, 180, seed=3)
    results = fitted_to_simulation()
    p, e = results.params, results.standard_errors
    peer = MarkovRegression(
        series[1:], k_regimes=2, exog=series[:-1], switching_exog=False, switching_variance=True
    ).smooth([*p.transition[:, 0], *p.location, *p.ar, *p.variances], cov_type="approx")
    expected = [*e.transition[:, 0], *e.location, *e.ar, *e.variances]
    np.testing.assert_allclose(expected, peer.bse, rtol=5e-3)
