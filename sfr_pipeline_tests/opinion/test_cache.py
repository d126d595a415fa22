import multiprocessing

import numpy as np
import pytest

from sfr_pipeline.errors import SourceError
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


def test_a_file_that_is_no_cache_is_named(tmp_path):
    (tmp_path / "cache").write_text("no database, but longer than a header would be " * 10)
    with pytest.raises(SourceError, match="delete it"):
        ScoreCache(tmp_path / "cache")


def test_texts_that_differ_by_an_invisible_character_are_two():
    keys = {text_key(text) for text in ("涨", "涨 ", "涨\x00", "\ud800", "\ud801", "")}
    assert len(keys) == 6
    assert {len(key) for key in keys} == {16}
