"""From the sources to the panel: prices, indicators, what is missing, panel, statistics."""

import dagster as dg
import pandas as pd

from sfr_pipeline.assets.pictures import picture
from sfr_pipeline.assets.table_asset import table_asset
from sfr_pipeline.index import indicators as measurement
from sfr_pipeline.index import missing as absent
from sfr_pipeline.markets import Market
from sfr_pipeline.report.index import charts
from sfr_pipeline.storage import tables

LEG = "inputs"


def build_assets(market: Market) -> list[dg.AssetsDefinition]:
    """Assets of this stage for one market."""

    @table_asset(market, tables.PRICES, leg=LEG)
    def prices(context: dg.AssetExecutionContext) -> pd.DataFrame:
        frame = measurement.fetch_prices(market)
        context.add_output_metadata(
            {
                "instruments": frame["symbol"].nunique(),
                "first_day": str(frame["date"].min().date()),
                "last_day": str(frame["date"].max().date()),
            }
        )
        return frame

    return [prices, *(_indicators(market) if market.monthly else [])]


def _indicators(market: Market) -> list[dg.AssetsDefinition]:
    """What a market with an index has beyond its prices."""

    @table_asset(market, tables.INDICATORS, leg=LEG)
    def indicators(context: dg.AssetExecutionContext, prices: pd.DataFrame) -> pd.DataFrame:
        frame = measurement.deliver_indicators(market, prices)
        last = frame.groupby("indicator")["ref_date"].max().dt.strftime("%Y-%m-%d")
        context.add_output_metadata({"last_value": dg.MetadataValue.json(last.to_dict())})
        return frame

    @table_asset(market, tables.MISSING_INDICATORS, leg=LEG)
    def missing_indicators(
        context: dg.AssetExecutionContext, indicators: pd.DataFrame
    ) -> pd.DataFrame:
        frame = absent.missing_indicators(market, indicators)
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
        frame = measurement.build_panel(market, indicators)
        context.add_output_metadata(
            {
                "coverage": picture(
                    market,
                    charts.coverage_chart(frame, market.indicator_names(), market.dimensions),
                )
            }
        )
        return frame

    @table_asset(market, tables.INDICATOR_STATISTICS, leg=LEG)
    def indicator_statistics(indicator_panel: pd.DataFrame) -> pd.DataFrame:
        return measurement.describe_indicators(market, indicator_panel)

    assets = [indicators, missing_indicators, indicator_panel, indicator_statistics]
    if market.truth:

        @table_asset(market, tables.TRUTH, leg=LEG)
        def truth() -> pd.DataFrame:
            return measurement.known_truth(market)

        assets.append(truth)
    return assets
