"""Records and answers of models that are not ours: what is refused, in which words."""

import importlib
import sys
from dataclasses import replace

import numpy as np
import pytest

from sfr_pipeline.errors import EstimationError, ExtensionError
from sfr_pipeline.evaluation.models import Model, find
from sfr_pipeline.evaluation.models.answers import answering, check_answer, check_same
from sfr_pipeline.evaluation.models.code import code_hash
from sfr_pipeline.evaluation.models.own import SHIPPED, refuse_unless_sound
from sfr_pipeline.forecasting.forecasters import Forecaster
from sfr_pipeline.stress.baselines import Volatility

PLACE = "extensions/mine.py"


class Half(Forecaster):
    """A forecaster that forgot to predict."""

    def fit(self, made, seeds):
        return self


MINE = Model(
    "mine",
    "stress",
    "Mine",
    "own",
    f"{Volatility.__module__}:Volatility",
    {"measure": "log_rv5"},
    required=("walk_forward",),
)
INDEX = Model("mine", "forecasting", "Mine", "own", "elsewhere:Mine", required=("real_time",))
NETWORK = replace(MINE, implementation="elsewhere:Net", network=True, random=True)


def refused(record):
    with pytest.raises(ExtensionError) as error:
        refuse_unless_sound(record, PLACE, SHIPPED)
    assert str(error.value).startswith(PLACE)
    return str(error.value)


@pytest.mark.parametrize("record", [MINE, INDEX, NETWORK, replace(INDEX, random=True)])
def test_a_sound_record_is_taken(record):
    refuse_unless_sound(record, PLACE, SHIPPED)


@pytest.mark.parametrize(
    ("record", "says"),
    [
        ("mine", "is no record"),
        (replace(MINE, id="My model"), "needs an id of small letters"),
        (replace(MINE, leg="weather"), "has no leg 'weather': choose from forecasting, stress"),
        (replace(MINE, family="paper"), "its family is 'own'"),
        (replace(MINE, benchmark=True), "claims to be benchmark"),
        (replace(MINE, required=()), "runs nowhere"),
        (
            replace(INDEX, required=("real-time",)),
            "names real-time, which leg forecasting has not: it has paper, real_time",
        ),
        (replace(MINE, id=SHIPPED[-1].id), "has the id of another model"),
        (replace(MINE, name=SHIPPED[-1].name), "has the name of another model"),
        (replace(MINE, random=True), "has one answer, fix the seed in it"),
        (replace(MINE, window=5), "has a window"),
        (replace(NETWORK, random=False), "write random=True"),
        (replace(NETWORK, forward=True), "models of leg stress that are no networks"),
        (replace(INDEX, network=True, random=True), "write months_ahead=1"),
        (replace(NETWORK, leg="volatility", required=("sub_markets",)), "write days_ahead=21"),
        (replace(MINE, implementation=f"{__name__}:Gone"), "Gone, which is not there"),
        (replace(MINE, implementation=f"{__name__}:PLACE"), "which is no class"),
        (replace(MINE, implementation=f"{__name__}:Half"), "which has no inputs, rank: derive it"),
        (replace(INDEX, implementation=f"{__name__}:Half"), "which leaves predict of"),
    ],
)
def test_a_record_that_cannot_be_kept_to_is_refused_with_what_to_write(record, says):
    assert says in refused(record)


def test_an_answer_of_another_shape_or_that_is_no_number_is_refused():
    own = replace(MINE, implementation=f"{__name__}:Half")
    for answer, says in (
        (np.zeros(3), r"answered \(3,\) in 2012, not \(2,\), which is \(days\)"),
        ([0.0, np.nan], r"answered nan in 2012, at \(1,\) of \(days\)"),
        ([0.0, np.inf], "it must be a number"),
        ("up", "answered str in 2012, no numbers"),
    ):
        with pytest.raises(ExtensionError, match=says) as error:
            check_answer(own, answer, (2,), "days", "in 2012")
        assert __name__ in str(error.value)
        assert "'mine'" in str(error.value)
    holes = check_answer(own, [0.0, np.nan], (2,), "days", "in 2012", holes=True)
    assert np.isnan(holes[1])


def test_what_a_model_of_the_user_raises_names_it_and_ours_speak_for_themselves():
    def fail(model):
        with answering(model, "at the origin 2012-05"):
            raise EstimationError("no top")

    with pytest.raises(ExtensionError, match=r"'mine'.*failed at the origin 2012-05.*no top"):
        fail(replace(MINE, implementation=f"{__name__}:Half"))
    with pytest.raises(EstimationError, match=r"^no top$"):
        fail(find("stress", "har"))


def test_an_answer_that_changes_is_refused_and_rounding_is_not():
    own, found = replace(MINE, implementation=f"{__name__}:Half"), np.array([1.0, np.nan])
    check_same(own, found, found + 1e-9, "alone", "why")
    for other in (found + 1e-3, found[:1], np.array([1.0, 2.0])):
        with pytest.raises(ExtensionError, match="answers otherwise alone: why"):
            check_same(own, found, other, "alone", "why")


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of two modules, the one importing the other."""
    folder = tmp_path / "somebodys"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "parts.py").write_text("WIDTH = 3\n")
    (folder / "net.py").write_text("import json\nfrom . import parts\n\n\nclass Net:\n    pass\n")
    (folder / "other.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.split(".")[0] == folder.name]:
        del sys.modules[name]


def hash_now():
    importlib.invalidate_caches()
    importlib.reload(importlib.import_module("somebodys.net"))
    return code_hash("somebodys.net:Net")


def test_the_text_of_a_class_is_that_of_its_module_and_of_what_it_imports_of_its_own(package):
    before = hash_now()
    assert hash_now() == before
    with (package / "other.py").open("a") as file:
        file.write("# nobody imports this\n")
    assert hash_now() == before
    with (package / "parts.py").open("a") as file:
        file.write("DEPTH = 4\n")
    imported = hash_now()
    assert imported != before
    with (package / "net.py").open("a") as file:
        file.write("    layers = 2\n")
    assert hash_now() not in (before, imported)


def test_what_was_imported_counts_and_not_what_was_written_since(package):
    before = hash_now()
    with (package / "net.py").open("a") as file:
        file.write("    layers = 2\n")
    assert code_hash("somebodys.net:Net") == before


def test_ours_have_no_text_and_a_class_without_a_file_is_refused(monkeypatch):
    assert {code_hash(model.implementation) for model in SHIPPED} == {None}
    typed = type("Typed", (), {"__module__": "a_notebook"})
    monkeypatch.setitem(sys.modules, "a_notebook", type(sys)("a_notebook"))
    monkeypatch.setattr(sys.modules["a_notebook"], "Typed", typed, raising=False)
    with pytest.raises(ExtensionError, match="put the class into a file"):
        code_hash("a_notebook:Typed")
