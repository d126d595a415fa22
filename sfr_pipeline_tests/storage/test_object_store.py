"""Claims about a warehouse in an object store; the store is a stand-in in memory.

The same over the network, with kills and in full numbers: `faults/test_object_store.py`.
"""

import datetime as dt
import gzip
import io
import re
import threading
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from sfr_pipeline.errors import ContractError, NotMaterializedError, SettingError, StorageError
from sfr_pipeline.operation import archive
from sfr_pipeline.operation.tidy import tidy
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline.storage import object_store, publish, tickets
from sfr_pipeline.storage.contract import Column, Table
from sfr_pipeline.storage.folder import Folder
from sfr_pipeline.storage.object_store import ObjectStore
from sfr_pipeline.storage.parquet import ParquetStore
from sfr_pipeline.storage.places import open_warehouse
from sfr_pipeline.storage.tables import CATALOGUES
from sfr_pipeline.storage.validation import conform
from sfr_pipeline.workspace import Url, cache_folder, crawl_folder, place_of
from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.storage.objects import ROOT, names, stand_in
from sfr_pipeline_tests.storage.samples import (
    SFRI,
    VINTAGES,
    WEIGHTS,
    sfri_frame,
    vintages_frame,
    weights_frame,
)

MONTHS = ("2020-01", "2020-02", "2020-03")
JOURNAL = "parquet/us/sfri_vintages/.staged/pending.json"


@pytest.fixture
def memory(monkeypatch, tmp_path):
    return stand_in(monkeypatch, tmp_path / "cache")


@pytest.fixture
def store(memory):
    store = ParquetStore(ROOT)
    store.write("us", SFRI, sfri_frame())
    store.write("us", VINTAGES, vintages_frame(*MONTHS))
    return store


def fill(root):
    """The same writes of every kind into a store anywhere."""
    store = ParquetStore(root)
    store.write("us", SFRI, sfri_frame())
    store.write("us", VINTAGES, vintages_frame(*MONTHS))
    store.write("us", VINTAGES, vintages_frame("2020-02", level=5))
    store.write_month("us", VINTAGES, "2020-04", iter([vintages_frame("2020-04")]))
    for hour in (1, 2):
        at = dt.datetime(2020, 1, 1, hour)
        store.append("us", replace(SFRI, name="told", append_only=True), sfri_frame(), at, "run")


def test_what_is_written_is_byte_for_byte_what_a_folder_holds(memory, tmp_path):
    fill(ROOT)
    fill(tmp_path / "wh")
    folder = (path for path in (tmp_path / "wh").rglob("*") if path.is_file())
    local = {
        path.relative_to(tmp_path / "wh").as_posix(): path.read_bytes()
        for path in folder
        if ".staged" not in path.parts
    }
    # Nothing is left aside: no half of a change, no flag of a lock.
    assert names(memory) == sorted(local)
    assert {name: memory.objects[f"{ROOT.key}/{name}"][0] for name in local} == local
    assert not any((tmp_path / "cache" / "aside").iterdir())


def test_tables_read_as_from_a_folder(store):
    assert store.months("us", VINTAGES) == list(MONTHS)
    assert store.count("us", VINTAGES) == len(store.read("us", VINTAGES)) == 9
    assert len(store.read("us", VINTAGES, ["2020-02"])) == 3
    assert sum(map(len, store.read_month("us", VINTAGES, "2020-03"))) == 3
    assert not store.exists("us", WEIGHTS)
    (file,) = store.files("us", SFRI)
    assert str(file) == "s3://bucket/wh/parquet/us/sfri/data.parquet"
    with pytest.raises(NotMaterializedError, match="never written for 2020-07"):
        store.read("us", VINTAGES, ["2020-07"])


def test_a_file_that_cannot_be_read_is_named_by_its_address_with_the_remedy(store, memory):
    name = f"{ROOT.key}/parquet/us/sfri_vintages/month=2020-02/part-0.parquet"
    memory.objects[name] = (b"PAR1 and then nothing", 0.0)
    with pytest.raises(
        StorageError, match=r"s3://bucket/wh/.*sfri_vintages again, partition 2020-02"
    ):
        store.read("us", VINTAGES)


def test_a_writer_that_raises_leaves_the_old_objects_and_nothing_aside(store, memory):
    before = dict(memory.objects)
    with pytest.raises(TypeError), store.filesystem.replacing("reports/us.html") as page:
        page.write_bytes("no bytes")
    broken = iter([vintages_frame("2020-01", level=7), sfri_frame()])
    with pytest.raises(ContractError):
        store.write_month("us", VINTAGES, "2020-01", broken)
    assert memory.objects == before


def test_an_upload_that_breaks_off_is_never_seen_by_readers(store, memory, monkeypatch):
    monkeypatch.setattr(object_store, "AT_ONCE", 10)
    before = dict(memory.objects)

    def half(source, target, length=0):
        target.write(source.read()[:100])

    monkeypatch.setattr(object_store.shutil, "copyfileobj", half)
    with pytest.raises(StorageError, match="was not put whole"):
        store.write("us", SFRI, sfri_frame(level=3))
    assert memory.objects == before


def test_a_change_whose_process_died_between_two_copies_is_completed_by_the_next_reader(
    store, memory, monkeypatch
):
    class Killed(BaseException):
        pass

    copy, copies = memory.cp_file, []

    def dies(*names, **options):
        copies.append(names)
        if len(copies) == 2:
            raise Killed
        copy(*names, **options)

    monkeypatch.setattr(memory, "cp_file", dies)
    with pytest.raises(Killed):
        store.write("us", VINTAGES, vintages_frame(*MONTHS, level=10))
    monkeypatch.setattr(memory, "cp_file", copy)
    assert JOURNAL in names(memory)
    level = store.read("us", VINTAGES).groupby("as_of")["sfri"].max()
    assert (level > 9).all()
    assert not [name for name in names(memory) if ".staged" in name]


def test_a_journal_that_was_put_though_told_otherwise_changes_nothing(store, memory, monkeypatch):
    before = dict(memory.objects)
    put = ObjectStore.put_text

    def lost_answer(self, name, text):
        put(self, name, text)
        if name == JOURNAL:
            raise OSError("the answer was lost")

    monkeypatch.setattr(ObjectStore, "put_text", lost_answer)
    with pytest.raises(OSError, match="lost"):
        store.write("us", VINTAGES, vintages_frame(*MONTHS, level=10))
    assert memory.objects == before


def test_an_object_replaced_while_it_is_read_is_fetched_again(store, memory, monkeypatch):
    name = f"{ROOT.key}/parquet/us/sfri/data.parquet"
    fetched, fetches = object_store._fetched, []

    def slow(source, aside):
        fetches.append(source.size())
        found = fetched(source, aside)
        if len(fetches) == 1:
            memory.objects[name] = (b"another, of another size", 0.0)
        return found

    monkeypatch.setattr(object_store, "_fetched", slow)
    with store.filesystem.open("parquet/us/sfri/data.parquet") as file:
        assert file.read() == b"another, of another size"
    assert len(fetches) == 2


def test_two_writers_at_once_take_turns_and_leave_months_of_one(store):
    errors = []

    def write(level):
        try:
            for _ in range(5):
                store.write("us", VINTAGES, vintages_frame(*MONTHS, level=level))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(level,)) for level in (100, 200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    frame = store.read("us", VINTAGES)
    assert (frame.groupby("as_of")["sfri"].max() // 100).nunique() == 1


def test_additions_at_once_take_no_name_twice_and_make_one_chain(memory):
    store = ParquetStore(ROOT)
    at = dt.datetime(2020, 1, 1)
    frame = Warehouse(root=str(ROOT)).read_if_there("us", CATALOGUES)
    refused = []

    def add(number):
        try:
            store.append("us", CATALOGUES, frame, at, f"run{number}")
        except ContractError as error:
            refused.append(str(error))

    threads = [threading.Thread(target=add, args=(number % 3,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 3
    assert all("is there already" in said for said in refused)
    assert archive.verify(ROOT) == [archive.Kept("parquet/us/catalogues", 3)]


def test_the_lock_of_a_dead_process_is_taken_over_and_one_that_is_renewed_is_not(
    memory, monkeypatch, caplog
):
    for setting, seconds in (("DEAD_AFTER", 0.3), ("RENEWED_AFTER", 0.05), ("LONGEST_PAUSE", 0.1)):
        monkeypatch.setattr(tickets, setting, seconds)
    files = ObjectStore(ROOT)
    with files.lock("a/lock", "the lock") as still_held:
        with pytest.raises(TimeoutError), files.lock("a/lock", "the lock", patience=0.6):
            pass
        still_held()
    files.put_text("a/lock/somebody.0", "")  # and never again
    with files.lock("a/lock", "the lock"):
        pass
    assert "gone" in caplog.text
    assert names(memory) == []


def test_who_lost_the_lock_changes_nothing(store, memory, monkeypatch):
    before = store.read("us", VINTAGES)

    def standing_still():
        yield vintages_frame("2020-01", level=50)
        for flag in [name for name in memory.objects if "/lock/" in name]:
            del memory.objects[flag]

    with pytest.raises(StorageError, match="was lost"):
        store.write_month("us", VINTAGES, "2020-01", standing_still())
    assert store.read("us", VINTAGES).equals(before)


def test_a_publisher_that_was_overtaken_publishes_again(store, monkeypatch):
    build, other = publish._build, []

    def overtaken(*arguments):
        found = build(*arguments)
        if not other:
            other.append(True)
            ParquetStore(ROOT).write("sandbox", WEIGHTS, weights_frame())
            publish.publish(ROOT, {"sandbox": [WEIGHTS]})
        return found

    monkeypatch.setattr(publish, "_build", overtaken)
    publish.publish(ROOT, {"us": [SFRI, VINTAGES]})
    with open_warehouse(str(ROOT)) as connection:
        found = connection.execute(
            "SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal ORDER BY ALL"
        ).fetchall()
        assert found == [("sandbox", "sfri_weights"), ("us", "sfri"), ("us", "sfri_vintages")]
        counted = "SELECT month, count(*) FROM us.sfri_vintages GROUP BY ALL ORDER BY ALL"
        assert connection.execute(counted).fetchall() == [(month, 3) for month in MONTHS]
        assert connection.execute("SELECT sfri FROM sfri_latest('us')").fetchall() == [(3.0,)]


def test_the_call_that_the_page_on_the_warehouse_shows_answers(memory, monkeypatch, capsys):
    root = Url("s3://risk/warehouse")
    ParquetStore(root).write("us", SFRI, sfri_frame())
    publish.publish(root, {"us": [SFRI]})
    page = (CHECKOUT / "docs" / "warehouse.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    monkeypatch.setenv("SFR_WAREHOUSE", str(root))
    for example in (shown, shown.replace("warehouse()", f'warehouse("{root}")')):
        exec(example, {})
        assert "3.0" in capsys.readouterr().out
    assert f'open_warehouse("{root}")' in shown


def test_threads_that_share_an_open_object_get_what_each_has_asked_for(memory):
    columns = tuple(Column(f"x{n}", "int", "A number.") for n in range(6))
    table = Table("wide", "Several row groups of several columns.", columns, key=("x0",))
    rows = np.random.default_rng(1).integers(0, 2**62, (60_000, 6))
    frame = pd.DataFrame(rows, columns=[column.name for column in columns])
    content = io.BytesIO()
    stored = conform(table, frame)
    pq.write_table(stored, content, row_group_size=3_000, compression="none")
    assert len(content.getvalue()) > 2 << 20
    memory.objects[f"{ROOT.key}/parquet/us/wide/data.parquet"] = (content.getvalue(), time.time())
    publish.publish(ROOT, {"us": [table]})
    true = [int(rows[:, n].astype(object).sum()) for n in range(6)]
    with open_warehouse(ROOT) as connection:
        connection.execute("SET threads = 8")
        sums = ", ".join(f"sum(x{n}::HUGEINT)" for n in range(6))
        for _ in range(20):
            assert list(connection.execute(f"SELECT {sums} FROM us.wide").fetchone()) == true


def test_what_is_published_is_built_once_and_shows_what_is_written_later(store, monkeypatch):
    publish.publish(ROOT, {"us": [SFRI]})
    with open_warehouse(ROOT) as connection:
        store.write("us", SFRI, sfri_frame(level=100))
        assert connection.execute("SELECT max(sfri) FROM us.sfri").fetchone() == (103.0,)
    monkeypatch.setattr(publish, "_build", None)
    assert publish.publish(ROOT, {"us": [SFRI, VINTAGES]}) == ROOT / "warehouse.duckdb"
    assert not publish.is_moved(ROOT)


def test_an_export_and_a_backup_lie_in_a_folder_or_in_the_store(store, tmp_path):
    copy = publish.export(ROOT, tmp_path / "copy.duckdb")
    assert copy.stat().st_size > 0
    at = dt.datetime(2020, 1, 1)
    frame = CATALOGUES.empty()
    store.append("us", CATALOGUES, frame, at, "run")
    for place in (tmp_path / "backup", Url("s3://bucket/backup")):
        assert archive.backup(ROOT, place) == [archive.Kept("parquet/us/catalogues", 1, 1)]
        new = tmp_path / f"of {type(place).__name__}"
        assert archive.restore(new, place) == [archive.Kept("parquet/us/catalogues", 1, 1)]


def test_reports_are_objects_and_a_browser_is_shown_a_copy(memory, tmp_path):
    warehouse = Warehouse(root=str(ROOT))
    assert (
        str(warehouse.write_report("us", "<p>one</p>", "<p>two</p>")) == f"{ROOT}/reports/us.html"
    )
    warehouse.keep_report("us", "<p>one</p>", "2020-01-01")
    assert names(memory) == [
        "reports/archive/us/2020-01-01.html.gz", "reports/us.html", "reports/us_evidence.html",
    ]  # fmt: skip
    kept, _ = memory.objects[f"{ROOT.key}/reports/archive/us/2020-01-01.html.gz"]
    assert gzip.decompress(kept) == b"<p>one</p>"
    page = warehouse.report_here("us")
    assert page.read_text() == "<p>one</p>"
    assert (page.parent / "us_evidence.html").read_text() == "<p>two</p>"
    warehouse.write_report("us", "<p>three</p>")
    assert "reports/us_evidence.html" not in names(memory)
    assert warehouse.report_here("us").read_text() == "<p>three</p>"


def test_what_a_killed_writer_left_aside_is_swept_after_a_day(store, memory):
    left = "reports/.staged/.us.html.a.tmp"
    memory.objects[f"{ROOT.key}/{left}"] = (b"half", time.time())
    assert tidy(ROOT) == []
    memory.objects[f"{ROOT.key}/{left}"] = (b"half", 0.0)
    assert [str(found.path) for found in tidy(ROOT)] == [f"{ROOT}/{left}"]
    assert left not in names(memory)


@pytest.mark.parametrize(
    "text",
    ["s3:/bucket/wh", "s3:bucket", "S3://bucket", "gs://bucket/wh", "https://host/wh", "s3://",
     "file:///wh", "s3://bucket/a*b", "s3://bucket//wh"],
)  # fmt: skip
def test_an_address_that_can_be_no_warehouse_is_refused_with_the_remedy(text, monkeypatch):
    monkeypatch.setenv("SFR_WAREHOUSE", text)
    with pytest.raises(SettingError, match=r"SFR_WAREHOUSE=.*(s3://BUCKET/PREFIX|another prefix)"):
        Warehouse().folder  # noqa: B018


def test_what_only_saves_time_stays_on_this_machine(monkeypatch, tmp_path):
    monkeypatch.delenv("SFR_CACHE", raising=False)
    monkeypatch.setenv("SFR_WORKSPACE", str(tmp_path))
    (tmp_path / "workspace.yaml").write_text("sfr_pipeline.definitions")
    root = place_of("s3://bucket/wh/", "SFR_WAREHOUSE")
    assert root == Url("s3://bucket/wh")
    assert cache_folder(root) == tmp_path / "cache"
    assert crawl_folder(root) == tmp_path / "cache" / "crawl"
    assert cache_folder(tmp_path / "wh") == tmp_path / "wh" / "cache"
    assert crawl_folder(tmp_path / "wh") == tmp_path / "wh" / "crawl"


def test_a_folder_stays_a_folder():
    assert isinstance(ParquetStore(place_of("/a:b/s3", "root")).filesystem, Folder)
