"""Standardisation and the first principal component of a panel with gaps.

``cells`` is 1 where a value is observed and 0 where it is missing; scores are 0 there.
"""

import numpy as np

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.econometrics.kernels.compiler import kernel

# Round-off leaves the deviation of a constant at some 1e-16 of its level rather than at zero.
CONSTANT = 1e-12
# Largest change of an element of the unit eigenvector, some units of its last place.
CONVERGED = 1e-15
# Squarings of the matrix; the 30th tells eigenvalues apart that agree in nine digits.
SQUARINGS = 30
GOLDEN = 0.6180339887498949


@kernel
def standardize(panel: FloatArray, cells: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return z-scores, means and standard deviations (ddof 1) over the observed periods.

    A series without any observation has mean 0 and deviation 1; a constant one has deviation 0,
    and no scores.
    """
    n_periods, n_series = panel.shape
    scores = np.empty((n_periods, n_series))
    count, mean, sd = np.zeros(n_series), np.zeros(n_series), np.zeros(n_series)
    for t in range(n_periods):
        for i in range(n_series):
            scores[t, i] = panel[t, i] if cells[t, i] > 0.0 else 0.0
            mean[i] += scores[t, i]
            count[i] += cells[t, i]
    for i in range(n_series):
        mean[i] /= max(count[i], 1.0)
    for t in range(n_periods):
        for i in range(n_series):
            scores[t, i] = cells[t, i] * (scores[t, i] - mean[i])
            sd[i] += scores[t, i] ** 2
    for i in range(n_series):
        sd[i] = np.sqrt(sd[i] / max(count[i] - 1.0, 1.0))
        if count[i] == 0.0:
            sd[i] = 1.0
        elif sd[i] <= CONSTANT * max(abs(mean[i]), 1e-300):
            sd[i] = 0.0
    for t in range(n_periods):
        for i in range(n_series):
            scores[t, i] /= sd[i]
    return scores, mean, sd


@kernel
def second_moments(scores: FloatArray) -> FloatArray:
    """X'X, two periods at a time, which halves the traffic with memory."""
    n_periods, n_series = scores.shape
    odd = n_periods % 2
    moments = np.empty((n_series, n_series))
    for i in range(n_series):
        for j in range(i + 1):
            moments[i, j] = odd * scores[0, i] * scores[0, j]
    for t in range(odd, n_periods, 2):
        for i in range(n_series):
            for j in range(i + 1):
                moments[i, j] += scores[t, i] * scores[t, j] + scores[t + 1, i] * scores[t + 1, j]
    for i in range(n_series):
        for j in range(i):
            moments[j, i] = moments[i, j]
    return moments


@kernel
def leading_eigenvector(matrix: FloatArray) -> FloatArray:
    """Eigenvector of unit length of the largest eigenvalue of a positive semi-definite matrix.

    By power iteration. As often as it has taken n steps the matrix is squared, which makes each
    further step worth twice as many: the work stays within twice that of the better choice, for
    eigenvalues far apart (a few steps) and close together (a few squarings).
    """
    n = len(matrix)
    power, square = matrix.copy(), np.empty((n, n))
    vector, update = np.empty(n), np.empty(n)
    # A start that is hardly ever orthogonal to it, of one sign as an oriented panel's component.
    for i in range(n):
        vector[i] = 0.5 + (GOLDEN * (i + 1)) % 1.0
    for _ in range(SQUARINGS):
        for _ in range(n):
            length, change = 0.0, 0.0
            for i in range(n):
                update[i] = 0.0
            for j in range(n):
                for i in range(n):  # symmetric: a column is a row, and rows lie together
                    update[i] += power[j, i] * vector[j]
            for i in range(n):
                length += update[i] ** 2
            for i in range(n):
                update[i] /= np.sqrt(length)
                change = max(change, abs(update[i] - vector[i]))
                vector[i] = update[i]
            if change <= CONVERGED:
                return vector
        trace = 0.0
        for i in range(n):
            trace += power[i, i]
        for i in range(n):
            for j in range(n):
                square[i, j] = 0.0
            for k in range(n):
                share = power[i, k] / trace**2
                for j in range(n):
                    square[i, j] += share * power[k, j]
        power, square = square, power
    return vector


@kernel
def first_component(
    scores: FloatArray, cells: FloatArray, tolerance: float, max_iterations: int
) -> tuple[FloatArray, bool]:
    """Return the first principal component and whether it converged.

    Loadings have a mean square of 1 over the series that are observed at all, and a positive sum.
    With gaps, the fixed point of EM-PCA is the rank-one least-squares fit to the observed cells;
    alternating its two regressions skips the filling-in of the E step.
    """
    n_periods, n_series = scores.shape
    component, loadings, weights = np.empty(n_periods), np.zeros(n_series), np.zeros(n_series)
    for t in range(n_periods):
        for i in range(n_series):
            weights[i] += cells[t, i]
    present, gaps = 0, False
    for i in range(n_series):
        present += weights[i] > 0.0
        gaps |= weights[i] < n_periods
    update = leading_eigenvector(second_moments(scores))
    for _ in range(max_iterations + 1):
        length, total, change = 0.0, 0.0, 0.0
        for i in range(n_series):
            length += update[i] ** 2
            total += update[i]
        scale = np.copysign(np.sqrt(present / length), total)
        for i in range(n_series):
            change = max(change, abs(scale * update[i] - loadings[i]))
            loadings[i] = scale * update[i]
            update[i] = weights[i] = 0.0
        for t in range(n_periods):  # regress each period's scores on the loadings
            moment, weight = 0.0, 0.0
            for i in range(n_series):
                moment += scores[t, i] * loadings[i]
                weight += cells[t, i] * loadings[i] ** 2
            component[t] = moment / weight if weight > 0.0 else 0.0
        if not gaps or change <= tolerance:
            return component, True
        for t in range(n_periods):  # and each series' scores on the component
            for i in range(n_series):
                update[i] += scores[t, i] * component[t]
                weights[i] += cells[t, i] * component[t] ** 2
        for i in range(n_series):
            update[i] /= weights[i] if weights[i] > 0.0 else 1.0
    return component, False
