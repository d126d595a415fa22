"""The data: how far they reach, how fresh they are, what was revised, refused, and is missing."""

from typing import Any

from sfr_pipeline.markets import Market
from sfr_pipeline.report.answers.data_findings import (
    Freshness,
    age_text,
    freshness,
    odd_prices,
    rejected_posts,
    reread,
    revisions,
    speaks_of,
    terms,
)
from sfr_pipeline.report.chart import Chart
from sfr_pipeline.report.index.indicator_charts import coverage_chart
from sfr_pipeline.report.parts import Excerpt, Part, Tables

# Excerpt of table `posts_rejected`.
REFUSED = "posts_refused"


def _shown(market: Market, tables: Tables) -> dict[str, Any]:
    # Posts are no items of the catalogue that a refresh asks for.
    fresh = freshness(market, tables) if market.prices or market.sourced_series else []
    missing_indicators = tables["missing_indicators"].to_dict("records") if market.monthly else []
    return {
        "sentence": _sentence(fresh, len(missing_indicators)),
        "fresh": fresh,
        "age": age_text,
        "day": speaks_of(market, tables) if fresh else None,
        "missing_indicators": missing_indicators,
        "missing_series": _records(tables, "missing_series"),
        "revisions": revisions(market, tables["revisions"]) if "revisions" in tables else None,
        "reread": (
            reread(market, tables["indicator_panel"], tables["panel_revisions"])
            if market.monthly and "panel_revisions" in tables
            else None
        ),
        "rejected": rejected_posts(tables[REFUSED]) if REFUSED in tables else None,
        "odd_prices": odd_prices(tables["prices_quality"]) if "prices_quality" in tables else None,
        "terms": terms(fresh),
    }


def _sentence(fresh: list[Freshness], n_missing: int) -> str | None:
    """The state of the data in a sentence or two; None where no refresh asked for anything."""
    if not fresh:
        return None
    count = sum(len(one.names) for one in fresh)
    stale = sum(len(one.names) for one in fresh if one.stale)
    late = [one for one in fresh if one.late]
    said = f"Of {count} series and instruments the last refresh brought {count - stale}"
    said += f", {stale} kept what they had" if stale else ""
    if late:
        n_late, oldest = sum(len(one.names) for one in late), max(one.age for one in late)
        said += (
            f"; {n_late} {'ends' if n_late == 1 else 'end'} earlier than frequency and release "
            f"lag explain, by up to {age_text(oldest)}"
        )
    if n_missing:
        said += f"; {n_missing} {'indicator is' if n_missing == 1 else 'indicators are'} missing"
    return f"{said}."


def _records(tables: Tables, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = tables[name].to_dict("records") if name in tables else []
    return rows


def _charts(market: Market, tables: Tables) -> dict[str, Chart]:
    if not market.monthly:
        return {}
    panel = tables["indicator_panel"]
    return {"coverage": coverage_chart(panel, market.indicator_names(), market.dimensions)}


def _needed(market: Market) -> tuple[str, ...]:
    return ("sfri", "indicator_panel", "missing_indicators") if market.monthly else ()


def _wanted(market: Market) -> tuple[str, ...]:
    return (
        *(("panel_revisions",) if market.monthly else ()),
        *(("input_status", "revisions") if market.prices or market.sourced_series else ()),
        *(("series", "missing_series") if market.sourced_series else ()),
        *(("prices_quality",) if market.stress else ()),
    )


def _excerpts(market: Market) -> tuple[Excerpt, ...]:
    # What the refused rows looked like, up to 2 kB each, helps only whoever mends a source.
    return (Excerpt(REFUSED, "posts_rejected", "all", ("reason",)),) if market.forum else ()


DATA = Part(
    "data",
    "The data",
    "answers/data.html.j2",
    _shown,
    _charts,
    needed=_needed,
    wanted=_wanted,
    excerpts=_excerpts,
)
