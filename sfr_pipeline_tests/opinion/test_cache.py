import multiprocessing
import sqlite3
from contextlib import closing, suppress

import numpy as np
import pytest

from sfr_pipeline.errors import StorageError
from sfr_pipeline.opinion import cache as module
from sfr_pipeline.opinion.cache import ScoreCache, text_key


def some(n, start=0):
    keys = [text_key(f"post {place}") for place in range(start, start + n)]
    values = np.random.default_rng(start).random((n, 3)).astype(np.float32)
    return keys, values


def fill(path, start):
    with ScoreCache(path) as cache:
        for step in range(20):
            keys, values = some(50, start + 50 * step)
            cache.insert("m@1/fp32", keys, values)


@pytest.mark.parametrize("n", [0, 1, 511, 512, 513, 2_000])
def test_what_was_kept_is_found_bit_by_bit(tmp_path, n):
    keys, values = some(n)
    with ScoreCache(tmp_path / "deep" / "cache.sqlite") as cache:
        cache.insert("m@1/fp32", keys, values)
    with ScoreCache(tmp_path / "deep" / "cache.sqlite") as cache:
        known, found = cache.lookup("m@1/fp32", keys[::-1])
    assert known.all()
    assert found.tobytes() == values[::-1].tobytes()


def test_only_what_was_kept_is_known(tmp_path):
    keys, values = some(10)
    with ScoreCache(tmp_path / "cache") as cache:
        assert not cache.lookup("m@1/fp32", keys)[0].any()
        cache.insert("m@1/fp32", keys[::2], values[::2])
        known, found = cache.lookup("m@1/fp32", keys)
        assert known.tolist() == [True, False] * 5
        assert (found[1::2] == 0).all()
        # Another revision or precision has read nothing.
        assert not cache.lookup("m@1/bf16", keys)[0].any()
        assert not cache.lookup("m@2/fp32", keys)[0].any()


def test_what_is_known_stays(tmp_path):
    keys, values = some(3)
    with ScoreCache(tmp_path / "cache") as cache:
        cache.insert("m", keys, values)
        cache.insert("m", keys, values + 1)
        assert (cache.lookup("m", keys)[1] == values).all()


def rows_in(path):
    with closing(sqlite3.connect(path)) as file:
        return file.execute("SELECT count(*) FROM probabilities").fetchone()[0]


@pytest.mark.parametrize(("few", "seconds", "written"), [(10, 60.0, 20), (100, 0.0, 20)])
def test_windows_are_written_together_but_never_late(tmp_path, monkeypatch, few, seconds, written):
    monkeypatch.setattr(module, "KEPT_BACK", few)
    monkeypatch.setattr(module, "SECONDS_KEPT_BACK", seconds)
    with ScoreCache(tmp_path / "cache") as cache:
        cache.insert("m", *some(written))
        assert rows_in(tmp_path / "cache") == written


def test_what_is_not_written_yet_is_found_and_written_at_the_end_of_an_error(tmp_path):
    keys, values = some(20)
    with suppress(KeyError), ScoreCache(tmp_path / "cache") as cache:
        cache.insert("m", keys, values)
        assert rows_in(tmp_path / "cache") == 0
        assert (cache.lookup("m", keys)[1] == values).all()
        assert not cache.lookup("other", keys)[0].any()
        raise KeyError
    assert rows_in(tmp_path / "cache") == 20


def test_two_processes_fill_it_at_once(tmp_path):
    path = tmp_path / "cache"
    context = multiprocessing.get_context("spawn")
    # Half of what each keeps, the other keeps too.
    processes = [context.Process(target=fill, args=(path, start)) for start in (0, 500)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    with ScoreCache(path) as cache:
        assert cache.lookup("m@1/fp32", some(1_500)[0])[0].all()


def filled(path, n=5_000):
    keys, values = some(n)
    with ScoreCache(path) as cache:
        cache.insert("m", keys, values)
    return keys, values


def assert_works(path, keys, values):
    """What a damaged file held may be lost; it is kept again, and whatever is found is right."""
    with ScoreCache(path) as cache:
        known, found = cache.lookup("m", keys)
        assert (found[known] == values[known]).all()
        cache.insert("m", keys, values)
    with ScoreCache(path) as cache:
        known, found = cache.lookup("m", keys)
        assert known.all()
        assert found.tobytes() == values.tobytes()


def said_of_damage(caplog):
    return [record.getMessage() for record in caplog.records if "damaged" in record.getMessage()]


def test_a_file_that_is_no_cache_is_moved_aside_with_one_warning(tmp_path, caplog):
    path, content = tmp_path / "cache", "no database, but longer than a header would be " * 10
    path.write_text(content)
    assert_works(path, *some(10))
    [said] = said_of_damage(caplog)
    [aside] = tmp_path.glob("cache.damaged-*")
    assert str(path) in said
    assert str(aside) in said
    assert aside.read_text() == content


@pytest.mark.parametrize("of_the_whole", [0.1, 0.5, 0.9])
def test_a_cache_that_was_cut_off_is_begun_anew_with_one_warning(tmp_path, caplog, of_the_whole):
    path = tmp_path / "cache"
    keys, values = filled(path)
    with path.open("rb+") as file:
        file.truncate(int(path.stat().st_size * of_the_whole))
    assert_works(path, keys, values)
    assert len(said_of_damage(caplog)) == 1


def test_a_cache_with_damaged_pages_in_its_middle_is_begun_anew(tmp_path):
    path = tmp_path / "cache"
    keys, values = filled(path)
    with path.open("rb+") as file:
        file.seek(8 * 4096)
        file.write(b"\xff" * 4096 * 8)
    assert_works(path, keys, values)


def test_another_sqlite_file_is_moved_aside(tmp_path, caplog):
    path = tmp_path / "cache"
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("CREATE TABLE probabilities (something INTEGER)")
    assert_works(path, *some(10))
    assert len(said_of_damage(caplog)) == 1


def test_a_damaged_entry_is_read_again(tmp_path):
    path = tmp_path / "cache"
    keys, values = filled(path, 3)
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("UPDATE probabilities SET p = x'00' WHERE text = ?", [keys[1]])
    with ScoreCache(path) as cache:
        assert cache.lookup("m", keys)[0].tolist() == [True, False, True]
    assert_works(path, keys, values)


def test_a_disk_that_refuses_the_cache_is_told_with_its_path(tmp_path):
    (tmp_path / "cache").mkdir()
    with pytest.raises(StorageError, match="cache of sentiment") as raised:
        ScoreCache(tmp_path / "cache")
    assert str(tmp_path / "cache") in str(raised.value)


def test_texts_that_differ_by_an_invisible_character_are_two():
    keys = {text_key(text) for text in ("涨", "涨 ", "涨\x00", "\ud800", "\ud801", "")}
    assert len(keys) == 6
    assert {len(key) for key in keys} == {16}
