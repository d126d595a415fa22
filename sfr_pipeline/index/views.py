"""What one view of the archive changed against the one before, and what rests on that.

Belongs here: which series and instruments changed, so that nothing is computed anew that did not.
Does not belong here: the views themselves (``inputs.views``).
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

import pandas as pd

from sfr_pipeline.inputs.views import View
from sfr_pipeline.markets import Market
from sfr_pipeline.markets.indicator import PriceInput
from sfr_pipeline.markets.series import SeriesInput

# What did not come today says nothing of what an earlier view held.
NONE_MISSING = pd.DataFrame(columns=["series", "name", "cause", "reason", "remedy"])

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


def changes(views: Sequence[View]) -> list[frozenset[Item]]:
    """Items of which each view but the first does not hold the same values as the one before."""
    found = []
    for before, after in pairwise(views):
        series = _differing(before.series, after.series, "series", VALUES)
        symbols = _differing(before.prices, after.prices, "symbol", PRICES)
        found.append(
            frozenset(
                [
                    *(Item("series", name) for name in series),
                    *(Item("instrument", symbol) for symbol in symbols),
                ]
            )
        )
    return found


def _differing(before: pd.DataFrame, after: pd.DataFrame, by: str, columns: list[str]) -> set[str]:
    """Names whose rows are not the same in both frames, whatever their order."""
    if before is after or before.equals(after):
        return set()
    rows = pd.concat([before, after], ignore_index=True)[[by, *columns]]
    # A row that both frames have stands twice.
    once = ~rows.duplicated(keep=False)
    return set(rows.loc[once, by])
