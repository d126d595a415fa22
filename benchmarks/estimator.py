"""The TVP-FAVAR: what batching gains over loops, and how its cost grows with the panel."""

from functools import partial

import numpy as np

from benchmarks.panels import one_factor_panel
from benchmarks.settings import Settings
from benchmarks.timing import Findings, median_seconds, shown
from benchmarks.tvp_favar_loop import estimate_by_loops
from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.econometrics.principal_component import first_component, standardize
from sfr_pipeline.econometrics.tvp_favar import TvpFavarSettings, estimate


def batched_against_loops(settings: Settings) -> Findings:
    """Time the whole estimate in the package's form and series by series."""
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
        rows.append((size, shown(ours), shown(theirs), f"{theirs / ours:.1f}"))
    return Findings(
        "TVP-FAVAR, batched form against a plain loop over series",
        ("panel", "batched", "loop", "loop / batched"),
        tuple(rows),
        "The same work in both: z-scores, component, filter and smoother of loadings, VAR and "
        "factor. Both in NumPy, one thread. The loop is written to be read, not to be fast.",
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
        "p = 1. Time grows with the periods; series cost little until memory bandwidth counts.",
    )
