"""Tests whether one forecaster is better than another; of all models at once: `joint_tests`.

Errors are actual less forecast, loss is the squared error. A verdict rests on `coroneo_iacone`,
`joint_tests.spa_p_value` and, for thousands of days, `hac_test`: their sizes on persistent losses
are measured (`sfr_pipeline_tests.evaluation.sizes`). The others account for shocks that
neighbouring errors share, up to ``horizon - 1`` lags, and for no further persistence: they describe
and decide nothing.
"""

import math

import numpy as np

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.evaluation.bootstrap import LEVEL

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
    if n <= horizon or same(difference, np.square(rival_errors)):
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
    statistic = fixed_smoothing_statistic(differences, ordinates)
    return statistic, float(2 * stats.t.sf(abs(statistic), 2 * ordinates))


def _ordinates(n: int) -> int:
    """Of the periodogram, that Coroneo and Iacone advise: floor(n^(1/3))."""
    # Rounded so that the root of 216 is 6, not 5.999999999999999.
    return math.floor(round(n ** (1 / 3), 9))


def fixed_smoothing_statistic(differences: FloatArray, ordinates: int) -> float:
    """Mean over its standard error, t with 2 ``ordinates`` degrees of freedom; NaN without one."""
    variance = float(_smoothed_covariance(differences[None], ordinates)[0, 0])
    if variance <= 0:
        return float("nan")
    return float(differences.mean() / math.sqrt(variance / len(differences)))


def fixed_smoothing_interval(values: FloatArray, level: float = LEVEL) -> tuple[float, float]:
    """Means that Coroneo and Iacone's test does not reject, for values that persist.

    Args:
        values: one period each, ``(n,)``.
        level: coverage.

    Returns:
        Lower and upper bound; both NaN where all values are the same, or for fewer than 8 periods.
    """
    from scipy import stats

    n = len(values)
    if n < FEWEST_PERIODS or np.ptp(values) == 0:
        return float("nan"), float("nan")
    ordinates = _ordinates(n)
    error = math.sqrt(float(_smoothed_covariance(values[None], ordinates)[0, 0]) / n)
    reach = float(stats.t.ppf((1 + level) / 2, 2 * ordinates)) * error
    return float(values.mean()) - reach, float(values.mean()) + reach


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
    if len(errors) < 2 or same(adjusted, np.square(benchmark_errors)):
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


def same(difference: FloatArray, losses: FloatArray) -> bool:
    """Whether losses that differ by ``difference`` are the same but for rounding."""
    return bool(np.abs(difference).max() <= SAME * max(float(np.abs(losses).max()), SAME))
