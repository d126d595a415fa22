"""Every command in README and docs/ is one: its program takes it as it stands.

The ledger says how each is executed.
"""

import argparse
import importlib.util
import re
import shutil
import subprocess

import pytest

from sfr_pipeline.cli.commands import whole_parser
from sfr_pipeline.storage.tables import TABLES
from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.documented import Command, commands, not_understood
from sfr_pipeline_tests.typed import filled

ALL = commands()


def of(program):
    return [command for command in ALL if command.program == program]


@pytest.fixture(scope="module")
def parser():
    everywhere = argparse.ArgumentParser(prog="sfr", add_help=False)
    everywhere.add_argument("--workspace")
    everywhere.add_argument("--version", action="store_true")
    return whole_parser(everywhere, "")


def takes(parser, arguments):
    """Whether the parser takes them; asking for help is."""
    try:
        parser.parse_args(arguments)
    except SystemExit as stop:
        return stop.code == 0
    return True


@pytest.mark.parametrize("command", of("sfr"), ids=str)
def test_sfr_takes_it(command, parser):
    arguments = filled(command.arguments)
    if arguments[0] == "COMMAND":
        arguments[0] = "summary"
    if command.inline and len(arguments) == 1 and not arguments[0].startswith("-"):
        arguments.append("--help")
    assert takes(parser, arguments)


@pytest.mark.parametrize(
    "arguments", sorted({command.arguments for command in of("make")}), ids=" ".join
)
def test_make_has_its_target_and_what_that_calls_takes_its_variables(arguments, parser, tmp_path):
    """Without running anything: ``make -n`` says what it would."""
    target, *variables = filled([part.replace("<market>", "us") for part in arguments])
    makefile = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    names = [one.partition("=")[0] for one in variables]
    assert [name for name in names if f"$({name})" not in makefile] == []
    shutil.copy(CHECKOUT / "Makefile", tmp_path)
    for needed in ("pyproject.toml", "constraints.txt", ".venv/.installed"):
        (tmp_path / needed).parent.mkdir(exist_ok=True)
        (tmp_path / needed).touch()
    done = subprocess.run(
        ["make", "-n", target, *variables], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    called = re.findall(r"\.venv/bin/sfr (.*?)(?: >.*)?$", done.stdout.replace("\\\n", ""), re.M)
    for line in called:
        command = Command("", "sfr", tuple(re.findall(r'"[^"]*"|\S+', line)), inline=False)
        assert takes(parser, [one.strip('"') for one in command.arguments if one.strip('"')]), line
    # A variable that the target does not know would change nothing and say nothing.
    without = subprocess.run(
        ["make", "-n", target], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    if set(names) - {"PYTHON"}:
        assert done.stdout != without.stdout or variables == ["MARKET=us"]


@pytest.mark.parametrize("command", [one for one in of("dagster") if not one.inline], ids=str)
def test_dagster_takes_it_and_every_table_that_it_names_is_one(command):
    from dagster._cli import create_dagster_cli

    group, name, *rest = command.arguments
    found = create_dagster_cli().commands[group].commands[name]
    with found.make_context(name, list(rest)) as context:
        selected = context.params.get("select") or "*"
    named = re.findall(r"\b[a-z_]+/([a-z_]+)", selected)
    assert set(named) <= {table.name for table in TABLES}


@pytest.mark.parametrize("command", of("python"), ids=str)
def test_python_finds_what_it_is_to_run(command):
    arguments = list(command.arguments)
    if arguments[:2] == ["-m", "pytest"]:
        for path in (one for one in arguments[2:] if one.endswith(".py")):
            assert (CHECKOUT / path).is_file()
    elif arguments[0] == "-m":
        assert importlib.util.find_spec(arguments[1]) is not None
    elif arguments[0].endswith(".py"):
        assert (CHECKOUT / "sfr_pipeline" / "gallery" / arguments[0]).is_file()
    else:
        # A page's listener, which stands below the line.
        assert arguments in (["-"], ["-c"])


@pytest.mark.parametrize("command", of("dagster-webserver"), ids=str)
def test_the_web_server_takes_it(command):
    from dagster_webserver.cli import create_dagster_webserver_cli

    with create_dagster_webserver_cli().make_context("dagster-webserver", [*command.arguments]):
        pass


def test_other_programs_are_given_files_that_are_there():
    for command in of("duckdb"):
        for path in (one for one in command.arguments if one.endswith(".sql")):
            assert (CHECKOUT / "sfr_pipeline" / path).is_file(), path
    for command in of("pip"):
        assert command.arguments[0] == "install"
        if "-c" in command.arguments:
            constraints = command.arguments[command.arguments.index("-c") + 1]
            assert (CHECKOUT / constraints).is_file()


def test_commands_are_found_in_blocks_and_in_sentences():
    assert {command.program for command in ALL} == {
        "sfr", "make", "dagster", "dagster-webserver", "python", "pytest", "duckdb", "pip", "ray",
        "hf", "docker", "frictionless", "sha256sum",
    }  # fmt: skip
    assert not_understood() == []
    assert len(of("sfr")) > 60
    assert len(of("make")) > 30
    told = {str(command) for command in ALL}
    assert "docs/workspace.md: sfr --workspace /srv/risk run us_live" in told
    assert "docs/papers.md: sfr audit docs/papers/cnn_bilstm_table_1.csv --label-window 21" in told
    assert "docs/alerts.md: sfr alerts us --test" in told
