"""From a stream of posts to rows of table ``sentiment``.

Belongs here: windows, texts read once, the cache, progress. Does not belong here: the model
(`scorer`), or where posts come from and rows go.

Memory holds one window, however many posts there are.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Protocol

import numpy as np
import pandas as pd

from sfr_pipeline.errors import SourceError
from sfr_pipeline.opinion.cache import ScoreCache, text_key
from sfr_pipeline.opinion.retention import DROPPED

# Wide enough that posts of nearly every length find enough of their like to share a batch.
WINDOW = 8_192
SECONDS_BETWEEN_REPORTS = 5.0
POST_COLUMNS = ["post_id", "published_at", "text"]
SCORES = ["p_positive", "p_negative", "p_neutral", "score", "scorer"]


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
        others: posts that keep the score of another model, for their text was dropped, by model.
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
        self.others: Counter[str] = Counter()
        self._started = self._said = time.monotonic()

    def frames(
        self, batches: Iterable[pd.DataFrame], stored: Callable[[], pd.DataFrame] = pd.DataFrame
    ) -> Iterator[pd.DataFrame]:
        """Rows of table ``sentiment``, a frame a window, in the order of the posts.

        The score is the probability of positive minus that of negative sentiment (equation (13)
        of the paper). Equal texts of a window are read once, and texts in the cache never.

        Args:
            batches: posts with the columns post_id, published_at, text, in frames of any size.
            stored: gives the rows of table ``sentiment`` that posts whose text was dropped keep;
                asked only if there are such.

        Raises:
            SourceError: the model gave something that is no number, or a post has neither a text
                nor a score.
        """
        kept: pd.DataFrame | None = None
        for posts in windows(batches, WINDOW):
            gone = posts["text"] == DROPPED
            if gone.any() and kept is None:
                kept = stored()
            parts = [self._scored(posts[~gone], len(posts))]
            if kept is not None and gone.any():
                parts.append(self._kept(posts[gone], kept))
            self.n_posts += len(posts)
            self._report(self.n_posts, at_once=self.n_posts == self.total)
            yield pd.concat(parts).sort_index() if len(parts) > 1 else parts[0]

    def _scored(self, posts: pd.DataFrame, window: int) -> pd.DataFrame:
        codes, texts = pd.factorize(posts["text"])
        read = self._read(list(texts), window)[codes]
        positive, negative, neutral = read.astype(np.float64).T
        return posts[["post_id", "published_at"]].assign(
            p_positive=positive,
            p_negative=negative,
            p_neutral=neutral,
            score=positive - negative,
            scorer=self.scorer.scorer_id,
        )

    def _kept(self, posts: pd.DataFrame, stored: pd.DataFrame) -> pd.DataFrame:
        known = posts["post_id"].isin(stored["post_id"] if len(stored) else [])
        if not known.all():
            raise SourceError(
                f"{int((~known).sum()):,} posts have neither a text nor a score: their texts were "
                "dropped (forum.texts_kept_days) and their rows of table sentiment are gone; fetch "
                "their month again (posts, then sentiment)"
            )
        rows = stored.set_index("post_id").loc[posts["post_id"], SCORES].set_index(posts.index)
        self.others.update(rows.loc[rows["scorer"] != self.scorer.scorer_id, "scorer"])
        return posts[["post_id", "published_at"]].join(rows)

    @property
    def what_was_kept(self) -> str | None:
        """A sentence on posts that this model could not read; None where there are none."""
        if not self.others:
            return None
        return (
            f"{self.others.total():,} posts keep the scores of {', '.join(sorted(self.others))}: "
            f"their texts were dropped (forum.texts_kept_days), so {self.scorer.scorer_id} can't "
            "read them"
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
