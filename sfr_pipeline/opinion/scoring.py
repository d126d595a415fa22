"""From the posts of some months to rows of table ``sentiment``.

Belongs here: which shards have to be read, results as they arrive, progress. Does not belong here:
how a shard is read (`reading`), where posts come from and rows go.

Months are written one after another, in order, while shards are read in whatever order those who
read them finish. Memory holds one shard, and what arrived before its turn: 12 bytes a post.
"""

import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from datetime import timedelta
from functools import partial
from typing import Protocol

import numpy as np
import pandas as pd

from sfr_pipeline.engine import Engine, Local
from sfr_pipeline.engine.local import in_this_process
from sfr_pipeline.errors import SourceError
from sfr_pipeline.opinion.reading import changed_meanwhile
from sfr_pipeline.opinion.retention import DROPPED
from sfr_pipeline.opinion.shard_store import ShardStore
from sfr_pipeline.opinion.shards import Shard, cut, shard_of, shards
from sfr_pipeline.storage.parquet import ParquetStore
from sfr_pipeline.storage.tables.opinion import POSTS, SENTIMENT

SECONDS_BETWEEN_REPORTS = 5.0
POST_COLUMNS = ["post_id", "published_at", "text"]
SCORES = ["p_positive", "p_negative", "p_neutral", "score", "scorer"]


class Reader(Protocol):
    """Whatever reads shards: a `reading.ShardReader`, or what a test puts in its place."""

    @property
    def scorer_id(self) -> str:
        """Checkpoint, revision and precision."""
        ...

    def __call__(self, shard: Shard, done: Callable[[int], object] | None = None) -> np.ndarray:
        """Positive, negative, neutral of each text, shape (n_texts, 3)."""
        ...


class Scoring:
    """Scores the posts of some months of a market.

    What was read before is not read again. All months are looked through at once, so that whoever
    reads has the next shard at hand whatever month it is of.

    Args:
        store: of the tables.
        market: its name.
        months: to be scored, as "YYYY-MM".
        reader: of the shards; other processes are sent it.
        kept: looked up and filled.
        engine: who calls the reader.
        say: told in a line how far the scoring is, every few seconds and at its end.

    Attributes:
        n_posts: of all months.
        n_new: texts among them that the model has to read.
        others: posts that keep the score of another model, for their text was dropped, by model.
    """

    def __init__(
        self,
        store: ParquetStore,
        market: str,
        months: Sequence[str],
        reader: Reader,
        kept: ShardStore,
        engine: Engine | None = None,
        say: Callable[[str], object] | None = None,
    ) -> None:
        self.store, self.market, self.reader, self.kept = store, market, reader, kept
        self.say = say
        self.planned = {month: shards(store, market, month) for month in months}
        every = [shard for planned in self.planned.values() for shard in planned]
        self.n_posts = sum(shard.stop - shard.first for shard in every)
        # Where texts are equal, one shard is read for all.
        unread = {
            shard.digest: shard for shard in every if shard.texts and not kept.has(shard.digest)
        }
        self.n_new = sum(shard.texts for shard in unread.values())
        self.others: Counter[str] = Counter()
        self._awaited = set(unread)
        self._early: dict[str, np.ndarray] = {}
        self._engine = engine or Local(1)
        self._arriving = self._read(list(unread.values()))
        self._posts_early = self._posts_done = 0
        self._started = self._said = time.monotonic()

    def frames(self, month: str) -> Iterator[pd.DataFrame]:
        """Rows of table ``sentiment``, a frame a shard, in the order of the posts.

        The score is the probability of positive minus that of negative sentiment (equation (13)
        of the paper).

        Args:
            month: one of those to be scored; their order is that in which they are asked for.

        Raises:
            SourceError: the model gave something that is no number, or a post has neither a text
                nor a score.
            StorageError: the posts were written by another process meanwhile.
        """
        planned = self.planned[month]
        stored: pd.DataFrame | None = None
        place = 0
        for posts in cut(self.store.read_month(self.market, POSTS, month, POST_COLUMNS)):
            shard = shard_of(month, planned[place - 1].stop if place else 0, posts)
            if planned[place : place + 1] != [shard]:
                raise changed_meanwhile(self.market, month)
            place += 1
            gone = posts["text"] == DROPPED
            if gone.any() and stored is None:
                stored = self._stored(month)
            parts = [self._scored(posts[~gone], shard)] if shard.texts else []
            if stored is not None and gone.any():
                parts.append(self._kept(posts[gone], stored))
            self._posts_done += len(posts)
            self._report(self._posts_done, at_once=self._posts_done == self.n_posts)
            yield pd.concat(parts).sort_index() if len(parts) > 1 else parts[0]
        if place < len(planned):
            raise changed_meanwhile(self.market, month)

    def close(self) -> None:
        """Let go of those who read; delete what no run has used for months."""
        self._arriving.close()
        self.kept.sweep()

    @property
    def what_was_kept(self) -> str | None:
        """A sentence on posts that this model could not read; None where there are none."""
        if not self.others:
            return None
        return (
            f"{self.others.total():,} posts keep the scores of {', '.join(sorted(self.others))}: "
            f"their texts were dropped (forum.texts_kept_days), so {self.reader.scorer_id} can't "
            "read them"
        )

    def _scored(self, posts: pd.DataFrame, shard: Shard) -> pd.DataFrame:
        positive, negative, neutral = self._probabilities(shard).astype(np.float64).T
        return posts[["post_id", "published_at"]].assign(
            p_positive=positive,
            p_negative=negative,
            p_neutral=neutral,
            score=positive - negative,
            scorer=self.reader.scorer_id,
        )

    def _stored(self, month: str) -> pd.DataFrame:
        """Scores of a month as they are stored; none where it was never scored."""
        if month not in self.store.months(self.market, SENTIMENT):
            return SENTIMENT.empty()
        return self.store.read(self.market, SENTIMENT, [month])

    def _kept(self, posts: pd.DataFrame, stored: pd.DataFrame) -> pd.DataFrame:
        known = posts["post_id"].isin(stored["post_id"])
        if not known.all():
            raise SourceError(
                f"{int((~known).sum()):,} posts have neither a text nor a score: their texts were "
                "dropped (forum.texts_kept_days) and their rows of table sentiment are gone; fetch "
                "their month again (posts, then sentiment)"
            )
        rows = stored.set_index("post_id").loc[posts["post_id"], SCORES].set_index(posts.index)
        self.others.update(rows.loc[rows["scorer"] != self.reader.scorer_id, "scorer"])
        return posts[["post_id", "published_at"]].join(rows)

    def _probabilities(self, shard: Shard) -> np.ndarray:
        """Those of a shard's texts: just read, read before, or read now."""
        while shard.digest in self._awaited:
            self._receive()
        if shard.digest in self._early:
            self._posts_early -= shard.stop - shard.first
            return self._early.pop(shard.digest)
        found = self.kept.get(shard.digest)
        if found is not None and len(found) == shard.texts:
            return found
        # A damaged file, or a disk that kept nothing for the second of two equal shards.
        self.n_new += shard.texts
        [(_, found)] = self._read([shard])
        self.kept.put(shard.digest, found)
        return found

    def _receive(self) -> None:
        """Take the next shard that was read, whichever it is."""
        shard, found = next(self._arriving)
        self.kept.put(shard.digest, found)
        self._awaited.remove(shard.digest)
        self._early[shard.digest] = found
        self._posts_early += shard.stop - shard.first
        self._report(self._posts_done + self._posts_early)

    def _read(self, unread: Sequence[Shard]) -> Generator[tuple[Shard, np.ndarray]]:
        if in_this_process(self._engine):
            for shard in unread:
                yield shard, self.reader(shard, partial(self._report_within, shard))
            return
        for place, found in self._engine.completed(self.reader, unread):
            yield unread[place], found

    def _report_within(self, shard: Shard, texts: int) -> None:
        """Say how far a shard is that is being read in this process."""
        done = (shard.stop - shard.first) * texts // shard.texts
        self._report(self._posts_done + self._posts_early + done)

    def _report(self, posts: int, at_once: bool = False) -> None:
        now = time.monotonic()
        if self.say is None or not (at_once or now - self._said >= SECONDS_BETWEEN_REPORTS):
            return
        self._said = now
        self.say(progress_line(posts, self.n_posts, now - self._started))


def progress_line(posts: int, total: int, seconds: float) -> str:
    """How far it is: ``12,000 of 48,000 posts scored, 100 posts/s, 0:06:00 left``."""
    rate = posts / max(seconds, 1e-9)
    left = timedelta(seconds=round((total - posts) / rate)) if posts else "unknown time"
    return f"{posts:,} of {total:,} posts scored, {rate:,.0f} posts/s, {left} left"
