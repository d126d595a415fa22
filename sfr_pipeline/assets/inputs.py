"""What sources and files deliver: the archive, the newest of it, and the truth where it is known.

Nothing downstream asks a source or reads a user's file.
"""

from collections.abc import Iterator

import dagster as dg
import pandas as pd

from sfr_pipeline import clock
from sfr_pipeline.assets.retries import tried_again
from sfr_pipeline.assets.table_asset import selected_outputs, table_asset, tables_asset
from sfr_pipeline.inputs import receiving
from sfr_pipeline.inputs.archive import revision_rows
from sfr_pipeline.inputs.catalogues import new_version
from sfr_pipeline.inputs.truth import known_truth
from sfr_pipeline.inputs.views import inputs_as_of
from sfr_pipeline.markets import Market
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline.storage import tables
from sfr_pipeline.storage.contract import Table

LEG = "inputs"


def received_tables(market: Market) -> list[Table]:
    """Tables of one refresh: they say of one moment what came, what did not, and from what."""
    received = [tables.DELIVERIES, tables.INPUT_STATUS, tables.CATALOGUES]
    return [*received, tables.MISSING_SERIES] if _has_series(market) else received


def _has_series(market: Market) -> bool:
    return market.monthly or bool(market.series)


def _is_asked_for(market: Market) -> bool:
    """Whether there is anything to be delivered; a market of posts alone names nothing."""
    return _has_series(market) or bool(market.prices)


def build_assets(market: Market) -> list[dg.AssetsDefinition]:
    """Assets of this leg for one market; values only of what its catalogue names."""

    @table_asset(market, tables.SERIES, leg=LEG)
    def series(context: dg.AssetExecutionContext, deliveries: pd.DataFrame) -> pd.DataFrame:
        frame = inputs_as_of(market, deliveries).series
        last = frame.groupby("series")["ref_date"].max()
        context.add_output_metadata(
            {
                "last_value": dg.MetadataValue.json(
                    {name: str(day.date()) for name, day in last.items()}
                )
            }
        )
        return frame

    @table_asset(market, tables.PRICES, leg=LEG)
    def prices(context: dg.AssetExecutionContext, deliveries: pd.DataFrame) -> pd.DataFrame:
        frame = inputs_as_of(market, deliveries).prices
        if len(frame):
            context.add_output_metadata(
                {
                    "instruments": frame["symbol"].nunique(),
                    "first_day": str(frame["date"].min().date()),
                    "last_day": str(frame["date"].max().date()),
                }
            )
        return frame

    @table_asset(market, tables.REVISIONS, leg=LEG)
    def revisions(context: dg.AssetExecutionContext, deliveries: pd.DataFrame) -> pd.DataFrame:
        frame = revision_rows(deliveries)
        newest = frame[frame["delivered_at"] == deliveries["delivered_at"].max()]
        counts = newest.groupby("item").size()
        context.add_output_metadata(
            {"of_the_last_delivery": dg.MetadataValue.json(counts.to_dict())}
        )
        return frame

    assets = [_receive(market), *([series] if _has_series(market) else [])]
    if _is_asked_for(market):
        assets += [prices, revisions]
    if market.truth:

        @table_asset(market, tables.TRUTH, leg=LEG)
        def truth() -> pd.DataFrame:
            return known_truth(market)

        assets.append(truth)
    return assets


def _receive(market: Market) -> dg.AssetsDefinition:
    @tables_asset(market, received_tables(market), leg=LEG, led=True, can_subset=False)
    def receive(
        context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]
    ) -> Iterator[dg.Output[pd.DataFrame]]:
        """Every source is asked once for each code, for all legs; what is believed is kept."""
        at, run = clock.now(), context.run.run_id
        received = receiving.receive(
            market,
            warehouse.archive(market.name),
            warehouse.read_if_there(market.name, tables.INPUT_STATUS),
            at,
            run,
        )
        versions = warehouse.read_if_there(market.name, tables.CATALOGUES)
        version = new_version(market, versions, at, run)
        for changed in version["changed"]:
            if changed:
                context.log.warning(f"the catalogue has changed since it was read last: {changed}")
        stale = receiving.stale_inputs(received.status).set_index("item")["reason"]
        yield from selected_outputs(
            context,
            {
                "deliveries": received.deliveries,
                "input_status": received.status,
                "missing_series": received.missing,
                "catalogues": version,
            },
            {
                "deliveries": {
                    "new_values": dg.MetadataValue.json(
                        received.deliveries.groupby("item").size().to_dict()
                    )
                },
                "input_status": {"stale": dg.MetadataValue.json(stale.to_dict())},
                "missing_series": {
                    "missing": dg.MetadataValue.json(
                        received.missing.set_index("series")["reason"].to_dict()
                    )
                },
            },
        )
        with tried_again(context):
            received.stop_if_fatal()

    return receive


def build_checks(market: Market) -> list[dg.AssetChecksDefinition]:
    """Whether a refresh got everything: it goes on without, but it does not end well."""

    @dg.asset_check(
        asset=dg.AssetKey([market.name, tables.PUBLICATIONS.name]),
        additional_deps=[dg.AssetKey([market.name, tables.INPUT_STATUS.name])],
        blocking=True,
        description="Every series and instrument was delivered, and its delivery believed. One "
        "that was not keeps the values that it had. This is judged last, so that everything else "
        "is refreshed all the same.",
    )
    def every_input_is_current(warehouse: dg.ResourceParam[Warehouse]) -> dg.AssetCheckResult:
        stale = receiving.stale_inputs(warehouse.read_if_there(market.name, tables.INPUT_STATUS))
        told = [f"{row.item}: {row.reason}" for row in stale.itertuples(index=False)]
        return dg.AssetCheckResult(
            passed=not told, description="\n".join(told), metadata={"stale": len(told)}
        )

    return [every_input_is_current]
