"""An export is written whole or not at all, over nothing that is somebody else's, always alike."""

import datetime as dt
import shutil
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import openpyxl
import pandas as pd
import pytest
import time_machine

from sfr_pipeline.errors import ExportError, NotMaterializedError, StorageError
from sfr_pipeline.exports import writing
from sfr_pipeline.exports.writing import export_database, export_folder
from sfr_pipeline.storage.contract import Column, Table
from sfr_pipeline.storage.damage import DamageError
from sfr_pipeline.storage.parquet import ParquetStore
from sfr_pipeline.storage.tables import EVENTS, SFRI
from sfr_pipeline_tests.exports.made_up import frame, validated, write_market

FAST = ("csv", "xlsx", "parquet")


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def small(root, tmp_path_factory):
    return export_folder(root, tmp_path_factory.mktemp("small") / "out", ["toy"], ["csv"])


@pytest.fixture
def target(small, tmp_path):
    """A small export that lies there already."""
    return shutil.copytree(small, tmp_path / "sfr_export")


def test_the_same_warehouse_gives_the_same_bytes_at_any_time(root, folder, tmp_path):
    with time_machine.travel(dt.datetime(2031, 5, 6, 7, 8, tzinfo=ZoneInfo("Asia/Kathmandu"))):
        again = export_folder(root, tmp_path / "again")
    first, second = contents(folder), contents(again)
    assert list(first) == list(second)
    assert {name for name in first if first[name] != second[name]} <= {"sfr.duckdb"}


def test_what_is_chosen_is_all_that_lies_there(root, target):
    assert {path.name for path in target.iterdir()} == {"README.md", "datapackage.json", "csv"}
    assert [path.name for path in (target / "csv").iterdir()] == ["toy"]
    export_folder(root, target, ["china"], ["parquet"])
    assert {path.name for path in target.iterdir()} == {"README.md", "datapackage.json", "parquet"}


def test_progress_is_a_line_a_market_and_format_with_size(root, tmp_path):
    told = []
    export_folder(root, tmp_path / "out", ["toy"], FAST, told.append)
    assert [(one.market, one.format) for one in told] == [
        ("toy", "csv"), ("toy", "parquet"), ("all markets", "xlsx"),
    ]  # fmt: skip
    for one in told:
        assert one.bytes > 1000
        assert one.seconds >= 0


def test_a_write_that_fails_leaves_what_was_there_and_nothing_beside_it(root, target, monkeypatch):
    before = contents(target)

    def full(path, markets):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(writing, "write_workbook", full)
    with pytest.raises(StorageError, match="free some space"):
        export_folder(root, target, ["toy"], ["csv", "xlsx"])
    assert contents(target) == before
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_an_export_killed_between_its_two_moves_is_brought_back(root, target):
    before = contents(target)
    target.rename(target.with_name(".sfr_export.before.tmp"))
    with pytest.raises(ExportError, match="of atlantis, but of china, toy: choose"):
        export_folder(root, target, ["atlantis"])
    with pytest.raises(ZeroDivisionError):
        export_folder(root, target, ["toy"], ["csv"], tell=lambda written: 1 / 0)
    assert contents(target) == before


def test_a_move_that_fails_brings_back_what_was_moved_away(root, target, monkeypatch):
    before, move = contents(target), Path.rename

    def refusing(path, to):
        if path.name.startswith(".sfr_export.") and "before" not in path.name:
            raise OSError(5, "Input/output error", str(path))
        return move(path, to)

    monkeypatch.setattr(Path, "rename", refusing)
    with pytest.raises(StorageError, match="the disk itself fails"):
        export_folder(root, target, ["toy"], ["parquet"])
    assert contents(target) == before
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_files_that_no_export_put_there_are_never_lost(root, target, tmp_path):
    (target / "csv" / "my notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ExportError, match=r"csv/my notes\.txt.*move them elsewhere"):
        export_folder(root, target, ["toy"], ["csv"])
    assert (target / "csv" / "my notes.txt").read_text(encoding="utf-8") == "mine"
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "datapackage.json").write_text('{"resources": []}', encoding="utf-8")
    with pytest.raises(ExportError, match="no export of sfr_pipeline: name another folder"):
        export_folder(root, foreign)
    with pytest.raises(ExportError, match="is no folder"):
        export_folder(root, foreign / "datapackage.json")
    with pytest.raises(ExportError, match="there is no folder"):
        export_folder(root, tmp_path / "a" / "b")
    assert (foreign / "datapackage.json").read_text(encoding="utf-8") == '{"resources": []}'


def test_an_empty_folder_and_what_excel_leaves_are_no_reason_to_refuse(root, target, tmp_path):
    (target / "~$sfr.xlsx").write_bytes(b"lock")
    export_folder(root, target, ["toy"], ["duckdb"])
    assert not (target / "~$sfr.xlsx").exists()
    (tmp_path / "empty").mkdir()
    assert export_folder(root, tmp_path / "empty", ["toy"], ["duckdb"]).is_dir()


def test_a_damaged_table_is_left_out_and_named_and_all_others_travel(tmp_path):
    write_market(tmp_path / "house", "toy", "Toy", synthetic=True)
    (file,) = ParquetStore(tmp_path / "house").files("toy", EVENTS)
    file.write_bytes(b"PAR1")
    with pytest.raises(DamageError, match="materialize toy/events again"):
        export_folder(tmp_path / "house", tmp_path / "out", formats=FAST)
    assert not (tmp_path / "out" / "csv" / "toy" / "events.csv").exists()
    assert not (tmp_path / "out" / "parquet" / "toy" / "events.parquet").exists()
    assert (tmp_path / "out" / "csv" / "toy" / "TOY_SFRI.csv").exists()
    assert "toy events" not in openpyxl.load_workbook(tmp_path / "out" / "sfr.xlsx").sheetnames


def test_an_empty_warehouse_says_what_to_run(tmp_path):
    with pytest.raises(NotMaterializedError, match="run 'sfr run' first"):
        export_folder(tmp_path / "nothing", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_table_of_another_release_travels_as_it_was_written(root, tmp_path):
    """Its columns are those that it has; bounds of today are not held against it."""
    house = tmp_path / "house"
    shutil.copytree(root / "parquet" / "toy", house / "parquet" / "toy")
    kept = [column for column in SFRI.columns if column.name != "percentile"]
    other = Column("mode", "string", "What was meant by it then")
    columns = (other, *kept[1:], Column("newer", "double", "What this release does not know"))
    old = Table("sfri", "As it was.", columns, SFRI.key)
    rows = frame(old, [{"mode": "ancient", "newer": 2.5, "effective_indicators": 1.0}])
    ParquetStore(house).write("toy", old, rows)
    out = export_folder(house, tmp_path / "out", formats=["csv", "parquet"])
    found = pd.read_csv(out / "csv" / "toy" / "sfri.csv")
    assert list(found.columns) == [column.name for column in columns]
    assert found["newer"].tolist() == [2.5]
    assert not (out / "csv" / "toy" / "TOY_SFRI_PERCENTILE.csv").exists()
    assert validated(out).valid


def test_one_duckdb_file_may_hold_some_markets(root, tmp_path):
    path = export_database(root, tmp_path / "toy.duckdb", ["toy"])
    with duckdb.connect(str(path), read_only=True) as connection:
        schemas = connection.execute(
            "SELECT DISTINCT schema_name FROM duckdb_tables() WHERE NOT internal"
        ).fetchall()
    assert schemas == [("toy",)]
