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
import pandas as pd
from numpy.typing import ArrayLike

from sfr_pipeline.arrays import FloatArray, IntArray
from sfr_pipeline.econometrics.labelled import check_counts, values_of
from sfr_pipeline.errors import EstimationError

Form = Literal["lebaron", "kanzler"]
FORMS: tuple[Form, ...] = get_args(Form)


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


class BdsTest(dict[Form, BdsResult]):
    """The results of both forms, by form."""

    def table(self) -> pd.DataFrame:
        """Statistics and p-values by form and dimension."""
        parts = {
            form: pd.DataFrame(
                vars(result), pd.RangeIndex(2, len(result.statistic) + 2, name="dimension")
            )
            for form, result in self.items()
        }
        return pd.concat(parts, names=["form"])

    def __repr__(self) -> str:
        return f"BDS test of independence\n{self.table().round(4)}"


def bds(
    series: pd.Series | ArrayLike,
    *,
    max_dimension: int = 6,
    distance: float = 1.5,
    permutations: int = 499,
    seed: int = 0,
) -> BdsTest:
    """Test a series in both forms at one distance.

    Args:
        series: ``(n_periods,)``, no gaps; a labelled one by ascending periods.
        max_dimension: largest embedding dimension M.
        distance: in standard deviations of the series (ddof 1).
        permutations: how many orders of the points are drawn; both forms share them.
        seed: of the permutations.

    Raises:
        EstimationError: too few points, a constant series, or a distance at which all pairs of
            points are near, or hardly any.

    Example:
        >>> import numpy as np
        >>> from sfr_pipeline.econometrics import bds
        >>> test = bds(np.random.default_rng(0).standard_normal(200), permutations=99)
        >>> bool((test["lebaron"].p_permutation > 0.05).all())
        True
        >>> test.table().shape
        (10, 3)
    """
    series = values_of(series, "the series")
    check_counts(max_dimension=max_dimension, permutations=permutations)
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
    # The series itself comes first, as ranks.
    orders = np.vstack([np.argsort(np.argsort(series, kind="stable")), orders])
    statistics = _statistics(orders, low, width, max_dimension)
    return BdsTest({form: _judged(values, distance) for form, values in statistics.items()})


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


def _neighbourhoods(series: FloatArray, distance: float) -> tuple[IntArray, IntArray]:
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
    if near.sum() == len(size):
        raise EstimationError(
            f"at {distance:g} standard deviations no two points are near: choose another distance"
        )
    return near.argmax(axis=1), near.sum(axis=1)


def _statistics(
    orders: IntArray, low: IntArray, width: IntArray, max_dimension: int
) -> dict[Form, FloatArray]:
    """W_2 .. W_M for each order of the points, ``(n_orders, M - 1)``."""
    from sfr_pipeline.econometrics.kernels.closeness import near_pairs

    histories, early, late, squares = near_pairs(orders, low, width, max_dimension)
    n_all = orders.shape[1]
    n_first = n_all - max_dimension + 1
    c, k = _near(histories[:, 1], n_all), _triples(width.sum(), (width**2).sum(), n_all)
    c_first, k_first = _near(early[:, 1], n_first), _triples(early[:, 1], squares, n_first)
    lebaron, kanzler = [], []
    # A deviation of nothing gives no number, which `_judged` refuses.
    with np.errstate(divide="ignore", invalid="ignore"):
        for m in range(2, max_dimension + 1):
            excess = _near(early[:, m], n_first) - c_first**m
            lebaron.append(np.sqrt(n_first) * excess / _deviation(c_first, k_first, m))
            n = n_all - m + 1
            excess = _near(histories[:, m], n) - _near(late[:, m], n) ** m
            kanzler.append(np.sqrt(n) * excess / _deviation(c, k, m))
    return {"lebaron": np.stack(lebaron, axis=-1), "kanzler": np.stack(kanzler, axis=-1)}


def _near(pairs: IntArray, n: int) -> FloatArray:
    """Share of near pairs of n points or histories, of ordered pairs and themselves."""
    return (pairs - n) / (n * (n - 1))


def _triples(pairs: IntArray, squares: IntArray, n: int) -> FloatArray:
    """Share of triples whose first is near to both others; from how many are near to each."""
    return (squares - 3 * pairs + 2 * n) / (n * (n - 1) * (n - 2))


def _deviation(c: FloatArray, k: FloatArray, m: int) -> FloatArray:
    """sigma_m; NaN or 0 where the distance leaves nothing to count."""
    between = sum(k ** (m - j) * c ** (2 * j) for j in range(1, m))
    variance = k**m + 2 * between + (m - 1) ** 2 * c ** (2 * m) - m**2 * k * c ** (2 * m - 2)
    return 2 * np.sqrt(variance)
