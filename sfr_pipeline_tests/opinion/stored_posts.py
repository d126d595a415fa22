"""Posts in a store, and what reads them in place of a model."""

import numpy as np
import pandas as pd

from sfr_pipeline.opinion.shards import texts_of
from sfr_pipeline.storage.parquet import ParquetStore
from sfr_pipeline.storage.tables.opinion import INTERACTIONS, POSTS

MARKET = "mini"
MONTH = "2020-01"


def posts(texts, month=MONTH):
    """Rows of table ``posts``, in the order of the table."""
    n = len(texts)
    return pd.DataFrame(
        {
            "post_id": [f"{month}-{place:07d}" for place in range(n)],
            "published_at": pd.Timestamp(month) + pd.to_timedelta(np.arange(n) % 40_000, "min"),
            "text": pd.Series(texts, dtype="str"),
            "bar": "600519",
            "kind": 0,
            "text_is_full": True,
            **{name: pd.array([pd.NA] * n, dtype="Int64") for name in INTERACTIONS},
            "automatic": False,
            "retrieved_at": pd.Timestamp("2020-02-01"),
            "origin": "https://forum.example",
        }
    )


def store_of(root, texts, month=MONTH):
    """A store with a month of posts, or with one more of them."""
    store = ParquetStore(root)
    store.write(MARKET, POSTS, posts(texts, month), [month])
    return store


def answers(texts):
    """What the stub gives: a function of each text."""
    positive = np.array([len(text) % 7 / 10 for text in texts], dtype=np.float32)
    return np.column_stack([positive, np.float32(0.8) - positive, np.full_like(positive, 0.2)])


class Stub:
    """A reader that remembers what it was asked; ``answer`` may be replaced."""

    def __init__(self, store, scorer_id="stub@0/fp32"):
        self.store, self.scorer_id = store, scorer_id
        self.asked, self.answer = [], answers

    def __call__(self, shard, done=None):
        rows = self.store.read_rows(MARKET, POSTS, shard.month, shard.first, shard.stop, ["text"])
        texts = texts_of(rows)
        self.asked.append(texts)
        for place in range(len(texts)):
            done(place + 1)
        return self.answer(texts)
