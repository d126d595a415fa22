"""When early warning begins: what it needs, what is there, and the sentence that says so.

Belongs here: the sentences, which the errors of this leg and the report share, and which of them
holds for stored tables. Does not belong here: where a leg that has not begun publishes nothing
(`study`), the words of a verdict (`report`).
"""

from collections.abc import Mapping

import pandas as pd

from sfr_pipeline.forecasting.panel import settings_of
from sfr_pipeline.index.sfri import why_no_index
from sfr_pipeline.inputs.frames import months_of
from sfr_pipeline.markets import Market
from sfr_pipeline.storage.tables.columns import MEAN_OF_SEEDS

# A year of forecasts; tests and resamples of fewer say nothing.
MIN_FORECASTS = 12
LEG = "The early warning"


def first_origin(market: Market) -> pd.Period:
    """The first month from which the catalogue lets the index be forecast."""
    settings = settings_of(market)
    earliest = pd.Period(settings.start, "M") + settings.min_months
    return max(earliest, pd.Period(market.sample.first_vintage, "M"))


def too_few_months(market: Market) -> str:
    """Why no month can be an origin yet: the sample ends before the first, or has no data there."""
    settings, first = settings_of(market), first_origin(market)
    n_months = (pd.Period(market.sample.end, "M") - pd.Period(settings.start, "M")).n
    if n_months >= settings.min_months:
        return f"{LEG} begins in {first}, and no indicator has a value from then on."
    return (
        f"{LEG} needs {settings.min_months} months from {settings.start} on before its first "
        f"forecast and has {max(0, n_months)}: it begins in {first}, or earlier with a smaller "
        "forecasting.min_months."
    )


def no_regime(first: pd.Period, last: pd.Period) -> str:
    """Why there are no forecasts although there are origins: the regime model has none."""
    return (
        f"{LEG} needs the regime of the month it forecasts from and has none from {first} to "
        f"{last}: it begins with the first regime in real time."
    )


def no_input(what: str = LEG) -> str:
    """Why there are no forecasts: a vector autoregression and its rivals need a second series.

    Args:
        what: the leg, or the protocol that lacks one.
    """
    return (
        f"{what} needs an input beside the index and has none with enough values by its first "
        "forecast: deliver an earlier file of one, list another input in the catalogue's "
        "'forecasting', or raise forecasting.min_months."
    )


def too_few_forecasts(last: pd.Period, n_known: int) -> str:
    """Why forecasts are not judged yet: too few of them had their month come.

    Args:
        last: the newest origin.
        n_known: forecasts one month ahead whose outcome is known.
    """
    begins = last + (MIN_FORECASTS - n_known)
    return (
        f"{LEG} needs {MIN_FORECASTS} forecasts whose month has come and has {n_known}: its "
        f"verdict begins in {begins}, or once sfri_vintages of earlier months are materialized."
    )


def why_no_verdict(market: Market, tables: Mapping[str, pd.DataFrame]) -> str | None:
    """In one sentence why early warning cannot be judged yet; None where it can.

    Args:
        market: the catalogue, with early warning.
        tables: frames by name: ``forecasts``; ``indicator_panel`` and ``regimes`` tell more where
            there are no forecasts.
    """
    forecasts = tables["forecasts"]
    made = forecasts[
        (forecasts["protocol"] == "real_time")
        & (forecasts["seed"] == MEAN_OF_SEEDS)
        & (forecasts["horizon"] == 1)
    ]
    if len(made):
        # As they are scored: where every model has a forecast and the month has come.
        changes = made.pivot(index="origin", columns="model", values="change")
        known = made.groupby("origin")["actual_change"].first().notna()
        n_known = int((changes.notna().all(axis=1) & known).sum())
        if n_known >= MIN_FORECASTS:
            return None
        return too_few_forecasts(months_of(changes.index).max(), n_known)
    if "indicator_panel" in tables and (reason := why_no_index(market, tables["indicator_panel"])):
        return reason
    first, last = first_origin(market), pd.Period(market.sample.end, "M")
    if last < first:
        return too_few_months(market)
    if "regimes" in tables and not _has_regime(tables["regimes"], first):
        return no_regime(first, last)
    return no_input()


def _has_regime(regimes: pd.DataFrame, first: pd.Period) -> bool:
    estimated = regimes[(regimes["mode"] == "real_time") & (regimes["horizon"] == 0)]
    return bool((months_of(estimated["ref_date"]) >= first).any())
