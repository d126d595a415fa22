"""Which unit a series seems to be in when its values are too large or too small."""

import math

import pandas as pd

# Ratio of the values found to those that would be right, in the order of suspicion.
FACTORS = (0.01, 100.0, 1e-4, 1e4, 1e-3, 1e3, 1e8, 1e-8, 1e6, 1e-6, 10.0, 0.1)
# The size of values is judged by this many years before the last: balances grow, rates do not stay
# near zero for as long.
YEARS = 10
SCALES = {"100 million": 1e8, "10,000": 1e4, "trillion": 1e12, "billion": 1e9, "million": 1e6}


def looks_like(values: pd.Series, low: float, high: float, unit: str) -> str | None:
    """Name the unit in which values outside their range would be right, if there is one.

    Args:
        values: all outside ``low`` to ``high``.
        low: lowest value that can be right.
        high: highest value that can be right.
        unit: in which they should be, such as 'per cent' or 'CNY 100 million'.
    """
    for factor in FACTORS:
        if (values / factor).between(low, high).all():
            return _named(unit, factor)
    return None


def typical_size(dates: pd.Series, values: pd.Series) -> float:
    """Median of the absolute values over the last years; zeros, which fit any unit, are left out.

    Returns:
        NaN where there are none.
    """
    recent = dates > dates.max() - pd.DateOffset(years=YEARS)
    return float(values[recent & (values != 0)].abs().median())


def wrong_size(
    dates: pd.Series, values: pd.Series, typical: tuple[float, float] | None, unit: str
) -> str | None:
    """Say what is wrong with the size of a series as a whole, if anything is.

    Single values cannot show it: 0.03 is possible for a rate in per cent, but not as its median.

    Args:
        dates: of the values.
        values: of one series.
        typical: lowest and highest median that can be right, or None: any.
        unit: in which they should be.

    Returns:
        A sentence with the remedy, or None.
    """
    size = typical_size(dates, values)
    if typical is None or math.isnan(size) or typical[0] <= size <= typical[1]:
        return None
    low, high = typical
    middle = math.sqrt(low * high)
    fitting = [factor for factor in FACTORS if low <= size / factor <= high]
    nearest = min(fitting, key=lambda f: abs(math.log(size / f / middle)), default=None)
    told = (
        f"the median size of its values in its last {YEARS} years, {size:.3g}, lies outside "
        f"{low:g} to {high:g}, what is typical in {unit}: "
    )
    if nearest is None:
        return f"{told}give it in {unit}, or widen typical in the catalogue"
    return (
        f"{told}they look like {_named(unit, nearest)}, so convert them to {unit}, or widen "
        "typical in the catalogue"
    )


def _named(unit: str, factor: float) -> str:
    if unit.startswith(("per cent", "percentage points")):
        if factor == 0.01:
            return "fractions (0.05 for 5 per cent)"
        if factor == 100:
            return "basis points"
    for name, size in SCALES.items():
        if unit.endswith(name):
            money = unit.removesuffix(name).strip()
            for other, other_size in {**SCALES, "": 1.0}.items():
                # A value that is 10,000 times too large is counted in units 10,000 times smaller.
                if abs(size / factor - other_size) < 1e-6 * other_size:
                    return f"{money} {other}".strip()
    times = f"{factor:,.0f} times too large" if factor > 1 else f"{1 / factor:,.0f} times too small"
    return f"another unit, {times}"
