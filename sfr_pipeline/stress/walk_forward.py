"""Walk-forward: expanding folds, models fitted on the past, probabilities calibrated on it.

Belongs here: what becomes of folds and models. Does not belong here: the models, what their
scores are worth (`scores`).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sfr_pipeline.arrays import FloatArray, IntArray
from sfr_pipeline.errors import EstimationError
from sfr_pipeline.evaluation.models import Model
from sfr_pipeline.evaluation.models.answers import answering, check_answer
from sfr_pipeline.storage.tables.columns import MEAN_OF_SEEDS
from sfr_pipeline.stress.calibration import Platt, moved
from sfr_pipeline.stress.classifier import Classifier, classifiers, has_input
from sfr_pipeline.stress.foresight import refuse_foresight_of_inputs
from sfr_pipeline.stress.sample import Label, Sample
from sfr_pipeline.stress.splits import EMBARGO, Fold


@dataclass(frozen=True)
class Run:
    """What one model and seed say of the test days of all folds, in time order.

    Attributes:
        model: its name.
        label: name of what it tells.
        seed: of the fit; ``MEAN_OF_SEEDS`` for their mean, and without randomness.
        rows: days, ``(n_rows,)``.
        folds: number of the fit that scored each.
        log_odds: before calibration.
        score: what ranks the days.
        calibrated: whether the log-odds are to be calibrated.
        refit_months: months between two fits; 0 where nothing is estimated, None where it is
            fitted once.
    """

    model: str
    label: str
    seed: int
    rows: IntArray
    folds: IntArray
    log_odds: FloatArray
    score: FloatArray
    calibrated: bool = True
    refit_months: int | None = None


def fit_folds(
    sample: Sample, label: Label, create: Callable[[], Classifier], folds: Sequence[Fold]
) -> list[Classifier]:
    """A classifier, fitted on the training days of every fold.

    Args:
        sample: the market.
        label: what is to be told.
        create: makes a fresh one for each fold.
        folds: in time order.
    """
    inputs = create().inputs(sample, label)
    known = has_input(inputs)
    trains = [fold.train[known[fold.train]] for fold in folds]
    return [create().fit(inputs[train], label.values[train], label.horizon) for train in trains]


def run_classifiers(
    sample: Sample, label: Label, folds: Sequence[Fold], protocol: str
) -> list[Run]:
    """All classifiers; one that is optional under the protocol needs inputs on all test days.

    Args:
        sample: the market.
        label: what is to be told.
        folds: in time order.
        protocol: that the runs are made under.
    """
    tested = np.concatenate([fold.test for fold in folds])
    runs = []
    for model in classifiers():
        if protocol in model.optional:
            with answering(model, f"for label {label.name}"):
                classifier: Classifier = model.create()
                inputs = classifier.inputs(sample, label)
            if not has_input(inputs)[tested].all():
                continue
        if model.runs_under(protocol):
            runs.append(run_model(sample, label, model, folds))
    return runs


def run_model(sample: Sample, label: Label, model: Model, folds: Sequence[Fold]) -> Run:
    """Fit a classifier on every fold and score its test days.

    Raises:
        EstimationError: a test day lacks all inputs.
        ExtensionError: a model of the user failed, or answered what was not asked.
    """
    doing = f"for label {label.name}"
    with answering(model, doing):
        fitted = fit_folds(sample, label, model.create, folds)
        inputs = fitted[0].inputs(sample, label)
    refuse_foresight_of_inputs(
        sample, label, model, fitted[0], inputs, folds[len(folds) // 2].origin
    )
    known = has_input(inputs)
    log_odds: list[FloatArray] = []
    scores: list[FloatArray] = []
    for fold, classifier in zip(folds, fitted, strict=True):
        if not known[fold.test].all():
            missing = sample.dates[fold.test[~known[fold.test]][0]]
            raise EstimationError(
                f"{model.id} has no input on {missing:%Y-%m-%d}: the daily features must cover "
                "all test days"
            )
        with answering(model, doing):
            said = classifier.predict(inputs[fold.test]), classifier.rank(inputs[fold.test])
        for found, kept in zip(said, (log_odds, scores), strict=True):
            kept.append(check_answer(model, found, (len(fold.test),), "test days", doing))
    calibrated = fitted[0].calibrated
    run = assemble(model.id, label.name, MEAN_OF_SEEDS, folds, log_odds, scores, calibrated)
    return run if fitted[0].estimates else replace(run, refit_months=0)


def assemble(
    model: str,
    label: str,
    seed: int,
    folds: Sequence[Fold],
    log_odds: Sequence[FloatArray],
    scores: Sequence[FloatArray] | None = None,
    calibrated: bool = True,
) -> Run:
    """A run from what each fold gave for its test rows."""
    joined = np.concatenate(list(log_odds)).astype(np.float64)
    return Run(
        model,
        label,
        seed,
        np.concatenate([fold.test for fold in folds]),
        np.concatenate([np.full(len(fold.test), fold.number) for fold in folds]),
        joined,
        joined if scores is None else np.concatenate(list(scores)).astype(np.float64),
        calibrated,
        folds[0].refit_months,
    )


def mean_run(runs: Sequence[Run]) -> Run:
    """The seeds' mean log-odds as a run."""
    mean = mean_of([run.log_odds for run in runs])
    return replace(runs[0], seed=MEAN_OF_SEEDS, log_odds=mean, score=mean)


def mean_of(seeds: Sequence[FloatArray]) -> FloatArray:
    """Mean over the seeds, one after the other: the same bytes for one day and for all."""
    total = np.zeros_like(seeds[0], dtype=np.float64)
    for each in seeds:
        total = total + each
    return total / len(seeds)


def yearly_maps(
    run: Run, label: Label, years: IntArray, embargo: int = EMBARGO
) -> dict[int, Platt]:
    """The calibration of each calendar year, from out-of-sample scores known before it.

    Args:
        run: scores of consecutive days.
        label: what they are about.
        years: calendar year of every day of the sample.
        embargo: days beyond the purge.
    """
    platt, seen, maps = Platt(), -1, {}
    of_row, actual = years[run.rows], label.values[run.rows]
    for year in np.unique(of_row):
        if run.calibrated:
            last = int(run.rows[of_row == year][0]) - 1 - label.horizon - embargo
            new = (run.rows > seen) & (run.rows <= last) & ~np.isnan(actual)
            platt = moved(platt, run.log_odds[new], actual[new], label.horizon)
            seen = max(seen, last)
        maps[int(year)] = platt
    return maps


def probabilities(run: Run, label: Label, years: IntArray) -> FloatArray:
    """Calibrated probabilities, ``(n_rows,)``.

    Args:
        run: scores of consecutive days.
        label: what they are about.
        years: calendar year of every day of the sample.
    """
    found = np.empty(len(run.rows))
    for year, platt in yearly_maps(run, label, years).items():
        now = years[run.rows] == year
        found[now] = platt.probabilities(run.log_odds[now])
    return found


def prediction_rows(
    protocol: str, sample: Sample, runs: Iterable[Run], first_test_year: int | None
) -> pd.DataFrame:
    """Rows of table ``stress_predictions``.

    Args:
        protocol: that the runs were made under.
        sample: the market.
        runs: of any labels.
        first_test_year: days before it only calibrate; None for no calibration and all days, as
            in the paper.
    """
    years = np.asarray(sample.dates.year)
    frames = []
    for run in runs:
        label = sample.labels[run.label]
        if first_test_year is None:
            probability = Platt().probabilities(run.log_odds)
        else:
            probability = probabilities(run, label, years)
        tested = years[run.rows] >= (first_test_year or 0)
        rows = run.rows[tested]
        frames.append(
            pd.DataFrame(
                {
                    "protocol": protocol,
                    "label": run.label,
                    "model": run.model,
                    "seed": run.seed,
                    "date": sample.dates[rows],
                    "fold": run.folds[tested],
                    "probability": probability[tested],
                    "score": run.score[tested],
                    "refit_months": pd.array([run.refit_months] * int(tested.sum()), dtype="Int64"),
                    "actual": pd.array(label.values[rows], dtype="Int64"),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)
