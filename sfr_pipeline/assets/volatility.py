"""How large the volatility of the coming days will be, and what the answers are worth."""

from collections.abc import Sequence
from typing import Any

import dagster as dg
import pandas as pd

from sfr_pipeline.assets.checks import rivals_check
from sfr_pipeline.assets.kubernetes import gpu_tags
from sfr_pipeline.assets.pictures import picture
from sfr_pipeline.assets.table_asset import SINGLE_RUN, group_of, table_outs
from sfr_pipeline.evaluation.models import variants_looked_at
from sfr_pipeline.markets import Market
from sfr_pipeline.report.stress import volatility_charts as charts
from sfr_pipeline.report.stress.volatility_verdict import newest_outlook, sub_market_names
from sfr_pipeline.resources.device import Device
from sfr_pipeline.resources.engine import ComputeEngine
from sfr_pipeline.resources.profile import TrainingProfile
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline.storage import tables
from sfr_pipeline.stress import saved
from sfr_pipeline.stress.volatility import checkpoint, study
from sfr_pipeline.stress.volatility.corrections import Corrections, Plan
from sfr_pipeline.stress.volatility.scores import missing_rivals
from sfr_pipeline.stress.volatility.walk import VolatilityRun
from sfr_pipeline.training.fit_store import FITS, FitStore
from sfr_pipeline.training.many_fits import fit_all

LEG = "stress"
# Between steps of one asset.
MEMORY = dg.Out(io_manager_key="memory")
READ = ("daily_quotes", "daily_returns", "daily_features")


def build_assets(market: Market) -> list[dg.AssetsDefinition]:
    """Assets of volatility for one market; none where its catalogue has no stress leg.

    One graph makes both tables: scores of stocks rest on forecasts of which the newest day alone is
    kept. Training is a step of its own.
    """
    if market.stress is None:
        return []

    @dg.op(out=MEMORY)
    def lay_panels(
        context: dg.OpExecutionContext,
        daily_quotes: pd.DataFrame,
        daily_returns: pd.DataFrame,
        daily_features: pd.DataFrame,
        profile: dg.ResourceParam[TrainingProfile],
    ) -> study.VolatilityStudy:
        """Markets side by side, and what is forecast of them."""
        laid = study.prepare(market, daily_quotes, daily_returns, daily_features, profile.resolve())
        if laid.waits:
            context.log.warning(laid.waits)
        return laid

    @dg.op(out=MEMORY)
    def run_volatility_models(
        context: dg.OpExecutionContext, laid: study.VolatilityStudy
    ) -> list[VolatilityRun]:
        """Rules, rivals and the linear panels."""
        return study.run_without_networks(laid, context.log.info)

    @dg.op(out=MEMORY)
    def plan_volatility_networks(laid: study.VolatilityStudy) -> list[Plan]:
        """What is to be trained."""
        return study.plan_networks(laid)

    @dg.op(out=MEMORY, pool="gpu", tags=gpu_tags())
    def train_volatility_networks(
        context: dg.OpExecutionContext,
        planned: list[Plan],
        device: dg.ResourceParam[Device],
        engine: dg.ResourceParam[ComputeEngine],
        warehouse: dg.ResourceParam[Warehouse],
    ) -> list[Corrections]:
        """What networks add to the linear panel; finished fits are kept."""
        store = FitStore(warehouse.cache / FITS)
        say = context.log.info
        with engine.held(device, say) as held:
            found = study.train_networks(
                planned, lambda tasks: fit_all(tasks, held, store, engine.resolve(), say)
            )
        believed = {
            f"{each.panel} {network.network}": {str(year): s for year, s in network.shares.items()}
            for each in found
            for network in each.networks
        }
        context.add_output_metadata({"share_believed": dg.MetadataValue.json(believed)})
        return found

    @dg.op(out=MEMORY)
    def gather_volatility_runs(
        laid: study.VolatilityStudy,
        without: list[VolatilityRun],
        corrections: list[Corrections],
        warehouse: dg.ResourceParam[Warehouse],
    ) -> list[VolatilityRun]:
        """What all models said of days that they had not seen; the newest models are saved."""
        runs = study.with_networks(without, corrections)
        kept = study.newest_models(laid, runs, corrections)
        if kept is not None:
            name = saved.name_of(market.name, checkpoint.NAME)
            checkpoint.save(kept, warehouse.files, name)
        return runs

    @dg.op
    def all_volatility_forecasts(
        context: dg.OpExecutionContext, laid: study.VolatilityStudy, runs: list[VolatilityRun]
    ) -> pd.DataFrame:
        """Forecasts with their bounds."""
        frame = study.forecasts(laid, runs)
        outlook = charts.outlook_chart(*newest_outlook(market, frame))
        hindsight = charts.hindsight_chart(frame, sub_market_names(market))
        context.add_output_metadata(
            {
                "outlook": picture(market, outlook),
                "hindsight": picture(market, hindsight),
                "not_begun": dg.MetadataValue.json([laid.waits] if laid.waits else []),
            }
        )
        return frame

    @dg.op
    def score_volatility(
        context: dg.OpExecutionContext, laid: study.VolatilityStudy, runs: list[VolatilityRun]
    ) -> pd.DataFrame:
        """Gains over the rivals, with tests and intervals."""
        frame = study.scores(laid, runs)
        context.add_output_metadata(
            {
                "gains": picture(market, charts.gain_chart(frame)),
                "by_half_decade": picture(market, charts.decade_chart(frame)),
                "variants_looked_at": variants_looked_at("volatility"),
            }
        )
        return frame

    @dg.graph_multi_asset(
        name="forecast_volatility",
        ins={name: dg.AssetIn(key=[market.name, name]) for name in READ},
        outs=table_outs(
            market, (tables.VOLATILITY_FORECASTS, tables.VOLATILITY_SCORES), {"numpy", "pytorch"}
        ),
        group_name=group_of(market, LEG),
        can_subset=True,
        backfill_policy=SINGLE_RUN,
    )
    def forecast_volatility(
        daily_quotes: Any, daily_returns: Any, daily_features: Any
    ) -> dict[str, Any]:
        laid = lay_panels(daily_quotes, daily_returns, daily_features)
        corrections = train_volatility_networks(plan_volatility_networks(laid))
        runs = gather_volatility_runs(laid, run_volatility_models(laid), corrections)
        return {
            "volatility_forecasts": all_volatility_forecasts(laid, runs),
            "volatility_scores": score_volatility(laid, runs),
        }

    return [forecast_volatility]


def build_checks(market: Market) -> Sequence[dg.AssetChecksDefinition]:
    """What scores of volatility may not be published without."""
    if market.stress is None:
        return []

    def missing(scores: pd.DataFrame, forecasts: pd.DataFrame) -> list[str]:
        return missing_rivals(scores, forecasts)

    return [rivals_check(market, tables.VOLATILITY_SCORES, tables.VOLATILITY_FORECASTS, missing)]
