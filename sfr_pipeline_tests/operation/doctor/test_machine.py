"""Python, platform and versions, on machines that are made up."""

import sys
from importlib.metadata import version

import pytest

from sfr_pipeline.operation.doctor import machine
from sfr_pipeline_tests.checkout import CHECKOUT

OURS = {
    "sfr-pipeline": ["Dagster>=1.13", "torch>=2.13", "ruff>=1; extra == 'dev'"],
    "dagster": ["filelock<4", "winloop; sys_platform == 'win32'", "torch[fast]"],
    "torch": ["kernels>=2; extra == 'fast'"],
}
SOUND = {"dagster": "1.13.27", "torch": "2.13.0+cpu", "filelock": "3.9", "kernels": "2.1"}


def states(found):
    return [(one.state, one.says) for one in found]


def packages(there, places=()):
    def requires(name):
        return OURS.get(name.replace("_", "-"), [])

    return list(machine.look_at_packages(requires, there.get, places))


def test_a_python_that_is_too_old_is_broken():
    (found,) = machine.look_at_python("3.10.4")
    assert found.state == "broken"
    assert "3.10.4" in found.says
    assert ">=3.11" in found.remedy
    assert [one.state for one in machine.look_at_python("3.13.1")] == ["ok"]


@pytest.mark.parametrize(
    ("here", "state"),
    [
        (("Linux", "x86_64", (3, 11)), "ok"),
        (("Linux", "aarch64", (3, 11)), "note"),
        (("Darwin", "arm64", (3, 12)), "note"),
        (("Linux", "x86_64", (3, 14)), "note"),
    ],
)
def test_a_platform_on_which_nothing_was_tested_is_named(here, state):
    (found,) = machine.look_at_platform(*here)
    assert found.state == state
    assert here[0] in found.says


def test_requirements_count_through_all_that_we_need_with_their_extras_and_markers():
    # dagster and torch of ours, filelock, torch again and, of its extra, kernels; no ruff, and
    # nothing of another system.
    assert states(packages(SOUND)) == [
        ("ok", "5 requirements are met, ours and those of what we need")
    ]


@pytest.mark.parametrize(
    ("changed", "says", "needed"),
    [
        ({"torch": "2.12.9"}, "torch 2.12.9 is installed, and sfr_pipeline needs", "'torch>=2.13'"),
        ({"torch": None}, "no torch is installed", "'torch>=2.13'"),
        ({"filelock": "4.1"}, "filelock 4.1 is installed, and dagster needs", "'filelock<4'"),
        ({"kernels": "1.0"}, "kernels 1.0 is installed, and torch needs", "'kernels>=2'"),
    ],
)
def test_what_is_missing_or_does_not_fit_is_named_with_who_needs_it(changed, says, needed):
    found = packages({**SOUND, **changed})[0]
    assert found.state == "broken"
    assert says in found.says
    assert found.remedy.endswith(f"-m pip install {needed}")
    assert found.remedy.startswith(sys.executable)


def test_a_package_that_lies_in_one_folder_twice_is_broken_and_in_two_folders_is_not():
    (found,) = packages(SOUND, [("/a", "numpy"), ("/a", "numpy"), ("/a", "torch"), ("/b", "torch")])
    assert found.state == "broken"
    assert "/a holds numpy 2 times" in found.says


def test_a_package_that_is_run_from_its_folder_says_so():
    (found,) = machine.look_at_packages(lambda name: None, SOUND.get, [])
    assert found.state == "note"


def test_other_versions_than_the_tested_are_a_note_and_a_build_is_no_version():
    def look(there):
        tested = {"dagster": "1.13.27", "torch": "2.13.0"}
        return list(machine.look_at_tested(tested, lambda name: OURS["sfr-pipeline"], there.get))

    assert [one.state for one in look(SOUND)] == ["ok"]
    (found,) = look({**SOUND, "dagster": "1.14.0"})
    assert found.state == "note"
    assert "dagster 1.14.0 (1.13.27)" in found.says
    assert "torch" not in found.says


def test_the_tested_versions_are_those_of_the_constraints():
    text = machine.TESTED.read_text(encoding="utf-8")
    assert text == (CHECKOUT / "constraints.txt").read_text(encoding="utf-8")
    tested = machine.tested_versions(f"# of the tests\n{text}")
    assert tested["duckdb"] == version("duckdb")
