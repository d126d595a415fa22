"""The network public opinion index: sentiment weighted by interaction (section 2.2 of the paper).

Belongs here: sections 2.2.2 to 2.2.4, in SQL over the Parquet files of posts and sentiment. Python
never holds the posts. Does not belong here: the validation of posts (`posts`), the scores of texts
(`scorer`).

Every sum runs over whole numbers (multiples of 2^-60), which add up to the same total in any
order. The same posts therefore give the same bits, however their rows and files are ordered and
however many threads share the work; and no later month touches the digits of an earlier one.
"""

import glob
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from sfr_pipeline.errors import NotMaterializedError, TooShortError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Why there is no index yet: for the error, the log and the report alike.
NO_POSTS = (
    "Public opinion needs a month with posts, and no month that was fetched has any: it begins "
    "with the first that has."
)
# Section 2.2.3: reading is passive; likes, comments and shares take an active user.
OMEGA = {"reads": 0.1, "likes": 0.3, "comments": 0.3, "shares": 0.3}

# `units` is a number from -1 to 1 as a multiple of 2^-60, and `fraction` the way back; `observed`
# describes one interaction count in a month; `scaled` places a count between the two that scale to
# 0 and 1, on a straight or a logarithmic scale.
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
    WHEN variant = 'robust' THEN least(ln(1 + CAST(x AS DOUBLE)) / ln(1 + high), 1)
    ELSE (x - low) / (high - low)
END;
"""

# The publication time belongs to the key: a post whose time changed wants to be read again.
# `omega` is what the weights of the counts that a post has sum to, and `scorer` a number in the
# list of all scorers, which joins faster than its name.
SCORERS = """
SELECT DISTINCT scorer FROM read_parquet($sentiment, hive_partitioning = false) ORDER BY scorer
"""
SCORED = """
CREATE TEMP TABLE scored AS
SELECT
    last_day(published_at) AS ref_date,
    score,
    negative,
    positive,
    scorer,
    reads,
    likes,
    comments,
    shares,
    if(reads IS NULL, 0, $reads) + if(likes IS NULL, 0, $likes)
        + if(comments IS NULL, 0, $comments) + if(shares IS NULL, 0, $shares) AS omega
FROM read_parquet($posts, hive_partitioning = false)
LEFT JOIN (
    SELECT
        post_id,
        published_at,
        score,
        p_negative > greatest(p_neutral, p_positive) AS negative,
        p_positive > greatest(p_neutral, p_negative) AS positive,
        CAST(list_position($scorers, scorer) AS USMALLINT) AS scorer
    FROM read_parquet($sentiment, hive_partitioning = false)
) USING (post_id, published_at)
"""

MONTHS = """
CREATE TEMP TABLE months AS
SELECT
    ref_date,
    count(*) AS n_posts,
    count(*) - count(score) AS unscored,
    fraction(sum(units(score))) / n_posts AS mean_score,
    count_if(negative) / n_posts AS share_negative,
    count_if(NOT (negative OR positive)) / n_posts AS share_neutral,
    count_if(positive) / n_posts AS share_positive,
    [
        observed('reads', reads),
        observed('likes', likes),
        observed('comments', comments),
        observed('shares', shares)
    ] AS counts
FROM scored GROUP BY ref_date
"""

# Section 2.2.2, three times. The rows of a month look back only, save for the paper's.
SCALING = """
CREATE TEMP TABLE scaling AS
WITH observations AS (
    SELECT ref_date, 1 - count.present / n_posts AS share_missing, unnest(count)
    FROM (SELECT ref_date, n_posts, unnest(counts) AS count FROM months)
)
SELECT
    unnest(['paper', 'real_time', 'robust']) AS variant,
    ref_date,
    interaction,
    unnest([
        min(lowest) OVER full_sample,
        min(lowest) OVER so_far,
        if(count(usual) OVER so_far > 0, 0, NULL)
    ])::DOUBLE AS low,
    unnest([
        max(highest) OVER full_sample,
        max(highest) OVER so_far,
        median(usual) OVER so_far
    ])::DOUBLE AS high,
    share_missing
FROM observations
WINDOW
    full_sample AS (PARTITION BY interaction),
    so_far AS (PARTITION BY interaction ORDER BY ref_date)
"""

# Sections 2.2.3 and 2.2.4.
INDEX = """
WITH ends AS (
    PIVOT (SELECT * EXCLUDE share_missing FROM scaling)
    ON interaction IN ('reads', 'likes', 'comments', 'shares')
    USING first(low) AS low, first(high) AS high GROUP BY variant, ref_date
), known AS (
    SELECT
        *,
        coalesce(reads_high, likes_high, comments_high, shares_high) IS NOT NULL AS counted
    FROM ends
), weighted AS (
    SELECT
        variant,
        ref_date,
        n_posts,
        score,
        if(omega > 0, (
            $reads * scaled(reads, reads_low, reads_high, variant)
            + $likes * scaled(likes, likes_low, likes_high, variant)
            + $comments * scaled(comments, comments_low, comments_high, variant)
            + $shares * scaled(shares, shares_low, shares_high, variant)
        ) / omega, if(counted, 0, 1)) AS weight
    FROM scored JOIN known USING (ref_date) JOIN months USING (ref_date)
), sums AS (
    SELECT
        variant,
        ref_date,
        sum(units(score * weight)) AS opinion,
        sum(units(weight)) AS weight,
        list_sum(max(units(weight), CAST(ceil(n_posts / 100) AS BIGINT))) AS top_weight
    FROM weighted GROUP BY variant, ref_date
)
SELECT
    variant,
    ref_date,
    fraction(opinion) / n_posts AS npoi,
    n_posts,
    mean_score,
    share_negative,
    share_neutral,
    share_positive,
    fraction(weight) / n_posts AS mean_weight,
    fraction(top_weight) / nullif(fraction(weight), 0) AS top_weight_share,
    list_avg([1 - count.present / n_posts FOR count IN counts]) AS share_missing
FROM sums JOIN months USING (ref_date)
ORDER BY variant, ref_date
"""


def npoi_tables(
    posts: Sequence[Path],
    sentiment: Sequence[Path],
    memory_limit: str = "768MB",
    threads: int | None = None,
) -> dict[str, pd.DataFrame]:
    """The index in its three variants, and the scaling that it rests on.

    With score s and counts X of the n posts of a month (reads, likes, comments, shares), and omega
    the weights of the counts (section 2.2.3):

        X~_k = (X_k - low_k) / (high_k - low_k)
        w = sum_k omega_k X~_k
        NPOI = 1/n sum_i s_i w_i

    The variants differ in what scales to 0 and 1:

    - ``paper``: the smallest and the largest count of all posts, as printed. Looks ahead, and one
      viral post shrinks every other month.
    - ``real_time``: the same of the posts published up to the end of the month.
    - ``robust``: X~ = ln(1 + X) / ln(1 + high), at most 1, where high is the median, over the
      months up to this one, of the 99 % quantile of the month's counts.

    A count that is the same for all posts scales to 0. Where a post lacks counts, the omega of
    those that it has are brought to their common sum of 1; a post without any weighs nothing.
    Where no post has any at all (in the sample, or up to the month where the variant looks back
    only), every post weighs 1, and the index is the mean sentiment.

    Args:
        posts: Parquet files of table ``posts``.
        sentiment: Parquet files of table ``sentiment``. Rows of posts that are gone are passed
            over.
        memory_limit: of DuckDB, which then works on disk, in a temporary folder.
        threads: all cores where None.

    Returns:
        ``npoi`` and ``npoi_scaling``, rows of the tables of these names. A month without posts
        has no row.

    Raises:
        TooShortError: no month has a post yet.
        NotMaterializedError: posts were never fetched, or there are posts without sentiment, or
            posts read by different models; the message names the months.
    """
    import duckdb

    if not posts or not sentiment:
        missing = "sentiment" if posts else "posts"
        raise NotMaterializedError(
            f"the index needs posts and their sentiment: materialize {missing} first"
        )
    with tempfile.TemporaryDirectory() as spill:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory_limit,
            "temp_directory": spill,
        }
        if threads is not None:
            settings["threads"] = threads
        with duckdb.connect(config=settings) as connection:
            # The rows of `scored` may then lie as the threads deliver them.
            connection.execute("SET preserve_insertion_order = false")
            connection.execute(MACROS)
            files = {"posts": _names(posts), "sentiment": _names(sentiment)}
            found = connection.execute(SCORERS, {"sentiment": files["sentiment"]}).fetchall()
            scorers = [scorer for (scorer,) in found]
            connection.execute(SCORED, {**files, **OMEGA, "scorers": scorers})
            connection.execute(MONTHS)
            _refuse_unscored(connection)
            scorer_of = _scorers(connection, scorers)
            connection.execute(SCALING)
            index = connection.execute(INDEX, OMEGA).df()
            return {
                "npoi": index.assign(scorer=index["ref_date"].dt.date.map(scorer_of).astype("str")),
                "npoi_scaling": connection.table("scaling")
                .order("variant, ref_date, interaction")
                .df(),
            }


def _names(files: Sequence[Path]) -> list[str]:
    """The paths for DuckDB, which would read a bracket in them as a pattern."""
    return [glob.escape(str(file)) for file in files]


def _refuse_unscored(connection: "DuckDBPyConnection") -> None:
    months = connection.execute(
        "SELECT strftime(ref_date, '%Y-%m'), unscored, n_posts FROM months ORDER BY ref_date"
    ).fetchall()
    if not months:
        raise TooShortError(NO_POSTS)
    lacking = [f"{month} ({unscored} of {n})" for month, unscored, n in months if unscored]
    if lacking:
        raise NotMaterializedError(
            f"posts without sentiment in {_few(lacking, 'months')}: materialize sentiment for "
            "these months"
        )


def _scorers(connection: "DuckDBPyConnection", scorers: Sequence[str]) -> dict[date, str]:
    """What read the posts of each month, as in their rows, with all precisions that occur."""
    pairs = connection.execute(
        "SELECT DISTINCT ref_date, scorer FROM scored ORDER BY ref_date, scorer"
    ).fetchall()
    months: dict[str, list[date]] = {}
    precisions: dict[date, list[str]] = {}
    for month, number in pairs:
        model, _, precision = scorers[number - 1].rpartition("/")
        read = months.setdefault(model, [])
        if month not in read[-1:]:
            read.append(month)
        precisions.setdefault(month, []).append(precision)
    if len(months) > 1:
        found = "; ".join(f"{model} in {_few(_spans(of), 'spans')}" for model, of in months.items())
        raise NotMaterializedError(
            "the posts were read by different models, whose scores do not compare: "
            f"{found}: materialize sentiment again for the months of all but the model that the "
            "market's YAML names"
        )
    (model,) = months
    return {month: f"{model}/{','.join(used)}" for month, used in precisions.items()}


def _spans(months: Sequence[date]) -> list[str]:
    """Ascending months as text, those that follow one another as from-to."""
    spans: list[list[date]] = []
    for month in months:
        before = spans[-1][-1] if spans else None
        if before and month.year * 12 + month.month == before.year * 12 + before.month + 1:
            spans[-1][1:] = [month]
        else:
            spans.append([month])
    return [" to ".join(f"{end:%Y-%m}" for end in span) for span in spans]


def _few(items: Sequence[str], what: str) -> str:
    shown = ", ".join(items[:12])
    return shown if len(items) <= 12 else f"{shown} and {len(items) - 12} {what} more"
