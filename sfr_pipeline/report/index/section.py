"""The index in the evidence: what a referee asks of it, all from frames.

Belongs here: what no answer of the report shows. Does not belong here: where the index stands and
what drives it, which the report answers.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from sfr_pipeline.econometrics.panel import MODES
from sfr_pipeline.index.regimes import why_no_regimes
from sfr_pipeline.markets import Market
from sfr_pipeline.report.chart import Chart
from sfr_pipeline.report.index import charts
from sfr_pipeline.report.index.indicator_charts import weight_heat_map
from sfr_pipeline.report.index.recovery import recoveries
from sfr_pipeline.report.index.verdict import index_waits
from sfr_pipeline.report.parts import Part, Tables

TABLES = (
    "sfri",
    "sfri_weights",
    "dimension_indices",
    "dimension_correlations",
    "regimes",
    "regime_parameters",
    "indicator_panel",
    "indicator_statistics",
    "events",
)
# Coefficients first, as an econometrician reads them; the table itself is sorted by name.
PARAMETERS = ("const", "ar.L1", "sigma2", "p", "duration", "ergodic_share", "counted_share")

Rows = list[dict[str, Any]]


def tables_of(market: Market) -> tuple[str, ...]:
    """Names of the tables that this section cannot do without."""
    index = TABLES if market.monthly else ()
    references = ("reference_comparison",) if market.references else ()
    truth = ("truth",) if market.truth else ()
    return index + references + truth


def index_section(market: Market, tables: Tables) -> dict[str, Any] | None:
    """What the template shows of the index; None where the market has none.

    Args:
        market: the catalogue.
        tables: frames by name, as ``tables_of`` has them; ``npoi`` may be there too.
    """
    if not market.monthly:
        return None
    about = {
        "indicators": tables["indicator_statistics"].to_dict("records"),
        "undecided": [one.id for one in market.indicators if "direction" in one.undecided],
    }
    if waits := index_waits(market, tables):
        return {"waits": waits, **about}
    last = pd.Period(tables["sfri"]["ref_date"].max(), "M")
    return about | {
        "waits": None,
        "regimes_wait": why_no_regimes(market, last),
        "correlations": correlation_rows(tables["dimension_correlations"], market.dimensions),
        "parameters": parameter_rows(tables["regime_parameters"]),
        "events": event_rows(tables["events"], market.dimensions),
        "references": (
            reference_rows(tables["reference_comparison"]) if market.references else None
        ),
        "recoveries": recoveries(tables) if market.truth else None,
    }


def event_rows(events: pd.DataFrame, titles: Mapping[str, str]) -> Rows:
    """The named events of which the catalogue says where they arose, the earliest first.

    Args:
        events: table ``events``.
        titles: of the dimensions.
    """
    own = events[events["dimension"].isin(list(titles))].sort_values("onset")
    return own.assign(title=own["dimension"].map(titles)).to_dict("records")


def index_charts(market: Market, tables: Tables) -> dict[str, Chart]:
    """The charts of that section; none where the market has no index."""
    if not market.monthly or index_waits(market, tables):
        return {}
    dimensions, weights = tables["dimension_indices"], tables["sfri_weights"]
    return {
        "dimensions": charts.dimension_panels(dimensions, market.dimensions, "real_time"),
        "weights": weight_heat_map(weights, market.indicator_names(), "real_time"),
        "regimes": charts.regime_chart(tables["regimes"], "paper"),
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


def _wanted(market: Market) -> tuple[str, ...]:
    """Public opinion, which a known truth is compared with too."""
    return ("npoi",) if market.monthly and market.truth and market.forum else ()


PART = Part(
    "index",
    "The index",
    "index/section.html.j2",
    index_section,
    index_charts,
    needed=tables_of,
    wanted=_wanted,
)
