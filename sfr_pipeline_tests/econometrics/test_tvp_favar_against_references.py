"""The TVP-FAVAR against the reference code's output and the textbook's loops."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.tvp_favar_loop import estimate_by_loops
from sfr_pipeline.econometrics.kernels.factor_var import VarSettings, filter_var
from sfr_pipeline.econometrics.tvp_favar import (
    TvpFavarSettings,
    estimate,
)
from sfr_pipeline_tests.econometrics.estimates import index_of, macro_block
from sfr_pipeline_tests.econometrics.simulation import (
    autoregression,
    simulate,
    with_gaps,
)

REFERENCE = Path(__file__).resolve().parents[3] / "shared/data/econometrics/tvpfavar_kk"
CASES = sorted(REFERENCE.glob("x*_y*_p*"))


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
        lags,
        VarSettings(
            coefficient_forgetting=1.0,
            covariance_decay=1.0,
            initial_covariance=0.2,
            minnesota_tightness=0.1,
            minnesota_own_lag=0.9,
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
        1,
        VarSettings(
            coefficient_forgetting=0.95,
            covariance_decay=1.0,
            initial_covariance=0.2,
            minnesota_tightness=0.1,
            minnesota_own_lag=0.9,
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
