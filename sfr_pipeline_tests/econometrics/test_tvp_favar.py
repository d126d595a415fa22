import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given

from benchmarks.tvp_favar_loop import estimate_by_loops
from sfr_pipeline.econometrics.kernels.factor_var import VarPath, VarSettings, filter_var
from sfr_pipeline.econometrics.kernels.factors import filter_factors
from sfr_pipeline.econometrics.kernels.matrices import condition, is_stable
from sfr_pipeline.econometrics.sfri import effective_number, weights
from sfr_pipeline.econometrics.tvp_favar import (
    TvpFavarResults,
    TvpFavarSettings,
    estimate,
    estimate_loadings,
)
from sfr_pipeline.errors import EstimationError
from sfr_pipeline_tests.econometrics.simulation import (
    autoregression,
    few_examples,
    panels,
    simulate,
    with_gaps,
)

REFERENCE = Path(__file__).resolve().parents[3] / "shared/data/econometrics/tvpfavar_kk"
CASES = sorted(REFERENCE.glob("x*_y*_p*"))


def macro_block(n_periods, n_macro=2, seed=5):
    rng = np.random.default_rng(seed)
    return np.column_stack([autoregression(n_periods, rng, 0.7) for _ in range(n_macro)])


def index_of(results):
    weight = weights(results.loadings_smoothed, results.observed)
    return weight, (weight * results.scores).sum(axis=-1)


def assert_same_bits(one, other):
    for field in dataclasses.fields(TvpFavarResults):
        if field.name != "pseudo_inverses":
            assert np.array_equal(getattr(one, field.name), getattr(other, field.name)), field.name


# --- Against the reference code's own output -----------------------------------------------------


def read(case, name):
    table = np.genfromtxt(case / name, delimiter=",", ndmin=2)
    # Some of the files open with a row of column names.
    return table[1:] if np.isnan(table[0]).all() else table


@pytest.mark.skipif(
    not CASES, reason="the reference output (../shared/data) is not on this machine"
)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_reference_switch_reproduces_the_reference_code(case):
    meta = json.loads((case / "meta.json").read_text())
    n_macro = meta["n_y"]
    macro = read(case, "input_Y.csv") if n_macro else None
    settings = TvpFavarSettings(lags=meta["nlag"], reference_quirks=True)
    results = estimate(read(case, "input_xraw.csv"), macro, settings)
    n_periods = len(results.scores)

    component = read(case, "pc.csv")[:, 0]
    sign = np.sign(component @ results.principal_component)
    flip = np.append(np.ones(n_macro), sign)
    weight, index = index_of(results)
    r = n_macro + 1
    pairs = {
        "X_st.csv": results.scores,
        "pc.csv": sign * results.principal_component[:, None],
        "derived_weights.csv": weight,
        "derived_sfri_abs.csv": index[:, None],
        "Q.csv": (flip[:, None] * results.covariance * flip).reshape(n_periods, r * r),
    }
    for name, ours in pairs.items():
        np.testing.assert_allclose(ours, read(case, name), rtol=0, atol=1e-12, err_msg=name)
    # These files hold the macro series in front.
    pairs = {
        "loadings_factor_smoothed.csv": sign * results.loadings_smoothed,
        "V_diag.csv": results.variance,
        "factor_smoothed.csv": sign * results.factor_smoothed[:, None],
        "factor_var_kk.csv": results.factor_variance[:, None],
    }
    for name, ours in pairs.items():
        theirs = read(case, name)[:, -ours.shape[1] :]
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12, err_msg=name)


# --- Against independent forms of the same mathematics ------------------------------------------


@pytest.mark.parametrize("lags", [1, 3])
@pytest.mark.parametrize("n_macro", [0, 2])
@pytest.mark.parametrize("gaps", [False, True])
def test_compiled_form_equals_the_textbook_loop(gaps, n_macro, lags):
    panel = simulate(n_periods=70, n_series=5, seed=1, swing=0.3).panel
    if gaps:
        panel = with_gaps(panel)
        panel[-2:] = np.nan
    macro = macro_block(70, n_macro) if n_macro else None
    settings = TvpFavarSettings(lags=lags)
    ours = estimate(panel, macro, settings)
    loop = estimate_by_loops(ours.scores, ours.observed, ours.principal_component, macro, settings)
    for field in dataclasses.fields(loop):
        if field.name != "explosive":
            theirs, mine = getattr(loop, field.name), getattr(ours, field.name)
            np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-10, err_msg=field.name)


@pytest.mark.parametrize("lags", [1, 2])
def test_stability_rule_equals_the_textbook_loop_where_it_bites(lags):
    # A factor that explodes half-way: the rule shrinks the coefficients again and again.
    panel = simulate(n_periods=60, n_series=4, seed=2).panel
    panel[30:] += 1.12 ** np.arange(30)[:, None]
    settings = TvpFavarSettings(lags=lags)
    ours = estimate(panel, settings=settings)
    loop = estimate_by_loops(ours.scores, ours.observed, ours.principal_component, None, settings)
    assert loop.explosive >= 5
    np.testing.assert_allclose(ours.coefficients, loop.coefficients, rtol=0, atol=1e-10)
    np.testing.assert_allclose(ours.covariance, loop.covariance, rtol=0, atol=1e-10)


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


def test_a_macro_series_that_stands_twice_takes_the_pseudo_inverse_and_changes_nothing():
    panel, macro = simulate(80, seed=3).panel, macro_block(80, 1)
    settings = TvpFavarSettings(reference_quirks=True, initial_covariance=1e-300)
    once = estimate(panel, macro, settings)
    twice = estimate(panel, np.column_stack([macro, macro]), settings)
    assert twice.pseudo_inverses > once.pseudo_inverses == 0
    assert np.isfinite(twice.factor_smoothed).all()


def test_constant_coefficients_are_the_bayesian_regression_under_the_minnesota_prior():
    rng = np.random.default_rng(0)
    n_periods, r, lags = 150, 2, 2
    lag_1, lag_2 = np.array([[0.5, 0.1], [-0.2, 0.4]]), np.array([[0.1, 0.0], [0.2, -0.2]])
    factors = np.zeros((n_periods, r))
    for t in range(2, n_periods):
        shock = np.sqrt(0.2) * rng.standard_normal(r)
        factors[t] = lag_1 @ factors[t - 1] + lag_2 @ factors[t - 2] + shock
    var = filter_var(
        factors,
        np.ones(n_periods, dtype=bool),
        VarSettings(
            lags=lags,
            forgetting=1.0,
            decay=1.0,
            initial_covariance=0.2,
            tightness=0.1,
            own_lag_mean=0.9,
            regularization=0.0,
        ),
    )
    # With Q = .2 I the equations separate, each a ridge regression towards its prior mean.
    regressors = np.column_stack([factors[1:-1], factors[:-2]])
    prior_precision = np.diag([10.0, 10.0, 40.0, 40.0])
    precision = regressors.T @ regressors / 0.2 + prior_precision
    for equation in range(r):
        prior_mean = np.zeros(4)
        prior_mean[equation] = 0.9
        right = regressors.T @ factors[2:, equation] / 0.2 + prior_precision @ prior_mean
        expected = np.linalg.solve(precision, right)
        np.testing.assert_allclose(var.coefficients[-1, equation], expected, atol=1e-11)
        np.testing.assert_allclose(var.coefficients[lags, equation], expected, atol=1e-11)
    np.testing.assert_allclose(var.coefficients[-1, :, :2], lag_1, atol=0.15)
    np.testing.assert_allclose(var.coefficients[-1, :, 2:], lag_2, atol=0.15)


def test_coefficients_are_the_regression_with_exponentially_forgotten_active_periods():
    rng = np.random.default_rng(1)
    factor = autoregression(60, rng, 0.5)
    active = np.ones(60, dtype=bool)
    active[20:26] = False
    var = filter_var(
        factor[:, None],
        active,
        VarSettings(
            lags=1,
            forgetting=0.95,
            decay=1.0,
            initial_covariance=0.2,
            tightness=0.1,
            own_lag_mean=0.9,
            regularization=0.0,
        ),
    )
    used = np.flatnonzero(active[1:])
    kept = 0.95 ** np.arange(len(used))[::-1]
    lagged, current = factor[:-1][used], factor[1:][used]
    # The prior is as old as the first update: it is forgotten at each one that follows.
    precision = (kept * lagged**2).sum() / 0.2 + kept[0] / 0.1
    right = (kept * lagged * current).sum() / 0.2 + kept[0] * 0.9 / 0.1
    np.testing.assert_allclose(var.coefficients[-1, 0, 0], right / precision, rtol=1e-11)


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


# --- Real time -----------------------------------------------------------------------------------


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
        lags=2,
        forgetting=0.99,
        decay=0.96,
        initial_covariance=0.1,
        tightness=0.1,
        own_lag_mean=0.9,
        regularization=1e-8,
    )
    active = np.ones(80, dtype=bool)
    whole = filter_var(factors, active, parameters)
    for last in (4, 33, 79):
        part = filter_var(factors[:last], active[:last], parameters)
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


# --- Simulated truth -----------------------------------------------------------------------------


def test_factor_loadings_and_noise_are_recovered():
    truths = [simulate(n_periods=400, seed=seed, swing=0.4) for seed in range(6)]
    for truth in truths:
        results = estimate(truth.panel)
        assert np.corrcoef(results.factor_smoothed, truth.factor)[0, 1] > 0.94
        # Into the scale of the estimate: z-scores per unit of the principal component.
        sd = truth.panel.std(axis=0, ddof=1)
        slope = np.polyfit(results.principal_component, truth.factor, 1)[0]
        loadings = truth.loadings * slope / sd
        error = np.abs(results.loadings_smoothed - loadings).mean()
        constant = np.abs(loadings.mean(axis=0) - loadings).mean()
        assert error < 0.8 * constant
        tracking = [
            np.corrcoef(ours, theirs)[0, 1]
            for ours, theirs in zip(results.loadings_smoothed.T, loadings.T, strict=True)
        ]
        assert np.mean(tracking) > 0.7
        noise = (np.sqrt(results.variance[200:]) * sd).mean(axis=0)
        np.testing.assert_allclose(noise, 0.5, atol=0.16)


def test_constant_loadings_are_recovered_and_the_factor_lies_in_its_band():
    truths = [simulate(n_periods=800, n_series=10, seed=seed) for seed in range(5)]
    ours, theirs, covered = [], [], []
    for truth in truths:
        results = estimate(truth.panel, settings=TvpFavarSettings(loading_forgetting=1.0))
        scale = np.polyfit(truth.factor, results.principal_component, 1)[0]
        theirs.append(truth.loadings[0] / scale / truth.panel.std(axis=0, ddof=1))
        ours.append(results.loadings_smoothed.mean(axis=0))
        slope, level = np.polyfit(truth.factor, results.factor_smoothed, 1)
        gap = np.abs(results.factor_smoothed - level - slope * truth.factor)
        covered.append(gap < 1.645 * np.sqrt(results.factor_variance))
    assert np.abs(np.subtract(ours, theirs)).mean() < 0.03
    assert np.corrcoef(np.ravel(ours), np.ravel(theirs))[0, 1] > 0.9
    # Of nominally 90 %; the band takes the parameters for known.
    assert 0.8 < np.mean(covered) < 0.95


def test_the_mask_does_better_than_zeros_at_a_ragged_edge():
    truths = [simulate(noise=0.4, seed=seed) for seed in range(20)]
    complete = np.stack([truth.panel for truth in truths])
    ragged = complete.copy()
    ragged[:, -3:, :4] = np.nan
    mean = np.nanmean(ragged, axis=1, keepdims=True)
    zero_filled = np.where(np.isnan(ragged), mean, ragged)

    def edge(panels):
        results = [estimate(panel) for panel in panels]
        factors = np.stack([one.factor_smoothed[-3:] for one in results])
        return factors, np.stack([index_of(one)[1][-3:] for one in results])

    goal, masked, filled = edge(complete), edge(ragged), edge(zero_filled)
    for truth, ours, theirs in zip(goal, masked, filled, strict=True):
        assert ((ours - truth) ** 2).mean() < 0.4 * ((theirs - truth) ** 2).mean()


def test_all_lags_reach_the_factor_without_the_reference_quirks():
    # A factor whose first lag says nothing and whose second says nearly everything.
    rng = np.random.default_rng(4)
    factor = np.zeros((30, 150))
    for t in range(2, 150):
        factor[:, t] = -0.95 * factor[:, t - 2] + 0.3 * rng.standard_normal(30)
    panel = factor[..., None] + 0.5 * rng.standard_normal((30, 150, 6))
    settings = TvpFavarSettings(lags=2)
    complete = np.array([estimate(one, settings=settings).factor_smoothed[-1] for one in panel])
    panel[:, -1] = np.nan

    def forecast_error(settings):
        forecast = np.array([estimate(x, settings=settings).factor_filtered[-1] for x in panel])
        return ((forecast - complete) ** 2).mean()

    assert forecast_error(settings) < 0.3 * (complete**2).mean()
    assert forecast_error(TvpFavarSettings(lags=1)) > 0.7 * (complete**2).mean()


# --- Invariances ---------------------------------------------------------------------------------


@few_examples
@given(panels())
def test_order_of_the_columns_permutes_the_weights_and_nothing_else(panel):
    order = np.random.default_rng(0).permutation(panel.shape[1])
    one, other = estimate(panel), estimate(panel[:, order])
    weight, index = index_of(one)
    weight_other, index_other = index_of(other)
    np.testing.assert_allclose(weight_other, weight[:, order], atol=1e-8)
    np.testing.assert_allclose(index_other, index, atol=1e-8)
    np.testing.assert_allclose(other.factor_smoothed, one.factor_smoothed, atol=1e-8)
    np.testing.assert_allclose(other.factor_variance, one.factor_variance, atol=1e-8)


@few_examples
@given(panels())
def test_units_of_the_columns_do_not_matter(panel):
    n_series = panel.shape[1]
    moved = panel * np.geomspace(1e-4, 1e4, n_series) + np.linspace(-3, 3, n_series)
    one, other = estimate(panel), estimate(moved)
    np.testing.assert_allclose(other.loadings_smoothed, one.loadings_smoothed, atol=1e-7)
    np.testing.assert_allclose(index_of(other)[1], index_of(one)[1], atol=1e-7)
    np.testing.assert_allclose(other.factor_smoothed, one.factor_smoothed, atol=1e-7)


@few_examples
@given(panels())
def test_weights_are_invariant_to_the_sign_of_a_column(panel):
    flip = np.ones(panel.shape[1])
    flip[[0, 2]] = -1
    one, other = estimate(panel), estimate(panel * flip)
    weight, index = index_of(one)
    weight_other, _ = index_of(other)
    np.testing.assert_allclose(weight_other, weight, atol=1e-8)
    # With the directions flipped back, the index does not know that anything happened.
    index_other = (weight_other * other.scores * flip).sum(axis=-1)
    np.testing.assert_allclose(index_other, index, atol=1e-8)
    np.testing.assert_allclose(
        np.abs(other.factor_smoothed), np.abs(one.factor_smoothed), atol=1e-8
    )


@few_examples
@given(panels())
def test_a_fully_masked_series_equals_an_absent_one(panel):
    one, other = estimate(panel), estimate(np.insert(panel, 2, np.nan, axis=1))
    weight, index = index_of(one)
    weight_other, index_other = index_of(other)
    assert (weight_other[:, 2] == 0).all()
    np.testing.assert_allclose(np.delete(weight_other, 2, axis=1), weight, atol=1e-10)
    np.testing.assert_allclose(index_other, index, atol=1e-10)
    for name in ("factor_filtered", "factor_smoothed", "factor_variance"):
        np.testing.assert_allclose(getattr(other, name), getattr(one, name), atol=1e-10)


@few_examples
@given(panels())
def test_cells_masked_by_hand_equal_missing_cells_to_the_last_bit(panel):
    observed = ~np.isnan(panel)
    observed[5, 1] = observed[-1, 2] = False
    poisoned = np.where(observed, panel, -7e8)
    assert_same_bits(
        estimate(poisoned, observed=observed), estimate(np.where(observed, panel, np.nan))
    )


@pytest.mark.parametrize("lags", [1, 3])
def test_memory_layout_of_the_panel_does_not_touch_a_bit(lags):
    settings = TvpFavarSettings(lags=lags)
    panel = with_gaps(simulate(n_periods=50).panel)
    frozen = panel.copy()
    frozen.setflags(write=False)
    for other in (np.asfortranarray(panel), np.repeat(panel, 2, axis=1)[:, ::2], frozen):
        assert_same_bits(estimate(other, settings=settings), estimate(panel, settings=settings))


def test_the_loadings_alone_equal_those_of_the_whole_estimate():
    panel = with_gaps(simulate().panel)
    whole, part = estimate(panel), estimate_loadings(panel)
    assert np.array_equal(part.loadings_smoothed, whole.loadings_smoothed)
    assert np.array_equal(part.variance, whole.variance)


# --- Refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("perturb", "message"),
    [
        (
            lambda x: x.__setitem__((slice(None), 4), 2.5),
            r"series \[4\] .* constant over the sample",
        ),
        (lambda x: x.__setitem__((10, 4), np.inf), "holds infinite values: mend them"),
        (lambda x: x.__setitem__((10, 4), -np.inf), "holds infinite values: mend them"),
        (lambda x: x.__setitem__(10, np.nan), "before the end of the sample has no observation"),
        (lambda x: x.__setitem__(0, np.nan), "start the sample where the data start"),
        (lambda x: x.__setitem__(slice(None), np.nan), "no observation at all"),
    ],
)
def test_unusable_panels_are_refused_with_the_remedy(perturb, message):
    panel = simulate(n_periods=40).panel
    perturb(panel)
    with pytest.raises(EstimationError, match=message):
        estimate(panel)


@pytest.mark.parametrize("shape", [(40,), (2, 40, 8)])
def test_what_is_no_panel_is_refused(shape):
    with pytest.raises(EstimationError, match=r"a panel is .n_periods, n_series., not of shape"):
        estimate(np.ones(shape))


def test_a_macro_block_with_gaps_is_refused():
    macro = macro_block(40)
    macro[3, 1] = np.nan
    with pytest.raises(EstimationError, match="macro block has gaps: fill them or drop"):
        estimate(simulate(n_periods=40).panel, macro)


def test_a_sample_shorter_than_the_lags_is_refused():
    with pytest.raises(EstimationError, match="5 periods are too few for 4 lags"):
        estimate(simulate(n_periods=5).panel, settings=TvpFavarSettings(lags=4))


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"lags": 0}, "lags must be at least 1, not 0"),
        ({"variance_decay": 0.0}, r"variance_decay must lie in \(0, 1\], not 0.0"),
        ({"covariance_decay": 1.5}, r"covariance_decay must lie in \(0, 1\], not 1.5"),
        ({"loading_forgetting": -0.1}, r"loading_forgetting must lie in \(0, 1\], not -0.1"),
        ({"coefficient_forgetting": np.nan}, r"coefficient_forgetting must lie .* not nan"),
        ({"initial_variance": 0.0}, "initial_variance must be positive, not 0.0"),
        ({"initial_covariance": -1.0}, "initial_covariance must be positive, not -1.0"),
        ({"loading_prior_variance": 0.0}, "loading_prior_variance must be positive"),
        ({"factor_prior_variance": -4.0}, "factor_prior_variance must be positive"),
        ({"variance_floor": 0.0}, "variance_floor must be positive"),
    ],
)
def test_silly_settings_are_refused_by_name(setting, message):
    with pytest.raises(EstimationError, match=message):
        TvpFavarSettings(**setting)


# --- Numerical robustness ------------------------------------------------------------------------


def test_a_long_sample_with_two_lags_stays_finite_and_sane():
    truth = simulate(n_periods=6000, n_series=3)
    results = estimate(truth.panel, settings=TvpFavarSettings(lags=2))
    for field in dataclasses.fields(TvpFavarResults):
        assert np.isfinite(getattr(results, field.name)).all(), field.name
    assert (results.factor_variance > 0).all()
    assert (results.covariance > 0).all()
    assert results.pseudo_inverses == 0
    assert np.corrcoef(results.factor_smoothed[-500:], truth.factor[-500:])[0, 1] > 0.9
    # The truth is an AR(1) with .9; a covariance gone astray shows in the coefficients first.
    late = results.coefficients[-1500:, 0]
    assert 0.75 < late.sum(axis=-1).mean() < 0.95
    assert late[:, 0].min() > 0.3


def test_copies_of_one_column_take_over_and_the_weights_show_it():
    panel = simulate(n_periods=150, n_series=8, noise=1.0, seed=3).panel
    copied = panel.copy()
    copied[:, 1:5] = panel[:, :1]
    before, after = index_of(estimate(panel))[0], index_of(estimate(copied))[0]
    late = slice(50, None)
    assert before[late, :1].sum(axis=-1).mean() < 0.2
    assert after[late, :5].sum(axis=-1).mean() > 0.7
    assert effective_number(after)[late].mean() < effective_number(before)[late].mean()


def test_a_column_equal_to_the_component_does_not_explode():
    panel = simulate(n_periods=300).panel
    component = estimate(panel).principal_component
    results = estimate(np.column_stack([panel, component]))
    for field in dataclasses.fields(TvpFavarResults):
        assert np.isfinite(getattr(results, field.name)).all(), field.name
    assert (results.variance >= TvpFavarSettings().variance_floor).all()
    assert np.corrcoef(results.factor_smoothed, component)[0, 1] > 0.99
    assert np.abs(results.factor_smoothed).max() < 2 * np.abs(component).max()


def test_results_print_what_one_checks_first():
    panel = with_gaps(simulate().panel)
    text = repr(estimate(panel))
    assert "120 x 8" in text
    assert f"{(~np.isnan(panel)).mean():.1%}" in text


def test_variance_share_is_that_of_a_known_panel():
    # Variance 1 of the common part, .25 of the noise.
    rng = np.random.default_rng(0)
    factor = autoregression(2000, rng)
    panel = factor[:, None] + 0.5 * rng.standard_normal((2000, 10))
    share = estimate(panel, settings=TvpFavarSettings(loading_forgetting=1.0)).variance_share()
    assert share == pytest.approx(0.8, abs=0.04)
