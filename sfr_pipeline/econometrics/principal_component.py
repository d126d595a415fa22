"""Standardisation and the first principal component of one panel with gaps, checked.

Nothing under the mask touches a result, down to the last bit: the real-time tests rest on it.
"""

from typing import NamedTuple

import numpy as np

from sfr_pipeline.arrays import BoolArray, FloatArray
from sfr_pipeline.errors import EstimationError


class Standardized(NamedTuple):
    """A panel in z-scores."""

    scores: FloatArray  # (n_periods, n_series), 0 where not observed
    mean: FloatArray  # (n_series,), 0 where nothing is observed
    sd: FloatArray  # (n_series,), ddof 1, 1 where nothing is observed


def standardize(panel: FloatArray, observed: BoolArray) -> Standardized:
    """Scale each series to mean 0 and standard deviation 1 over its observed periods.

    Args:
        panel: ``(n_periods, n_series)``, own units.
        observed: same shape; False where a value is missing or not to be used.

    Raises:
        EstimationError: a series is constant over its observed periods, so has no scale.
    """
    from sfr_pipeline.econometrics.kernels import component

    values = np.array(panel, dtype=float, order="C")
    scaled = Standardized(*component.standardize(values, cells(observed)))
    if not scaled.sd.all():
        series = [position for position, sd in enumerate(scaled.sd) if sd == 0]
        raise EstimationError(
            "the panel does not move in series {series} and has no scale there: leave out what "
            "does not move, or lengthen the sample",
            series=series,
        )
    return scaled


def first_component(
    scores: FloatArray,
    observed: BoolArray | FloatArray,
    tolerance: float = 1e-9,
    max_iterations: int = 10_000,
) -> FloatArray:
    """First principal component, by EM where values are missing.

    The loadings are scaled to a mean square of 1 over the series that are observed at all, as Koop
    and Korobilis (2014) do, and signed so that they sum to a positive number (all series are
    oriented towards risk).

    Args:
        scores: ``(n_periods, n_series)`` z-scores, 0 where not observed.
        observed: same shape, a mask or its `cells`.
        tolerance: largest change of a loading at which a panel with gaps counts as converged.
        max_iterations: of the alternating regressions, where there are gaps.

    Returns:
        The component, ``(n_periods,)``; 0 in periods without any observation.

    Raises:
        EstimationError: the alternating regressions did not converge.
    """
    from sfr_pipeline.econometrics.kernels import component

    values, converged = component.first_component(
        np.ascontiguousarray(scores, dtype=float), cells(observed), tolerance, max_iterations
    )
    if not converged:
        raise EstimationError(
            f"the first principal component did not converge in {max_iterations} iterations: the "
            "panel has two components of nearly equal strength, or too few observations"
        )
    return values


def cells(observed: BoolArray | FloatArray) -> FloatArray:
    """A mask as the kernels take it: 1 where observed, 0 where not; one that is so stays itself."""
    return np.ascontiguousarray(observed, dtype=float)
