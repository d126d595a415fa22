"""What a volatility, and a target made of it, is held to where its logarithm is taken.

Belongs here: the two bounds of the leg and their reasons. Does not belong here: days whose prices
tell no volatility at all (`stale`), how standardised inputs are held (`sample.LIMIT`).
"""

from typing import Any, TypeVar

import numpy as np

# Volatilities a year below this are taken as this, or one day without a move would be minus
# infinity in logs: half a per cent is less than any sub-market's calm week.
LEAST_VOLATILITY = 0.005
# Log points from the threshold up to which a volatility is learnt from: twelve times the threshold
# is beyond the worst month of 2008, a twelfth of it is no month of a market but one of its prices.
TARGET_BOUND = 2.5

# An array, a Series or a frame of floats, and the same comes back.
Values = TypeVar("Values", bound=Any)


def log_volatility(volatility: Values) -> Values:
    """Log of a volatility a year, of at least ``LEAST_VOLATILITY``; NaN where it is missing.

    Args:
        volatility: an array, Series or frame.
    """
    return np.log(np.maximum(volatility, LEAST_VOLATILITY))


def training_target(gaps: Values) -> Values:
    """Log volatility over its threshold as models learn it; what is judged stays as it is.

    A month of stale prices is no outlier of the market, and a squared error would follow it.

    Args:
        gaps: an array, Series or frame, in log points.
    """
    return np.clip(gaps, -TARGET_BOUND, TARGET_BOUND)
