"""When a market's month is due: the day on which its figures are out, and how late a refresh is."""

import datetime as dt

import pandas as pd

from sfr_pipeline.markets import Market
from sfr_pipeline.markets.market import last_complete_month

# Every month has this day.
LAST_COMMON_DAY = 28
HOUR_UTC = 6


def refresh_day(market: Market) -> int:
    """Day of the month on which the figures of the month before are out.

    The day after the longest release lag of the daily and monthly series, but no later than the
    28th. What comes later still, such as quarterly figures, enters with the next refresh.
    """
    lags = [series.release_lag for series in market.series if series.frequency != "quarterly"]
    return min(max(lags, default=0) + 1, LAST_COMMON_DAY)


def due(market: Market, month: pd.Period) -> dt.datetime:
    """The moment, in UTC, at which a month is to be refreshed."""
    following = (month + 1).start_time
    return dt.datetime(following.year, following.month, refresh_day(market), HOUR_UTC)


def months_due(market: Market, after: pd.Period, moment: dt.datetime) -> list[pd.Period]:
    """Months after ``after`` that should have been refreshed by ``moment``, in order.

    Args:
        market: whose sample goes on.
        after: the last month that is there.
        moment: in UTC.
    """
    last = min(last_complete_month(moment.date()), market.sample.end)
    months = pd.period_range(after + 1, last, freq="M")
    return [month for month in months if due(market, month) <= moment]


def days_late(market: Market, after: pd.Period, moment: dt.datetime) -> int:
    """Whole days since the first month that is missing was due; 0 where none is missing."""
    missing = months_due(market, after, moment)
    return (moment - due(market, missing[0])).days if missing else 0
