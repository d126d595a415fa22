"""The analyst's report: one HTML file that needs nothing else, not even a network.

Belongs here: the sections of all legs put together. Does not belong here: what any of them shows,
which stands in the `section` of its leg.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from sfr_pipeline.markets import Market
from sfr_pipeline.markets.indicator import undecided_notes
from sfr_pipeline.report.forecasting.section import TABLES as FORECASTING_TABLES
from sfr_pipeline.report.forecasting.section import forecasting_figures, forecasting_section
from sfr_pipeline.report.formats import FILTERS
from sfr_pipeline.report.imprint import Imprint
from sfr_pipeline.report.index.section import index_figures, index_section
from sfr_pipeline.report.index.section import tables_of as index_tables_of
from sfr_pipeline.report.opinion.section import TABLES as OPINION_TABLES
from sfr_pipeline.report.opinion.section import opinion_figures, opinion_section
from sfr_pipeline.report.stress.section import BESIDE_TABLES as STRESS_BESIDE
from sfr_pipeline.report.stress.section import TABLES as STRESS_TABLES
from sfr_pipeline.report.stress.section import stress_figures, stress_section
from sfr_pipeline.report.stress.volatility_section import TABLES as VOLATILITY_TABLES
from sfr_pipeline.report.stress.volatility_section import volatility_figures, volatility_section
from sfr_pipeline.report.style import mark_synthetic, to_svg


def tables_of(market: Market) -> tuple[str, ...]:
    """Names of the tables that a market's report reads."""
    return index_tables_of(market) + optional_tables_of(market)


def optional_tables_of(market: Market) -> tuple[str, ...]:
    """Those without which there is still a report.

    Posts may take weeks to crawl, and early warning and daily stress may not have been run yet.
    """
    opinion = OPINION_TABLES if market.forum else ()
    forecasting = FORECASTING_TABLES if market.forecasting else ()
    stress = VOLATILITY_TABLES + STRESS_TABLES + STRESS_BESIDE if market.stress else ()
    return opinion + forecasting + stress


def render(
    market: Market, tables: Mapping[str, pd.DataFrame], imprint: Imprint | None = None
) -> str:
    """Render the report of a market.

    Args:
        market: the catalogue.
        tables: the frames named by ``tables_of``; the optional ones may be missing.
        imprint: what the foot tells; None leaves it out.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("sfr_pipeline", "report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= FILTERS
    sections = {
        "index": index_section(market, tables),
        "opinion": opinion_section(market, tables),
        "forecasting": forecasting_section(market, tables),
        "volatility": volatility_section(market, tables),
        "stress": stress_section(market, tables),
    }
    return environment.get_template("page.html.j2").render(
        market=market,
        undecided=undecided_notes(market.indicators),
        heading=_heading(market),
        as_of=_as_of(sections),
        imprint=imprint,
        charts=_charts(market, tables),
        **sections,
    )


def _heading(market: Market) -> str:
    return "Public opinion" if market.posts_alone else "Systemic financial risk"


def _as_of(sections: Mapping[str, Any]) -> str | None:
    """The index's latest month, without an index the latest day; None where nothing has run.

    Of posts alone their latest month.
    """
    for name in ("index", "volatility", "opinion"):
        found = sections[name]
        if found is None:
            continue
        summary = found.get("summary")
        if summary is None:
            return None
        if name != "volatility":
            return f"{summary.month:%B %Y}"
        return None if summary.day is None else f"{summary.day:%Y-%m-%d}"
    return None


def _charts(market: Market, tables: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    figures = (
        index_figures(market, tables)
        | opinion_figures(market, tables)
        | forecasting_figures(market, tables)
        | volatility_figures(market, tables)
        | stress_figures(market, tables)
    )
    if market.synthetic:
        for figure in figures.values():
            mark_synthetic(figure)
    return {name: to_svg(figure) for name, figure in figures.items()}
