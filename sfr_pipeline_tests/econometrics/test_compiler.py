"""Compiled kernels are kept, found again, and never trusted when damaged, stale or unwritable."""

import pkgutil
import shutil
import subprocess
import sys
import textwrap
from argparse import Namespace
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numba.core.dispatcher import Dispatcher

from sfr_pipeline.cli import compile_kernels
from sfr_pipeline.econometrics import (
    GARCH,
    TVPFAVAR,
    MarkovSwitching,
    bds,
    kernels,
    transfer_entropy,
)
from sfr_pipeline.econometrics.kernels import compiler
from sfr_pipeline.econometrics.tvp_favar import TvpFavarSettings, estimate
from sfr_pipeline.econometrics.vintages import estimate_vintages
from sfr_pipeline.errors import SettingError
from sfr_pipeline.evaluation.auroc import auroc_of_counts
from sfr_pipeline.stress.simulation import paths_stressed
from sfr_pipeline_tests.econometrics.simulation import simulate, with_gaps

# The least kernel there is; digamma of 4 is 1 + 1/2 + 1/3 less Euler's constant.
CALL = """
import numpy as np, sys
from pathlib import Path
from sfr_pipeline.econometrics.kernels import compiler
compiler.folders = lambda: [Path(sys.argv[1])]
{patch}
from sfr_pipeline.econometrics.kernels.garch import digamma
assert abs(digamma(np.{dtype}(4)) - (11 / 6 - np.euler_gamma)) < 1e-6
print(sorted(compiler._said))
"""


def start(folder, patch="", dtype="float64"):
    """A process that calls a kernel, with one folder to keep it in."""
    return subprocess.Popen(
        [sys.executable, "-c", CALL.format(patch=patch, dtype=dtype), str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def said(process):
    out, err = process.communicate()
    assert process.returncode == 0, err
    return out


def test_a_kernel_is_compiled_once_with_a_line_that_says_so_and_found_again(tmp_path):
    assert "compiling the numerical kernels" in said(start(tmp_path))
    kept = list(tmp_path.iterdir())
    assert [path.name.partition("-")[0] for path in kept] == ["garch.digamma"]
    assert said(start(tmp_path)) == "[]\n"
    assert list(tmp_path.iterdir()) == kept


def test_a_deleted_folder_is_made_anew(tmp_path):
    folder = tmp_path / "kernels"
    said(start(folder))
    shutil.rmtree(folder)
    assert "compiling" in said(start(folder))
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize(
    "damage", [pytest.param(d, marks=pytest.mark.faults) for d in ("cut", "turned", "empty")]
)
def test_a_damaged_file_is_compiled_again_and_replaced(tmp_path, damage):
    said(start(tmp_path))
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    middle = len(whole) // 2
    turned = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
    path.write_bytes({"cut": whole[:middle], "turned": turned, "empty": b""}[damage])
    assert "compiling" in said(start(tmp_path))
    assert said(start(tmp_path)) == "[]\n"


def test_an_unwritable_folder_leaves_the_kernel_in_memory_and_says_it_once(tmp_path):
    # A file where the folder should be: not even root can write into it.
    blocked = tmp_path / "file"
    blocked.write_text("")
    out = said(start(blocked / "kernels"))
    assert out.count("compiled kernels can be kept neither in") == 1
    assert blocked.read_text() == ""


def test_a_change_of_any_kernel_makes_what_was_kept_stale(tmp_path):
    said(start(tmp_path))
    assert "compiling" in said(start(tmp_path, patch="compiler.SOURCES = 'another text'"))
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.faults
def test_many_processes_may_compile_at_once(tmp_path):
    """For types of different sizes: none may end with another's code."""
    dtypes = ("float64", "float32", "float64", "float32")
    processes = [start(tmp_path, dtype=dtype) for dtype in dtypes]
    outputs = [said(process) for process in processes]
    assert all("compiling" in out or out == "[]\n" for out in outputs)
    assert said(start(tmp_path)) == "[]\n"
    assert not [path for path in tmp_path.iterdir() if not path.name.startswith("garch.")]


def test_the_package_is_no_folder_for_kernels_and_numbas_own_setting_comes_first(
    monkeypatch, tmp_path
):
    users = tmp_path / "sfr_pipeline" / "kernels"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(compiler.numba.config, "CACHE_DIR", "")
    assert compiler.folders() == [users]
    monkeypatch.setattr(compiler.numba.config, "CACHE_DIR", "/somewhere")
    assert compiler.folders() == [Path("/somewhere/sfr_pipeline"), users]


def homeless():
    """As ``Path.home`` answers a user whom no account has, where HOME is not set either."""
    raise RuntimeError("Could not determine home directory.")


def test_a_user_without_a_home_compiles_in_memory_and_is_told_what_to_set(monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(compiler.numba.config, "CACHE_DIR", "")
    monkeypatch.setattr(compiler.Path, "home", homeless)
    assert compiler.folders() == []
    with pytest.raises(SettingError, match="kept neither elsewhere: set XDG_CACHE_HOME"):
        compile_kernels.run(Namespace())


def test_the_first_folder_that_can_be_written_keeps_the_kernels(monkeypatch, tmp_path):
    blocked, free = tmp_path / "file", tmp_path / "free"
    blocked.write_text("")
    monkeypatch.setattr(compiler, "folders", lambda: [blocked / "kernels", free])
    assert compiler.keeping_folder() == free
    assert list(free.iterdir()) == []
    monkeypatch.setattr(compiler, "folders", lambda: [blocked / "kernels"])
    assert compiler.keeping_folder() is None


def test_threads_that_call_a_new_kernel_at_once_agree():
    from sfr_pipeline.threads import in_threads

    @compiler.kernel
    def add(values):
        total = 0.0
        for value in values:
            total += value
        return total

    add._cache = compiler.NullCache()
    values = np.arange(1000.0)
    assert in_threads(lambda _: add(values), range(8), threads=4) == [499500.0] * 8


def test_a_division_by_zero_gives_infinity_as_in_numpy():
    @compiler.kernel
    def ratio(a, b):
        return a / b

    ratio._cache = compiler.NullCache()
    assert ratio(1.0, 0.0) == np.inf
    assert np.isnan(ratio(0.0, 0.0))


def compiled_for():
    """For which types each kernel has been compiled in this process, or been loaded for."""
    return {
        f"{module.name}.{name}": len(value.signatures)
        for module in pkgutil.iter_modules(kernels.__path__)
        for name, value in vars(import_module(f"{kernels.__name__}.{module.name}")).items()
        if isinstance(value, Dispatcher)
    }


def test_after_the_command_nothing_is_left_to_compile():
    """Neither a kernel that no part calls, nor one for other types than the parts call it with."""
    code = """
    from sfr_pipeline.cli.compile_kernels import PARTS
    from sfr_pipeline_tests.econometrics.test_compiler import compiled_for, other_work
    for part in PARTS:
        part()
    before = compiled_for()
    other_work()
    after = compiled_for()
    assert after == before, {name for name in after if after[name] != before[name]}
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True)


def other_work():
    """The models in forms that the command does not fit them in."""
    panel = with_gaps(simulate(70, n_series=4).panel)
    months = pd.period_range("2010-01", periods=70, freq="M")
    frame = pd.DataFrame(panel, months)
    macro = pd.DataFrame(simulate(70, n_series=2, seed=1).panel, months)
    macro = (macro - macro.mean()) / macro.std()
    results = TVPFAVAR(frame, macro, lags=2).fit()
    results.band(draws=2)
    TVPFAVAR(frame.astype("Float64"), loading_forgetting=1).fit().bootstrap_band(replications=2)
    vintages = estimate_vintages(panel, np.array([50, 69]), min_observations=24)
    vintages.latest("loading_variance_smoothed")
    estimate(panel.astype(np.float32)[::-1][:60], settings=TvpFavarSettings(reference_quirks=True))
    series = pd.Series(simulate(150, n_series=1).panel[:, 0])
    changes = series.diff()[1:]
    columns = np.asfortranarray(panel[:, :2])
    draws, parameters = np.zeros((9, 4), int).T, np.ones((5, 2)).T
    paths_stressed(columns, draws, parameters, *columns[:3, ::-1], breadth=1)
    switching = MarkovSwitching(changes, order=2, form="mean", switching_variance=False)
    switching.filter(switching.fit(starts=4).estimates)
    for shocks in ("normal", "t"):
        GARCH(changes, asymmetric=True, shocks=shocks).fit().std_errors  # noqa: B018
    bds(series.to_numpy()[::2], permutations=2)
    transfer_entropy(series, changes.reindex(series.index).fillna(0), lags=3, bins=8, surrogates=2)
    label = np.arange(150) % 2 == 0
    auroc_of_counts(label, series.to_numpy()[:, None], np.ones((150, 2)), np.arange(150) // 50)
