import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfr_pipeline.evaluation.bootstrap import (
    block_counts,
    block_indices,
    block_interval,
    block_length,
    block_means,
    episode_interval,
)


@given(st.data(), st.integers(1, 60))
def test_a_resample_consists_of_blocks_that_run_on_in_a_circle(data, n):
    block = data.draw(st.integers(1, n))
    indices = block_indices(n, block, 5, np.random.default_rng(n))
    assert indices.shape == (5, n)
    steps = np.diff(indices, axis=1) % n
    inside = np.arange(1, n) % block != 0
    assert (steps[:, inside] == 1 % n).all()
    assert ((indices >= 0) & (indices < n)).all()


def test_every_point_is_drawn_equally_often_also_at_the_ends():
    counts = block_counts(40, 7, 20_000, np.random.default_rng(1))
    # Standard error of a mean count: about sqrt(7 / 20,000) = 0.019.
    assert np.abs(counts.mean(axis=1) - 1).max() < 0.08
    assert (counts.sum(axis=0) == 40).all()


def test_counts_are_those_of_the_indices():
    indices = block_indices(30, 4, 6, np.random.default_rng(2))
    counts = block_counts(30, 4, 6, np.random.default_rng(2))
    for draw in range(6):
        assert (counts[:, draw] == np.bincount(indices[draw], minlength=30)).all()


@pytest.mark.parametrize(("n", "block"), [(50, 7), (50, 50), (63, 1), (12, 6)])
def test_means_of_blocks_are_those_of_the_resampled_days(n, block):
    values = np.random.default_rng(3).normal(size=(n, 2))
    indices = block_indices(n, block, 40, np.random.default_rng(4))
    found = block_means(values, block, 40, np.random.default_rng(4))
    np.testing.assert_allclose(found, values[indices].mean(axis=1), atol=1e-12)


def test_the_same_seed_draws_the_same():
    first, again, other = (
        block_indices(50, 5, 9, np.random.default_rng(seed)) for seed in (3, 3, 4)
    )
    assert (first == again).all()
    assert (first != other).any()


@pytest.mark.parametrize("block", [0, 11])
def test_a_block_must_fit_into_the_series(block):
    with pytest.raises(ValueError, match="between 1 and the 10 points"):
        block_indices(10, block, 2, np.random.default_rng(0))


def test_blocks_last_a_year_or_more_and_as_long_as_errors_overlap():
    assert block_length(83) == 12
    assert block_length(276) == 27
    assert block_length(100, horizon=18) == 18
    # One block alone is no draw.
    assert block_length(20) == 10
    assert block_length(1) == 1


def test_an_interval_of_few_episodes_is_students_t_by_hand():
    """Draws 1 to 5: standard deviation sqrt(2.5); t(.975, 3 degrees) = 3.1824."""
    draws = np.array([[1.0, 7.0], [2.0, np.nan], [3.0, np.nan], [4.0, np.nan], [5.0, np.nan]])
    low, high = episode_interval(np.array([2.0, 7.0]), draws, episodes=4)
    assert (low[0], high[0]) == pytest.approx((2 - 3.182446 * 2.5**0.5, 2 + 3.182446 * 2.5**0.5))
    # One draw has no spread, one episode no interval.
    assert np.isnan([low[1], high[1]]).all()
    assert np.isnan(episode_interval(np.zeros(2), draws, episodes=1)).all()
    assert not np.isnan(episode_interval(np.zeros(2), draws, episodes=2)[:, 0]).any()


def test_an_interval_of_few_blocks_has_one_degree_less_than_blocks():
    draws = np.arange(5.0)
    expected = episode_interval(1.0, draws, episodes=12)
    assert block_interval(1.0, draws, n=3024, block=252) == pytest.approx(expected)
    wider, narrower = (
        np.ptp(block_interval(1.0, draws, n=3024, block=block)) for block in (1008, 63)
    )
    assert wider > np.ptp(expected) > narrower
    assert np.isnan(block_interval(1.0, draws, n=300, block=252)).all()


def test_intervals_of_the_mean_of_dependent_data_cover_it():
    """A moving average over 4 steps doubles the mean's standard error; single draws miss that."""
    rng = np.random.default_rng(5)

    def coverage(block):
        hits = 0
        for sample in range(200):
            series = np.convolve(rng.normal(size=203), np.ones(4), "valid")
            indices = block_indices(200, block, 199, np.random.default_rng(sample))
            means = series[indices].mean(axis=1)
            low, high = block_interval(series.mean(), means, 200, block)
            hits += low < 0 < high
        return hits / 200

    assert coverage(block=16) > 0.87
    assert coverage(block=1) < 0.8
