"""Near pairs of points and of histories of a series that is read in many orders, for the BDS test.

A row of the matrix of near points is a string of bits. Points near to a point are neighbours in the
order of size, so that its row is the difference of two strings: of points below one rank, and below
another. Two m-histories are near if their first points are, and the rest of them one period on:

    N_m[i] = N_1[i] and (N_{m-1}[i + 1] moved by one period)                                    (1)
"""

import numpy as np

from sfr_pipeline.arrays import IntArray
from sfr_pipeline.econometrics.kernels.compiler import kernel

WORD = 64


@kernel
def near_pairs(
    orders: IntArray, low: IntArray, width: IntArray, largest: int
) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """Count, in each order, what both forms of the test rest on.

    Args:
        orders: ranks of the points in time, ``(n_orders, n)``.
        low, width: rank r is near to ranks ``low[r] .. low[r] + width[r] - 1``, ``(n,)``.
        largest: dimension M.

    Returns:
        Ordered near pairs, each with itself among them, by order and dimension m,
        ``(n_orders, M + 1)``: of m-histories; of those that begin in the first n - M + 1 points; of
        points but the first m - 1. And the squares of how many of the first n - M + 1 points are
        near to each of them, summed, ``(n_orders,)``.
    """
    n_orders, n = orders.shape[0], orders.shape[1]
    n_words = -(-n // WORD)
    n_first = n - largest + 1
    histories = np.zeros((n_orders, largest + 1), np.int64)
    early = np.zeros((n_orders, largest + 1), np.int64)
    late = np.zeros((n_orders, largest + 1), np.int64)
    squares = np.zeros(n_orders, np.int64)
    # A row and a word more, which stay 0: what runs past the end is near to nothing.
    near = np.zeros((n + 1, n_words + 1), np.uint64)
    last = np.zeros((n + 1, n_words + 1), np.uint64)
    below = np.zeros((n + 1, n_words), np.uint64)
    for row in range(n_orders):
        fill_near(orders, row, low, width, below, near)
        for m in range(1, largest + 1):
            prolong(near, last, m == 1)
            for i in range(n):
                all_near, early_near = np.int64(0), np.int64(0)
                for w in range(n_words):
                    all_near += ones(last[i, w])
                    if i < n_first:
                        early_near += ones(last[i, w] & bits_before(n_first - w * WORD))
                    if i >= m - 1:
                        late[row, m] += ones(near[i, w] & ~bits_before(m - 1 - w * WORD))
                histories[row, m] += all_near
                early[row, m] += early_near
                if m == 1:
                    squares[row] += early_near**2
    return histories, early, late, squares


@kernel
def fill_near(
    orders: IntArray, row: int, low: IntArray, width: IntArray, below: IntArray, near: IntArray
) -> None:
    """Rows of N_1 in one order: points below the end of a neighbourhood but not its start."""
    n, n_words = orders.shape[1], below.shape[1]
    when = np.empty(n, np.int64)
    for i in range(n):
        when[orders[row, i]] = i
    for r in range(n):
        for w in range(n_words):
            below[r + 1, w] = below[r, w]
        below[r + 1, when[r] // WORD] |= np.uint64(1) << np.uint64(when[r] % WORD)
    for i in range(n):
        start = low[orders[row, i]]
        end = start + width[orders[row, i]]
        for w in range(n_words):
            near[i, w] = below[end, w] ^ below[start, w]


@kernel
def prolong(near: IntArray, last: IntArray, first: bool) -> None:
    """N_m from N_{m-1} in its place, equation (1); the ``first`` is N_1."""
    for i in range(len(near) - 1):
        for w in range(near.shape[1] - 1):
            moved = last[i + 1, w] >> np.uint64(1) | last[i + 1, w + 1] << np.uint64(WORD - 1)
            last[i, w] = near[i, w] if first else near[i, w] & moved


@kernel
def bits_before(n: int) -> np.uint64:
    """A word whose first ``n`` bits are set; none where n is less than 1, all from 64 on."""
    if n <= 0:
        return np.uint64(0)
    if n >= WORD:
        return ~np.uint64(0)
    return (np.uint64(1) << np.uint64(n)) - np.uint64(1)


@kernel
def ones(word: np.uint64) -> np.int64:
    """How many bits are set: sums of pairs, of fours, of eights, and all eights at once."""
    word = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
    pairs = np.uint64(0x3333333333333333)
    word = (word & pairs) + ((word >> np.uint64(2)) & pairs)
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))
