"""Stale months: where prices hardly moved because hardly anything was quoted, not because of calm.

A month of trading days is stale if most of its returns are zero, so that the median move is none.
Its volatility measures the tick and the wish to trade. Cheap stocks quoted in eighths of a dollar
had a fifth of their days without a move before 2001 and were priced all the same; beyond one half
there are next to none but abandoned ones.

Belongs here: which days such a month touches. Does not belong here: what is told of it (`quality`),
what models do without them.
"""

import pandas as pd

# Trading days of a month, as the headline's horizon counts them.
MONTH = 21
# Share of the month's returns that may be zero.
MOST_ZERO = 0.5


def zero_share(returns: pd.DataFrame) -> pd.DataFrame:
    """Share of zero returns in the month that ends on each day, ``(n_days, n_markets)``.

    Args:
        returns: daily, ``(n_days, n_markets)``, NaN where there is none.

    Returns:
        NaN where the month lacks a return.
    """
    return returns.eq(0.0).astype(float).where(returns.notna()).rolling(MONTH).mean()


def stale_days(returns: pd.DataFrame, horizon: int) -> pd.DataFrame:
    """Which days models must not learn from, ``(n_days, n_markets)``.

    True of day t where a month that ends on one of the days t to t + h is stale, or the days
    t + 1 to t + h hold no move at all: then the day's volatility, or that of the days ahead, is
    one of stale prices. It rests on nothing after t + h, when the outcome of t is known.

    Args:
        returns: daily, of sub-markets or instruments, ``(n_days, n_markets)``.
        horizon: trading days h ahead; 0 for the day itself alone.
    """
    touched = (zero_share(returns) > MOST_ZERO).astype(float)
    ahead = touched[::-1].rolling(horizon + 1, min_periods=1).max()[::-1]
    if horizon == 0:
        return ahead.gt(0.0)
    unmoved = returns.eq(0.0).astype(float).rolling(horizon).sum().shift(-horizon)
    return ahead.gt(0.0) | unmoved.eq(horizon)


def in_stale_months(returns: pd.DataFrame) -> pd.DataFrame:
    """Which days lie in some stale month, with hindsight, ``(n_days, n_markets)``.

    Args:
        returns: daily, of sub-markets or instruments, ``(n_days, n_markets)``.
    """
    ends = (zero_share(returns) > MOST_ZERO).astype(float)
    return ends[::-1].rolling(MONTH, min_periods=1).max()[::-1].gt(0.0)
