"""The command ``doctor``: what it prints, how it ends, and that its docs name every check."""

import json
import os
import re
import subprocess
import sys

import pytest

from sfr_pipeline.__main__ import main
from sfr_pipeline.cli import doctor_checks, pasteable
from sfr_pipeline.cli.doctor_checks import CHECKS, MACHINE
from sfr_pipeline.cli.workspace_files import write_workspace
from sfr_pipeline.errors import SfrError
from sfr_pipeline.markets import market_names
from sfr_pipeline.operation.doctor.finding import Check, Finding, findings
from sfr_pipeline_tests.checkout import CHECKOUT


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    for name in ("SFR_WAREHOUSE", "SFR_IMPORTS", "DAGSTER_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SFR_WORKSPACE", str(tmp_path))
    write_workspace(tmp_path, market_names(tmp_path / "markets"))
    return tmp_path


@pytest.fixture
def finding(monkeypatch):
    """Let the only check find what is given."""

    def one(*found):
        check = Check("thing", "a thing", lambda scene: found)
        monkeypatch.setattr(doctor_checks, "MACHINE", (check,))
        monkeypatch.setattr(doctor_checks, "CHECKS", (check,))

    return one


@pytest.fixture
def doctor(tmp_path):
    """Run the command in a process of its own; its status, and its findings by their checks."""

    def run(workspace):
        process = subprocess.run(
            [sys.executable, "-m", "sfr_pipeline", "doctor", "--offline", "--json"],
            env={**os.environ, "SFR_WORKSPACE": str(workspace), "PYTHONPATH": str(CHECKOUT)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        found = {}
        for one in json.loads(process.stdout):
            found.setdefault(one["check"], []).append(one)
        return process.returncode, found

    return run


def broken(found):
    return [name for name, ones in found.items() if any(one["state"] == "broken" for one in ones)]


def test_a_fresh_workspace_is_sound_stays_as_it_is_and_a_line_a_finding_says_so(workspace, capsys):
    def files():
        return {path: path.stat().st_mtime_ns for path in workspace.rglob("*") if path.is_file()}

    before = files()
    assert main(["doctor", "--offline"]) == 0
    *lines, last = capsys.readouterr().out.splitlines()
    assert all(re.match(r"(ok|note|broken) +[a-z.]", line) for line in lines)
    assert re.fullmatch(r"0 broken, \d+ to note, \d+ ok", last)
    (sites,) = [line for line in lines if " sites " in line]
    assert "because of --offline" in sites
    assert files() == before


@pytest.mark.parametrize(("state", "status"), [("ok", 0), ("note", 0), ("broken", 1)])
def test_the_status_says_whether_something_is_broken(
    workspace, finding, capsys, monkeypatch, state, status
):
    monkeypatch.setattr(pasteable, "program", lambda name: f"bin/{name}")
    finding(Finding("ok", "one is fine"), Finding(state, "the\n  other", "sfr heal"))
    assert main(["doctor"]) == status
    assert capsys.readouterr().out.splitlines()[1].split() == [
        state, "thing", "the", "other", "->", "bin/sfr", "heal"
    ]  # fmt: skip
    assert main(["doctor", "--json"]) == status
    assert json.loads(capsys.readouterr().out)[1] == {
        "state": state, "says": "the\n  other", "remedy": "bin/sfr heal", "check": "thing"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("sfr run us", "{} run us"),
        ("mv a b && sfr init /w", "mv a b && {} init /w"),
        ("unset X, or: sfr init w", "unset X, or: {} init w"),
        ("export X=1; sfr heal", "export X=1; {} heal"),
        ("mkdir -p '/my sfr folder'", "mkdir -p '/my sfr folder'"),
        ("", ""),
    ],
)
@pytest.mark.parametrize("program", ["sfr", "bin/sfr", "'/my env/bin/sfr'"])
def test_remedies_name_the_program_as_it_is_found_here(monkeypatch, program, text, typed):
    monkeypatch.setattr(pasteable, "program", lambda name: program)
    assert pasteable.command_typed_here(text) == typed.format(program)


def test_a_check_that_fails_itself_is_broken_and_keeps_nobody_from_the_others():
    def fails(scene):
        yield Finding("ok", "so far")
        raise PermissionError(13, "Permission denied", "/x")

    (found,) = findings(Check("thing", "", fails), None)
    assert (found.state, found.check) == ("broken", "thing")
    assert "PermissionError" in found.says
    assert "/x" in found.says
    assert found.remedy


def test_a_check_that_fails_on_purpose_has_a_remedy():
    def fails(scene):
        raise SfrError("a is wrong: write b")

    (found,) = findings(Check("thing", "", fails), None)
    assert (found.state, found.says) == ("broken", "a is wrong: write b")
    assert found.remedy


@pytest.mark.faults
def test_no_folder_is_missing_in_this_checkout(doctor, monkeypatch):
    for name in ("SFR_WAREHOUSE", "SFR_IMPORTS", "DAGSTER_HOME"):
        monkeypatch.delenv(name, raising=False)
    _, found = doctor(CHECKOUT)
    assert [one for one in found["folders"] if one["state"] == "broken"] == []


def test_a_variable_that_names_no_workspace_keeps_nobody_from_the_doctor(doctor, tmp_path):
    status, found = doctor(tmp_path / "nowhere")
    assert (status, broken(found)) == (1, ["workspace"])
    assert [*found] == [check.name for check in MACHINE]


def test_an_extension_that_can_not_be_imported_keeps_nobody_from_the_doctor(doctor, workspace):
    (workspace / "extensions" / "mine.py").write_text("1 / 0\n", encoding="utf-8")
    (workspace / "markets" / "mine.yaml").write_text("name: mine\n", encoding="utf-8")
    status, found = doctor(workspace)
    assert (status, broken(found)) == (1, ["extensions", "markets"])
    (refused,) = found["extensions"]
    assert "extensions/mine.py" in refused["says"]
    assert "ZeroDivisionError" in refused["says"]


def test_the_docs_name_every_check_and_what_it_looks_at():
    page = (CHECKOUT / "docs" / "operation.md").read_text(encoding="utf-8")
    section = page[page.index("## The doctor") :]
    rows = re.findall(r"^\| `([^`]+)` \| (.+) \|$", section, flags=re.M)
    assert rows == [(check.name, check.looks_at) for check in CHECKS]
