from functools import partial

import numpy as np
import pytest
from hypothesis import given

from sfr_pipeline.econometrics.sfri import (
    bootstrap_band,
    bootstrap_replicas,
    draw_band,
    effective_number,
    equal_weights,
    split_change,
    weights,
)
from sfr_pipeline.econometrics.tvp_favar import estimate
from sfr_pipeline.threads import in_threads
from sfr_pipeline_tests.econometrics.simulation import few_examples, panels, simulate, with_gaps


def estimated(panel):
    """Weights and z-scores of a panel."""
    results = estimate(panel)
    return weights(results.loadings_smoothed, results.observed), results.scores


def bootstrap(panel, **changed):
    arguments = {"replications": 60, "block_length": 6, "level": 0.9, "seed": 1} | changed
    return bootstrap_band(panel, **arguments)


def draws(results, **changed):
    arguments = {"draws": 250, "level": 0.9, "seed": 1} | changed
    return draw_band(
        results.loadings_smoothed,
        results.loading_variance_smoothed,
        results.scores,
        results.observed,
        **arguments,
    )


# --- Weights -------------------------------------------------------------------------------------


def test_weights_are_shares_of_the_absolute_loadings_of_the_observed_series():
    loadings = np.array([[1.0, -3.0, 4.0], [2.0, 2.0, 5.0], [1.0, 1.0, 1.0]])
    observed = np.array([[True, True, True], [True, True, False], [False, False, False]])
    expected = [[1 / 8, 3 / 8, 4 / 8], [1 / 2, 1 / 2, 0], [0, 0, 0]]
    np.testing.assert_allclose(weights(loadings, observed), expected, rtol=1e-15)


@few_examples
@given(panels())
def test_weights_sum_to_one_over_the_available_series(panel):
    weight, _ = estimated(panel)
    np.testing.assert_allclose(weight.sum(axis=1), 1, rtol=1e-14)
    assert (weight[np.isnan(panel)] == 0).all()
    assert (weight >= 0).all()


def test_equal_weights_count_the_observed_series_alike():
    observed = np.array([[True, True, False, True], [True, False, False, False]])
    expected = [[1 / 3, 1 / 3, 0, 1 / 3], [1, 0, 0, 0]]
    np.testing.assert_allclose(equal_weights(observed), expected, rtol=1e-15)


def test_effective_number_is_n_for_equal_weights_one_for_a_takeover_and_nan_for_nothing():
    weight = np.array([[0.25] * 4, [1, 0, 0, 0], [0.5, 0.5, 0, 0], [0, 0, 0, 0]])
    np.testing.assert_allclose(effective_number(weight), [4, 1, 2, np.nan], rtol=1e-15)


# --- Split of the change -------------------------------------------------------------------------


@few_examples
@given(panels())
def test_split_of_the_change_is_exact_also_when_series_enter_or_leave(panel):
    weight, scores = estimated(panel)
    split = split_change(weight, scores)
    contributions = weight * scores
    both = split.indicator_effect + split.weight_effect
    np.testing.assert_allclose(both[1:], np.diff(contributions, axis=0), atol=1e-14)
    change = np.diff(contributions.sum(axis=1))
    total = split.indicator_effect.sum(axis=1) + split.weight_effect.sum(axis=1)
    np.testing.assert_allclose(total[1:], change, atol=1e-13)


def test_fixed_weights_leave_indicator_effects_alone_and_fixed_scores_weight_effects_alone():
    rng = np.random.default_rng(0)
    weight, scores = rng.dirichlet(np.ones(5), 30), rng.standard_normal((30, 5))
    still = split_change(np.broadcast_to(weight[0], weight.shape), scores)
    assert (still.weight_effect[1:] == 0).all()
    np.testing.assert_allclose(still.indicator_effect[1:], weight[0] * np.diff(scores, axis=0))
    flat = split_change(weight, np.broadcast_to(scores[0], scores.shape))
    assert (flat.indicator_effect[1:] == 0).all()
    np.testing.assert_allclose(flat.weight_effect[1:], np.diff(weight, axis=0) * scores[0])


def test_a_series_that_enters_or_leaves_counts_as_a_weight_effect_alone():
    weight = np.array([[1.0, 0.0], [0.6, 0.4], [0.0, 1.0]])
    scores = np.array([[2.0, 0.0], [2.5, -3.0], [0.0, -2.0]])
    split = split_change(weight, scores)
    assert split.indicator_effect[1, 1] == 0
    assert split.weight_effect[1, 1] == pytest.approx(0.4 * -3.0)
    assert split.indicator_effect[2, 0] == 0
    assert split.weight_effect[2, 0] == pytest.approx(-0.6 * 2.5)


def test_the_first_period_has_no_change():
    split = split_change(*estimated(simulate().panel))
    assert np.isnan(split.indicator_effect[0]).all()
    assert np.isnan(split.weight_effect[0]).all()


# --- Bands ---------------------------------------------------------------------------------------


def test_draw_band_covers_the_index_of_loadings_drawn_from_the_posterior():
    results = estimate(with_gaps(simulate(n_periods=150).panel))
    rng = np.random.default_rng(123)
    noise = rng.standard_normal((200, *results.scores.shape))
    truth = results.loadings_smoothed + np.sqrt(results.loading_variance_smoothed) * noise
    index = (weights(truth, results.observed) * results.scores).sum(axis=-1)
    band = draws(results, draws=2000)
    covered = (band.low <= index) & (index <= band.high)
    assert abs(covered.mean() - 0.9) < 0.01
    below, above = (index < band.low).mean(), (index > band.high).mean()
    assert abs(below - above) < 0.01


def test_draw_band_closes_where_the_loadings_are_known():
    results = estimate(simulate().panel)
    band = draw_band(
        results.loadings_smoothed,
        np.zeros(results.scores.shape),
        results.scores,
        results.observed,
        draws=10,
        level=0.9,
        seed=0,
    )
    weight = weights(results.loadings_smoothed, results.observed)
    index = (weight * results.scores).sum(axis=-1)
    np.testing.assert_allclose(band.low, index, atol=1e-14)
    np.testing.assert_allclose(band.high, index, atol=1e-14)


def test_bootstrap_band_covers_the_index_of_the_true_weights():
    covered, widths = [], []
    for seed in range(12):
        truth = simulate(n_periods=120, n_series=8, seed=seed, noise=0.7)
        scores = estimate(truth.panel).scores
        sd = np.sqrt(truth.loadings**2 * truth.factor.var(ddof=1) + 0.7**2)
        goal = (weights(truth.loadings / sd, np.isfinite(scores)) * scores).sum(axis=1)
        band = bootstrap(truth.panel, replications=100)
        covered.append((band.low <= goal) & (goal <= band.high))
        widths.append((band.high - band.low).mean() / goal.std())
    # Nominally 90 %; twelve panels, each of few independent stretches, tell no more than this.
    assert 0.8 < np.mean(covered) < 0.97
    assert np.mean(widths) < 0.15


def test_bootstrap_replicas_centre_on_the_estimate():
    panel = simulate(n_periods=120, noise=0.4).panel
    weight, _ = estimated(panel)
    arguments = {"replications": 200, "block_length": 6, "seed": 0}
    replicas = bootstrap_replicas(panel, "weights", **arguments)
    assert replicas.shape == (200, *panel.shape)
    np.testing.assert_allclose(replicas.sum(axis=-1), 1, rtol=1e-13)
    assert np.abs(replicas.mean(axis=0) - weight)[20:].mean() < 0.01
    assert replicas.std(axis=0)[20:].mean() > 0.002


def test_bootstrap_weights_are_those_of_the_available_series():
    panel = with_gaps(simulate(n_periods=60).panel)
    replicas = bootstrap_replicas(panel, "weights", replications=5, block_length=6, seed=0)
    assert (replicas[:, np.isnan(panel)] == 0).all()
    np.testing.assert_allclose(replicas.sum(axis=-1), 1, rtol=1e-13)


def test_bootstrap_resamples_in_blocks():
    # A block as long as the sample is the sample rotated, and there are but 60 rotations.
    panel = simulate(n_periods=60, noise=0.3).panel
    counts = []
    for length in (60, 1):
        replicas = bootstrap_replicas(
            panel, "weights", replications=200, block_length=length, seed=0
        )
        counts.append(len(np.unique(replicas.round(10), axis=0)))
    assert counts[0] <= 60
    assert counts[1] == 200


def band_by_hand(panel, replications, block_length, seed, level):
    """The bootstrap in plain NumPy, one panel after the other, with the package's estimates."""
    generator = np.random.default_rng(seed)
    base = estimate(panel)
    n_periods = len(panel)
    common = base.loadings_smoothed * base.principal_component[:, None]
    scale = np.sqrt(base.variance)
    residuals = (base.scores - common) / scale
    index = []
    for starts in generator.integers(n_periods, size=(replications, -(-n_periods // block_length))):
        drawn = np.concatenate([np.arange(start, start + block_length) for start in starts])
        replica = common + scale * residuals[drawn[:n_periods] % n_periods]
        loadings = estimate(replica).loadings_smoothed
        index.append((weights(loadings, base.observed) * base.scores).sum(axis=1))
    return np.quantile(index, [(1 - level) / 2, (1 + level) / 2], axis=0)


def test_bootstrap_band_is_that_of_the_plain_form():
    panel = simulate(n_periods=70).panel
    band = bootstrap(panel, replications=40)
    low, high = band_by_hand(panel, 40, block_length=6, seed=1, level=0.9)
    np.testing.assert_allclose(band.low, low, atol=1e-12)
    np.testing.assert_allclose(band.high, high, atol=1e-12)


@pytest.mark.parametrize(("threads", "a_piece"), [(1, 60), (2, 25), (3, 7)])
def test_bootstrap_does_not_depend_on_threads_and_pieces(threads, a_piece, monkeypatch):
    panel = with_gaps(simulate(n_periods=60).panel)
    expected = bootstrap(panel)
    monkeypatch.setattr("sfr_pipeline.econometrics.sfri.REPLICATIONS_A_PIECE", a_piece)
    band = bootstrap(panel, spread=partial(in_threads, threads=threads))
    assert band.low.tobytes() == expected.low.tobytes()
    assert band.high.tobytes() == expected.high.tobytes()


def test_draw_band_is_that_of_the_plain_form():
    results = estimate(with_gaps(simulate(n_periods=60).panel))
    band = draws(results)
    noise = np.random.default_rng(1).standard_normal((250, 1, 8))
    sd = np.sqrt(results.loading_variance_smoothed)
    drawn = weights(results.loadings_smoothed + sd * noise, results.observed)
    low, high = np.quantile((drawn * results.scores).sum(axis=-1), [0.05, 0.95], axis=0)
    np.testing.assert_allclose(band.low, low, atol=1e-13)
    np.testing.assert_allclose(band.high, high, atol=1e-13)


def test_bootstrap_band_accepts_gaps_and_series_that_have_not_begun():
    panel = with_gaps(simulate(n_periods=80).panel)
    begun = bootstrap(panel)
    waiting = bootstrap(np.insert(panel, 8, np.nan, axis=1))
    np.testing.assert_allclose(waiting.low, begun.low, atol=1e-8)
    np.testing.assert_allclose(waiting.high, begun.high, atol=1e-8)


@pytest.mark.parametrize("kind", ["draws", "bootstrap"])
def test_a_band_is_its_seed_byte_for_byte(kind):
    panel = with_gaps(simulate(n_periods=80).panel)
    subject = estimate(panel) if kind == "draws" else panel
    band = draws if kind == "draws" else bootstrap
    one, same, other = band(subject, seed=7), band(subject, seed=7), band(subject, seed=8)
    assert one.low.tobytes() == same.low.tobytes()
    assert one.high.tobytes() == same.high.tobytes()
    assert one.low.tobytes() != other.low.tobytes()
    assert one.high.tobytes() != other.high.tobytes()


@pytest.mark.parametrize("kind", ["draws", "bootstrap"])
def test_a_band_narrows_with_its_level(kind):
    panel = simulate(n_periods=80).panel
    subject = estimate(panel) if kind == "draws" else panel
    band = draws if kind == "draws" else bootstrap
    wide, narrow = band(subject, level=0.95), band(subject, level=0.5)
    assert (wide.low <= narrow.low).all()
    assert (narrow.low <= narrow.high).all()
    assert (narrow.high <= wide.high).all()
    ratio = (narrow.high - narrow.low).mean() / (wide.high - wide.low).mean()
    # For normal errors .6745 / 1.96 = .34.
    assert 0.25 < ratio < 0.45


def test_more_noise_widens_the_bootstrap_band():
    widths = []
    for noise in (0.2, 0.8):
        band = bootstrap(simulate(n_periods=80, noise=noise).panel)
        widths.append((band.high - band.low).mean())
    assert widths[1] > 1.5 * widths[0]
