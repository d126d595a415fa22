"""From daily prices to labels of stress, networks beside baselines, and their scores."""

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
from sfr_pipeline.evaluation.models import variants_looked_at
from sfr_pipeline.markets import Market
from sfr_pipeline.report.stress import charts, network_charts
from sfr_pipeline.resources.device import Device
from sfr_pipeline.resources.engine import ComputeEngine
from sfr_pipeline.resources.profile import TrainingProfile
from sfr_pipeline.resources.step_frames import STEP_FRAMES
from sfr_pipeline.resources.warehouse import Warehouse
from sfr_pipeline.storage import tables
from sfr_pipeline.stress import checkpoint, saved, study
from sfr_pipeline.stress.assembly import build_sample
from sfr_pipeline.stress.event_scores import event_score_tables
from sfr_pipeline.stress.features import daily_features as build_features
from sfr_pipeline.stress.labels import label_statistics, stress_labels, stress_outcomes
from sfr_pipeline.stress.panel import (
    daily_panel,
    quote_rows,
    read_panel,
    read_returns,
    return_rows,
)
from sfr_pipeline.stress.quality import validate_prices
from sfr_pipeline.stress.required import groups_due, missing_rivals
from sfr_pipeline.stress.scores import stress_scores as score_rows
from sfr_pipeline.training.fit_store import FITS, FitStore
from sfr_pipeline.training.frames import fits_frame, fits_in
from sfr_pipeline.training.many_fits import fit_all

LEG = "stress"
MONTHLY = ("sfri", "npoi")


def build_assets(market: Market) -> list[dg.AssetsDefinition]:
    """Assets of this leg for one market; none where its catalogue has no stress leg."""
    daily = market.stress
    if daily is None:
        return []

    @table_asset(market, tables.PRICES_QUALITY, leg=LEG)
    def prices_quality(context: dg.AssetExecutionContext, prices: pd.DataFrame) -> pd.DataFrame:
        frame = validate_prices(market, prices)
        issues = frame["issue"].value_counts().to_dict()
        context.add_output_metadata({"issues": dg.MetadataValue.json(issues)})
        return frame

    @tables_asset(market, (tables.DAILY_QUOTES, tables.DAILY_RETURNS), leg=LEG)
    def clean_prices(
        context: dg.AssetExecutionContext, prices: pd.DataFrame
    ) -> Iterator[dg.Output[pd.DataFrame]]:
        """Prices on the calendar, and the returns of the sub-markets that are formed from them."""
        panel = daily_panel(market, prices)
        frames = {"daily_quotes": quote_rows(panel), "daily_returns": return_rows(panel)}
        yield from selected_outputs(context, frames, {})

    @table_asset(
        market,
        tables.DAILY_FEATURES,
        leg=LEG,
        kinds={"numpy"},
        reads=(tables.SERIES, tables.MISSING_SERIES) if daily.series() else (),
    )
    def daily_features(
        daily_quotes: pd.DataFrame, daily_returns: pd.DataFrame, **fetched: pd.DataFrame
    ) -> pd.DataFrame:
        panel = read_panel(market, daily_quotes, daily_returns, **fetched)
        return build_features(market, panel)

    @tables_asset(
        market,
        (tables.STRESS_OUTCOMES, tables.STRESS_LABELS, tables.STRESS_LABEL_STATISTICS),
        leg=LEG,
        kinds={"numpy"},
    )
    def label_stress(
        context: dg.AssetExecutionContext, daily_returns: pd.DataFrame
    ) -> Iterator[dg.Output[pd.DataFrame]]:
        """Outcomes of the days ahead, the labels made from them, and how often each occurs."""
        returns = read_returns(market, daily_returns)
        labels = stress_labels(market, returns)
        frames = {
            "stress_outcomes": stress_outcomes(market, returns),
            "stress_labels": labels,
            "stress_label_statistics": label_statistics(market, labels),
        }
        yield from selected_outputs(context, frames, {})

    @table_asset(market, tables.STRESS_SCORES, leg=LEG, kinds={"numpy"})
    def stress_scores(
        context: dg.AssetExecutionContext,
        stress_predictions: pd.DataFrame,
        stress_labels: pd.DataFrame,
        profile: dg.ResourceParam[TrainingProfile],
    ) -> pd.DataFrame:
        draws = profile.resolve().stress_draws
        frame = score_rows(stress_predictions, stress_labels, daily.development_end, draws)
        context.add_output_metadata(
            {
                "auroc": picture(market, charts.auroc_chart(frame)),
                "table_1": picture(market, charts.paper_chart(frame)),
                "variants_looked_at": variants_looked_at("stress"),
            }
        )
        return frame

    @tables_asset(
        market,
        (tables.EVENT_SCORES, tables.ALARM_SCORES),
        leg=LEG,
        kinds={"numpy"},
        # Where the market has them, the index and public opinion warn of the same events.
        deps=[
            dg.AssetKey([market.name, name])
            for name, there in zip(MONTHLY, (market.monthly, market.forum), strict=True)
            if there
        ],
    )
    def score_events(
        context: dg.AssetExecutionContext,
        stress_predictions: pd.DataFrame,
        warehouse: dg.ResourceParam[Warehouse],
    ) -> Iterator[dg.Output[pd.DataFrame]]:
        """Alarms before the catalogue's events: of the daily models, the index and opinion."""
        beside = warehouse.read_all(market.name, MONTHLY, optional=MONTHLY)
        events, alarms = event_score_tables(market.events, stress_predictions, beside)
        yield from selected_outputs(
            context,
            {"event_scores": events, "alarm_scores": alarms},
            {"event_scores": {"leads": picture(market, charts.event_chart(events))}},
        )

    return [
        prices_quality,
        clean_prices,
        daily_features,
        label_stress,
        _predictions(market),
        stress_scores,
        score_events,
    ]


def _predictions(market: Market) -> dg.AssetsDefinition:
    """The graph of training and predicting; training is a step of its own."""
    daily = market.stress
    assert daily is not None
    gathered_for: OnceARun[study.Study] = OnceARun()
    read = ("daily_returns", "daily_features", "stress_outcomes", "stress_labels")

    def gather(
        run_id: str, profile: TrainingProfile, frames: Sequence[pd.DataFrame]
    ) -> study.Study:
        """Features, outcomes and labels as arrays, and which days are told from which."""

        def make() -> study.Study:
            returns, *others = frames
            sample = build_sample(daily, read_returns(market, returns), *others)
            return study.prepare(sample, daily, profile.resolve())

        return gathered_for(run_id, make)

    @dg.op(out=dg.Out(io_manager_key=STEP_FRAMES), pool="gpu", tags=gpu_tags())
    def train_stress_networks(
        context: dg.OpExecutionContext,
        daily_returns: pd.DataFrame,
        daily_features: pd.DataFrame,
        stress_outcomes: pd.DataFrame,
        stress_labels: pd.DataFrame,
        profile: dg.ResourceParam[TrainingProfile],
        device: dg.ResourceParam[Device],
        engine: dg.ResourceParam[ComputeEngine],
        warehouse: dg.ResourceParam[Warehouse],
    ) -> pd.DataFrame:
        """The fits of all networks, folds and seeds; finished ones are kept."""
        frames = (daily_returns, daily_features, stress_outcomes, stress_labels)
        gathered = gather(context.run_id, profile, frames)
        tasks = study.tasks_of(study.plan_networks(gathered))
        store = FitStore(warehouse.cache / FITS)
        say = context.log.info
        with engine.held(device, say) as held:
            return fits_frame(fit_all(tasks, held, store, engine.resolve(), say))

    published = (
        tables.STRESS_PREDICTIONS,
        tables.STRESS_TRAINING_HISTORY,
        tables.STRESS_ROBUSTNESS,
    )

    @dg.op(out={table.name: dg.Out(is_required=False) for table in published})
    def predict_stress(
        context: dg.OpExecutionContext,
        daily_returns: pd.DataFrame,
        daily_features: pd.DataFrame,
        stress_outcomes: pd.DataFrame,
        stress_labels: pd.DataFrame,
        fits: pd.DataFrame,
        profile: dg.ResourceParam[TrainingProfile],
        warehouse: dg.ResourceParam[Warehouse],
    ) -> Iterator[dg.Output[pd.DataFrame]]:
        """What every model said of days that it had not seen; the newest models are saved."""
        frames = (daily_returns, daily_features, stress_outcomes, stress_labels)
        gathered = gather(context.run_id, profile, frames)
        if gathered.waits:
            context.log.warning(gathered.waits)
        without = study.run_without_networks(gathered, context.log.info)
        networks = study.finish_networks(study.plan_networks(gathered), fits_in(fits))

        def predictions() -> Made:
            frame = study.assemble(gathered, [without, networks])
            for model in study.newest_models(gathered, [without, networks]):
                name = saved.name_of(market.name, model.model)
                checkpoint.save(model, warehouse.files, name)
            return frame, {
                "probability": picture(market, charts.probability_chart(frame, market.events)),
                "not_begun": dg.MetadataValue.json([gathered.waits] if gathered.waits else []),
            }

        def loss_curves() -> Made:
            chart = network_charts.loss_chart(networks.history)
            return networks.history, {"chart": picture(market, chart)}

        def decay_of_skill() -> Made:
            frame = study.robustness(gathered, without, networks)
            return frame, {"chart": picture(market, network_charts.robustness_chart(frame))}

        yield from made_outputs(
            context,
            {
                tables.STRESS_PREDICTIONS.name: predictions,
                tables.STRESS_TRAINING_HISTORY.name: loss_curves,
                tables.STRESS_ROBUSTNESS.name: decay_of_skill,
            },
        )

    @dg.graph_multi_asset(
        name="discriminate",
        ins={name: dg.AssetIn(key=[market.name, name]) for name in read},
        outs=table_outs(market, published, {"pytorch"}),
        group_name=group_of(market, LEG),
        can_subset=True,
        backfill_policy=SINGLE_RUN,
    )
    def discriminate(
        daily_returns: Any, daily_features: Any, stress_outcomes: Any, stress_labels: Any
    ) -> dict[str, Any]:
        frames = (daily_returns, daily_features, stress_outcomes, stress_labels)
        return predict_stress(*frames, train_stress_networks(*frames))._asdict()

    return discriminate


def build_checks(market: Market) -> list[dg.AssetChecksDefinition]:
    """What a table of scores may not be published without."""
    if market.stress is None:
        return []

    def missing(scores: pd.DataFrame, predictions: pd.DataFrame) -> list[str]:
        return missing_rivals(scores, groups_due(predictions))

    return [rivals_check(market, tables.STRESS_SCORES, tables.STRESS_PREDICTIONS, missing)]
