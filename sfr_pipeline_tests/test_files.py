import errno
import os
from pathlib import Path

import pytest

from sfr_pipeline.errors import StorageError
from sfr_pipeline.files import STALE_AFTER_SECONDS, in_place_of


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_old_file_stands_until_the_block_has_ended(tmp_path):
    path = tmp_path / "page.html"
    path.write_text("old")
    with in_place_of(path) as aside:
        aside.write_text("new")
        assert path.read_text() == "old"
        assert aside.parent == tmp_path
    assert path.read_text() == "new"
    assert names(tmp_path) == ["page.html"]


def test_folders_are_made_where_they_are_missing(tmp_path):
    with in_place_of(tmp_path / "a" / "b" / "page.html") as aside:
        aside.write_text("new")
    assert names(tmp_path / "a" / "b") == ["page.html"]


def break_off(path, error):
    with in_place_of(path) as aside:
        aside.write_text("new")
        raise error


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "first"
    path.write_text("old")
    with pytest.raises(ValueError, match="no number"):
        break_off(path, ValueError("no number"))
    assert names(tmp_path) == ["first"]
    assert path.read_text() == "old"


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSPC, "free some space"),
        (errno.EROFS, "mount it for writing"),
        (errno.EACCES, "give this user the right"),
        (errno.EDQUOT, "free some of your quota"),
    ],
)
def test_what_a_disk_refuses_is_told_with_path_and_remedy(tmp_path, number, remedy):
    path = tmp_path / "first"
    with pytest.raises(StorageError, match=remedy) as raised:
        break_off(path, OSError(number, os.strerror(number)))
    assert str(path) in str(raised.value)


def test_the_content_is_on_the_disk_before_the_file_is_in_place(tmp_path, monkeypatch):
    path, synced = tmp_path / "first", []

    def fsync(descriptor):
        synced.append((str(Path(f"/proc/self/fd/{descriptor}").readlink()), path.exists()))

    monkeypatch.setattr(os, "fsync", fsync)
    with in_place_of(path) as aside:
        aside.write_text("new")
    assert synced == [(str(aside), False)]


def test_whoever_writes_nothing_is_told_and_the_old_file_stays(tmp_path):
    path = tmp_path / "page.html"
    path.write_text("old")
    with pytest.raises(FileNotFoundError), in_place_of(path):
        pass
    assert path.read_text() == "old"


def test_leftovers_of_killed_writers_of_the_same_file_are_swept_and_no_others(tmp_path):
    path = tmp_path / "fit[1].bin"
    killed, live = tmp_path / ".fit[1].bin.a.tmp", tmp_path / ".fit[1].bin.b.tmp"
    others = tmp_path / ".fit1.bin.a.tmp"
    for leftover in (killed, live, others):
        leftover.write_text("half a file")
    long_ago = live.stat().st_mtime - 2 * STALE_AFTER_SECONDS
    for leftover in (killed, others):
        os.utime(leftover, (long_ago, long_ago))
    with in_place_of(path) as aside:
        aside.write_text("new")
    assert set(names(tmp_path)) == {path.name, live.name, others.name}
