"""Transfer entropy against surrogates: all surrogates of a pair at once against one by one."""

from collections.abc import Callable

import numpy as np

from benchmarks.settings import Settings
from benchmarks.timing import Findings, median_seconds, shown
from sfr_pipeline.econometrics.surrogates import Orders, surrogate_orders
from sfr_pipeline.econometrics.transfer_entropy import (
    Codes,
    against_surrogates,
    even_quantile_codes,
)

N_INPUTS = 6
N_CODES = 10  # at least the number of bins
# Lags, bins.
SETTINGS = {"primary": (1, 3), "the paper's": (3, 8)}


def surrogates_at_once(settings: Settings) -> Findings:
    """Time 12 directions, each with its surrogates, in both settings of the forecasting leg."""
    rng = np.random.default_rng(0)
    n_periods = settings.pick(full=180, quick=180, tiny=60)
    n_surrogates = settings.pick(full=999, quick=99, tiny=9)
    series = np.cumsum(rng.standard_normal((N_INPUTS + 1, n_periods)), axis=1)
    orders = surrogate_orders(n_periods, n_surrogates, min_shift=6)
    rows = []
    for name, (lags, bins) in SETTINGS.items():
        index, *inputs = (even_quantile_codes(values, bins) for values in series)
        directions = [pair for other in inputs for pair in ((other, index), (index, other))]
        ours = _over(directions, orders, lags, _at_once)
        loop = _over(directions, orders, lags, _one_by_one)
        gap = max(abs(a - b).max() for a, b in zip(ours(), loop(), strict=True))
        repetitions = settings.pick(full=3, quick=2, tiny=1)
        here, plain = median_seconds(ours, loop, repetitions=repetitions, warm_up=False)
        rows.append(
            (
                f"{name}: {lags} lag{'s' * (lags > 1)}, {bins} bins", shown(here), shown(plain),
                f"{plain / here:.0f} x", f"{gap:.0e}",
            )
        )  # fmt: skip
    return Findings(
        f"Transfer entropy, {len(directions)} directions, {n_surrogates} surrogates, "
        f"{n_periods} periods",
        ("setting", "all surrogates at once", "one at a time", "ratio", "largest difference, bits"),
        tuple(rows),
        "One at a time: the same in NumPy for one pair of series, with np.unique.",
    )


def _over(
    directions: list[tuple[Codes, Codes]],
    orders: Orders,
    lags: int,
    estimate: Callable[[Codes, Codes, Orders, int], np.ndarray],
) -> Callable[[], list[np.ndarray]]:
    return lambda: [estimate(source, target, orders, lags) for source, target in directions]


def _at_once(source: Codes, target: Codes, orders: Orders, lags: int) -> np.ndarray:
    return against_surrogates(source, target, orders, lags).surrogates


def _one_by_one(source: Codes, target: Codes, orders: Orders, lags: int) -> np.ndarray:
    return np.array([_plain(source[order], target, lags) for order in orders])


def _plain(source: Codes, target: Codes, lags: int) -> float:
    n_periods = len(target)
    past, other = np.zeros((2, n_periods - lags), int)
    for lag in range(1, lags + 1):
        past = past * N_CODES + target[lags - lag : n_periods - lag]
        other = other * N_CODES + source[lags - lag : n_periods - lag]
    own = past * N_CODES + target[lags:]
    size = N_CODES**lags
    return (
        _plain_entropy(own)
        - _plain_entropy(past)
        - _plain_entropy(own * size + other)
        + _plain_entropy(past * size + other)
    )


def _plain_entropy(words: Codes) -> float:
    counts = np.unique(words, return_counts=True)[1]
    shares = counts / len(words)
    return float(-(shares * np.log2(shares)).sum())
