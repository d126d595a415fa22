"""Rows of posts as they are delivered, and what validation makes of them."""

import pandas as pd

from sfr_pipeline.opinion.posts import raw_rows, validate_all
from sfr_pipeline.storage.tables.opinion import POSTS, POSTS_REJECTED
from sfr_pipeline.storage.validation import violations

NOW = pd.Timestamp("2026-11-22 08:00:00")
GOOD = {
    "kind": "post",
    "post_id": "1743987733",
    "bar": "600519",
    "title": "大盘",
    "content": None,
    "published": "2026-07-15 14:03:09",
    "reads": 1480,
    "likes": None,
    "comments": 5,
    "shares": 1,
    "post_type": 0,
    "automatic": None,
    "deleted": False,
    "retrieved_at": "2026-11-22T08:00:00",
    "url": "https://forum.example/news,600519,1743987733.html",
}


def delivered(*changes):
    """Good rows, each with its own identifier, but for these changes."""
    rows = [{**GOOD, "post_id": str(1000 + i), **change} for i, change in enumerate(changes)]
    return raw_rows(rows)


def judged(rows, months=("2026-07",)):
    result = validate_all([("https://forum.example", rows)], list(months), NOW)
    assert violations(POSTS, result.posts) == []
    assert violations(POSTS_REJECTED, result.rejected) == []
    assert result.delivered == len(rows)
    return result


def reason(**change):
    """Why a row with this change is refused."""
    result = judged(delivered(change))
    assert len(result.rejected) == 1, "the row was accepted"
    return result.rejected["reason"].item()
