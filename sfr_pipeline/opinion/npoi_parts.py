"""What is summed over the posts of some months, in SQL over their Parquet files.

Belongs here: sections 2.2.3 and 2.2.4 of the paper for months that lie in the same files, wherever
they are computed. Does not belong here: what rests on all months (`npoi`). Python never holds the
posts, and DuckDB never all of them.

Every sum runs over whole numbers (multiples of 2^-60).
"""

import glob
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa

from sfr_pipeline.storage.places import serve
from sfr_pipeline.storage.tables.opinion import SENTIMENT
from sfr_pipeline.workspace import Place

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Section 2.2.3: reading is passive; likes, comments and shares take an active user.
OMEGA = {"reads": 0.1, "likes": 0.3, "comments": 0.3, "shares": 0.3}

# `units` is a number from -1 to 1 as a multiple of 2^-60, and `fraction` the way back; `observed`
# describes one interaction count in a month; `scaled` places a count between the two that scale to
# 0 and 1, on a straight or a logarithmic scale; `weight` is that of a post with counts whose omega
# sum to `present`, where `ends` has those two for each count.
MACROS = """
CREATE TEMP MACRO units(x) AS CAST(x * 1152921504606846976 AS BIGINT);
CREATE TEMP MACRO fraction(x) AS CAST(x AS DOUBLE) / 1152921504606846976;
CREATE TEMP MACRO observed(interaction, x) AS {
    'interaction': interaction,
    'present': count(x),
    'lowest': min(x),
    'highest': max(x),
    'usual': quantile_disc(x, 0.99)
};
CREATE TEMP MACRO scaled(x, low, high, variant) AS CASE
    WHEN x IS NULL OR high <= low THEN 0
    WHEN variant = 'robust' THEN least(ln(1 + CAST(x AS DOUBLE)) / high, 1)
    ELSE (x - low) / (high - low)
END;
CREATE TEMP MACRO weight(omega, present, ends, variant) AS if(present > 0, (
    omega.reads * scaled(reads, ends.reads_low, ends.reads_high, variant)
    + omega.likes * scaled(likes, ends.likes_low, ends.likes_high, variant)
    + omega.comments * scaled(comments, ends.comments_low, ends.comments_high, variant)
    + omega.shares * scaled(shares, ends.shares_low, ends.shares_high, variant)
) / present, if(coalesce(
    ends.reads_high, ends.likes_high, ends.comments_high, ends.shares_high
) IS NULL, 1, 0));
"""

COUNTED = """
SELECT
    last_day(published_at) AS ref_date,
    count(*) AS n_posts,
    [
        observed('reads', reads),
        observed('likes', likes),
        observed('comments', comments),
        observed('shares', shares)
    ] AS counts
FROM read_parquet($posts, hive_partitioning = false)
GROUP BY ref_date
"""

SCORERS = "SELECT DISTINCT scorer FROM sentiment ORDER BY scorer"
# The publication time belongs to the key: a post whose time changed wants to be read again. A
# scorer is a number in the list of all scorers, which joins faster than its name.
INDEX = """
WITH scored AS (
    SELECT
        *,
        last_day(published_at) AS ref_date,
        if(reads IS NULL, 0, $omega.reads) + if(likes IS NULL, 0, $omega.likes)
            + if(comments IS NULL, 0, $omega.comments) + if(shares IS NULL, 0, $omega.shares)
            AS present
    FROM (
        SELECT post_id, published_at, reads, likes, comments, shares
        FROM read_parquet($posts, hive_partitioning = false)
    ) LEFT JOIN (
        SELECT
            post_id,
            published_at,
            score,
            p_negative > greatest(p_neutral, p_positive) AS negative,
            p_positive > greatest(p_neutral, p_negative) AS positive,
            CAST(list_position($scorers, scorer) AS USMALLINT) AS scorer
        FROM sentiment
    ) USING (post_id, published_at)
), weighted AS (
    SELECT
        ref_date,
        n_posts,
        share_missing,
        CAST(ceil(n_posts / 100) AS BIGINT) AS top,
        score,
        negative,
        positive,
        scorer,
        weight($omega, present, paper, 'paper') AS paper,
        weight($omega, present, real_time, 'real_time') AS real_time,
        weight($omega, present, robust, 'robust') AS robust
    FROM scored JOIN known USING (ref_date)
), sums AS (
    SELECT
        ref_date,
        n_posts,
        share_missing,
        count(*) AS found,
        count(*) - count(score) AS unscored,
        coalesce(CAST(bitstring_agg(scorer, 1, $last_scorer) AS VARCHAR), '') AS scorers,
        sum(units(score)) AS score,
        count_if(negative) AS negative,
        count_if(positive) AS positive,
        count_if(NOT (negative OR positive)) AS neutral,
        [
            {
                'variant': 'paper',
                'opinion': sum(units(score * paper)),
                'weight': sum(units(paper)),
                'top_weight': list_sum(max(units(paper), top))
            },
            {
                'variant': 'real_time',
                'opinion': sum(units(score * real_time)),
                'weight': sum(units(real_time)),
                'top_weight': list_sum(max(units(real_time), top))
            },
            {
                'variant': 'robust',
                'opinion': sum(units(score * robust)),
                'weight': sum(units(robust)),
                'top_weight': list_sum(max(units(robust), top))
            }
        ] AS variants
    FROM weighted GROUP BY ref_date, n_posts, share_missing
)
SELECT
    of.variant,
    ref_date,
    fraction(of.opinion) / n_posts AS npoi,
    n_posts,
    fraction(score) / n_posts AS mean_score,
    negative / n_posts AS share_negative,
    neutral / n_posts AS share_neutral,
    positive / n_posts AS share_positive,
    fraction(of.weight) / n_posts AS mean_weight,
    fraction(of.top_weight) / nullif(fraction(of.weight), 0) AS top_weight_share,
    share_missing,
    found,
    unscored,
    scorers
FROM (SELECT * EXCLUDE variants, unnest(variants) AS of FROM sums)
"""


@dataclass(frozen=True)
class Part:
    """The files of some months, each of which lies in them as a whole.

    Attributes:
        posts: of table ``posts``, at least one.
        sentiment: of table ``sentiment``.
        memory_limit: of DuckDB, which then works on disk, in a temporary folder.
        threads: that it may use; one for each processor where None.
    """

    posts: tuple[Place, ...]
    sentiment: tuple[Place, ...]
    memory_limit: str
    threads: int | None

    def __str__(self) -> str:
        """What it is called in an error."""
        return f"public opinion from {self.posts[0]} on"


def counted(part: Part) -> pa.Table:
    """Posts of each month, and what is to be known of their counts.

    Returns:
        One row a month with posts: ``ref_date``, ``n_posts``, and in ``counts`` for each count of
        interactions how many posts have it, its smallest, its largest and its 99 % quantile.
    """
    with _connected(part) as connection:
        return connection.sql(COUNTED, params={"posts": _names(part.posts)}).to_arrow_table()


def indexed(piece: tuple[Part, pa.Table]) -> pd.DataFrame:
    """The index of each month.

    Args:
        piece: files, and what is known of their months (`npoi.KNOWN`).

    Returns:
        Rows of table ``npoi`` in any order, but for the column scorer; ``scorers`` holds a list of
        them, ``found`` the posts, and ``unscored`` those without sentiment.
    """
    part, known = piece
    with _connected(part) as connection:
        connection.register("known", known)
        # Months may have posts that nobody has read yet.
        stored = (
            connection.read_parquet(_names(part.sentiment), hive_partitioning=False)
            if part.sentiment
            else connection.from_arrow(SENTIMENT.arrow_schema().empty_table())
        )
        stored.create_view("sentiment")
        scorers = [scorer for (scorer,) in connection.execute(SCORERS).fetchall()]
        values = {
            "posts": _names(part.posts),
            "omega": OMEGA,
            "scorers": scorers,
            "last_scorer": max(len(scorers), 1),
        }
        rows = connection.execute(INDEX, values).df()
        return rows.assign(scorers=[_chosen(scorers, bits) for bits in rows["scorers"]])


@contextmanager
def _connected(part: Part) -> Iterator["DuckDBPyConnection"]:
    import duckdb

    with tempfile.TemporaryDirectory() as spill:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": part.memory_limit,
            "temp_directory": spill,
        }
        if part.threads is not None:
            settings["threads"] = part.threads
        with duckdb.connect(config=settings) as connection:
            serve(connection, part.posts)
            # Rows may come as the threads deliver them.
            connection.execute("SET preserve_insertion_order = false")
            connection.execute(MACROS)
            yield connection


def _chosen(scorers: Sequence[str], bits: str) -> list[str]:
    """Those of a list whose bit is set; no bits, none."""
    return [scorer for scorer, bit in zip(scorers, bits, strict=False) if bit == "1"]


def _names(files: Sequence[Place]) -> list[str]:
    """The paths for DuckDB, which would read a bracket in them as a pattern."""
    return [glob.escape(str(file)) for file in files]
