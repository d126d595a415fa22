"""The index as of each period: everything re-estimated from what was available then."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sfr_pipeline.arrays import BoolArray, FloatArray
from sfr_pipeline.econometrics.labelled import panel_of
from sfr_pipeline.econometrics.sfri import equal_weights, weights
from sfr_pipeline.econometrics.tvp_favar import TvpFavarResults, TvpFavarSettings, estimate


@dataclass(frozen=True)
class Vintages:
    """Estimates as of several periods, each of the panel cut off there.

    Attributes:
        as_of: positions of the vintages' last periods, ``(n_vintages,)``.
        estimates: one a vintage, of the periods ``0..as_of`` and of all series; those that have
            not joined count as missing.
    """

    as_of: NDArray[np.intp]
    estimates: tuple[TvpFavarResults, ...]

    @classmethod
    def joined(cls, parts: "Sequence[Vintages]") -> "Vintages":
        """Vintages of several panels, one after another.

        Args:
            parts: at least one, each of the same series.
        """
        return cls(
            np.concatenate([part.as_of for part in parts]),
            tuple(one for part in parts for one in part.estimates),
        )

    @cached_property
    def weights(self) -> tuple[FloatArray, ...]:
        """Weights of each vintage, ``(as_of + 1, n_series)``, 0 where not observed."""
        return tuple(weights(one.loadings_smoothed, one.observed) for one in self.estimates)

    @cached_property
    def index(self) -> tuple[FloatArray, ...]:
        """Index of each vintage, ``(as_of + 1,)``."""
        pairs = zip(self.weights, self.estimates, strict=True)
        return tuple((weight * one.scores).sum(axis=1) for weight, one in pairs)

    @cached_property
    def equal_weight_index(self) -> tuple[FloatArray, ...]:
        """Index of each vintage by equal weights, ``(as_of + 1,)``."""
        return tuple(
            (equal_weights(one.observed) * one.scores).sum(axis=1) for one in self.estimates
        )

    def latest(self, name: str) -> NDArray:
        """Each vintage's last period of an estimate, ``(n_vintages, ...)``.

        Args:
            name: of a field of the estimates.
        """
        return np.stack([getattr(one, name)[-1] for one in self.estimates])


def vintage_mask(panel: FloatArray, as_of: int, min_observations: int) -> BoolArray:
    """Cells that a vintage may use, ``(as_of + 1, n_series)``.

    A series joins a vintage once it has ``min_observations`` values up to then and has moved, with
    its whole history; before that its mean and standard deviation would mean little.
    """
    past = panel[: as_of + 1]
    observed = ~np.isnan(past)
    moved = np.fmax.reduce(past, axis=0) > np.fmin.reduce(past, axis=0)
    return observed & moved & (observed.sum(axis=0) >= min_observations)


def estimate_vintages(
    panel: FloatArray | pd.DataFrame,
    as_of: NDArray[np.intp],
    *,
    min_observations: int,
    settings: TvpFavarSettings | None = None,
) -> Vintages:
    """Re-estimate the index as of each of the given periods.

    Args:
        panel: oriented indicators as known in real time, ``(n_periods, n_series)``: row t holds
            what had been published by the end of period t. A frame is judged by
            `labelled.check_panel`.
        as_of: row positions, one a vintage.
        min_observations: a series joins a vintage once it has that many values and has moved.
        settings: of the TVP-FAVAR.

    Raises:
        EstimationError: as ``tvp_favar.estimate``; also where a vintage has no usable series.
    """
    read = panel_of(panel, "panel")
    with read.naming():
        return Vintages(
            np.asarray(as_of),
            tuple(
                estimate(
                    read.values[: last + 1],
                    settings=settings,
                    observed=vintage_mask(read.values, last, min_observations),
                )
                for last in as_of
            ),
        )
