"""120 monthly vintages: the index as of each month, and a bootstrap of each."""

import time
from functools import partial

import numpy as np

from benchmarks.panels import one_factor_panel, with_late_starts
from benchmarks.timing import Findings, median_seconds, progress, shown
from sfr_pipeline.econometrics.sfri import bootstrap_band
from sfr_pipeline.econometrics.vintages import estimate_vintages

N_PERIODS, N_SERIES = 180, 26
AS_OF = np.arange(60, N_PERIODS)
VINTAGES_TARGET = 3.0
BOOTSTRAP_TARGET = 60.0


def all_vintages(quick: bool) -> Findings:
    """Time 120 vintages, on a complete panel and on one with gaps."""
    complete = one_factor_panel(N_PERIODS, N_SERIES)
    panels = {"complete": complete, "late starts, ragged end": with_late_starts(complete)}
    rows = []
    for name, panel in panels.items():
        work = partial(estimate_vintages, panel, AS_OF, min_observations=24)
        (seconds,) = median_seconds(work, repetitions=2 if quick else 7)
        rows.append((name, shown(seconds), f"{seconds / VINTAGES_TARGET:.2f}"))
    return Findings(
        f"{len(AS_OF)} vintages, {N_SERIES} series, 61 to {N_PERIODS} periods, p = 1",
        ("panel", "all vintages", f"share of the {VINTAGES_TARGET:g} s target"),
        tuple(rows),
    )


def bootstrapped_vintages(quick: bool) -> Findings:
    """Time a block bootstrap with re-estimation of every vintage; done once, it is long enough."""
    panel = one_factor_panel(N_PERIODS, N_SERIES)
    as_of = AS_OF[::10] if quick else AS_OF
    replications = 100 if quick else 1000
    start = time.perf_counter()
    for done, last in enumerate(as_of, 1):
        bootstrap_band(
            panel[: last + 1], replications=replications, block_length=6, level=0.9, seed=int(last)
        )
        progress(done, len(as_of), "vintages bootstrapped")
    seconds = time.perf_counter() - start
    estimates = len(as_of) * replications
    target = "-" if quick else f"{seconds / BOOTSTRAP_TARGET:.2f}"
    return Findings(
        f"{len(as_of)} vintages x {replications:,} block-bootstrap replications, p = 1",
        ("estimates", "seconds", "per estimate", f"share of the {BOOTSTRAP_TARGET:g} s target"),
        ((f"{estimates:,}", f"{seconds:.1f}", shown(seconds / estimates), target),),
        "One run. Each replication is re-estimated in full: z-scores, component, loadings.",
    )
