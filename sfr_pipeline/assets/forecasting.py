"""From the index and what stands beside it to forecasts, their scores and what moved them."""

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg
import pandas as pd

from sfr_pipeline.assets.checks import rivals_check
from sfr_pipeline.assets.kubernetes import gpu_tags
from sfr_pipeline.assets.once import OnceARun
from sfr_pipeline.assets.pictures import picture
from sfr_pipeline.assets.table_asset import (
    SINGLE_RUN,
    Made,
    group_of,
    made_outputs,
    selected_outputs,
    table_asset,
    table_outs,
    tables_asset,
)
from sfr_pipeline.forecasting import diagnostics, study
from sfr_pipeline.forecasting.beginning import why_no_verdict
from sfr_pipeline.forecasting.fan import fan_rows
from sfr_pipeline.forecasting.last_days import lacking
from sfr_pipeline.forecasting.latest import explain_latest
from sfr_pipeline.forecasting.panel import warning_panel as build_panel
from sfr_pipeline.forecasting.required import groups_due, missing_rivals
from sfr_pipeline.forecasting.scores import left_out, score_rows
from sfr_pipeline.inputs.views import month_end_views
from sfr_pipeline.markets import Market
from sfr_pipeline.report.forecasting import (
    charts,
    diagnostic_charts,
    explanation_charts,
    score_charts,
)
from sfr_pipeline.report.forecasting.section import explained
from sfr_pipeline.report.forecasting.verdict import forecasting_summary, headline_forecaster
from sfr_pipeline.resources.device import Device
from sfr_pipeline.resources.engine import ComputeEngine
from sfr_pipeline.resources.profile import TrainingProfile
from sfr_pipeline.resources.step_frames import STEP_FRAMES
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline.storage import tables
from sfr_pipeline.training.fit_store import FITS, FitStore

LEG = "forecasting"


def build_assets(market: Market) -> list[dg.AssetsDefinition]:
    """Assets of this leg for one market; none where its catalogue has no forecasting leg."""
    if market.forecasting is None:
        return []

    @table_asset(
        market,
        tables.WARNING_PANEL,
        leg=LEG,
        deps=[dg.AssetKey([market.name, "npoi"])] if market.forum else [],
    )
    def warning_panel(
        context: dg.AssetExecutionContext,
        prices: pd.DataFrame,
        series: pd.DataFrame,
        missing_series: pd.DataFrame,
        revisions: pd.DataFrame,
        sfri: pd.DataFrame,
        warehouse: dg.ResourceParam[Warehouse],
    ) -> pd.DataFrame:
        # Posts may take weeks to crawl, and early warning does not wait for them.
        opinion = warehouse.read_all(market.name, ["npoi"], optional=["npoi"])
        views = month_end_views(
            market, series, prices, revisions, lambda: warehouse.archive(market.name)
        )
        panel = build_panel(market, views, missing_series, sfri, opinion.get("npoi"))
        for absent in panel.absent:
            context.log.warning(f"early warning does without {absent}")
        return panel.frame

    @tables_asset(
        market,
        (tables.WARNING_LAG_ORDERS, tables.NONLINEARITY_TESTS, tables.TRANSFER_ENTROPY),
        leg=LEG,
        kinds={"numpy"},
    )
    def test_dependence(
        context: dg.AssetExecutionContext, warning_panel: pd.DataFrame
    ) -> Iterator[dg.Output[pd.DataFrame]]:
        """Linear dependence is taken out first; what is left is tested."""
        frames = diagnostics.diagnostic_tables(market, warning_panel)
        names = warning_panel.drop_duplicates("variable").set_index("variable")["name"].to_dict()
        network = diagnostic_charts.transfer_network(frames["transfer_entropy"], names)
        yield from selected_outputs(
            context, frames, {"transfer_entropy": {"network": picture(market, network)}}
        )

    @table_asset(market, tables.FORECAST_SCORES, leg=LEG, kinds={"numpy"})
    def forecast_scores(context: dg.AssetExecutionContext, forecasts: pd.DataFrame) -> pd.DataFrame:
        frame = score_rows(market, forecasts)
        lost = left_out(forecasts)
        if lost["n_left_out"].any():
            worst = lost.sort_values("n_left_out").iloc[-1]
            context.log.warning(
                f"up to {worst['n_left_out']} forecasts of a group are not scored, because a model "
                "has none for those months"
            )
        context.add_output_metadata(
            {
                "found": why_no_verdict(market, {"forecasts": forecasts})
                or forecasting_summary({"forecast_scores": frame}).verdict,
                "skill": picture(market, score_charts.skill_chart(frame)),
            }
        )
        return frame

    @table_asset(market, tables.FORECAST_FAN, leg=LEG)
    def forecast_fan(
        context: dg.AssetExecutionContext,
        sfri: pd.DataFrame,
        forecasts: pd.DataFrame,
        forecast_scores: pd.DataFrame,
    ) -> pd.DataFrame:
        frame = fan_rows(forecasts)
        chosen = headline_forecaster(forecast_scores, frame)
        context.add_output_metadata({"fan": picture(market, charts.fan_chart(sfri, frame, chosen))})
        return frame

    return [warning_panel, test_dependence, _forecasts(market), forecast_scores, forecast_fan]


def _forecasts(market: Market) -> dg.AssetsDefinition:
    """The graph of training and forecasting; the networks are a step of their own."""
    gathered_for: OnceARun[study.Study] = OnceARun()
    read = ("indicator_panel", "warning_panel", "regimes", "panel_revisions")

    def gather(
        run_id: str, profile: TrainingProfile, frames: Sequence[pd.DataFrame]
    ) -> study.Study:
        """What was known at each month's end, and what came after."""
        panel, warning_panel, regimes, revisions = frames

        def make() -> study.Study:
            return study.gather(market, panel, revisions, warning_panel, regimes, profile.resolve())

        return gathered_for(run_id, make)

    @dg.op(
        out={
            "networks": dg.Out(io_manager_key=STEP_FRAMES, is_required=False),
            tables.TRAINING_HISTORY.name: dg.Out(is_required=False),
            tables.FORECAST_EXPLANATIONS.name: dg.Out(is_required=False),
        },
        pool="gpu",
        tags=gpu_tags(),
    )
    def train_networks(
        context: dg.OpExecutionContext,
        indicator_panel: pd.DataFrame,
        warning_panel: pd.DataFrame,
        regimes: pd.DataFrame,
        panel_revisions: pd.DataFrame,
        profile: dg.ResourceParam[TrainingProfile],
        device: dg.ResourceParam[Device],
        engine: dg.ResourceParam[ComputeEngine],
        warehouse: dg.ResourceParam[Warehouse],
    ) -> Iterator[dg.Output[pd.DataFrame]]:
        """Forecasts of all networks, refits and seeds, loss curves, and what moved the latest.

        Finished fits are kept, and the latest are explained where they were made.
        """
        frames = (indicator_panel, warning_panel, regimes, panel_revisions)
        gathered = gather(context.run_id, profile, frames)
        store = FitStore(warehouse.cache / FITS)
        say = context.log.info
        with engine.held(device, say) as held:
            networks, history = study.forecast_with_networks(
                gathered, held, store, say, engine.resolve()
            )
            explained_now = explain_latest(gathered, held, store, engine.resolve())

        def loss_curves() -> Made:
            return history, {"chart": picture(market, explanation_charts.loss_chart(history))}

        def explanations() -> Made:
            return explained_now, {
                model: picture(market, explanation_charts.explanation_chart(explained_now, model))
                for model in explained(explained_now)
            }

        yield from made_outputs(
            context,
            {
                "networks": lambda: (networks, {}),
                tables.TRAINING_HISTORY.name: loss_curves,
                tables.FORECAST_EXPLANATIONS.name: explanations,
            },
        )

    @dg.op
    def put_together(
        context: dg.OpExecutionContext,
        indicator_panel: pd.DataFrame,
        warning_panel: pd.DataFrame,
        regimes: pd.DataFrame,
        panel_revisions: pd.DataFrame,
        networks: pd.DataFrame,
        profile: dg.ResourceParam[TrainingProfile],
    ) -> pd.DataFrame:
        """Networks beside naive rules, linear models, the paper's rivals and the contender.

        All forecasts beside what happened, with intervals from past errors.
        """
        frames = (indicator_panel, warning_panel, regimes, panel_revisions)
        gathered = gather(context.run_id, profile, frames)
        for waits in gathered.waits:
            context.log.warning(waits)
        without = study.forecast_without_networks(gathered, context.log.info)
        frame = study.assemble(gathered, [without, networks])
        context.add_output_metadata(
            {
                "real_time": picture(market, charts.forecast_chart(frame)),
                "saved": picture(market, charts.saved_chart(frame)),
                "paper": picture(market, charts.paper_chart(frame)),
                "profile": gathered.profile.name,
                "not_begun": dg.MetadataValue.json(list(gathered.waits)),
            }
        )
        return frame

    published = (tables.FORECASTS, tables.TRAINING_HISTORY, tables.FORECAST_EXPLANATIONS)

    @dg.graph_multi_asset(
        name="forecast",
        ins={name: dg.AssetIn(key=[market.name, name]) for name in read},
        outs=table_outs(market, published, {"pytorch"}),
        group_name=group_of(market, LEG),
        can_subset=True,
        backfill_policy=SINGLE_RUN,
    )
    def forecast(
        indicator_panel: Any, warning_panel: Any, regimes: Any, panel_revisions: Any
    ) -> dict[str, Any]:
        frames = (indicator_panel, warning_panel, regimes, panel_revisions)
        networks, history, explanations = train_networks(*frames)
        return {
            tables.FORECASTS.name: put_together(*frames, networks),
            tables.TRAINING_HISTORY.name: history,
            tables.FORECAST_EXPLANATIONS.name: explanations,
        }

    return forecast


def build_checks(market: Market) -> list[dg.AssetChecksDefinition]:
    """What a table of scores may not be published without."""
    if market.forecasting is None:
        return []

    def missing(
        scores: pd.DataFrame, forecasts: pd.DataFrame, warning_panel: pd.DataFrame
    ) -> list[str]:
        return missing_rivals(scores, groups_due(forecasts), lacking(warning_panel))

    return [
        rivals_check(
            market, tables.FORECAST_SCORES, tables.FORECASTS, missing, [tables.WARNING_PANEL]
        )
    ]
