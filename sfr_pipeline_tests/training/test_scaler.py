import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.preprocessing import StandardScaler

from sfr_pipeline.training.scaler import Scaler

MISSING = np.array([[1.0, 5.0], [3.0, 5.0], [np.nan, 5.0]])


@settings(max_examples=200, deadline=None)
@given(
    arrays(
        float,
        st.tuples(st.integers(1, 30), st.integers(1, 4)),
        elements=st.floats(-1e3, 1e3).map(lambda value: round(value, 3)) | st.just(np.nan),
    )
)
def test_it_agrees_with_scikit_learn_with_and_without_missing_values(rows):
    rows[:, np.isnan(rows).all(axis=0)] = 0.0
    np.testing.assert_allclose(
        Scaler.of(rows).apply(rows), StandardScaler().fit_transform(rows), rtol=1e-7, atol=1e-7
    )


def test_undo_gives_back_what_was_standardised():
    rows = np.random.default_rng(0).normal(3.0, 2.0, size=(40, 3))
    scaler = Scaler.of(rows)
    np.testing.assert_allclose(scaler.undo(scaler.apply(rows)), rows, rtol=1e-12)


@pytest.mark.parametrize("level", [0.1, 1e6])
def test_a_column_that_does_not_vary_but_by_rounding_is_left_in_its_units(level):
    rows = np.column_stack([np.full(50, level), np.arange(50.0)])
    rows[::2, 0] = np.nextafter(level, np.inf)
    assert Scaler.of(rows).scale[0] == 1
    assert Scaler.of(rows).scale[1] == pytest.approx(np.arange(50).std())


def test_with_a_limit_missing_values_become_the_mean_and_far_ones_the_limit():
    scaler = Scaler.of(MISSING, limit=1.5)
    assert (scaler.mean == [2, 5]).all()
    seen = np.array([[np.nan, 5.0], [3.0, 5.0], [-9.0, 99.0]])
    assert (scaler.apply(seen) == [[0, 0], [1, 0], [-1.5, 1.5]]).all()


def test_without_a_limit_missing_values_stay_missing_and_far_ones_far():
    standardised = Scaler.of(MISSING).apply(np.array([[np.nan, 5.0], [12.0, 5.0]]))
    np.testing.assert_array_equal(standardised, [[np.nan, 0], [10, 0]])


def test_a_column_that_nobody_has_seen_counts_as_standardised():
    scaler = Scaler.of(np.full((3, 1), np.nan))
    assert (scaler.mean, scaler.scale) == (0, 1)
