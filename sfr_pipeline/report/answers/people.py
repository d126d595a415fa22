"""What people say: the forum's latest month, its volume, and how its posts read."""

from typing import Any

from sfr_pipeline.markets import Market
from sfr_pipeline.opinion.npoi import NO_POSTS
from sfr_pipeline.report.chart import Chart
from sfr_pipeline.report.opinion.charts import npoi_chart, sentiment_chart
from sfr_pipeline.report.opinion.verdict import opinion_sentence, opinion_summary, why_meaningless
from sfr_pipeline.report.parts import Part, Tables


def _shown(market: Market, tables: Tables) -> dict[str, Any] | None:
    if market.forum is None:
        return None
    about = {"meaningless": why_meaningless(market), "waits": _waits(market, tables)}
    if about["waits"]:
        return about
    summary = opinion_summary(tables["npoi"])
    return about | {"summary": summary, "sentence": opinion_sentence(summary)}


def _waits(market: Market, tables: Tables) -> str | None:
    """Why nothing is told yet, in one sentence; None where something is."""
    if "npoi" not in tables:
        return f"No posts have been read: materialize {market.name}/posts, sentiment and npoi."
    return NO_POSTS if tables["npoi"].empty else None


def _charts(market: Market, tables: Tables) -> dict[str, Chart]:
    if market.forum is None or _waits(market, tables):
        return {}
    return {"opinion": npoi_chart(tables["npoi"]), "sentiment": sentiment_chart(tables["npoi"])}


def _wanted(market: Market) -> tuple[str, ...]:
    return ("npoi",) if market.forum is not None else ()


PEOPLE = Part(
    "people", "What people say", "answers/people.html.j2", _shown, _charts, wanted=_wanted
)
