"""The factor filter is the conditional expectation of a joint normal, and never looks ahead."""

import numpy as np
import pytest

from sfr_pipeline.econometrics.kernels.factor_var import VarPath, VarSettings, filter_var
from sfr_pipeline.econometrics.kernels.factors import filter_factors
from sfr_pipeline.econometrics.kernels.matrices import condition, is_stable
from sfr_pipeline.econometrics.tvp_favar import (
    estimate,
)
from sfr_pipeline_tests.econometrics.estimates import macro_block
from sfr_pipeline_tests.econometrics.simulation import (
    simulate,
)


@pytest.mark.parametrize("k", [1, 2, 5])
def test_stability_is_told_by_the_eigenvalues(k):
    rng = np.random.default_rng(k)
    for _ in range(200):
        matrix = rng.standard_normal((k, k))
        radius = np.abs(np.linalg.eigvals(matrix)).max()
        for share in (0.3, 0.999, 1 - 1e-7, 1 + 1e-7, 1.001, 3.0):
            assert is_stable(matrix * (0.9999 * share / radius), 0.9999) == (share < 1)


def joint_normal(rank, seed=0):
    """Moments of 3 observed and 4 other variables, with the means in the last column."""
    root = np.random.default_rng(seed).standard_normal((7, rank))
    return np.column_stack([root @ root.T, root @ np.ones(rank)])


def test_conditioning_gives_the_moments_of_the_textbook():
    joint = joint_normal(rank=7)
    gain = np.linalg.solve(joint[:3, :3], joint[:3, 3:7]).T
    expected = joint[3:] - gain @ joint[:3]
    assert condition(joint, 3) == 0
    np.testing.assert_allclose(joint[3:, 3:], expected[:, 3:], atol=1e-11)
    assert np.array_equal(joint[3:, 3:7], joint[3:, 3:7].T)


def test_a_dependent_variable_is_counted_and_passed_over_as_by_the_pseudo_inverse():
    joint = joint_normal(rank=2)
    gain = joint[3:, :3] @ np.linalg.pinv(joint[:3, :3], rcond=1e-12)
    expected = joint[3:] - gain @ joint[:3]
    assert condition(joint, 3) == 1
    np.testing.assert_allclose(joint[3:, 3:], expected[:, 3:], atol=1e-12)


def factor_problem(n_macro, lags, seed=0):
    """Scores, mask, loadings, variances, VAR and macro of a small problem, all at random."""
    rng = np.random.default_rng(seed)
    n_periods, n_series, r = 9, 3, n_macro + 1
    observed = rng.random((n_periods, n_series)) < 0.7
    observed[-1] = False
    scores = np.where(observed, rng.standard_normal((n_periods, n_series)), 0.0)
    loadings = rng.standard_normal((n_periods, r, n_series))
    variance = rng.uniform(0.1, 1.0, (n_periods, n_series))
    coefficients = rng.uniform(-0.5, 0.5, (n_periods, r, r * lags))
    root = rng.standard_normal((n_periods, r, r))
    var = VarPath(coefficients, root @ np.swapaxes(root, 1, 2) + 0.1 * np.eye(r), 0)
    macro = rng.standard_normal((n_periods, n_macro))
    return scores, observed, loadings, variance, var, macro


def filtered(problem, lags, last=None):
    scores, observed, loadings, variance, var, macro = problem
    cut = slice(last)
    return filter_factors(
        scores[cut],
        observed[cut].astype(float),
        loadings[cut],
        variance[cut],
        VarPath(var.coefficients[cut], var.covariance[cut], 0),
        macro[cut],
        lags=lags,
        prior_variance=10.0,
    )


@pytest.mark.parametrize("lags", [1, 3])
@pytest.mark.parametrize("n_macro", [0, 2])
def test_factors_are_the_conditional_expectation_of_the_joint_normal(n_macro, lags):
    problem = factor_problem(n_macro, lags)
    scores, observed, loadings, variance, var, macro = problem
    n_periods, r = len(scores), n_macro + 1
    k = r * lags
    # Write all states as one linear map of the first state and all shocks; no recursion is left.
    n_shocks = k + r * (n_periods - 1)
    shock_cov = np.zeros((n_shocks, n_shocks))
    shock_cov[:k, :k] = 10.0 * np.eye(k)
    states = np.zeros((n_periods, k, n_shocks))
    states[0, :, :k] = np.eye(k)
    for t in range(1, n_periods):
        states[t, :r] = var.coefficients[t - 1] @ states[t - 1]
        states[t, r:] = states[t - 1, : k - r]
        here = slice(k + r * (t - 1), k + r * t)
        states[t, :r, here] += np.eye(r)
        shock_cov[here, here] = var.covariance[t]

    def given_data_up_to(last):
        rows, noise, values = [], [], []
        for t in range(last + 1):
            for i in np.flatnonzero(observed[t]):
                rows.append(loadings[t, :, i] @ states[t, :r])
                noise.append(variance[t, i])
                values.append(scores[t, i])
            for j in range(n_macro):
                rows.append(states[t, j])
                noise.append(0.0)
                values.append(macro[t, j])
        measured = np.array(rows) @ shock_cov
        gain = np.linalg.solve(measured @ np.array(rows).T + np.diag(noise), measured).T
        return gain @ np.array(values), shock_cov - gain @ measured

    path = filtered(problem, lags)
    for t in range(n_periods):
        mean, _ = given_data_up_to(t)
        np.testing.assert_allclose(path.filtered[t], states[t, :r] @ mean, atol=1e-9)
    mean, cov = given_data_up_to(n_periods - 1)
    np.testing.assert_allclose(path.state, states[-1] @ mean, atol=1e-9)
    np.testing.assert_allclose(path.state_covariance, states[-1] @ cov @ states[-1].T, atol=1e-9)
    for t in range(n_periods):
        np.testing.assert_allclose(path.smoothed[t], states[t, :r] @ mean, atol=1e-9)
        factor = states[t, r - 1]
        np.testing.assert_allclose(path.variance[t], factor @ cov @ factor, atol=1e-9)


@pytest.mark.parametrize("n_macro", [0, 2])
def test_factor_filter_never_looks_ahead_given_its_parameters(n_macro):
    problem = factor_problem(n_macro, lags=2)
    whole = filtered(problem, lags=2)
    for last in (1, 4, 8):
        part = filtered(problem, lags=2, last=last)
        assert np.array_equal(part.filtered, whole.filtered[:last])


def test_filtered_parameters_never_look_ahead_given_the_component():
    factors = np.column_stack([macro_block(80), simulate(80).factor])
    parameters = VarSettings(
        coefficient_forgetting=0.99,
        covariance_decay=0.96,
        initial_covariance=0.1,
        minnesota_tightness=0.1,
        minnesota_own_lag=0.9,
        regularization=1e-8,
    )
    active = np.ones(80, dtype=bool)
    whole = filter_var(factors, active, 2, parameters)
    for last in (4, 33, 79):
        part = filter_var(factors[:last], active[:last], 2, parameters)
        assert np.array_equal(part.covariance, whole.covariance[:last])


def test_an_empty_end_of_the_sample_is_forecast_by_the_var():
    panel = simulate(n_periods=80).panel
    panel[-2:] = np.nan
    results = estimate(panel)
    # The forecast coefficients are those of the period before.
    for t in (78, 79):
        expected = results.coefficients[t - 1, 0, 0] * results.factor_filtered[t - 1]
        np.testing.assert_allclose(results.factor_filtered[t], expected, rtol=1e-12)
    assert np.array_equal(results.covariance[79], results.covariance[77])
    assert np.array_equal(results.loadings_filtered[79], results.loadings_filtered[77])
    assert results.factor_variance[79] > results.factor_variance[78] > results.factor_variance[77]


def test_an_empty_end_of_the_sample_changes_nothing_before_it():
    panel = simulate(n_periods=80).panel
    longer = np.vstack([panel, np.full((3, 8), np.nan)])
    for name in ("factor_smoothed", "factor_variance", "loadings_smoothed", "variance"):
        ours, theirs = getattr(estimate(longer), name)[:80], getattr(estimate(panel), name)
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12, err_msg=name)
