"""The Dockerfile, taken apart: no engine of containers is at hand that would build it."""

import fnmatch
import json
import re
import shutil
import tomllib
import zipfile

import pytest

from sfr_pipeline.settings import VARIABLES
from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.deploy.files import DEPLOY, arguments, commands_of, dockerfile
from sfr_pipeline_tests.installed import build
from sfr_pipeline_tests.test_packaging import files_of_the_package

BEFORE, STAGES = dockerfile()
KNOWN = {"ARG", "CMD", "COPY", "ENV", "FROM", "RUN", "USER", "WORKDIR"}
# Of others: what is read by Dagster, by Ray, by pip and by every program.
OTHERS = {
    "DAGSTER_HOME", "PATH", "PIP_DISABLE_PIP_VERSION_CHECK", "PIP_NO_CACHE_DIR", "RAY_AUTH_MODE",
    "RAY_USAGE_STATS_ENABLED",
}  # fmt: skip


def all_of(name):
    return [one.text for stage in STAGES for one in stage if one.name == name]


def sources():
    """What is copied from the checkout."""
    return [
        source
        for text in all_of("COPY")
        if not text.startswith("--from=")
        for source in text.split()[:-1]
    ]


def test_every_instruction_is_one_and_every_image_has_a_version():
    assert {one.name for stage in STAGES for one in stage} <= KNOWN
    defaults = arguments(BEFORE)
    for text in all_of("FROM"):
        image = re.sub(r"\$\{(\w+)\}", lambda found: defaults[found[1]], text.split()[0])
        assert re.fullmatch(r"python:3\.\d+[\w.-]*", image), image
    assert len(STAGES) == 2


def test_what_is_copied_is_there_and_is_not_ignored():
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in ignored, "nothing gets into the image unasked"
    let_in = [line[1:] for line in ignored if line.startswith("!")]
    for source in sources():
        assert (CHECKOUT / source).exists(), source
        assert any(fnmatch.fnmatch(source, pattern) for pattern in let_in), source
    assert sorted(let_in) == sorted(sources()), "and nothing else is let in"


def test_it_runs_as_nobody_in_particular_in_its_workspace():
    last = STAGES[-1]
    users = [one.text for one in last if one.name == "USER"]
    names = [one.name for one in last]
    after = last[names.index("USER") :]
    assert [one.name for one in after] == ["USER", "WORKDIR", "RUN", "CMD"]
    (created,) = re.findall(r"useradd .*--uid (\d+)", "".join(one.text for one in last))
    # By number, for who asks that it is not root's.
    assert users == [created]
    assert int(created) >= 1000


def test_its_variables_are_ones_that_are_read():
    names = {name for text in all_of("ENV") for name in re.findall(r"(?:^|\s)(\w+)=", text)}
    assert names - OTHERS - {*VARIABLES} == set()


def test_its_extras_are_those_of_the_package_and_its_tools_are_pinned():
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = arguments(STAGES[0])["EXTRAS"].split(",")
    assert {*extras} <= {*project["optional-dependencies"]}
    pins = (CHECKOUT / "constraints.txt").read_text(encoding="utf-8")
    for tool in ("build", "setuptools", "torch"):
        assert re.search(rf"^{tool}==", pins, flags=re.M), tool
    installs = [
        words
        for text in all_of("RUN")
        for words in commands_of(text)
        if words[0].endswith("pip") and words[1] == "install"
    ]
    assert len(installs) == 3
    # One takes a single wheel, without what it needs, at its pinned version.
    assert ["-c" in words or "--no-deps" in words for words in installs] == [True] * 3


def test_its_commands_are_those_of_the_program(takes):
    commands = [words for text in all_of("RUN") for words in commands_of(text)]
    (started,) = [json.loads(one.text) for one in STAGES[-1] if one.name == "CMD"]
    ours = [words for words in [*commands, started] if words[0] == "sfr"]
    assert len(ours) == 3
    for words in ours:
        assert takes(words), words


@pytest.mark.faults
def test_what_is_copied_makes_the_wheel_that_the_checkout_makes(tmp_path):
    for source in sources():
        here, there = CHECKOUT / source, tmp_path / "src" / source
        there.parent.mkdir(parents=True, exist_ok=True)
        if here.is_dir():
            clean = shutil.ignore_patterns("__pycache__")
            shutil.copytree(here, there, symlinks=True, ignore=clean)
        else:
            shutil.copy(here, there)
    build(tmp_path / "src", tmp_path / "wheels")
    (wheel,) = (tmp_path / "wheels").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if name.startswith("sfr_pipeline/")}
    assert held == set(files_of_the_package())
