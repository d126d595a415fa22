"""Transfer entropy of coded series, and the entropies of words that it is made of.

    H(w) = log2 n - 1/n sum_w c_w log2 c_w                                                      (1)

for n periods in which word w occurs c_w times. Words are counted in a table that is several times
as large as the series: each at its own place if there are places for all words that are possible,
else where a hash puts it. As c log2 c is the sum of its steps up to c, (1) needs no more than how
many words occur once or more, twice or more, and so on: whole numbers, so that neither the order of
the periods nor the places of the words move a digit.
"""

import math

import numpy as np

from sfr_pipeline.arrays import FloatArray, IntArray
from sfr_pipeline.econometrics.kernels.compiler import kernel

# Fibonacci hashing: 2^64 over the golden ratio spreads numbers that are near to each other.
GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@kernel
def entropy(
    words: IntArray,
    n_possible: int,
    steps: FloatArray,
    bits: int,
    keys: IntArray,
    counts: IntArray,
) -> float:
    """Equation (1).

    Args:
        words: numbers from 0, ``(n,)``.
        n_possible: more than any of them.
        steps: of c log2 c, from c - 1 to c, for c = 0 .. n.
        bits: of the number of a place in the table.
        keys: the words in the table.
        counts: how often each has occurred, all 0, and 0 again in the end.
    """
    n = len(words)
    at_least = np.zeros(n + 2, np.int64)
    if n_possible <= len(counts):
        for word in words:
            counts[word] += 1
        most = 0
        for word in range(n_possible):
            at_least[counts[word]] += 1
            most = max(most, counts[word])
        for count in range(most - 1, 0, -1):
            at_least[count] += at_least[count + 1]
    else:
        shift = np.uint64(64 - bits)
        for word in words:
            place = np.int64((np.uint64(word) * GOLDEN) >> shift)
            while counts[place] > 0 and keys[place] != word:
                place = (place + 1) & (len(counts) - 1)
            keys[place] = word
            counts[place] += 1
            at_least[counts[place]] += 1
    for used in range(len(counts)):
        counts[used] = 0
    total, count = 0.0, 1
    while at_least[count] > 0:
        total += at_least[count] * steps[count]
        count += 1
    return math.log2(n) - total / n


@kernel
def transfer_entropies(
    source: IntArray, orders: IntArray, target: IntArray, lags: int, base: int, steps: FloatArray
) -> FloatArray:
    """H(y, past) - H(past) - H(y, past, source past) + H(past, source past) in each order.

    Args:
        source: codes from 0, ``(n_periods,)``.
        orders: in which it is read, ``(n_orders, n_periods)``.
        target: codes from 0, same shape as the source.
        lags: periods of past.
        base: more than any code; its power ``2 lags + 1`` counts all words.
        steps: of c log2 c, from c - 1 to c, for c = 0 .. ``n_periods - lags``.
    """
    n, n_histories, bits = len(target) - lags, base**lags, 2
    while 2**bits < 4 * n:
        bits += 1
    keys, counts = np.zeros(2**bits, np.int64), np.zeros(2**bits, np.int32)
    past, outcome = np.empty(n, np.int64), np.empty(n, np.int64)
    for t in range(n):
        past[t] = history(target, t, lags, base)
        outcome[t] = past[t] * base + target[t + lags]
    own = entropy(outcome, n_histories * base, steps, bits, keys, counts)
    own -= entropy(past, n_histories, steps, bits, keys, counts)
    joint, with_outcome = np.empty(n, np.int64), np.empty(n, np.int64)
    codes, found = np.empty(len(source), np.int64), np.empty(len(orders))
    for row in range(len(orders)):
        for t in range(len(source)):
            codes[t] = source[orders[row, t]]
        for t in range(n):
            other = history(codes, t, lags, base) * n_histories
            joint[t] = other + past[t]
            with_outcome[t] = other * base + outcome[t]
        found[row] = own - entropy(with_outcome, n_histories**2 * base, steps, bits, keys, counts)
        found[row] += entropy(joint, n_histories**2, steps, bits, keys, counts)
    return found


@kernel
def history(codes: IntArray, t: int, lags: int, base: int) -> int:
    """The ``lags`` codes before period ``t + lags``, read as the digits of one number."""
    number = 0
    for lag in range(1, lags + 1):
        number = number * base + codes[t + lags - lag]
    return number
