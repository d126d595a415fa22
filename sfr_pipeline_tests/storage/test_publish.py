import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import pytest

from sfr_pipeline.storage import publish as publishing
from sfr_pipeline.storage.contract import Column, Table
from sfr_pipeline.storage.parquet import ParquetStore
from sfr_pipeline.storage.publish import export, publish
from sfr_pipeline_tests.storage.samples import (
    SFRI,
    VINTAGES,
    WEIGHTS,
    sfri_frame,
    vintages_frame,
    weights_frame,
)

MACROS = Path(__file__).parents[2] / "warehouse" / "macros.sql"


def query(path, sql):
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def views(path):
    sql = "SELECT schema_name || '.' || view_name FROM duckdb_views() WHERE NOT internal ORDER BY 1"
    return [name for (name,) in query(path, sql)]


@pytest.fixture
def root(tmp_path):
    """A store of two tables under a path that SQL and globs would both stumble over."""
    root = tmp_path / "analyst's [shared] folder"
    store = ParquetStore(root)
    store.write("us", SFRI, sfri_frame())
    store.write("us", VINTAGES, vintages_frame("2020-01", "2020-02", "2020-03"))
    return root


def test_stored_tables_are_views_and_others_are_skipped(root):
    path = publish(root, {"us": [SFRI, VINTAGES, WEIGHTS]})
    assert path == root / "warehouse.duckdb"
    assert views(path) == ["us.sfri", "us.sfri_vintages"]
    assert query(path, "SELECT count(*), max(sfri) FROM us.sfri") == [(4, 3.0)]
    assert query(path, "SELECT DISTINCT month FROM us.sfri_vintages ORDER BY 1") == [
        ("2020-01",),
        ("2020-02",),
        ("2020-03",),
    ]


def test_an_empty_store_is_published_without_views(tmp_path):
    path = publish(tmp_path / "new", {"us": [SFRI]}, MACROS)
    assert views(path) == []


def test_the_published_file_is_read_only(root):
    assert publish(root, {}).stat().st_mode & 0o777 == 0o444


def test_a_month_is_answered_from_its_own_file_alone(root):
    path = publish(root, {"us": [VINTAGES]})
    plan = query(path, "EXPLAIN SELECT sfri FROM us.sfri_vintages WHERE month = '2020-02'")
    assert "1/3" in plan[0][1]


def test_descriptions_and_units_are_comments(root):
    path = publish(root, {"us": [SFRI, VINTAGES]})
    view = "SELECT comment FROM duckdb_views() WHERE view_name = 'sfri'"
    assert query(path, view) == [("The index of systemic financial risk. Key: mode, ref_date.",)]
    columns = dict(
        query(
            path,
            "SELECT column_name, comment FROM duckdb_columns() WHERE table_name = 'sfri_vintages'",
        )
    )
    assert columns == {
        "as_of": "The month-end at which it was estimated.",
        "ref_date": "The month-end it speaks of.",
        "sfri": "The market's index. [standard deviations]",
        "month": "Month of as_of, the Parquet partition. [YYYY-MM]",
    }


def test_another_markets_tables_stay_published_with_their_comments(root):
    ParquetStore(root).write("sandbox", WEIGHTS, weights_frame())
    path = publish(root, {"us": [SFRI, VINTAGES]})
    assert views(path) == ["sandbox.sfri_weights", "us.sfri", "us.sfri_vintages"]
    comment = "SELECT comment FROM duckdb_columns() WHERE column_name = 'weight'"
    assert query(path, comment) == [("Its weight. [share]",)]


def test_views_are_found_from_any_folder(root, tmp_path, monkeypatch):
    monkeypatch.chdir(root.parent)
    path = publish(Path(root.name), {"us": [SFRI]})
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert query(path, "SELECT count(*) FROM us.sfri") == [(4,)]


def test_an_open_connection_sees_new_data_at_once(root):
    path = publish(root, {"us": [SFRI]})
    with duckdb.connect(str(path), read_only=True) as analyst:
        assert analyst.execute("SELECT max(sfri) FROM us.sfri").fetchone() == (3.0,)
        ParquetStore(root).write("us", SFRI, sfri_frame(level=100))
        publish(root, {"us": [SFRI]})
        assert analyst.execute("SELECT max(sfri) FROM us.sfri").fetchone() == (103.0,)


def test_temporary_files_are_no_part_of_a_view(root):
    path = publish(root, {"us": [VINTAGES]})
    folder = root / "parquet" / "us" / "sfri_vintages" / "month=2020-01"
    (folder / ".part-0.parquet.0.tmp").write_bytes(b"half a file")
    assert query(path, "SELECT count(*) FROM us.sfri_vintages") == [(9,)]


def test_months_written_before_a_column_was_added_show_it_as_missing(root):
    newer = Table(
        VINTAGES.name,
        VINTAGES.description,
        (*VINTAGES.columns, Column("band_low", "double", "Lower end.", "index", nullable=True)),
        key=VINTAGES.key,
        partition_column=VINTAGES.partition_column,
    )
    publish(root, {"us": [newer]})  # before any file has the column that the contract describes
    ParquetStore(root).write("us", newer, vintages_frame("2020-04").assign(band_low=-1.0))
    path = publish(root, {"us": [newer]})
    assert query(path, "SELECT count(*), count(band_low) FROM us.sfri_vintages") == [(12, 3)]


def test_macros_answer_the_questions_they_promise(root):
    ParquetStore(root).write("us", VINTAGES, vintages_frame("2020-03", level=10))
    path = publish(root, {"us": [SFRI, VINTAGES]}, MACROS)
    assert query(path, "SELECT sfri FROM sfri_latest('us')") == [(3.0,)]
    assert query(path, "FROM sfri_latest('us', wanted_mode := 'paper')") == []
    as_of = "SELECT DISTINCT month FROM sfri_as_of('us', '2020-03-15')"
    assert query(path, as_of) == [("2020-02",)]
    revisions = (
        "SELECT ref_date::VARCHAR, first_sfri, last_sfri, revision FROM sfri_revisions('us')"
    )
    assert ("2020-01-31", 2.0, 10.0, 8.0) in query(path, revisions)


def test_macros_that_fail_leave_the_published_file_as_it_was(root, tmp_path):
    path = publish(root, {"us": [SFRI]})
    before = path.read_bytes()
    broken = tmp_path / "broken.sql"
    broken.write_text("CREATE MACRO oops(")
    with pytest.raises(duckdb.Error):
        publish(root, {"us": [SFRI]}, broken)
    assert path.read_bytes() == before
    assert list(root.glob(".warehouse.*")) == []


def test_leftovers_of_killed_publishers_are_swept(root):
    leftovers = [root / f".warehouse.duckdb.0.tmp{log}" for log in ("", ".wal")]
    for leftover in leftovers:
        leftover.write_bytes(b"half a file")
    publish(root, {"us": [SFRI]})
    assert not any(leftover.exists() for leftover in leftovers)


def test_the_log_of_an_analyst_who_wrote_and_crashed_stops_nobody_after_the_next_publish(root):
    path = publish(root, {"us": [SFRI]})
    path.chmod(0o644)
    crash = (
        "import duckdb, os, sys\n"
        "connection = duckdb.connect(sys.argv[1])\n"
        "connection.execute('CREATE TABLE note AS SELECT 1 AS i')\n"
        "os._exit(1)"
    )
    subprocess.run([sys.executable, "-c", crash, str(path)], check=False)
    log = path.with_name("warehouse.duckdb.wal")
    assert log.exists()
    publish(root, {"us": [SFRI]})
    assert not log.exists()
    assert query(path, "SELECT count(*) FROM us.sfri") == [(4,)]
    path.chmod(0o644)
    duckdb.connect(str(path)).close()


def test_a_table_written_while_another_publisher_is_at_work_is_not_lost(root, monkeypatch):
    at_work, go_on = threading.Event(), threading.Event()
    build = publishing._build

    def slow(*arguments):
        if not at_work.is_set():
            at_work.set()
            go_on.wait(10)
        return build(*arguments)

    monkeypatch.setattr(publishing, "_build", slow)
    first = threading.Thread(target=publish, args=(root, {"us": [SFRI]}))
    first.start()
    assert at_work.wait(10)
    ParquetStore(root).write("sandbox", WEIGHTS, weights_frame())
    second = threading.Thread(target=publish, args=(root, {"sandbox": [WEIGHTS]}))
    second.start()
    second.join(0.2)
    assert second.is_alive()
    go_on.set()
    first.join(10)
    second.join(10)
    assert "sandbox.sfri_weights" in views(root / "warehouse.duckdb")


def test_an_export_needs_nothing_else(root, tmp_path):
    (tmp_path / "hand over").mkdir()
    target = export(root, tmp_path / "hand over" / "copy.duckdb", macros_sql=MACROS)
    (root / "parquet").rename(root / "gone")
    assert views(target) == []
    assert query(target, "SELECT count(*) FROM us.sfri") == [(4,)]
    assert query(target, "SELECT count(DISTINCT month) FROM us.sfri_vintages") == [(3,)]
    assert query(target, "SELECT sfri FROM sfri_latest('us')") == [(3.0,)]
    comments = "SELECT comment FROM duckdb_tables() WHERE table_name = 'sfri'"
    assert query(target, comments) == [
        ("The index of systemic financial risk. Key: mode, ref_date.",)
    ]


def test_an_export_replaces_the_one_before(root, tmp_path):
    export(root, tmp_path / "copy.duckdb")
    ParquetStore(root).write("us", SFRI, sfri_frame(n=2))
    target = export(root, tmp_path / "copy.duckdb")
    assert query(target, "SELECT count(*) FROM us.sfri") == [(2,)]
    assert [file.name for file in tmp_path.glob("*copy*")] == ["copy.duckdb"]
