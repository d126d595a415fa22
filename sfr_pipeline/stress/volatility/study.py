"""The whole study of one market's volatility, as steps that may run apart.

`prepare` lays the panels; `run_without_networks` walks what needs no torch; `plan_networks` says
what is to be trained, `train_networks` trains it, and `with_networks` adds it to the linear panels;
`forecasts` and `scores` are tables, `newest_models` are kept.

Belongs here: which models run on which panel. Does not belong here: how a model, a refit or a score
is made, and how fits are spread over a machine (`training.many_fits`).
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from sfr_pipeline.errors import TooShortError
from sfr_pipeline.evaluation.models import headline, models_of
from sfr_pipeline.markets import Market
from sfr_pipeline.markets.stress import StressSettings
from sfr_pipeline.storage.tables.columns import MEAN_OF_SEEDS
from sfr_pipeline.storage.tables.volatility import VOLATILITY_FORECASTS, VOLATILITY_SCORES
from sfr_pipeline.stress.panel import daily_settings, read_panel
from sfr_pipeline.stress.volatility.checkpoint import Checkpoint, newest
from sfr_pipeline.stress.volatility.corrections import (
    Corrections,
    Plan,
    arrays_of,
    corrected_runs,
    corrections_of,
    networks_of,
    plan,
    train,
)
from sfr_pipeline.stress.volatility.forecasts import forecast_rows
from sfr_pipeline.stress.volatility.panel import (
    PanelName,
    PooledPanel,
    stock_panel,
    sub_market_panel,
)
from sfr_pipeline.stress.volatility.scores import volatility_scores
from sfr_pipeline.stress.volatility.walk import VolatilityRun, check_history, walk
from sfr_pipeline.threads import on_one_thread
from sfr_pipeline.training.frames import arrays_frame, arrays_in
from sfr_pipeline.training.profile import Profile
from sfr_pipeline.training.spec import Fit, Task

LOG = logging.getLogger(__name__)

LEG: Final = "volatility"

Progress = Callable[[str], None]


@dataclass(frozen=True)
class VolatilityStudy:
    """Which markets are forecast, and with how much effort.

    Attributes:
        panels: the sub-markets first; none where volatility has not begun.
        settings: the market's stress leg.
        profile: effort.
        waits: one sentence why it has not begun, else None.
    """

    panels: tuple[PooledPanel, ...]
    settings: StressSettings
    profile: Profile
    waits: str | None = None


def prepare(
    market: Market,
    quotes: pd.DataFrame,
    returns: pd.DataFrame,
    features: pd.DataFrame,
    profile: Profile,
) -> VolatilityStudy:
    """Lay the panels of a market.

    Args:
        market: the catalogue.
        quotes: table ``daily_quotes``.
        returns: table ``daily_returns``.
        features: table ``daily_features``.
        profile: how much is spent.
    """
    settings = daily_settings(market)
    daily = read_panel(market, quotes, returns)
    try:
        panels = [sub_market_panel(market, daily, features)]
        check_history(panels[0], settings.first_test_year)
    except TooShortError as error:
        # The one place where a history that is too short becomes a study without panels.
        return VolatilityStudy((), settings, profile, str(error))
    try:
        stocks = stock_panel(market, daily)
        if stocks is not None:
            check_history(stocks, settings.first_test_year)
            panels.append(stocks)
    except TooShortError as error:
        LOG.warning("The stocks of the cross-section are left out: %s", error)
    return VolatilityStudy(tuple(panels), settings, profile)


@on_one_thread
def run_without_networks(
    study: VolatilityStudy, progress: Progress | None = None
) -> list[VolatilityRun]:
    """Walk all models that need no torch, on all panels and horizons.

    Args:
        study: from `prepare`.
        progress: is told of what is done.
    """
    year = study.settings.first_test_year
    runs = []
    for panel in study.panels:
        for horizon in panel.horizons:
            runs += [
                walk(panel, horizon, model, year)
                for model in models_of(LEG)
                if not model.network and model.runs_under(panel.name)
            ]
        if progress:
            progress(f"volatility of {len(panel.markets)} {panel.name}, without networks")
    return runs


@on_one_thread
def plan_networks(study: VolatilityStudy) -> list[Plan]:
    """Every fit of a network, one plan for each panel that has some.

    Args:
        study: from `prepare`.
    """
    planned = _with_networks(study)
    return [
        plan(panel, study.settings.first_test_year, study.profile)
        for panel in study.panels
        if panel.name in planned
    ]


def _with_networks(study: VolatilityStudy) -> list[PanelName]:
    """Panels that some network is trained on."""
    return [panel.name for panel in study.panels if networks_of(panel.name, study.profile)]


def train_networks(
    plans: Sequence[Plan], fit: Callable[[list[Task]], list[Fit]]
) -> list[Corrections]:
    """What networks add, panel by panel.

    Args:
        plans: from `plan_networks`.
        fit: trains tasks, such as `many_fits.fit_all`; it is called with as many at once as memory
            may hold the windows of.
    """
    return [train(planned, fit) for planned in plans]


def corrections_frame(corrections: Sequence[Corrections]) -> pd.DataFrame:
    """What networks add, as a frame for whoever goes on with it elsewhere.

    Args:
        corrections: from `train_networks`.
    """
    return arrays_frame(arrays_of(corrections))


def corrections_from(study: VolatilityStudy, frame: pd.DataFrame) -> list[Corrections]:
    """What networks add, from the frame of `corrections_frame`.

    Args:
        study: from `prepare`, of the same tables.
        frame: as it was passed on.
    """
    return corrections_of(arrays_in(frame), _with_networks(study), study.profile)


def with_networks(
    runs: Sequence[VolatilityRun], corrections: Sequence[Corrections]
) -> list[VolatilityRun]:
    """Runs of all models, from those of `run_without_networks` and what networks add.

    Args:
        runs: without networks.
        corrections: from `train_networks`.
    """
    linear = {(run.panel, run.horizon): run for run in runs if run.model == headline(LEG).id}
    added = [
        run
        for found in corrections
        for run in corrected_runs(found, linear[found.panel, found.horizon])
    ]
    return [*runs, *added]


def newest_models(
    study: VolatilityStudy, runs: Sequence[VolatilityRun], corrections: Sequence[Corrections]
) -> Checkpoint | None:
    """What was fitted last on the sub-markets, to be kept; None where volatility has not begun.

    Args:
        study: from `prepare`.
        runs: of all models.
        corrections: from `train_networks`.
    """
    for panel, found in zip(study.panels[:1], corrections[:1], strict=True):
        return newest(panel, _of(panel, runs), found, study.settings.first_test_year)
    return None


@on_one_thread
def forecasts(study: VolatilityStudy, runs: Sequence[VolatilityRun]) -> pd.DataFrame:
    """Table ``volatility_forecasts``: of networks what their seeds say on average.

    Args:
        study: from `prepare`.
        runs: of all models.
    """
    if not study.panels:
        return VOLATILITY_FORECASTS.empty()
    frames = [
        forecast_rows(
            panel,
            [run for run in _of(panel, runs) if run.seed == MEAN_OF_SEEDS],
            study.settings.first_test_year,
        )
        for panel in study.panels
    ]
    return pd.concat(frames, ignore_index=True)


@on_one_thread
def scores(study: VolatilityStudy, runs: Sequence[VolatilityRun]) -> pd.DataFrame:
    """Table ``volatility_scores``.

    Args:
        study: from `prepare`.
        runs: of all models.
    """
    settings, draws = study.settings, study.profile.stress_draws
    frames = [
        volatility_scores(
            panel, _of(panel, runs), settings.first_test_year, settings.development_end, draws
        )
        for panel in study.panels
    ]
    judged = [frame for frame in frames if len(frame)]
    return pd.concat(judged, ignore_index=True) if judged else VOLATILITY_SCORES.empty()


def _of(panel: PooledPanel, runs: Sequence[VolatilityRun]) -> list[VolatilityRun]:
    return [run for run in runs if run.panel == panel.name]
