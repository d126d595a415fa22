"""A folder whose name is nearly a market's is told, and no source asked in its place."""

import pytest

from sfr_pipeline.errors import SourceError
from sfr_pipeline.inputs.files import folder_of, series_files
from sfr_pipeline.markets import load_market


@pytest.fixture
def imports(tmp_path, monkeypatch):
    monkeypatch.setenv("SFR_IMPORTS", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("name", ["China", "chnia", "chin", "china2", "CHINA_"])
def test_a_misspelt_folder_is_refused_and_the_remedy_works(imports, name):
    (imports / name).mkdir()
    (imports / name / "m2_growth.csv").write_text("date,value\n2024-01-31,8.7\n")
    with pytest.raises(SourceError, match=rf"{name}: no market has this folder.*call it china"):
        series_files(load_market("china"))
    (imports / name).rename(imports / "china")
    assert "m2_growth" in series_files(load_market("china"))


def test_other_folders_are_others(imports):
    for name in ("us", "world", "us_live", "raw", "old files"):
        (imports / name).mkdir()
    assert folder_of(load_market("china")) == imports / "china"
    assert series_files(load_market("china")).passed_over == []


def test_the_folder_of_another_market_is_not_a_misspelt_one(imports, monkeypatch):
    (imports / "chine").mkdir()
    monkeypatch.setattr("sfr_pipeline.inputs.files.market_names", lambda: ["china", "chine"])
    assert folder_of(load_market("china")) == imports / "china"


def test_a_folder_that_is_there_is_taken_whatever_lies_beside_it(imports):
    for name in ("china", "china2"):
        (imports / name).mkdir()
    assert folder_of(load_market("china")) == imports / "china"


def test_hidden_folders_and_those_that_another_catalogue_names_are_others(imports, monkeypatch):
    for name in (".china", "chine"):
        (imports / name).mkdir()
    other = load_market("us_live").model_copy(update={"files": "imports/chine"})
    own = load_market("china")
    monkeypatch.setattr("sfr_pipeline.inputs.files.load_market", lambda name: other)
    assert folder_of(own) == imports / "china"
