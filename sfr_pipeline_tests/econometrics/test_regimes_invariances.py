"""Claims about what does not change the estimates of regimes."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfr_pipeline_tests.econometrics.regime_models import (
    MEAN_AR2,
    PAPER,
    THREE_REGIMES,
    filter_probabilities,
    fit,
    simulate,
)


def test_regimes_are_ordered_by_variance_whatever_the_labels_of_the_truth():
    relabelled = replace(
        PAPER,
        location=PAPER.location[::-1],
        variances=PAPER.variances[::-1],
        transition=PAPER.transition[::-1, ::-1],
    )
    for truth in (PAPER, relabelled):
        params = fit(simulate(truth, 400, seed=5)[0], starts=20).estimates
        assert params.variances[0] < params.variances[1]
        assert params.variances[0] == pytest.approx(0.0011, rel=0.5)


def test_filter_does_not_care_about_labels():
    series, _ = simulate(THREE_REGIMES, 60)
    order = [2, 0, 1]
    relabelled = replace(
        THREE_REGIMES,
        location=THREE_REGIMES.location[order],
        variances=THREE_REGIMES.variances[order],
        transition=THREE_REGIMES.transition[np.ix_(order, order)],
    )
    np.testing.assert_allclose(
        filter_probabilities(series, relabelled),
        filter_probabilities(series, THREE_REGIMES)[:, order],
        atol=1e-12,
    )


def test_regimes_with_a_common_variance_are_ordered_by_location():
    truth = replace(MEAN_AR2, variances=np.array([0.2, 0.2]))
    results = fit(
        simulate(truth, 300)[0], order=2, form="mean", switching_variance=False, starts=15
    )
    assert results.estimates.location[0] < results.estimates.location[1]
    assert results.estimates.variances[0] == results.estimates.variances[1]
    assert results.n_params == 2 + 2 + 1 + 2


@settings(max_examples=6, deadline=None, derandomize=True)
@given(
    scale=st.floats(0.01, 100),
    flipped=st.booleans(),
    shift=st.floats(-50, 50),
    form=st.sampled_from(["intercept", "mean"]),
)
def test_estimates_follow_a_change_of_units(scale, flipped, shift, form):
    factor = -scale if flipped else scale
    series, _ = simulate(PAPER, 150, seed=6)
    base = fit(series, form=form, starts=20)
    other = fit(factor * series + shift, form=form, starts=20)
    a, b = base.estimates, other.estimates
    assert other.llf == pytest.approx(base.llf - base.nobs * np.log(scale), abs=1e-4)
    offset = shift * (1 - b.ar.sum()) if form == "intercept" else shift
    spread = scale * series.std()
    np.testing.assert_allclose(b.location, factor * a.location + offset, atol=5e-3 * spread)
    np.testing.assert_allclose(b.ar, a.ar, atol=1e-3)
    np.testing.assert_allclose(b.variances, factor**2 * a.variances, rtol=5e-3)
    np.testing.assert_allclose(b.transition, a.transition, atol=2e-3)
