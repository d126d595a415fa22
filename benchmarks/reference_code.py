"""Against the published code of Koop and Korobilis (2014), run under Octave.

Their code is under the GPL and not shipped here: whoever wants this comparison points
``--reference-code`` at a folder of its own that holds it.
"""

import shutil
import subprocess
import tempfile
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.panels import one_factor_panel, with_late_starts
from benchmarks.settings import Settings
from benchmarks.timing import Findings, median_seconds, shown
from sfr_pipeline.econometrics.tvp_favar import TvpFavarResults, TvpFavarSettings, estimate

TITLE = "TVP-FAVAR against the reference code under Octave"
# What the driver and the functions that it calls need.
FUNCTIONS = (
    "KFS_factors",
    "KFS_parameters",
    "Minn_prior_KOOP",
    "create_RHS_NI",
    "extract",
    "mlag2",
    "standardize_miss",
)
DRIVER = Path(__file__).with_name("reference_driver.m")
TOLERANCE = 1e-9
LAGS = 4


def against_octave(settings: Settings) -> Findings:
    """Time both on one panel and check that they agree.

    Raises:
        RuntimeError: Octave failed, or the two disagree by more than 1e-9.
    """
    code = settings.reference_code
    obstacle = _obstacle(code)
    if code is None or obstacle:
        return Findings(TITLE, ("result",), ((f"skipped: {obstacle}",),), _context())
    model = TvpFavarSettings(lags=LAGS, reference_quirks=True)
    n_periods, n_series = settings.pick(full=(213, 20), quick=(213, 20), tiny=(40, 8))
    panel = with_late_starts(one_factor_panel(n_periods, n_series))
    repetitions = 3
    ours, octave = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.savetxt(folder / "panel.csv", panel, delimiter=",", fmt="%.17g")
        # In turns, so that a machine that slows down for a while slows both.
        for _ in range(settings.pick(full=5, quick=1, tiny=1)):
            _run_octave(_functions(code), folder, repetitions)
            octave.append(float(np.median(_read(folder, "seconds"))))
            work = partial(estimate, panel, settings=model)
            ours += median_seconds(work, repetitions=repetitions)
        theirs = {each: _read(folder, each) for each in ("loadings", "variance", "factor")}
    difference = _largest_difference(estimate(panel, settings=model), theirs)
    if not difference <= TOLERANCE:
        raise RuntimeError(f"the reference code differs by {difference:.1e}: timings mean nothing")
    package, reference = median(ours), median(octave)
    ratio = f"{reference / package:.1f}"
    size = f"{n_series} x {n_periods}, p = {LAGS}"
    row = (size, shown(package), shown(reference), ratio, f"{difference:.0e}")
    return Findings(
        TITLE,
        ("panel", "this package", "Octave", "Octave / package", "largest difference"),
        (row,),
        "Timed inside Octave, start-up left out: z-scores, component, parameters, factor. Ours "
        "with `reference_quirks`, so that both compute the same.",
    )


def _obstacle(code: Path | None) -> str:
    if code is None:
        return "no --reference-code DIR given"
    if shutil.which("octave") is None:
        return "Octave is not installed"
    folder = _functions(code)
    missing = [f"{each}.m" for each in FUNCTIONS if not (folder / f"{each}.m").exists()]
    return f"{folder} lacks {', '.join(missing)}" if missing else ""


def _context() -> str:
    return "For context: the same size took .35 s under Octave 7.3 on another machine."


def _functions(code: Path) -> Path:
    return code / "functions" if (code / "functions").is_dir() else code


def _run_octave(functions: Path, folder: Path, repetitions: int) -> None:
    code, panel, out = (_quoted(path) for path in (functions, folder / "panel.csv", folder))
    call = f"reference_driver({code}, {panel}, {LAGS}, {repetitions}, {out});"
    script = f"addpath({_quoted(DRIVER.parent)}); {call}"
    command = ["octave", "--no-gui", "--quiet", "--no-init-file", "--eval", script]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"Octave failed on the reference code: {done.stderr.strip()}")


def _quoted(path: Path) -> str:
    return "'" + str(path.resolve()).replace("'", "''") + "'"


def _read(folder: Path, name: str) -> np.ndarray:
    return np.loadtxt(folder / f"{name}.csv", delimiter=",", ndmin=2)


def _largest_difference(ours: TvpFavarResults, theirs: dict[str, np.ndarray]) -> float:
    factor = theirs["factor"][:, 0]
    sign = np.sign(factor @ ours.factor_smoothed)
    pairs = (
        (sign * ours.loadings_smoothed, theirs["loadings"]),
        (ours.variance, theirs["variance"]),
        (sign * ours.factor_smoothed, factor),
    )
    return max(float(np.abs(one - other).max()) for one, other in pairs)
