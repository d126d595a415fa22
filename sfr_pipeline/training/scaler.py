"""Standardisation by the rows that are learnt from. NumPy only."""

from dataclasses import dataclass

import numpy as np

from sfr_pipeline.arrays import FloatArray

# Share of a column's size below which its spread is round-off: dividing by that would blow up the
# column's first real move.
ROUND_OFF = 1e-10


@dataclass(frozen=True)
class Scaler:
    """Means and standard deviations of training rows.

    Attributes:
        mean: of each column, ``(n_features,)``; a number for rows that are numbers.
        scale: its standard deviation (ddof 0), 1 where the column does not move.
        limit: standardised values are held to this many standard deviations, and missing ones
            become 0, the mean. None leaves both as they are.
    """

    mean: FloatArray
    scale: FloatArray
    limit: float | None = None

    @classmethod
    def of(cls, rows: FloatArray, limit: float | None = None) -> "Scaler":
        """Mean and standard deviation of ``rows``, missing values left out.

        Args:
            rows: ``(n_rows, n_features)`` or ``(n_rows,)``, NaN where a value is missing.
            limit: as the attribute.
        """
        known = ~np.isnan(rows)
        count = np.maximum(known.sum(axis=0), 1)
        mean = np.where(known, rows, 0.0).sum(axis=0) / count
        scale = np.sqrt(np.square(np.where(known, rows - mean, 0.0)).sum(axis=0) / count)
        moves = scale > ROUND_OFF * np.maximum(np.abs(mean), 1.0)
        return cls(mean, np.where(moves, scale, 1.0), limit)

    def apply(self, values: FloatArray) -> FloatArray:
        """Standardised values, same shape."""
        standardised = (values - self.mean) / self.scale
        if self.limit is None:
            return standardised
        return np.nan_to_num(np.clip(standardised, -self.limit, self.limit), nan=0.0)

    def undo(self, values: FloatArray) -> FloatArray:
        """Standardised values in their units again."""
        return values * self.scale + self.mean
