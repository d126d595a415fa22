"""The posts of a crawl, as its journal has them."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pandas as pd

from sfr_pipeline.opinion.posts import CHUNK, raw_rows
from sfr_pipeline.scrapers.journal import read_journal


def crawled_rows(
    journal: Path, origin: str, chunk: int = CHUNK
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Raw rows of a journal's posts, in the order in which they were fetched.

    Args:
        journal: of the crawl.
        origin: site that was crawled.
        chunk: rows at once, at most.

    Yields:
        The origin and some of its rows, as `posts.validate_all` takes them.
    """
    posts = (line for line in read_journal(journal) if line["kind"] == "post")
    while lines := list(islice(posts, chunk)):
        yield origin, raw_rows(lines)
