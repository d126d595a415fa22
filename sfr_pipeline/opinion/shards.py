"""Cuts the posts of a month into shards, whose boundaries follow from the posts alone.

Belongs here: where a shard ends, and the digest of its texts. Does not belong here: how it is read
(`reading`), where its scores are kept (`shard_store`), and who does the work.

What a model gives for a text depends, in its last digits, on the texts that are read with it. So a
shard is always read by itself and as a whole, wherever and by how many that is done. It ends behind
a post whose identifier says so: a post that a later fetch inserts or withdraws changes the shard
that it lies in and perhaps the next, and leaves the others as they were.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from zlib import crc32

import numpy as np
import pandas as pd

from sfr_pipeline.opinion.retention import DROPPED
from sfr_pipeline.storage.parquet import ParquetStore
from sfr_pipeline.storage.tables.opinion import POSTS

# Posts of a shard. Wide enough that posts of nearly every length find enough of their like to share
# a batch.
WINDOW = 8_192
SMALLEST = WINDOW // 4
# One identifier in so many ends a shard, so that few shards are cut because they are full.
ENDS_ONE_IN = WINDOW // 2


@dataclass(frozen=True)
class Shard:
    """Posts that are read together.

    Attributes:
        month: as "YYYY-MM".
        first: place of the first post in the month, from 0.
        stop: place behind the last.
        texts: posts of these that have a text; it was dropped from the others.
        digest: of the texts, in their order.
    """

    month: str
    first: int
    stop: int
    texts: int
    digest: str

    def __str__(self) -> str:
        """What it is called in an error."""
        return f"posts {self.first + 1:,} to {self.stop:,} of {self.month}"


def shard_of(month: str, first: int, posts: pd.DataFrame) -> Shard:
    """The shard that some posts are.

    Args:
        month: of the posts.
        first: place of the first of them in the month.
        posts: with the column ``text``.
    """
    texts = texts_of(posts)
    return Shard(month, first, first + len(posts), len(texts), digest_of(texts))


def shards(store: ParquetStore, market: str, month: str) -> list[Shard]:
    """The shards of a stored month, in order.

    Raises:
        NotMaterializedError: the month was never written.
        StorageError: its file can't be read.
    """
    found: list[Shard] = []
    for posts in cut(store.read_month(market, POSTS, month, ["post_id", "text"])):
        found.append(shard_of(month, found[-1].stop if found else 0, posts))
    return found


def cut(batches: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """Posts of a month, in frames of one shard each.

    Args:
        batches: the posts in the order of the table, in frames of any size, with the column
            ``post_id`` and whatever else is wanted.
    """
    held: list[pd.DataFrame] = []
    ends = np.zeros(0, dtype=bool)
    for batch in batches:
        held.append(batch)
        ends = np.concatenate([ends, _ends(batch["post_id"])])
        while len(ends) >= WINDOW:
            size = _size(ends)
            posts, rest = _divided(held, size)
            yield posts
            held, ends = [rest], ends[size:]
    while len(ends):
        size = _size(ends)
        posts, rest = _divided(held, size)
        yield posts
        held, ends = [rest], ends[size:]


def texts_of(posts: pd.DataFrame) -> list[str]:
    """Texts of posts, without those that were dropped."""
    return [text for text in posts["text"] if text != DROPPED]


def digest_of(texts: list[str]) -> str:
    """Hash of texts and their order, 128 bits, so that two shards share one by chance never."""
    lengths = np.array([len(texts), *map(len, texts)], "<i8").tobytes()
    digest = hashlib.blake2b(lengths, digest_size=16)
    digest.update("".join(texts).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _ends(ids: "pd.Series[str]") -> np.ndarray:
    """Which posts are the last of their shard, if it has enough by then."""
    hashes = (crc32(id_.encode("utf-8", "surrogatepass")) for id_ in ids)
    return np.fromiter(hashes, dtype=np.int64, count=len(ids)) % ENDS_ONE_IN == 0


def _size(ends: np.ndarray) -> int:
    """Posts of the next shard, of the posts that are left or of the first ``WINDOW`` of them."""
    found = np.flatnonzero(ends[SMALLEST - 1 : WINDOW])
    return SMALLEST + int(found[0]) if len(found) else min(WINDOW, len(ends))


def _divided(frames: list[pd.DataFrame], size: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The first rows of all frames, and the others."""
    rows = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
    return rows.iloc[:size].reset_index(drop=True), rows.iloc[size:]
