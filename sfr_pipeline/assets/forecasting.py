"""From the index and what stands beside it to forecasts, their scores and what moved them."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import pandas as pd

from sfr_pipeline.assets.checks import rivals_check
from sfr_pipeline.assets.kubernetes import gpu_tags
from sfr_pipeline.assets.pictures import picture
from sfr_pipeline.assets.table_asset import (
    SINGLE_RUN,
    group_of,
    selected_outputs,
    table_asset,
    table_inputs,
    table_outs,
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
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline.storage import tables
from sfr_pipeline.training.fit_store import FITS, FitStore

LEG = "forecasting"
# Between steps of one asset.
MEMORY = dg.Out(io_manager_key="memory")


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

    dependence = dg.multi_asset(
        name="test_dependence",
        ins=table_inputs(market, test_dependence),
        outs=table_outs(
            market,
            (tables.WARNING_LAG_ORDERS, tables.NONLINEARITY_TESTS, tables.TRANSFER_ENTROPY),
            {"numpy"},
        ),
        can_subset=True,
        group_name=group_of(market, LEG),
        backfill_policy=SINGLE_RUN,
    )(test_dependence)

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

    return [warning_panel, dependence, _forecasts(market), forecast_scores, forecast_fan]


def _forecasts(market: Market) -> dg.AssetsDefinition:
    """The graph of training and forecasting; the networks are a step of their own."""

    @dg.op(out=MEMORY)
    def gather_origins(
        context: dg.OpExecutionContext,
        indicator_panel: pd.DataFrame,
        warning_panel: pd.DataFrame,
        regimes: pd.DataFrame,
        panel_revisions: pd.DataFrame,
        profile: dg.ResourceParam[TrainingProfile],
    ) -> study.Study:
        """What was known at each month's end, and what came after."""
        gathered = study.gather(
            market, indicator_panel, panel_revisions, warning_panel, regimes, profile.resolve()
        )
        for waits in gathered.waits:
            context.log.warning(waits)
        return gathered

    @dg.op(out=MEMORY)
    def forecast_without_networks(
        context: dg.OpExecutionContext, gathered: study.Study
    ) -> pd.DataFrame:
        """Naive rules, linear models, the paper's rivals and the contender."""
        return study.forecast_without_networks(gathered, context.log.info)

    @dg.op(out=MEMORY, pool="gpu", tags=gpu_tags())
    def train_networks(
        context: dg.OpExecutionContext,
        gathered: study.Study,
        device: dg.ResourceParam[Device],
        engine: dg.ResourceParam[ComputeEngine],
        warehouse: dg.ResourceParam[Warehouse],
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Forecasts and loss curves of all networks, refits and seeds; finished fits are kept."""
        with engine.held(device, context.log.info) as held:
            return study.forecast_with_networks(
                gathered, held, _store(warehouse), context.log.info, engine.resolve()
            )

    @dg.op
    def put_together(
        context: dg.OpExecutionContext,
        gathered: study.Study,
        without: pd.DataFrame,
        networks: tuple[pd.DataFrame, pd.DataFrame],
    ) -> pd.DataFrame:
        """Forecasts beside what happened, with intervals from past errors."""
        frame = study.assemble(gathered, [without, networks[0]])
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

    @dg.op
    def loss_curves(
        context: dg.OpExecutionContext, networks: tuple[pd.DataFrame, pd.DataFrame]
    ) -> pd.DataFrame:
        """Loss of every fit by epoch."""
        losses = explanation_charts.loss_chart(networks[1])
        context.add_output_metadata({"chart": picture(market, losses)})
        return networks[1]

    @dg.op(pool="gpu", tags=gpu_tags())
    def explain(
        context: dg.OpExecutionContext,
        gathered: study.Study,
        networks: tuple[pd.DataFrame, pd.DataFrame],
        device: dg.ResourceParam[Device],
        engine: dg.ResourceParam[ComputeEngine],
        warehouse: dg.ResourceParam[Warehouse],
    ) -> pd.DataFrame:
        """What moved the latest forecasts, from the fits that ``train_networks`` left."""
        with engine.held(device, context.log.info) as held:
            frame = explain_latest(gathered, held, _store(warehouse), engine.resolve())
        context.add_output_metadata(
            {
                model: picture(market, explanation_charts.explanation_chart(frame, model))
                for model in explained(frame)
            }
        )
        return frame

    def _store(warehouse: Warehouse) -> FitStore:
        return FitStore(warehouse.cache / FITS)

    published = (tables.FORECASTS, tables.TRAINING_HISTORY, tables.FORECAST_EXPLANATIONS)

    @dg.graph_multi_asset(
        name="forecast",
        ins={
            name: dg.AssetIn(key=[market.name, name])
            for name in ("indicator_panel", "warning_panel", "regimes", "panel_revisions")
        },
        outs=table_outs(market, published, {"pytorch"}),
        group_name=group_of(market, LEG),
        can_subset=True,
        backfill_policy=SINGLE_RUN,
    )
    def forecast(
        indicator_panel: Any, warning_panel: Any, regimes: Any, panel_revisions: Any
    ) -> dict[str, Any]:
        gathered = gather_origins(indicator_panel, warning_panel, regimes, panel_revisions)
        networks = train_networks(gathered)
        return {
            "forecasts": put_together(gathered, forecast_without_networks(gathered), networks),
            "training_history": loss_curves(networks),
            "forecast_explanations": explain(gathered, networks),
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
