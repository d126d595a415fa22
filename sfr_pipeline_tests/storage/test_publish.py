import datetime as dt
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sfr_pipeline.errors import StorageError
from sfr_pipeline.storage import filesystem
from sfr_pipeline.storage import publish as publishing
from sfr_pipeline.storage.contract import Column, Table
from sfr_pipeline.storage.damage import DamageError
from sfr_pipeline.storage.folder import Folder
from sfr_pipeline.storage.parquet import ParquetStore
from sfr_pipeline.storage.publish import export, publish
from sfr_pipeline.storage.stored_tables import damage
from sfr_pipeline_tests.storage.samples import (
    SFRI,
    VINTAGES,
    WEIGHTS,
    sfri_frame,
    vintages_frame,
    weights_frame,
)


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
    path = publish(tmp_path / "new", {"us": [SFRI]})
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
    path = publish(root, {"us": [SFRI, VINTAGES]})
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


def count_builds(monkeypatch):
    build, builds = publishing._build, []

    def counted(*arguments):
        builds.append(arguments)
        return build(*arguments)

    monkeypatch.setattr(publishing, "_build", counted)
    return builds


def test_what_a_table_holds_is_no_reason_to_build_anew_and_a_new_table_is(root, monkeypatch):
    path = publish(root, {"us": [SFRI, VINTAGES]})
    builds = count_builds(monkeypatch)
    ParquetStore(root).write("us", VINTAGES, vintages_frame("2020-04", "2020-02", level=5))
    assert publish(root, {"us": [SFRI, VINTAGES]}) == path
    assert publish(root, {}) == path
    assert builds == []
    assert query(path, "SELECT count(*) FROM us.sfri_vintages") == [(12,)]
    ParquetStore(root).write("us", WEIGHTS, weights_frame())
    publish(root, {"us": [SFRI, VINTAGES]})
    assert len(builds) == 1
    assert "us.sfri_weights" in views(path)


def test_another_description_or_another_macro_is_a_reason(root, tmp_path, monkeypatch):
    publish(root, {"us": [SFRI]})
    builds = count_builds(monkeypatch)
    path = publish(root, {"us": [replace(SFRI, description="Another text.")]})
    comment = "SELECT comment FROM duckdb_views() WHERE view_name = 'sfri'"
    assert query(path, comment) == [("Another text. Key: mode, ref_date.",)]
    macros = tmp_path / "macros.sql"
    macros.write_text("CREATE MACRO one() AS 1")
    publish(root, {"us": [SFRI]}, macros)
    assert query(path, "SELECT one()") == [(1,)]
    macros.write_text("CREATE MACRO one() AS 2")
    publish(root, {"us": [SFRI]}, macros)
    assert query(path, "SELECT one()") == [(2,)]
    assert len(builds) == 3


@pytest.mark.parametrize("content", [b"", b"PAR1 and then nothing", b"<html>404</html>"])
def test_a_table_with_an_unreadable_file_is_left_out_by_name_until_it_is_mended(root, content):
    store = ParquetStore(root)
    store.write("us", WEIGHTS, weights_frame())
    tables = {"us": [SFRI, VINTAGES, WEIGHTS]}
    path = publish(root, tables)
    (file,) = store.files("us", VINTAGES, ["2020-03"])
    file.write_bytes(content)
    store.write("us", replace(SFRI, name="another"), sfri_frame())
    with pytest.raises(DamageError, match="materialize us/sfri_vintages again, partition") as left:
        publish(root, tables)
    assert [found.file for found in left.value.found] == [file]
    assert views(path) == ["us.another", "us.sfri", "us.sfri_weights"]
    store.write("us", VINTAGES, vintages_frame("2020-03"))
    publish(root, tables)
    assert "us.sfri_vintages" in views(path)


def test_an_old_month_is_found_when_views_are_built_and_by_a_thorough_look(root):
    store = ParquetStore(root)
    (file,) = store.files("us", VINTAGES, ["2020-01"])
    file.write_bytes(b"")
    with pytest.raises(DamageError) as left:
        publish(root, {"us": [SFRI, VINTAGES]})
    assert [found.month for found in left.value.found] == ["2020-01"]
    assert views(root / "warehouse.duckdb") == ["us.sfri"]
    assert damage(root, "us", thorough=False) == []
    assert [found.file for found in damage(root, "us", thorough=True)] == [file]
    assert damage(root, "other", thorough=True) == []


def test_a_month_of_another_type_costs_its_own_table_in_an_export(root, tmp_path):
    (file,) = ParquetStore(root).files("us", VINTAGES, ["2020-01"])
    pq.write_table(pa.table({"as_of": ["never"]}), file)
    with pytest.raises(DamageError, match="column as_of is string, not date32"):
        export(root, tmp_path / "copy.duckdb", {"us": [SFRI, VINTAGES]})
    assert query(tmp_path / "copy.duckdb", "SELECT count(*) FROM us.sfri") == [(4,)]


def test_a_file_that_is_only_added_to_is_not_to_be_materialized_but_restored(root):
    told = replace(SFRI, name="told", append_only=True)
    at = dt.datetime(2020, 1, 1)
    (file,) = ParquetStore(root).append("us", told, sfri_frame(), at, "run").files
    file.write_bytes(b"")
    with pytest.raises(DamageError, match="restore it from a backup"):
        publish(root, {"us": [SFRI]})


def test_an_export_leaves_out_what_cannot_be_read_and_says_so(root, tmp_path):
    (file,) = ParquetStore(root).files("us", SFRI)
    whole = bytearray(file.read_bytes())
    whole[4:40] = bytes(36)  # what the file says of itself stays
    file.write_bytes(whole)
    with pytest.raises(DamageError, match=r"sfri/data\.parquet can't be read"):
        export(root, tmp_path / "copy.duckdb")
    assert query(tmp_path / "copy.duckdb", "SELECT count(*) FROM us.sfri_vintages") == [(9,)]


@pytest.mark.parametrize("name", ["a?b", "?", "a*b", "a[b]", "it's", 'say "hi"', "ü ä", "a;b#c%20"])
def test_a_folder_of_any_name_works(tmp_path, name):
    root = tmp_path / name
    store = ParquetStore(root)
    store.write("us", SFRI, sfri_frame())
    store.write("us", VINTAGES, vintages_frame("2020-01"))
    path = publish(root, {"us": [SFRI, VINTAGES]})
    assert query(path, "SELECT count(*) FROM us.sfri_vintages") == [(3,)]
    assert query(path, "SELECT sfri FROM sfri_latest('us')") == [(3.0,)]
    copy = export(root, root / "copy.duckdb")
    assert query(copy, "SELECT count(*) FROM us.sfri") == [(4,)]
    assert publish(root, {"us": [SFRI, VINTAGES]}) == path


def test_a_backslash_is_refused_with_the_reason(tmp_path):
    ParquetStore(tmp_path / "a\\b").write("us", SFRI, sfri_frame())
    with pytest.raises(StorageError, match="backslash"):
        publish(tmp_path / "a\\b", {"us": [SFRI]})


def test_views_follow_a_folder_that_was_moved(root, tmp_path):
    publish(root, {"us": [SFRI]})
    assert not publishing.is_moved(root)
    moved = root.rename(tmp_path / "elsewhere")
    assert publishing.is_moved(moved)
    path = publish(moved, {"us": [SFRI]})
    assert query(path, "SELECT count(*) FROM us.sfri") == [(4,)]
    assert not publishing.is_moved(moved)


def test_whoever_waits_for_another_publisher_says_so(root, monkeypatch, caplog):
    monkeypatch.setattr(filesystem, "TOLD_AFTER_SECONDS", (0.05, 0.1))
    files = Folder(root)
    with files.lock(publishing.LOCK, "a test"):
        waiting = threading.Thread(target=publish, args=(root, {"us": [SFRI]}))
        waiting.start()
        waiting.join(0.5)
        assert waiting.is_alive()
    waiting.join(10)
    assert not waiting.is_alive()
    told = [record.getMessage() for record in caplog.records]
    assert len(told) >= 3
    assert f"waiting for whoever publishes {root / 'warehouse.duckdb'} now" in told[0]
    assert str(root / publishing.LOCK) in told[0]


def test_an_export_needs_nothing_else(root, tmp_path):
    (tmp_path / "hand over").mkdir()
    target = export(
        root,
        tmp_path / "hand over" / "copy.duckdb",
    )
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
