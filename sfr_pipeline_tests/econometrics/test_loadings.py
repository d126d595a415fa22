import numpy as np
import pytest

from sfr_pipeline.econometrics.kernels import loadings as kernels
from sfr_pipeline_tests.econometrics.simulation import autoregression

PARAMETERS = {
    "loading_forgetting": 0.97,
    "variance_decay": 0.96,
    "loading_prior_variance": 1.0,
    "initial_variance": 0.1,
    "variance_floor": 1e-6,
}
# Constant parameters: ordinary Bayesian regressions.
CONSTANT = PARAMETERS | {"loading_forgetting": 1.0, "variance_decay": 1.0}


def filter_loadings(scores, observed, factors, **parameters):
    settings = kernels.LoadingSettings(**parameters)
    return kernels.filter_loadings(scores, observed.astype(float), factors, settings)


def smooth(path):
    """Loadings and their covariance given all the data."""
    covariance = kernels.smooth_covariance(path.covariance, path.gain)
    return kernels.smooth(path.loadings, path.gain), covariance


def draw(n_periods=60, n_series=5, n_factors=2, seed=0):
    """Scores, mask with gaps, and factors."""
    rng = np.random.default_rng(seed)
    factors = np.column_stack([autoregression(n_periods, rng) for _ in range(n_factors)])
    scores = factors @ rng.standard_normal((n_factors, n_series))
    scores += 0.4 * rng.standard_normal(scores.shape)
    observed = rng.random(scores.shape) < 0.8
    return np.where(observed, scores, 0.0), observed, factors


def standard_errors_of_drawn_loadings(forgetting, n_series, seed, gaps=False):
    """Draw loadings from the very model of the filter; return its errors in standard errors.

    With V known and constant, the drift that a forgetting factor implies, S_{t-1} (1/l - 1),
    depends on the factor alone, so the model is an ordinary Gaussian one and its posterior exact.
    """
    rng = np.random.default_rng(seed)
    n_periods, noise, prior = 50, 0.3, 1.0
    factor = autoregression(n_periods, rng)
    observed = np.ones((n_periods, n_series), dtype=bool)
    if gaps:
        observed = rng.random(observed.shape) < 0.7
    truth = np.empty((n_periods, n_series))
    level = np.sqrt(prior) * rng.standard_normal(n_series)
    spread = np.full(n_series, prior)
    for t in range(n_periods):
        if t > 0:
            # Before its first observation a series has its prior, which does not drift.
            drifts = observed[t] & observed[:t].any(axis=0)
            drift = np.where(drifts, spread * (1 / forgetting - 1), 0.0)
            level = level + np.sqrt(drift) * rng.standard_normal(n_series)
            spread = spread + drift
        truth[t] = level
        update = 1 / (1 / spread + factor[t] ** 2 / noise)
        spread = np.where(observed[t], update, spread)
    scores = truth * factor[:, None] + np.sqrt(noise) * rng.standard_normal(truth.shape)
    path = filter_loadings(
        np.where(observed, scores, 0.0),
        observed,
        factor[:, None],
        loading_forgetting=forgetting,
        variance_decay=1.0,
        loading_prior_variance=prior,
        initial_variance=noise,
        variance_floor=1e-6,
    )
    filtered = (path.loadings[:, 0] - truth) / np.sqrt(path.covariance[:, 0, 0])
    mean, covariance = smooth(path)
    smoothed = (mean[:, 0] - truth) / np.sqrt(covariance[:, 0, 0])
    return filtered, smoothed


@pytest.mark.parametrize("gaps", [False, True])
def test_posterior_is_calibrated_when_its_own_model_made_the_data(gaps):
    for errors in standard_errors_of_drawn_loadings(0.9, n_series=4000, seed=0, gaps=gaps):
        # In each period apart: a slip at either end of the sample would hide in an average.
        assert np.abs(errors.mean(axis=1)).max() < 0.07
        assert np.abs(errors.std(axis=1) - 1).max() < 0.05
        assert np.abs((np.abs(errors) < 1.645).mean(axis=1) - 0.9).max() < 0.025


def test_constant_loadings_are_the_bayesian_regression_over_observed_periods():
    scores, observed, factors = draw()
    path = filter_loadings(scores, observed, factors, **CONSTANT)
    smoothed, spread = smooth(path)
    for i in range(scores.shape[1]):
        f, x = factors[observed[:, i]], scores[observed[:, i], i]
        precision = f.T @ f / 0.1 + np.eye(2)
        expected = np.linalg.solve(precision, f.T @ x / 0.1)
        np.testing.assert_allclose(path.loadings[-1, :, i], expected, atol=1e-12)
        np.testing.assert_allclose(
            path.covariance[-1, :, :, i], np.linalg.inv(precision), atol=1e-13
        )
        # Constant loadings: what is known in the end holds for all periods.
        np.testing.assert_allclose(smoothed[0, :, i], expected, atol=1e-12)
        np.testing.assert_allclose(spread[0, :, :, i], np.linalg.inv(precision), atol=1e-13)


def test_filtered_loadings_are_the_regression_with_exponentially_forgotten_periods():
    scores, _, factors = draw()
    observed = np.ones(scores.shape, dtype=bool)
    path = filter_loadings(scores, observed, factors, **PARAMETERS | {"variance_decay": 1.0})
    age = np.arange(len(scores))[::-1]
    kept = 0.97**age
    precision = (factors * kept[:, None]).T @ factors / 0.1 + 0.97 ** age[0] * np.eye(2)
    expected = np.linalg.solve(precision, (factors * kept[:, None]).T @ scores / 0.1).T
    np.testing.assert_allclose(path.loadings[-1].T, expected, atol=1e-11)


def test_variance_is_the_exponential_average_of_one_step_errors():
    scores, observed, factors = draw()
    path = filter_loadings(scores, observed, factors, **PARAMETERS)
    np.testing.assert_array_equal(path.variance[0], 0.1)
    for t in range(1, len(scores)):
        error = scores[t] - factors[t] @ path.loadings[t - 1]
        expected = 0.96 * path.variance[t - 1] + 0.04 * error**2
        seen = observed[t]
        np.testing.assert_allclose(path.variance[t, seen], expected[seen], rtol=1e-12)


def test_a_missing_cell_freezes_loading_covariance_and_variance():
    scores, observed, factors = draw()
    path = filter_loadings(scores, observed, factors, **PARAMETERS)
    assert not observed[1:].all()
    for before, i in np.argwhere(~observed[1:]):
        t = before + 1
        assert np.array_equal(path.loadings[t, :, i], path.loadings[before, :, i])
        assert np.array_equal(path.covariance[t, ..., i], path.covariance[before, ..., i])
        assert path.variance[t, i] == path.variance[before, i]


def test_values_under_the_mask_do_not_matter():
    scores, observed, factors = draw()
    poisoned = np.where(observed, scores, 1e9)
    clean = filter_loadings(scores, observed, factors, **PARAMETERS)
    dirty = filter_loadings(poisoned, observed, factors, **PARAMETERS)
    for one, other in zip(clean, dirty, strict=True):
        assert np.array_equal(one, other)


def test_the_filter_never_looks_ahead():
    scores, observed, factors = draw(n_periods=50)
    whole = filter_loadings(scores, observed, factors, **PARAMETERS)
    for t in (1, 17, 49):
        part = filter_loadings(scores[:t], observed[:t], factors[:t], **PARAMETERS)
        for one, other in zip(part, whole, strict=True):
            assert np.array_equal(one, other[:t])


def test_series_do_not_influence_one_another():
    scores, observed, factors = draw()
    together = filter_loadings(scores, observed, factors, **PARAMETERS)
    alone = filter_loadings(scores[:, 2:3].copy(), observed[:, 2:3].copy(), factors, **PARAMETERS)
    assert np.array_equal(together.loadings[..., 2:3], alone.loadings)
    assert np.array_equal(smooth(together)[1][..., 2:3], smooth(alone)[1])


def test_smoothing_narrows_the_uncertainty_and_ends_at_the_filter():
    scores, observed, factors = draw(n_factors=1)
    path = filter_loadings(scores, observed, factors, **PARAMETERS)
    mean, covariance = smooth(path)
    filtered, smoothed = path.covariance[:, 0, 0], covariance[:, 0, 0]
    assert (smoothed <= filtered + 1e-15).all()
    assert smoothed[:-1].sum() < 0.8 * filtered[:-1].sum()
    assert np.array_equal(mean[-1], path.loadings[-1])
    assert np.array_equal(smoothed[-1], filtered[-1])


def test_variance_never_falls_below_its_floor():
    # A series without noise: its errors vanish and V would follow them to zero.
    factors = autoregression(3000, np.random.default_rng(0))[:, None]
    observed = np.ones(factors.shape, dtype=bool)
    path = filter_loadings(0.7 * factors, observed, factors, **PARAMETERS)
    assert path.variance.min() == 1e-6
    assert np.isfinite(smooth(path)[0]).all()
    np.testing.assert_allclose(path.loadings[-1], 0.7, atol=1e-4)


def test_a_jump_of_the_loading_is_followed_faster_with_more_forgetting():
    rng = np.random.default_rng(3)
    factor = rng.standard_normal(200)
    loading = np.where(np.arange(200) < 100, 0.2, 1.0)
    scores = (loading * factor + 0.3 * rng.standard_normal(200))[:, None]
    observed = np.ones(scores.shape, dtype=bool)

    def thirty_later(forgetting):
        parameters = PARAMETERS | {"loading_forgetting": forgetting}
        return filter_loadings(scores, observed, factor[:, None], **parameters).loadings[130, 0, 0]

    assert abs(thirty_later(0.9) - 1.0) < 0.15
    assert abs(thirty_later(0.999) - 1.0) > 0.4
