"""How large the volatility of the coming days will be, and what the answers are worth."""

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg
import pandas as pd

from sfr_pipeline.assets.checks import rivals_check
from sfr_pipeline.assets.kubernetes import gpu_tags
from sfr_pipeline.assets.once import OnceARun
from sfr_pipeline.assets.pictures import picture
from sfr_pipeline.assets.table_asset import SINGLE_RUN, Made, group_of, made_outputs, table_outs
from sfr_pipeline.evaluation.models import variants_looked_at
from sfr_pipeline.markets import Market
from sfr_pipeline.report.stress import volatility_charts as charts
from sfr_pipeline.report.stress.volatility_verdict import newest_outlook, sub_market_names
from sfr_pipeline.resources.device import Device
from sfr_pipeline.resources.engine import ComputeEngine
from sfr_pipeline.resources.profile import TrainingProfile
from sfr_pipeline.resources.step_frames import STEP_FRAMES
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline.storage import tables
from sfr_pipeline.stress import saved
from sfr_pipeline.stress.volatility import checkpoint, study
from sfr_pipeline.stress.volatility.scores import missing_rivals
from sfr_pipeline.stress.volatility.walk import VolatilityRun
from sfr_pipeline.training.fit_store import FITS, FitStore
from sfr_pipeline.training.many_fits import fit_all

LEG = "stress"
READ = ("daily_quotes", "daily_returns", "daily_features")


def build_assets(market: Market) -> list[dg.AssetsDefinition]:
    """Assets of volatility for one market; none where its catalogue has no stress leg.

    One graph makes both tables: scores of stocks rest on forecasts of which the newest day alone is
    kept. Training is a step of its own.
    """
    if market.stress is None:
        return []
    laid_for: OnceARun[study.VolatilityStudy] = OnceARun()

    @dg.op(out=dg.Out(io_manager_key=STEP_FRAMES), pool="gpu", tags=gpu_tags())
    def train_volatility_networks(
        context: dg.OpExecutionContext,
        daily_quotes: pd.DataFrame,
        daily_returns: pd.DataFrame,
        daily_features: pd.DataFrame,
        profile: dg.ResourceParam[TrainingProfile],
        device: dg.ResourceParam[Device],
        engine: dg.ResourceParam[ComputeEngine],
        warehouse: dg.ResourceParam[Warehouse],
    ) -> pd.DataFrame:
        """What networks add to the linear panel; finished fits are kept."""
        read = (daily_quotes, daily_returns, daily_features)
        laid = laid_for(context.run_id, lambda: study.prepare(market, *read, profile.resolve()))
        store = FitStore(warehouse.cache / FITS)
        say = context.log.info
        with engine.held(device, say) as held:
            found = study.train_networks(
                study.plan_networks(laid),
                lambda tasks: fit_all(tasks, held, store, engine.resolve(), say),
            )
        believed = {
            f"{each.panel} {network.network}": {str(year): s for year, s in network.shares.items()}
            for each in found
            for network in each.networks
        }
        context.add_output_metadata({"share_believed": dg.MetadataValue.json(believed)})
        return study.corrections_frame(found)

    @dg.op(
        out={
            table.name: dg.Out(is_required=False)
            for table in (tables.VOLATILITY_FORECASTS, tables.VOLATILITY_SCORES)
        }
    )
    def forecast_and_score_volatility(
        context: dg.OpExecutionContext,
        daily_quotes: pd.DataFrame,
        daily_returns: pd.DataFrame,
        daily_features: pd.DataFrame,
        corrections: pd.DataFrame,
        profile: dg.ResourceParam[TrainingProfile],
        warehouse: dg.ResourceParam[Warehouse],
    ) -> Iterator[dg.Output[pd.DataFrame]]:
        """Rules, rivals and linear panels, and beside them networks; the newest are saved."""
        read = (daily_quotes, daily_returns, daily_features)
        laid = laid_for(context.run_id, lambda: study.prepare(market, *read, profile.resolve()))
        if laid.waits:
            context.log.warning(laid.waits)
        found = study.corrections_from(laid, corrections)
        runs = study.with_networks(study.run_without_networks(laid, context.log.info), found)
        kept = study.newest_models(laid, runs, found)
        if kept is not None:
            name = saved.name_of(market.name, checkpoint.NAME)
            checkpoint.save(kept, warehouse.files, name)
        yield from made_outputs(
            context,
            {
                "volatility_forecasts": lambda: _forecasts(market, laid, runs),
                "volatility_scores": lambda: _scores(market, laid, runs),
            },
        )

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
        read = (daily_quotes, daily_returns, daily_features)
        made = forecast_and_score_volatility(*read, train_volatility_networks(*read))
        return made._asdict()

    return [forecast_volatility]


def _forecasts(market: Market, laid: study.VolatilityStudy, runs: Sequence[VolatilityRun]) -> Made:
    """Forecasts with their bounds."""
    frame = study.forecasts(laid, runs)
    outlook = charts.outlook_chart(*newest_outlook(market, frame))
    hindsight = charts.hindsight_chart(frame, sub_market_names(market))
    return frame, {
        "outlook": picture(market, outlook),
        "hindsight": picture(market, hindsight),
        "not_begun": dg.MetadataValue.json([laid.waits] if laid.waits else []),
    }


def _scores(market: Market, laid: study.VolatilityStudy, runs: Sequence[VolatilityRun]) -> Made:
    """Gains over the rivals, with tests and intervals."""
    frame = study.scores(laid, runs)
    return frame, {
        "gains": picture(market, charts.gain_chart(frame)),
        "by_half_decade": picture(market, charts.decade_chart(frame)),
        "variants_looked_at": variants_looked_at("volatility"),
    }


def build_checks(market: Market) -> Sequence[dg.AssetChecksDefinition]:
    """What scores of volatility may not be published without."""
    if market.stress is None:
        return []

    def missing(scores: pd.DataFrame, forecasts: pd.DataFrame) -> list[str]:
        return missing_rivals(scores, forecasts)

    return [rivals_check(market, tables.VOLATILITY_SCORES, tables.VOLATILITY_FORECASTS, missing)]
