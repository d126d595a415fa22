"""The analyst's report: one HTML file that needs nothing else, not even a network."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from sfr_pipeline.markets import Market
from sfr_pipeline.report.forecasting.section import TABLES as FORECASTING_TABLES
from sfr_pipeline.report.forecasting.section import forecasting_figures, forecasting_section
from sfr_pipeline.report.formats import FILTERS
from sfr_pipeline.report.index import charts
from sfr_pipeline.report.index.verdict import Summary, summarize
from sfr_pipeline.report.opinion.section import npoi_chart, opinion_summary
from sfr_pipeline.report.recovery import recoveries
from sfr_pipeline.report.stress.section import TABLES as STRESS_TABLES
from sfr_pipeline.report.stress.section import stress_figures, stress_section

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INDEX_TABLES = (
    "sfri",
    "sfri_weights",
    "sfri_contributions",
    "dimension_indices",
    "dimension_correlations",
    "regimes",
    "regime_parameters",
    "events",
    "indicator_panel",
    "indicator_statistics",
    "missing_indicators",
)


def tables_of(market: Market) -> tuple[str, ...]:
    """Names of the tables that a market's report reads."""
    risk = INDEX_TABLES if market.monthly else ()
    references = ("reference_comparison",) if market.references else ()
    truth = ("truth",) if market.truth else ()
    return risk + references + truth + optional_tables_of(market)


def optional_tables_of(market: Market) -> tuple[str, ...]:
    """Those without which there is still a report.

    Posts may take weeks to crawl, and early warning and daily stress may not have been run yet.
    """
    opinion = ("npoi",) if market.forum else ()
    warning = FORECASTING_TABLES if market.forecasting else ()
    return opinion + warning + (STRESS_TABLES if market.stress else ())


def render(market: Market, tables: Mapping[str, pd.DataFrame]) -> str:
    """Render the report of a market.

    Args:
        market: the catalogue.
        tables: the frames named by ``tables_of``; the optional ones may be missing.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("sfr_pipeline.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= FILTERS
    sections = {
        "opinion": opinion_summary(tables["npoi"]) if "npoi" in tables else None,
        "forecasting": forecasting_section(market, tables),
        "stress": stress_section(market, tables),
    }
    if market.monthly:
        sections |= _index_sections(market, tables)
    return environment.get_template("report.html.j2").render(
        market=market,
        as_of=_as_of(sections),
        charts=_charts(market, tables),
        **sections,
    )


def _index_sections(market: Market, tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """What the template shows of the monthly index."""
    return {
        "summary": summary_of(tables),
        "forecast": _forecast(tables["regimes"]),
        "agreement": _agreement(tables["sfri"]),
        "correlations": _correlations(tables["dimension_correlations"], market),
        "parameters": _by_mode(tables["regime_parameters"]),
        "events": tables["events"].sort_values("onset").to_dict("records"),
        "events_have_dimensions": tables["events"]["dimension"].notna().any(),
        "indicators": tables["indicator_statistics"].to_dict("records"),
        "missing": tables["missing_indicators"].to_dict("records"),
        "references": _references(tables["reference_comparison"]) if market.references else None,
        "recoveries": recoveries(tables) if market.truth else None,
    }


def _as_of(sections: Mapping[str, Any]) -> str | None:
    """The index's latest month, without an index the latest day; None where nothing has run."""
    if "summary" in sections:
        return f"{sections['summary'].month:%B %Y}"
    found = sections["stress"]
    if found is None or found["summary"].latest is None:
        return None
    return f"{found['summary'].latest.day:%Y-%m-%d}"


def _charts(market: Market, tables: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    figures = _index_figures(market, tables) if market.monthly else {}
    if "npoi" in tables:
        figures["opinion"] = npoi_chart(tables["npoi"])
    figures |= forecasting_figures(market, tables)
    figures |= stress_figures(market, tables)
    if market.synthetic:
        for figure in figures.values():
            charts.mark_synthetic(figure)
    return {name: charts.to_svg(figure) for name, figure in figures.items()}


def _index_figures(market: Market, tables: Mapping[str, pd.DataFrame]) -> "dict[str, Figure]":
    sfri = tables["sfri"]
    return {
        "index": charts.index_chart(
            sfri, "real_time", events=tables["events"], regimes=tables["regimes"]
        ),
        "real_time": charts.real_time_chart(sfri),
        "stack": charts.dimension_stack(
            tables["dimension_indices"], market.dimensions, "real_time"
        ),
        "dimensions": charts.dimension_panels(
            tables["dimension_indices"], market.dimensions, "real_time"
        ),
        "regimes": charts.regime_chart(tables["regimes"], "paper"),
        "weights": charts.weight_heat_map(
            tables["sfri_weights"], market.indicator_names(), "real_time"
        ),
        "coverage": charts.coverage_chart(
            tables["indicator_panel"], market.indicator_names(), market.dimensions
        ),
    }


def summary_of(tables: Mapping[str, pd.DataFrame]) -> Summary:
    """Summarise the latest month from the report's tables."""
    return summarize(
        tables["sfri"],
        tables["sfri_weights"],
        tables["sfri_contributions"],
        tables["regimes"],
        tables["indicator_statistics"],
    )


def _reading_position(parameter: str) -> int:
    order = ("const", "ar.L1", "sigma2", "p", "duration", "ergodic_share", "counted_share")
    head = parameter.partition("[")[0]
    return order.index(head) if head in order else len(order)


def _forecast(regimes: pd.DataFrame) -> list[dict[str, object]]:
    rows = regimes[(regimes["mode"] == "real_time") & (regimes["horizon"] > 0)]
    return rows.sort_values("horizon").to_dict("records")


def _agreement(sfri: pd.DataFrame) -> dict[str, float]:
    wide = sfri.pivot(index="ref_date", columns="mode", values="sfri").dropna()
    return {
        "correlation": wide["paper"].corr(wide["real_time"]),
        "noise": (wide["paper"] - wide["real_time"]).std() / wide["paper"].std(),
    }


def _correlations(correlations: pd.DataFrame, market: Market) -> list[dict[str, object]]:
    """One row a dimension; one that no indicator speaks for says so."""
    wide = correlations.pivot(index="dimension", columns="mode", values="correlation")
    rows = wide.reindex(list(market.dimensions))
    return [
        {
            "name": title,
            "has_data": name in wide.index,
            "paper": rows.loc[name, "paper"],
            "real_time": rows.loc[name, "real_time"],
        }
        for name, title in market.dimensions.items()
    ]


def _references(comparison: pd.DataFrame) -> list[dict[str, object]]:
    rows = comparison[comparison["mode"] == "real_time"]
    return rows.sort_values("name").to_dict("records")


def _by_mode(parameters: pd.DataFrame) -> list[dict[str, object]]:
    wide = parameters.pivot(index="parameter", columns="mode", values=["value", "standard_error"])
    about = parameters.drop_duplicates("parameter").set_index("parameter")["description"]
    # Coefficients first, as an econometrician reads them; the table itself is sorted by name.
    about = about.sort_index(key=lambda names: names.map(_reading_position))
    return [
        {
            "name": name,
            "description": about[name],
            "paper": wide.loc[name, ("value", "paper")],
            "paper_error": wide.loc[name, ("standard_error", "paper")],
            "real_time": wide.loc[name, ("value", "real_time")],
        }
        for name in about.index
    ]
