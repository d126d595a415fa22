"""Texts as packed batches without any padding.

Belongs here: which tokens go together. Does not belong here: what a model does with them.

Most of a model's work is the same for every token, wherever it stands. A batch is therefore one
long row of tokens, filled up to a budget; attention, which alone needs to know where posts end,
runs over stretches of posts with equal length. Sorted by length, a window of posts has few of
them, so that no padding is computed and no mask is needed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Batch:
    """Tokens of several posts in a row.

    Attributes:
        posts: places of the posts in what was batched, shape (n_posts,).
        tokens: their tokens, one post after the other, shape (n_tokens,).
        stretches: (posts, tokens each) of posts with equal length, in the order of the tokens.
    """

    posts: np.ndarray
    tokens: np.ndarray
    stretches: tuple[tuple[int, int], ...]


def batches(encoded: Sequence[Sequence[int]], budget: int) -> Iterator[Batch]:
    """Sort posts by length and pack them into batches of at most ``budget`` tokens.

    A post longer than the budget makes a batch of its own. The longest come first, so that a
    machine whose memory does not suffice says so at once.

    Args:
        encoded: tokens of each post, none without tokens.
        budget: tokens a batch.
    """
    lengths = np.fromiter((len(tokens) for tokens in encoded), dtype=np.int64, count=len(encoded))
    order = np.argsort(-lengths, kind="stable")
    ends = np.cumsum(lengths[order])
    start = 0
    while start < len(order):
        used = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, used + budget, side="right")))
        posts = order[start:stop]
        each, counts = np.unique(-lengths[posts], return_counts=True)
        yield Batch(
            posts,
            np.concatenate([np.asarray(encoded[post], dtype=np.int64) for post in posts]),
            tuple((int(count), int(-length)) for length, count in zip(each, counts, strict=True)),
        )
        start = stop
