"""What a reader wants to know first: the latest index, its regime, its drivers."""

from dataclasses import dataclass, fields

import pandas as pd


@dataclass(frozen=True)
class Driver:
    """One of the indicators that push the index up most.

    Attributes:
        score: oriented z-score.
        contribution: weight times score.
        indicator_effect: part of the month's change of the index due to the indicator's move.
        weight_effect: part of that change due to its weight.
    """

    indicator: str
    name: str
    dimension: str
    score: float
    weight: float
    contribution: float
    indicator_effect: float
    weight_effect: float


@dataclass(frozen=True)
class Summary:
    """The latest real-time month of a market.

    ``probability_high`` is missing where that month's vintage has not been materialized, and with
    it the regime; ``missing`` names the indicators without a value.
    """

    month: pd.Timestamp
    sfri: float
    change: float
    band_low: float
    band_high: float
    percentile: float
    probability_high: float | None
    n_indicators: int
    missing: list[str]
    drivers: list[Driver]


def summarize(
    sfri: pd.DataFrame,
    weights: pd.DataFrame,
    contributions: pd.DataFrame,
    regimes: pd.DataFrame,
    statistics: pd.DataFrame,
) -> Summary:
    """Summarise the latest real-time month; arguments are the tables of these names."""
    index = sfri[sfri["mode"] == "real_time"].sort_values("ref_date")
    latest = index.iloc[-1]
    month = latest["ref_date"]
    key = ["mode", "ref_date", "indicator", "dimension"]
    now = contributions.merge(weights, on=key)
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
    return Summary(
        month=month,
        sfri=latest["sfri"],
        change=latest["sfri"] - index["sfri"].iloc[-2],
        band_low=latest["band_low"],
        band_high=latest["band_high"],
        percentile=latest["percentile"],
        probability_high=state["probability_high"].iloc[0] if len(state) else None,
        n_indicators=latest["n_indicators"],
        missing=[
            name
            for id_, name in zip(statistics["indicator"], statistics["name"], strict=True)
            if id_ not in present
        ],
        drivers=drivers,
    )
