"""The ledger of commands: none of the pages is missing, none is gone, and its tests are there."""

import ast
from collections import Counter

import pytest

from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.documented import commands
from sfr_pipeline_tests.ledger import LEDGER, NOT_EXECUTED

TESTS = CHECKOUT / "sfr_pipeline_tests"
FAULTS = "pytest.mark.faults"


def test_every_command_of_the_pages_stands_in_it_once_and_no_other_does():
    told = Counter(text for entry in (*LEDGER, *NOT_EXECUTED) for text in entry.commands)
    assert set(told) == {command.text for command in commands()}
    assert [text for text, count in told.items() if count > 1] == []


def test_it_says_of_each_line_how_and_by_what():
    for entry in LEDGER:
        assert entry.how
        assert entry.tests
    for entry in NOT_EXECUTED:
        assert entry.why
        assert entry.read_by


@pytest.mark.parametrize(
    "test",
    sorted(
        {test for entry in LEDGER for test in entry.tests}
        | {test for entry in NOT_EXECUTED for test in entry.read_by}
    ),
)
def test_a_test_that_it_names_is_there_and_a_part_of_make_test(test):
    module, name = test.split("::")
    tree = ast.parse((TESTS / f"{module}.py").read_text(encoding="utf-8"))
    marks = [
        ast.unparse(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark"
    ]
    (found,) = (
        node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name
    )
    marks += [ast.unparse(decorator) for decorator in found.decorator_list]
    assert not any(mark.startswith(FAULTS) or f"[{FAULTS}" in mark for mark in marks)


def test_little_is_not_executed():
    assert sum(len(entry.commands) for entry in NOT_EXECUTED) <= 6
