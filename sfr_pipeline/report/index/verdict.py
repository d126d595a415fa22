"""What a terminal says of the index: the newest month, or what the index waits for."""

from collections.abc import Mapping

import pandas as pd

from sfr_pipeline.index.regimes import why_no_regimes
from sfr_pipeline.index.sfri import why_no_index
from sfr_pipeline.markets import Market
from sfr_pipeline.report.formats import labelled, probability_text
from sfr_pipeline.report.index.reasons import reasons
from sfr_pipeline.report.index.standing import Standing, sentence, standings

# Of the drivers, those that the terminal names.
N_DRIVERS = 3


def index_waits(market: Market, tables: Mapping[str, pd.DataFrame]) -> str | None:
    """Why there is no index yet, in one sentence; None where there is one.

    Args:
        market: the catalogue, with an index.
        tables: frames by name: ``sfri`` and ``indicator_panel``.
    """
    if len(tables["sfri"]):
        return None
    waits = why_no_index(market, tables["indicator_panel"])
    return waits or f"There is no index: materialize {market.name}/sfri."


def as_lines(market: Market, tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """The newest month for a terminal; nothing where the market has no index.

    Args:
        market: the catalogue.
        tables: frames by name, those that ``standings`` and ``reasons`` need among them.
    """
    if not market.monthly:
        return []
    if waits := index_waits(market, tables):
        return labelled("index", waits)
    newest = list(standings(tables).values())[-1]
    why = reasons(market, tables)[newest.month]
    return [
        *labelled("index", sentence(newest, why)),
        *labelled("indicators", f"{newest.n_indicators} of {len(market.indicators)} had data"),
        *labelled("regime", _regime(market, newest)),
        "  driven by",
        *(f"    {driver.contribution:+.3f}  {driver.name}" for driver in why.drivers[:N_DRIVERS]),
    ]


def _regime(market: Market, newest: Standing) -> str:
    if waits := why_no_regimes(market, pd.Period(newest.month, "M")):
        return f"not yet: {waits}"
    if newest.probability_high is None:
        return f"unknown: materialize {market.name}/sfri_vintages of this month"
    probability = probability_text(newest.probability_high)
    return f"the index moves strongly, up or down, with probability {probability} (high variance)"
