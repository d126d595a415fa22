"""What sources and files deliver: prices, series, missing_series, and the truth where it is known.

Nothing downstream asks a source or reads a user's file.
"""

from collections.abc import Iterator

import dagster as dg
import pandas as pd

from sfr_pipeline.assets.table_asset import (
    SINGLE_RUN,
    group_of,
    selected_outputs,
    table_asset,
    table_outs,
)
from sfr_pipeline.inputs.prices import fetch_prices
from sfr_pipeline.inputs.series import fetch_series
from sfr_pipeline.inputs.truth import known_truth
from sfr_pipeline.markets import Market
from sfr_pipeline.storage import tables

LEG = "inputs"


def build_assets(market: Market) -> list[dg.AssetsDefinition]:
    """Assets of this leg for one market; series only where it has an index or names some."""

    @table_asset(market, tables.PRICES, leg=LEG)
    def prices(context: dg.AssetExecutionContext) -> pd.DataFrame:
        frame = fetch_prices(market)
        context.add_output_metadata(
            {
                "instruments": frame["symbol"].nunique(),
                "first_day": str(frame["date"].min().date()),
                "last_day": str(frame["date"].max().date()),
            }
        )
        return frame

    assets = [prices]
    if market.monthly or market.series:
        assets.append(_series(market))
    if market.truth:

        @table_asset(market, tables.TRUTH, leg=LEG)
        def truth() -> pd.DataFrame:
            return known_truth(market)

        assets.append(truth)
    return assets


def _series(market: Market) -> dg.AssetsDefinition:
    """One step for both tables: they say of one moment what came and what did not."""
    series_key = dg.AssetKey([market.name, "series"])

    @dg.multi_asset(
        name="fetch_series",
        outs=table_outs(market, (tables.SERIES, tables.MISSING_SERIES), set()),
        # What is missing hangs on what came, so that selecting 'series+' takes it along.
        internal_asset_deps={"series": set(), "missing_series": {series_key}},
        group_name=group_of(market, LEG),
        backfill_policy=SINGLE_RUN,
    )
    def fetch(context: dg.AssetExecutionContext) -> Iterator[dg.Output[pd.DataFrame]]:
        """Every source is asked once for each code, for all legs."""
        fetched = fetch_series(market)
        failed = fetched.missing[fetched.missing["cause"] == "failed"]
        for row in failed.itertuples(index=False):
            context.log.warning(f"{row.series} did not come: {row.reason}")
        last = fetched.series.groupby("series")["ref_date"].max()
        absent = fetched.missing.set_index("series")["reason"]
        yield from selected_outputs(
            context,
            {"series": fetched.series, "missing_series": fetched.missing},
            {
                "series": {
                    "last_value": dg.MetadataValue.json(
                        {name: str(day.date()) for name, day in last.items()}
                    )
                },
                "missing_series": {"missing": dg.MetadataValue.json(absent.to_dict())},
            },
        )

    return fetch
