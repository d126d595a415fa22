"""Volatilities over windows in which some days are left out.

A day is left out where the return to it is none of the market (`believed`). A window that lacks few
of them tells its volatility by the others; one that ends with such a day, or reaches back before
the market began, tells none.

Belongs here: which windows tell. Does not belong here: which days are left out.
"""

import math

import pandas as pd

# Share of a window's days that must have a return.
LEAST_KNOWN = 0.8


def fewest_known(days: int) -> int:
    """Days of a window that must have a return."""
    return math.ceil(LEAST_KNOWN * days)


def trailing_mean(values: pd.Series, days: int) -> pd.Series:
    """Mean of the last days, over those that have a value.

    Args:
        values: by trading day, NaN where a day is left out.
        days: of the window.

    Returns:
        NaN where the window's last day has none, too few have, or it begins before all values do.
    """
    mean = values.rolling(days, min_periods=fewest_known(days)).mean()
    known = values.notna()
    begun = known.cummax().rolling(days).sum().eq(days)
    return mean.where(known & begun)
