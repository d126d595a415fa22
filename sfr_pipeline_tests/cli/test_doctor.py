"""The command ``doctor``: what it prints, how it ends, and that its docs name every check."""

import json
import re

import pytest

from sfr_pipeline.__main__ import main
from sfr_pipeline.cli import doctor_checks
from sfr_pipeline.cli.doctor_checks import CHECKS, MACHINE, diagnose
from sfr_pipeline.cli.workspace_files import write_workspace
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


def test_a_fresh_workspace_is_sound_and_a_line_a_finding_says_so(workspace, capsys):
    assert main(["doctor", "--offline"]) == 0
    *lines, last = capsys.readouterr().out.splitlines()
    assert all(re.match(r"(ok|note|broken) +[a-z.]", line) for line in lines)
    assert re.fullmatch(r"0 broken, \d+ to note, \d+ ok", last)
    (sites,) = [line for line in lines if " sites " in line]
    assert "because of --offline" in sites


@pytest.mark.parametrize(("state", "status"), [("ok", 0), ("note", 0), ("broken", 1)])
def test_the_status_says_whether_something_is_broken(workspace, finding, capsys, state, status):
    finding(Finding("ok", "one is fine"), Finding(state, "the\n  other", "sfr heal"))
    assert main(["doctor"]) == status
    assert capsys.readouterr().out.splitlines()[1].split() == [
        state, "thing", "the", "other", "->", "sfr", "heal"
    ]  # fmt: skip
    assert main(["doctor", "--json"]) == status
    assert json.loads(capsys.readouterr().out)[1] == {
        "state": state, "says": "the\n  other", "remedy": "sfr heal", "check": "thing"
    }  # fmt: skip


def test_a_check_that_fails_itself_is_broken_and_keeps_nobody_from_the_others():
    def fails(scene):
        yield Finding("ok", "so far")
        raise PermissionError(13, "Permission denied", "/x")

    (found,) = findings(Check("thing", "", fails), None)
    assert (found.state, found.check) == ("broken", "thing")
    assert "PermissionError" in found.says
    assert "/x" in found.says


def test_without_a_workspace_the_machine_is_looked_at(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SFR_WORKSPACE", str(tmp_path))
    assert main(["doctor", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert {one["check"] for one in found} == {check.name for check in MACHINE}
    assert [one["check"] for one in found if one["state"] == "broken"] == ["workspace"]


def test_looking_changes_nothing(workspace):
    def files():
        return {path: path.stat().st_mtime_ns for path in workspace.rglob("*") if path.is_file()}

    before = files()
    diagnose("us", offline=True)
    assert files() == before


def test_the_docs_name_every_check_and_what_it_looks_at():
    page = (CHECKOUT / "docs" / "operation.md").read_text(encoding="utf-8")
    section = page[page.index("## The doctor") :]
    rows = re.findall(r"^\| `([^`]+)` \| (.+) \|$", section, flags=re.M)
    assert rows == [(check.name, check.looks_at) for check in CHECKS]
