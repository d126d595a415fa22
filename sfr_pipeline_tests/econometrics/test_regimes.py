"""Claims about estimates of Markov-switching autoregressions."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from sfr_pipeline.econometrics.switching import filter_and_smooth, regime_probabilities
from sfr_pipeline_tests.econometrics.regime_models import (
    PAPER,
    THREE_REGIMES,
    every_array,
    fit,
    fitted_to_simulation,
    simulate,
)


def test_simulated_truth_is_recovered_within_three_standard_errors():
    truth = replace(PAPER, location=np.array([0.0, 0.3]))
    results = fit(simulate(truth, 800, seed=1)[0], starts=20)
    errors = results.bse
    for name, estimate in results.params.items():
        assert abs(estimate - truth.by_name()[name]) < 3 * errors[name], name


def test_simulated_truth_of_three_regimes_in_mean_form_is_recovered():
    series, regimes = simulate(THREE_REGIMES, 600, seed=2)
    results = fit(series, k_regimes=3, form="mean", starts=20)
    np.testing.assert_allclose(results.estimates.location, THREE_REGIMES.location, atol=0.35)
    np.testing.assert_allclose(results.estimates.transition, THREE_REGIMES.transition, atol=0.12)
    hits = results.smoothed_marginal_probabilities.to_numpy().argmax(axis=1) == regimes[1:]
    assert hits.mean() > 0.85


def test_the_same_seed_gives_the_same_bytes():
    series, _ = simulate(PAPER, 120, seed=7)
    first, second = fit(series, starts=12, seed=5), fit(series, starts=12, seed=5)
    assert first.llf == second.llf
    for one, two in zip(every_array(first), every_array(second), strict=True):
        assert one.tobytes() == two.tobytes()


def test_a_parameter_on_its_bound_has_no_standard_error_but_the_others_do():
    # a one-off outlier every so often: the second regime never repeats, p[1->1] goes to zero
    rng = np.random.default_rng(0)
    series = rng.normal(size=160)
    series[10::16] += rng.normal(scale=8.0, size=10)
    results = fit(series, starts=20)
    errors = results.bse
    assert results.estimates.transition[1, 1] < 1e-6
    assert np.isnan(errors["p[1->1]"])
    assert np.isfinite([errors["ar.L1"], errors["sigma2[0]"], errors["p[0->1]"]]).all()
    assert "nan" in results.summary()


@pytest.mark.parametrize("params", [PAPER, THREE_REGIMES])
def test_no_probability_is_above_one_by_rounding(params):
    for seed in range(20):
        values, _ = simulate(params, 400, seed=seed)
        _, *states = filter_and_smooth(values, params)
        for one in states:
            assert regime_probabilities(one, params.k_regimes).max() <= 1


def test_shares_durations_and_criteria_follow_from_the_estimates():
    results = fitted_to_simulation()
    p = results.estimates.transition
    np.testing.assert_allclose(results.ergodic_shares @ p, results.ergodic_shares, atol=1e-12)
    assert results.ergodic_shares.sum() == pytest.approx(1)
    np.testing.assert_allclose(results.expected_durations, 1 / (1 - np.diag(p)))
    assert results.counted_shares.sum() == pytest.approx(1)
    calm = (results.smoothed_marginal_probabilities[0] > 0.5).mean()
    assert results.counted_shares[0] == pytest.approx(calm)
    assert results.nobs == 179
    assert results.aic == pytest.approx(14 - 2 * results.llf)
    assert results.bic == pytest.approx(7 * np.log(179) - 2 * results.llf)
    assert not results.at_variance_floor


def test_the_last_smoothed_row_is_the_last_filtered_row():
    results = fitted_to_simulation()
    filtered, smoothed = (
        results.filtered_marginal_probabilities.to_numpy(),
        results.smoothed_marginal_probabilities.to_numpy(),
    )
    np.testing.assert_allclose(smoothed[-1], filtered[-1], atol=1e-14)
    np.testing.assert_allclose(smoothed.sum(axis=1), 1, atol=1e-12)
    assert smoothed.shape == filtered.shape == (179, 2)


def test_the_summary_shows_every_parameter_and_the_agreement_of_starts():
    results = fitted_to_simulation()
    table = str(results)
    for name in ("const[0]", "const[1]", "ar.L1", "sigma2[1]", "p[0->1]", "Log-likelihood"):
        assert name in table
    assert f"{results.n_agreeing}/{results.n_starts}" in table


def test_importing_the_models_does_not_load_scipy_or_numba():
    code = (
        "import sys\n"
        "import sfr_pipeline.econometrics.markov_switching\n"
        "sys.exit('scipy' in sys.modules or 'numba' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
