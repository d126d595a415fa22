"""The months, and the days, that a market's tables cover."""

import pandas as pd

from sfr_pipeline.inputs.frames import month_ends
from sfr_pipeline.markets import Market


def sample_months(market: Market) -> pd.PeriodIndex:
    """Months of the market's sample."""
    return pd.period_range(market.sample.start, market.sample.end, freq="M")


def sample_end(market: Market) -> pd.Timestamp:
    """Last day of the market's sample."""
    return month_ends(sample_months(market)[-1:])[0]


def prices_end(market: Market) -> pd.Timestamp:
    """Last day of which the market uses prices: its days may go on where its months cannot."""
    end = sample_end(market)
    if market.stress is None or market.stress.end is None:
        return end
    return max(end, pd.Timestamp(market.stress.end))
