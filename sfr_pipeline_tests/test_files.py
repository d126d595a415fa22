import os

import pytest

from sfr_pipeline.files import STALE_AFTER_SECONDS, in_place_of, in_place_of_all


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


def test_an_error_leaves_the_old_files_and_nothing_else(tmp_path):
    paths = [tmp_path / "first", tmp_path / "second"]
    paths[0].write_text("old")

    def write_one_and_break_off():
        with in_place_of_all(paths) as asides:
            asides[0].write_text("new")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_one_and_break_off()
    assert names(tmp_path) == ["first"]
    assert paths[0].read_text() == "old"


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
