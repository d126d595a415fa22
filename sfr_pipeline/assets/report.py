"""The analyst's report of a market, what was told on the day, and what its models are."""

import dagster as dg
import pandas as pd

from sfr_pipeline import __version__, clock
from sfr_pipeline.assets.table_asset import (
    OWNERS,
    SINGLE_RUN,
    damage_left,
    group_of,
    market_tags,
    table_asset,
)
from sfr_pipeline.evaluation.models import Leg, model_rows
from sfr_pipeline.inputs.catalogues import sha256_of
from sfr_pipeline.markets import Market
from sfr_pipeline.report.imprint import Imprint, data_hash
from sfr_pipeline.report.page import excerpts_of, optional_tables_of, render, tables_of
from sfr_pipeline.report.publications import (
    Provenance,
    publication_rows,
    readings,
    tables_told,
)
from sfr_pipeline.resources.warehouse import TABLE_BY_NAME, Warehouse
from sfr_pipeline.storage import tables
from sfr_pipeline.storage.damage import DamageError

LEG = "report"
# Last of a market's steps in the order of the alphabet, on purpose: as the last one is partitioned,
# so does Dagster note the start of all in a run over a range. Were it stored month by month, each
# month would be noted for every table, those without months included, at some 20 ms a note.
LAST_STEP = "write_report"


def build_assets(market: Market) -> list[dg.AssetsDefinition]:
    """Assets of this leg for one market."""
    names, optional = tables_of(market), optional_tables_of(market)
    cut = [excerpt.table for excerpt in excerpts_of(market)]

    @dg.multi_asset(
        name=LAST_STEP,
        outs={
            "report": dg.AssetOut(
                key=[market.name, "report"],
                description="HTML, complete offline: where risk stands, why, what is ahead, how "
                "far to trust it, what people say, on which data; and beside it the evidence, "
                "every model and test.",
                kinds={"html"},
                owners=OWNERS,
                tags=market_tags(market),
            )
        },
        deps=[dg.AssetKey([market.name, table]) for table in dict.fromkeys([*names, *cut])],
        group_name=group_of(market, LEG),
        backfill_policy=SINGLE_RUN,
    )
    def report(
        context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]
    ) -> dg.MaterializeResult:
        run = context.op_execution_context
        imprint = Imprint(
            made_at=clock.now(),
            version=__version__,
            run=run.run_id,
            data=data_hash(warehouse.read_if_there(market.name, tables.DELIVERIES)),
            catalogue=sha256_of(market),
        )
        frames = warehouse.read_all(market.name, names, optional)
        frames |= warehouse.excerpts(market.name, excerpts_of(market))
        pages = render(market, frames, imprint)
        path = warehouse.write_report(market.name, pages.report, pages.evidence)
        warehouse.keep_report(market.name, pages.report, f"{imprint.made_at:%Y-%m-%d}")
        if found := damage_left(run, warehouse, market, thorough=True):
            raise DamageError(found)
        return dg.MaterializeResult(
            metadata={
                "path": dg.MetadataValue.path(str(path)),
                "bytes": len(pages.report.encode("utf-8")),
            }
        )

    return [report, _publications(market), *_models(market)]


def _publications(market: Market) -> dg.AssetsDefinition:
    @table_asset(
        market,
        tables.PUBLICATIONS,
        leg=LEG,
        reads=[TABLE_BY_NAME[name] for name in ("deliveries", *tables_told(market))],
    )
    def publications(
        context: dg.AssetExecutionContext,
        warehouse: dg.ResourceParam[Warehouse],
        **frames: pd.DataFrame,
    ) -> pd.DataFrame:
        told, now = readings(market, frames), pd.Timestamp(clock.now())
        delivered = frames["deliveries"]["delivered_at"]
        provenance = Provenance(
            # Posts are no deliveries: of them alone, what is there now is what there is.
            delivered_until=delivered.max() if len(delivered) else now,
            catalogue=sha256_of(market),
            code_version=__version__,
            run=context.run.run_id,
        )
        before = warehouse.read_if_there(market.name, tables.PUBLICATIONS)
        return publication_rows(told, before, now, provenance)

    return publications


def _models(market: Market) -> list[dg.AssetsDefinition]:
    legs: list[Leg] = [leg for leg in ("forecasting", "stress") if getattr(market, leg) is not None]
    if market.stress is not None:
        legs.append("volatility")
    if not legs:
        return []

    @table_asset(market, tables.MODELS, leg=LEG)
    def models() -> pd.DataFrame:
        return model_rows(legs)

    return [models]
