"""Products, solutions and inverses of matrices as small as a state of factors.

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
def copy(a: FloatArray, out: FloatArray) -> None:
    """out = a. (An assignment of slices would take Numba a second to compile.)"""
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            out[i, j] = a[i, j]


@kernel
def multiply(a: FloatArray, b: FloatArray, out: FloatArray) -> None:
    """out = a b."""
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            total = 0.0
            for k in range(a.shape[1]):
                total += a[i, k] * b[k, j]
            out[i, j] = total


@kernel
def multiply_transposed(a: FloatArray, b: FloatArray, out: FloatArray) -> None:
    """out = a b'."""
    for i in range(a.shape[0]):
        for j in range(b.shape[0]):
            total = 0.0
            for k in range(a.shape[1]):
                total += a[i, k] * b[j, k]
            out[i, j] = total


@kernel
def transposed_multiply(a: FloatArray, b: FloatArray, out: FloatArray) -> None:
    """out = a' b."""
    for i in range(a.shape[1]):
        for j in range(b.shape[1]):
            total = 0.0
            for k in range(a.shape[0]):
                total += a[k, i] * b[k, j]
            out[i, j] = total


@kernel
def symmetrize(a: FloatArray) -> None:
    """Replace a by (a + a') / 2."""
    for i in range(a.shape[0]):
        for j in range(i):
            a[i, j] = a[j, i] = 0.5 * (a[i, j] + a[j, i])


@kernel
def solve(a: FloatArray, right: FloatArray) -> None:
    """Replace ``right`` by the solution X of a X = right; ``a`` is lost on the way."""
    n = a.shape[0]
    for k in range(n):
        pivot = k
        for i in range(k + 1, n):
            if abs(a[i, k]) > abs(a[pivot, k]):
                pivot = i
        for j in range(n):
            a[k, j], a[pivot, j] = a[pivot, j], a[k, j]
        for j in range(right.shape[1]):
            right[k, j], right[pivot, j] = right[pivot, j], right[k, j]
        for i in range(n):
            if i != k:
                factor = a[i, k] / a[k, k]
                for j in range(k, n):
                    a[i, j] -= factor * a[k, j]
                for j in range(right.shape[1]):
                    right[i, j] -= factor * right[k, j]
    for k in range(n):
        for j in range(right.shape[1]):
            right[k, j] /= a[k, k]


@kernel
def invert(a: FloatArray) -> int:
    """Replace a symmetric positive matrix by its inverse; return how many rows depend on others.

    By the sweep operator. A row that depends on those before it counts for nothing and gets zeros,
    which makes the result a generalised inverse: the paper's pseudo-inverse substitution.
    """
    n = a.shape[0]
    scale = np.empty(n)
    for k in range(n):
        scale[k] = a[k, k]
    dependent = 0
    for k in range(n):
        pivot = a[k, k]
        if not pivot > DEPENDENT * scale[k]:
            dependent += 1
            for j in range(n):
                a[k, j] = a[j, k] = 0.0
            continue
        for i in range(n):
            if i != k:
                for j in range(n):
                    if j != k:
                        a[i, j] -= a[i, k] * a[k, j] / pivot
        for j in range(n):
            if j != k:
                a[k, j] /= pivot
                a[j, k] /= -pivot
        a[k, k] = 1.0 / pivot
    for k in range(n):
        for j in range(k):
            a[k, j] = a[j, k]
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
        multiply(power, power, square)
        power, square = square, power
    return False
