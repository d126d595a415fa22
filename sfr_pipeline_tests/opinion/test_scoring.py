"""Which shards are read, what becomes of them, and what is said meanwhile."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.sentiment import peak_memory
from sfr_pipeline.errors import SourceError, StorageError
from sfr_pipeline.opinion import scoring, shards
from sfr_pipeline.opinion.scoring import Scoring, progress_line
from sfr_pipeline.opinion.shard_store import ShardStore
from sfr_pipeline.storage.tables.opinion import POSTS, SENTIMENT
from sfr_pipeline.storage.validation import conform
from sfr_pipeline_tests.opinion.stored_posts import (
    MARKET,
    MONTH,
    Stub,
    answers,
    posts,
    store_of,
)

NEXT = "2020-02"
PROBABILITIES = ["p_positive", "p_negative", "p_neutral"]


@pytest.fixture(autouse=True)
def small_shards(monkeypatch):
    for name, size in {"WINDOW": 40, "SMALLEST": 10, "ENDS_ONE_IN": 20}.items():
        monkeypatch.setattr(shards, name, size)


@pytest.fixture
def kept(tmp_path):
    return ShardStore(tmp_path / "cache", "stub@0/fp32")


def random_texts(n, seed=0):
    lengths = np.random.default_rng(seed).integers(1, 20, n)
    return ["涨" * int(length) + str(place) for place, length in enumerate(lengths)]


def scored(stub, kept, months=(MONTH,), **options):
    """The scoring when it is over, and its rows."""
    found = Scoring(stub.store, MARKET, months, stub, kept, **options)
    frames = [frame for month in months for frame in found.frames(month)]
    found.close()
    return found, pd.concat(frames, ignore_index=True)


def test_rows_are_those_of_the_table_in_the_order_of_the_posts(tmp_path, kept):
    texts = random_texts(130)
    stub = Stub(store_of(tmp_path, texts))
    _, found = scored(stub, kept)
    assert found["post_id"].tolist() == posts(texts)["post_id"].tolist()
    assert found["published_at"].tolist() == posts(texts)["published_at"].tolist()
    expected = answers(texts)
    assert (found[PROBABILITIES].to_numpy() == expected).all()
    assert np.allclose(found["score"], expected[:, 0] - expected[:, 1])
    assert set(found["scorer"]) == {"stub@0/fp32"}
    conform(SENTIMENT, found)
    assert 4 <= len(stub.asked) <= 13


def test_a_second_run_asks_the_model_nothing_and_gives_the_same(tmp_path, kept):
    store = store_of(tmp_path, random_texts(300))
    store_of(tmp_path, random_texts(70, seed=1), NEXT)
    first, rows = scored(Stub(store), kept, (MONTH, NEXT))
    again, same = scored(stub := Stub(store), kept, (MONTH, NEXT))
    assert (first.n_new, again.n_new, stub.asked) == (370, 0, [])
    pd.testing.assert_frame_equal(rows, same)


def test_a_month_that_is_fetched_again_is_read_where_it_changed(tmp_path, kept):
    texts = random_texts(400)
    scored(Stub(store_of(tmp_path, texts)), kept)
    stub = Stub(store_of(tmp_path, [*texts[:200], "新的", *texts[201:]]))
    _, rows = scored(stub, kept)
    assert len(stub.asked) == 1
    assert "新的" in stub.asked[0]
    assert (
        rows[PROBABILITIES].to_numpy().tolist()
        == answers([*texts[:200], "新的", *texts[201:]]).tolist()
    )


def test_equal_shards_of_a_run_are_read_once(tmp_path, kept):
    store = store_of(tmp_path, ["看好", "看空"])
    store_of(tmp_path, ["看好", "看空"], NEXT)
    found, rows = scored(stub := Stub(store), kept, (MONTH, NEXT))
    assert stub.asked == [["看好", "看空"]]
    assert (found.n_posts, found.n_new) == (4, 2)
    assert rows[PROBABILITIES].to_numpy().tolist() == answers(["看好", "看空"] * 2).tolist()


def test_another_revision_reads_again(tmp_path, kept):
    store = store_of(tmp_path, ["看好"])
    scored(Stub(store), kept)
    other = Stub(store, "stub@1/fp32")
    scored(other, ShardStore(kept.folder, other.scorer_id))
    assert other.asked == [["看好"]]


def test_an_error_of_the_reader_ends_the_month_and_keeps_what_was_read(tmp_path, kept):
    def fails(texts):
        if len(stub.asked) > 2:
            raise SourceError("no number")
        return answers(texts)

    stub = Stub(store_of(tmp_path, random_texts(130)))
    stub.answer = fails
    with pytest.raises(SourceError, match="no number"):
        scored(stub, kept)
    resumed = Stub(stub.store)
    scored(resumed, kept)
    assert resumed.asked[0] == stub.asked[2]


def test_damaged_scores_are_read_again(tmp_path, kept):
    stub = Stub(store_of(tmp_path, random_texts(130)))
    _, rows = scored(stub, kept)
    sizes = [len(texts) for texts in stub.asked]
    files = sorted(kept.folder.rglob("*.parquet"))
    assert len(files) == len(sizes)
    files[0].write_bytes(b"")
    stub.asked.clear()
    found, again = scored(stub, kept)
    assert [len(texts) for texts in stub.asked] == [found.n_new]
    pd.testing.assert_frame_equal(rows, again)
    assert scored(Stub(stub.store), kept)[0].n_new == 0


def test_a_disk_that_keeps_nothing_costs_no_result(tmp_path, caplog):
    (tmp_path / "full").write_text("no folder", encoding="utf-8")
    store = store_of(tmp_path, ["看好", "看空"])
    store_of(tmp_path, ["看好", "看空"], NEXT)
    refused = ShardStore(tmp_path / "full", "stub@0/fp32")
    _, rows = scored(Stub(store), refused, (MONTH, NEXT))
    assert rows[PROBABILITIES].to_numpy().tolist() == answers(["看好", "看空"] * 2).tolist()
    assert "not kept" in caplog.text


@pytest.mark.parametrize("n", [100, 129, 140])
def test_posts_that_are_written_meanwhile_are_refused(tmp_path, kept, n):
    stub = Stub(store_of(tmp_path, random_texts(130)))
    found = Scoring(stub.store, MARKET, [MONTH], stub, kept)
    store_of(tmp_path, random_texts(n))
    with pytest.raises(StorageError, match="2020-01 were written by another run"):
        list(found.frames(MONTH))


def test_posts_whose_text_was_dropped_keep_their_scores(tmp_path, kept):
    texts = random_texts(130)
    stub = Stub(store_of(tmp_path, texts))
    _, rows = scored(stub, kept)
    stub.store.write(MARKET, SENTIMENT, rows, [MONTH])
    # All texts of the first shards, and some of the others.
    left = ["" if place < 60 or place % 3 else text for place, text in enumerate(texts)]
    store_of(tmp_path, left)
    found, again = scored(stub, kept)
    pd.testing.assert_frame_equal(rows, again)
    assert found.n_new == sum(map(bool, left))
    assert found.what_was_kept is None
    other = Stub(stub.store, "stub@1/fp32")
    told, mixed = scored(other, ShardStore(kept.folder, other.scorer_id))
    assert mixed["scorer"].tolist() == ["stub@1/fp32" if text else "stub@0/fp32" for text in left]
    assert told.what_was_kept.startswith(f"{left.count('')} posts keep the scores of stub@0/fp32")
    stub.store.write(MARKET, SENTIMENT, rows.iloc[5:], [MONTH])
    with pytest.raises(SourceError, match="5 posts have neither a text nor a score"):
        scored(Stub(stub.store), kept)


def test_progress_is_said_over_all_months_of_a_run(tmp_path, kept, monkeypatch):
    monkeypatch.setattr(scoring, "SECONDS_BETWEEN_REPORTS", 0)
    said = []
    store = store_of(tmp_path, random_texts(100))
    store_of(tmp_path, random_texts(60, seed=1), NEXT)
    scored(Stub(store), kept, (MONTH, NEXT), say=said.append)
    assert said[0].startswith("1 of 160 posts scored")
    done = [int(line.split()[0]) for line in said]
    assert done == sorted(done)
    assert said[-1].startswith("160 of 160 posts scored")
    assert said[-1].endswith("0:00:00 left")


def test_progress_waits_some_seconds_but_has_the_last_word(tmp_path, kept):
    said = []
    scored(Stub(store_of(tmp_path, random_texts(50))), kept, say=said.append)
    assert len(said) == 1
    assert said[0].startswith("50 of 50 ")


def test_a_line_gives_speed_and_time_left():
    line = progress_line(12_000, 48_000, 120.0)
    assert line == "12,000 of 48,000 posts scored, 100 posts/s, 0:06:00 left"
    assert progress_line(0, 10, 0.0).endswith("unknown time left")


def test_no_posts_make_no_frames(tmp_path, kept):
    store = store_of(tmp_path, [])
    assert list(Scoring(store, MARKET, [MONTH], Stub(store), kept).frames(MONTH)) == []
    assert store.count(MARKET, POSTS, MONTH) == 0


@pytest.mark.faults
def test_memory_does_not_grow_with_the_number_of_posts():
    few, _ = peak_memory(10_000)
    many, seconds = peak_memory(1_000_000, 100_000)
    print(f"peak memory: {few:.0f} MiB for 10,000 posts, {many:.0f} MiB for 1,000,000")
    print(f"({seconds:.0f} s)")
    assert many < 1.1 * few
