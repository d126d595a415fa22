"""Executes what the pages have typed: `sfr` in this process, `make` in a copy of the checkout.

Which command is executed where stands in `ledger`.
"""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from sfr_pipeline_tests.checkout import CHECKOUT

# Markets that a reader makes, by the pages' examples.
MADE = {"brazil", "mine", "said", "rates"}
# What stands for something in a line of help.
STANDS_FOR = {
    "MARKET": "us", "MARKET=<market>": "MARKET=us", "<market>": "us", "MOMENT": "2020-01-01",
    "WHAT": "verify", "FILE": "picture.png",
}  # fmt: skip
PROGRAMS = ("sfr", "python", "ruff", "mypy", "lint-imports")
# Notes who is called, with which settings and words; bytes of zero and lines part them.
NOTES = """#!/bin/sh
{ printf '%s\\0' "${0##*/}" "${SFR_END-}" "${SFR_PROFILE-}" "$@"; echo; } >> "$TOLD"
"""


class Call(NamedTuple):
    """What a recipe of the Makefile calls.

    Attributes:
        program: of the environment, without its folder.
        end: as SFR_END has it.
        profile: as SFR_PROFILE has it.
        arguments: what follows the program.
    """

    program: str
    end: str
    profile: str
    arguments: tuple[str, ...]


def words(text):
    """Program and arguments of a command of the ledger, without settings of the environment."""
    found = shlex.split(text)
    while "=" in found[0]:
        found.pop(0)
    return found


def filled(arguments, market="us", **instead):
    """With a name of its kind in the place of what stands for one.

    Args:
        arguments: as a page has them.
        market: that stands for every other.
        instead: what is put in the place of other words, by these.
    """
    bare = [one.strip("[]") for one in arguments if one.strip("[]") not in ("", "...", "QUESTION")]
    given = [instead.get(one, STANDS_FOR.get(one, one)) for one in bare]
    return [market if one == "us" or one in MADE else one for one in given]


def copy_of_the_checkout(folder):
    """The Makefile, what it needs beside it and the pages, as a workspace; nothing is installed."""
    folder.mkdir(exist_ok=True)
    for name in ("Makefile", "pyproject.toml", "constraints.txt", "README.md", "workspace.yaml"):
        shutil.copy(CHECKOUT / name, folder)
    shutil.copytree(CHECKOUT / "docs", folder / "docs")
    for name in ("dagster_home", "imports", "markets", "extensions"):
        (folder / name).mkdir()
    shutil.copy(CHECKOUT / "dagster_home" / "dagster.yaml", folder / "dagster_home")
    return folder


def with_this_environment(folder):
    """Let a copy's recipes call the programs of the environment that runs."""
    (folder / ".venv").mkdir()
    for part in Path(sys.prefix).iterdir():
        if part.name != ".installed":
            (folder / ".venv" / part.name).symlink_to(part)
    (folder / ".venv" / ".installed").touch()


def with_notes(folder):
    """Let a copy's recipes call programs that only note that they were called."""
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name in PROGRAMS:
        (programs / name).write_text(NOTES, encoding="utf-8")
        (programs / name).chmod(0o755)
    (folder / ".venv" / ".installed").touch()


def make(folder, *arguments, **environment):
    """Run make in a copy of the checkout; returns what it printed.

    What it calls imports the package of this checkout.
    """
    done = subprocess.run(
        ["make", *arguments],
        cwd=folder, capture_output=True, encoding="utf-8", check=False,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT), **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def calls(folder, *arguments):
    """What recipes call, as a copy with notes has it."""
    told = folder / "told"
    told.write_text("", encoding="utf-8")
    make(folder, *arguments, TOLD=str(told))
    lines = [line.split("\0")[:-1] for line in told.read_text(encoding="utf-8").splitlines()]
    return [Call(program, end, profile, tuple(rest)) for program, end, profile, *rest in lines]
