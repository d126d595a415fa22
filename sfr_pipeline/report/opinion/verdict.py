"""What the forum thought last: the latest month of the network public opinion index."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from sfr_pipeline.markets import Market
from sfr_pipeline.opinion.checkpoint import SANDBOX as SHIPPED
from sfr_pipeline.opinion.npoi import NO_POSTS
from sfr_pipeline.report.formats import labelled, number, plain
from sfr_pipeline.report.opinion.charts import mix_text


@dataclass(frozen=True)
class OpinionSummary:
    """The latest month of the network public opinion index.

    Attributes:
        change: of the index since the month before; None in the first, or where that had no post.
        percentile: share of the months so far in which the index was not higher, in per cent.
        n_posts: posts of the month.
        n_usual: posts of the median month so far.
        n_posts_total: posts of all months.
        share_missing: share of the month's interaction counts that are missing.
        mix: share of the month's posts that read as negative, neutral and positive, in words.
        top_weight_share: share of the month's weight that its top 1 % of posts hold.
        uncounted: whether no post has any interaction count, so that all weigh the same.
    """

    month: pd.Timestamp
    npoi: float
    change: float | None
    percentile: float
    mean_score: float
    mix: str
    n_posts: int
    n_usual: float
    n_posts_total: int
    share_missing: float
    top_weight_share: float
    uncounted: bool


def opinion_summary(npoi: pd.DataFrame) -> OpinionSummary:
    """Summarise the latest real-time month of table ``npoi``."""
    index = npoi[npoi["variant"] == "real_time"].sort_values("ref_date")
    latest = index.iloc[-1]
    before = index.loc[index["ref_date"] == latest["ref_date"] - pd.offsets.MonthEnd(), "npoi"]
    return OpinionSummary(
        month=latest["ref_date"],
        npoi=latest["npoi"],
        change=latest["npoi"] - before.iloc[0] if len(before) else None,
        percentile=100 * float((index["npoi"] <= latest["npoi"]).mean()),
        mean_score=latest["mean_score"],
        mix=mix_text(latest),
        n_posts=latest["n_posts"],
        n_usual=float(index["n_posts"].median()),
        n_posts_total=int(index["n_posts"].sum()),
        share_missing=latest["share_missing"],
        top_weight_share=latest["top_weight_share"],
        uncounted=bool((index["share_missing"] == 1).all()),
    )


def opinion_sentence(found: OpinionSummary) -> str:
    """Where public opinion stands, how much was written, and how it reads."""
    moved = ""
    if found.change is not None:
        word = "up" if found.change > 0 else "down" if found.change < 0 else "unchanged"
        by = f" {plain(abs(found.change))}" if found.change else ""
        moved = f", {word}{by} on the month"
    return (
        f"In {found.month:%B %Y} public opinion stood at {plain(found.npoi)}{moved}: higher than "
        f"or equal to {found.percentile:.0f} % of the months so far. Of {found.n_posts:,} posts (a "
        f"median month has {found.n_usual:,.0f}, all months {found.n_posts_total:,}) {found.mix}; "
        f"their mean sentiment is {number(found.mean_score)}, from −1 to 1."
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
