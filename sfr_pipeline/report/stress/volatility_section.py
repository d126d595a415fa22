"""The evidence on volatility, the daily leg's first question: rows and charts.

Does not belong here: the newest forecasts, which the report answers (`report.answers.ahead`).
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from sfr_pipeline.evaluation.models import (
    headline,
    in_reading_order,
    name_of,
    references,
    simple_kind,
    variants_looked_at,
)
from sfr_pipeline.markets import Market
from sfr_pipeline.report.chart import Chart
from sfr_pipeline.report.formats import as_float
from sfr_pipeline.report.parts import Part
from sfr_pipeline.report.stress import volatility_charts as charts
from sfr_pipeline.report.stress.volatility_verdict import (
    AHEAD,
    CAVEAT,
    LEG,
    LOSS_NAMES,
    PANEL_NAMES,
    group_of,
    outer_ends,
    sub_market_names,
    volatility_summary,
)
from sfr_pipeline.storage.tables.volatility import PANELS

TABLES = ("volatility_forecasts", "volatility_scores")

Rows = list[dict[str, Any]]


def volatility_section(market: Market, tables: Mapping[str, pd.DataFrame]) -> dict[str, Any] | None:
    """What the template shows of volatility; None where there is none, or a table is missing.

    Args:
        market: the catalogue.
        tables: frames by name.
    """
    if market.stress is None or not all(name in tables for name in TABLES):
        return None
    scores = tables["volatility_scores"]
    first = headline(LEG)
    return {
        "summary": volatility_summary(market, tables),
        "caveat": CAVEAT,
        "ahead": AHEAD,
        "model": first.name,
        "variants": variants_looked_at(LEG),
        "losses": list(LOSS_NAMES.values()),
        "references": [reference.name for reference in references(LEG)],
        "rivals": [rival.name for rival in references(LEG) if rival.id != first.id],
        "panels": [
            {
                "name": PANEL_NAMES[panel],
                "models": model_rows(scores, panel),
                "markets": market_rows(market, scores, panel),
            }
            for panel in PANELS
            if not group_of(scores, panel).empty
        ],
    }


def volatility_charts(market: Market, tables: Mapping[str, pd.DataFrame]) -> dict[str, Chart]:
    """The charts of that part; none where it is missing or nothing is forecast yet."""
    if market.stress is None or not all(name in tables for name in TABLES):
        return {}
    forecasts, scores = tables["volatility_forecasts"], tables["volatility_scores"]
    found = {}
    if len(forecasts):
        found["volatility-hindsight"] = charts.hindsight_chart(forecasts, sub_market_names(market))
    if len(scores):
        found["volatility-gains"] = charts.gain_chart(scores)
        found["volatility-decades"] = charts.decade_chart(scores)
    return found


def model_rows(scores: pd.DataFrame, panel: str) -> Rows:
    """What every model of a panel is worth, all years and markets, in reading order.

    A row has ``name``, ``simple``, ``gains`` (of each loss by its name, a row of the table against
    each reference, None against itself), ``coverage`` (of 50 and 90 %) and ``refit_months``.

    Args:
        scores: table ``volatility_scores``.
        panel: its name.
    """
    by_loss = {name: group_of(scores, panel, loss=loss) for loss, name in LOSS_NAMES.items()}
    first = next(iter(by_loss.values()))
    rows = []
    for model in in_reading_order(LEG, first["model"]):
        own = first[first["model"] == model].iloc[0]
        rows.append(
            {
                "name": name_of(LEG, model),
                "simple": simple_kind(LEG, model),
                "gains": {name: _gains(group, model) for name, group in by_loss.items()},
                "coverage": [as_float(own["coverage_50"]), as_float(own["coverage_90"])],
                "refit_months": own["refit_months"],
            }
        )
    return rows


def market_rows(market: Market, scores: pd.DataFrame, panel: str) -> Rows:
    """Gains of the headline model in each market of a panel, against each other reference.

    Args:
        market: the catalogue, with a stress leg.
        scores: table ``volatility_scores``.
        panel: its name.
    """
    first = headline(LEG).id
    names = sub_market_names(market)
    rows = []
    there = set(scores.loc[scores["panel"] == panel, "market"]) - {"all"}
    for identifier in [*(name for name in names if name in there), *sorted(there - set(names))]:
        own = group_of(scores, panel, market=identifier)
        gains = [gain for gain in _gains(own, first) if gain is not None]
        if gains:
            name = names.get(identifier, identifier)
            days = int(own["n_days"].max())
            rows.append({"name": name, "n_days": days, "gains": gains})
    return rows


def _gains(rows: pd.DataFrame, model: str) -> list[dict[str, Any] | None]:
    found: list[dict[str, Any] | None] = []
    for rival in references(LEG):
        own = rows[(rows["model"] == model) & (rows["rival"] == rival.id)]
        if own.empty:
            found.append(None)
            continue
        low, high = outer_ends(own.iloc[0])
        found.append(own.iloc[0].to_dict() | {"low": low, "high": high})
    return found


PART = Part(
    "volatility",
    "Volatility of the coming days",
    "stress/volatility.html.j2",
    volatility_section,
    volatility_charts,
    wanted=lambda market: TABLES if market.stress else (),
)
