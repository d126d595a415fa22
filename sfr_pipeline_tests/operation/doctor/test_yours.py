"""Markets, extensions, files, rules and models of users that are refused or missing."""

import re

import pytest

from sfr_pipeline.errors import ExtensionError
from sfr_pipeline.markets import load_market
from sfr_pipeline.markets.catalogue import FOLDER
from sfr_pipeline.operation.doctor.yours import look_at_extensions, look_at_sentiment
from sfr_pipeline.storage.tables import EVENTS


def states(found):
    return [one.state for one in found]


@pytest.fixture
def own(workspace):
    """A market of the workspace, which reads files."""
    file = workspace / "markets" / "mine.yaml"
    text = (FOLDER / "us.yaml").read_text(encoding="utf-8")
    file.write_text(text.replace("name: us\n", "name: mine\n", 1), encoding="utf-8")
    return file


def test_markets_of_the_workspace_and_of_the_warehouse_are_looked_at_and_no_others(
    own, workspace, told
):
    assert told("markets")[0].says.startswith("mine can be read; of this workspace: mine")
    (workspace / "warehouse" / "parquet" / "sandbox" / EVENTS.name).mkdir(parents=True)
    assert told("markets")[0].says.startswith("mine, sandbox can be read")
    assert told("markets", "us")[0].says.startswith("us can be read; of this workspace: none")


def test_a_market_that_is_refused_is_told_with_file_and_line(own, told):
    text = own.read_text(encoding="utf-8")
    line = text[: text.index("\nsample:")].count("\n") + 2
    own.write_text(text.replace("\nsample:", "\nsimple:"), encoding="utf-8")
    (found,) = told("markets")
    assert found.state == "broken"
    assert f"mine.yaml:{line}: simple" in found.says
    # What reads markets leaves it out.
    for check in ("files", "alerts", "sentiment model", "keys"):
        assert told(check) == []


def test_a_file_that_would_be_refused_is_told(workspace, told):
    market = load_market("us")
    folder = workspace / market.files
    folder.mkdir(parents=True)
    (folder / "no_such_series.csv").write_text("date,value\n2020-01-01,1\n", encoding="utf-8")
    (found,) = told("files", "us")
    assert found.state == "broken"
    assert "no_such_series.csv" in found.says
    (folder / "no_such_series.csv").unlink()
    assert states(told("files", "us")) == ["ok"]


def test_extensions_are_named_and_refused_ones_told_once():
    (found,) = look_at_extensions(lambda: [], lambda: {"mybank": None})
    assert (found.state, found.says) == ("ok", "of your own, models: none; sources: mybank")

    def refused():
        raise ExtensionError("extensions/mybank.py can't be imported")

    (found,) = look_at_extensions(refused, refused)
    assert found.state == "broken"
    assert "extensions/mybank.py" in found.says
    assert states(look_at_extensions(refused, lambda: {})) == ["broken", "ok"]


def test_variables_with_addresses_that_are_not_set_are_a_note_and_set(
    workspace, monkeypatch, mended
):
    monkeypatch.delenv("SFR_ALERTS_TO", raising=False)
    assert mended("alerts", "us", state="note").remedy == "export SFR_ALERTS_TO=ADDRESS"


def test_alerts_with_addresses_name_the_command_that_tries_them(workspace, monkeypatch, told):
    monkeypatch.setenv("SFR_ALERTS_TO", "https://example.org/hook")
    (found,) = told("alerts", "us")
    assert (found.state, "'sfr alerts us --test'" in found.says) == ("ok", True)


def test_a_folder_of_rules_that_is_none_is_broken(workspace, monkeypatch, told):
    monkeypatch.setenv("SFR_ALERTS", "/no/folder")
    assert states(told("alerts", "us")) == ["broken"]


def test_a_rules_file_that_is_refused_is_told_with_its_line(workspace, monkeypatch, told, tmp_path):
    monkeypatch.setenv("SFR_ALERTS", str(tmp_path))
    (tmp_path / "us.yaml").write_text("rules:\n  - {id: a, kind: nothing}\n", encoding="utf-8")
    (found,) = told("alerts", "us")
    assert found.state == "broken"
    assert re.search(r"us\.yaml:\d+", found.says)


def test_the_shipped_model_is_here_and_one_of_the_hub_is_not(workspace, monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    (found,) = look_at_sentiment([load_market("sandbox")], workspace)
    assert found.state == "ok"
    china = load_market("china")
    (found,) = look_at_sentiment([china], workspace)
    assert found.state == "note"
    assert f"hf download {china.sentiment.checkpoint} --revision" in found.remedy
    folder = workspace / "models" / china.sentiment.checkpoint
    folder.mkdir(parents=True)
    (found,) = look_at_sentiment([china], workspace)
    assert found.state == "broken"
    for name in ("config.json", "model.safetensors", "vocab.txt"):
        (folder / name).touch()
    assert states(look_at_sentiment([china], workspace)) == ["ok"]
