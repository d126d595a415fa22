"""The compiled TVP-FAVAR: against the same loops in plain NumPy, and how its cost grows.

Kernels are compiled or loaded in the warm-up, which is not timed; `first_use` times that itself.
"""

import os
import subprocess
import sys
import tempfile
import time
from functools import partial

import numpy as np

from benchmarks.panels import one_factor_panel, with_late_starts
from benchmarks.timing import Findings, median_seconds, progress, shown
from benchmarks.tvp_favar_loop import estimate_by_loops
from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.econometrics.principal_component import first_component, standardize
from sfr_pipeline.econometrics.sfri import bootstrap_band
from sfr_pipeline.econometrics.threads import n_cores
from sfr_pipeline.econometrics.tvp_favar import TvpFavarSettings, estimate
from sfr_pipeline.econometrics.vintages import estimate_vintages

N_PERIODS, N_SERIES = 180, 26
AS_OF = np.arange(60, N_PERIODS)
VINTAGES_TARGET = 0.025
BOOTSTRAP_TARGET = 8.0
FIRST_USE = """
import sys, time
from pathlib import Path
from benchmarks.panels import one_factor_panel
from sfr_pipeline.econometrics.kernels import compiler
from sfr_pipeline.econometrics.sfri import bootstrap_band
from sfr_pipeline.econometrics.tvp_favar import estimate
compiler.folders = lambda: [Path(sys.argv[1])]
compiler._announce = lambda: None
panel = one_factor_panel(180, 26)
start = time.perf_counter()
estimate(panel)
bootstrap_band(panel, replications=1, block_length=6, level=0.9, seed=0)
print(time.perf_counter() - start)
"""


def compiled_against_loops(quick: bool) -> Findings:
    """Time the whole estimate compiled and as the textbook's loop in NumPy."""
    panel = one_factor_panel(N_PERIODS, N_SERIES)
    rows = []
    for lags in (1, 4):
        settings = TvpFavarSettings(lags=lags)
        ours, theirs = median_seconds(
            partial(estimate, panel, settings=settings),
            partial(_estimate_by_loops, panel, settings),
            repetitions=3 if quick else 15,
        )
        rows.append((f"26 x 180, p = {lags}", shown(ours), shown(theirs), f"{theirs / ours:.0f}"))
    return Findings(
        "TVP-FAVAR, compiled loops against the same in plain NumPy",
        ("panel", "compiled", "loop", "loop / compiled"),
        tuple(rows),
        "The same work in both: z-scores, component, filter and smoother of loadings, VAR and "
        "factor. One thread.",
    )


def _estimate_by_loops(panel: FloatArray, settings: TvpFavarSettings) -> None:
    observed = ~np.isnan(panel)
    scores = standardize(panel, observed).scores
    component = first_component(scores, observed)
    estimate_by_loops(scores, observed, component, settings=settings)


def growth(quick: bool) -> Findings:
    """Time the whole estimate on larger and larger panels."""
    sizes = [(26, 180), (26, 1000), (100, 1000), (26, 5000), (200, 5000)]
    rows = []
    for n_series, n_periods in sizes[:3] if quick else sizes:
        panel = one_factor_panel(n_periods, n_series)
        (seconds,) = median_seconds(partial(estimate, panel), repetitions=3 if quick else 9)
        per_cell = shown(seconds / panel.size)
        rows.append((str(n_series), str(n_periods), shown(seconds), per_cell))
    return Findings(
        "TVP-FAVAR, growth with the panel",
        ("series", "periods", "seconds", "per cell"),
        tuple(rows),
        "p = 1, one thread. The second moments of n series cost n / 2 operations a cell.",
    )


def vintages(quick: bool) -> Findings:
    """Time 120 vintages, on a complete panel and on one with gaps, in one thread and in all."""
    complete = one_factor_panel(N_PERIODS, N_SERIES)
    panels = {"complete": complete, "late starts, ragged end": with_late_starts(complete)}
    rows = []
    for name, panel in panels.items():
        work = partial(estimate_vintages, panel, AS_OF, min_observations=24)
        one, all_cores = median_seconds(
            partial(work, threads=1),
            partial(work, threads=n_cores()),
            repetitions=3 if quick else 15,
        )
        share = f"{one / VINTAGES_TARGET:.2f}"
        rows.append((name, shown(one), shown(all_cores), share))
    return Findings(
        f"{len(AS_OF)} vintages, {N_SERIES} series, 61 to {N_PERIODS} periods, p = 1",
        (
            "panel",
            "one thread",
            f"{n_cores()} threads",
            f"share of the {shown(VINTAGES_TARGET)} target",
        ),
        tuple(rows),
        "A panel as small takes one thread by default: its kernels are shorter than a wait for the "
        "interpreter's lock.",
    )


def bootstrap(quick: bool) -> Findings:
    """Time a block bootstrap with re-estimation of every vintage, in as many threads as cores."""
    panel = one_factor_panel(N_PERIODS, N_SERIES)
    as_of = AS_OF[::10] if quick else AS_OF
    replications = 100 if quick else 1000
    band = partial(bootstrap_band, block_length=6, level=0.9)
    band(panel, replications=1, seed=0)
    start = time.perf_counter()
    for done, last in enumerate(as_of, 1):
        band(panel[: last + 1], replications=replications, seed=int(last))
        progress(done, len(as_of), "vintages bootstrapped")
    seconds = time.perf_counter() - start
    estimates = len(as_of) * replications
    target = "-" if quick else f"{seconds / BOOTSTRAP_TARGET:.2f}"
    return Findings(
        f"{len(as_of)} vintages x {replications:,} block-bootstrap replications, p = 1",
        ("estimates", "seconds", "per estimate", f"share of the {BOOTSTRAP_TARGET:g} s target"),
        ((f"{estimates:,}", f"{seconds:.1f}", shown(seconds / estimates), target),),
        f"One run, {n_cores()} threads. Each replication is re-estimated in full: z-scores, "
        "component, loadings.",
    )


def first_use(quick: bool) -> Findings:
    """Time the first estimate and bootstrap of a process, with nothing kept and with all kept."""
    del quick
    with tempfile.TemporaryDirectory() as folder:
        compiled, loaded = (_first_use(folder) for _ in range(2))
    return Findings(
        "TVP-FAVAR, first estimate and bootstrap of a process",
        ("compiled", "loaded"),
        ((shown(compiled), shown(loaded)),),
        "Import of Numba included. Compiled once an installation, loaded once a process.",
    )


def _first_use(folder: str) -> float:
    command = [sys.executable, "-c", FIRST_USE, folder]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return float(done.stdout)
