"""What is printed to be typed works where it is printed: a shell is given it as it stands."""

import subprocess
import sys

import pytest

from sfr_pipeline.cli.dagster_command import as_line
from sfr_pipeline.cli.pasteable import program, with_programs

# Says what it was called with, as the program that it stands for would see it.
SCRIPT = '#!/bin/sh\necho "$DAGSTER_HOME|$SFR_WORKSPACE|$SFR_END"\nprintf "%s\\n" "$@"\n'
ARGUMENTS = ["asset", "--select", 'not group:x and not key:"us/a b"', '{"loggers": {}}', "ä'"]


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Programs in a folder with a space in its name, which is not on the PATH."""
    programs = tmp_path / "v env" / "bin"
    programs.mkdir(parents=True)
    for name in ("sfr", "dagster"):
        (programs / name).write_text(SCRIPT, encoding="utf-8")
        (programs / name).chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(programs / "python"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    return programs


def typed(line):
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True)
    environment, *arguments = done.stdout.splitlines()
    return environment.split("|"), arguments


def test_a_command_of_dagsters_reaches_it_as_meant(installed, own):
    (home, _, end), arguments = typed(as_line(ARGUMENTS))
    assert arguments == ARGUMENTS
    assert (home, end) == (str(own / "dagster_home"), "")


def test_a_workspace_that_a_shell_here_would_not_find_is_named(installed, own, monkeypatch):
    assert "SFR_WORKSPACE" not in as_line(ARGUMENTS)
    monkeypatch.setenv("SFR_WORKSPACE", str(own))
    monkeypatch.setenv("SFR_END", "2024-12")
    monkeypatch.chdir(own.parent)
    line = as_line(ARGUMENTS)
    monkeypatch.delenv("SFR_WORKSPACE")
    monkeypatch.delenv("SFR_END")
    assert typed(line) == ([str(own / "dagster_home"), str(own), "2024-12"], ARGUMENTS)


def test_a_program_is_called_by_its_name_where_that_finds_this_very_one(installed, monkeypatch):
    assert program("sfr") == f"'{installed / 'sfr'}'"
    monkeypatch.chdir(installed.parent)
    assert program("sfr") == "bin/sfr"
    monkeypatch.setenv("PATH", f"{installed}:/usr/bin:/bin")
    assert program("sfr") == "sfr"
    other = installed.parent / "other"
    other.mkdir()
    (installed / "sfr").rename(other / "sfr")
    assert program("sfr") == f"'{installed / 'python'}' -m sfr_pipeline"


def test_a_message_names_commands_as_they_are_typed_here(installed, monkeypatch):
    monkeypatch.chdir(installed.parent)
    assert with_programs("run 'sfr run us' first, not sfr") == "run 'bin/sfr run us' first, not sfr"
    # A path with a space would be quoted within quotes.
    monkeypatch.chdir("/")
    assert with_programs("run 'sfr run us' first") == "run 'sfr run us' first"
