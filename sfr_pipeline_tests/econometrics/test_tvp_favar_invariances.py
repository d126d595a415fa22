"""What does not change the estimates of a TVP-FAVAR."""

import numpy as np
import pytest
from hypothesis import given

from sfr_pipeline.econometrics.tvp_favar import (
    TvpFavarSettings,
    estimate,
)
from sfr_pipeline_tests.econometrics.estimates import assert_same_bits, index_of
from sfr_pipeline_tests.econometrics.simulation import (
    few_examples,
    panels,
    simulate,
    with_gaps,
)


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
