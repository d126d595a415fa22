"""The two pages of a market, each one HTML file that needs nothing else, not even a network.

The report answers what an analyst asks, in that order: where risk stands, why, what is ahead, how
far to trust it, what people say, on which data. The evidence beside it holds what a referee asks
for: every model that was tried, every test, leg by leg.

Belongs here: sections put together into a page, with the charts that they name. Does not belong
here: what a section says, which stands in `answers` and in the `section` of each leg.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from sfr_pipeline.markets import Market
from sfr_pipeline.markets.indicator import undecided_notes
from sfr_pipeline.report.answers import ANSWERS
from sfr_pipeline.report.chart import Chart, as_script, embedded
from sfr_pipeline.report.evidence import EVIDENCE
from sfr_pipeline.report.imprint import Imprint
from sfr_pipeline.report.months import Months, months_of
from sfr_pipeline.report.parts import Excerpt, Part, Tables
from sfr_pipeline.report.templates import drawing_script, templates
from sfr_pipeline.workspace import HOST, PORT


@dataclass(frozen=True)
class Pages:
    """Both pages of a market.

    Attributes:
        report: what an analyst asks.
        evidence: what a referee asks; None where no model was tried.
    """

    report: str
    evidence: str | None


def tables_of(market: Market) -> tuple[str, ...]:
    """Names of the tables that a market's pages read whole."""
    needed = _names(part.needed(market) for part in (*ANSWERS, *EVIDENCE))
    return (*needed, *optional_tables_of(market))


def optional_tables_of(market: Market) -> tuple[str, ...]:
    """Those without which there are still pages.

    Posts may take weeks to crawl, and early warning and daily stress may not have been run yet.
    """
    needed = _names(part.needed(market) for part in (*ANSWERS, *EVIDENCE))
    wanted = _names(part.wanted(market) for part in (*ANSWERS, *EVIDENCE))
    return tuple(name for name in wanted if name not in needed)


def excerpts_of(market: Market) -> tuple[Excerpt, ...]:
    """What the pages read of tables that are too large to be read whole, where there are any."""
    found = (part.excerpts(market) for part in (*ANSWERS, *EVIDENCE))
    return tuple(dict.fromkeys(excerpt for excerpts in found for excerpt in excerpts))


def render(market: Market, tables: Tables, imprint: Imprint) -> Pages:
    """Render the pages of a market.

    Args:
        market: the catalogue.
        tables: frames named by ``tables_of``; those of ``optional_tables_of`` and the excerpts of
            ``excerpts_of`` may be missing.
        imprint: what the foot tells.
    """
    report, evidence = (_sections(market, tables, parts) for parts in (ANSWERS, EVIDENCE))
    told: dict[str, Any] = {
        "market": market,
        "tables": tables,
        "imprint": imprint,
        "both": bool(evidence),
    }
    months = months_of(market, ANSWERS, report, templates("report"))
    page = _page("report", report, _charts(market, tables, ANSWERS), months=months, **told)
    if not evidence:
        return Pages(page, None)
    return Pages(page, _page("evidence", evidence, _charts(market, tables, EVIDENCE), **told))


def _sections(market: Market, tables: Tables, parts: Iterable[Part]) -> list[dict[str, Any]]:
    """What the templates show, of the parts that the market has."""
    shown = ((part, part.shown(market, tables)) for part in parts)
    return [
        {
            "id": part.id,
            "title": part.title,
            "template": part.template,
            "tables": sorted(set(part.tables(market))),
            **found,
        }
        for part, found in shown
        if found is not None
    ]


def _charts(market: Market, tables: Tables, parts: Iterable[Part]) -> dict[str, Chart]:
    return {name: chart for part in parts for name, chart in part.charts(market, tables).items()}


def _page(
    kind: str,
    sections: list[dict[str, Any]],
    charts: Mapping[str, Chart],
    *,
    market: Market,
    tables: Tables,
    imprint: Imprint,
    both: bool,
    months: Months | None = None,
) -> str:
    page: str = (
        templates("report")
        .get_template("page.html.j2")
        .render(
            market=market,
            kind=kind,
            both=both,
            heading="Public opinion" if market.posts_alone else "Systemic financial risk",
            latest=_latest(market, tables),
            undecided=undecided_notes(market.indicators),
            sections=sections,
            months=months,
            charts=charts,
            charts_json=as_script({name: embedded(chart) for name, chart in charts.items()}),
            imprint=imprint,
            script=drawing_script(),
            ui=f"http://{HOST}:{PORT}",
        )
    )
    return page


def _latest(market: Market, tables: Tables) -> pd.Timestamp | None:
    """The newest day that a page speaks of; None where nothing has begun."""
    days = {"sfri": "ref_date", "volatility_forecasts": "date", "npoi": "ref_date"}
    for name, column in days.items():
        if name in tables and len(tables[name]):
            latest: pd.Timestamp = tables[name][column].max()
            return latest
    return None


def _names(found: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for names in found for name in names))
