"""A workspace to be looked at, what one check says of it, and its remedies done."""

import shlex
import subprocess

import pytest

from sfr_pipeline.__main__ import main
from sfr_pipeline.cli.doctor_checks import CHECKS, scene_here
from sfr_pipeline.cli.workspace_files import write_workspace
from sfr_pipeline.markets import market_names
from sfr_pipeline.operation.doctor.finding import findings

PLACES = ("SFR_WAREHOUSE", "SFR_IMPORTS", "DAGSTER_HOME", "SFR_FILES_ONLY", "SFR_END")


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    for name in PLACES:
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "mein Ordner ä"
    write_workspace(folder, market_names(folder / "markets"))
    monkeypatch.setenv("SFR_WORKSPACE", str(folder))
    return folder


@pytest.fixture
def told():
    """What the check of a name says now."""
    by_name = {check.name: check for check in CHECKS}

    def say(name, market=None):
        return findings(by_name[name], scene_here(market))

    return say


@pytest.fixture
def do(monkeypatch):
    """Do what a remedy says, in a shell, or here where it is a command of ours."""

    def step(command):
        words = shlex.split(command)
        if words[0] == "sfr":
            assert main(words[1:]) == 0
        elif words[0] == "unset":
            monkeypatch.delenv(words[1])
        elif words[0] == "export":
            monkeypatch.setenv(*words[1].split("=", 1))
        else:
            subprocess.run(command, shell=True, check=True)

    def remedy(text):
        for command in text.replace("; ", " && ").split(" && "):
            step(command)

    return remedy


@pytest.fixture
def mended(told, do):
    """Hold that a check finds one thing, and nothing once its remedy is done; returns it."""

    def hold(name, market=None, state="broken"):
        (found,) = [one for one in told(name, market) if one.state != "ok"]
        assert found.state == state
        do(found.remedy)
        assert [one for one in told(name, market) if one.state != "ok"] == []
        return found

    return hold
