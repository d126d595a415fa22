"""The list of faults: it names tests that are there."""

import ast

import pytest

from sfr_pipeline_tests.faults.__main__ import FAULTS, ROOT, Fault, verdict_of


@pytest.mark.parametrize("test", sorted({test for fault in FAULTS for test in fault.tests}))
def test_every_fault_names_tests_that_are_there(test):
    path, _, name = test.partition("::")
    tree = ast.parse((ROOT / path).read_text())
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert name in names if name else any(one.startswith("test_") for one in names)


def test_every_test_of_a_fault_that_takes_minutes_is_in_the_list():
    named = {test.partition("::")[0] for fault in FAULTS for test in fault.tests}
    assert {f"faults/{path.name}" for path in (ROOT / "faults").glob("test_*.py")} <= named


def test_a_fault_is_not_held_where_a_test_fails_or_none_ran(tmp_path):
    broken, none = tmp_path / "test_broken.py", tmp_path / "test_none.py"
    broken.write_text("def test_it():\n    assert False\n")
    none.write_text("")
    held, told = verdict_of(Fault("broken", (str(broken),)))
    assert not held
    assert "test_it:" in told
    assert "assert False" in told
    assert not verdict_of(Fault("none", (str(none),)))[0]
