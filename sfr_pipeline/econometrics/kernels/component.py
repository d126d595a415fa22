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
    """X'X, accumulated period by period."""
    n_periods, n_series = scores.shape
    moments = np.zeros((n_series, n_series))
    for t in range(n_periods):
        for i in range(n_series):
            for j in range(i + 1):
                moments[i, j] += scores[t, i] * scores[t, j]
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
    n = matrix.shape[0]
    power, square = matrix.copy(), np.empty((n, n))
    vector, update = np.empty(n), np.empty(n)
    # A start that no eigenvector is orthogonal to, of one sign as an oriented panel's component.
    for i in range(n):
        vector[i] = 0.5 + (GOLDEN * (i + 1)) % 1.0
    for _ in range(SQUARINGS):
        scale = 0.0
        for i in range(n):
            scale += power[i, i]
        for i in range(n):
            for j in range(n):
                power[i, j] /= scale
        for _ in range(n):
            change = _step(power, vector, update)
            vector, update = update, vector
            if change <= CONVERGED:
                return vector
        for i in range(n):
            for j in range(n):
                square[i, j] = 0.0
            for k in range(n):
                for j in range(n):
                    square[i, j] += power[i, k] * power[k, j]
        power, square = square, power
    return vector


@kernel
def _step(matrix: FloatArray, vector: FloatArray, update: FloatArray) -> float:
    """Write matrix @ vector, at unit length, into ``update``; return the largest change."""
    n = len(vector)
    for i in range(n):
        update[i] = 0.0
    # Symmetric: a column is a row, and rows lie together in memory.
    for j in range(n):
        for i in range(n):
            update[i] += matrix[j, i] * vector[j]
    length = 0.0
    for i in range(n):
        length += update[i] ** 2
    length = np.sqrt(length)
    change = 0.0
    for i in range(n):
        update[i] /= length
        change = max(change, abs(update[i] - vector[i]))
    return change


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
    across, cells_across = _transpose(scores), _transpose(cells)
    observed, present = 0.0, 0.0
    for i in range(n_series):
        some = 0.0
        for t in range(n_periods):
            observed += cells_across[i, t]
            some = max(some, cells_across[i, t])
        present += some
    size = np.sqrt(present)
    loadings = leading_eigenvector(second_moments(scores))
    for i in range(n_series):
        loadings[i] *= size
    converged = observed == n_periods * n_series
    if not converged:
        for _ in range(max_iterations):
            component = _regress(across, cells_across, loadings)
            update = _regress(scores, cells, component)
            length, change = 0.0, 0.0
            for i in range(n_series):
                length += update[i] ** 2
            length = np.sqrt(length)
            for i in range(n_series):
                update[i] *= size / length
                change = max(change, abs(update[i] - loadings[i]))
            loadings = update
            if change <= tolerance:
                converged = True
                break
    total = 0.0
    for i in range(n_series):
        total += loadings[i]
    for i in range(n_series):
        loadings[i] = loadings[i] if total >= 0.0 else -loadings[i]
    return _regress(across, cells_across, loadings), converged


@kernel
def _transpose(values: FloatArray) -> FloatArray:
    n_rows, n_columns = values.shape
    across = np.empty((n_columns, n_rows))
    for row in range(n_rows):
        for column in range(n_columns):
            across[column, row] = values[row, column]
    return across


@kernel
def _regress(values: FloatArray, cells: FloatArray, regressor: FloatArray) -> FloatArray:
    """Regress each column's observed values on the regressor; 0 where a column has none."""
    n_rows, n_columns = values.shape
    moment, weight = np.zeros(n_columns), np.zeros(n_columns)
    for row in range(n_rows):
        z = regressor[row]
        for column in range(n_columns):
            moment[column] += values[row, column] * z
            weight[column] += cells[row, column] * z**2
    for column in range(n_columns):
        moment[column] /= weight[column] if weight[column] > 0.0 else 1.0
    return moment
