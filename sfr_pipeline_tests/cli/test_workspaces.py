"""Which folder becomes a workspace, which is refused, and what a command says without one."""

import os
from pathlib import Path

import pytest
import yaml

from sfr_pipeline.__main__ import main
from sfr_pipeline.cli.workspace_files import FOLDERS, workspace_yaml
from sfr_pipeline.markets import market_names
from sfr_pipeline.workspace import is_workspace
from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.cli.test_commands import DOES

# Commands that act on no workspace, and what others cannot do without.
FREE = {
    "init",
    "doctor",
    "audit",
    "evaluate-sentiment",
    "dictionary",
    "compile-kernels",
    "test-faults",
}
NEEDED = {
    "archive": ["verify"],
    "recompute": ["us", "2020-01-01", "into"],
    "picture": ["us", "us.png"],
    "score": ["us", "any_model"],
    **{name: [] for name in ("ui", "heal", "export", "publish", "site", "tidy")},
}


def refusal(capsys, *command):
    assert main([*command]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_a_new_workspace_has_its_folders_a_word_on_each_and_says_what_comes_next(
    elsewhere, capsys, monkeypatch
):
    monkeypatch.setattr("shutil.which", lambda name: None)
    folder = elsewhere / "risk"
    assert main(["init", str(folder)]) == 0
    told = capsys.readouterr().out
    assert is_workspace(folder)
    about = (folder / "README.md").read_text(encoding="utf-8")
    for name in (*FOLDERS, "dagster_home"):
        assert (folder / name).is_dir()
        assert f"`{name}/`" in about
    loaded = yaml.safe_load((folder / "workspace.yaml").read_text(encoding="utf-8"))
    assert len(loaded["load_from"]) == len(market_names())
    assert f"cd '{folder}'" in told, "a path with a space can be pasted"
    assert told.index("sfr run us") < told.index("sfr report us --open")
    kept = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert main(["init", str(folder)]) == 0
    assert "was a workspace already" in capsys.readouterr().out
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == kept


def test_what_a_user_has_in_the_folder_already_stays_and_own_markets_are_loaded(elsewhere):
    (elsewhere / "markets" / "alerts").mkdir(parents=True)
    (elsewhere / "markets" / "brazil.yaml").touch()
    (elsewhere / "markets" / "alerts" / "chile.yaml").touch()
    (elsewhere / "README.md").write_text("mine", encoding="utf-8")
    assert main(["init", "."]) == 0
    assert (elsewhere / "README.md").read_text(encoding="utf-8") == "mine"
    text = (elsewhere / "workspace.yaml").read_text(encoding="utf-8")
    assert "location_name: brazil\n" in text
    assert "chile" not in text, "rules of alerts are no market"
    assert "chile" not in market_names()


def test_a_place_that_would_be_a_mistake_is_refused_and_nothing_is_written(own, capsys):
    foreign, file = own.parent / "foreign", own.parent / "file"
    foreign.mkdir()
    (foreign / "workspace.yaml").write_text("load_from:\n  - python_file: theirs.py\n")
    file.touch()
    before = sorted(own.parent.rglob("*"))
    for folder, told in (
        (foreign, "belongs to another project of Dagster's"),
        (file, f"{file} is a file: name a folder"),
        (own / "sub", f"{own / 'sub'} lies in the workspace {own}"),
        (CHECKOUT, f"{CHECKOUT} is the checkout of this package, which is a workspace as it"),
        (file / "sub", "can't be made a workspace"),
    ):
        assert told in refusal(capsys, "init", str(folder))
    assert sorted(own.parent.rglob("*")) == before


def test_a_folder_that_may_not_be_written_to_is_told(elsewhere, capsys, monkeypatch):
    def forbidden(path, **_):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "mkdir", forbidden)
    told = refusal(capsys, "init", "closed")
    assert told.endswith("Permission denied; name a folder that you may write to")
    assert str(elsewhere / "closed") in told


@pytest.mark.parametrize("name", sorted(set(DOES) - FREE))
def test_a_command_says_in_one_sentence_that_there_is_no_workspace(name, elsewhere, capsys):
    told = refusal(capsys, name, *NEEDED.get(name, ["us"]))
    assert f"neither {elsewhere} nor a folder above it is a workspace: make one with '" in told
    assert not any(elsewhere.iterdir())


def test_what_needs_no_workspace_works_with_a_wrong_one_too(elsewhere, capsys, monkeypatch):
    monkeypatch.setenv("SFR_WORKSPACE", str(elsewhere))
    for command in (["--help"], ["--version"], ["run", "--help"]):
        with pytest.raises(SystemExit) as stop:
            main(command)
        assert stop.value.code == 0
    assert main(["dictionary"]) == 0
    assert main(["audit", str(CHECKOUT / "docs" / "papers" / "cnn_bilstm_table_1.csv")]) == 0
    assert main(["init", "new"]) == 0
    capsys.readouterr()
    assert f"SFR_WORKSPACE={elsewhere} is no workspace: make one there" in refusal(capsys, "heal")


@pytest.mark.parametrize("place", [0, 2])
def test_a_workspace_is_named_before_a_command_or_after_it(place, own, capsys, monkeypatch):
    monkeypatch.setenv("SFR_WORKSPACE", "another, before and after")
    monkeypatch.chdir(own.parent)
    (own / "markets" / "brazil.yaml").touch()
    command = ["alerts", "nowhere"]
    command[place:place] = ["--workspace", own.name]
    with pytest.raises(SystemExit):
        main(command)
    assert "choose from brazil, china" in capsys.readouterr().err
    assert os.environ["SFR_WORKSPACE"] == "another, before and after"


def test_what_was_found_is_written_into_a_checkout_alone(own, capsys):
    for options in ([], ["--write"]):
        told = refusal(capsys, "findings", "us", *options)
        assert f"{own} is no checkout of this package" in told
        assert "sfr summary'" in told


def test_a_market_is_loaded_from_whatever_folder(elsewhere):
    odd = str(elsewhere / "a: b #c 'd'")
    entry = yaml.safe_load(workspace_yaml(["us"], odd))["load_from"][0]["python_module"]
    assert entry["working_directory"] == odd


def test_an_export_lies_in_the_workspace_where_nothing_else_is_said(own, capsys, monkeypatch):
    below = own / "imports"
    monkeypatch.chdir(below)
    assert f"the warehouse at {own / 'warehouse'} is empty" in refusal(capsys, "export")
    asked = []

    def write(root, target, markets=(), *options):
        asked.append((target, list(markets), *options[:1]))
        target.touch()
        return target

    monkeypatch.setattr("sfr_pipeline.exports.writing.export_folder", write)
    monkeypatch.setattr("sfr_pipeline.exports.writing.export_database", write)
    assert main(["export"]) == 0
    assert main(["export", "out", "--market", "us", "--market", "my", "--only", "xlsx, csv"]) == 0
    assert main(["export", "other.duckdb", "--market", "us"]) == 0
    (own / "sfr_export").unlink()
    assert [(path.resolve(), *rest) for path, *rest in asked] == [
        (own / "sfr_export", [], ("csv", "xlsx", "parquet", "duckdb")),
        (below / "out", ["us", "my"], ("xlsx", "csv")),
        (below / "other.duckdb", ["us"]),
    ]


def test_a_wrong_format_of_an_export_is_told_with_the_right_ones(own, capsys):
    for command, said in (
        (["--only", "xls"], "no format 'xls': did you mean 'xlsx'?"),
        (["one.duckdb", "--only", "csv"], "is one file of DuckDB: name a folder for csv"),
    ):
        with pytest.raises(SystemExit):
            main(["export", *command])
        assert said in capsys.readouterr().err
