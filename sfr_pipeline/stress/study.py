"""The whole daily study of one market, as steps that may run apart.

`prepare` says what is told on which days; `run_without_networks` runs what needs no torch;
`plan_networks` says what is to be trained, and `finish_networks` what came of it; `assemble`,
`robustness` and `newest_models` put together what is kept.

Belongs here: which models run under which protocol. Does not belong here: how a model, a fold or a
score is made, and the training itself (`training.many_fits`), which alone needs the device.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import pandas as pd

from sfr_pipeline.errors import TooShortError
from sfr_pipeline.evaluation.models import Model, lead
from sfr_pipeline.evaluation.models.answers import is_own
from sfr_pipeline.markets.stress import StressSettings
from sfr_pipeline.storage.tables.columns import MEAN_OF_SEEDS
from sfr_pipeline.storage.tables.stress import (
    STRESS_PREDICTIONS,
    STRESS_ROBUSTNESS,
    STRESS_TRAINING_HISTORY,
)
from sfr_pipeline.stress.beginning import FORWARD, HEADLINE, WALKED, Folds, all_folds
from sfr_pipeline.stress.checkpoint import Checkpoint, can_be_kept, data_hash
from sfr_pipeline.stress.forward import Trained, forward_models, walk
from sfr_pipeline.stress.networks import (
    Plan,
    history_rows,
    network_features,
    networks,
    plan_classification,
    training,
)
from sfr_pipeline.stress.paper_protocol import LABEL as PAPER_LABEL
from sfr_pipeline.stress.paper_protocol import baseline_runs, plan_paper
from sfr_pipeline.stress.robustness import (
    IRRELEVANT,
    looked_at,
    robustness_rows,
    with_noise_columns,
)
from sfr_pipeline.stress.sample import Sample
from sfr_pipeline.stress.splits import Fold
from sfr_pipeline.stress.walk_forward import Run, prediction_rows, run_classifiers, yearly_maps
from sfr_pipeline.threads import on_one_thread
from sfr_pipeline.training.profile import Profile
from sfr_pipeline.training.spec import Fit, Task

# Labels on which networks are walked forward, by profile, and where those are too of which the
# record says that they need not be, the rivals of the paper's proposal: yearly fits of all five
# would take most of a run. The paper's own protocols have them always.
NETWORK_LABELS = {"full": WALKED}
ALL_WALK = ("full",)
# The paper's protocols train longer, and stop by validation.
PAPER_STEPS_FACTOR = 4
PAPER_SEEDS = {"full": 5}

Progress = Callable[[str], None]
WALK_FORWARD = "walk_forward"


@dataclass(frozen=True)
class Study:
    """What is told, on which days, and with how much effort.

    Attributes:
        sample: the market.
        settings: its stress leg.
        profile: effort.
        folds: which days are told from which; None where the leg has not begun.
        waits: one sentence why not, else None.
    """

    sample: Sample
    settings: StressSettings
    profile: Profile
    folds: Folds | None
    waits: str | None = None


@dataclass(frozen=True)
class NetworkPlan:
    """Fits of networks that are to be made, and what they are for.

    Attributes:
        protocol: of their runs; None where they serve robustness alone.
        label: name.
        folds: of the plan.
        plan: the fits.
    """

    protocol: str | None
    label: str
    folds: Sequence[Fold]
    plan: Plan


@dataclass(frozen=True)
class Results:
    """What models said of days that they had not seen.

    Attributes:
        runs: by protocol.
        trained: folds and fitted models in walk-forward, for the headline label, by model.
    """

    runs: Mapping[str, Sequence[Run]]
    trained: Mapping[str, tuple[Sequence[Fold], Sequence[Trained]]]


@dataclass(frozen=True)
class NetworkResults(Results):
    """The same of networks.

    Attributes:
        beside_noise: runs of one network by the number of irrelevant columns beside its inputs.
        history: table ``stress_training_history``.
    """

    beside_noise: Mapping[int, Run]
    history: pd.DataFrame


def prepare(sample: Sample, settings: StressSettings, profile: Profile) -> Study:
    """Say what is told on which days.

    Args:
        sample: the market.
        settings: its stress leg.
        profile: how much is spent.

    Raises:
        EstimationError: the catalogue leaves out a horizon of the labels.
    """
    try:
        folds = all_folds(settings, sample.dates, sample.labels)
    except TooShortError as error:
        # The one place where a history that is too short becomes a study without days.
        return Study(sample, settings, profile, None, str(error))
    return Study(sample, settings, profile, folds)


@on_one_thread
def run_without_networks(study: Study, progress: Progress | None = None) -> Results:
    """Run all models that need no torch, under all protocols.

    Args:
        study: from `prepare`.
        progress: is told of what is done.
    """
    sample, cut = study.sample, study.folds
    if cut is None:
        return Results({}, {})
    runs = {protocol: baseline_runs(sample, fold, protocol) for protocol, fold in cut.paper.items()}
    walked: list[Run] = []
    for name in WALKED:
        label = sample.labels[name]
        known = sample if label.horizon else sample.lagged()
        walked += run_classifiers(known, label, cut.yearly[name], WALK_FORWARD)
        if progress:
            progress(f"{name} without networks")
    trained: dict[str, tuple[Sequence[Fold], Sequence[Trained]]] = {}
    for model in forward_models():
        own, fitted = walk(sample, [sample.labels[name] for name in FORWARD], model, cut.yearly)
        walked += own
        trained[model.id] = (cut.yearly[HEADLINE], fitted)
        if progress:
            progress(model.name)
    return Results(runs | {WALK_FORWARD: walked}, trained)


@on_one_thread
def plan_networks(study: Study) -> list[NetworkPlan]:
    """Every fit of a network; the longest first, so that no worker is left alone with one."""
    if study.folds is None:
        return []
    sample, folds, profile = study.sample, study.folds.yearly, study.profile
    seen = network_features(sample)
    how = training(profile.stress_steps)
    plans = []
    for protocol, fold in study.folds.paper.items():
        steps = PAPER_STEPS_FACTOR * profile.stress_steps
        plan = plan_paper(seen, fold, PAPER_SEEDS.get(profile.name, 1), steps)
        plans.append(NetworkPlan(protocol, PAPER_LABEL, [fold], plan))
    walked = [
        network for network in networks() if _walked_always(network) or profile.name in ALL_WALK
    ]
    for name in NETWORK_LABELS.get(profile.name, (HEADLINE,)):
        label = sample.labels[name]
        known = seen if label.horizon else seen.lagged()
        plan = plan_classification(known, label, folds[name], profile.stress_seeds, how, walked)
        plans.append(NetworkPlan(WALK_FORWARD, name, folds[name], plan))
    # The paper's network beside irrelevant columns, from one seed: it claims to stand them.
    label, own_folds = sample.labels[HEADLINE], looked_at(folds[HEADLINE])
    for count in IRRELEVANT:
        wider = with_noise_columns(seen, count)
        plan = plan_classification(wider, label, own_folds, 1, how, [lead("stress")])
        plans.append(NetworkPlan(None, HEADLINE, own_folds, plan))
    return plans


def tasks_of(plans: Sequence[NetworkPlan]) -> list[Task]:
    """All fits of all plans, so that they are trained in one go."""
    return [task for planned in plans for task in planned.plan.tasks]


@on_one_thread
def finish_networks(plans: Sequence[NetworkPlan], fits: Sequence[Fit]) -> NetworkResults:
    """What the networks said, from their fits.

    Args:
        plans: from `plan_networks`.
        fits: of `tasks_of` these plans, in order.
    """
    if not plans:
        return NetworkResults({}, {}, {}, STRESS_TRAINING_HISTORY.empty())
    runs: dict[str, list[Run]] = defaultdict(list)
    trained: dict[str, tuple[Sequence[Fold], Sequence[Trained]]] = {}
    perturbed: list[Run] = []
    curves = []
    left = iter(fits)
    for planned in plans:
        own = list(islice(left, len(planned.plan.tasks)))
        finished = planned.plan.finish(own)
        if planned.protocol is None:
            perturbed.append(finished.runs[1])
            continue
        runs[planned.protocol] += finished.runs
        if (planned.protocol, planned.label) == (WALK_FORWARD, HEADLINE):
            trained |= {name: (planned.folds, models) for name, models in finished.trained.items()}
        curves.append(
            history_rows(planned.protocol, planned.label, planned.plan, own, planned.folds)
        )
    return NetworkResults(
        runs,
        trained,
        beside_noise=dict(zip(IRRELEVANT, perturbed, strict=True)),
        history=pd.concat(curves, ignore_index=True),
    )


@on_one_thread
def assemble(study: Study, results: Sequence[Results]) -> pd.DataFrame:
    """Table ``stress_predictions``: what all models said, as calibrated probabilities.

    Args:
        study: from `prepare`.
        results: what was run without networks and with them.
    """
    if study.folds is None:
        return STRESS_PREDICTIONS.empty()
    year = study.settings.first_test_year
    return pd.concat(
        [
            prediction_rows(
                protocol,
                study.sample,
                [run for each in results for run in each.runs[protocol]],
                year if protocol == WALK_FORWARD else None,
            )
            for protocol in results[0].runs
        ],
        ignore_index=True,
    )


@on_one_thread
def robustness(study: Study, without: Results, networks: NetworkResults) -> pd.DataFrame:
    """Table ``stress_robustness``: how models stand perturbed inputs.

    Args:
        study: from `prepare`.
        without: from `run_without_networks`.
        networks: from `finish_networks`.
    """
    if study.folds is None:
        return STRESS_ROBUSTNESS.empty()
    return robustness_rows(
        study.sample,
        study.sample.labels[HEADLINE],
        looked_at(study.folds.yearly[HEADLINE]),
        {
            name: found
            for name, found in {**without.trained, **networks.trained}.items()
            if found[1][0].reads_features
        },
        networks.beside_noise,
    )


def saved_models() -> tuple[Model, ...]:
    """Models whose newest fit is saved, where they can be.

    Those of what follows a day, the paper's proposal, and the user's networks that are always
    walked forward.
    """
    own = [network for network in networks() if is_own(network) and _walked_always(network)]
    forward = filter(can_be_kept, forward_models())
    return (*forward, lead("stress"), *own)


def _walked_always(network: Model) -> bool:
    return WALK_FORWARD in network.required


@on_one_thread
def newest_models(study: Study, results: Sequence[Results]) -> list[Checkpoint]:
    """The newest fit of the models that are saved, for the headline, with its calibration.

    Args:
        study: from `prepare`.
        results: what was run without networks and with them.
    """
    if study.folds is None:
        return []
    sample = study.sample
    label = sample.labels[HEADLINE]
    years = np.asarray(sample.dates.year)
    runs = [run for each in results for run in each.runs[WALK_FORWARD]]
    trained = {name: found for each in results for name, found in each.trained.items()}
    newest = []
    for model in saved_models():
        folds, fitted = trained[model.id]
        wanted = (model.id, HEADLINE, MEAN_OF_SEEDS)
        run = next(run for run in runs if (run.model, run.label, run.seed) == wanted)
        origin = folds[-1].origin
        newest.append(
            Checkpoint(
                model=model.id,
                trained=fitted[-1],
                label=HEADLINE,
                definition=study.settings.labels,
                platt=yearly_maps(run, label, years)[int(years[-1])],
                names=sample.names,
                origin=sample.dates[origin],
                data_hash=data_hash(sample, label, origin),
            )
        )
    return newest
