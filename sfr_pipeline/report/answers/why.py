"""Why risk stands there: what drives the index and what moved it, by month as known then."""

from typing import Any

from sfr_pipeline.markets import Market
from sfr_pipeline.report.chart import Chart
from sfr_pipeline.report.index import charts
from sfr_pipeline.report.index.reasons import HEADLINE_NEWS, reasons
from sfr_pipeline.report.index.verdict import index_waits
from sfr_pipeline.report.months import month_id
from sfr_pipeline.report.parts import Excerpt, Part, Tables

TABLES = ("sfri_weights", "sfri_contributions", "dimension_indices", "indicator_statistics")


def _shown(market: Market, tables: Tables) -> dict[str, Any] | None:
    if not market.monthly or index_waits(market, tables):
        return None
    return {
        "months": {
            month_id(month): {"when": month, "why": found}
            for month, found in reasons(market, tables).items()
        }
    }


def _charts(market: Market, tables: Tables) -> dict[str, Chart]:
    if not market.monthly or index_waits(market, tables):
        return {}
    dimensions = tables["dimension_indices"]
    return {"stack": charts.dimension_stack(dimensions, market.dimensions, "real_time")}


def _needed(market: Market) -> tuple[str, ...]:
    return TABLES if market.monthly else ()


def _excerpts(market: Market) -> tuple[Excerpt, ...]:
    return (Excerpt(HEADLINE_NEWS, "index_news", "own month"),) if market.monthly else ()


WHY = Part(
    "why",
    "Why",
    "answers/why.html.j2",
    _shown,
    _charts,
    needed=_needed,
    excerpts=_excerpts,
    monthly="answers/why_month.html.j2",
)
