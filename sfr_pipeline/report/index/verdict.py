"""What a terminal says of the index: the newest month, or what the index waits for."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import pandas as pd

from sfr_pipeline.index.regimes import why_no_regimes
from sfr_pipeline.index.sfri import why_no_index
from sfr_pipeline.markets import Market
from sfr_pipeline.report.formats import labelled, probability_text
from sfr_pipeline.report.index.reasons import Driver, reasons
from sfr_pipeline.report.index.standing import Standing, sentence, standings

# Of the drivers, those that the terminal names.
N_DRIVERS = 3


@dataclass(frozen=True)
class IndexSummary:
    """The latest real-time month of a market.

    ``change`` is missing in the very first month. ``probability_high`` is missing where that
    month's vintage has not been materialized, and with it the regime, or where ``regimes_wait``
    says that regimes have not begun; ``missing`` names the indicators without a value.
    """

    month: pd.Timestamp
    sfri: float
    change: float | None
    band_low: float
    band_high: float
    percentile: float
    probability_high: float | None
    regimes_wait: str | None
    n_indicators: int
    missing: list[str]
    drivers: list[Driver]


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


def index_summary(market: Market, tables: Mapping[str, pd.DataFrame]) -> IndexSummary:
    """Summarise the latest real-time month.

    Args:
        market: the catalogue, with an index that has begun (`index_waits`).
        tables: frames by name: ``sfri``, ``sfri_weights``, ``sfri_contributions``, ``regimes`` and
            ``indicator_statistics``.
    """
    sfri, regimes, statistics = (
        tables[name] for name in ("sfri", "regimes", "indicator_statistics")
    )
    index = sfri[sfri["mode"] == "real_time"].sort_values("ref_date")
    latest = index.iloc[-1]
    month = latest["ref_date"]
    key = ["mode", "ref_date", "indicator", "dimension"]
    now = tables["sfri_contributions"].merge(tables["sfri_weights"], on=key)
    now = now[(now["mode"] == "real_time") & (now["ref_date"] == month)]
    now = now.merge(statistics[["indicator", "name"]], on="indicator")
    now["score"] = now["contribution"] / now["weight"]
    columns = [field.name for field in fields(Driver)]
    ranked = now.sort_values("contribution", ascending=False)[columns]
    drivers = [Driver(**row) for row in ranked.to_dict("records")]
    # A forecast for this month, made from an older vintage, is not its estimate.
    estimated = regimes[(regimes["mode"] == "real_time") & (regimes["horizon"] == 0)]
    state = estimated[estimated["ref_date"] == month]
    present = {driver.indicator for driver in drivers}
    return IndexSummary(
        month=month,
        sfri=latest["sfri"],
        change=latest["sfri"] - index["sfri"].iloc[-2] if len(index) > 1 else None,
        band_low=latest["band_low"],
        band_high=latest["band_high"],
        percentile=latest["percentile"],
        probability_high=state["probability_high"].iloc[0] if len(state) else None,
        regimes_wait=why_no_regimes(market, pd.Period(month, "M")),
        n_indicators=latest["n_indicators"],
        missing=[
            name
            for id_, name in zip(statistics["indicator"], statistics["name"], strict=True)
            if id_ not in present
        ],
        drivers=drivers,
    )


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
    return f"of high variance with probability {probability}: the index moves strongly, up or down"
