"""From the panel to the index, its parts, vintages, news, regimes, events, and comparison."""

from collections.abc import Iterator

import dagster as dg
import pandas as pd

from sfr_pipeline.assets.pictures import picture
from sfr_pipeline.assets.table_asset import (
    month_partitions,
    not_begun,
    selected_outputs,
    table_asset,
    tables_asset,
)
from sfr_pipeline.errors import TooShortError
from sfr_pipeline.index.comparison import comparison_rows
from sfr_pipeline.index.events import event_rows
from sfr_pipeline.index.news import news_rows
from sfr_pipeline.index.regimes import regime_tables
from sfr_pipeline.index.sfri import correlation_rows, dimension_rows, index_tables, vintage_rows
from sfr_pipeline.markets import Market
from sfr_pipeline.report.index import charts
from sfr_pipeline.report.index.indicator_charts import weight_heat_map
from sfr_pipeline.resources.engine import ComputeEngine
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline.storage import tables

LEG = "index"
PARTS = (tables.SFRI_WEIGHTS, tables.SFRI_CONTRIBUTIONS)
TOLERANCE = 1e-9


def build_assets(market: Market) -> list[dg.AssetsDefinition]:
    """Assets of this leg for one market; none where it has no indicators."""
    if not market.monthly:
        return []

    # As dimensions and vintages below do, weights and contributions hang on the index: 'sfri+' is
    # all that describes it.
    @tables_asset(market, (tables.SFRI, *PARTS), leg=LEG, kinds={"numpy"}, led=True)
    def measure_index(
        context: dg.AssetExecutionContext,
        indicator_panel: pd.DataFrame,
        panel_revisions: pd.DataFrame,
        engine: dg.ResourceParam[ComputeEngine],
    ) -> Iterator[dg.Output[pd.DataFrame]]:
        """One estimation per information set yields index, weights and contributions."""
        try:
            spread = engine.resolve().mapped
            frames = index_tables(market, indicator_panel, panel_revisions, spread)
        except TooShortError as error:
            frames = not_begun(context, error, (tables.SFRI, *PARTS))
        events = event_rows(market, frames["sfri"])
        pictures = {
            "sfri": {
                "index": picture(market, charts.index_chart(frames["sfri"], "real_time", events)),
                "real_time_against_final": picture(market, charts.real_time_chart(frames["sfri"])),
            },
            "sfri_weights": {
                "weights": picture(
                    market,
                    weight_heat_map(frames["sfri_weights"], market.indicator_names(), "real_time"),
                )
            },
        }
        yield from selected_outputs(context, frames, pictures)

    sfri_key = dg.AssetKey([market.name, "sfri"])

    @table_asset(market, tables.DIMENSION_INDICES, leg=LEG, deps=[sfri_key])
    def dimension_indices(
        context: dg.AssetExecutionContext,
        sfri_weights: pd.DataFrame,
        sfri_contributions: pd.DataFrame,
    ) -> pd.DataFrame:
        frame = dimension_rows(sfri_weights, sfri_contributions)
        context.add_output_metadata(
            {
                "chart": picture(
                    market, charts.dimension_stack(frame, market.dimensions, "real_time")
                )
            }
        )
        return frame

    @table_asset(market, tables.DIMENSION_CORRELATIONS, leg=LEG)
    def dimension_correlations(sfri: pd.DataFrame, dimension_indices: pd.DataFrame) -> pd.DataFrame:
        return correlation_rows(sfri, dimension_indices)

    @table_asset(
        market,
        tables.SFRI_VINTAGES,
        leg=LEG,
        kinds={"numpy"},
        partitions_def=month_partitions(market),
        deps=[sfri_key],
    )
    def sfri_vintages(
        context: dg.AssetExecutionContext,
        indicator_panel: pd.DataFrame,
        panel_revisions: pd.DataFrame,
        engine: dg.ResourceParam[ComputeEngine],
    ) -> pd.DataFrame:
        months = pd.PeriodIndex(context.partition_keys, freq="M")
        # A forum may begin before the index can: such months hold no vintage.
        estimable = months[months >= pd.Period(market.sample.first_vintage)]
        spread = engine.resolve().mapped
        return vintage_rows(market, indicator_panel, estimable, panel_revisions, spread)

    @table_asset(
        market,
        tables.INDEX_NEWS,
        leg=LEG,
        kinds={"numpy"},
        partitions_def=month_partitions(market),
        deps=[sfri_key],
    )
    def index_news(
        context: dg.AssetExecutionContext,
        indicator_panel: pd.DataFrame,
        panel_revisions: pd.DataFrame,
    ) -> pd.DataFrame:
        months = pd.PeriodIndex(context.partition_keys, freq="M")
        return news_rows(market, indicator_panel, months, panel_revisions)

    @tables_asset(market, (tables.REGIMES, tables.REGIME_PARAMETERS), leg=LEG, kinds={"numpy"})
    def fit_regimes(
        context: dg.AssetExecutionContext, sfri: pd.DataFrame, sfri_vintages: pd.DataFrame
    ) -> Iterator[dg.Output[pd.DataFrame]]:
        """One fit under each information set yields the regimes and their parameters."""
        fitted = regime_tables(market, sfri, sfri_vintages)
        frames = {"regimes": fitted.regimes, "regime_parameters": fitted.parameters}
        events = event_rows(market, sfri)
        chart = picture(market, charts.index_chart(sfri, "real_time", events, fitted.regimes))
        yield from selected_outputs(context, frames, {"regimes": {"chart": chart}})

    @table_asset(market, tables.EVENTS, leg=LEG)
    def events(sfri: pd.DataFrame, dimension_indices: pd.DataFrame) -> pd.DataFrame:
        return event_rows(market, sfri, dimension_indices)

    assets = [
        measure_index,
        dimension_indices,
        dimension_correlations,
        sfri_vintages,
        index_news,
        fit_regimes,
        events,
    ]
    return [*assets, _comparison(market)] if market.references else assets


def _comparison(market: Market) -> dg.AssetsDefinition:
    """The index held against published ones."""

    @table_asset(market, tables.REFERENCE_COMPARISON, leg=LEG)
    def reference_comparison(
        context: dg.AssetExecutionContext,
        sfri: pd.DataFrame,
        series: pd.DataFrame,
        missing_series: pd.DataFrame,
    ) -> pd.DataFrame:
        frame = comparison_rows(market, sfri, series, missing_series)
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

    return reference_comparison


def build_checks(market: Market) -> list[dg.AssetChecksDefinition]:
    """Identities between tables, which no single contract can hold."""
    if not market.monthly:
        return []

    @dg.asset_check(
        asset=dg.AssetKey([market.name, "sfri_contributions"]),
        additional_deps=[dg.AssetKey([market.name, "sfri"])],
        blocking=True,
        description="The contributions of a month sum to its index.",
    )
    def sum_to_the_index(warehouse: dg.ResourceParam[Warehouse]) -> dg.AssetCheckResult:
        key = ["mode", "ref_date"]
        parts = warehouse.read(market.name, "sfri_contributions")
        index = warehouse.read(market.name, "sfri").set_index(key)["sfri"]
        gap = (parts.groupby(key)["contribution"].sum() - index).abs()
        worst = float(gap.fillna(float("inf")).max()) if len(gap) else 0.0
        return dg.AssetCheckResult(passed=worst <= TOLERANCE, metadata={"largest_gap": worst})

    return [sum_to_the_index]
