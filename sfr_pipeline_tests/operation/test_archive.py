"""What is only added to: every change of it is found, and it can be copied, restored, compacted."""

import datetime as dt
import io
import shutil
import subprocess

import pandas as pd
import pytest

from sfr_pipeline.errors import StorageError
from sfr_pipeline.operation import archive
from sfr_pipeline.storage.contract import Column, Table
from sfr_pipeline.storage.folder import Folder
from sfr_pipeline.storage.parquet import ParquetStore

# Under the name of a table that is really added to.
TOLD = Table(
    name=archive.ADDED_TO[0],
    description="What was told.",
    columns=(Column("day", "date", "Day"), Column("value", "double", "Value")),
    key=("day",),
    append_only=True,
)
FOLDER = f"parquet/us/{TOLD.name}"
NOON = dt.datetime(2024, 1, 1, 12)


def add(root, number):
    day = pd.Timestamp(NOON) + pd.Timedelta(days=number)
    # Later days first, so that a file's rows are not in the order of all rows.
    frame = pd.DataFrame({"day": [day.normalize()], "value": [float(number)]})
    at = NOON + dt.timedelta(days=number)
    (path,) = ParquetStore(root).append("us", TOLD, frame, at, f"run{number}").files
    return path


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "warehouse"
    for number in range(4):
        add(root, number)
    return root


def added(root):
    return sorted((root / FOLDER).glob("*.parquet"))


def content(root):
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in (root / "parquet").rglob("*")
        if path.is_file() and path.parent.name != ".staged"
    }


def test_sha256sum_checks_a_folder(root):
    notes = sorted(path.name for path in (root / FOLDER).glob("*.sha256"))
    done = subprocess.run(
        ["sha256sum", "-c", *notes], cwd=root / FOLDER, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(": OK") == 5  # each file, and the last of them once more


def test_a_sound_archive_is_verified(root):
    assert archive.verify(root) == [archive.Kept(FOLDER, 4)]
    assert archive.verify(root.parent / "none") == []


@pytest.mark.parametrize("place", range(4))
def test_a_changed_file_is_named_wherever_it_stands(root, place):
    file = added(root)[place]
    whole = bytearray(file.read_bytes())
    whole[len(whole) // 2] ^= 1
    file.write_bytes(whole)
    with pytest.raises(StorageError, match=r"does not have the hash[\s\S]*restore") as raised:
        archive.verify(root)
    assert str(file) in str(raised.value)


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("with_its_note", [False, True])
def test_a_missing_file_is_named_wherever_it_stood(root, place, with_its_note):
    file = added(root)[place]
    file.unlink()
    if with_its_note:
        file.with_name(f"{file.name}.sha256").unlink()
    with pytest.raises(StorageError, match="is missing") as raised:
        archive.verify(root)
    assert str(file) in str(raised.value)


def test_a_file_put_there_by_another_hand_is_named(root):
    file = added(root)[0]
    foreign = file.with_name("20240101T130000.000000Z_me.parquet")
    shutil.copy(file, foreign)
    with pytest.raises(StorageError, match="beside it") as raised:
        archive.verify(root)
    assert str(foreign) in str(raised.value)


def test_a_file_replaced_together_with_its_note_is_found_by_the_file_after_it(root):
    first, second, *_ = added(root)
    shutil.copy(second, first)
    note = second.with_name(f"{second.name}.sha256").read_text()
    first.with_name(f"{first.name}.sha256").write_text(note.replace(second.name, first.name))
    with pytest.raises(StorageError, match="has changed since") as raised:
        archive.verify(root)
    assert str(first) in str(raised.value)


def test_a_backup_grows_and_brings_back_every_byte(root, tmp_path):
    copy = tmp_path / "backup"
    assert archive.backup(root, copy) == [archive.Kept(FOLDER, 4, 4)]
    add(root, 4)
    assert archive.backup(root, copy) == [archive.Kept(FOLDER, 5, 1)]
    before = content(root)
    assert content(copy) == before
    shutil.rmtree(root)
    assert archive.restore(root, copy) == [archive.Kept(FOLDER, 5, 5)]
    assert content(root) == before
    assert add(root, 5).exists()
    archive.verify(root)


@pytest.mark.parametrize("lost", [[0], [3], [1, 2], [0, 1, 2, 3]])
def test_what_is_missing_is_brought_back_and_what_is_newer_stays(root, tmp_path, lost):
    archive.backup(root, tmp_path / "backup")
    add(root, 4)
    before = content(root)
    for place in lost:
        added_then = sorted((tmp_path / "backup" / FOLDER).glob("*.parquet"))
        (root / FOLDER / added_then[place].name).unlink()
    archive.restore(root, tmp_path / "backup")
    assert content(root) == before


def test_what_differs_is_never_overwritten(root, tmp_path):
    archive.backup(root, tmp_path / "backup")
    first, second, *_ = added(root)
    first.write_bytes(b"another")
    second.unlink()
    before = content(root)
    with pytest.raises(StorageError, match="differs from the backup") as raised:
        archive.restore(root, tmp_path / "backup")
    assert str(first) in str(raised.value)
    assert content(root) == before
    first.unlink()
    archive.restore(root, tmp_path / "backup")
    assert len(ParquetStore(root).read("us", TOLD)) == 4


def test_a_damaged_archive_is_not_backed_up_and_a_damaged_backup_not_restored(root, tmp_path):
    copy = tmp_path / "backup"
    archive.backup(root, copy)
    before = content(copy)
    added(root)[1].write_bytes(b"damaged")
    add(root, 4)
    with pytest.raises(StorageError, match="does not have the hash"):
        archive.backup(root, copy)
    assert content(copy) == before
    added(copy)[2].write_bytes(b"damaged")
    with pytest.raises(StorageError, match="does not have the hash") as raised:
        archive.restore(tmp_path / "new", copy)
    assert str(added(copy)[2]) in str(raised.value)
    assert not added(tmp_path / "new")


def test_an_empty_folder_is_no_backup_and_a_warehouse_not_its_own(root, tmp_path):
    with pytest.raises(StorageError, match="holds no backup"):
        archive.restore(root, tmp_path / "none")
    with pytest.raises(StorageError, match="the warehouse itself"):
        archive.backup(root, root)


def test_compacted_tables_read_the_same_from_one_file_and_grow_on(root, tmp_path):
    store = ParquetStore(root)
    before = store.read("us", TOLD)
    assert archive.compact(root) == [archive.Kept(FOLDER, 1, 4)]
    pd.testing.assert_frame_equal(store.read("us", TOLD), before)
    assert len(added(root)) == 1
    assert not list(root.rglob("*.tmp"))
    archive.verify(root)
    assert archive.compact(root) == [archive.Kept(FOLDER, 1, 0)]
    add(root, 4)
    archive.verify(root)
    assert list(store.read("us", TOLD)["value"]) == [0, 1, 2, 3, 4]
    archive.compact(root)
    assert len(store.read("us", TOLD)) == 5


def test_a_compacted_archive_is_not_mixed_into_an_older_backup(root, tmp_path):
    archive.backup(root, tmp_path / "backup")
    archive.compact(root)
    with pytest.raises(StorageError, match="a backup folder of its own"):
        archive.backup(root, tmp_path / "backup")
    assert archive.backup(root, tmp_path / "another") == [archive.Kept(FOLDER, 1, 1)]


@pytest.mark.parametrize("fails", ["staging", "reading back"])
def test_a_compaction_that_fails_changes_nothing(root, monkeypatch, fails):
    before = content(root)
    if fails == "staging":
        monkeypatch.setattr(archive.chain, "hash_of", broken_at_last(archive.chain.hash_of))
    else:
        stage = archive.chain.stage
        monkeypatch.setattr(
            archive.chain,
            "stage",
            lambda change, name, rows, first: stage(change, name, rows.slice(1), first),
        )
    with pytest.raises(StorageError):
        archive.compact(root)
    assert content(root) == before
    assert not list(root.rglob("*.tmp"))


def broken_at_last(hash_of):
    def broken(file):
        # What was staged is a file of this machine, whatever the warehouse lies in.
        if isinstance(file, io.BufferedReader):
            raise StorageError("the disk is full")
        return hash_of(file)

    return broken


def test_a_compaction_killed_between_two_moves_is_completed_by_the_next_reader(root, monkeypatch):
    store = ParquetStore(root)
    before = store.read("us", TOLD)

    class Killed(BaseException):
        pass

    replaced, real = [], type(root).replace

    def replace(self, target):
        if len(replaced) == 4:
            raise Killed
        replaced.append(target)
        return real(self, target)

    monkeypatch.setattr(type(root), "replace", replace)
    with pytest.raises(Killed):
        archive.compact(root)
    monkeypatch.undo()
    assert len(added(root)) < 4
    pd.testing.assert_frame_equal(store.read("us", TOLD), before)
    assert len(added(root)) == 1
    archive.verify(root)


def test_an_addition_while_the_archive_is_checked_is_no_fault(root, monkeypatch):
    faults = archive.chain.faults
    seen = []

    def between_two_moves(files, folder):
        seen.append(folder)
        if len(seen) == 1:
            return iter([archive.chain.Fault(files.path(folder), "is missing")])
        return faults(files, folder)

    monkeypatch.setattr(archive.chain, "faults", between_two_moves)
    archive.verify(root)
    assert len(seen) == 2


def test_additions_of_two_processes_at_once_make_one_chain(root):
    import threading

    threads = [threading.Thread(target=add, args=(root, number)) for number in range(10, 22)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert archive.verify(root) == [archive.Kept(FOLDER, 16)]
    with Folder(root).lock(f"{FOLDER}/.staged/lock", "nobody", patience=0.0):
        pass
