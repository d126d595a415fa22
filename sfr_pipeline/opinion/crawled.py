"""The posts of a crawl, as its journal has them."""

from pathlib import Path

import pandas as pd

from scrapers.journal import read_journal
from sfr_pipeline.opinion.posts import raw_rows


def crawled_rows(journal: Path) -> pd.DataFrame:
    """Raw rows of a journal's posts, in the order in which they were fetched."""
    return raw_rows(line for line in read_journal(journal) if line["kind"] == "post")
