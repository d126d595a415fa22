"""Markov switching: estimation against statsmodels, the filter against a plain loop, and growth."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import pairwise

import numpy as np
import pandas as pd

from benchmarks.settings import Settings
from benchmarks.timing import Findings, median_seconds, shown
from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.econometrics import MarkovSwitching
from sfr_pipeline.econometrics.switching import RegimeParameters

STARTS, THEIR_STARTS = 50, 20
IN_A_ROW = 10  # fits: the second core is awake then, as where an index is refitted year by year
TRUTH = RegimeParameters(
    location=np.array([0.0, 0.3]),
    ar=np.array([0.9601]),
    variances=np.array([0.0011, 0.0102]),
    transition=np.array([[0.9231, 0.0769], [0.1213, 0.8787]]),
)


def switching_against_statsmodels(settings: Settings) -> Findings:
    """Time estimates from many starts, the filter, and estimates on longer and longer series."""
    samples = [("2000-01", "2014-12"), ("1919-01", "2018-12")]
    rows = [
        _against_statsmodels(first, last, settings.pick(full=10, quick=4, tiny=1))
        for first, last in settings.pick(full=samples, quick=samples, tiny=samples[:1])
    ]
    rows.append(_against_a_plain_loop(240, settings.pick(full=50, quick=5, tiny=1)))
    for n_periods in settings.pick(full=(500, 1000, 5000), quick=(500, 1000), tiny=(100,)):
        model = MarkovSwitching(_series(n_periods))
        (ours,) = median_seconds(
            partial(model.fit, starts=STARTS), repetitions=settings.pick(full=3, quick=3, tiny=1)
        )
        rows.append((f"estimate, {STARTS} starts, T = {n_periods}", shown(ours), "", "", ""))
    return Findings(
        "Markov-switching autoregression, two regimes, one lag",
        ("work", "ours", "theirs", "theirs / ours", "log-likelihood, ours - theirs"),
        tuple(rows),
        f"Estimates: {STARTS} random starts, each climbed to its own top, over all cores, with "
        f"standard errors, the mean of {IN_A_ROW} in a row; against MarkovRegression of "
        f"statsmodels, which climbs from the best of {THEIR_STARTS} (search_reps, from a seed with "
        "which that returns a number), on one core; both on the default spread, of 2000 to 2014 "
        "and of 1919 to 2018. Filter: at given parameters, against a loop over periods in NumPy.",
    )


def _against_statsmodels(first: str, last: str, repetitions: int) -> tuple[str, ...]:
    from arch.data import default

    spread = default.load().loc[first:last]
    series = spread["BAA"] - spread["AAA"]
    model = MarkovSwitching(series)
    # Some of its searches end in an overflow: the first seed that returns a number is timed.
    seed = next(seed for seed in range(100) if np.isfinite(_by_statsmodels(series, seed)))

    def ours() -> None:
        for _ in range(IN_A_ROW):
            model.fit(starts=STARTS)

    mine, other = median_seconds(
        ours, partial(_by_statsmodels, series, seed), repetitions=repetitions
    )
    mine /= IN_A_ROW
    gain = model.fit(starts=STARTS).llf - _by_statsmodels(series, seed)
    work = f"estimate, {STARTS} starts against {THEIR_STARTS}, T = {len(series)}"
    return work, shown(mine), shown(other), f"{other / mine:.0f}", f"{gain:.1e}"


def _by_statsmodels(series: pd.Series, seed: int) -> float:
    """Log-likelihood of the estimate of statsmodels, NaN where its search ends in an overflow."""
    from statsmodels.tsa.regime_switching.markov_regression import MarkovRegression

    y = series.to_numpy()
    model = MarkovRegression(
        y[1:], k_regimes=2, exog=y[:-1], switching_exog=False, switching_variance=True
    )
    with warnings.catch_warnings(), _global_seed(seed):
        warnings.simplefilter("ignore")
        try:
            return float(model.fit(search_reps=THEIR_STARTS, disp=False).llf)
        except np.linalg.LinAlgError:
            return np.nan


@contextmanager
def _global_seed(seed: int) -> Iterator[None]:
    """Seed the generator that NumPy keeps for everybody, from which statsmodels draws."""
    state = np.random.get_state()  # noqa: NPY002
    np.random.seed(seed)  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(state)  # noqa: NPY002


def _against_a_plain_loop(n_periods: int, repetitions: int) -> tuple[str, ...]:
    series = _series(n_periods)
    values = series.to_numpy()
    model = MarkovSwitching(series)
    ours, theirs = median_seconds(
        partial(model.filter, TRUTH), partial(_plain_filter, values), repetitions=repetitions
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
