"""Elimination and stability of matrices as small as a state of factors or a chain of regimes.

Written out, because a call of BLAS or LAPACK costs more than the arithmetic at these sizes, and
because its last bits depend on the processor.
"""

import numpy as np

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.econometrics.kernels.compiler import kernel

# A pivot that is smaller than this share of its diagonal is round-off.
DEPENDENT = 1e-14
# The 40th square is the power 2^40: what has neither died out nor exploded by then is on the bound.
SQUARES = 40


@kernel
def condition(joint: FloatArray, n: int) -> int:
    """Condition a joint normal distribution on its first n variables, in place.

    By Gaussian elimination, which is the update of a Kalman filter. A variable that depends on
    those before it is passed over, as by a pseudo-inverse.

    Args:
        joint: the covariance; in one more column the means, less what is observed of the first n.
        n: how many variables are observed.

    Returns:
        How many of them depend on others.
    """
    rows, columns = joint.shape
    scale = np.empty(n)
    for o in range(n):
        scale[o] = joint[o, o]
    dependent = 0
    for o in range(n):
        pivot = joint[o, o]
        if not pivot > DEPENDENT * scale[o]:
            dependent += 1
            continue
        for i in range(o + 1, rows):
            for j in range(o + 1, columns):  # the product first: symmetric to the last bit
                joint[i, j] -= joint[i, o] * joint[o, j] / pivot
    return dependent


@kernel
def is_stable(companion: FloatArray, bound: float) -> bool:
    """Whether all eigenvalues lie within ``bound``: whether the powers of a / bound die out.

    Squares reach high powers soon, and no eigenvalue has to be known.
    """
    k = companion.shape[0]
    if k == 1:
        return abs(companion[0, 0]) < bound
    power, square = np.empty((k, k)), np.empty((k, k))
    for i in range(k):
        for j in range(k):
            power[i, j] = companion[i, j] / bound
    for _ in range(SQUARES):
        norm = 0.0
        for i in range(k):
            row = 0.0
            for j in range(k):
                row += abs(power[i, j])
            norm = max(norm, row)
        if norm < 1.0:
            return True
        if norm > 1e100:
            return False
        for i in range(k):
            for j in range(k):
                square[i, j] = 0.0
                for h in range(k):
                    square[i, j] += power[i, h] * power[h, j]
        power, square = square, power
    return False


@kernel
def solve(matrix: FloatArray, right: FloatArray) -> FloatArray:
    """Solution of ``matrix @ x = right`` by Gaussian elimination with row pivots, shape (n,)."""
    n = len(right)
    a, x = matrix.copy(), right.copy()
    for column in range(n):
        pivot = column
        for row in range(column + 1, n):
            if abs(a[row, column]) > abs(a[pivot, column]):
                pivot = row
        if pivot != column:
            for j in range(column, n):
                a[column, j], a[pivot, j] = a[pivot, j], a[column, j]
            x[column], x[pivot] = x[pivot], x[column]
        for row in range(column + 1, n):
            factor = a[row, column] / a[column, column]
            for j in range(column, n):
                a[row, j] -= factor * a[column, j]
            x[row] -= factor * x[column]
    for row in range(n - 1, -1, -1):
        for j in range(row + 1, n):
            x[row] -= a[row, j] * x[j]
        x[row] /= a[row, row]
    return x
