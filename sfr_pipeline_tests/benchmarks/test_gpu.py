"""The bench of a GPU: it runs from a bare checkout, and trains what the product trains."""

import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from benchmarks.gpu import __main__ as command
from benchmarks.gpu import fit_file, gather
from benchmarks.gpu.agreement import Comparison
from benchmarks.gpu.bench import Bench
from benchmarks.gpu.fits import Made, made_on
from benchmarks.gpu.tiny import tiny_works
from benchmarks.gpu.works import Corrected, Stack, Works, in_turns
from benchmarks.timing import Findings
from sfr_pipeline.errors import StorageError
from sfr_pipeline.stress import beginning, paper_protocol
from sfr_pipeline.stress import study as daily
from sfr_pipeline.stress.sample import Label, Sample
from sfr_pipeline.stress.volatility import corrections
from sfr_pipeline.stress.volatility.network import tasks_of
from sfr_pipeline.training.fit_store import fit_keys
from sfr_pipeline.training.profile import FULL
from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.stress import simulated
from sfr_pipeline_tests.stress.volatility import panels

# All that such a machine has, with what these need themselves.
INSTALLED = ("torch", "transformers", "numpy", "pandas", "pyarrow", "scikit-learn")
# Some releases of a library for command lines, which comes with these, bring it along.
NOT_EVERYWHERE = {"pydantic", "pydantic-core"}
# Labels of stress of the day itself.
NOW = (paper_protocol.LABEL, *(set(beginning.WALKED) - set(beginning.FORWARD)))


def with_what_they_need(names):
    """Distributions and all that they require, without extras."""
    found, left = set(), [canonicalize_name(name) for name in names]
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            required = map(Requirement, distribution(name).requires or ())
            left += [
                canonicalize_name(each.name)
                for each in required
                if each.marker is None or each.marker.evaluate({"extra": ""})
            ]
    return found


def modules_of(names):
    files = (file for name in names for file in distribution(name).files)
    return {file.parts[0].partition(".")[0] for file in files}


def test_a_bare_checkout_runs_every_part(tmp_path):
    """In processes that find no other third-party module, the package not installed."""
    there = with_what_they_need(INSTALLED) - NOT_EVERYWHERE
    assert not there & {"dagster", "duckdb", "numba", "arch", "statsmodels"}
    results = tmp_path / "results.md"
    bare = {
        "PYTHONPATH": str(Path(__file__).with_name("bare")),
        "BARE_MODULES": " ".join(modules_of(there)),
        "BARE_DISTRIBUTIONS": " ".join(there),
    }
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.gpu", "--tiny", "--output", str(results)],
        cwd=CHECKOUT, env={**os.environ, **bare}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    page = results.read_text(encoding="utf-8")
    assert page.startswith("# A run of `python -m benchmarks.gpu`\n\nNo GPU, ")
    assert page.count("\n## ") == len(command.PARTS)
    assert "Left out" not in page
    assert " s  reading 100 posts in " in done.stderr


def test_what_only_the_whole_package_has_is_not_found_there(tmp_path):
    """The guard above guards: the same process cannot import what it must not."""
    there = with_what_they_need(["numpy"])
    bare = {
        "PYTHONPATH": str(Path(__file__).with_name("bare")),
        "BARE_MODULES": " ".join(modules_of(there)),
        "BARE_DISTRIBUTIONS": " ".join(there),
    }
    done = subprocess.run(
        [sys.executable, "-c", "import numpy, sfr_pipeline.markets.market"],
        cwd=CHECKOUT, env={**os.environ, **bare}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "No module named 'pydantic'" in done.stderr


def drawn_study():
    """Daily stress of days whose features and labels are drawn."""
    rng = np.random.default_rng(0)
    dates = pd.bdate_range("2003-01-01", "2005-12-30")
    horizons = {name: int(name[1:]) for name in beginning.FORWARD} | dict.fromkeys(NOW, 0)
    labels = {
        name: Label(name, horizon, (rng.random(len(dates)) < 0.5).astype(float))
        for name, horizon in horizons.items()
    }
    sample = Sample(
        dates, rng.standard_normal((len(dates), 3)), ("a", "b", "c"), (), labels, {},
        np.zeros(len(dates)), np.zeros((len(dates), 0)), breadth=1,
    )  # fmt: skip
    effort = replace(FULL, stress_steps=1, stress_seeds=2)
    return daily.prepare(sample, simulated.SETTINGS, effort)


def carried(works, folder):
    """The same works, through a file."""
    path = folder / "fits.npz"
    fit_file.save(Works("simulated", {"full": tuple(works)}), path)
    return fit_file.load(path).profiles["full"]


def keys(works):
    made = [task for work in works for stack in work.stacks() for task in stack.make()]
    return Counter(fit_keys(made, "cpu"))


def test_a_file_holds_all_fits_of_daily_stress_bit_for_bit(tmp_path):
    study = drawn_study()
    planned = Counter(fit_keys(daily.tasks_of(daily.plan_networks(study)), "cpu"))
    assert keys(carried(gather.of_days(study), tmp_path)) == planned


def test_a_file_holds_all_fits_of_volatility_bit_for_bit(tmp_path):
    panel = panels.panel()
    effort = replace(FULL, stress_seeds=2, volatility_epochs=1)
    plan = corrections.plan(panel, simulated.SETTINGS.first_test_year, effort)
    assert plan.refits
    tasks = [
        task
        for refit in plan.refits
        for task in tasks_of(refit, plan.networks, range(plan.seeds), plan.how)
    ]
    work = gather.of_volatility(panel, plan)
    assert keys(carried([work], tmp_path)) == Counter(fit_keys(tasks, "cpu"))


@pytest.fixture
def works():
    return tiny_works()


def test_fits_of_the_early_warning_share_a_file_as_they_are(works, tmp_path):
    months = works.profiles["full"][0]
    assert keys(carried([months], tmp_path)) == Counter(fit_keys(months.tasks, "cpu"))


@pytest.mark.parametrize("wrong", ["nothing", "text", "other arrays", "objects"])
def test_what_is_no_file_of_fits_is_refused_with_the_command_that_writes_one(tmp_path, wrong):
    path = tmp_path / "fits.npz"
    if wrong == "text":
        path.write_text("fits", encoding="utf-8")
    elif wrong == "other arrays":
        np.savez(path, a=np.arange(3))
    elif wrong == "objects":
        np.savez(path, text=np.array([{"pickled": 1}], dtype=object))
    with pytest.raises(StorageError, match=f"benchmarks.gpu --write {path}"):
        fit_file.load(path)


def test_a_file_that_would_be_too_large_lacks_the_stocks_last_refits_and_says_so(
    works, tmp_path, monkeypatch
):
    """The refit before needs fewer days, which are what takes the room."""
    last = works.profiles["full"][-1]
    assert isinstance(last, Corrected)
    rng = np.random.default_rng(1)
    [refit] = last.refits
    days = 20 * len(refit.residual)
    later = replace(
        refit, year=2019, residual=np.resize(refit.residual, (days, 2)),
        asked=np.resize(refit.asked, (days, 2)),
    )  # fmt: skip
    inputs = rng.standard_normal((days, 2, 3))
    stocks = replace(last, leg=gather.STOCKS, inputs=inputs, refits=(refit, later))
    profiles = {**works.profiles, "full": (*works.profiles["full"], stocks)}
    whole = replace(works, profiles=profiles)
    monkeypatch.setattr(gather, "gather", lambda market, store: whole)
    monkeypatch.setattr(gather, "MOST_BYTES", 50_000)
    path = tmp_path / "fits.npz"
    written = gather.write(path, "sandbox", tmp_path)
    assert path.stat().st_size <= 50_000
    kept = fit_file.load(path).profiles["full"][-1]
    assert [each.year for each in kept.refits] == [2000]
    assert (
        "1 fits of volatility, stocks, refitted from 2019 on, are not in the file"
        in (written.left_out[0])
    )
    monkeypatch.setattr(gather, "MOST_BYTES", 1_000)
    with pytest.raises(StorageError, match="take more than"):
        gather.write(path, "sandbox", tmp_path)
    assert fit_file.load(path).left_out == written.left_out


def stack(kind):
    return Stack(kind, "", 1, list)


def test_every_kind_of_fit_has_its_turn_before_any_has_its_second():
    stacks = [stack(kind) for kind in "aaaaabbc"]
    turns = ["".join(sorted(each.kind for each in in_turns(stacks, seed)[:3])) for seed in range(5)]
    assert turns == ["abc"] * 5
    assert sorted(each.kind for each in in_turns(stacks)) == list("aaaaabbc")
    assert in_turns(stacks, 1) == in_turns(stacks, 1)
    firsts = {id(in_turns(stacks, seed)[0]) for seed in range(20)}
    assert len(firsts) > 3


def test_where_time_is_over_the_whole_is_extrapolated_kind_by_kind_and_called_so():
    made = Made("cuda:0", at_once=2)
    made.n_fits.update(a=4, b=1)
    made.seconds.update(a=2.0, b=10.0)
    # Two at a time: a quarter of a second each for a, five for b.
    told = made.sentence(Counter(a=100, b=20))
    assert "5 of 120 fits" in told
    assert "Extrapolated kind by kind, all of them take 125 s" in told
    assert "Extrapolated" not in made.sentence(Counter(a=4, b=1))
    told = made.sentence(Counter(a=100, b=20, c=1))
    assert "those of the kinds made (none of c) take 125 s" in told


def test_nothing_more_is_begun_when_time_is_over(works):
    bench = Bench("cpu", works, tiny=True)
    assert made_on(bench, works.stacks("full"), "cpu", 0.0).n_fits.total() == 1


def found(failed=False):
    return lambda bench, seconds: Findings("A part", ("a",), (("b",),), failed=failed)


@pytest.fixture
def parts(monkeypatch):
    """Other parts than there are, for as long as the test runs."""

    def put(**made):
        monkeypatch.setattr(command, "PARTS", {name: (part, 0.5) for name, part in made.items()})

    return put


def test_a_part_for_which_there_is_no_time_is_named_in_the_results(parts, tmp_path):
    parts(one=found(), other=found())
    results = tmp_path / "results.md"
    assert command.main(["--tiny", "--seconds", "0", "--output", str(results)]) == 0
    assert "Left out, for time was over: one, other." in results.read_text(encoding="utf-8")


def test_what_disagrees_is_written_down_and_ends_in_an_error(parts, tmp_path, capsys):
    parts(one=found(failed=True))
    results = tmp_path / "results.md"
    assert command.main(["--tiny", "--output", str(results)]) == 1
    assert "## A part" in results.read_text(encoding="utf-8")
    assert "not as it must be: A part" in capsys.readouterr().err


@pytest.mark.parametrize(("difference", "agrees"), [(0.0, True), (0.2, False), (np.nan, False)])
def test_what_is_no_number_agrees_with_nothing(difference, agrees):
    compared = Comparison("outputs", difference, 0.1)
    assert compared.agrees is agrees
    assert compared.row[-1] == ("yes" if agrees else "NO")


def test_without_a_gpu_it_says_what_to_do_and_measures_nothing(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr(command, "RESULTS", tmp_path / "results.md")
    assert command.main(["--fits", "fits.npz"]) == 1
    assert "--tiny shows that everything runs" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_the_default_fits_can_be_measured_on_processors_alone(works, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sfr_pipeline.engine.local.processors", lambda: 1)
    fit_file.save(works, tmp_path / "fits.npz")
    asked = ["--processors", "--fits", str(tmp_path / "fits.npz"), "--seconds", "60"]
    assert command.main(asked) == 0
    printed = capsys.readouterr().out
    assert "Fits of profile default, processors alone, market made up" in printed
    assert "5 of 5 fits" in printed
