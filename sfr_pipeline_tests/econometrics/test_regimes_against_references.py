"""Markov-switching estimates against published ones and other programs."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from sfr_pipeline.econometrics.regime_results import MarkovSwitchingResults
from sfr_pipeline.econometrics.switching import RegimeParameters, filter_and_smooth
from sfr_pipeline_tests.econometrics.regime_models import (
    MEAN_AR2,
    PAPER,
    filter_probabilities,
    fit,
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
def fitted(name) -> MarkovSwitchingResults:
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
        params = fitted(name).estimates
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
        results, params = self.results(), self.results().estimates
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
        np.testing.assert_allclose(results.estimates.location, [-0.36, 1.16], atol=0.03)


def test_log_likelihood_and_probabilities_equal_those_of_statsmodels_at_the_same_parameters():
    from statsmodels.tsa.regime_switching.markov_regression import MarkovRegression

    series, _ = simulate(PAPER, 180, seed=3)
    results = fitted_to_simulation()
    p = results.estimates
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
    p, e = results.estimates, results.errors
    peer = MarkovRegression(
        series[1:], k_regimes=2, exog=series[:-1], switching_exog=False, switching_variance=True
    ).smooth([*p.transition[:, 0], *p.location, *p.ar, *p.variances], cov_type="approx")
    expected = [*e.transition[:, 0], *e.location, *e.ar, *e.variances]
    np.testing.assert_allclose(expected, peer.bse, rtol=5e-3)


def natural_log_likelihood(series, vector):
    """Log-likelihood in the free natural parameters: const, ar, sigma2, p[0->0], p[1->0]."""
    stay = vector[5:]
    params = RegimeParameters(
        vector[:2], vector[2:3], vector[3:5], np.column_stack([stay, 1 - stay])
    )
    return filter_and_smooth(series, params)[0]


def second_derivatives(function, at, steps):
    corners = [(a, b) for a in (1, -1) for b in (1, -1)]
    n = len(at)
    hessian = np.empty((n, n))
    for i in range(n):
        for j in range(n):
            moves = [a * steps[i] * np.eye(n)[i] + b * steps[j] * np.eye(n)[j] for a, b in corners]
            values = [a * b * function(at + m) for (a, b), m in zip(corners, moves, strict=True)]
            hessian[i, j] = sum(values) / (4 * steps[i] * steps[j])
    return hessian


def test_standard_errors_are_those_of_numerical_differentiation():
    """Second differences of two sizes in natural parameters, extrapolated, against the exact."""
    series, _ = simulate(PAPER, 180, seed=3)
    results = fitted_to_simulation()
    names = ["const[0]", "const[1]", "ar.L1", "sigma2[0]", "sigma2[1]", "p[0->0]", "p[1->0]"]
    at, errors = results.params[names].to_numpy(), results.bse[names].to_numpy()
    coarse, fine = (
        second_derivatives(lambda v: natural_log_likelihood(series, v), at, errors / size)
        for size in (40, 80)
    )
    numerical = np.sqrt(np.diag(np.linalg.inv(-(4 * fine - coarse) / 3)))
    np.testing.assert_allclose(errors, numerical, rtol=1e-6)
