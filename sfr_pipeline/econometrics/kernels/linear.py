"""Systems of a few linear equations, without LAPACK: same bits on every machine."""

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.econometrics.kernels.compiler import kernel


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
