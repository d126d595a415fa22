"""What was known at each month's end: the series and prices that real time is computed from.

Belongs here: views of the archive as of month-ends. Does not belong here: what is measured from
them (`index`, `forecasting`).
"""

import datetime as dt
from collections.abc import Callable
from typing import NamedTuple

import pandas as pd

from sfr_pipeline.inputs.archive import as_it_stood, prices_as_of, series_as_of
from sfr_pipeline.inputs.frames import month_ends, months_of
from sfr_pipeline.inputs.samples import prices_end, sample_months
from sfr_pipeline.markets import Market


class View(NamedTuple):
    """Series and prices as they stood at the ends of some months on end.

    From one revision to the next the ends of all months see the same values, as far as these had
    been published by then. A market of which nothing was ever revised has a single view.

    Attributes:
        first_month: first month at whose end this is what stood; the view holds until the first
            month of the next one.
        series: rows of table ``series``, each value as revised last by then.
        prices: rows of table ``prices``, likewise.
    """

    first_month: pd.Period
    series: pd.DataFrame
    prices: pd.DataFrame


def month_end_views(
    market: Market,
    series: pd.DataFrame,
    prices: pd.DataFrame,
    revisions: pd.DataFrame,
    read_deliveries: Callable[[], pd.DataFrame],
) -> list[View]:
    """What stood at the ends of the months of a market's sample, and after it.

    Args:
        market: the catalogue.
        series: table ``series``.
        prices: table ``prices``.
        revisions: table ``revisions``; where it is empty the archive is not even read.
        read_deliveries: reads table ``deliveries``.

    Returns:
        Views in the order of their months. The last one is what the tables hold; where values were
        revised after the sample, it begins after it too.
    """
    start = sample_months(market)[0]
    firsts = sorted({month for month in months_of(revisions["available_at"]) if month > start})
    if not firsts:
        return [View(start, series, prices)]
    items = revisions[["kind", "item"]].drop_duplicates()
    deliveries = read_deliveries().merge(items, on=["kind", "item"])
    untouched = Inputs(
        series[~series["series"].isin(items.loc[items["kind"] == "series", "item"])],
        prices[~prices["symbol"].isin(items.loc[items["kind"] == "price", "item"])],
    )
    views = []
    for first, until in zip([start, *firsts[:-1]], firsts, strict=True):
        stood = _cut(market, *as_it_stood(deliveries, month_ends(pd.PeriodIndex([until - 1]))[0]))
        views.append(
            View(
                first,
                # What was never revised is the very same object, and known to be the same.
                _joined(series, untouched.series, stood.series),
                _joined(prices, untouched.prices, stood.prices),
            )
        )
    return [*views, View(firsts[-1], series, prices)]


def _joined(newest: pd.DataFrame, untouched: pd.DataFrame, stood: pd.DataFrame) -> pd.DataFrame:
    if len(untouched) == len(newest):
        return newest
    return pd.concat([untouched, stood], ignore_index=True)


class Inputs(NamedTuple):
    """Rows of tables ``series`` and ``prices``."""

    series: pd.DataFrame
    prices: pd.DataFrame


def inputs_as_of(market: Market, deliveries: pd.DataFrame, day: dt.date | None = None) -> Inputs:
    """Series and prices of a market's catalogue as they were known on a day.

    Args:
        market: the catalogue; what it no longer names stays in the archive. Prices end with its
            sample, or with the days of its stress leg.
        deliveries: table ``deliveries``.
        day: the newest by default.
    """
    return _cut(market, series_as_of(deliveries, day), prices_as_of(deliveries, day))


def _cut(market: Market, series: pd.DataFrame, prices: pd.DataFrame) -> Inputs:
    """What of them is in the catalogue, prices to the last day that it uses."""
    names = {entry.id for entry in market.sourced_series}
    traded = prices["symbol"].isin({one.symbol for one in market.prices})
    return Inputs(
        series[series["series"].isin(names)].reset_index(drop=True),
        prices[traded & (prices["date"] <= prices_end(market))].reset_index(drop=True),
    )
