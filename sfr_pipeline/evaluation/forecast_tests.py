"""Tests whether one forecaster is better than another, and whether any of many is.

Errors are actual less forecast, loss is the squared error. A verdict rests on `coroneo_iacone`,
`spa_p_value` and, for thousands of days, `hac_test`: their sizes on persistent losses are measured
(`sfr_pipeline_tests.evaluation.sizes`). The others account for shocks that neighbouring errors
share, up to ``horizon - 1`` lags, and for no further persistence: they describe and decide nothing.
"""

import math

import numpy as np
from numpy.typing import NDArray

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.evaluation.bootstrap import LEVEL, block_counts, block_length

REPLICATIONS = 1000
# Of which a long-run variance can be told at all.
FEWEST_PERIODS = 8
# Differences this small against the losses are rounding, not another forecast.
SAME = 1e-10


def long_run_variance(values: FloatArray, horizon: int) -> float:
    """Variance of the mean times n, with autocovariances up to lag ``horizon - 1``.

    Equal weights, as Diebold and Mariano (1995) have it for optimal forecasts: in simulations of
    overlapping errors (60-276 months, 3 and 6 ahead) the test then rejects 5-8 % at 5 %, with
    Bartlett weights (statsmodels' ``diebold_mariano_test``) 7-10 %. Where equal weights give no
    positive variance, Bartlett's stand in for them, which always do (Harvey, Leybourne and
    Whitehouse 2017).

    Args:
        values: ``(n,)``.
        horizon: steps ahead.
    """
    centred = values - values.mean()
    n = len(values)
    lags = np.arange(1, min(horizon, n))
    covariances = np.array([centred[lag:] @ centred[: n - lag] for lag in lags]) / n
    variance = centred @ centred / n
    equal = variance + 2 * covariances.sum()
    if equal > 0:
        return float(equal)
    return float(variance + 2 * ((1 - lags / horizon) * covariances).sum())


def diebold_mariano(
    errors: FloatArray, rival_errors: FloatArray, horizon: int = 1
) -> tuple[float, float]:
    """Test of equal accuracy (Diebold and Mariano 1995) with the correction for small samples.

    The correction and Student's t with n - 1 degrees of freedom: Harvey, Leybourne and Newbold
    (1997).

    Args:
        errors: of the forecaster, ``(n,)``.
        rival_errors: of its rival for the same targets, ``(n,)``.
        horizon: steps ahead.

    Returns:
        Statistic, negative where the forecaster is better, and two-sided p-value. Both NaN where
        the two are the same forecast, or where n does not exceed the horizon.
    """
    from scipy import stats

    n = len(errors)
    difference = np.square(errors) - np.square(rival_errors)
    if n <= horizon or _same(difference, np.square(rival_errors)):
        return float("nan"), float("nan")
    statistic = _corrected_statistic(difference, horizon)
    return statistic, float(2 * stats.t.sf(abs(statistic), n - 1))


def _corrected_statistic(difference: FloatArray, horizon: int) -> float:
    """Mean over its standard error, times Harvey, Leybourne and Newbold's correction."""
    n = len(difference)
    correction = (n + 1 - 2 * horizon + horizon * (horizon - 1) / n) / n
    variance = long_run_variance(difference, horizon)
    return float(difference.mean() / np.sqrt(variance / n) * np.sqrt(correction))


def coroneo_iacone(differences: FloatArray) -> tuple[float, float]:
    """Test that losses do not differ, right for losses that stay apart for months on end.

    A model that fails fails for a while: its losses less a rival's are persistent, and a variance
    without lags, or with few, rejects far too often. Here the long-run variance is the mean of the
    first m = floor(n^(1/3)) periodogram ordinates, whose randomness the distribution accounts for:
    Student's t with 2 m degrees of freedom (Coroneo and Iacone 2020, equations 9 and 10).

    Args:
        differences: of losses, one period each, ``(n,)``.

    Returns:
        Statistic, negative where the first of the two has less loss, and two-sided p-value. Both
        NaN where the losses are the same throughout, or for fewer than 8 periods.
    """
    from scipy import stats

    n = len(differences)
    if n < FEWEST_PERIODS or np.ptp(differences) == 0:
        return float("nan"), float("nan")
    ordinates = _ordinates(n)
    statistic = _fixed_smoothing_statistic(differences, ordinates)
    return statistic, float(2 * stats.t.sf(abs(statistic), 2 * ordinates))


def _ordinates(n: int) -> int:
    """Of the periodogram, that Coroneo and Iacone advise: floor(n^(1/3))."""
    # Rounded so that the root of 216 is 6, not 5.999999999999999.
    return math.floor(round(n ** (1 / 3), 9))


def _fixed_smoothing_statistic(differences: FloatArray, ordinates: int) -> float:
    """Mean over its standard error, t with 2 ``ordinates`` degrees of freedom; NaN without one."""
    variance = float(_smoothed_covariance(differences[None], ordinates)[0, 0])
    if variance <= 0:
        return float("nan")
    return float(differences.mean() / math.sqrt(variance / len(differences)))


def _smoothed_covariance(series: FloatArray, ordinates: int) -> FloatArray:
    """Long-run covariances of several series: means of the first periodogram ordinates.

    2 pi times the periodogram sum_t x_t exp(i t lambda) conj(sum_t y_t exp(i t lambda)) / (2 pi n),
    its real part.

    Args:
        series: ``(n_series, n)``.
        ordinates: m, from the frequency 2 pi / n on.

    Returns:
        ``(n_series, n_series)``.
    """
    centred = series - series.mean(axis=1, keepdims=True)
    transform = np.fft.rfft(centred)[:, 1 : ordinates + 1]
    return (transform @ transform.conj().T).real / (ordinates * series.shape[1])


def rmse_ratio_interval(
    losses: FloatArray, rival_losses: FloatArray, level: float = LEVEL
) -> tuple[float, float]:
    """Ratios of root mean squared errors that Coroneo and Iacone's test does not reject.

    The squares R of those for which the mean of l_t - R l'_t is not told from 0 at level
    1 - ``level``: its variance is quadratic in R, so that the bounds are roots of a quadratic
    (Fieller 1954). The interval holds 1 where the test of equal losses does not reject, unless it
    has no end.

    Args:
        losses: squared errors, ``(n,)``.
        rival_losses: of the rival for the same targets, ``(n,)``.
        level: coverage.

    Returns:
        Lower and upper bound. Where the rival's own losses are not told from 0 nothing is excluded:
        0 and NaN. Both NaN for fewer than 8 periods.
    """
    from scipy import stats

    n = len(losses)
    if n < FEWEST_PERIODS:
        return float("nan"), float("nan")
    ordinates = _ordinates(n)
    both = np.stack([losses, rival_losses])
    own, rival = both.mean(axis=1)
    covariance = _smoothed_covariance(both, ordinates)
    covariance = covariance * stats.t.ppf((1 + level) / 2, 2 * ordinates) ** 2 / n
    square = rival**2 - covariance[1, 1]
    if square <= 0:
        return 0.0, float("nan")
    middle = own * rival - covariance[0, 1]
    constant = own**2 - covariance[0, 0]
    # Never below 0 but for rounding: the estimate itself lies inside.
    reach = math.sqrt(max(middle**2 - square * constant, 0.0))
    bounds = (middle - reach) / square, (middle + reach) / square
    return math.sqrt(max(bounds[0], 0.0)), math.sqrt(max(bounds[1], 0.0))


def hac_test(differences: FloatArray, lags: int) -> tuple[float, float]:
    """Test that losses of thousands of days do not differ, by Newey and West's (1987) variance.

    Args:
        differences: of losses, one day each, ``(n,)``.
        lags: autocovariances that count, with Bartlett's weights.

    Returns:
        Statistic, negative where the first of the two has less loss, and two-sided p-value by
        Student's t with n - 1 degrees of freedom. Both NaN where the losses are the same
        throughout, or where n does not exceed the lags.
    """
    from scipy.special import stdtr

    n = len(differences)
    if n <= lags or np.ptp(differences) == 0:
        return float("nan"), float("nan")
    centred = differences - differences.mean()
    # Bartlett's weights are those of a box slid over itself: their sum of autocovariances is that
    # of the squared sums of each ``lags`` + 1 neighbours, beyond both ends too.
    padded = np.concatenate([np.zeros(lags + 1), centred, np.zeros(lags)])
    total = np.cumsum(padded)
    neighbours = total[lags + 1 :] - total[: -lags - 1]
    variance = float(neighbours @ neighbours) / (n * (lags + 1))
    statistic = float(differences.mean() / math.sqrt(variance / n))
    return statistic, float(2 * stdtr(n - 1, -abs(statistic)))


def clark_west(
    errors: FloatArray, benchmark_errors: FloatArray, horizon: int = 1
) -> tuple[float, float]:
    """Test whether a model adds anything to the benchmark that it contains (Clark and West 2007).

    A model with more parameters forecasts worse than the benchmark even when the parameters are
    truly zero; the test takes that noise out of its loss. It can therefore reject where the model
    is no better in practice: skill is the Diebold-Mariano test's matter.

    Args:
        errors: of the larger model, ``(n,)``.
        benchmark_errors: of the nested one, ``(n,)``.
        horizon: steps ahead.

    Returns:
        Statistic, positive where the model adds something, and one-sided p-value by the normal
        distribution. Both NaN where the two are the same forecast.
    """
    from scipy import stats

    noise = np.square(benchmark_errors - errors)
    adjusted = np.square(benchmark_errors) - np.square(errors) + noise
    if len(errors) < 2 or _same(adjusted, np.square(benchmark_errors)):
        return float("nan"), float("nan")
    variance = long_run_variance(adjusted, horizon)
    statistic = float(adjusted.mean() / np.sqrt(variance / len(errors)))
    return statistic, float(stats.norm.sf(statistic))


def pesaran_timmermann(
    actual: FloatArray, forecast: FloatArray, horizon: int = 1
) -> tuple[float, float]:
    """Test whether forecast changes have the right sign more often than by chance.

    One step ahead the statistic is Pesaran and Timmermann's (1992). Further ahead signs overlap;
    their covariance is then tested with its long-run variance (Blaskowitz and Herwartz 2014), which
    is the same quantity: the hits beyond chance are twice the covariance.

    Args:
        actual: changes, ``(n,)``; a change above 0 counts as up.
        forecast: of them, ``(n,)``; forecasts of exactly 0 name no direction and are left out.
        horizon: steps ahead.

    Returns:
        Statistic, positive where hits exceed chance, and one-sided p-value by the normal
        distribution. Both NaN where all forecasts, or all changes, have one sign.
    """
    from scipy import stats

    named = forecast != 0
    n = int(named.sum())
    ups, calls = actual[named] > 0, forecast[named] > 0
    if n < 2 or ups.all() or calls.all() or not ups.any() or not calls.any():
        return float("nan"), float("nan")
    y, x = float(ups.mean()), float(calls.mean())
    if horizon > 1:
        products = (ups - y) * (calls - x)
        excess, variance = float(products.mean()), long_run_variance(products, horizon) / n
    else:
        chance = y * x + (1 - y) * (1 - x)
        excess = float((ups == calls).mean()) - chance
        of_chance = (
            (2 * y - 1) ** 2 * x * (1 - x) / n
            + (2 * x - 1) ** 2 * y * (1 - y) / n
            + 4 * y * x * (1 - y) * (1 - x) / n**2
        )
        variance = chance * (1 - chance) / n - of_chance
    if variance <= 0:
        return float("nan"), float("nan")
    statistic = excess / np.sqrt(variance)
    return float(statistic), float(stats.norm.sf(statistic))


def mcs_p_values(
    losses: FloatArray, horizon: int = 1, replications: int = REPLICATIONS, seed: int = 0
) -> FloatArray:
    """p-values of the model confidence set (Hansen, Lunde and Nason 2011), range statistic.

    A model is in the set of level 1 - a where its p-value is a or more. Staying in is no skill:
    short samples exclude nobody. The worst model of the largest difference goes first; a p-value is
    the largest so far of the shares of resamples, of circular blocks, with a larger difference.

    Args:
        losses: ``(n, n_models)``.
        horizon: steps ahead; blocks are at least as long.
        replications: bootstrap samples.
        seed: of them.

    Returns:
        ``(n_models,)``; equal columns have equal values.
    """
    distinct, place = _distinct(losses)
    n, n_models = distinct.shape
    counts = block_counts(n, block_length(n, horizon), replications, np.random.default_rng(seed))
    means, resampled = distinct.mean(axis=0), counts.T @ distinct / n
    gaps = means[:, None] - means
    deviations = resampled[:, :, None] - resampled[:, None, :] - gaps
    # Nothing is held against itself.
    spreads = np.sqrt(np.square(deviations).mean(axis=0) + np.eye(n_models))
    gaps, deviations = gaps / spreads, deviations / spreads
    values = np.ones(n_models)
    kept, highest = np.arange(n_models), 0.0
    while len(kept) > 1:
        among = gaps[np.ix_(kept, kept)]
        largest = deviations[:, kept[:, None], kept].max(axis=(1, 2))
        highest = max(highest, float((largest > among.max()).mean()))
        worst = np.unravel_index(among.argmax(), among.shape)[0]
        values[kept[worst]] = highest
        kept = np.delete(kept, worst)
    return values[place]


def spa_p_value(
    benchmark_losses: FloatArray,
    losses: FloatArray,
    horizon: int = 1,
    replications: int = REPLICATIONS,
    seed: int = 0,
) -> float:
    """Test whether any model beats the benchmark, with account for all that were tried.

    Superior predictive ability of Hansen (2005), consistent p-value, made right for losses that
    stay apart for months on end. Each model's statistic is Coroneo and Iacone's, with a variance
    from floor(n^(1/4)) ordinates: the best of many stands far in the tail, where the n^(1/3) of a
    single test reject too often. By its distribution under equality, Student's t, it becomes a
    normal score. The largest score, or 0, is held against its distribution: that of means of
    circular blocks, divided by their own standard deviations, which keeps how models go together.

    Plain differences, as ``arch`` compares them, leave the null distribution to the noisiest
    model: one bad one hides what good ones can do.

    Args:
        benchmark_losses: ``(n,)``.
        losses: of the models, ``(n, n_models)``; those equal to the benchmark's are left out.
        horizon: steps ahead; blocks are at least as long.
        replications: bootstrap samples.
        seed: of them.

    Returns:
        The p-value; 1 where no model has a lower mean loss than the benchmark.

    Raises:
        ValueError: there are fewer than 8 periods.
    """
    if len(losses) < FEWEST_PERIODS:
        raise ValueError(
            f"{len(losses)} periods tell no long-run variance: {FEWEST_PERIODS} do at least"
        )
    others, _ = _distinct(np.column_stack([benchmark_losses, losses]))
    if others.shape[1] == 1:
        return 1.0
    gains = others[:, [0]] - others[:, 1:]
    n = len(gains)
    scores = np.array([_normal_score(gain) for gain in gains.T])
    rng = np.random.default_rng(seed)
    counts = block_counts(n, block_length(n, horizon), replications, rng)
    means = counts.T @ gains / n
    scaled = (means - gains.mean(axis=0)) / means.std(axis=0)
    # Hansen's threshold: clearly bad models keep their place below 0, the others count as equals.
    hopeless = scores < -np.sqrt(2 * np.log(np.log(n)))
    largest = (scaled + np.where(hopeless, scores, 0.0)).max(axis=1)
    return float((np.maximum(largest, 0) >= max(scores.max(), 0)).mean())


def _normal_score(gain: FloatArray) -> float:
    """Standard normal under equality, far out in the tail too; positive where there is a gain."""
    from scipy import stats

    ordinates = math.floor(round(len(gain) ** (1 / 4), 9))
    statistic = _fixed_smoothing_statistic(gain, ordinates)
    tail = stats.t.sf(abs(statistic), 2 * ordinates)
    return float(math.copysign(stats.norm.isf(tail), statistic))


def _distinct(columns: FloatArray) -> tuple[FloatArray, NDArray[np.int64]]:
    """Columns without repeats, and where each old column stands among them."""
    kept: list[int] = []
    place = np.empty(columns.shape[1], dtype=np.int64)
    for number, column in enumerate(columns.T):
        repeats = (
            position
            for position, other in enumerate(kept)
            if _same(column - columns[:, other], columns[:, other])
        )
        place[number] = next(repeats, len(kept))
        if place[number] == len(kept):
            kept.append(number)
    return columns[:, kept], place


def _same(difference: FloatArray, losses: FloatArray) -> bool:
    """Whether losses that differ by ``difference`` are the same but for rounding."""
    return bool(np.abs(difference).max() <= SAME * max(float(np.abs(losses).max()), SAME))
