"""Claims about surrogates."""

import numpy as np
import pytest
from scipy.signal import lfilter

from sfr_pipeline.econometrics.surrogates import surrogate_orders
from sfr_pipeline.errors import EstimationError


def seams(orders):
    """How often a period is not followed by its successor on the circle."""
    n_periods = orders.shape[1]
    return ((np.roll(orders, -1, axis=1) - orders) % n_periods != 1).sum(axis=1)


def distances(orders):
    """How far periods lie from where they were, the shorter way round."""
    n_periods = orders.shape[1]
    moved = (orders - np.arange(n_periods)) % n_periods
    return np.minimum(moved, n_periods - moved)


def test_every_surrogate_has_every_period_once():
    orders = surrogate_orders(60, 500, min_shift=3)
    assert (np.sort(orders, axis=1) == np.arange(60)).all()


def test_all_shifts_come_first_where_the_circle_has_fewer_than_asked_for():
    orders = surrogate_orders(60, 500, min_shift=3)
    np.testing.assert_array_equal(orders[:55, 0], (-np.arange(3, 58)) % 60)
    assert (seams(orders[:55]) == 0).all()
    # Two arcs that change places leave three seams.
    assert (seams(orders[55:]) == 3).all()


def test_shifts_are_drawn_without_repetition_where_there_are_enough():
    orders = surrogate_orders(1000, 200, min_shift=6, seed=1)
    assert len(np.unique(orders[:, 0])) == 200
    assert (seams(orders) == 0).all()


def test_no_period_stays_near_its_place():
    assert distances(surrogate_orders(180, 999, min_shift=6)).min() == 6
    assert distances(surrogate_orders(7, 50)).min() == 1


def test_surrogates_are_different_ones():
    assert len(np.unique(surrogate_orders(180, 999, min_shift=6), axis=0)) == 999


def test_the_seed_alone_decides():
    first, again, other = (surrogate_orders(180, 400, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_autocorrelation_is_kept_where_a_shuffle_loses_it():
    rng = np.random.default_rng(0)
    series = lfilter([1], [1, -0.95], rng.standard_normal(400))[-180:]

    def persistence(values):
        centred = values - values.mean(axis=-1, keepdims=True)
        return (centred[..., 1:] * centred[..., :-1]).sum(-1) / (centred**2).sum(-1)

    surrogates = persistence(series[surrogate_orders(180, 999, min_shift=6)])
    assert abs(np.median(surrogates) - persistence(series)) < 0.05
    assert abs(persistence(rng.permutation(series))) < 0.3


@pytest.mark.parametrize(("n_periods", "min_shift"), [(36, 6), (6, 1), (100, 0)])
def test_a_series_too_short_for_its_shifts_is_refused(n_periods, min_shift):
    with pytest.raises(EstimationError, match="give more of them, or allow shorter shifts"):
        surrogate_orders(n_periods, 10, min_shift=min_shift)
