"""Checks that more than one leg makes of its tables."""

from collections.abc import Callable

import dagster as dg
import pandas as pd

from sfr_pipeline.markets import Market
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline.storage.contract import Table


def rivals_check(
    market: Market,
    table: Table,
    judged: Table,
    missing_rivals: Callable[[pd.DataFrame, pd.DataFrame], list[str]],
) -> dg.AssetChecksDefinition:
    """What a table of scores may not be published without.

    Args:
        market: whose table.
        table: of scores.
        judged: of what was scored; where that has not begun no score is missing.
        missing_rivals: from their frames to one sentence for each lack.
    """

    @dg.asset_check(
        asset=dg.AssetKey([market.name, table.name]),
        additional_deps=[dg.AssetKey([market.name, judged.name])],
        blocking=True,
        description="Every model stands beside those it has to beat, with tests, intervals and "
        "seeds.",
    )
    def has_rivals(warehouse: dg.ResourceParam[Warehouse]) -> dg.AssetCheckResult:
        frames = warehouse.read_all(market.name, [table.name, judged.name])
        missing = missing_rivals(frames[table.name], frames[judged.name])
        return dg.AssetCheckResult(passed=not missing, description="\n".join(missing))

    return has_rivals
