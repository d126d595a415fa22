"""What a market's rules alert of after a refresh; ``sensors`` watches refreshes themselves."""

import dagster as dg

from sfr_pipeline import clock
from sfr_pipeline.assets.table_asset import (
    OWNERS,
    SINGLE_RUN,
    column_schema,
    description_of,
    group_of,
    market_tags,
)
from sfr_pipeline.markets import Market
from sfr_pipeline.operation.alerts import Alert
from sfr_pipeline.operation.desk import Desk, open_alerts
from sfr_pipeline.operation.readings import INPUTS, measured, measured_tables, operational
from sfr_pipeline.operation.rules_file import load_rules
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline.storage import tables

LEG = "report"


def build_assets(market: Market) -> list[dg.AssetsDefinition]:
    """Assets of this leg for one market."""
    names = [*measured_tables(market), INPUTS]

    @dg.asset(
        key=[market.name, tables.ALERTS.name],
        deps=[dg.AssetKey([market.name, name]) for name in names],
        description=description_of(market, tables.ALERTS),
        group_name=group_of(market, LEG),
        kinds={"duckdb", "parquet"},
        owners=OWNERS,
        tags=market_tags(market),
        metadata={"dagster/column_schema": column_schema(tables.ALERTS)},
        backfill_policy=SINGLE_RUN,
    )
    def alerts(
        context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]
    ) -> dg.MaterializeResult:
        desk = desk_of(market, warehouse, context.run.run_id)
        frames = warehouse.read_all(market.name, names, optional=names)
        longest = max((rule.hold for rule in desk.rules.rules), default=1)
        readings = {
            **measured(desk.rules, frames, last=longest),
            **operational(desk.rules, market, frames, clock.now()),
        }
        events = desk.settle(readings)
        warehouse.publish(market.name)
        standing = open_alerts(desk.alerts())
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": len(events),
                "raised": sum(event.event == "raised" for event in events),
                "cleared": sum(event.event == "cleared" for event in events),
                "not_told": sum(event.event == "untold" for event in events),
                "open": dg.MetadataValue.md(_as_table(standing)),
            }
        )

    return [alerts]


def desk_of(market: Market, warehouse: Warehouse, run: str) -> Desk:
    """The alert desk of a market in a warehouse."""
    report = warehouse.report_path(market.name)
    return Desk(market, load_rules(market), warehouse.store, report, run)


def _as_table(standing: list[Alert]) -> str:
    if not standing:
        return "none"
    rows = [f"| {alert.id} | {alert.raised.noted_at:%Y-%m-%d} | {alert.raised.text} |"
            for alert in standing]  # fmt: skip
    return "\n".join(["| alert | since | found |", "|---|---|---|", *rows])
