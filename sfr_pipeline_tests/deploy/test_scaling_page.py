"""docs/scaling.md: its arithmetic follows from the benchmarks, and its commands are ones."""

import importlib.util
import itertools
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib

import pytest

from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.deploy.files import DEPLOY, compose, lines_of
from sfr_pipeline_tests.documented import commands

PAGE = (CHECKOUT / "docs" / "scaling.md").read_text(encoding="utf-8")
RESULTS = (CHECKOUT / "benchmarks" / "results.md").read_text(encoding="utf-8")
SECONDS = {"ms": 0.001, "s": 1.0}
MILLION, BILLION = 10**6, 10**9


def row(title, first):
    """The row of a table of the benchmarks whose first cells are these, below a title."""
    section = RESULTS[RESULTS.index(f"## {title}") :]
    (line,) = re.findall(rf"^\| {first}[^|\n]*\|.*$", section.partition("\n## ")[0], flags=re.M)
    return [cell.strip() for cell in line.strip("|").split("|")]


def core_hours():
    """Of each row of the page, in its order, by the figures of the benchmarks."""
    posts = float(row("Reading posts", "this project, bf16")[1])
    value, unit = row("NPOI from Parquet", r"3,000,000 posts *\| processor time")[2].split()
    index = float(value) * SECONDS[unit]
    estimates, seconds, *_ = row("120 vintages x 1,000 block-bootstrap", "120,000")
    assert "2 threads" in RESULTS[RESULTS.index("## 120 vintages x 1,000") :].partition("\n## ")[0]
    estimate = 2 * float(seconds) / float(estimates.replace(",", ""))
    return [
        3 * MILLION / posts / 3600,
        3 * BILLION / posts / 3600,
        index * 1000 / 3600,
        200 * 240 * 1000 * estimate / 3600,
    ]


def test_its_arithmetic_follows_from_the_benchmarks():
    quoted = re.search(r"<!-- measured -->\n(.*)<!-- end", PAGE, flags=re.DOTALL)[1]
    _, _, *rows = quoted.splitlines()
    found = [line.strip("|").split("|") for line in rows]
    said = [float(hours.replace(",", "")) for _, _, hours, _ in found]
    # As another run of the benchmarks may differ; the figures beside them are those of this one.
    assert said == pytest.approx(core_hours(), rel=0.15)
    minutes = {"minute": 1, "minutes": 1, "hours": 60, "days": 1440}
    for hours, (*_, on_64) in zip(said, found, strict=True):
        number, unit = on_64.split()
        assert float(number) * minutes[unit] == pytest.approx(hours * 60 / 64, rel=0.15, abs=0.6)
    for line in rows:
        for number in re.findall(r"\d+\.\d+", line.split("|")[2]):
            assert number in RESULTS, f"{number} is no figure of the benchmarks any more"


def test_its_extras_are_those_of_the_package():
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = set(re.findall(r"(?:sfr_pipeline|\.)\[(\w+)\]", PAGE))
    assert {"ray", "postgres"} <= named <= {*project["optional-dependencies"]}


PARSE = """
import json, sys
from ray.scripts.scripts import cli
for name, *rest in json.loads(sys.argv[1]):
    with cli.commands[name].make_context(name, rest) as context:
        if name == "get-auth-token":
            cli.commands[name].invoke(context)
"""


def test_its_commands_of_ray_are_ones_and_those_of_the_containers_too(tmp_path):
    """In a process of their own: whoever imports Ray has its settings. That of a token is run."""
    if importlib.util.find_spec("ray") is None:
        pytest.skip("the extra 'ray' is not installed")
    page = [one for one in commands() if one.page == "docs/scaling.md" and one.program == "ray"]
    assert len(page) == 4
    # What a command prints goes where the shell says.
    found = [[*itertools.takewhile(lambda word: word != ">", one.arguments)] for one in page]
    services = compose()["services"].values()
    lines = [line for one in services if "command" in one for line in lines_of(one["command"])]
    found += [words for program, *words in lines if program == "ray"]
    assert len(found) == 7
    done = subprocess.run(
        [sys.executable, "-c", PARSE, json.dumps(found)],
        capture_output=True, text=True, check=False,
        env={**os.environ, "HOME": str(tmp_path), "RAY_AUTH_MODE": "token"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    (token,) = (one for one in tmp_path.rglob("*") if one.is_file())
    assert token.read_text(encoding="utf-8") in done.stdout


def test_its_commands_of_containers_name_what_is_there(takes):
    found = [shlex.split(line) for line in re.findall(r"^.*docker compose .*$", PAGE, flags=re.M)]
    assert len(found) == 2
    for words in found:
        assert CHECKOUT / words[words.index("--file") + 1] == DEPLOY / "compose.yaml"
    up, inside = found
    assert up[up.index("--scale") + 1].partition("=")[0] in compose()["services"]
    service, *command = inside[inside.index("exec") + 1 :]
    assert service in compose()["services"]
    assert takes(command)


def test_it_makes_every_secret_that_the_containers_ask_for(tmp_path):
    names = set(re.findall(r"\$\{(\w+):\?", (DEPLOY / "compose.yaml").read_text(encoding="utf-8")))
    block = PAGE[PAGE.index("for name in POSTGRES_PASSWORD") :].partition("```")[0]
    assert {name for name in names if name in block} == names
    secrets = block.partition("MARKET=us docker")[0]
    assert secrets.endswith("\n")
    (tmp_path / "deploy").mkdir()
    subprocess.run(["bash", "-ec", secrets], cwd=tmp_path, check=True)
    lines = (tmp_path / "deploy" / ".env").read_text(encoding="utf-8").splitlines()
    made = dict(line.split("=") for line in lines)
    assert made.keys() >= names
    assert made.pop("AWS_ACCESS_KEY_ID") == "sfr"
    assert len({*made.values()}) == len(made)
    assert all(re.fullmatch("[0-9a-f]{64}", secret) for secret in made.values())
