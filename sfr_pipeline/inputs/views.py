"""What was known at each month's end: the series and prices that real time is computed from.

Belongs here: views of the archive as of month-ends. Does not belong here: what is measured from
them (`index`, `forecasting`).
"""

import datetime as dt
from collections.abc import Callable
from typing import NamedTuple

import pandas as pd

from sfr_pipeline.inputs.archive import prices_as_of, series_as_of
from sfr_pipeline.inputs.frames import month_ends, months_of
from sfr_pipeline.inputs.samples import sample_end, sample_months
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
    """What stood at the ends of the months of a market's sample.

    Args:
        market: the catalogue.
        series: table ``series``.
        prices: table ``prices``.
        revisions: table ``revisions``; where it is empty the archive is not even read.
        read_deliveries: reads table ``deliveries``.

    Returns:
        Views in the order of their months. The last one is what stood at the end of the sample:
        what was revised after that is not in it.
    """
    months = sample_months(market)
    # Nothing that is measured in real time rests on volumes.
    revised = revisions[revisions["field"] != "volume"]
    if revised.empty:
        return [View(months[0], series, prices)]
    deliveries = read_deliveries()
    firsts = pd.PeriodIndex(sorted(set(months_of(revised["available_at"])) & set(months[1:])))
    firsts = firsts.insert(0, months[0])
    lasts = (firsts[1:] - 1).append(months[-1:])
    return [
        View(first, *inputs_as_of(market, deliveries, day.date()))
        for first, day in zip(firsts, month_ends(lasts), strict=True)
    ]


class Inputs(NamedTuple):
    """Rows of tables ``series`` and ``prices``."""

    series: pd.DataFrame
    prices: pd.DataFrame


def inputs_as_of(market: Market, deliveries: pd.DataFrame, day: dt.date | None = None) -> Inputs:
    """Series and prices of a market's catalogue as they were known on a day.

    Args:
        market: the catalogue; what it no longer names stays in the archive. Prices end with its
            sample.
        deliveries: table ``deliveries``.
        day: the newest by default.
    """
    series = series_as_of(deliveries, day)
    prices = prices_as_of(deliveries, day)
    names = {entry.id for entry in market.sourced_series}
    symbols = {one.symbol for one in market.prices}
    return Inputs(
        series[series["series"].isin(names)].reset_index(drop=True),
        prices[prices["symbol"].isin(symbols) & (prices["date"] <= sample_end(market))].reset_index(
            drop=True
        ),
    )
