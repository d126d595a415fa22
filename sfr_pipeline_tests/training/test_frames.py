"""Arrays and fits that pass between steps lose nothing on the way through a file."""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.training.frames import arrays_frame, arrays_in, fits_frame, fits_in
from sfr_pipeline.training.spec import Fit

ARRAYS = {
    "doubles": np.array([[1.5, np.nan, -0.0], [np.inf, 5e-324, 1 / 3]]),
    "singles": np.arange(24, dtype=np.float32).reshape(2, 3, 4) / 7,
    "columns first": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "years": np.array([2001, 2002]),
    "one": np.array(0.1),
    "none": np.zeros((0, 3), dtype=np.float32),
    "a/b.weight": np.array([True, False]),
}


def through_a_file(frame, folder):
    path = folder / "frame.parquet"
    frame.to_parquet(path, index=False)
    return pd.read_parquet(path)


def assert_same(found, expected):
    assert [*found] == [*expected]
    for name, values in expected.items():
        assert found[name].dtype == values.dtype
        assert found[name].shape == values.shape
        assert found[name].tobytes() == values.tobytes()


@pytest.mark.parametrize("arrays", [ARRAYS, {}], ids=["some", "none"])
def test_arrays_come_back_with_every_bit_and_can_be_written_to(arrays, tmp_path):
    found = arrays_in(through_a_file(arrays_frame(arrays), tmp_path))
    assert_same(found, arrays)
    assert all(values.flags.writeable for values in found.values())


@pytest.mark.parametrize("count", [0, 1, 12])
def test_fits_come_back_in_their_order(count, tmp_path):
    rng = np.random.default_rng(0)
    fits = [
        Fit(
            rng.normal(size=(place, 2)),
            rng.normal(size=3),
            np.full(3, np.nan),
            {"0.weight": rng.normal(size=(4, 2)).astype(np.float32), "bias": rng.normal(size=2)},
        )
        for place in range(count)
    ]
    found = fits_in(through_a_file(fits_frame(fits), tmp_path))
    assert len(found) == count
    for ours, theirs in zip(found, fits, strict=True):
        assert_same(ours.arrays(), theirs.arrays())
