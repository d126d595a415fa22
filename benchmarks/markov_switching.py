"""Markov switching: estimation against statsmodels, the filter against a plain loop, and growth."""

import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import pairwise
from statistics import median
from time import perf_counter
from typing import TypeVar

import numpy as np
import pandas as pd

from benchmarks.timing import Findings, median_seconds, shown
from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.econometrics import MarkovSwitching
from sfr_pipeline.econometrics.switching import RegimeParameters

Result = TypeVar("Result")
STARTS, THEIR_STARTS = 50, 20
TRUTH = RegimeParameters(
    location=np.array([0.0, 0.3]),
    ar=np.array([0.9601]),
    variances=np.array([0.0011, 0.0102]),
    transition=np.array([[0.9231, 0.0769], [0.1213, 0.8787]]),
)


def markov_switching(quick: bool) -> Findings:
    """Time estimates from many starts, the filter, and both on longer and longer series."""
    rows = [
        _against_statsmodels("2000-01", "2014-12", quick),
        _against_statsmodels("1919-01", "2018-12", quick),
        _against_a_plain_loop(240, quick),
    ]
    for n_periods in (500, 1000) if quick else (500, 1000, 5000):
        model = MarkovSwitching(_series(n_periods))
        (ours,) = median_seconds(partial(model.fit, starts=STARTS), repetitions=3)
        rows.append((f"estimate, {STARTS} starts, T = {n_periods}", shown(ours), "", "", ""))
    return Findings(
        "Markov-switching autoregression, two regimes, one lag",
        ("work", "ours", "theirs", "theirs / ours", "log-likelihood, ours - theirs"),
        tuple(rows),
        f"Estimates: {STARTS} random starts, each climbed to its own top, over all cores, with "
        "standard errors from the Hessian; against MarkovRegression of statsmodels with "
        f"search_reps={THEIR_STARTS}, where that returns a number, on one core; both on the "
        "default spread, of 2000 to 2014 and of 1919 to 2018. Filter: at given parameters, against "
        "a loop over periods in NumPy.",
    )


def _against_statsmodels(first: str, last: str, quick: bool) -> tuple[str, ...]:
    from arch.data import default

    spread = default.load().loc[first:last]
    series = spread["BAA"] - spread["AAA"]
    model = MarkovSwitching(series)
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(4 if quick else 10):
        ours.append(_timed(partial(model.fit, starts=STARTS))[0])
        seconds, llf = _timed(partial(_by_statsmodels, series))
        while not np.isfinite(llf):
            seconds, llf = _timed(partial(_by_statsmodels, series))
        theirs.append(seconds)
    mine, other = median(ours[1:]), median(theirs[1:])  # the first ones warm up
    gain = model.fit(starts=STARTS).llf - llf
    work = f"estimate, {STARTS} starts against {THEIR_STARTS}, T = {len(series)}"
    return work, shown(mine), shown(other), f"{other / mine:.0f}", f"{gain:.1e}"


def _timed(function: Callable[[], Result]) -> tuple[float, Result]:
    start = perf_counter()
    result = function()
    return perf_counter() - start, result


def _by_statsmodels(series: pd.Series) -> float:
    """Log-likelihood of the estimate of statsmodels, NaN where its search ends in an overflow."""
    from statsmodels.tsa.regime_switching.markov_regression import MarkovRegression

    y = series.to_numpy()
    model = MarkovRegression(
        y[1:], k_regimes=2, exog=y[:-1], switching_exog=False, switching_variance=True
    )
    with warnings.catch_warnings(), suppress(np.linalg.LinAlgError):
        warnings.simplefilter("ignore")
        return float(model.fit(search_reps=THEIR_STARTS, disp=False).llf)
    return np.nan


def _against_a_plain_loop(n_periods: int, quick: bool) -> tuple[str, ...]:
    series = _series(n_periods)
    values = series.to_numpy()
    model = MarkovSwitching(series)
    ours, theirs = median_seconds(
        partial(model.filter, TRUTH), partial(_plain_filter, values), repetitions=5 if quick else 50
    )
    np.testing.assert_allclose(model.filter(TRUTH), _plain_filter(values), atol=1e-12)
    return f"filter, T = {n_periods}", shown(ours), shown(theirs), f"{theirs / ours:.0f}", ""


def _plain_filter(values: FloatArray) -> FloatArray:
    """Hamilton's filter, a period at a time."""
    predicted = np.linalg.matrix_power(TRUTH.transition, 1000)[0]
    rows = []
    for before, now in pairwise(values):
        shocks = now - TRUTH.location - TRUTH.ar[0] * before
        density = np.exp(-0.5 * shocks**2 / TRUTH.variances) / np.sqrt(TRUTH.variances)
        joint = predicted * density
        rows.append(joint / joint.sum())
        predicted = rows[-1] @ TRUTH.transition
    return np.array(rows)


def _series(n_periods: int) -> pd.Series:
    """A series drawn from ``TRUTH``."""
    rng = np.random.default_rng(3)
    y, regime = np.zeros(n_periods), 0
    for t in range(1, n_periods):
        regime = rng.choice(2, p=TRUTH.transition[regime])
        shock = rng.normal() * np.sqrt(TRUTH.variances[regime])
        y[t] = TRUTH.location[regime] + TRUTH.ar[0] * y[t - 1] + shock
    return pd.Series(y)
