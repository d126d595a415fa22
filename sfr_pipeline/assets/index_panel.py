"""From prices and series to the panel: indicators, what is missing, panel, statistics."""

import dagster as dg
import pandas as pd

from sfr_pipeline.assets.pictures import picture
from sfr_pipeline.assets.table_asset import table_asset
from sfr_pipeline.index.indicators import build_panel, deliver_indicators, describe_indicators
from sfr_pipeline.index.missing import missing_indicators as absent_indicators
from sfr_pipeline.markets import Market
from sfr_pipeline.report.index import charts
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
                f"the index does without {len(frame)} of {len(market.indicators)} indicators: "
                f"{', '.join(frame['name'])}"
            )
        return frame

    @table_asset(market, tables.INDICATOR_PANEL, leg=LEG, kinds={"numpy"})
    def indicator_panel(
        context: dg.AssetExecutionContext, indicators: pd.DataFrame
    ) -> pd.DataFrame:
        frame = build_panel(market, indicators)
        coverage = charts.coverage_chart(frame, market.indicator_names(), market.dimensions)
        context.add_output_metadata({"coverage": picture(market, coverage)})
        return frame

    @table_asset(market, tables.INDICATOR_STATISTICS, leg=LEG)
    def indicator_statistics(indicator_panel: pd.DataFrame) -> pd.DataFrame:
        return describe_indicators(market, indicator_panel)

    return [indicators, missing_indicators, indicator_panel, indicator_statistics]
