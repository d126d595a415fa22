"""Claims about estimates of the TVP-FAVAR."""

import dataclasses

import numpy as np
import pytest

from sfr_pipeline.econometrics.sfri import effective_number
from sfr_pipeline.econometrics.tvp_favar import (
    TvpFavarResults,
    TvpFavarSettings,
    estimate,
)
from sfr_pipeline_tests.econometrics.estimates import index_of
from sfr_pipeline_tests.econometrics.simulation import (
    autoregression,
    simulate,
    with_gaps,
)


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
