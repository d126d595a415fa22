"""Arrays of one market from its tables."""

import pandas as pd

from sfr_pipeline.stress.features import wide_features
from sfr_pipeline.stress.garch import garch_forecast
from sfr_pipeline.stress.sample import Label, Outcomes, Sample
from sfr_pipeline.stress.stale import stale_days


def build_sample(
    returns: pd.DataFrame, features: pd.DataFrame, outcomes: pd.DataFrame, labels: pd.DataFrame
) -> Sample:
    """Arrays of one market from its tables, on the days that can be told of (`studied_days`).

    Args:
        returns: of its sub-markets, ``(n_days, n_markets)``, as fractions.
        features: table ``daily_features``.
        outcomes: table ``stress_outcomes``.
        labels: table ``stress_labels``.
    """
    days = studied_days(returns, labels)
    wide = wide_features(features).reindex(days)
    markets = tuple(str(name) for name in returns)
    found = {}
    for horizon, rows in outcomes.groupby("horizon"):
        volatility, threshold = (
            rows.pivot(index="date", columns="sub_market", values=column)
            .reindex(index=days, columns=list(markets))
            .to_numpy()
            for column in ("volatility", "volatility_threshold")
        )
        ahead = int(str(horizon))
        stale = stale_days(returns, ahead).reindex(days).to_numpy()
        found[ahead] = Outcomes(ahead, volatility, threshold, stale)
    first = markets[0]
    watched = returns[first].reindex(days).to_numpy()
    garch = garch_forecast(watched, days, name=f"the returns of {first}")
    return Sample(
        days,
        wide.to_numpy(),
        tuple(str(name) for name in wide),
        markets,
        labels_of(labels, days),
        found,
        garch,
    )


def studied_days(returns: pd.DataFrame, labels: pd.DataFrame) -> pd.DatetimeIndex:
    """Trading days up to the last that can be told of.

    That is the last day on which enough sub-markets trade for a label, and the first of them, which
    the rules of one market watch. Others may go on trading alone.

    Args:
        returns: of the sub-markets, ``(n_days, n_markets)``, as fractions.
        labels: table ``stress_labels``; while there is none, all days stay.
    """
    days = pd.DatetimeIndex(returns.index)
    watched = returns.iloc[:, 0].last_valid_index()
    if labels.empty or watched is None:
        return days
    return days[days <= min(labels["date"].max(), watched)]


def labels_of(labels: pd.DataFrame, days: pd.DatetimeIndex) -> dict[str, Label]:
    """Labels by name, on the trading days.

    Args:
        labels: table ``stress_labels``.
        days: rising.
    """
    named = {}
    for name, rows in labels.groupby("label"):
        stressed = rows.set_index("date")["stressed"].reindex(days).astype(float).to_numpy()
        named[str(name)] = Label(str(name), horizon_of(str(name)), stressed)
    return named


def horizon_of(label: str) -> int:
    """Trading days after which a label is known: h of F_h, 0 for stress of the day."""
    return int(label[1:]) if label.startswith("F") else 0
