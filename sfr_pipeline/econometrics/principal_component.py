"""Standardisation and the first principal component of a panel with gaps.

Every function works on one panel ``(n_periods, n_series)`` or on a batch of panels
``(..., n_periods, n_series)``. A panel of the batch is never influenced by the others, nor by the
values under its own mask, down to the last bit: the real-time tests rest on it.
"""

from functools import cache

import numpy as np
from threadpoolctl import ThreadpoolController

from sfr_pipeline.arrays import BoolArray, FloatArray
from sfr_pipeline.errors import EstimationError


def standardize(
    panel: FloatArray, observed: BoolArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Scale each series to mean 0 and standard deviation 1 over its observed periods.

    Args:
        panel: ``(..., n_periods, n_series)``, own units.
        observed: same shape; False where a value is missing or not to be used.

    Returns:
        The z-scores (0 where not observed), the means and the standard deviations (ddof 1), the
        latter two of shape ``(..., 1, n_series)``. A series without any observation has mean 0
        and standard deviation 1.

    Raises:
        EstimationError: a series is constant over its observed periods, so has no scale.
    """
    count = observed.sum(axis=-2, keepdims=True)
    values = np.where(observed, panel, 0.0)
    mean = values.sum(axis=-2, keepdims=True) / np.maximum(count, 1)
    deviation = np.where(observed, values - mean, 0.0)
    sd = np.sqrt((deviation**2).sum(axis=-2, keepdims=True) / np.maximum(count - 1, 1))
    # Round-off leaves the sd of a constant at some 1e-16 of its level rather than at zero.
    constant = (count > 0) & (sd <= 1e-12 * np.maximum(np.abs(mean), 1e-300))
    if constant.any():
        series = sorted({int(index[-1]) for index in np.argwhere(constant)})
        raise EstimationError(
            f"series {series} (column positions) are constant over the sample and cannot be "
            "scaled: leave them out or lengthen the sample"
        )
    sd = np.where(count > 0, sd, 1.0)
    deviation /= sd
    return deviation, mean, sd


def first_component(
    scores: FloatArray, observed: BoolArray, tolerance: float = 1e-9, max_iterations: int = 10_000
) -> FloatArray:
    """First principal component, by EM where values are missing.

    The loadings are scaled to a mean square of 1 over the series that are observed at all, as Koop
    and Korobilis (2014) do, and signed so that they sum to a positive number (all series are
    oriented towards risk). With gaps, the fixed point of EM-PCA is the rank-one least-squares fit
    to the observed cells; it is reached here by alternating the two regressions, which skips the
    filling-in of the E step.

    Args:
        scores: ``(..., n_periods, n_series)`` z-scores, 0 where not observed.
        observed: same shape.
        tolerance: largest change of a loading at which a panel counts as converged.
        max_iterations: of the alternating regressions.

    Returns:
        The component, ``(..., n_periods)``; 0 in periods without any observation.

    Raises:
        EstimationError: the alternating regressions did not converge.
    """
    # A series without any observation must count for nothing, in the scale of the loadings too.
    present = observed.any(axis=-2).sum(axis=-1, keepdims=True)
    # Many small matrices: threads of the linear algebra library would only get in each other's way.
    with _threads().limit(limits=1):
        second_moments = np.swapaxes(scores, -1, -2) @ scores
        loadings = np.linalg.eigh(second_moments)[1][..., -1] * np.sqrt(present)
    # A complete panel is done: with gaps elsewhere in the batch, too, it must not enter the loop.
    gaps = ~observed.all(axis=(-2, -1))
    if gaps.any():
        cells = observed[gaps].astype(float)
        loadings[gaps] = _alternate(scores[gaps], cells, loadings[gaps], tolerance, max_iterations)
    loadings = loadings * np.where(loadings.sum(axis=-1, keepdims=True) < 0, -1.0, 1.0)
    return _component(scores, observed.astype(float), loadings)


@cache
def _threads() -> ThreadpoolController:
    # Looking for the libraries takes a millisecond, so once.
    return ThreadpoolController()


def _component(scores: FloatArray, cells: FloatArray, loadings: FloatArray) -> FloatArray:
    """Regress each period's observed scores on the loadings."""
    column = loadings[..., None]
    weight = (cells @ column**2)[..., 0]
    return (scores @ column)[..., 0] / np.where(weight > 0, weight, 1.0)


def _alternate(
    panels: FloatArray, cells: FloatArray, start: FloatArray, tolerance: float, max_iterations: int
) -> FloatArray:
    """Alternate the two regressions until each panel of the batch has converged by itself."""
    loadings = start.copy()
    scale = np.sqrt((start**2).sum(axis=-1, keepdims=True))
    # A panel leaves the loop at its own convergence: how long its neighbours take must not
    # touch its result.
    running = np.arange(len(panels))
    for _ in range(max_iterations):
        scores, seen, previous = panels[running], cells[running], loadings[running]
        component = _component(scores, seen, previous)[..., None]
        weight = (np.swapaxes(seen, -1, -2) @ component**2)[..., 0]
        update = (np.swapaxes(scores, -1, -2) @ component)[..., 0]
        update /= np.where(weight > 0, weight, 1.0)
        update *= scale[running] / np.sqrt((update**2).sum(axis=-1, keepdims=True))
        loadings[running] = update
        running = running[np.abs(update - previous).max(axis=-1) > tolerance]
        if not running.size:
            return loadings
    raise EstimationError(
        f"the first principal component did not converge in {max_iterations} iterations: the "
        "panel has two components of nearly equal strength, or too few observations"
    )
