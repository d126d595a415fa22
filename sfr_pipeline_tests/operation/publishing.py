"""The sandbox's economy as its statistical offices publish it, month after month.

Series come out after their release lags. Production is revised once: its newest month is published
too high and put right with the next one. Land prices are withdrawn one day, unemployment is
truncated in one month, and in another nobody answers at all.
"""

import datetime as dt

import pandas as pd

from sfr_pipeline import clock
from sfr_pipeline.errors import SourceError
from sfr_pipeline.sources import sandbox
from sfr_pipeline.sources.live.refusals import NoAnswerError

REVISED, FIRST_TOO_HIGH_BY = "production", 1.01
WITHDRAWN, TRUNCATED = "land_prices", "unemployment"


class Economy:
    """Stands for the source ``sandbox``.

    Args:
        market: its release lags.
        withdrawn: month from which land prices are no longer served.
        truncated: month in which unemployment comes without its newest half.
        down: month in which nothing answers.
    """

    AVAILABLE_SERIES = sandbox.AVAILABLE_SERIES

    def __init__(self, market, *, withdrawn=None, truncated=None, down=None):
        self.lags = {series.code: series.release_lag for series in market.series}
        self.withdrawn, self.truncated, self.down = withdrawn, truncated, down

    def fetch_series(self, codes):
        (code,) = codes
        today = pd.Timestamp(clock.today())
        if self._is(self.down):
            raise NoAnswerError("the office's site did not answer: try again later")
        if code == WITHDRAWN and self.withdrawn and today >= pd.Timestamp(self.withdrawn):
            raise SourceError(f"{code} is no longer published")
        frame = sandbox.fetch_series([code])
        out = frame["date"] + pd.Timedelta(days=self.lags[code]) <= today
        frame = frame[out].reset_index(drop=True)
        if code == REVISED:
            frame.loc[frame.index[-1], "value"] *= FIRST_TOO_HIGH_BY
        if code == TRUNCATED and self._is(self.truncated):
            frame = frame.head(len(frame) // 2)
        return frame

    def fetch_prices(self, codes):
        if self._is(self.down):
            raise SourceError("the exchange's site did not answer: try again later")
        frame = sandbox.fetch_prices(codes)
        return frame[frame["date"] < pd.Timestamp(clock.today())].reset_index(drop=True)

    def fetch_truth(self):
        return sandbox.fetch_truth()

    def _is(self, month):
        return month is not None and f"{clock.today():%Y-%m}" == month


def final(code, month_end):
    """The value of a month once it was put right."""
    return sandbox.fetch_series([code]).set_index("date")["value"][month_end]


def moment_of(month, day=28):
    """When the month after a month is refreshed."""
    following = pd.Period(month) + 1
    return dt.datetime(following.year, following.month, day, 6, tzinfo=dt.UTC)
