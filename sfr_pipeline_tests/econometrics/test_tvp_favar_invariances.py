"""Order, units and signs of columns, masks and batches decide nothing in the TVP-FAVAR."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given

from sfr_pipeline.econometrics.tvp_favar import (
    TvpFavarResults,
    TvpFavarSettings,
    estimate,
    estimate_loadings,
)
from sfr_pipeline_tests.econometrics.estimates import index_of
from sfr_pipeline_tests.econometrics.simulation import (
    few_examples,
    macro_block,
    panels,
    simulate,
    with_gaps,
)


def assert_same_bits(one, other):
    for field in dataclasses.fields(TvpFavarResults):
        if field.name != "pseudo_inverses":
            assert np.array_equal(getattr(one, field.name), getattr(other, field.name)), field.name


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
def test_a_batch_equals_one_by_one_to_the_last_bit(lags):
    settings = TvpFavarSettings(lags=lags)
    complete = simulate(n_periods=50, seed=7).panel
    short = simulate(n_periods=50, seed=8).panel
    short[40:] = np.nan
    batch = np.stack([complete, with_gaps(complete), short, simulate(50, seed=9, noise=1.5).panel])
    together = estimate(batch, settings=settings)
    nested = estimate(batch.reshape(2, 2, 50, 8), settings=settings)
    for i, panel in enumerate(batch):
        alone = estimate(panel, settings=settings)
        for field in dataclasses.fields(TvpFavarResults):
            if field.name != "pseudo_inverses":
                mine = getattr(alone, field.name)
                assert np.array_equal(getattr(together, field.name)[i], mine), field.name
                assert np.array_equal(getattr(nested, field.name)[divmod(i, 2)], mine), field.name


def test_a_batch_with_macro_blocks_equals_one_by_one_to_the_last_bit():
    batch = np.stack([simulate(50, seed=seed).panel for seed in (1, 2)])
    macro = np.stack([macro_block(50, seed=seed) for seed in (1, 2)])
    settings = TvpFavarSettings(lags=2)
    together = estimate(batch, macro, settings)
    for i in range(2):
        alone = estimate(batch[i], macro[i], settings)
        assert np.array_equal(together.factor_smoothed[i], alone.factor_smoothed)
        assert np.array_equal(together.loadings_smoothed[i], alone.loadings_smoothed)
        assert np.array_equal(together.factor_variance[i], alone.factor_variance)


def test_the_loadings_alone_equal_those_of_the_whole_estimate():
    panel = with_gaps(simulate().panel)
    whole, part = estimate(panel), estimate_loadings(panel)
    assert np.array_equal(part.path.smoothed()[..., 0], whole.loadings_smoothed)
    assert np.array_equal(part.path.variance, whole.variance)
