"""Commands that the pages have typed and that need no whole run: executed as the ledger says."""

import shutil
import socket
import subprocess

import pytest

from sfr_pipeline.__main__ import main
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline_tests import ledger
from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.documented import BLOCK, commands
from sfr_pipeline_tests.exports.made_up import write_market
from sfr_pipeline_tests.typed import (
    calls,
    copy_of_the_checkout,
    filled,
    make,
    with_notes,
    with_this_environment,
    words,
)

TABLE = CHECKOUT / "docs" / "papers" / "cnn_bilstm_table_1.csv"
# What the recipes for tests and benchmarks call.
MODULES = {
    "make test": ["-m pytest -n 3 --dist loadfile --no-loadscope-reorder"],
    "make test-sizes": [
        "-m sfr_pipeline_tests.evaluation.sizes", "-m sfr_pipeline_tests.stress.volatility.power",
    ],
    "make bench": ["-m benchmarks --write"],
}  # fmt: skip


@pytest.fixture
def noted(tmp_path):
    """A copy of the checkout whose recipes note what they call."""
    folder = copy_of_the_checkout(tmp_path / "noted")
    with_notes(folder)
    return folder


@pytest.fixture
def installed_copy(tmp_path):
    """A copy of the checkout whose recipes call the programs of this environment."""
    folder = copy_of_the_checkout(tmp_path / "copy")
    with_this_environment(folder)
    return folder


def test_make_calls_what_its_targets_are_for_with_what_was_asked(noted):
    for text in ledger.typed_in(ledger.CALLED):
        program, *asked = words(text)
        if program != "make":
            continue
        target, *variables = filled(asked)
        given = dict(one.split("=", 1) for one in variables)
        found = calls(noted, target, *variables)
        if text in MODULES:
            assert [" ".join(call.arguments) for call in found] == MODULES[text]
            continue
        (call,) = found
        usual = [] if target in ("ui", "test-faults") else ["us"]
        markets = given.get("MARKETS", "").split() or [given.get("MARKET", *usual)][: len(usual)]
        assert call.program == "sfr"
        assert call.arguments == (target, *markets), text
        assert (call.end, call.profile) == (given.get("END", ""), given.get("PROFILE", "")), text


def test_make_runs_programs_of_the_environment(installed_copy):
    shutil.copy(TABLE, installed_copy / "table.csv")
    typed = [words(text) for text in ledger.typed_in(ledger.MADE) if text.startswith("make")]
    printed = ["".join(make(installed_copy, *asked)) for _, *asked in typed]
    assert "0.476 of the days are events" in printed[0]
    assert str(installed_copy / "imports" / "china" / "README.txt") in printed[1]
    assert "35 of 35 series" in printed[2]


FAULTY = {
    "import os\n": "F401",
    "x = {  1:2}\n": "File would be reformatted",
    'x: int = ""\n': "Incompatible types",
    'from small import upper\n\n__all__ = ["upper"]\n': "small.lower is not allowed",
}
SETTINGS = """
[tool.ruff]
lint.select = ["F"]
[tool.mypy]
files = ["small"]
[tool.importlinter]
root_package = "small"
contracts = [{name = "order", type = "layers", layers = ["small.upper", "small.lower"]}]
"""


def test_make_check_passes_what_is_clean_and_stops_at_each_kind_of_fault(installed_copy):
    package = installed_copy / "small"
    package.mkdir()
    for name in ("__init__", "upper", "lower"):
        (package / f"{name}.py").touch()
    shutil.rmtree(installed_copy / "docs")
    (installed_copy / "README.md").unlink()
    (installed_copy / "pyproject.toml").write_text(SETTINGS, encoding="utf-8")
    (installed_copy / ".venv" / ".installed").touch()
    make(installed_copy, "check")
    for text, told in FAULTY.items():
        (package / "lower.py").write_text(text, encoding="utf-8")
        with pytest.raises(AssertionError, match=told):
            make(installed_copy, "check")


@pytest.fixture
def small(own, monkeypatch):
    """A workspace with a small warehouse of us and the report of it, as the current folder."""
    write_market(own / "warehouse", "us", "United States")
    Warehouse(root=str(own / "warehouse")).write_report("us", "<p>made up</p>")
    monkeypatch.setenv("SFR_WORKSPACE", str(own))
    return own


def test_exports_lie_where_the_pages_say(small, noted, tmp_path, capsys):
    risk = tmp_path / "risk"
    elsewhere = {
        "sfr export '~/risk' --market us": risk,
        "sfr export us.duckdb --market us": small / "us.duckdb",
    }
    done = set()
    for text in ledger.typed_in(ledger.EXPORTED):
        program, *asked = words(text)
        if program == "make":
            ((_, _, _, asked),) = calls(noted, *asked)
        asked = tuple(str(risk) if one == "~/risk" else one for one in asked if one != "[FOLDER]")
        lies = elsewhere.get(text, small / "sfr_export")
        if asked not in done:
            assert main(list(asked)) == 0
            assert str(lies) in capsys.readouterr().out, text
        done.add(asked)
        assert lies.exists()
    assert {one.name for one in (small / "sfr_export").iterdir()} >= {"csv", "sfr.xlsx"}


def test_the_site_is_written_where_it_is_asked_for(small, noted, monkeypatch, capsys):
    """Without the documentation, which takes seconds and has tests of its own."""
    monkeypatch.setattr("sfr_pipeline.website.documentation.build", lambda *given: None)
    typed = [words(text) for text in ledger.typed_in(ledger.SITE)]
    made = [call.arguments for _, *asked in typed[:1] for call in calls(noted, *asked)]
    assert made == [("site",)]
    assert typed == [["make", "site"], ["sfr", "site"], ["sfr", "site", "[FOLDER]"]]
    assert main(["site"]) == 0
    site = small / "warehouse" / "site"
    assert str(site / "index.html") in capsys.readouterr().out
    assert "made up" in (site / "us.html").read_text(encoding="utf-8")


def test_the_listener_of_the_page_hears_the_test_of_alerts(installed_copy):
    page = (CHECKOUT / "docs" / "alerts.md").read_text(encoding="utf-8")
    (block,) = (text for _, text in BLOCK.findall(page) if "http.server" in text)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    done = subprocess.run(
        ["bash"], input=block.replace("8025", str(port)), cwd=installed_copy, check=True,
        capture_output=True, encoding="utf-8",
    )  # fmt: skip
    heard = '"title": "TEST United States: alerts reach you"'
    assert heard in done.stdout, done.stderr


def test_pytest_is_given_files_with_tests_that_are_not_left_out():
    """Those of faults are left out but where `-m faults` asks for them."""
    found = [one for one in commands() if "pytest" in (one.program, *one.arguments[1:2])]
    assert len(found) > 8
    for command in found:
        for path in (CHECKOUT / one for one in command.arguments if "/" in one):
            assert path.exists(), command
            if path.suffix == ".py":
                text = path.read_text(encoding="utf-8")
                if "faults" in command.arguments:
                    assert "pytest.mark.faults" in text, command
                else:
                    assert "pytestmark = pytest.mark.faults" not in text, command
