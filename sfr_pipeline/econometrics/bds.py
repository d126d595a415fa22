"""The BDS test: is a series independent and identically distributed?

Two points are near when they differ by less than a distance. Under independence the share C_m of
pairs of m-histories that are near in every element is C_1^m (Brock, Dechert, Scheinkman and
LeBaron 1996, Econometric Reviews 15):

    W_m = sqrt(n_m) (C_m - C_1^m) / sigma_m,
    sigma_m^2 = 4 [k^m + 2 sum_{j=1}^{m-1} k^{m-j} c^{2j} + (m-1)^2 c^{2m} - m^2 k c^{2m-2}],

c the share of near pairs of points, k that of triples whose first is near to both others. W_m is
standard normal in long samples only. In short ones a test by the normal distribution rejects too
often, so p-values by permutation stand beside: if the series is independent, every order of its
points is as likely. (Residuals of an estimated model are so only nearly.)

The form says how the end of the sample is treated, where there are fewer m-histories than points:

``lebaron``  every dimension, c and k rest on the first n - M + 1 points and histories, M the
             largest dimension: LeBaron's program, R's ``tseries``. W_2 then depends on M.
``kanzler``  every dimension has all of its n - m + 1 histories, C_1 lacks the first m - 1 points,
             c and k rest on all points: Kanzler (1999), statsmodels.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.errors import EstimationError

Form = Literal["lebaron", "kanzler"]
FORMS: tuple[Form, ...] = get_args(Form)

Words = NDArray[np.uint64]

WORD = 64
# Bytes of closeness matrices that are worked on at a time: what fits a processor's cache.
CHUNK = 2**21


@dataclass(frozen=True)
class BdsResult:
    """Statistics of one form at one distance, for dimensions 2 .. M, each ``(M - 1,)``.

    Attributes:
        statistic: W_m.
        p_normal: two-sided, by the normal distribution.
        p_permutation: two-sided, by permutations of the series: twice the smaller tail, counting
            the series itself.
    """

    statistic: FloatArray
    p_normal: FloatArray
    p_permutation: FloatArray


def bds(
    series: ArrayLike,
    *,
    max_dimension: int = 6,
    distance: float = 1.5,
    permutations: int = 499,
    seed: int = 0,
) -> dict[Form, BdsResult]:
    """Test a series in both forms at one distance.

    Args:
        series: ``(n_periods,)``, no NaN.
        max_dimension: largest embedding dimension M.
        distance: in standard deviations of the series (ddof 1).
        permutations: how many orders of the points are drawn; both forms share them.
        seed: of the permutations.

    Raises:
        EstimationError: too few points, a constant series, or a distance at which all pairs of
            points are near, or hardly any.
    """
    series = np.asarray(series, float)
    n_periods = len(series)
    if max_dimension < 2 or n_periods < 2 * max_dimension + 2:
        raise EstimationError(
            f"a BDS test of up to {max_dimension} dimensions cannot rest on {n_periods} points: "
            "ask for 2 dimensions or more, and give at least twice as many points and two"
        )
    low, width = _neighbourhoods(series, distance)
    orders = np.random.default_rng(seed).permuted(
        np.tile(np.arange(n_periods), (permutations, 1)), axis=1
    )
    # The series itself comes first.
    orders = np.vstack([_ranks(series), orders])
    statistics = _statistics(orders, low, width, max_dimension)
    return {form: _judged(values, distance) for form, values in statistics.items()}


def _judged(statistics: FloatArray, distance: float) -> BdsResult:
    from scipy.stats import norm

    observed, permuted = statistics[0], statistics[1:]
    if not np.isfinite(statistics).all():
        raise EstimationError(
            f"at {distance:g} standard deviations too many pairs of points are near, or too few, "
            "for a BDS statistic: choose another distance"
        )
    above, below = (permuted >= observed).sum(0), (permuted <= observed).sum(0)
    p_permutation = 2 * (1 + np.minimum(above, below)) / (1 + len(permuted))
    return BdsResult(
        statistic=observed,
        p_normal=2 * norm.sf(np.abs(observed)),
        p_permutation=np.minimum(p_permutation, 1.0),
    )


def _ranks(series: FloatArray) -> NDArray[np.intp]:
    ranks = np.empty(len(series), np.intp)
    ranks[np.argsort(series, kind="stable")] = np.arange(len(series))
    return ranks


def _neighbourhoods(
    series: FloatArray, distance: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First rank that is near to each rank, and how many are, by rank of the points.

    Points near to a point are neighbours in the order of size. A permutation then only permutes
    ranks, and nearness is a comparison of small integers.
    """
    spread = float(series.std(ddof=1))
    if not spread > 0:
        raise EstimationError(
            "a BDS test needs a series that varies and has no gaps: leave this one out"
        )
    size = np.sort(series)
    near = np.abs(size[:, np.newaxis] - size) < distance * spread
    return near.argmax(axis=1), near.sum(axis=1)


def _statistics(
    orders: NDArray[np.intp],
    low: NDArray[np.intp],
    width: NDArray[np.intp],
    max_dimension: int,
) -> dict[Form, FloatArray]:
    """W_2 .. W_M for each order of the points, ``(n_orders, M - 1)``."""
    n_periods = orders.shape[1]
    # One byte a rank where that is enough. Unsigned differences wrap around, so one comparison
    # sees both ends of a neighbourhood.
    small = np.dtype(np.uint8 if n_periods <= np.iinfo(np.uint8).max else np.uint16)
    low, width = low.astype(small), width.astype(small)
    step = max(1, CHUNK // n_periods**2)
    parts: dict[Form, list[FloatArray]] = {form: [] for form in FORMS}
    for start in range(0, len(orders), step):
        rank = orders[start : start + step]
        offset = rank.astype(small)[:, np.newaxis, :] - low[rank][:, :, np.newaxis]
        near = _packed(offset < width[rank][:, :, np.newaxis])
        histories = _histories(near, max_dimension)
        # A deviation of nothing gives no number, which `_judged` refuses.
        with np.errstate(divide="ignore", invalid="ignore"):
            parts["lebaron"].append(_lebaron(near, histories, n_periods))
            parts["kanzler"].append(_kanzler(near, histories, n_periods))
    return {form: np.concatenate(values) for form, values in parts.items()}


def _packed(near: NDArray[np.bool_]) -> Words:
    """Pack rows of closeness matrices into words, a bit a point, ``(n_words, ..., n)``."""
    n_words = -(-near.shape[-1] // WORD)
    packed = np.packbits(near, axis=-1, bitorder="little")
    room = np.zeros((*near.shape[:-1], n_words * WORD // 8), np.uint8)
    room[..., : packed.shape[-1]] = packed
    return np.ascontiguousarray(np.moveaxis(room.view("<u8"), -1, 0))


def _histories(near: Words, max_dimension: int) -> list[Words]:
    """Closeness of m-histories for m = 2 .. M, by the position of their first points.

    Histories are near if their first points are, and the rest of them one position further is.
    What runs past the end of the sample is near to nothing.
    """
    found, last = [], near
    for _ in range(2, max_dimension + 1):
        further = np.zeros_like(last)
        further[..., :-1] = last[..., 1:] >> np.uint64(1)
        further[:-1, :, :-1] |= last[1:, :, 1:] << np.uint64(WORD - 1)
        last = near & further
        found.append(last)
    return found


def _lebaron(near: Words, histories: list[Words], n_periods: int) -> FloatArray:
    n_used = n_periods - len(histories)
    used = _columns(0, n_used, n_periods)
    degrees = _count(near[..., :n_used] & used)
    c, k = _near_pairs(degrees), _near_triples(degrees)
    statistics = []
    for dimension, near_histories in enumerate(histories, 2):
        c_m = _near_pairs(_count(near_histories[..., :n_used] & used))
        statistics.append(np.sqrt(n_used) * (c_m - c**dimension) / _deviation(c, k, dimension))
    return np.stack(statistics, axis=-1)


def _kanzler(near: Words, histories: list[Words], n_periods: int) -> FloatArray:
    degrees = _count(near)
    c, k = _near_pairs(degrees), _near_triples(degrees)
    statistics = []
    for dimension, near_histories in enumerate(histories, 2):
        n_used = n_periods - dimension + 1
        c_m = _near_pairs(_count(near_histories[..., :n_used]))
        late = _columns(dimension - 1, n_periods, n_periods)
        c_1 = _near_pairs(_count(near[..., dimension - 1 :] & late))
        statistics.append(np.sqrt(n_used) * (c_m - c_1**dimension) / _deviation(c, k, dimension))
    return np.stack(statistics, axis=-1)


def _deviation(c: FloatArray, k: FloatArray, m: int) -> FloatArray:
    """sigma_m; NaN or 0 where the distance leaves nothing to count."""
    between = sum(k ** (m - j) * c ** (2 * j) for j in range(1, m))
    variance = k**m + 2 * between + (m - 1) ** 2 * c ** (2 * m) - m**2 * k * c ** (2 * m - 2)
    return 2 * np.sqrt(variance)


def _columns(first: int, end: int, n_periods: int) -> Words:
    """Words with the bits of points ``first`` to ``end - 1``, ``(n_words, 1, 1)``."""
    position = np.arange(n_periods)
    return _packed((position >= first) & (position < end))[:, np.newaxis, np.newaxis]


def _count(words: Words) -> NDArray[np.int64]:
    """How many points are near to each, itself among them, ``(n_orders, n)``."""
    return np.bitwise_count(words).sum(axis=0, dtype=np.int32)


def _near_pairs(degrees: NDArray[np.int64]) -> FloatArray:
    n = degrees.shape[-1]
    return (degrees.sum(axis=-1) - n) / (n * (n - 1))


def _near_triples(degrees: NDArray[np.int64]) -> FloatArray:
    n = degrees.shape[-1]
    triples = (degrees**2).sum(axis=-1) - 3 * degrees.sum(axis=-1) + 2 * n
    return triples / (n * (n - 1) * (n - 2))
