"""The commands that look after the warehouse: what they print, and how they end."""

import datetime as dt
import os
from functools import partial

import duckdb
import pandas as pd
import pytest

from sfr_pipeline.__main__ import main
from sfr_pipeline.resources import warehouse as module
from sfr_pipeline.storage.column_types import to_frame
from sfr_pipeline.storage.tables import CATALOGUES, EVENTS

FOLDER = f"parquet/us/{CATALOGUES.name}"


@pytest.fixture
def lies_at(monkeypatch):
    """Let every command look for the warehouse in a folder."""
    real = module.Warehouse

    def at(root):
        monkeypatch.setattr(module, "Warehouse", partial(real, root=str(root)))
        return real(root=str(root))

    return at


@pytest.fixture
def warehouse(lies_at, tmp_path):
    warehouse = lies_at(tmp_path / "here")
    empty = to_frame(CATALOGUES.arrow_schema().empty_table())
    for day in (1, 2):
        warehouse.store.append("us", CATALOGUES, empty, dt.datetime(2024, 1, day), f"run{day}")
    warehouse.store.write("us", EVENTS, to_frame(EVENTS.arrow_schema().empty_table()))
    warehouse.publish("us")
    return warehouse


def test_the_archive_is_verified_copied_compacted_and_brought_back(warehouse, tmp_path, capsys):
    copy = str(tmp_path / "copy")
    for command, said in (
        (["verify"], "2 sound files"),
        (["backup", copy], "2 sound files, 2 of them new"),
        (["restore", copy], "2 sound files, 0 of them brought back"),
        (["compact"], "1 sound files made of 2"),
    ):
        assert main(["archive", *command]) == 0
        assert capsys.readouterr().out.splitlines() == [f"{FOLDER}  {said}"]


def test_a_damaged_archive_ends_every_command_with_an_error_that_names_the_file(
    warehouse, tmp_path, capsys
):
    file = warehouse.store.files("us", CATALOGUES)[0]
    file.write_bytes(b"")
    for command in (["verify"], ["backup", str(tmp_path / "copy")], ["compact"]):
        assert main(["archive", *command]) == 1
        assert str(file) in capsys.readouterr().err


def test_a_moved_warehouse_is_published_anew_by_whatever_opens_it(
    warehouse, lies_at, tmp_path, capsys
):
    moved = (tmp_path / "here").rename(tmp_path / "there")
    lies_at(moved)
    published = moved / "warehouse.duckdb"
    with (
        duckdb.connect(str(published), read_only=True) as connection,
        pytest.raises(duckdb.Error),
    ):
        connection.execute("FROM us.events")
    assert main(["export", str(tmp_path / "copy.duckdb")]) == 0
    for path in (published, tmp_path / "copy.duckdb"):
        with duckdb.connect(str(path), read_only=True) as connection:
            assert connection.execute("FROM us.events").fetchall() == []


def test_publishing_names_what_it_leaves_out(warehouse, capsys):
    assert main(["publish"]) == 0
    (file,) = warehouse.store.files("us", EVENTS)
    file.write_bytes(b"")
    assert main(["publish"]) == 1
    assert f"{file} can't be read" in capsys.readouterr().err


def test_tidying_tells_what_it_removes(warehouse, capsys, tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    half = warehouse.files.path("reports/.us.html.a.tmp")
    half.parent.mkdir()
    half.write_text("half a page")
    age = pd.Timestamp("2020-01-01").timestamp()
    os.utime(half, (age, age))
    assert main(["tidy", "--dry-run"]) == 0
    assert half.exists()
    told = capsys.readouterr().out.splitlines()
    assert told[-2:] == [
        "1 files, 0.0 MB would be removed",
        "Dagster's history beyond the newest 20 runs of each market: "
        "0 runs, 0.0 MB would be removed",
    ]
    assert main(["tidy"]) == 0
    assert not half.exists()
    assert str(half) in capsys.readouterr().out


def test_a_market_that_measures_nothing_by_day_has_nothing_to_predict(capsys):
    assert main(["predict", "china"]) == 1
    told = capsys.readouterr().err
    assert "market china measures nothing by day, and there is nothing to predict" in told
    assert "materialize" not in told
