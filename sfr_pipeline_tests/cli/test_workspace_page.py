"""The page on the workspace says what is so: each command, each variable, examples that parse."""

import argparse
import ast
import re
import shlex

import pytest

from sfr_pipeline.__main__ import main
from sfr_pipeline.cli.commands import whole_parser
from sfr_pipeline.cli.workspace_files import instance_yaml
from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.cli.test_commands import DOES
from sfr_pipeline_tests.cli.test_workspaces import FREE

PACKAGE = CHECKOUT / "sfr_pipeline"
READS = ("os.environ.get", "settings.text", "settings.path", "settings.flag")
OURS = re.compile(r"\b(?:(?:AWS|SFR)_[A-Z]+(?:_[A-Z]+)*|RAY_ADDRESS)\b")


@pytest.fixture(scope="module")
def page():
    return (CHECKOUT / "docs" / "workspace.md").read_text(encoding="utf-8")


def test_it_lists_every_command_with_what_it_does_in_the_order_of_the_help(page, capsys):
    listed = re.findall(r"^\| `sfr ([a-z-]+)[^`]*` \| (.*) \|$", page, flags=re.M)
    assert dict(listed) == DOES
    main([])
    _, _, shown = capsys.readouterr().out.partition("the first day:\n")
    assert [name for name, _ in listed] == re.findall(r"^  ([a-z-]+)  ", shown, flags=re.M)
    (free,) = re.findall(r"Those without a workspace of their own, (.*?), work", page, flags=re.S)
    assert set(re.findall(r"`([a-z-]+)`", free)) == FREE


def test_its_table_of_variables_names_those_that_are_read_and_no_others(page):
    table = page[page.index("## Environment") : page.index("## Two workspaces")]
    told = re.findall(r"^\| `([A-Z_]+)` \|", table, flags=re.M)
    files = [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.yaml")]
    texts = [file.read_text(encoding="utf-8") for file in files]
    read = {name for text in texts for name in OURS.findall(text)}
    for file, text in zip(files, texts, strict=True):
        if file.suffix == ".py" and ("environ" in text or "settings." in text):
            read |= set(variables_read(ast.parse(text)))
    assert sorted(told) == sorted(read)


def variables_read(tree):
    """Names given to what reads the environment, as they stand or by a constant of the module."""
    constants = {
        node.targets[0].id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in READS:
            name = node.args[0]
            if isinstance(name, ast.Constant):
                yield name.value
            elif isinstance(name, ast.Name) and name.id in constants:
                yield constants[name.id]


def test_its_examples_are_commands(page):
    everywhere = argparse.ArgumentParser(prog="sfr", add_help=False)
    everywhere.add_argument("--workspace")
    parser = whole_parser(everywhere, "")
    lines = re.findall(r"^(?:sfr |\S.*/bin/sfr )(.*)$", page, flags=re.M)
    assert len(lines) >= 10
    for line in lines:
        parser.parse_args(shlex.split(line, comments=True))


def test_the_settings_of_an_older_release_are_written_anew_as_it_says(page, own, capsys):
    (own / "dagster_home" / "dagster.yaml").write_text("of: before\n", encoding="utf-8")
    removed, *command = re.search(r"```sh\nrm (\S+)\nsfr (.*)\n```", page).groups()
    assert main(shlex.split(*command)) == 0
    assert (own / removed).read_text(encoding="utf-8") == "of: before\n"
    (own / removed).unlink()
    assert main(shlex.split(*command)) == 0
    assert (own / removed).read_text(encoding="utf-8") == instance_yaml()
    assert removed in capsys.readouterr().out
