"""The TVP-FAVAR: what compiling gains, how the cost grows with the panel, and the first use."""

import os
import subprocess
import sys
import tempfile
import time
from functools import partial

import numpy as np

from benchmarks.panels import one_factor_panel
from benchmarks.settings import Settings
from benchmarks.timing import Findings, median_seconds, shown
from benchmarks.tvp_favar_loop import estimate_by_loops
from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.cli.compile_kernels import PARTS
from sfr_pipeline.econometrics.principal_component import first_component, standardize
from sfr_pipeline.econometrics.tvp_favar import TvpFavarSettings, estimate

COMPILE = """
import logging, sys
from pathlib import Path
from sfr_pipeline.cli.compile_kernels import PARTS
from sfr_pipeline.econometrics.kernels import compiler
logging.disable(logging.ERROR)
compiler.folders = lambda: [Path(sys.argv[1])]
PARTS[int(sys.argv[2])]()
"""


def compiled_against_loops(settings: Settings) -> Findings:
    """Time the whole estimate compiled, and the same loops in plain NumPy."""
    n_periods, n_series = settings.pick(full=(180, 26), quick=(180, 26), tiny=(30, 4))
    panel = one_factor_panel(n_periods, n_series)
    rows = []
    for lags in (1, 4):
        model = TvpFavarSettings(lags=lags)
        ours, theirs = median_seconds(
            partial(estimate, panel, settings=model),
            partial(_estimate_by_loops, panel, model),
            repetitions=settings.pick(full=15, quick=3, tiny=1),
        )
        size = f"{n_series} x {n_periods}, p = {lags}"
        rows.append((size, shown(ours), shown(theirs), f"{theirs / ours:.0f}"))
    return Findings(
        "TVP-FAVAR, compiled loops against the same in plain NumPy",
        ("panel", "compiled", "loop", "loop / compiled"),
        tuple(rows),
        "The same work in both: z-scores, component, filter and smoother of loadings, VAR and "
        "factor. One thread.",
    )


def _estimate_by_loops(panel: FloatArray, settings: TvpFavarSettings) -> None:
    observed = ~np.isnan(panel)
    scores = standardize(panel, observed)[0]
    component = first_component(scores, observed)
    estimate_by_loops(scores, observed, component, settings=settings)


def growth(settings: Settings) -> Findings:
    """Time the whole estimate on larger and larger panels."""
    sizes = [(26, 180), (26, 1000), (100, 1000), (26, 5000), (200, 5000)]
    repetitions = settings.pick(full=5, quick=3, tiny=1)
    rows = []
    for n_series, n_periods in settings.pick(full=sizes, quick=sizes[:3], tiny=[(3, 30), (5, 40)]):
        panel = one_factor_panel(n_periods, n_series)
        (seconds,) = median_seconds(partial(estimate, panel), repetitions=repetitions)
        per_cell = shown(seconds / panel.size)
        rows.append((str(n_series), str(n_periods), shown(seconds), per_cell))
    return Findings(
        "TVP-FAVAR, growth with the panel",
        ("series", "periods", "seconds", "per cell"),
        tuple(rows),
        "p = 1, one thread. Second moments of n series cost n / 2 operations a cell.",
    )


def first_use(settings: Settings) -> Findings:
    """Time what compiles every kernel, with nothing kept and with all kept."""
    parts = range(len(PARTS))[settings.pick(full=0, quick=0, tiny=-1) :]
    with tempfile.TemporaryDirectory() as folder:
        compiled, loaded = (_compile_into(folder, parts) for _ in range(2))
    return Findings(
        "Kernels: compiling them at installation, and loading them",
        ("compiled", "loaded"),
        ((shown(compiled), shown(loaded)),),
        f"Every model fitted once, in {len(parts)} processes at a time as `python -m sfr_pipeline "
        "compile-kernels` does it; their start and the import of Numba included.",
    )


def _compile_into(folder: str, parts: range) -> float:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    start = time.perf_counter()
    running = [
        subprocess.Popen([sys.executable, "-c", COMPILE, folder, str(part)], env=environment)
        for part in parts
    ]
    for process in running:
        if process.wait() != 0:
            raise RuntimeError("the kernels could not be compiled: see the error above")
    return time.perf_counter() - start
