"""The whole daily study of one market: tables in, tables out.

Belongs here: which models run under which protocol. Does not belong here: how a model, a fold or a
score is made.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from sfr_pipeline.evaluation.models import Model, lead, models_of, simple_models
from sfr_pipeline.markets.stress import StressSettings
from sfr_pipeline.storage.tables.columns import MEAN_OF_SEEDS
from sfr_pipeline.stress.checkpoint import Checkpoint, data_hash
from sfr_pipeline.stress.contender import TrainedContender, finish_base, plan_contender
from sfr_pipeline.stress.networks import (
    WINDOW,
    Finished,
    Plan,
    Trained,
    TrainedNetwork,
    history_rows,
    network_features,
    plan_classification,
    training,
)
from sfr_pipeline.stress.paper_protocol import LABEL as PAPER_LABEL
from sfr_pipeline.stress.paper_protocol import baseline_runs, paper_folds, plan_paper
from sfr_pipeline.stress.robustness import IRRELEVANT, robustness_rows, with_noise_columns
from sfr_pipeline.stress.sample import Sample
from sfr_pipeline.stress.splits import Fold, walk_forward_folds
from sfr_pipeline.stress.walk_forward import Run, platt_before, prediction_rows, run_model
from sfr_pipeline.training.profile import Profile
from sfr_pipeline.training.spec import Fit, Task

HEADLINE = "F21"
FORWARD = ("F5", "F21", "F63")
WALKED = (*FORWARD, "D90")
# Labels on which the five networks are walked forward, by profile; the others have naive rows and
# contenders there.
NETWORK_LABELS = {"full": WALKED}
# The paper's protocols train longer, and stop by validation.
PAPER_STEPS_FACTOR = 4
PAPER_SEEDS = {"full": 5}
Trainer = Callable[[Sequence[Task]], list[Fit]]


@dataclass(frozen=True)
class Study:
    """What a study of one market leaves.

    Attributes:
        predictions: table ``stress_predictions``.
        history: table ``stress_training_history``.
        robustness: table ``stress_robustness``.
        checkpoints: newest fits of the contender, its base and the CNN-BiLSTM, for the headline.
    """

    predictions: pd.DataFrame
    history: pd.DataFrame
    robustness: pd.DataFrame
    checkpoints: tuple[Checkpoint, ...]


@dataclass(frozen=True)
class _Planned:
    """A plan and what it is for.

    Attributes:
        protocol: of its runs; None where it serves robustness alone.
        label: name.
        folds: of the plan.
        plan: fits to be made.
        has_history: whether its loss curves are kept.
    """

    protocol: str | None
    label: str
    folds: Sequence[Fold]
    plan: Plan
    has_history: bool = True


Done = list[tuple[_Planned, Finished]]
ByName = dict[str, tuple[Sequence[Fold], Sequence[Trained]]]


def run_study(
    sample: Sample, settings: StressSettings, profile: Profile, trainer: Trainer
) -> Study:
    """Run both protocols.

    Args:
        sample: the market.
        settings: its daily leg.
        profile: how much is spent.
        trainer: fits tasks, in order; all of them are handed over at once.

    Raises:
        EstimationError: the history is too short, or a fit failed.
    """
    # Thousands of small fits: threads of the linear algebra would only wait for each other.
    with threadpool_limits(limits=1):
        return _run_study(sample, settings, profile, trainer)


def _run_study(
    sample: Sample, settings: StressSettings, profile: Profile, trainer: Trainer
) -> Study:
    year = settings.first_test_year
    yearly, rare = (
        {
            name: walk_forward_folds(
                sample.dates, sample.labels[name], year, refit_years, first_row=WINDOW
            )
            for name in WALKED
        }
        for refit_years in (1, profile.stress_refit_years)
    )
    done, history = _train(_plans(sample, rare, profile), trainer)
    runs, bases = _without_networks(sample, yearly)
    for planned, finished in done:
        if planned.protocol is not None:
            runs[planned.protocol] += finished.runs

    trained: ByName = {name: (yearly[HEADLINE], models) for name, models in bases.items()}
    for planned, finished in done:
        if (planned.protocol, planned.label) == ("walk_forward", HEADLINE):
            trained |= {name: (planned.folds, own) for name, own in finished.trained.items()}
    perturbed = [finished.runs[1] for planned, finished in done if planned.protocol is None]
    return Study(
        predictions=pd.concat(
            [
                prediction_rows(name, sample, own, year if name == "walk_forward" else None)
                for name, own in runs.items()
            ],
            ignore_index=True,
        ),
        history=history,
        robustness=robustness_rows(
            sample,
            sample.labels[HEADLINE],
            yearly[HEADLINE],
            trained,
            dict(zip(IRRELEVANT, perturbed, strict=True)),
        ),
        checkpoints=_checkpoints(sample, settings, runs["walk_forward"], trained),
    )


def _train(plans: Sequence[_Planned], trainer: Trainer) -> tuple[Done, pd.DataFrame]:
    """All fits of all plans in one go, and their loss curves."""
    fits = trainer([task for planned in plans for task in planned.plan.tasks])
    done: Done = []
    curves = []
    for planned in plans:
        count = len(planned.plan.tasks)
        own, fits = fits[:count], fits[count:]
        done.append((planned, planned.plan.finish(own)))
        if planned.has_history and planned.protocol is not None:
            curves.append(
                history_rows(planned.protocol, planned.label, planned.plan, own, planned.folds)
            )
    return done, pd.concat(curves, ignore_index=True)


def _without_networks(
    sample: Sample, folds: Mapping[str, Sequence[Fold]]
) -> tuple[dict[str, list[Run]], Mapping[str, Sequence[Trained]]]:
    """Runs of all models without networks by protocol, and the contender's base of the headline."""
    runs = {
        protocol: baseline_runs(sample, fold) for protocol, fold in paper_folds(sample).items()
    } | {"walk_forward": []}
    bases: Mapping[str, Sequence[Trained]] = {}
    for name in WALKED:
        label = sample.labels[name]
        known = sample if label.horizon else sample.lagged()
        runs["walk_forward"] += [
            run_model(known, label, model, folds[name]) for model in simple_models("stress")
        ]
        if label.horizon:
            finished = finish_base(sample, label, folds[name])
            runs["walk_forward"] += finished.runs
            if name == HEADLINE:
                bases = finished.trained
    return runs, bases


def _plans(sample: Sample, folds: Mapping[str, Sequence[Fold]], profile: Profile) -> list[_Planned]:
    """Every fit of the study; the longest first, so that no worker is left alone with one."""
    seen = network_features(sample)
    how = training(profile.stress_steps)
    plans = []
    for protocol, fold in paper_folds(sample).items():
        steps = PAPER_STEPS_FACTOR * profile.stress_steps
        plan = plan_paper(seen, fold, PAPER_SEEDS.get(profile.name, 1), steps)
        plans.append(_Planned(protocol, PAPER_LABEL, [fold], plan))
    squared = training(profile.stress_steps, loss="mse")
    forward = [sample.labels[name] for name in FORWARD]
    own = {name: folds[name] for name in FORWARD}
    plan = plan_contender(sample, seen, forward, own, profile.stress_seeds, squared)
    plans.append(_Planned("walk_forward", HEADLINE, folds[HEADLINE], plan, has_history=False))
    for name in NETWORK_LABELS.get(profile.name, (HEADLINE,)):
        label = sample.labels[name]
        known = seen if label.horizon else seen.lagged()
        plan = plan_classification(known, label, folds[name], profile.stress_seeds, how)
        plans.append(_Planned("walk_forward", name, folds[name], plan))
    # The paper's network beside irrelevant columns, from one seed: it claims to stand them.
    label, own_folds = sample.labels[HEADLINE], folds[HEADLINE]
    for count in IRRELEVANT:
        wider = with_noise_columns(seen, count)
        plan = plan_classification(wider, label, own_folds, 1, how, [lead("stress")])
        plans.append(_Planned(None, HEADLINE, own_folds, plan))
    return plans


def saved_models() -> tuple[Model, ...]:
    """Models whose newest fit is saved: this project's own, and the paper's network."""
    return tuple(model for model in models_of("stress") if model.family == "own" or model.lead)


def _checkpoints(
    sample: Sample,
    settings: StressSettings,
    runs: Sequence[Run],
    trained: ByName,
) -> tuple[Checkpoint, ...]:
    """The newest fold of three models for the headline label, with its latest calibration."""
    label = sample.labels[HEADLINE]
    years = np.asarray(sample.dates.year)
    last_year = int(np.searchsorted(years, years[-1]))
    found = []
    for model in saved_models():
        name = model.id
        folds, models = trained[name]
        newest = models[-1]
        assert isinstance(newest, TrainedNetwork | TrainedContender)
        wanted = (name, HEADLINE, MEAN_OF_SEEDS)
        run = next(run for run in runs if (run.model, run.label, run.seed) == wanted)
        origin = folds[-1].origin
        found.append(
            Checkpoint(
                model=name,
                trained=newest,
                label=HEADLINE,
                definition=settings.labels,
                platt=platt_before(run, label, last_year),
                names=sample.names,
                origin=sample.dates[origin],
                data_hash=data_hash(sample, label, origin),
            )
        )
    return tuple(found)
