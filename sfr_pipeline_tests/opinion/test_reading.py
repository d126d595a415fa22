"""Whoever reads a shard gives the same bytes, and another model is refused."""

import pickle
import random

import numpy as np
import pandas as pd
import pytest
import torch

from sfr_pipeline.engine import Local
from sfr_pipeline.errors import SourceError
from sfr_pipeline.opinion import precision, reading, scorer, shards
from sfr_pipeline.opinion.checkpoint import model_named
from sfr_pipeline.opinion.reading import readers_of, shard_reader
from sfr_pipeline.opinion.scorer import in_precision
from sfr_pipeline.opinion.scoring import Scoring
from sfr_pipeline.opinion.shard_store import ShardStore
from sfr_pipeline.sandbox.sentences import Writer
from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.opinion.stored_posts import MARKET, MONTH, store_of
from sfr_pipeline_tests.opinion.tiny import random_bert

SANDBOX = model_named("sandbox", "zh", precision="fp32")


def synthetic_texts(n):
    writer = Writer(np.random.default_rng(0))
    return [writer.post("positive" if place % 2 else "negative") for place in range(n)]


@pytest.fixture
def store(tmp_path, monkeypatch):
    """Posts of several shards."""
    for name, size in {"WINDOW": 120, "SMALLEST": 30, "ENDS_ONE_IN": 60}.items():
        monkeypatch.setattr(shards, name, size)
    return store_of(tmp_path, synthetic_texts(400))


def rows_of(store, engine, folder):
    reader = shard_reader(store, MARKET, SANDBOX, CHECKOUT, "cpu", engine)
    kept = ShardStore(folder, reader.scorer_id)
    scoring = Scoring(store, MARKET, [MONTH], reader, kept, engine)
    try:
        return scoring.n_new, pd.concat(scoring.frames(MONTH), ignore_index=True)
    finally:
        scoring.close()


def test_one_process_or_two_give_the_same_bytes_and_a_second_run_reads_nothing(store, tmp_path):
    alone = rows_of(store, Local(1), tmp_path / "alone")
    two = rows_of(store, Local(2), tmp_path / "two")
    assert alone[0] == two[0] == 400
    pd.testing.assert_frame_equal(alone[1], two[1], check_exact=True)
    assert 4 <= len(list((tmp_path / "two").rglob("*.parquet"))) <= 14
    again = rows_of(store, Local(1), tmp_path / "two")
    assert again[0] == 0
    pd.testing.assert_frame_equal(alone[1], again[1], check_exact=True)


@pytest.fixture
def threads():
    """Sets how many threads torch may use."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


@pytest.mark.parametrize(
    "name", ["fp32", *(pytest.param(n, marks=pytest.mark.faults) for n in ("bf16", "int8"))]
)
def test_threads_change_no_bit(threads, name):
    loaded = scorer.Loaded(
        "random",
        lambda texts, **options: {"input_ids": [[ord(c) % 200 for c in text] for text in texts]},
        # Wide enough that torch's threads would divide its sums.
        random_bert(hidden=1536, layers=1),
        {"positive": 0, "negative": 1, "neutral": 2},
        60,
    )
    texts = ["涨" * length for length in random.Random(0).choices(range(3, 50), k=100)]
    read = in_precision(loaded, name, "cpu").probabilities
    found = set()
    for number in (1, 2):
        threads(number)
        # Several batches, and few tokens alone.
        found.add(read(texts).tobytes() + read(texts[:2]).tobytes())
        assert torch.get_num_threads() == number
    assert len(found) == 1


def test_a_shard_is_read_alike_whatever_was_read_before(store):
    reader = shard_reader(store, MARKET, SANDBOX, CHECKOUT, "cpu", Local(1))
    every = shards.shards(store, MARKET, MONTH)
    forwards = [reader(shard).tobytes() for shard in every]
    backwards = [reader(shard).tobytes() for shard in reversed(every)]
    assert forwards == backwards[::-1]


def test_the_precision_is_chosen_once_and_sent_along(store, monkeypatch):
    monkeypatch.setattr(precision, "MEASURED_SECONDS", 0.001)
    chosen = []
    whole = scorer.choose

    def choose(*arguments):
        chosen.append(whole(*arguments))
        return chosen[-1]

    monkeypatch.setattr(scorer, "choose", choose)
    automatic = SANDBOX.model_copy(update={"precision": "auto"})
    reader = shard_reader(store, MARKET, automatic, CHECKOUT, "cpu", Local(1))
    assert "measured on this machine" in reader.description
    sent = pickle.loads(pickle.dumps(reader))
    assert sent.scorer is None
    assert sent == reader
    [shard, *_] = shards.shards(store, MARKET, MONTH)
    assert sent(shard).tobytes() == reader(shard).tobytes()
    assert [choice.precision for choice in chosen] == [sent.model.precision]


def test_another_model_on_another_machine_is_refused(store):
    reader = shard_reader(store, MARKET, SANDBOX, CHECKOUT, "cpu", Local(1))
    sent = pickle.loads(pickle.dumps(reader))
    object.__setattr__(sent, "scorer_id", "another@1/fp32")
    [shard, *_] = shards.shards(store, MARKET, MONTH)
    with pytest.raises(SourceError, match="the same files of the checkpoint on every machine"):
        sent(shard)


class Answers:
    """A scorer whose answers are given."""

    scorer_id = "stub@0/fp32"

    def __init__(self, found):
        self.found, self.asked = np.array(found, dtype=np.float32), []

    def probabilities(self, texts, done=None):
        self.asked.append(texts)
        return self.found[: len(texts)]


def test_equal_texts_are_read_once():
    stub = Answers([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3]])
    found = reading.probabilities(stub, ["看好", "看空", "看好"])
    assert stub.asked == [["看好", "看空"]]
    assert found.tolist() == stub.found[[0, 1, 0]].tolist()


def test_what_is_no_number_is_refused():
    stub = Answers([[0.7, 0.2, 0.1], [0.1, np.nan, 0.3], [0.3, 0.3, 0.4]])
    with pytest.raises(SourceError, match=r"no number for 1 of 3 texts.*precision to fp32"):
        reading.probabilities(stub, ["看好", "看空", "观望"])


def test_one_machine_reads_in_one_process_with_all_its_threads():
    assert readers_of(Local(), "cpu") == readers_of(Local(8), "cuda:0") == Local(1)
