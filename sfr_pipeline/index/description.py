"""What is told of each indicator beside its values: rows of table ``indicator_statistics``.

Belongs here: definitions in words, and statistics of scores. Does not belong here: how scores are
made (`indicators`).
"""

import pandas as pd

from sfr_pipeline.markets import Indicator, Market

# Scores with which an indicator's mean, spread, skewness and kurtosis exist.
MIN_DESCRIBED = 4


def describe_indicators(market: Market, panel: pd.DataFrame) -> pd.DataFrame:
    """Definitions of the indicators and statistics of their scores in paper mode.

    An indicator with fewer than ``MIN_DESCRIBED`` scores has no row.
    """
    paper = panel[panel["mode"] == "paper"].groupby("indicator")
    statistics = paper.agg(
        first_month=("ref_date", "min"),
        last_month=("ref_date", "max"),
        n_months=("score", "count"),
        transformed_mean=("transformed", "mean"),
        transformed_sd=("transformed", "std"),
        mean=("score", "mean"),
        minimum=("score", "min"),
        maximum=("score", "max"),
        skewness=("score", "skew"),
        kurtosis=("score", pd.Series.kurt),
        n_interpolated=("origin", lambda origin: (origin == "interpolated").sum()),
        n_winsorised_paper=("winsorised", "sum"),
    )
    real_time = panel[panel["mode"] == "real_time"].groupby("indicator")
    statistics = statistics.join(
        real_time.agg(
            n_carried=("origin", lambda origin: (origin == "carried").sum()),
            n_winsorised_real_time=("winsorised", "sum"),
        )
    ).fillna({"n_carried": 0, "n_winsorised_real_time": 0})
    statistics = statistics[statistics["n_months"] >= MIN_DESCRIBED]
    statistics = statistics.astype({"n_carried": int, "n_winsorised_real_time": int})
    definitions = pd.DataFrame(
        [
            {
                "indicator": indicator.id,
                "name": indicator.name,
                "dimension": indicator.dimension,
                "direction": indicator.direction,
                "undecided": ", ".join(indicator.undecided),
                "unit": indicator.unit,
                "frequency": market.frequency_of(indicator),
                "transform": _transform_text(market, indicator),
                "release_lag": market.release_lag_of(indicator),
                "source": str(indicator.input),
                "why": indicator.why,
            }
            for indicator in market.indicators
        ]
    )
    return definitions.merge(statistics, left_on="indicator", right_index=True)


def _transform_text(market: Market, indicator: Indicator) -> str:
    """The steps, and how gaps are filled."""
    steps = ", ".join(str(step) for step in indicator.transform)
    carry = market.carry_of(indicator)
    if carry == 0:
        return steps
    return f"{steps}; gaps up to {carry} months: line (paper), last published (real time)"
