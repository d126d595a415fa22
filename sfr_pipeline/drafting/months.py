"""The months that a drafted market covers, and from which month on each part of it begins.

Belongs here: rules of how much history is enough to begin with, which a user may then change. Does
not belong here: what the legs themselves require (`markets.forecasting`, the rooms of the legs).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from sfr_pipeline import clock
from sfr_pipeline.drafting.guessing import Guess
from sfr_pipeline.errors import TooShortError
from sfr_pipeline.markets.forecasting import LEAST_MONTHS as LEAST_OF_TRAINING
from sfr_pipeline.markets.market import last_complete_month

# A year that growth rates lose, and two until an indicator joins the index.
BEFORE_VINTAGES, MOST_BEFORE_VINTAGES = 36, 60
# Of real time: fewer say nothing of it.
VINTAGES = 24
LEAST = BEFORE_VINTAGES + VINTAGES
# The year that growth rates lose, before training; and the two years of forecasts after it.
YEAR, FORECASTS, USUAL_TRAINING = 12, 24, 84
LEAST_FOR_FORECASTS = YEAR + LEAST_OF_TRAINING + FORECASTS
# Share of the series that a month must have for the sample to begin or end with it.
ENOUGH = 0.5


@dataclass(frozen=True)
class Months:
    """The months of a market, each as YYYY-MM.

    Attributes:
        start: of the sample.
        end: of the sample.
        first_vintage: from which the index is known in real time.
        training: first month of the early warning's training, None where it can't begin.
        min_months: of training before its first forecast.
    """

    start: str
    end: str
    first_vintage: str
    training: str | None
    min_months: int


def months_of(guesses: Sequence[Guess]) -> Months:
    """Choose the months of a market.

    The sample spans the months in which at least half of the series have a value, after any in
    which none has one, and begins when a first transformed value had been published: in real time
    there is nothing before.

    Args:
        guesses: the series; a quarter's value stands for its three months.

    Raises:
        TooShortError: these are too few.
    """
    last = pd.Period(last_complete_month(clock.today()), "M")
    covered = pd.concat([_covered(one) for one in guesses], axis=1, sort=True).notna()
    every = pd.period_range(covered.index.min(), covered.index.max(), freq="M")
    count = covered.reindex(every, fill_value=False).sum(axis=1)
    known = min(_first_known(one) for one in guesses)
    count = count[(count.index >= known) & (count.index <= last)]
    empty = count.index[count == 0]
    if len(empty):
        count = count[count.index > empty[-1]]
    enough = count.index[count >= ENOUGH * len(guesses)]
    n_months = (enough[-1] - enough[0]).n + 1 if len(enough) else 0
    if n_months < LEAST:
        between = f", {enough[0]} to {enough[-1]}" if len(enough) else ""
        raise TooShortError(
            f"a market needs {LEAST} months in which half of its {len(guesses)} series have "
            f"values, {BEFORE_VINTAGES} before the first index in real time, {VINTAGES} of it; "
            f"these have {n_months}{between}: give longer series, or leave out those that begin "
            "late"
        )
    start, end = enough[0], enough[-1]
    wait = min(MOST_BEFORE_VINTAGES, max(BEFORE_VINTAGES, n_months // 3))
    trains = n_months >= LEAST_FOR_FORECASTS
    spare = n_months - YEAR - FORECASTS
    return Months(
        str(start),
        str(end),
        str(start + wait),
        str(start + YEAR) if trains else None,
        min(USUAL_TRAINING, max(LEAST_OF_TRAINING, spare // 2)),
    )


def _covered(one: Guess) -> pd.Series:
    """The months of which a series speaks."""
    months = one.values.index.to_period("M")
    if one.frequency == "quarterly":
        months = months.union(months - 1).union(months - 2)
    return pd.Series(1, index=months.unique())


def _first_known(one: Guess) -> pd.Period:
    """Month by whose end a first transformed value of a series had been published."""
    end = one.values.index[0] + pd.DateOffset(months=one.months_lost, days=one.release_lag)
    return end.to_period("M")
