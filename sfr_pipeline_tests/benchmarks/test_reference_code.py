"""The comparison with the reference code, whose place a program takes that computes the same."""

import sys

import pytest

from benchmarks import reference_code
from benchmarks.settings import Scale, Settings
from sfr_pipeline_tests.checkout import CHECKOUT

# Answers as the driver does: what stands last between the quotes of its call is where to.
OCTAVE = f"""#!{sys.executable}
import re, sys
sys.path.insert(0, {str(CHECKOUT)!r})
import numpy as np
from sfr_pipeline.econometrics.tvp_favar import TvpFavarSettings, estimate
call = sys.argv[-1][sys.argv[-1].index("reference_driver("):]
code, panel, out = re.findall("'([^']*)'", call)
found = estimate(
    np.loadtxt(panel, delimiter=","), settings=TvpFavarSettings(lags=4, reference_quirks=True)
)
for name, values in (
    ("seconds", np.ones(3)), ("loadings", -found.loadings_smoothed),
    ("variance", ERROR + found.variance), ("factor", -found.factor_smoothed),
):
    np.savetxt(f"{{out}}/{{name}}.csv", values, delimiter=",", fmt="%.17g")
"""


@pytest.fixture
def settings(tmp_path):
    code = tmp_path / "their code" / "functions"
    code.mkdir(parents=True)
    for name in reference_code.FUNCTIONS:
        (code / f"{name}.m").touch()
    return Settings(Scale.TINY, code.parent)


def install(monkeypatch, folder, error):
    program = folder / "octave"
    program.write_text(OCTAVE.replace("ERROR", str(error)))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")


def test_equal_estimates_of_either_sign_are_timed(settings, tmp_path, monkeypatch):
    install(monkeypatch, tmp_path, error=0.0)
    [(size, _, octave, _, difference)] = reference_code.against_octave(settings).rows
    assert (size, octave) == ("8 x 40, p = 4", "1 s")
    assert float(difference) < 1e-12


def test_times_of_unequal_estimates_are_refused(settings, tmp_path, monkeypatch):
    install(monkeypatch, tmp_path, error=1e-6)
    with pytest.raises(RuntimeError, match="differs by 1"):
        reference_code.against_octave(settings)


def test_an_incomplete_folder_is_named(settings, tmp_path, monkeypatch):
    install(monkeypatch, tmp_path, error=0.0)
    (settings.reference_code / "functions" / "extract.m").unlink()
    [[said]] = reference_code.against_octave(settings).rows
    assert said.startswith("skipped: ")
    assert said.endswith("lacks extract.m")
