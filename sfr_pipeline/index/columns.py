"""One indicator on the rows of the panel: transformed, aligned, oriented, drawn in.

Belongs here: what is made of the values of one indicator alone. Does not belong here: which
indicators enter the panel (`missing`), their scores and the panel itself (`indicators`).
"""

import pandas as pd

from sfr_pipeline.econometrics.panel import (
    Aligned,
    Mode,
    Step,
    align,
    by_publication,
    looks_back,
    transform,
    winsorise,
)
from sfr_pipeline.errors import EstimationError
from sfr_pipeline.index.naming import TOLD
from sfr_pipeline.inputs.frames import months_of
from sfr_pipeline.inputs.samples import sample_months
from sfr_pipeline.markets import Indicator, Market, Measured

# Of a column of the panel.
FIELDS = ("transformed", "oriented", "origin", "winsorised")


def panel_column(
    market: Market, indicator: Indicator, rows: pd.DataFrame, mode: Mode
) -> pd.DataFrame:
    """An indicator on the rows of the panel: ``FIELDS`` by month.

    Args:
        market: the catalogue.
        indicator: one of its indicators.
        rows: its ``value`` and ``available_at``, by last day of the period, ascending.
        mode: the information set.

    Raises:
        EstimationError: its transforms cannot be made of these values.
    """
    values, origin = align_measured(market, indicator, rows, mode)
    drawn = values
    if mode in market.index.winsorise:
        least = market.index.min_observations
        drawn = winsorise(values, market.index.winsorise_at, mode, least)
    return pd.DataFrame(
        {
            "transformed": values,
            "oriented": drawn * indicator.direction,
            "origin": origin,
            "winsorised": drawn.ne(values) & values.notna(),
        }
    )


def align_measured(market: Market, measured: Measured, rows: pd.DataFrame, mode: Mode) -> Aligned:
    """Something measured on the months of the sample.

    Args:
        market: the catalogue.
        measured: an indicator, or an input of early warning.
        rows: its ``value`` and ``available_at``, by last day of the period, ascending.
        mode: the information set.

    Raises:
        EstimationError: its transforms cannot be made of these values.
    """
    values, available_at = rows["value"].rename(measured.id), rows["available_at"]
    frequency = market.frequency_of(measured)
    if mode == "real_time" and frequency == "daily":
        values = by_publication(values, available_at)
        available_at = pd.Series(values.index, values.index)
    steps = [Step(step.name, step.parameter) for step in measured.transform]
    try:
        monthly = transform(values, steps, frequency, mode)
    except EstimationError as error:
        told = f"market {market.name}, {TOLD[mode]}, {measured.id}"
        raise type(error)(f"{told}: {error} (transform in the catalogue)") from error
    # A month is complete with its last value, and known when that was published.
    published = available_at.groupby(months_of(available_at.index)).max().dt.to_period("M")
    months, carry = sample_months(market), market.carry_of(measured)
    return align(monthly, published, months, mode, carry, waits=looks_back(steps))
