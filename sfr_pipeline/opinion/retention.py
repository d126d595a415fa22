"""Texts are dropped some days after they were scored, where a market's forum says so.

Belongs here: whose text is due, and what is left of a post. Does not belong here: scores
(`scoring`), which outlive the texts, and journals of crawls (the crawler drops them by itself).
"""

from collections.abc import Iterator

import pandas as pd

from sfr_pipeline.opinion.raw import raw_without_texts
from sfr_pipeline.storage.parquet import ParquetStore
from sfr_pipeline.storage.table_files import footer
from sfr_pipeline.storage.tables.opinion import POSTS, POSTS_REJECTED, SENTIMENT

# What a post without its text has in its place; validation refuses posts that never had one.
DROPPED = ""


def months_due(store: ParquetStore, market: str, days: int, now: pd.Timestamp) -> list[str]:
    """Months with texts that are due.

    Args:
        store: of the tables.
        market: its name.
        days: for which texts are kept, counted from their retrieval, or where that is not known
            from their publication.
        now: present, in UTC.
    """
    return [
        month
        for month in store.months(market, POSTS)
        if _holds_texts(store, market, month)
        and any(due.any() for _, due in _judged(store, market, month, days, now))
    ]


def without_texts(
    store: ParquetStore, market: str, month: str, days: int, now: pd.Timestamp
) -> Iterator[pd.DataFrame]:
    """The posts of a month, those whose text is due without it.

    A text is due once its post is scored, never before. Arguments as for `months_due`.
    """
    for posts, due in _judged(store, market, month, days, now):
        yield posts.assign(text=posts["text"].mask(due, DROPPED))


def refused_without_texts(store: ParquetStore, market: str) -> dict[str, pd.DataFrame]:
    """Refused rows that were stored with their texts before the market wanted none kept.

    They are never scored, so that there is nothing to wait for.

    Returns:
        Rows of table ``posts_rejected`` without texts, by month; only months that had some.
    """
    changed = {}
    for month in store.months(market, POSTS_REJECTED):
        rows = store.read(market, POSTS_REJECTED, [month])
        raw = rows["raw"].map(raw_without_texts)
        if (raw != rows["raw"]).any():
            changed[month] = rows.assign(raw=raw)
    return changed


def _judged(
    store: ParquetStore, market: str, month: str, days: int, now: pd.Timestamp
) -> Iterator[tuple[pd.DataFrame, "pd.Series[bool]"]]:
    scored: set[str] = set()
    if month in store.months(market, SENTIMENT):
        scored = set(store.read(market, SENTIMENT, [month], ["post_id"])["post_id"])
    for posts in store.read_month(market, POSTS, month):
        since = posts["retrieved_at"].fillna(posts["published_at"])
        # None is kept for no days, whatever the site's clock says.
        over = (since + pd.Timedelta(days=days) <= now) | (days == 0)
        yield posts, over & posts["post_id"].isin(scored) & (posts["text"] != DROPPED)


def _holds_texts(store: ParquetStore, market: str, month: str) -> bool:
    """Whether any text is left; the file's own statistics mostly say so."""
    (name,) = store.names(market, POSTS, [month])
    about = footer(store.filesystem, name)
    column = about.schema.to_arrow_schema().get_field_index("text")
    for number in range(about.num_row_groups):
        statistics = about.row_group(number).column(column).statistics
        if statistics is None or not statistics.has_min_max or statistics.max != DROPPED:
            return True
    return False
