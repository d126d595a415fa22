import dataclasses

import numpy as np
import pytest

from sfr_pipeline.econometrics.sfri import weights
from sfr_pipeline.econometrics.tvp_favar import TvpFavarResults, TvpFavarSettings, estimate
from sfr_pipeline.econometrics.vintages import estimate_vintages, vintage_masks
from sfr_pipeline.errors import EstimationError
from sfr_pipeline_tests.econometrics.simulation import simulate, with_gaps

N_PERIODS = 90
AS_OF = np.array([40, 47, 59, 60, 74, 89])


@pytest.fixture(scope="module")
def panel():
    """Gaps of all kinds; the fourth series starts so late that it joins in the vintage of 60."""
    panel = with_gaps(simulate(N_PERIODS, n_series=7, seed=11).panel, seed=11)
    late = np.insert(panel, 3, simulate(N_PERIODS, seed=12).panel[:, 0], axis=1)
    late[:37, 3] = np.nan
    return late


def vintages(panel, as_of=AS_OF, lags=1):
    settings = TvpFavarSettings(lags=lags)
    return estimate_vintages(panel, as_of, min_observations=24, settings=settings)


def fields(one):
    """All arrays of the vintages, by name, vintages first."""
    arrays = {name: getattr(one, name) for name in ("index", "equal_weight_index", "weights")}
    for field in dataclasses.fields(TvpFavarResults):
        if field.name != "pseudo_inverses":
            arrays[field.name] = getattr(one.estimates, field.name)
    return arrays


def assert_same_bits(one, other, which):
    ours, theirs = fields(one), fields(other)
    for name, array in ours.items():
        assert np.array_equal(array[which], theirs[name][which], equal_nan=True), name


@pytest.mark.parametrize("lags", [1, 3])
@pytest.mark.parametrize("poison", [np.nan, 1e9, -1e9, np.inf])
def test_the_future_does_not_touch_a_bit_of_a_vintage(panel, poison, lags):
    clean = vintages(panel, lags=lags)
    for i, last in enumerate(AS_OF[:-1]):
        poisoned = panel.copy()
        poisoned[last + 1 :] = poison
        # Vintages that may see infinite values are refused, and rightly.
        as_of = np.minimum(AS_OF, last) if np.isinf(poison) else AS_OF
        dirty = vintages(poisoned, as_of, lags=lags)
        assert_same_bits(dirty, clean, slice(i + 1))


def test_a_later_vintage_does_change_when_its_data_do(panel):
    poisoned = panel.copy()
    poisoned[60, 0] += 1.0
    clean, dirty = vintages(panel), vintages(poisoned)
    assert_same_bits(dirty, clean, slice(3))
    for i in (3, 4, 5):
        assert not np.array_equal(dirty.index[i], clean.index[i], equal_nan=True)


@pytest.mark.parametrize("lags", [1, 3])
def test_a_vintage_equals_an_estimate_on_the_panel_cut_at_its_period(panel, lags):
    together = vintages(panel, lags=lags)
    for i, last in enumerate(AS_OF):
        cut = panel[: last + 1]
        joined = np.flatnonzero((~np.isnan(cut)).sum(axis=0) >= 24)
        assert (3 in joined) == (last >= 60)
        alone = estimate(cut[:, joined], settings=TvpFavarSettings(lags=lags))
        weight = weights(alone.loadings_smoothed, alone.observed)
        until = slice(last + 1)
        batch = together.estimates
        pairs = [
            (together.index[i, until], (weight * alone.scores).sum(axis=1)),
            (together.weights[i, until][:, joined], weight),
            (batch.factor_filtered[i, until], alone.factor_filtered),
            (batch.factor_smoothed[i, until], alone.factor_smoothed),
            (batch.factor_variance[i, until], alone.factor_variance),
            (batch.principal_component[i, until], alone.principal_component),
            (batch.coefficients[i, until], alone.coefficients),
            (batch.variance[i, until][:, joined], alone.variance),
            (batch.loadings_filtered[i, until][:, joined], alone.loadings_filtered),
        ]
        for ours, theirs in pairs:
            np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)


def test_a_vintage_does_not_depend_on_the_vintages_beside_it(panel):
    together = vintages(panel)
    for i, last in enumerate(AS_OF):
        alone = vintages(panel, np.array([last]))
        for name, array in fields(alone).items():
            assert np.array_equal(array[0], fields(together)[name][i], equal_nan=True), name


def test_the_complete_panel_is_a_vintage_like_any_other():
    complete = simulate(N_PERIODS).panel
    latest, alone = vintages(complete).estimates, estimate(complete)
    assert np.array_equal(latest.factor_smoothed[-1], alone.factor_smoothed)
    assert np.array_equal(latest.loadings_smoothed[-1], alone.loadings_smoothed)


def test_the_index_ends_with_its_vintage(panel):
    result = vintages(panel)
    for i, last in enumerate(AS_OF):
        assert np.isfinite(result.index[i, : last + 1]).all()
        assert np.isnan(result.index[i, last + 1 :]).all()
        assert np.isnan(result.equal_weight_index[i, last + 1 :]).all()
        assert (result.weights[i, last + 1 :] == 0).all()


def test_latest_picks_each_vintages_last_period(panel):
    result = vintages(panel)
    latest = result.latest(result.index)
    assert np.array_equal(latest, [result.index[i, last] for i, last in enumerate(AS_OF)])
    assert np.array_equal(result.latest(result.weights)[2], result.weights[2, 59])
    np.testing.assert_allclose(result.latest(result.weights).sum(axis=1), 1, rtol=1e-14)


def test_equal_weight_index_is_the_mean_of_the_available_scores(panel):
    result = vintages(panel)
    scores = np.where(result.estimates.observed, result.estimates.scores, np.nan)
    known = ~np.isnan(result.index)
    expected = np.nanmean(scores[known], axis=-1)
    np.testing.assert_allclose(result.equal_weight_index[known], expected, atol=1e-13)


def test_a_series_joins_with_its_whole_history_once_it_has_enough_values():
    observed = np.array([[True, False], [True, True], [False, True], [True, True]])
    masks = vintage_masks(observed, np.array([1, 2, 3]), min_observations=2)
    np.testing.assert_array_equal(
        masks.astype(int),
        [
            [[1, 0], [1, 0], [0, 0], [0, 0]],
            [[1, 0], [1, 1], [0, 1], [0, 0]],
            [[1, 0], [1, 1], [0, 1], [1, 1]],
        ],
    )


def test_a_vintage_without_a_usable_series_is_refused(panel):
    with pytest.raises(EstimationError, match="has no observation at all"):
        estimate_vintages(panel, np.array([10, 60]), min_observations=24)


def test_a_series_constant_up_to_a_vintage_is_refused_though_it_moves_later(panel):
    pegged = panel.copy()
    pegged[:50, 0] = 1.5
    with pytest.raises(EstimationError, match=r"series \[0\] .* constant over the sample"):
        vintages(pegged)
    assert np.isfinite(vintages(pegged, np.array([60])).index[0, :61]).all()
