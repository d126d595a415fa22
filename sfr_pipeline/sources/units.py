"""Which unit a series seems to be in when its values are too large or too small."""

import pandas as pd

# Ratio of the values found to those that would be right, in the order of suspicion.
FACTORS = (0.01, 100.0, 1e-4, 1e4, 1e8, 1e-8, 1e6, 1e-6, 10.0, 0.1)
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
