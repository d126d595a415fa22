"""The network public opinion index: sentiment weighted by interaction (section 2.2 of the paper).

Belongs here: the scaling of section 2.2.2, and how months are shared out. Does not belong here: the
sums over the posts of some months (`npoi_parts`), the validation of posts (`posts`), the scores of
texts (`scorer`).

Posts are gone through twice, some months at a time: first for the counts that the scaling rests on,
then, with the scaling of all months known, for the index. A month is summed in one place, over
whole numbers, which add up to the same total in any order. The same posts therefore give the same
bits, however their rows and files are ordered and whoever shares the work; and no later month
touches the digits of an earlier one.
"""

import math
from collections.abc import Sequence
from datetime import date

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from sfr_pipeline.engine import Engine, Local
from sfr_pipeline.engine.local import in_this_process
from sfr_pipeline.errors import NotMaterializedError, StorageError, TooShortError
from sfr_pipeline.opinion.npoi_parts import Part, counted, indexed
from sfr_pipeline.storage.places import files_at
from sfr_pipeline.storage.table_files import footer, month_of
from sfr_pipeline.workspace import Place

# Why there is no index yet: for the error, the log and the report alike.
NO_POSTS = (
    "Public opinion needs a month with posts, and no month that was fetched has any: it begins "
    "with the first that has."
)
# Of a piece of work: enough that starting it costs nothing, few enough to lie in memory.
POSTS_AT_ONCE = 1_000_000
# Pieces of work for each that are done at a time, so that nobody waits for long at the end.
PIECES_EACH = 4
IN_THIS_PROCESS = Local(1)

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

# What places the counts of a month between 0 and 1 (the logarithm of what scales to 1 where the
# scale is logarithmic), and what else is known of it before its posts are gone through again; one
# row a month.
KNOWN = """
WITH ends AS (
    PIVOT (
        SELECT
            variant,
            ref_date,
            interaction,
            low,
            if(variant = 'robust', ln(1 + high), high) AS high
        FROM scaling
    )
    ON interaction IN ('reads', 'likes', 'comments', 'shares')
    USING first(low) AS low, first(high) AS high GROUP BY variant, ref_date
), variants AS (
    PIVOT (
        SELECT
            variant,
            ref_date,
            struct_pack(*COLUMNS(* EXCLUDE (variant, ref_date))) AS of
        FROM ends
    )
    ON variant IN ('paper', 'real_time', 'robust') USING first(of) GROUP BY ref_date
)
SELECT
    ref_date,
    n_posts,
    list_avg([1 - count.present / n_posts FOR count IN counts]) AS share_missing,
    paper,
    real_time,
    robust
FROM variants JOIN months USING (ref_date)
ORDER BY ref_date
"""


def npoi_tables(
    posts: Sequence[Place],
    sentiment: Sequence[Place],
    engine: Engine = IN_THIS_PROCESS,
    memory_limit: str = "768MB",
    posts_at_once: int = POSTS_AT_ONCE,
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
        posts: Parquet files of table ``posts``. Those whose place names a month hold no other, and
            a month lies in one file.
        sentiment: Parquet files of table ``sentiment``, likewise. Rows of posts that are gone are
            passed over.
        engine: who goes through some months at a time; by default this process, which uses all its
            processors.
        memory_limit: of DuckDB in each process; beyond it works on disk, in a temporary folder.
        posts_at_once: a piece of work has more only where a month does.

    Returns:
        ``npoi`` and ``npoi_scaling``, rows of the tables of these names. A month without posts
        has no row.

    Raises:
        TooShortError: no month has a post yet.
        StorageError: posts were written meanwhile.
        NotMaterializedError: posts were never fetched, or there are posts without sentiment, or
            posts read by different models; the message names the months.
    """
    if not posts or not sentiment:
        missing = "sentiment" if posts else "posts"
        raise NotMaterializedError(
            f"the index needs posts and their sentiment: materialize {missing} first"
        )
    parts = _parts(posts, sentiment, engine, memory_limit, posts_at_once)
    counts = dict(engine.completed(counted, parts))
    months = pa.concat_tables(counts.values())
    if not months.num_rows:
        raise TooShortError(NO_POSTS)
    scaling, known = _scaled(months)
    pieces = [
        (
            part,
            known.filter(pc.is_in(known["ref_date"], counts[place]["ref_date"].combine_chunks())),
        )
        for place, part in enumerate(parts)
        if counts[place].num_rows
    ]
    found = pd.concat([rows for _, rows in engine.completed(indexed, pieces)])
    index = found.sort_values(["variant", "ref_date"], ignore_index=True)
    _refuse_unscored(index)
    scorer = _scorers(index)
    index = index.drop(columns=["found", "unscored", "scorers"])
    return {
        "npoi": index.assign(scorer=index["ref_date"].dt.date.map(scorer).astype("str")),
        "npoi_scaling": scaling,
    }


def _parts(
    posts: Sequence[Place],
    sentiment: Sequence[Place],
    engine: Engine,
    memory_limit: str,
    posts_at_once: int,
) -> list[Part]:
    """Files of some months that follow one another, for one piece of work each."""
    here = in_this_process(engine)
    threads = None if here else 1
    # The empty name is that of files that may hold any month.
    by_month: dict[str, Place] = {month_of(file) or "": file for file in posts}
    scores: dict[str, Place] = {month_of(file) or "": file for file in sentiment}
    if "" in by_month or "" in scores:
        return [Part(tuple(posts), tuple(sentiment), memory_limit, threads)]
    rows = {month: _rows_of(file) for month, file in by_month.items()}
    if not here:
        share = math.ceil(sum(rows.values()) / (PIECES_EACH * engine.at_once))
        posts_at_once = min(posts_at_once, share)
    parts: list[list[str]] = []
    room = 0
    for month in sorted(rows):
        if not parts or rows[month] > room:
            parts.append([])
            room = posts_at_once
        parts[-1].append(month)
        room -= rows[month]
    return [
        Part(
            tuple(by_month[month] for month in months),
            tuple(scores[month] for month in months if month in scores),
            memory_limit,
            threads,
        )
        for months in parts
    ]


def _rows_of(file: Place) -> int:
    rows: int = footer(files_at(file.parent), file.name).num_rows
    return rows


def _scaled(months: pa.Table) -> tuple[pd.DataFrame, pa.Table]:
    """Table ``npoi_scaling``, and what is known of each month."""
    import duckdb

    with duckdb.connect() as connection:
        connection.register("months", months)
        connection.execute(SCALING)
        known = connection.sql(KNOWN).to_arrow_table()
        return connection.table("scaling").order("variant, ref_date, interaction").df(), known


def _refuse_unscored(index: pd.DataFrame) -> None:
    months = index[index["variant"] == index["variant"].iloc[0]]
    if (months["found"] != months["n_posts"]).any():
        raise StorageError(
            "posts were written by another run while the index was computed: materialize npoi again"
        )
    lacking = [
        f"{row.ref_date:%Y-%m} ({row.unscored} of {row.n_posts})"
        for row in months[months["unscored"] > 0].itertuples()
    ]
    if lacking:
        raise NotMaterializedError(
            f"posts without sentiment in {_few(lacking, 'months')}: materialize sentiment for "
            "these months"
        )


def _scorers(index: pd.DataFrame) -> dict[date, str]:
    """What read the posts of each month, as in their rows, with all precisions that occur."""
    months: dict[str, list[date]] = {}
    precisions: dict[date, list[str]] = {}
    for month, scorers in index.groupby("ref_date")["scorers"].first().items():
        day = pd.Timestamp(month).date()
        for scorer in scorers:
            model, _, precision = scorer.rpartition("/")
            read = months.setdefault(model, [])
            if day not in read[-1:]:
                read.append(day)
            precisions.setdefault(day, []).append(precision)
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
