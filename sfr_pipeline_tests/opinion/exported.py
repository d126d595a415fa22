"""An exported file, and what is read from a folder of them."""

import pandas as pd
import pyarrow.parquet as pq

from sfr_pipeline.opinion.exports import read_exports
from sfr_pipeline.opinion.npoi import npoi_tables
from sfr_pipeline.opinion.posts import validate_all
from sfr_pipeline.storage.tables.opinion import NPOI, POSTS, POSTS_REJECTED, SENTIMENT
from sfr_pipeline.storage.validation import conform, violations

CSV = """published_at,text,reads,likes
2020-01-05 10:00:00,大盘,"1,480",3
2020-01-05,"两
行",1.2万,
2020/2/7 9:30,跌,5,-
2020-01-05 10:00:00,大盘,7,0
nonsense,涨,1,1
2020-03-01,涨,-1,1
"""
MONTHS = ["2020-01", "2020-02", "2020-03"]
NOW = pd.Timestamp("2021-01-01")


def read(folder, columns=None):
    return dict(read_exports(folder, columns or {}, "600519"))


def validated(folder, columns=None, months=MONTHS):
    result = validate_all(read_exports(folder, columns or {}, "600519"), months, NOW)
    assert violations(POSTS, result.posts) == []
    assert violations(POSTS_REJECTED, result.rejected) == []
    return result


def index_without_model(folder, posts):
    """Tables of the index from posts that a stub finds the more pleasant the longer they are."""
    sentiment = posts[["post_id", "published_at"]].assign(
        p_positive=posts["text"].str.len().clip(upper=40) / 40, p_neutral=0.0, scorer="stub@0/fp32"
    )
    sentiment["p_negative"] = 1 - sentiment["p_positive"]
    sentiment["score"] = sentiment["p_positive"] - sentiment["p_negative"]
    files = []
    for table, rows in ((POSTS, posts), (SENTIMENT, sentiment)):
        files.append(folder / f"{table.name}.parquet")
        pq.write_table(conform(table, rows), files[-1])
    result = npoi_tables(files[:1], files[1:])
    assert violations(NPOI, result["npoi"]) == []
    return result
