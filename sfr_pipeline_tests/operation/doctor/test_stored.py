"""Warehouses that are damaged, moved, out of date or from another time."""

import datetime as dt
import os
import shlex
import shutil
import sys
import time

import duckdb
import pandas as pd
import pytest
import time_machine

from sfr_pipeline.__main__ import main
from sfr_pipeline.operation.doctor.stored import look_at_release
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline.storage.column_types import to_frame
from sfr_pipeline.storage.tables import CATALOGUES, EVENTS, PUBLICATIONS

MOMENT = dt.datetime(2024, 1, 1, 12)


def empty(table):
    return to_frame(table.arrow_schema().empty_table())


@pytest.fixture
def warehouse(workspace):
    """Two additions to an archive and a table that is written anew, published."""
    warehouse = Warehouse()
    for day in range(2):
        at = MOMENT + dt.timedelta(days=day)
        warehouse.store.append("us", CATALOGUES, empty(CATALOGUES), at, f"run{day}")
    warehouse.store.write("us", EVENTS, empty(EVENTS))
    warehouse.publish("us")
    return warehouse


def states(found):
    return [one.state for one in found]


def test_a_sound_warehouse_is_told_to_be(warehouse, told):
    for check in ("tables", "views", "archive", "leftovers", "clock", "release"):
        assert states(told(check)) == ["ok"], check


def test_a_warehouse_without_tables_is_a_note_with_the_first_thing_to_do(workspace, told):
    (found,) = told("tables")
    assert (found.state, found.remedy) == ("note", "sfr run us")
    assert told("tables", "sandbox")[0].remedy == "sfr run sandbox"
    assert told("views") == []
    (workspace / "markets" / "mine.yaml").write_text("name: mine\n", encoding="utf-8")
    assert told("tables")[0].remedy == "sfr run mine"


def test_a_damaged_table_is_told_with_the_market_whose_run_writes_it_anew(warehouse, told):
    (file,) = warehouse.store.files("us", EVENTS)
    file.write_bytes(b"no parquet")
    (found,) = told("tables")
    assert (found.state, found.remedy) == ("broken", "sfr run us")
    assert str(file) in found.says
    # Which a run would do.
    warehouse.store.write("us", EVENTS, empty(EVENTS))
    assert states(told("tables")) == ["ok"]


def test_a_market_by_name_is_looked_at_alone(warehouse, told):
    (file,) = warehouse.store.files("us", EVENTS)
    file.write_bytes(b"")
    assert states(told("tables", "us")) == ["broken"]
    assert states(told("tables", "sandbox")) == ["note"]


@pytest.mark.parametrize("loss", ["emptied", "gone"])
def test_a_damaged_archive_is_told_and_restored_from_a_backup(warehouse, told, do, tmp_path, loss):
    backup = tmp_path / "backup"
    assert main(["archive", "backup", str(backup)]) == 0
    file = warehouse.store.files("us", CATALOGUES)[0]
    if loss == "emptied":
        file.write_bytes(b"")
        (found,) = told("tables")
        assert found.state == "broken"
        do(found.remedy.replace("BACKUP", str(backup)))
    else:
        file.unlink()
        found = told("archive")[0]
        assert "sfr archive restore DIR" in found.remedy
        do(f"sfr archive restore {backup}")
    assert states(told("tables")) == states(told("archive")) == ["ok"]


def test_views_that_are_missing_are_told_and_published(warehouse, mended):
    (warehouse.folder / "warehouse.duckdb").unlink()
    assert "missing" in mended("views").says


def test_views_that_can_not_be_opened_are_told_and_published(warehouse, mended):
    path = warehouse.folder / "warehouse.duckdb"
    path.unlink()
    path.write_bytes(b"no database")
    assert "can't be opened" in mended("views").says


def test_views_that_lack_a_table_are_told_and_published(warehouse, mended):
    table = PUBLICATIONS
    warehouse.store.append("us", table, empty(table), MOMENT, "run")
    assert "us.publications" in mended("views").says


def test_views_of_a_moved_warehouse_are_told_and_published(
    warehouse, mended, monkeypatch, tmp_path
):
    shutil.move(warehouse.folder, tmp_path / "moved")
    monkeypatch.setenv("SFR_WAREHOUSE", str(tmp_path / "moved"))
    assert "moved" in mended("views").says


def test_views_that_somebody_opened_for_writing_are_a_note(warehouse, mended):
    path = warehouse.folder / "warehouse.duckdb"
    path.chmod(0o644)
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE scribbled (a INT)")
    mended("views", state="note")


def test_what_a_newer_release_wrote_is_told(warehouse):
    row = dict.fromkeys(PUBLICATIONS.arrow_schema().names, "x") | {
        "published_at": MOMENT, "ref_date": MOMENT.date(), "target_date": MOMENT.date(),
        "value": 1.0,
        "delivered_until": MOMENT, "code_version": "0.10.0",
    }  # fmt: skip
    warehouse.store.append("us", PUBLICATIONS, pd.DataFrame([row]), MOMENT, "run")

    def told(version):
        return list(look_at_release(warehouse.folder, ["us"], version))

    assert states(told("0.10.0")) == states(told("0.11.0")) == ["ok"]
    # By number, not by letter.
    (found,) = told("0.9.0")
    assert found.state == "broken"
    assert "0.10.0" in found.says
    assert found.remedy.startswith(f"{shlex.quote(sys.executable)} -m pip install WHEEL, ")


def test_what_a_killed_writer_left_is_a_note_and_tidied(warehouse, mended):
    left = warehouse.folder / "parquet" / "us" / ".x.parquet.1.tmp"
    left.write_bytes(b"half")
    before = time.time() - 7_200
    os.utime(left, (before, before))
    assert "1 files" in mended("leftovers", state="note").says
    assert not left.exists()


def test_a_clock_that_stands_before_the_newest_addition_is_broken(warehouse, told):
    newest = MOMENT + dt.timedelta(days=1)
    for hours, state in ((-1, "broken"), (1, "ok")):
        with time_machine.travel((newest + dt.timedelta(hours=hours)).replace(tzinfo=dt.UTC)):
            assert states(told("clock")) == [state]
