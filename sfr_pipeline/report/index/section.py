"""The report's sections on the index: rows of its tables and its pictures, all from frames."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from sfr_pipeline.econometrics.panel import MODES
from sfr_pipeline.markets import Market
from sfr_pipeline.report.index import charts
from sfr_pipeline.report.index.recovery import recoveries
from sfr_pipeline.report.index.verdict import index_summary, index_waits
from sfr_pipeline.report.parts import Part

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TABLES = (
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
# Coefficients first, as an econometrician reads them; the table itself is sorted by name.
PARAMETERS = ("const", "ar.L1", "sigma2", "p", "duration", "ergodic_share", "counted_share")

Rows = list[dict[str, Any]]


def tables_of(market: Market) -> tuple[str, ...]:
    """Names of the tables that these sections read."""
    index = TABLES if market.monthly else ()
    references = ("reference_comparison",) if market.references else ()
    truth = ("truth",) if market.truth else ()
    return index + references + truth


def index_section(market: Market, tables: Mapping[str, pd.DataFrame]) -> dict[str, Any] | None:
    """What the templates show of the index; None where the market has none.

    Args:
        market: the catalogue.
        tables: frames by name, as ``tables_of`` has them.
    """
    if not market.monthly:
        return None
    about = {
        "indicators": tables["indicator_statistics"].to_dict("records"),
        "missing": tables["missing_indicators"].to_dict("records"),
        "undecided": [one.id for one in market.indicators if "direction" in one.undecided],
    }
    if waits := index_waits(market, tables):
        return {"waits": waits, **about}
    events = tables["events"]
    return about | {
        "waits": None,
        "summary": index_summary(market, tables),
        "forecast": forecast_rows(tables["regimes"]),
        "agreement": agreement(tables["sfri"]),
        "correlations": correlation_rows(tables["dimension_correlations"], market.dimensions),
        "parameters": parameter_rows(tables["regime_parameters"]),
        "events": events.sort_values("onset").to_dict("records"),
        "events_have_dimensions": events["dimension"].notna().any(),
        "references": (
            reference_rows(tables["reference_comparison"]) if market.references else None
        ),
        "recoveries": recoveries(tables) if market.truth else None,
    }


def index_figures(market: Market, tables: Mapping[str, pd.DataFrame]) -> "dict[str, Figure]":
    """The pictures of those sections; none where the market has no index."""
    if not market.monthly:
        return {}
    sfri, dimensions = tables["sfri"], tables["dimension_indices"]
    names = market.indicator_names()
    coverage = charts.coverage_chart(tables["indicator_panel"], names, market.dimensions)
    if index_waits(market, tables):
        return {"coverage": coverage}
    return {
        "index": charts.index_chart(
            sfri, "real_time", events=tables["events"], regimes=tables["regimes"]
        ),
        "real_time": charts.real_time_chart(sfri),
        "stack": charts.dimension_stack(dimensions, market.dimensions, "real_time"),
        "dimensions": charts.dimension_panels(dimensions, market.dimensions, "real_time"),
        "regimes": charts.regime_chart(tables["regimes"], "paper"),
        "weights": charts.weight_heat_map(tables["sfri_weights"], names, "real_time"),
        "coverage": coverage,
    }


def forecast_rows(regimes: pd.DataFrame) -> Rows:
    """The real-time forecasts, the nearest month first.

    Args:
        regimes: table ``regimes``.
    """
    rows = regimes[(regimes["mode"] == "real_time") & (regimes["horizon"] > 0)]
    return rows.sort_values("horizon").to_dict("records")


def agreement(sfri: pd.DataFrame) -> dict[str, float]:
    """How far the real-time index is from that of the full sample.

    Args:
        sfri: table ``sfri``.

    Returns:
        ``correlation``, and ``noise``: standard deviation of their difference over that of the
        full-sample index.
    """
    wide = sfri.pivot(index="ref_date", columns="mode", values="sfri").dropna()
    if len(wide) < 2:
        return {"correlation": float("nan"), "noise": float("nan")}
    return {
        "correlation": wide["paper"].corr(wide["real_time"]),
        "noise": (wide["paper"] - wide["real_time"]).std() / wide["paper"].std(),
    }


def correlation_rows(correlations: pd.DataFrame, titles: Mapping[str, str]) -> Rows:
    """One row a dimension, with its correlation by information set.

    One that no indicator speaks for has ``has_data`` false.

    Args:
        correlations: table ``dimension_correlations``.
        titles: of the dimensions, in reading order.
    """
    wide = correlations.pivot(index="dimension", columns="mode", values="correlation")
    rows = wide.reindex(index=list(titles), columns=list(MODES))
    return [
        {
            "name": title,
            "has_data": name in wide.index,
            "paper": rows.loc[name, "paper"],
            "real_time": rows.loc[name, "real_time"],
        }
        for name, title in titles.items()
    ]


def reference_rows(comparison: pd.DataFrame) -> Rows:
    """The real-time comparison with each published index.

    Args:
        comparison: table ``reference_comparison``.
    """
    rows = comparison[comparison["mode"] == "real_time"]
    return rows.sort_values("name").to_dict("records")


def parameter_rows(parameters: pd.DataFrame) -> Rows:
    """The parameters of the regimes, both information sets side by side, in reading order.

    Args:
        parameters: table ``regime_parameters``.
    """
    wide = parameters.pivot(index="parameter", columns="mode", values=["value", "standard_error"])
    wide = wide.reindex(columns=pd.MultiIndex.from_product([["value", "standard_error"], MODES]))
    about = parameters.drop_duplicates("parameter").set_index("parameter")["description"]
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


def _reading_position(parameter: str) -> int:
    head = parameter.partition("[")[0]
    return PARAMETERS.index(head) if head in PARAMETERS else len(PARAMETERS)


PART = Part(
    "index",
    "The index",
    "index/section.html.j2",
    index_section,
    index_figures,
    needed=tables_of,
)
