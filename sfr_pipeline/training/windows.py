"""Windows of consecutive rows: what networks read. NumPy only."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from sfr_pipeline.arrays import FloatArray, IntArray
from sfr_pipeline.errors import EstimationError


def windows_of(rows: FloatArray, length: int, ends: IntArray | None = None) -> FloatArray:
    """Windows of so many consecutive rows, oldest row first.

    Args:
        rows: ``(n_rows, n_features)``, in time order.
        length: rows a window.
        ends: last row of each window, by default of all windows there are.

    Returns:
        ``(n_windows, length, n_features)``; a view of ``rows`` where windows of consecutive days
        are asked for: they share all rows but one, and a copy would be ``length`` times as large.

    Raises:
        EstimationError: there are fewer rows than a window has.
        ValueError: a window would begin before the first row.
    """
    if len(rows) < length:
        raise EstimationError(
            f"{len(rows)} rows are no window of {length}: let the sample begin earlier, or the "
            "forecasts later"
        )
    windows = np.lib.stride_tricks.sliding_window_view(rows, length, axis=0).transpose(0, 2, 1)
    if ends is None:
        return windows
    if len(ends) and ends.min() < length - 1:
        raise ValueError(f"a window of {length} rows cannot end on row {ends.min()}")
    starts = ends - length + 1
    if len(starts) and (np.diff(starts) == 1).all():
        return windows[starts[0] : starts[-1] + 1]
    return windows[starts]


@dataclass(frozen=True)
class SharedRows:
    """Windows of consecutive rows as the rows that they share, to be kept or sent.

    Attributes:
        rows: ``(n_windows + length - 1, n_features)``.
        length: rows a window.
    """

    rows: FloatArray
    length: int

    @classmethod
    def of(cls, windows: FloatArray) -> Self | None:
        """The rows of windows that are a view of such; None of any others.

        Args:
            windows: ``(n_windows, length, n_features)``, as ``windows_of`` gives them.
        """
        if windows.ndim != 3 or not len(windows) or windows.strides[0] != windows.strides[1]:
            return None
        n_windows, length, n_features = windows.shape
        rows = np.lib.stride_tricks.as_strided(
            windows, (n_windows + length - 1, n_features), windows.strides[1:], writeable=False
        )
        return cls(rows.copy(), length)

    def windows(self) -> FloatArray:
        """The windows, a view of the rows."""
        return windows_of(self.rows, self.length)
