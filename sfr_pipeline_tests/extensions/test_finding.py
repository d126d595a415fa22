"""What is found in a workspace's folder of extensions, and what is said of what can't be."""

import importlib
import pickle
import subprocess
import sys

import pytest

from sfr_pipeline import extensions
from sfr_pipeline.errors import ExtensionError
from sfr_pipeline.extensions import found_models, found_sources
from sfr_pipeline.sources import own_sources
from sfr_pipeline_tests.extensions.own_workspace import anew, workspace

__all__ = ["workspace"]

SOURCE = """
from sfr_pipeline.sources import SeriesKey
AVAILABLE_SERIES = {SeriesKey("series", "x"): "made up"}
def fetch_series(codes): ...
"""


def test_modules_and_packages_are_found_by_their_names(workspace):
    workspace("mybank.py", SOURCE)
    workspace("statistics_office/__init__.py", "from .table import *")
    workspace("statistics_office/table.py", SOURCE)
    workspace("notes/readme.txt", "no package")
    found = found_sources()
    assert [(one.name, one.where) for one in found] == [
        ("mybank", "extensions/mybank.py"),
        ("statistics_office", "extensions/statistics_office"),
    ]
    assert found[0].value.__name__ == "sfr_pipeline.extensions.mybank"
    assert found_models() == ()


def test_what_begins_with_an_underscore_only_helps_others(workspace):
    workspace("_common.py", SOURCE)
    workspace("_shared/__init__.py", "raise RuntimeError('imported')")
    workspace("mybank.py", "from ._common import *\nfrom . import _common")
    assert [one.name for one in found_sources()] == ["mybank"]


@pytest.mark.parametrize("name", ["random", "traceback", "sys", "csv"])
def test_a_file_may_be_called_like_a_module_of_python(workspace, name):
    workspace(f"{name}.py", SOURCE)
    workspace("worse.py", "AVAILABLE_SERIES = 1 / 0")
    importlib.import_module(name)
    before = sys.modules[name]
    with pytest.raises(ExtensionError, match=r"in line 1 of worse\.py"):
        found_sources()
    assert sys.modules[name] is before
    assert importlib.import_module(f"sfr_pipeline.extensions.{name}") is not before


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("bad.py", "x = (", r"/bad\.py can't be imported \(SyntaxError.*line 1\)\): mend"),
        ("my-bank.py", SOURCE, r"extensions/my-bank\.py: Python can't import.*rename it"),
        ("2nd.py", SOURCE, r"extensions/2nd\.py: Python can't import"),
        ("needs.py", "import nowhere_to_be_had", r"No module named 'nowhere.*install it beside"),
        ("lost.py", "from .nowhere import x", r"No module named 'sfr_pipeline.*mend it, or take"),
        ("leaves.py", "raise SystemExit(3)", r"leaves\.py can't be imported in line 1.*SystemExit"),
        ("late.py", "x = 1\nx[0]\n", r"in line 2 of late\.py \(TypeError"),
        ("typo.py", "MODEL = ()", r"typo\.py has neither MODELS nor AVAILABLE.*begin with _"),
        ("found_models.py", SOURCE, "the name found_models is taken here: rename"),
        ("fred.py", SOURCE, r"extensions/fred\.py: this package has a source 'fred' already"),
        ("a/__init__.py", "from . import table", r"/a can't be imported in line 1 of __in"),
    ],
)  # fmt: skip
def test_what_cant_be_imported_is_named_with_its_remedy(workspace, name, text, told):
    workspace(name, text)
    with pytest.raises(ExtensionError, match=rf"(?s){told}"):
        own_sources()


def test_a_file_and_a_folder_of_one_name_are_refused(workspace):
    workspace("mybank.py", SOURCE)
    workspace("mybank/__init__.py", SOURCE)
    with pytest.raises(ExtensionError, match=r"mybank\.py and extensions/mybank/ have one name"):
        found_sources()


def test_another_workspace_takes_the_place_of_the_one_before(workspace, tmp_path, monkeypatch):
    workspace("mybank.py", SOURCE + "WHICH = 1")
    extensions.join_workspace()
    other = tmp_path / "Straße nach Süden"
    (other / "extensions").mkdir(parents=True)
    (other / "workspace.yaml").write_text("sfr_pipeline.definitions", encoding="utf-8")
    (other / "extensions/mybank.py").write_text(SOURCE + "WHICH = 2", encoding="utf-8")
    monkeypatch.setenv("SFR_WORKSPACE", str(other))
    assert found_sources()[0].value.WHICH == 2


def test_what_another_process_pickled_is_found_before_anything_is_asked_for(workspace):
    workspace("mymodel.py", "MODELS = ()\nclass Mine:\n    size = 3\n")
    with anew():
        pickled = pickle.dumps(found_models() and mine())
    code = "import pickle, sys, sfr_pipeline.extensions\nprint(pickle.load(sys.stdin.buffer).size)"
    told = subprocess.run(
        [sys.executable, "-B", "-c", code], input=pickled, capture_output=True, check=True
    )
    assert told.stdout.split() == [b"3"]


def mine():
    return sys.modules["sfr_pipeline.extensions.mymodel"].Mine
