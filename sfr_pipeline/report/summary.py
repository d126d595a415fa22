"""What a reader wants to know first: the latest index, its regime, its drivers."""

from dataclasses import dataclass

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
    """The latest real-time month of a market."""

    month: pd.Timestamp
    sfri: float
    change: float
    band_low: float
    band_high: float
    percentile: float
    probability_high: float
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
    state = regimes[(regimes["mode"] == "real_time") & (regimes["ref_date"] == month)].iloc[0]
    drivers = [
        Driver(
            indicator=row.indicator,
            name=row.name_,
            dimension=row.dimension,
            score=row.contribution / row.weight,
            weight=row.weight,
            contribution=row.contribution,
            indicator_effect=row.indicator_effect,
            weight_effect=row.weight_effect,
        )
        for row in now.rename(columns={"name": "name_"})
        .sort_values("contribution", ascending=False)
        .itertuples()
    ]
    present = {driver.indicator for driver in drivers}
    return Summary(
        month=month,
        sfri=latest["sfri"],
        change=latest["sfri"] - index["sfri"].iloc[-2],
        band_low=latest["band_low"],
        band_high=latest["band_high"],
        percentile=latest["percentile"],
        probability_high=state["probability_high"],
        n_indicators=latest["n_indicators"],
        missing=[
            name
            for id_, name in zip(statistics["indicator"], statistics["name"], strict=True)
            if id_ not in present
        ],
        drivers=drivers,
    )
