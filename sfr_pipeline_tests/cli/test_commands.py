"""Every command is there, says what it does, and costs nothing until it runs."""

import importlib
import os
import pkgutil
import re
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from sfr_pipeline import child, cli
from sfr_pipeline.__main__ import main
from sfr_pipeline.cli import test_faults
from sfr_pipeline.cli.commands import COMMANDS
from sfr_pipeline_tests.assets.test_definitions import HEAVY
from sfr_pipeline_tests.checkout import CHECKOUT

DOES = {
    "init": "make a folder a workspace",
    "init-market": "make a market from files of your own",
    "run": "materialize every table of a market and sum it up",
    "ui": "open the Dagster UI on http://127.0.0.1:3000, with its daemon",
    "report": "tell where a market's report lies, of which run, or open it",
    "doctor": "tell what is missing or broken on this machine and in this workspace, with the "
    "remedies",
    "heal": "mark the runs whose process is gone as failed",
    "import-template": "write empty files for a market's series, to be filled in",
    "check": "tell how each file of a folder would be read, before anything runs",
    "probe": "try every live source of a market once and tell what answered",
    "refresh": "tell what the monthly refresh of a market would do; nothing runs",
    "recompute": "measure a market anew from what had been delivered by a moment",
    "summary": "print what the latest run found",
    "ask": "put a question of the cookbook to the warehouse, or list the questions",
    "predict": "score the latest day with the trained daily models; nothing is trained",
    "score": "score one model beside the rules that it has to beat; nothing is kept",
    "alerts": "list a market's open alerts, acknowledge one, or try rules and targets",
    "export": "write tables and series for Excel, Stata, R and others, as CSV, XLSX, Parquet and "
    "DuckDB",
    "site": "write a folder of static pages: every report, their comparison, the documentation",
    "publish": "write the views of the warehouse anew, after its folder was moved or restored",
    "archive": "check, back up, restore or compact the tables that nothing can make again",
    "tidy": "remove what killed runs left behind, and what nobody has used for months",
    "test-faults": "kill, starve and corrupt what runs, and tell the verdict on each fault "
    "(half an hour)",
    "picture": "draw a market's index, or without one its probability of stress, for the README",
    "findings": "print what the latest run found, as the README and docs/ do (Markdown)",
    "audit": "derive what a published table of forecasts or classes implies",
    "evaluate-sentiment": "measure how well a sentiment model reads a labelled file",
    "dictionary": "print the data dictionary (Markdown)",
    "compile-kernels": "compile the numerical kernels now, rather than at their first use",
}


def help_of(capsys, *command):
    with pytest.raises(SystemExit) as stop:
        main([*command, "--help"])
    assert stop.value.code == 0
    return " ".join(capsys.readouterr().out.split())


def test_the_help_lists_every_command_and_what_it_does(capsys):
    told = help_of(capsys)
    for name, does in DOES.items():
        assert f"{name} {does}" in told


@pytest.mark.parametrize("name", DOES)
def test_a_command_says_what_it_does(name, capsys):
    does = DOES[name]
    assert f"{does[0].upper()}{does[1:]}." in help_of(capsys, name)


def test_every_file_of_a_command_is_assembled():
    modules = [
        importlib.import_module(f"{cli.__name__}.{module.name}")
        for module in pkgutil.iter_modules(cli.__path__)
    ]
    commands = {module.__name__ for module in modules if hasattr(module, "add_to")}
    assembled = [command.__name__ for group in COMMANDS.values() for command in group]
    assert sorted(assembled) == sorted(commands)
    assert {name.replace("-", "_") for name in DOES} == {
        name.rpartition(".")[2] for name in commands
    }


def test_make_calls_no_command_that_is_missing():
    makefile = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    called = set(re.findall(r"\$\(BIN\)/sfr ([a-z-]+)", makefile))
    assert len(called) >= 15
    assert called <= set(DOES)
    assert "-m sfr_pipeline " not in makefile, "a second way to call a command"


def test_without_arguments_the_help_is_shown_in_the_order_of_a_newcomer(capsys):
    assert main([]) == 0
    told = capsys.readouterr().out
    assert told.startswith("usage: sfr [options] command ...")
    places = [told.index(f"\n  {name} ") for name in ("init", "run", "report", "predict", "heal")]
    assert places == sorted(places)
    last = told[told.index("for developers of this package, in its checkout:") :]
    assert all(name in last for name in ("findings", "picture", "dictionary", "compile-kernels"))


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (["rnu", "us"], "there is no command 'rnu': did you mean 'run'?"),
        (["refresh-plan"], "there is no command 'refresh-plan': did you mean 'refresh'?"),
        (["archive", "verfy"], "there is no command 'verfy': did you mean 'verify'?"),
        (["xyzzy"], "there is no command 'xyzzy' ('sfr --help' lists them)"),
        (["run", "u_live"], "there is no market 'u_live': did you mean 'us_live'? (choose from "),
    ],
)
def test_a_mistyped_name_is_told_with_the_nearest_one(typed, told, capsys):
    with pytest.raises(SystemExit) as stop:
        main(typed)
    assert stop.value.code == 2
    assert told in capsys.readouterr().err


def test_the_help_loads_no_library_that_only_a_command_needs():
    code = (
        "import sys\n"
        "from sfr_pipeline.__main__ import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print('LOADED', *[m for m in {('dagster', *HEAVY)} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "materialize every table" in done.stdout
    assert done.stdout.splitlines()[-1].split() == ["LOADED"]


def dagster_that(ends, monkeypatch):
    class Process:
        def wait(self):
            return ends()

    @contextmanager
    def start(command, **_):
        assert command[-2:] == ["--config-json", '{"loggers": {"progress": {}}}']
        yield Process()

    monkeypatch.setattr(child, "popen", start)


def test_the_faults_are_tried_where_the_tests_are_and_nothing_of_the_workspace_is_touched(
    monkeypatch, capsys, tmp_path
):
    started = []

    @contextmanager
    def start(command, **options):
        started.append((command, options))
        yield SimpleNamespace(wait=lambda: 1)

    monkeypatch.setattr(child, "popen", start)
    monkeypatch.setenv("SFR_WAREHOUSE", "mine")
    monkeypatch.setenv("DAGSTER_HOME", "mine")
    assert main(["test-faults", "killed"]) == 1
    ((command, options),) = started
    assert command[1:] == ["-m", "sfr_pipeline_tests.faults", "killed"]
    assert options["cwd"] == CHECKOUT
    assert "mine" not in options["env"].values()
    # As from a wheel.
    monkeypatch.setattr(test_faults, "BESIDE", tmp_path)
    assert main(["test-faults"]) == 1
    assert f"the tests are not here: {tmp_path} is no checkout" in capsys.readouterr().err
    assert len(started) == 1


def test_a_failed_run_ends_with_the_status_of_dagster_and_no_summary(monkeypatch, capsys):
    dagster_that(lambda: 3, monkeypatch)
    assert main(["run", "us"]) == 3
    told = capsys.readouterr().out
    (line,) = [line for line in told.splitlines() if line.startswith("$ ")]
    assert "dagster asset materialize -m sfr_pipeline.definitions -a us" in line
    assert "driven by" not in told


def test_an_interrupted_run_says_what_stays(monkeypatch, capsys):
    def interrupted():
        raise KeyboardInterrupt

    dagster_that(interrupted, monkeypatch)
    assert main(["run", "us"]) == 130
    assert "Finished tables stay; run again to complete." in capsys.readouterr().err


def test_an_error_that_nobody_foresaw_is_one_sentence_and_its_traceback_is_kept(
    monkeypatch, capsys, tmp_path
):
    def broken():
        raise KeyError("no such thing")

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    dagster_that(broken, monkeypatch)
    assert main(["run", "us"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    (kept,) = tmp_path.glob("sfr_pipeline-*.log")
    assert "KeyError: 'no such thing'" in line
    assert str(kept) in line
    assert "in broken" in kept.read_text()
    with pytest.raises(KeyError):
        main(["--debug", "run", "us"])


def test_a_wrong_setting_is_told_before_anything_runs(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "sfr_pipeline", "run", "us"],
        env={**os.environ, "SFR_PROFILE": "lavish", "SFR_WAREHOUSE": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("sfr: ")
    assert "lavish" in done.stderr
    assert done.stdout == ""


def test_a_reader_that_has_read_enough_is_no_fault():
    command = f"{sys.executable} -m sfr_pipeline dictionary | head -1; echo ${{PIPESTATUS[0]}}"
    run = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] in ("0", "141")
    assert run.stderr == ""
