import numpy as np
import pytest
from hypothesis import given

from sfr_pipeline.econometrics.kernels import component
from sfr_pipeline.econometrics.principal_component import first_component, standardize
from sfr_pipeline.errors import EstimationError
from sfr_pipeline_tests.econometrics.simulation import few_examples, panels, simulate, with_gaps


def component_of(panel):
    observed = ~np.isnan(panel)
    return first_component(standardize(panel, observed)[0], observed)


def em_by_filling_in(scores, observed, rounds):
    """EM as in the textbook: fill gaps with the rank-one fit of the filled panel, and again."""
    filled = scores.copy()
    for _ in range(rounds):
        left, size, right = np.linalg.svd(filled, full_matrices=False)
        filled = np.where(observed, scores, size[0] * np.outer(left[:, 0], right[0]))
    left, size, right = np.linalg.svd(filled, full_matrices=False)
    return size[0] * left[:, 0] / np.sqrt(scores.shape[1]) * np.sign(right[0].sum())


def test_z_scores_have_mean_zero_and_unit_deviation_over_the_observed_cells():
    panel = with_gaps(1e3 + 25 * simulate().panel)
    observed = ~np.isnan(panel)
    scores, mean, sd = standardize(panel, observed)
    kept = np.where(observed, scores, np.nan)
    np.testing.assert_allclose(np.nanmean(kept, axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(np.nanstd(kept, axis=0, ddof=1), 1, rtol=1e-12)
    np.testing.assert_allclose(mean, np.nanmean(panel, axis=0), rtol=1e-12)
    np.testing.assert_allclose(sd, np.nanstd(panel, axis=0, ddof=1), rtol=1e-12)
    assert (scores[~observed] == 0).all()


def test_a_series_without_observations_gets_zeros_and_the_unit_scale():
    panel = np.column_stack([simulate().panel, np.full(120, np.nan)])
    scores, mean, sd = standardize(panel, ~np.isnan(panel))
    assert (scores[:, -1] == 0).all()
    assert mean[-1] == 0
    assert sd[-1] == 1


@pytest.mark.parametrize("constant", [0.0, 3.0, 1e9 / 3, -1e-9 / 3])
def test_a_constant_series_is_refused_by_its_position(constant):
    panel = simulate().panel
    panel[:, 5] = constant
    with pytest.raises(EstimationError, match=r"not move in series 5 \(counted"):
        standardize(panel, np.ones(panel.shape, dtype=bool))


def test_a_series_constant_under_the_mask_alone_is_accepted():
    panel = simulate().panel
    panel[60:, 5] = panel[59, 5]
    observed = np.ones(panel.shape, dtype=bool)
    observed[60:, 5] = False
    assert np.isfinite(standardize(panel, observed)[0]).all()


def test_a_series_with_a_large_level_and_a_small_spread_is_not_taken_for_constant():
    panel = simulate().panel
    panel[:, 2] = 1e6 + 1e-3 * panel[:, 2]
    scores = standardize(panel, np.ones(panel.shape, dtype=bool))[0]
    np.testing.assert_allclose(scores[:, 2].std(ddof=1), 1, rtol=1e-9)


def test_a_complete_panel_gives_the_singular_vector_of_the_z_scores():
    panel = simulate(n_series=7).panel
    z = (panel - panel.mean(axis=0)) / panel.std(axis=0, ddof=1)
    left, size, right = np.linalg.svd(z, full_matrices=False)
    expected = left[:, 0] * size[0] / np.sqrt(7) * np.sign(right[0].sum())
    np.testing.assert_allclose(component_of(panel), expected, atol=1e-12)


def test_a_panel_with_gaps_gives_the_fixed_point_of_filling_in():
    panel = with_gaps(simulate(n_series=6).panel)
    observed = ~np.isnan(panel)
    scores = standardize(panel, observed)[0]
    expected = em_by_filling_in(scores, observed, rounds=400)
    np.testing.assert_allclose(first_component(scores, observed), expected, atol=1e-7)


def test_component_sums_to_the_sign_of_the_panel():
    panel = simulate().panel
    ours = component_of(panel)
    assert np.corrcoef(ours, panel.mean(axis=1))[0, 1] > 0.9
    np.testing.assert_allclose(component_of(-panel), -ours, atol=1e-12)


def test_gaps_at_random_cost_less_with_em_than_with_zeros():
    truth = simulate(n_periods=150, n_series=8, noise=0.2)
    rng = np.random.default_rng(1)
    panel = np.where(rng.random(truth.panel.shape) < 0.3, np.nan, truth.panel)
    panel[:, 0] = truth.panel[:, 0]
    scores, *_ = standardize(panel, ~np.isnan(panel))

    def error(estimate):
        slope, level = np.polyfit(estimate, truth.factor, 1)
        return np.sqrt(((truth.factor - level - slope * estimate) ** 2).mean())

    zero_filled = first_component(scores, np.ones(panel.shape, dtype=bool))
    assert error(component_of(panel)) < 0.75 * error(zero_filled)


def test_a_fully_masked_series_leaves_the_component_as_if_it_were_absent():
    panel = with_gaps(simulate().panel)
    beside = np.insert(panel, 3, np.nan, axis=1)
    np.testing.assert_allclose(component_of(beside), component_of(panel), atol=1e-10)


def test_values_under_the_mask_do_not_touch_a_bit():
    panel = with_gaps(simulate().panel)
    observed = ~np.isnan(panel)
    poisoned = np.where(observed, panel, 1e9)
    clean = first_component(standardize(panel, observed)[0], observed)
    dirty = first_component(standardize(poisoned, observed)[0], observed)
    assert np.array_equal(clean, dirty)


def eigen_problem(eigenvalues, seed=0):
    """A matrix with these eigenvalues, and the first eigenvector."""
    rng = np.random.default_rng(seed)
    basis = np.linalg.qr(rng.standard_normal((len(eigenvalues), len(eigenvalues))))[0]
    return (basis * eigenvalues) @ basis.T, basis[:, 0]


@pytest.mark.parametrize("n", [2, 7, 26, 120])
@pytest.mark.parametrize("second", [0.0, 0.5, 0.99, 1 - 1e-4, 1 - 1e-7])
def test_the_leading_eigenvector_is_exact_however_close_the_second_eigenvalue_comes(n, second):
    matrix, expected = eigen_problem(np.concatenate([[1.0, second], np.full(n - 2, 0.1)])[:n])
    ours = component.leading_eigenvector(matrix)
    theirs = np.linalg.eigh(matrix)[1][:, -1]
    # Round-off in the matrix turns the eigenvector by its ratio to the gap, LAPACK's too.
    allowed = 1e-14 * n / (1 - second)
    assert np.abs(ours * np.sign(ours @ expected) - expected).max() < allowed
    assert np.abs(ours * np.sign(ours @ theirs) - theirs).max() < allowed


def test_an_eigenvector_that_sums_to_zero_is_found():
    # A start of equal elements would be the second eigenvector itself.
    ours = component.leading_eigenvector(np.array([[1.0, -0.4], [-0.4, 1.0]]))
    np.testing.assert_allclose(np.abs(ours), np.sqrt(0.5), atol=1e-15)
    assert ours[0] * ours[1] < 0


def test_two_components_of_equal_strength_are_refused():
    rng = np.random.default_rng(0)
    panel = rng.standard_normal((200, 4))
    panel[:, 1] = panel[:, 0] + 0.01 * panel[:, 1]
    panel[:, 3] = panel[:, 2] + 0.01 * panel[:, 3]
    panel[0, 0] = np.nan
    observed = ~np.isnan(panel)
    scores = standardize(panel, observed)[0]
    with pytest.raises(EstimationError, match="did not converge in 20 iterations"):
        first_component(scores, observed, max_iterations=20)


@few_examples
@given(panels())
def test_the_component_is_the_same_for_any_scale_and_shift(panel):
    n_series = panel.shape[1]
    moved = panel * np.geomspace(1e-3, 1e3, n_series) + np.linspace(-5, 5, n_series)
    np.testing.assert_allclose(component_of(moved), component_of(panel), atol=1e-8)
