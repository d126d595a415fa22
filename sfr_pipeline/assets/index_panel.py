"""From prices and series to the panel: indicators, what is missing, panel, statistics."""

from collections.abc import Iterator

import dagster as dg
import pandas as pd

from sfr_pipeline.assets.pictures import picture
from sfr_pipeline.assets.table_asset import selected_outputs, table_asset, tables_asset
from sfr_pipeline.index.description import describe_indicators
from sfr_pipeline.index.indicators import deliver_indicators
from sfr_pipeline.index.missing import missing_indicators as absent_indicators
from sfr_pipeline.index.panel import build_panel
from sfr_pipeline.inputs.views import month_end_views
from sfr_pipeline.markets import Market
from sfr_pipeline.report.index.indicator_charts import coverage_chart
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline.storage import tables

LEG = "index"


def build_assets(market: Market) -> list[dg.AssetsDefinition]:
    """Assets of this leg for one market; none where it has no indicators."""
    if not market.monthly:
        return []

    @table_asset(market, tables.INDICATORS, leg=LEG)
    def indicators(
        context: dg.AssetExecutionContext,
        prices: pd.DataFrame,
        series: pd.DataFrame,
        missing_series: pd.DataFrame,
    ) -> pd.DataFrame:
        frame = deliver_indicators(market, prices, series, missing_series)
        last = frame.groupby("indicator")["ref_date"].max().dt.strftime("%Y-%m-%d")
        context.add_output_metadata({"last_value": dg.MetadataValue.json(last.to_dict())})
        return frame

    @table_asset(market, tables.MISSING_INDICATORS, leg=LEG)
    def missing_indicators(
        context: dg.AssetExecutionContext, indicators: pd.DataFrame, missing_series: pd.DataFrame
    ) -> pd.DataFrame:
        frame = absent_indicators(market, indicators, missing_series)
        if len(frame):
            context.log.warning(
                f"the index does without {len(frame)} of {len(market.indicators)} indicators, in "
                f"whole or in part: {', '.join(frame['name'])}"
            )
        return frame

    @tables_asset(
        market,
        (tables.INDICATOR_PANEL, tables.PANEL_REVISIONS),
        leg=LEG,
        kinds={"numpy"},
        led=True,
        # Neither can be read without the other.
        can_subset=False,
    )
    def measure_panel(
        context: dg.AssetExecutionContext,
        prices: pd.DataFrame,
        series: pd.DataFrame,
        revisions: pd.DataFrame,
        indicators: pd.DataFrame,
        warehouse: dg.ResourceParam[Warehouse],
    ) -> Iterator[dg.Output[pd.DataFrame]]:
        """Each month's row from what stood at its end, and what revisions made of it later."""
        views = month_end_views(
            market, series, prices, revisions, lambda: warehouse.archive(market.name)
        )
        panel, changed = build_panel(market, indicators, views)
        coverage = coverage_chart(panel, market.indicator_names(), market.dimensions)
        frames = {"indicator_panel": panel, "panel_revisions": changed}
        shown = {"indicator_panel": {"coverage": picture(market, coverage)}}
        yield from selected_outputs(context, frames, shown)

    @table_asset(market, tables.INDICATOR_STATISTICS, leg=LEG)
    def indicator_statistics(indicator_panel: pd.DataFrame) -> pd.DataFrame:
        return describe_indicators(market, indicator_panel)

    return [indicators, missing_indicators, measure_panel, indicator_statistics]
