"""120 monthly vintages: the index as of each month, and a bootstrap of each."""

import time
from functools import partial

import numpy as np
from numpy.typing import NDArray

from benchmarks.panels import one_factor_panel, with_late_starts
from benchmarks.settings import Settings
from benchmarks.timing import Findings, median_seconds, progress, shown
from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.econometrics.sfri import bootstrap_band
from sfr_pipeline.econometrics.vintages import estimate_vintages
from sfr_pipeline.threads import processors

VINTAGES_TARGET = 0.025
BOOTSTRAP_TARGET = 8.0


def _panel(settings: Settings) -> tuple[FloatArray, NDArray[np.int_]]:
    """A panel, and the last period of each vintage."""
    n_periods, n_series, first = settings.pick(
        full=(180, 26, 60), quick=(180, 26, 60), tiny=(40, 4, 36)
    )
    return one_factor_panel(n_periods, n_series), np.arange(first, n_periods)


def all_vintages(settings: Settings) -> Findings:
    """Time 120 vintages, on a complete panel and on one with gaps."""
    complete, as_of = _panel(settings)
    panels = {"complete": complete, "late starts, ragged end": with_late_starts(complete)}
    rows = []
    for name, panel in panels.items():
        work = partial(estimate_vintages, panel, as_of, min_observations=24)
        (seconds,) = median_seconds(work, repetitions=settings.pick(full=15, quick=3, tiny=1))
        rows.append((name, shown(seconds), f"{seconds / VINTAGES_TARGET:.2f}"))
    return Findings(
        f"{len(as_of)} vintages, {complete.shape[1]} series, {as_of[0] + 1} to {len(complete)} "
        "periods, p = 1",
        ("panel", "all vintages", f"share of the {shown(VINTAGES_TARGET)} target"),
        tuple(rows),
    )


def bootstrapped_vintages(settings: Settings) -> Findings:
    """Time a block bootstrap with re-estimation of every vintage; done once, it is long enough."""
    panel, as_of = _panel(settings)
    as_of = as_of[:: settings.pick(full=1, quick=10, tiny=2)]
    replications = settings.pick(full=1000, quick=100, tiny=4)
    bootstrap_band(panel, replications=1, block_length=6, level=0.9, seed=0)  # loads the kernels
    start = time.perf_counter()
    for done, last in enumerate(as_of, 1):
        bootstrap_band(
            panel[: last + 1], replications=replications, block_length=6, level=0.9, seed=int(last)
        )
        progress(done, len(as_of), "vintages bootstrapped")
    seconds = time.perf_counter() - start
    estimates = len(as_of) * replications
    share = f"{seconds / BOOTSTRAP_TARGET:.2f}"
    target = settings.pick(full=share, quick="-", tiny="-")
    return Findings(
        f"{len(as_of)} vintages x {replications:,} block-bootstrap replications, p = 1",
        ("estimates", "seconds", "per estimate", f"share of the {BOOTSTRAP_TARGET:g} s target"),
        ((f"{estimates:,}", f"{seconds:.1f}", shown(seconds / estimates), target),),
        f"One run, {processors()} threads. Each replication is re-estimated in full: z-scores, "
        "component, loadings.",
    )
