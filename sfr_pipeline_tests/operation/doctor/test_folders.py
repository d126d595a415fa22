"""Workspaces with something missing or wrong, and what their remedies make of them."""

import os
import subprocess

import pytest
import yaml

from sfr_pipeline.cli.workspace_files import add_location, instance_yaml
from sfr_pipeline.operation.doctor.folders import look_at_folders

MINE = "name: mine\n"
OPTIONAL = ("markets", "imports", "extensions")


@pytest.fixture
def checkout(workspace):
    """The workspace as a checkout, under version control, without what is optional there."""
    for name in OPTIONAL:
        (workspace / name).rmdir()
    (workspace / "sfr_pipeline").mkdir()
    (workspace / "sfr_pipeline" / "workspace.py").touch()
    who = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    for words in (("init", "-q"), ("add", "."), (*who, "commit", "-q", "-m", "x")):
        subprocess.run(["git", "-C", str(workspace), *words], check=True)
    return workspace


def test_no_workspace_is_told_and_made(tmp_path, monkeypatch, mended):
    monkeypatch.delenv("SFR_WORKSPACE", raising=False)
    monkeypatch.chdir(tmp_path)
    assert "neither" in mended("workspace").says


def test_a_workspace_that_is_named_and_is_none_is_told(tmp_path, monkeypatch, told, do):
    nowhere = tmp_path / "no where"
    monkeypatch.setenv("SFR_WORKSPACE", str(nowhere))
    (found,) = told("workspace")
    assert found.state == "broken"
    assert str(nowhere) in found.says
    first, second = found.remedy.split(", or: ")
    assert first == "unset SFR_WORKSPACE"
    do(second)
    assert [one.state for one in told("workspace")] == ["ok"]


@pytest.mark.parametrize(
    ("name", "state"), [*((name, "note") for name in OPTIONAL), ("warehouse", "broken")]
)
def test_a_folder_that_is_missing_is_told_and_made(workspace, mended, name, state):
    (workspace / name).rmdir()
    found = mended("folders", state=state)
    assert str(workspace / name) in found.says
    assert found.remedy.startswith("mkdir -p ")


def test_a_checkout_needs_no_folder_that_is_optional(checkout, told, mended):
    (found,) = told("folders")
    assert (found.state, found.says) == (
        "ok", "there and can be written to: warehouse, dagster_home"
    )  # fmt: skip
    (checkout / "warehouse").rmdir()
    mended("folders")


def test_files_of_a_checkout_come_back_from_its_repository(checkout, mended, monkeypatch):
    settings = checkout / "dagster_home" / "dagster.yaml"
    settings.unlink()
    mended("dagster.yaml")
    settings.write_text("a: 1\n", encoding="utf-8")
    mended("dagster.yaml", state="note")
    assert settings.with_suffix(".yaml.old").read_text(encoding="utf-8") == "a: 1\n"
    locations = checkout / "workspace.yaml"
    locations.write_text("# sfr_pipeline.definitions\n", encoding="utf-8")
    mended("workspace.yaml")
    locations.unlink()
    monkeypatch.delenv("SFR_WORKSPACE")
    monkeypatch.chdir(checkout / "warehouse")
    mended("workspace")


def test_a_folder_elsewhere_that_is_missing_is_told_and_made(
    workspace, mended, monkeypatch, tmp_path
):
    monkeypatch.setenv("SFR_WAREHOUSE", str(tmp_path / "auf der Platte" / "w"))
    assert mended("folders").remedy.startswith("mkdir")


def test_a_folder_that_this_user_may_not_write_to_is_broken(workspace):
    folder = workspace / "warehouse"
    (found,) = look_at_folders(workspace, {"warehouse": folder}, lambda path: path != folder)
    assert found.state == "broken"
    assert found.remedy.startswith("sudo chown -R ")


def test_a_folder_of_somebody_else_is_a_note(workspace, told, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 4_242)
    notes = told("folders")
    assert {one.state for one in notes} == {"note"}
    assert "4242" in notes[0].says


def test_settings_of_dagster_that_are_missing_are_told_and_made(workspace, mended):
    (workspace / "dagster_home" / "dagster.yaml").unlink()
    mended("dagster.yaml")


@pytest.mark.parametrize("name", ["die Geschichte", "dagster_home", "mein Ordner ä/h"])
def test_settings_of_dagster_elsewhere_are_copied_there(
    workspace, mended, monkeypatch, tmp_path, name
):
    elsewhere = tmp_path / name
    elsewhere.mkdir()
    monkeypatch.setenv("DAGSTER_HOME", str(elsewhere))
    assert mended("dagster.yaml").remedy.startswith("cp ")
    (elsewhere / "dagster.yaml").write_text("a: 1\n", encoding="utf-8")
    mended("dagster.yaml", state="note")
    assert (elsewhere / "dagster.yaml.old").read_text(encoding="utf-8") == "a: 1\n"


@pytest.mark.parametrize(
    ("text", "state", "says"),
    [
        ("run_retries: {enabled: true}\n", "note", "run_monitoring"),
        ("a: [", "broken", "no YAML"),
        ("", "note", "run_coordinator"),
    ],
)
def test_settings_of_dagster_that_differ_are_told_and_replaced(
    workspace, mended, text, state, says
):
    file = workspace / "dagster_home" / "dagster.yaml"
    file.write_text(text, encoding="utf-8")
    assert says in mended("dagster.yaml", state=state).says
    assert (workspace / "dagster_home" / "dagster.yaml.old").read_text(encoding="utf-8") == text


def test_a_comment_in_the_settings_of_dagster_is_no_difference(workspace, told):
    file = workspace / "dagster_home" / "dagster.yaml"
    file.write_text("# mine\n" + file.read_text(encoding="utf-8"), encoding="utf-8")
    assert [one.state for one in told("dagster.yaml")] == ["ok"]


def test_a_history_in_a_database_is_no_difference_and_stays_there(workspace, told, mended):
    file = workspace / "dagster_home" / "dagster.yaml"
    ours = instance_yaml(shared=True)
    file.write_text(ours, encoding="utf-8")
    assert [one.state for one in told("dagster.yaml")] == ["ok"]
    file.write_text(ours.replace("max_retries: 2", "max_retries: 5"), encoding="utf-8")
    assert "run_retries" in mended("dagster.yaml", state="note").says
    assert file.read_text(encoding="utf-8") == ours


def test_a_market_that_is_not_loaded_is_told_with_the_line_that_loads_it(workspace, told):
    file = workspace / "workspace.yaml"
    (workspace / "markets" / "mine.yaml").write_text(MINE, encoding="utf-8")
    (found,) = told("workspace.yaml")
    assert (found.state, "mine" in found.says) == ("note", True)
    before, _, line = found.remedy.partition(": ")
    assert str(file) in before
    by_hand = file.read_text(encoding="utf-8") + f"  {line}\n"
    add_location(workspace, "mine")
    assert yaml.safe_load(by_hand) == yaml.safe_load(file.read_text(encoding="utf-8"))
    file.write_text(by_hand, encoding="utf-8")
    assert [one.state for one in told("workspace.yaml")] == ["ok"]


def test_a_market_that_is_loaded_and_gone_is_told_and_left_out_and_own_ones_stay(workspace, mended):
    file = workspace / "workspace.yaml"
    (workspace / "markets" / "mine.yaml").write_text(MINE, encoding="utf-8")
    text = file.read_text(encoding="utf-8").replace(": sandbox", ": atlantis")
    lines = text + text[text.index("  - ") :].replace(": us\n", ": mine\n").replace(
        "us_live", "sandbox"
    )
    file.write_text(lines, encoding="utf-8")
    assert "atlantis" in mended("workspace.yaml").says
    assert "attribute: mine" in file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "text", ["# sfr_pipeline.definitions\nload_from: [", "# sfr_pipeline.definitions"]
)
def test_a_workspace_file_that_dagster_can_not_load_is_told_and_made_anew(workspace, mended, text):
    (workspace / "workspace.yaml").write_text(text, encoding="utf-8")
    mended("workspace.yaml")
