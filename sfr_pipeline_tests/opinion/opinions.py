"""Posts with their sentiment, as the store has them, and the index computed from them."""

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from sfr_pipeline.opinion.npoi import npoi_tables
from sfr_pipeline.storage.tables.opinion import (
    INTERACTIONS,
    NPOI,
    NPOI_SCALING,
    POSTS,
    SENTIMENT,
)
from sfr_pipeline.storage.validation import conform, violations


def opinions(rows):
    """Posts with scores: rows of (time, score, reads, likes, comments, shares)."""
    columns = ["published_at", "score", *INTERACTIONS]
    frame = pd.DataFrame(rows, columns=columns, dtype=object)  # large counts are no floats
    frame["published_at"] = pd.to_datetime(frame["published_at"], format="ISO8601").astype(
        "datetime64[us]"
    )
    frame["post_id"] = [f"{i:09d}" for i in range(len(frame))]
    return frame.astype(dict.fromkeys(INTERACTIONS, "Int64")).astype({"score": float})


def probabilities(score):
    """Those of a made-up reader, to whom a score near zero is mostly neutral."""
    neutral = 0.7 * (1 - abs(score))
    return {
        "p_negative": (1 - neutral - score) / 2,
        "p_neutral": neutral,
        "p_positive": (1 - neutral + score) / 2,
    }


def stored(folder, frame, order=None):
    """Monthly files of tables ``posts`` and ``sentiment``, rows in the order given."""
    posts = frame[["post_id", "published_at", *INTERACTIONS]].assign(
        bar="600519",
        kind=0,
        text="大盘",
        text_is_full=True,
        automatic=False,
        retrieved_at=None,
        origin="https://forum.example",
    )
    sentiment = frame[["post_id", "published_at", "score"]].assign(
        **probabilities(frame["score"]),
        scorer=frame.get("scorer", "stub@0/fp32"),
    )
    files = []
    for table, rows in ((POSTS, posts), (SENTIMENT, sentiment)):
        files.append([])
        for month, part in rows.groupby(rows["published_at"].dt.strftime("%Y-%m")):
            path = folder / table.name / f"month={month}" / "part-0.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            content = conform(table, part)
            if order is not None:
                content = content.take(order.permutation(len(content)))
            pq.write_table(content, path, row_group_size=500)
            files[-1].append(path)
    return files


def computed(folder, frame, **options):
    result = npoi_tables(*stored(folder, frame), **options)
    assert violations(NPOI, result["npoi"]) == []
    assert violations(NPOI_SCALING, result["npoi_scaling"]) == []
    return result


def index_of(result, variant):
    rows = result["npoi"]
    return rows[rows["variant"] == variant].set_index("ref_date")


def random_opinions(seed, n_posts=2000, n_months=8, missing=0.2):
    rng = np.random.default_rng(seed)
    hours = rng.integers(0, n_months * 30 * 24, n_posts)
    frame = opinions(
        {
            "published_at": pd.Timestamp("2020-01-01") + pd.to_timedelta(np.sort(hours), "h"),
            "score": rng.uniform(-1, 1, n_posts),
            **{
                name: np.floor(np.exp(rng.normal(4, 1.3, n_posts))).astype(int)
                for name in INTERACTIONS
            },
        }
    )
    for name in INTERACTIONS:
        frame.loc[rng.random(n_posts) < missing, name] = pd.NA
    return frame
