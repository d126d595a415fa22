import numpy as np
import pytest

from sfr_pipeline.errors import EstimationError
from sfr_pipeline.training.windows import SharedRows, windows_of

ROWS = np.arange(40.0).reshape(20, 2)


def test_windows_end_on_the_rows_that_are_asked_for():
    windows = windows_of(ROWS, 4, np.array([3, 19]))
    assert windows.shape == (2, 4, 2)
    assert (windows[0] == ROWS[0:4]).all()
    assert (windows[1] == ROWS[16:20]).all()


def test_by_default_there_is_a_window_for_every_row_that_can_end_one():
    windows = windows_of(ROWS, 4)
    assert windows.shape == (17, 4, 2)
    assert all((windows[end - 3] == ROWS[end - 3 : end + 1]).all() for end in range(3, 20))


def test_a_window_that_would_begin_before_the_first_row_is_refused():
    with pytest.raises(ValueError, match="cannot end on row 2"):
        windows_of(ROWS, 4, np.array([2]))


def test_fewer_rows_than_a_window_are_refused_with_a_remedy():
    with pytest.raises(EstimationError, match="20 rows are no window of 21: let the sample begin"):
        windows_of(ROWS, 21)


def test_windows_of_consecutive_days_are_a_view_with_the_values_of_others():
    rows = np.random.default_rng(0).normal(size=(50, 3))
    ends = np.arange(10, 40)
    found = windows_of(rows, 8, ends)
    assert np.shares_memory(found, rows)
    scattered = windows_of(rows, 8, ends[::-1])
    assert not np.shares_memory(scattered, rows)
    np.testing.assert_array_equal(found, scattered[::-1])


@pytest.mark.parametrize("length", [1, 8])
def test_windows_that_share_rows_are_kept_as_these_and_others_are_left_alone(length):
    rows = np.random.default_rng(0).normal(size=(50, 3))
    windows = windows_of(rows, length, np.arange(10, 40))[:, -length:]
    shared = SharedRows.of(windows)
    np.testing.assert_array_equal(shared.rows, rows[11 - length : 40])
    np.testing.assert_array_equal(shared.windows(), windows)
    for other in (windows_of(rows, 8).copy(), windows_of(rows, 8)[::2], rows, windows[:0]):
        assert SharedRows.of(other) is None
