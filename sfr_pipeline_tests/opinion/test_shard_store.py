"""Scores of shards are kept whole or not at all, and never in anybody's way."""

import os
import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sfr_pipeline.opinion.shard_store import DAYS_KEPT, ShardStore, unused_shards

DIGEST = "ab" * 16


def some(n, seed=0):
    return np.random.default_rng(seed).random((n, 3)).astype(np.float32)


@pytest.fixture
def kept(tmp_path):
    store = ShardStore(tmp_path / "sentiment", "m@1/fp32")
    store.put(DIGEST, some(300))
    return store


def file_of(kept):
    [path] = kept.folder.rglob("*.parquet")
    return path


def test_what_was_put_is_found_bit_by_bit_and_only_by_its_own_model(kept):
    found = kept.get(DIGEST)
    assert found.dtype == np.float32
    assert found.tobytes() == some(300).tobytes()
    assert kept.has(DIGEST)
    for other in ("m@1/bf16", "m@2/fp32"):
        stranger = ShardStore(kept.folder, other)
        assert not stranger.has(DIGEST)
        assert stranger.get(DIGEST) is None
    assert kept.get("cd" * 16) is None


def test_the_file_says_who_read_it_and_nothing_of_the_texts(kept):
    assert pq.read_schema(file_of(kept)).metadata[b"scorer"] == b"m@1/fp32"
    assert pq.read_schema(file_of(kept)).names == ["p_positive", "p_negative", "p_neutral"]


def cut_off(path):
    os.truncate(path, path.stat().st_size // 2)


def emptied(path):
    os.truncate(path, 0)


def one_bit(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)


def another_table(path):
    pq.write_table(pa.table({"a": [1]}), path)


def no_table(path):
    path.write_text("no Parquet file, but longer than its end would be " * 10, encoding="utf-8")


@pytest.mark.parametrize("damage", [cut_off, emptied, one_bit, another_table, no_table])
def test_a_damaged_file_counts_as_missing_with_one_warning_and_is_replaced(kept, caplog, damage):
    damage(file_of(kept))
    assert kept.get(DIGEST) is None
    [said] = [record.getMessage() for record in caplog.records]
    assert str(file_of(kept)) in said
    assert "read again" in said
    kept.put(DIGEST, some(300))
    assert kept.get(DIGEST).tobytes() == some(300).tobytes()


def test_a_disk_that_refuses_is_told_and_stops_nothing(tmp_path, caplog):
    (tmp_path / "sentiment").write_text("a file where the folder should be", encoding="utf-8")
    ShardStore(tmp_path / "sentiment", "m").put(DIGEST, some(3))
    [said] = [record.getMessage() for record in caplog.records]
    assert "not kept for the next run" in said


def test_what_no_run_has_used_for_months_is_swept_and_a_use_counts(kept):
    old = time.time() - (DAYS_KEPT + 1) * 86_400
    kept.put("cd" * 16, some(5))
    for path in kept.folder.rglob("*.parquet"):
        os.utime(path, (old, old))
    kept.get(DIGEST)
    assert [path.stem for path in unused_shards(kept.folder)] == ["cd" * 16]
    kept.sweep()
    assert kept.has(DIGEST)
    assert not kept.has("cd" * 16)
