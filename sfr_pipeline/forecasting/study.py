"""The whole comparison: both protocols, all forecasters, as two steps that may run apart.

``prepare`` says what is forecast, ``forecast_without_networks`` and ``forecast_with_networks``
forecast, ``assemble`` puts table ``forecasts`` together.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import pandas as pd

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.engine import THIS_MACHINE, Engine
from sfr_pipeline.errors import TooShortError
from sfr_pipeline.evaluation.models import Model, models_of
from sfr_pipeline.evaluation.models.answers import answering, check_answer
from sfr_pipeline.forecasting import beginning, paper_protocol, real_time_protocol
from sfr_pipeline.forecasting.forecast_rows import all_changes, change_rows, forecast_rows
from sfr_pipeline.forecasting.forecasters.forecaster import (
    ONE_MONTH,
    Block,
    forecast,
    horizons_of,
)
from sfr_pipeline.forecasting.forecasters.networks import NetworkForecaster
from sfr_pipeline.forecasting.origins import Origin, Targets
from sfr_pipeline.forecasting.origins import origins as origins_of
from sfr_pipeline.forecasting.origins import targets as targets_of
from sfr_pipeline.forecasting.paper_protocol import PaperSample, paper_sample
from sfr_pipeline.forecasting.real_time_protocol import RealTimeSample, real_time_sample
from sfr_pipeline.forecasting.refits import refit_months
from sfr_pipeline.index.sfri import why_no_index
from sfr_pipeline.inputs.frames import month_ends
from sfr_pipeline.markets import Market
from sfr_pipeline.storage.tables import FORECASTS, TRAINING_HISTORY
from sfr_pipeline.storage.tables.columns import MEAN_OF_SEEDS
from sfr_pipeline.threads import on_one_thread
from sfr_pipeline.training.fit_store import FitStore
from sfr_pipeline.training.loss_curve import loss_curve
from sfr_pipeline.training.many_fits import fit_all
from sfr_pipeline.training.profile import Profile
from sfr_pipeline.training.spec import Fit, Task

Progress = Callable[[str], None]
AnySample = TypeVar("AnySample", RealTimeSample, PaperSample)


@dataclass(frozen=True)
class Study:
    """What is forecast, and with how much effort.

    Attributes:
        real_time: origins as known then.
        paper: windows of the full-sample index.
        profile: seeds, refits and epochs.
        waits: for each protocol that has not begun one sentence that says why; its sample is empty.
    """

    real_time: RealTimeSample
    paper: PaperSample
    profile: Profile
    waits: tuple[str, ...] = ()

    @property
    def seeds(self) -> tuple[int, ...]:
        """Of every model with randomness."""
        return tuple(range(self.profile.seeds))


def prepare(
    origins: Sequence[Origin],
    targets: Targets,
    warning_panel: pd.DataFrame,
    profile: Profile,
    seed: int = 0,
) -> Study:
    """Say what is forecast.

    Args:
        origins: of the real-time protocol, consecutive months.
        targets: realised changes after them at horizons 1 to 6.
        warning_panel: table ``warning_panel``, for the paper's protocol.
        profile: effort.
        seed: of the regime model's starting values in the paper's protocol.

    Raises:
        EstimationError: a sample has holes.
    """
    return _study(
        lambda: real_time_sample(origins, targets),
        lambda: paper_sample(warning_panel, seed),
        profile,
    )


def gather(
    market: Market,
    indicator_panel: pd.DataFrame,
    panel_revisions: pd.DataFrame,
    warning_panel: pd.DataFrame,
    regimes: pd.DataFrame,
    profile: Profile,
) -> Study:
    """Say what is forecast in a market, from its tables.

    Args:
        market: the catalogue, with early warning.
        indicator_panel: table ``indicator_panel``.
        panel_revisions: table ``panel_revisions``.
        warning_panel: table ``warning_panel``.
        regimes: table ``regimes``.
        profile: effort.

    Raises:
        EstimationError: a sample has holes.
    """

    def real_time() -> RealTimeSample:
        if reason := why_no_index(market, indicator_panel):
            raise TooShortError(reason)
        return real_time_sample(
            origins_of(market, indicator_panel, warning_panel, regimes, panel_revisions),
            targets_of(market, indicator_panel, panel_revisions),
        )

    return _study(real_time, lambda: paper_sample(warning_panel, market.index.seed), profile)


def _study(
    real_time: Callable[[], RealTimeSample], paper: Callable[[], PaperSample], profile: Profile
) -> Study:
    """The one place where a protocol with too little history becomes one without origins."""
    now, as_printed = real_time_protocol.not_begun(), paper_protocol.not_begun()
    waits: list[str] = []
    try:
        now = _with_inputs(real_time(), beginning.LEG)
    except TooShortError as error:
        waits.append(str(error))
    try:
        as_printed = _with_inputs(paper(), "The paper's experiment")
    except TooShortError as error:
        waits.append(str(error))
    return Study(now, as_printed, profile, tuple(dict.fromkeys(waits)))


def _with_inputs(sample: AnySample, what: str) -> AnySample:
    # The first column is the index: a vector autoregression and its rivals need a second.
    if sample.origins[0].inputs.shape[1] < 2:
        raise TooShortError(beginning.no_input(what))
    return sample


@on_one_thread
def forecast_without_networks(
    study: Study, progress: Progress | None = None, models: Sequence[Model] | None = None
) -> pd.DataFrame:
    """Forecasts of all models that need no torch, both protocols: rows of ``change_rows``.

    None of a protocol that has not begun.

    Args:
        study: from ``prepare``.
        progress: is told of finished models.
        models: that are asked; all by default.

    Raises:
        ExtensionError: a model of the user failed, or answered what was not asked.
    """
    frames = []
    for model in models_without_networks(
        real_time_protocol.PROTOCOL, study.real_time.origins, models
    ):
        blocks = _real_time_blocks(study, model)
        frames.append(_rows(study, real_time_protocol.PROTOCOL, model, blocks))
        if progress:
            progress(f"{model.name} in real time")
    for model in models_without_networks(paper_protocol.PROTOCOL, study.paper.origins, models):
        rows = _rows(study, paper_protocol.PROTOCOL, model, study.paper.blocks())
        frames.append(rows[rows["horizon"].isin(ONE_MONTH)])
    if progress and study.paper.origins:
        progress("the paper's experiment without networks")
    return all_changes(frames)


def models_without_networks(
    protocol: str, origins: Sequence[Origin], models: Sequence[Model] | None = None
) -> list[Model]:
    """Models without networks that a protocol asks for and that can be made at all of its origins.

    None without origins.

    Args:
        protocol: that asks.
        origins: at which they are made.
        models: of which; all by default.
    """
    if not origins:
        return []
    return [
        model
        for model in (models_of("forecasting") if models is None else models)
        if not model.network and model.runs_under(protocol) and _available(model, origins)
    ]


def _available(model: Model, origins: Sequence[Origin]) -> bool:
    with answering(model, "when asked whether it has what it needs"):
        return bool(model.create().available(origins))


def _real_time_blocks(study: Study, model: Model) -> list[Block]:
    months = refit_months(model, real_time_protocol.PROTOCOL, study.profile)
    # Where nothing is estimated, one block is as good as many.
    return study.real_time.blocks(months or len(study.real_time.origins))


def _rows(study: Study, protocol: str, model: Model, blocks: Sequence[Block]) -> pd.DataFrame:
    return change_rows(
        protocol,
        model.id,
        study.seeds if model.random else (MEAN_OF_SEEDS,),
        [origin for block in blocks for origin in block.asked],
        horizons_of(model),
        forecast(model, blocks, study.seeds),
        refit_months(model, protocol, study.profile),
    )


@dataclass(frozen=True)
class NetworkFit:
    """One fit of a network forecaster that is to be made.

    Attributes:
        protocol: that it is for.
        model: whose fit it is.
        forecaster: that model's, at this effort.
        block: where it is made and what it forecasts.
        task: the training, with its seed.
    """

    protocol: str
    model: Model
    forecaster: NetworkForecaster
    block: Block
    task: Task


def network_fits(study: Study, models: Sequence[Model] | None = None) -> list[NetworkFit]:
    """All fits of networks: refits times seeds in real time, seeds in the paper's protocol.

    Args:
        study: from ``prepare``.
        models: that are asked; all by default.
    """
    epochs = study.profile.forecasting_epochs
    plans: list[tuple[str, Model, NetworkForecaster, list[Block]]] = [
        (protocol, model, _network_forecaster(model, epochs), blocks_of(model))
        for protocol, blocks_of in (
            (real_time_protocol.PROTOCOL, partial(_real_time_blocks, study)),
            (paper_protocol.PROTOCOL, lambda _: study.paper.blocks()),
        )
        for model in (models_of("forecasting") if models is None else models)
        if model.network and model.runs_under(protocol)
    ]
    return [
        NetworkFit(protocol, model, forecaster, block, _task(model, forecaster, block, seed))
        for protocol, model, forecaster, blocks in plans
        for block in blocks
        for seed in study.seeds
    ]


def _network_forecaster(model: Model, epochs: int) -> NetworkForecaster:
    with answering(model, "when it was made"):
        made: NetworkForecaster = model.load()(epochs, model.id, **model.options)
    return made


def _task(model: Model, forecaster: NetworkForecaster, block: Block, seed: int) -> Task:
    with answering(model, _at(block)):
        return forecaster.task(block.made, block.asked, seed)


def _changes(plan: NetworkFit, fit: Fit) -> FloatArray:
    asked, doing = plan.block.asked, _at(plan.block)
    with answering(plan.model, doing):
        changes = plan.forecaster.changes(plan.block.made, asked, fit)
    return check_answer(plan.model, changes, (len(asked),), "origins", doing)


def _at(block: Block) -> str:
    return f"at the origin {block.made.month}"


def forecast_with_networks(
    study: Study,
    device: str = "cpu",
    store: FitStore | None = None,
    progress: Progress | None = None,
    engine: Engine = THIS_MACHINE,
    models: Sequence[Model] | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train the networks of both protocols and forecast with them.

    Args:
        study: from ``prepare``.
        device: as torch names it.
        store: where finished fits are kept.
        progress: is told of finished fits.
        engine: where fits are made.
        models: that are asked; all by default.

    Returns:
        Rows of ``change_rows``, and table ``training_history``.
    """
    planned = network_fits(study, models)
    fits = fit_all([plan.task for plan in planned], device, store, engine, progress)
    forecasts, history = [], []
    for plan, fit in zip(planned, fits, strict=True):
        asked, seed = plan.block.asked, plan.task.seed
        changes = _changes(plan, fit)
        forecasts.append(
            change_rows(
                plan.protocol,
                plan.model.id,
                (seed,),
                asked,
                ONE_MONTH,
                changes[:, None, None],
                refit_months(plan.model, plan.protocol, study.profile),
            )
        )
        history.append(_history(plan, fit))
    if not planned:
        return all_changes([]), TRAINING_HISTORY.empty()
    return all_changes(forecasts), pd.concat(history, ignore_index=True)


def _history(plan: NetworkFit, fit: Fit) -> pd.DataFrame:
    (origin,) = month_ends(pd.PeriodIndex([plan.block.made.month], freq="M"))
    return loss_curve(
        fit,
        {
            "protocol": plan.protocol,
            "model": plan.model.id,
            "origin": origin,
            "seed": plan.task.seed,
        },
    )


def assemble(study: Study, changes: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Table ``forecasts``: all forecasts beside what happened, seeds' means, intervals.

    Args:
        study: from ``prepare``.
        changes: what the two forecasting steps returned.
    """
    made = all_changes(changes)
    if made.empty:
        return FORECASTS.empty()
    outcomes = [sample.outcomes() for sample in (study.real_time, study.paper) if sample.origins]
    return forecast_rows(made, pd.concat(outcomes, ignore_index=True))
