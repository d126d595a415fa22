"""Checks that more than one leg makes of its tables."""

from collections.abc import Callable, Sequence

import dagster as dg

from sfr_pipeline.markets import Market
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline.storage.contract import Table


def rivals_check(
    market: Market,
    table: Table,
    judged: Table,
    missing_rivals: Callable[..., list[str]],
    beside: Sequence[Table] = (),
) -> dg.AssetChecksDefinition:
    """What a table of scores may not be published without.

    Args:
        market: whose table.
        table: of scores.
        judged: of what was scored; where that has not begun no score is missing.
        missing_rivals: from their frames, and those of ``beside``, to one sentence for each lack.
        beside: tables that say what the market has.
    """
    read = [table, judged, *beside]

    @dg.asset_check(
        asset=dg.AssetKey([market.name, table.name]),
        additional_deps=[dg.AssetKey([market.name, one.name]) for one in read[1:]],
        blocking=True,
        description="Every model stands beside those it has to beat, with tests, intervals and "
        "seeds.",
    )
    def has_rivals(warehouse: dg.ResourceParam[Warehouse]) -> dg.AssetCheckResult:
        frames = warehouse.read_all(market.name, [one.name for one in read])
        missing = missing_rivals(*(frames[one.name] for one in read))
        return dg.AssetCheckResult(passed=not missing, description="\n".join(missing))

    return has_rivals
