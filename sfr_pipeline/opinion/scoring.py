"""From a stream of posts to rows of table ``sentiment``.

Belongs here: windows, texts read once, the cache, progress. Does not belong here: the model
(`scorer`), or where posts come from and rows go.

Memory holds one window, however many posts there are.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Protocol

import numpy as np
import pandas as pd

from sfr_pipeline.errors import SourceError
from sfr_pipeline.opinion.cache import ScoreCache, text_key

# Wide enough that posts of nearly every length find enough of their like to share a batch.
WINDOW = 8_192
SECONDS_BETWEEN_REPORTS = 5.0
POST_COLUMNS = ["post_id", "published_at", "text"]


class Reader(Protocol):
    """Whatever reads texts: a `scorer.Scorer`, or what a test puts in its place."""

    @property
    def scorer_id(self) -> str:
        """Checkpoint, revision and precision."""
        ...

    def probabilities(
        self, texts: Sequence[str], done: Callable[[int], object] | None = None
    ) -> np.ndarray:
        """Positive, negative, neutral of each text, shape (n_texts, 3)."""
        ...


class Scoring:
    """Scores streams of posts, several in a row where a run has several months.

    Args:
        scorer: the model.
        cache: looked up and filled.
        total: number of posts of all streams together, where it is known.
        say: told in a line how far the scoring is, every few seconds and at its end.

    Attributes:
        n_posts: scored so far.
        n_new: texts among them that the model had to read.
    """

    def __init__(
        self,
        scorer: Reader,
        cache: ScoreCache,
        total: int | None = None,
        say: Callable[[str], object] | None = None,
    ) -> None:
        self.scorer, self.cache, self.total, self.say = scorer, cache, total, say
        self.n_posts = self.n_new = 0
        self._started = self._said = time.monotonic()

    def frames(self, batches: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        """Rows of table ``sentiment``, a frame a window, in the order of the posts.

        The score is the probability of positive minus that of negative sentiment (equation (13)
        of the paper). Equal texts of a window are read once, and texts in the cache never.

        Args:
            batches: posts with the columns post_id, published_at, text, in frames of any size.

        Raises:
            SourceError: the model gave something that is no number.
        """
        for posts in windows(batches, WINDOW):
            codes, texts = pd.factorize(posts["text"])
            read = self._read(list(texts), len(posts))[codes]
            self.n_posts += len(posts)
            self._report(self.n_posts, at_once=self.n_posts == self.total)
            positive, negative, neutral = read.astype(np.float64).T
            yield posts[["post_id", "published_at"]].assign(
                p_positive=positive,
                p_negative=negative,
                p_neutral=neutral,
                score=positive - negative,
                scorer=self.scorer.scorer_id,
            )

    def _read(self, texts: list[str], posts: int) -> np.ndarray:
        """Probabilities of a window's distinct texts, from the cache where it has them."""
        keys = [text_key(text) for text in texts]
        known, found = self.cache.lookup(self.scorer.scorer_id, keys)
        unread = np.flatnonzero(~known)
        if len(unread):
            before = len(texts) - len(unread)

            def done(finished: int) -> None:
                self._report(self.n_posts + posts * (before + finished) // len(texts))

            read = self.scorer.probabilities([texts[place] for place in unread], done)
            if not np.isfinite(read).all():
                count = np.count_nonzero(~np.isfinite(read).all(axis=1))
                raise SourceError(
                    f"{self.scorer.scorer_id} gave no number for {count:,} of {len(read):,} texts; "
                    "nothing of them was kept. Set sentiment.precision to fp32, or use another "
                    "checkpoint: its weights are damaged or too large for this precision"
                )
            found[unread] = read
            self.cache.insert(self.scorer.scorer_id, [keys[place] for place in unread], read)
            self.n_new += len(unread)
        return found

    def _report(self, posts: int, at_once: bool = False) -> None:
        now = time.monotonic()
        if self.say is None or not (at_once or now - self._said >= SECONDS_BETWEEN_REPORTS):
            return
        self._said = now
        self.say(progress_line(posts, self.total, now - self._started))


def progress_line(posts: int, total: int | None, seconds: float) -> str:
    """How far a stream is: ``12,000 of 48,000 posts scored, 100 posts/s, 0:06:00 left``."""
    rate = posts / max(seconds, 1e-9)
    if total is None:
        return f"{posts:,} posts scored, {rate:,.0f} posts/s"
    left = timedelta(seconds=round((total - posts) / rate)) if posts else "unknown time"
    return f"{posts:,} of {total:,} posts scored, {rate:,.0f} posts/s, {left} left"


def windows(batches: Iterable[pd.DataFrame], size: int) -> Iterator[pd.DataFrame]:
    """The same posts in frames of ``size`` rows, the last one shorter."""
    held: list[pd.DataFrame] = []
    rows = 0
    for batch in batches:
        rest = batch[POST_COLUMNS]
        while rows + len(rest) >= size:
            held.append(rest.iloc[: size - rows])
            yield pd.concat(held, ignore_index=True)
            rest = rest.iloc[size - rows :]
            held, rows = [], 0
        if len(rest):
            held.append(rest)
            rows += len(rest)
    if held:
        yield pd.concat(held, ignore_index=True)
