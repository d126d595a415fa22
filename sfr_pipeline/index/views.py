"""What one view of the archive changed against the one before, and what rests on that.

Belongs here: which series and instruments changed, so that nothing is computed anew that did not.
Does not belong here: the views themselves (``inputs.views``).
"""

from collections.abc import Iterable
from typing import Literal, NamedTuple

import pandas as pd

from sfr_pipeline.inputs.views import View
from sfr_pipeline.markets import Market
from sfr_pipeline.markets.indicator import PriceInput
from sfr_pipeline.markets.series import SeriesInput

PRICES = ["date", "open", "high", "low", "close", "volume"]
VALUES = ["ref_date", "value", "available_at"]


class Item(NamedTuple):
    """A series or an instrument of the catalogue, by its id or symbol."""

    kind: Literal["series", "instrument"]
    name: str


def items_of(market: Market, request: PriceInput | SeriesInput) -> frozenset[Item]:
    """The instruments or series that a measured thing rests on, with what continues them."""
    if isinstance(request, PriceInput):
        symbols = [*request.symbols, request.market]
        return frozenset(Item("instrument", symbol) for symbol in symbols if symbol is not None)
    by_id = {series.id: series for series in market.series}
    later = [after.series for name in request.ids if (after := by_id[name].continuation)]
    return frozenset(Item("series", name) for name in (*request.ids, *later))


def changed(before: View, after: View) -> frozenset[Item]:
    """Items of which the two views do not hold the same values."""
    series = _differing(before.series, after.series, "series", VALUES)
    symbols = _differing(before.prices, after.prices, "symbol", PRICES)
    return frozenset(
        [
            *(Item("series", name) for name in series),
            *(Item("instrument", symbol) for symbol in symbols),
        ]
    )


def _differing(
    before: pd.DataFrame, after: pd.DataFrame, by: str, columns: list[str]
) -> Iterable[str]:
    if before is after:
        return []
    ours, theirs = (
        {
            str(name): rows[columns].sort_values(columns[0], ignore_index=True)
            for name, rows in frame.groupby(by)
        }
        for frame in (before, after)
    )
    return [
        name
        for name in sorted(ours.keys() | theirs.keys())
        if name not in ours or name not in theirs or not ours[name].equals(theirs[name])
    ]
