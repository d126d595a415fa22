"""What was known at each month's end: the series and prices that real time is computed from.

Belongs here: views of the archive as of month-ends. Does not belong here: what is measured from
them (`index`, `forecasting`).
"""

from typing import NamedTuple

import pandas as pd


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
