"""The index held against published ones: reference_comparison."""

import dagster as dg
import pandas as pd

from sfr_pipeline.assets.table_asset import table_asset
from sfr_pipeline.index.comparison import comparison_rows
from sfr_pipeline.markets import Market
from sfr_pipeline.storage import tables

LEG = "index"


def build_assets(market: Market) -> list[dg.AssetsDefinition]:
    """Assets of this stage for one market; none where its catalogue names no reference."""
    if not market.references:
        return []

    @table_asset(market, tables.REFERENCE_COMPARISON, leg=LEG)
    def reference_comparison(context: dg.AssetExecutionContext, sfri: pd.DataFrame) -> pd.DataFrame:
        frame = comparison_rows(market, sfri)
        absent = frame.dropna(subset="reason").drop_duplicates("reference")
        if len(absent):
            told = "; ".join(f"{row.name}: {row.reason}" for row in absent.itertuples(index=False))
            context.log.warning(f"not compared with {told}")
        real_time = frame[frame["mode"] == "real_time"].set_index("reference")
        context.add_output_metadata(
            {
                "correlation_in_real_time": dg.MetadataValue.json(
                    real_time["correlation"].dropna().round(3).to_dict()
                ),
                "missing": dg.MetadataValue.json(
                    dict(zip(absent["reference"], absent["reason"], strict=True))
                ),
            }
        )
        return frame

    return [reference_comparison]
