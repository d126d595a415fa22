"""The index as of each period: everything re-estimated from what was available then.

All vintages are estimated in one batch. A vintage is a mask over the same panel, and nothing under
a mask touches the result, so each vintage equals an estimate on the panel cut off at its period.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sfr_pipeline.arrays import BoolArray, FloatArray
from sfr_pipeline.econometrics.sfri import equal_weights, weights
from sfr_pipeline.econometrics.tvp_favar import (
    TvpFavarResults,
    TvpFavarSettings,
    estimate,
)


@dataclass(frozen=True)
class Vintages:
    """Estimates as of several periods.

    Attributes:
        as_of: positions of the vintages' last periods, ``(n_vintages,)``.
        index: ``(n_vintages, n_periods)``, NaN after ``as_of``.
        equal_weight_index: same shape.
        weights: ``(n_vintages, n_periods, n_series)``, 0 where not observed.
        estimates: the batch of TVP-FAVAR results behind them.
    """

    as_of: NDArray[np.intp]
    index: FloatArray
    equal_weight_index: FloatArray
    weights: FloatArray
    estimates: TvpFavarResults

    def latest(self, values: NDArray[Any]) -> NDArray[Any]:
        """Pick each vintage's last period from ``(n_vintages, n_periods, ...)``."""
        return values[np.arange(len(self.as_of)), self.as_of]


def vintage_masks(observed: BoolArray, as_of: NDArray[np.intp], min_observations: int) -> BoolArray:
    """Cells that each vintage may use, ``(n_vintages, n_periods, n_series)``.

    A series joins a vintage once it has ``min_observations`` values up to then, with its whole
    history; before that its mean and standard deviation would mean little.
    """
    position = np.arange(len(observed))
    past = observed & (position <= as_of[:, None])[..., None]
    enough = past.sum(axis=1, keepdims=True) >= min_observations
    return past & enough


def estimate_vintages(
    panel: FloatArray,
    as_of: NDArray[np.intp],
    *,
    min_observations: int,
    settings: TvpFavarSettings | None = None,
) -> Vintages:
    """Re-estimate the index as of each of the given periods.

    Args:
        panel: oriented indicators as known in real time, ``(n_periods, n_series)``: row t holds
            what had been published by the end of period t.
        as_of: row positions, one a vintage.
        min_observations: a series joins a vintage once it has that many values.
        settings: of the TVP-FAVAR.

    Raises:
        EstimationError: as ``tvp_favar.estimate``; also where a vintage has no usable series.
    """
    as_of = np.asarray(as_of)
    observed = vintage_masks(~np.isnan(panel), as_of, min_observations)
    panels = np.broadcast_to(panel, observed.shape)
    estimates = estimate(panels, settings=settings, observed=observed)
    weight = weights(estimates.loadings_smoothed, observed)
    known = np.arange(len(panel)) <= as_of[:, None]
    index = (weight * estimates.scores).sum(axis=-1)
    equal = (equal_weights(observed) * estimates.scores).sum(axis=-1)
    return Vintages(
        as_of=as_of,
        index=np.where(known, index, np.nan),
        equal_weight_index=np.where(known, equal, np.nan),
        weights=weight,
        estimates=estimates,
    )
