"""Where risk stands: the level of the index, by month as known then, and what was told before.

Of a market without an index: what it has instead, or what the index waits for.
"""

from typing import Any

import pandas as pd

from sfr_pipeline.markets import Market
from sfr_pipeline.opinion.npoi import NO_POSTS
from sfr_pipeline.report.answers.why import TABLES as DRIVERS
from sfr_pipeline.report.chart import Chart
from sfr_pipeline.report.forecasting.verdict import headline_forecaster
from sfr_pipeline.report.formats import number, probability_text
from sfr_pipeline.report.index import charts
from sfr_pipeline.report.index.grades import GRADES
from sfr_pipeline.report.index.neighbours import APART
from sfr_pipeline.report.index.reasons import reasons
from sfr_pipeline.report.index.since import told_before, told_now
from sfr_pipeline.report.index.standing import LAST_VINTAGE, sentence, standings
from sfr_pipeline.report.index.verdict import index_waits
from sfr_pipeline.report.months import month_id
from sfr_pipeline.report.opinion.verdict import opinion_summary
from sfr_pipeline.report.parts import Excerpt, Part, Tables
from sfr_pipeline.report.publications import readings_of_index
from sfr_pipeline.report.stress.verdict import stress_summary
from sfr_pipeline.report.stress.volatility_verdict import AHEAD, newest_outlook
from sfr_pipeline.stress.beginning import why_no_verdict

TABLES = ("sfri", "regimes", "events", "indicator_panel", *DRIVERS)
NOTHING = "Nothing has been measured yet."
DAILY = ("volatility_forecasts", "stress_scores", "stress_predictions")


def sentences(market: Market, tables: Tables) -> dict[str, str]:
    """What is said of every month, by "YYYY-MM" and in order; nothing where there is no index.

    Args:
        market: the catalogue.
        tables: frames by name, those that this part needs.
    """
    if not market.monthly or index_waits(market, tables):
        return {}
    return {month: shown["sentence"] for month, shown in _months(market, tables).items()}


def _months(market: Market, tables: Tables) -> dict[str, dict[str, Any]]:
    why = reasons(market, tables)
    return {
        month_id(month): {"standing": standing, "sentence": sentence(standing, why[month])}
        for month, standing in standings(tables).items()
    }


def _shown(market: Market, tables: Tables) -> dict[str, Any]:
    if not market.monthly or index_waits(market, tables):
        return {"months": {}, "told": _instead(market, tables)}
    return {
        "months": _months(market, tables),
        "grades": GRADES,
        "apart": APART,
        **_since(market, tables),
    }


def _since(market: Market, tables: Tables) -> dict[str, Any]:
    """What is told now, and what was told before."""
    scores, fan = tables.get("forecast_scores"), tables.get("forecast_fan")
    model = None if scores is None or fan is None else headline_forecaster(scores, fan)
    now = told_now(readings_of_index(market, tables), model)
    told = tables.get("publications")
    return {"now": now, "before": None if told is None else told_before(told, now, model)}


def _instead(market: Market, tables: Tables) -> list[str]:
    """What there is instead of an index, a sentence each: why it waits, the newest day, posts."""
    waits = index_waits(market, tables) if market.monthly else None
    told = [waits] if waits else []
    if market.stress is not None and "volatility_forecasts" in tables:
        day, outlook = newest_outlook(market, tables["volatility_forecasts"])
        rows = [row for row in outlook if row.horizon == AHEAD]
        if day is not None and rows:
            each = ", ".join(f"{row.name} {100 * row.forecast:.1f}" for row in rows)
            told.append(
                f"After {day:%Y-%m-%d} the volatility expected over the next {AHEAD} trading days, "
                f"in per cent a year, is: {each}."
            )
    judged = market.stress is not None and "stress_scores" in tables
    known = judged and not why_no_verdict(market, tables)
    if known and (coming := stress_summary(tables).latest) is not None:
        told.append(
            f"The probability of stress in the {AHEAD} trading days after "
            f"{coming.day:%Y-%m-%d} is {probability_text(coming.probability)} "
            f"({coming.name}); the base rate is {probability_text(coming.base_rate)}."
        )
    if market.forum is not None and "npoi" in tables:
        told.append(_opinion(tables["npoi"]))
    return told or [NOTHING]


def _opinion(npoi: pd.DataFrame) -> str:
    if npoi.empty:
        return NO_POSTS
    found = opinion_summary(npoi)
    return (
        f"Public opinion stood at {number(found.npoi, 3)} in {found.month:%B %Y}, at or above "
        f"{found.percentile:.0f} % of the months so far."
    )


def _charts(market: Market, tables: Tables) -> dict[str, Chart]:
    if not market.monthly or index_waits(market, tables):
        return {}
    return {
        "index": charts.index_chart(
            tables["sfri"], "real_time", tables["events"], tables["regimes"]
        )
    }


def _needed(market: Market) -> tuple[str, ...]:
    return TABLES if market.monthly else ()


def _wanted(market: Market) -> tuple[str, ...]:
    ahead = ("forecast_scores", "forecast_fan") if market.forecasting is not None else ()
    told = ("publications", *ahead) if market.monthly else ()
    daily = DAILY if market.stress is not None else ()
    return (*told, *daily, *(("npoi",) if market.forum is not None else ()))


def _excerpts(market: Market) -> tuple[Excerpt, ...]:
    if not market.monthly:
        return ()
    return (Excerpt(LAST_VINTAGE, "sfri_vintages", "newest vintage"),)


WHERE = Part(
    "where",
    "Where risk stands",
    "answers/where.html.j2",
    _shown,
    _charts,
    needed=_needed,
    wanted=_wanted,
    excerpts=_excerpts,
    monthly="answers/where_month.html.j2",
)
