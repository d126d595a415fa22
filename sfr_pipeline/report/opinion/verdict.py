"""What the forum thought last: the latest month of the network public opinion index."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from sfr_pipeline.markets import Market
from sfr_pipeline.opinion.checkpoint import SANDBOX as SHIPPED
from sfr_pipeline.opinion.npoi import NO_POSTS
from sfr_pipeline.report.formats import labelled


@dataclass(frozen=True)
class OpinionSummary:
    """The latest month of the network public opinion index.

    Attributes:
        percentile: share of the months so far in which the index was not higher, in per cent.
        n_posts: posts of the month.
        n_posts_total: posts of all months.
        share_missing: share of the month's interaction counts that are missing.
        top_weight_share: share of the month's weight that its top 1 % of posts hold.
        uncounted: whether no post has any interaction count, so that all weigh the same.
    """

    month: pd.Timestamp
    npoi: float
    percentile: float
    mean_score: float
    n_posts: int
    n_posts_total: int
    share_missing: float
    top_weight_share: float
    uncounted: bool


def opinion_summary(npoi: pd.DataFrame) -> OpinionSummary:
    """Summarise the latest real-time month of table ``npoi``."""
    index = npoi[npoi["variant"] == "real_time"].sort_values("ref_date")
    latest = index.iloc[-1]
    return OpinionSummary(
        month=latest["ref_date"],
        npoi=latest["npoi"],
        percentile=100 * float((index["npoi"] <= latest["npoi"]).mean()),
        mean_score=latest["mean_score"],
        n_posts=latest["n_posts"],
        n_posts_total=int(index["n_posts"].sum()),
        share_missing=latest["share_missing"],
        top_weight_share=latest["top_weight_share"],
        uncounted=bool((index["share_missing"] == 1).all()),
    )


def why_meaningless(market: Market) -> str | None:
    """In one sentence why a market's sentiment says nothing of its posts; None where it may."""
    if market.synthetic or market.sentiment is None or market.sentiment.folder != SHIPPED:
        return None
    return (
        "The posts were read by the SYNTHETIC model of the sandbox, and their sentiment means "
        "nothing: name another in 'sentiment' of the market's catalogue."
    )


def as_lines(market: Market, tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """The latest month for a terminal; nothing where there is no forum, or no index of it yet.

    Args:
        market: the catalogue.
        tables: frames by name; ``npoi`` may be missing.
    """
    if market.forum is None or "npoi" not in tables:
        return []
    if tables["npoi"].empty:
        return labelled("public opinion", NO_POSTS)
    found = opinion_summary(tables["npoi"])
    alike = ", all of the same weight" if found.uncounted else ""
    lines = labelled(
        "public opinion",
        f"{found.npoi:+.4f} in {found.month:%B %Y}, percentile {found.percentile:.0f}, "
        f"{found.n_posts_total:,} posts in all{alike}",
    )
    if reason := why_meaningless(market):
        lines += labelled("", reason)
    return lines
