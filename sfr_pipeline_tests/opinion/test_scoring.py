import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sfr_pipeline.opinion.cache import ScoreCache

from benchmarks.sentiment import peak_memory
from sfr_pipeline.errors import SourceError
from sfr_pipeline.opinion import scoring
from sfr_pipeline.opinion.scoring import Scoring, progress_line, windows
from sfr_pipeline.storage.tables import SENTIMENT
from sfr_pipeline.storage.validation import conform


class Stub:
    """Its answer is a function of the text, and it remembers what it was asked."""

    def __init__(self, scorer_id="stub@0/fp32"):
        self.scorer_id, self.asked = scorer_id, []

    def probabilities(self, texts, done=None):
        self.asked.append(list(texts))
        for place in range(len(texts)):
            done(place + 1)
        return answers(texts)


def answers(texts):
    positive = np.array([len(text) % 7 / 10 for text in texts], dtype=np.float32)
    return np.column_stack([positive, np.float32(0.8) - positive, np.full_like(positive, 0.2)])


def posts(texts):
    return pd.DataFrame(
        {
            "post_id": [f"id{place}" for place in range(len(texts))],
            "published_at": pd.Timestamp("2020-01-01") + pd.to_timedelta(range(len(texts)), "min"),
            "text": pd.Series(texts, dtype="str"),
        }
    )


def in_frames(frame, size):
    return [frame.iloc[start : start + size] for start in range(0, len(frame), size)]


@pytest.fixture
def cache(tmp_path):
    with ScoreCache(tmp_path / "cache") as opened:
        yield opened


@given(st.lists(st.integers(0, 12), max_size=8), st.integers(1, 10))
def test_windows_keep_every_post_and_their_order(sizes, width):
    frame = posts([str(place) for place in range(sum(sizes))])
    ends = np.cumsum(sizes)
    parts = [frame.iloc[end - size : end] for end, size in zip(ends, sizes, strict=True)]
    found = list(windows(parts, width))
    assert [len(part) for part in found[:-1]] == [width] * (len(found) - 1)
    assert all(len(part) for part in found)
    ids = [post for part in found for post in part["post_id"]]
    assert ids == frame["post_id"].tolist()


def test_rows_are_those_of_the_table_in_the_order_of_the_posts(cache, monkeypatch):
    monkeypatch.setattr(scoring, "WINDOW", 30)
    rng = np.random.default_rng(0)
    texts = ["涨" * int(length) for length in rng.integers(1, 20, 100)]
    frame = posts(texts)
    found = pd.concat(Scoring(Stub(), cache).frames(in_frames(frame, 7)), ignore_index=True)
    assert found["post_id"].tolist() == frame["post_id"].tolist()
    assert found["published_at"].tolist() == frame["published_at"].tolist()
    expected = answers(texts)
    columns = ["p_positive", "p_negative", "p_neutral"]
    assert (found[columns].to_numpy() == expected).all()
    assert np.allclose(found["score"], expected[:, 0] - expected[:, 1])
    assert set(found["scorer"]) == {"stub@0/fp32"}
    conform(SENTIMENT, found)


def test_equal_texts_are_read_once(cache):
    stub = Stub()
    texts = ["看好", "看空", "看好"] * 50
    scored = Scoring(stub, cache)
    [found] = scored.frames([posts(texts)])
    assert stub.asked == [["看好", "看空"]]
    assert (scored.n_posts, scored.n_new) == (150, 2)
    assert (found["p_positive"].to_numpy() == answers(texts)[:, 0]).all()


def test_a_second_run_asks_the_model_nothing_and_gives_the_same(cache):
    frame = posts([f"第{place}帖" for place in range(300)])
    first = pd.concat(Scoring(Stub(), cache).frames([frame]))
    stub = Stub()
    again = Scoring(stub, cache)
    second = pd.concat(again.frames(in_frames(frame, 11)))
    assert stub.asked == []
    assert again.n_new == 0
    pd.testing.assert_frame_equal(first, second)


def test_another_revision_reads_again(cache):
    frame = posts(["看好"])
    list(Scoring(Stub("stub@0/fp32"), cache).frames([frame]))
    other = Stub("stub@1/fp32")
    list(Scoring(other, cache).frames([frame]))
    assert other.asked == [["看好"]]


def test_what_is_no_number_is_never_kept(cache):
    class Broken(Stub):
        def probabilities(self, texts, done=None):
            found = answers(texts)
            found[1, 2] = np.nan
            return found

    frame = posts(["看好", "看空", "观望"])
    with pytest.raises(SourceError, match=r"no number for 1 of 3 texts.*precision to fp32"):
        list(Scoring(Broken(), cache).frames([frame]))
    stub = Stub()
    list(Scoring(stub, cache).frames([frame]))
    assert stub.asked == [["看好", "看空", "观望"]]


def test_progress_is_said_over_all_streams_of_a_run(cache, monkeypatch):
    monkeypatch.setattr(scoring, "SECONDS_BETWEEN_REPORTS", 0)
    said = []
    scored = Scoring(Stub(), cache, total=20, say=said.append)
    for start in (0, 10):
        list(scored.frames([posts([f"{place}" for place in range(start, start + 10)])]))
    assert said[0].startswith("1 of 20 posts scored")
    done = [int(line.split()[0]) for line in said]
    assert done == sorted(done)
    assert said[-1].startswith("20 of 20 posts scored")
    assert said[-1].endswith("0:00:00 left")


def test_progress_waits_some_seconds_but_has_the_last_word(cache):
    said = []
    list(Scoring(Stub(), cache, 50, said.append).frames([posts(list(map(str, range(50))))]))
    assert len(said) == 1
    assert said[0].startswith("50 of 50 ")


def test_a_line_gives_speed_and_time_left():
    line = progress_line(12_000, 48_000, 120.0)
    assert line == "12,000 of 48,000 posts scored, 100 posts/s, 0:06:00 left"
    assert progress_line(0, 10, 0.0).endswith("unknown time left")
    assert progress_line(10, None, 2.0) == "10 posts scored, 5 posts/s"


def test_no_posts_make_no_frames(cache):
    assert list(Scoring(Stub(), cache, 0).frames([posts([])])) == []


@pytest.mark.faults
def test_memory_does_not_grow_with_the_number_of_posts():
    few, _ = peak_memory(10_000)
    many, seconds = peak_memory(1_000_000, 100_000)
    print(f"peak memory: {few:.0f} MiB for 10,000 posts, {many:.0f} MiB for 1,000,000")
    print(f"({seconds:.0f} s)")
    assert many < 1.1 * few
