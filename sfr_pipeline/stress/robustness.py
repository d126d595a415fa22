"""How much skill survives perturbed inputs: the paper claims robustness and shows none.

Noise and dropped columns reach models that were trained on clean inputs; irrelevant columns are
there from training on. Some years, spread over the test years, are looked at, and every fifth of
their days: neighbouring days say the same, and what is asked is how much a score falls.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Self

import numpy as np
import pandas as pd

from sfr_pipeline.arrays import FloatArray, IntArray
from sfr_pipeline.evaluation.auroc import auroc
from sfr_pipeline.evaluation.models import Model
from sfr_pipeline.storage.tables.stress import STRESS_ROBUSTNESS
from sfr_pipeline.stress.classifier import Classifier, classifiers
from sfr_pipeline.stress.forward import Trained
from sfr_pipeline.stress.sample import Label, Sample
from sfr_pipeline.stress.splits import Fold
from sfr_pipeline.stress.walk_forward import Run, fit_folds, mean_of
from sfr_pipeline.training.scaler import Scaler

NOISE = (0.5, 1.0, 2.0)
DROPPED = (0.25, 0.5)
IRRELEVANT = (40,)
DRAWS = 3
STRIDE = 5
MOST_FOLDS = 8

# Scores of the days that are looked at, by a model that never sees the sample it was trained on.
Judge = Callable[[Sample], FloatArray]


def disturbed(
    sample: Sample, first: int, kind: str, amount: float, rng: np.random.Generator
) -> Sample:
    """The sample with features perturbed from row ``first`` on.

    Args:
        sample: clean.
        first: row of the first test day; the rows before give means and standard deviations.
        kind: ``noise`` or ``dropped``.
        amount: standard deviations of the noise, or share of columns set to their mean.
        rng: of the draw.
    """
    scaler = Scaler.of(sample.features[:first])
    features = sample.features.copy()
    if kind == "noise":
        noise = rng.normal(size=features[first:].shape)
        features[first:] += amount * scaler.scale * noise
    else:
        count = round(amount * features.shape[1])
        columns = rng.choice(features.shape[1], count, replace=False)
        features[first:, columns] = scaler.mean[columns]
    return sample.with_features(features, sample.names)


def noise_columns(n_days: int, count: int) -> FloatArray:
    """Columns that have nothing to do with anything, ``(n_days, count)``."""
    return np.random.default_rng(count).normal(size=(n_days, count))


def with_noise_columns(sample: Sample, count: int) -> Sample:
    """The sample with irrelevant features at its end."""
    names = (*sample.names, *(f"noise_{number}" for number in range(count)))
    noise = noise_columns(len(sample.dates), count)
    return sample.with_features(np.column_stack([sample.features, noise]), names)


def looked_at(folds: Sequence[Fold]) -> list[Fold]:
    """At most ``MOST_FOLDS`` of the folds that are judged, evenly spread from first to last.

    Args:
        folds: in time order.
    """
    scored = [fold for fold in folds if fold.scored]
    places = np.linspace(0, len(scored) - 1, min(MOST_FOLDS, len(scored)))
    return [scored[round(place)] for place in places]


def perturbable(protocol: str) -> list[Model]:
    """Baselines that perturbed features reach, and that run on every market."""
    return [
        model
        for model in classifiers()
        if model.family == "baseline" and protocol in model.required and model.load().reads_features
    ]


def robustness_rows(
    sample: Sample,
    label: Label,
    folds: Sequence[Fold],
    trained: Mapping[str, tuple[Sequence[Fold], Sequence[Trained]]],
    beside_noise: Mapping[int, Run],
    draws: int = DRAWS,
    seed: int = 0,
) -> pd.DataFrame:
    """Rows of table ``stress_robustness``; of networks the first seed of every fold is judged.

    None while the days that are looked at have no stress, or nothing else.

    Args:
        sample: clean.
        label: what is to be told.
        folds: of `looked_at`.
        trained: folds and trained models by name.
        beside_noise: runs of one network's first seed by the number of irrelevant columns that it
            was trained beside.
        draws: of noise, and of columns dropped.
        seed: of the draws.
    """
    first = int(folds[0].test[0])
    days = np.concatenate([fold.test[::STRIDE] for fold in folds])
    days = days[~np.isnan(label.values[days])]
    stressed = label.values[days]
    if len(np.unique(stressed)) < 2:
        return STRESS_ROBUSTNESS.empty()
    baselines = perturbable("walk_forward")
    judges: dict[str, Judge] = {
        model.id: _baseline(sample, label, model.create, folds, days) for model in baselines
    }
    for name, (own, models) in trained.items():
        judges[name] = _trained(label, own, models, days)
    clean = {name: auroc(stressed, judge(sample)) for name, judge in judges.items()}
    found: dict[tuple[str, str, float], list[float]] = {}
    for kind, amounts in (("noise", NOISE), ("dropped", DROPPED)):
        for amount in amounts:
            for draw in range(draws):
                rng = np.random.default_rng([seed, draw])
                perturbed = disturbed(sample, first, kind, amount, rng)
                for name, judge in judges.items():
                    value = auroc(stressed, judge(perturbed))
                    found.setdefault((name, kind, amount), []).append(value)
    for count in IRRELEVANT:
        noise = noise_columns(len(sample.dates), count)
        for model in baselines:
            if model.load().weighs:
                create = partial(_Beside, model, noise)
                judge = _baseline(sample, label, create, folds, days)
                found[(model.id, "irrelevant", count)] = [auroc(stressed, judge(sample))]
    for count, run in beside_noise.items():
        score = run.score[np.searchsorted(run.rows, days)]
        found[(run.model, "irrelevant", count)] = [auroc(stressed, score)]
    rows = [
        {
            "label": label.name,
            "model": name,
            "disturbance": kind,
            "amount": float(amount),
            "n_draws": len(values),
            "auroc": np.mean(values),
            "auroc_sd": np.std(values, ddof=1) if len(values) > 1 else np.nan,
            "change": np.mean(values) - clean[name],
        }
        for (name, kind, amount), values in found.items()
    ]
    rows += [
        {
            "label": label.name,
            "model": name,
            "disturbance": "none",
            "amount": 0.0,
            "n_draws": 1,
            "auroc": value,
            "auroc_sd": np.nan,
            "change": 0.0,
        }
        for name, value in clean.items()
    ]
    return pd.DataFrame(rows, columns=STRESS_ROBUSTNESS.arrow_schema().names)


class _Beside(Classifier):
    """A classifier with noise among its inputs.

    Args:
        model: whose.
        noise: irrelevant columns, ``(n_days, count)``.
    """

    def __init__(self, model: Model, noise: FloatArray) -> None:
        self.classifier: Classifier = model.create()
        self.noise = noise

    def inputs(self, sample: Sample, label: Label) -> FloatArray:
        return np.column_stack([self.classifier.inputs(sample, label), self.noise])

    def fit(self, rows: FloatArray, labels: FloatArray, horizon: int = 0) -> Self:
        self.classifier.fit(rows, labels, horizon)
        return self

    def predict(self, rows: FloatArray) -> FloatArray:
        return self.classifier.predict(rows)


def _baseline(
    sample: Sample,
    label: Label,
    create: Callable[[], Classifier],
    folds: Sequence[Fold],
    days: IntArray,
) -> Judge:
    fitted = fit_folds(sample, label, create, folds)

    def judge(seen: Sample) -> FloatArray:
        inputs = fitted[0].inputs(seen, label)
        return _by_fold(folds, days, lambda place, rows: fitted[place].rank(inputs[rows]))

    return judge


def _trained(
    label: Label, folds: Sequence[Fold], models: Sequence[Trained], days: IntArray
) -> Judge:
    def judge(seen: Sample) -> FloatArray:
        return _by_fold(
            folds,
            days,
            lambda place, rows: mean_of(list(models[place].log_odds(seen, label, rows, 1))),
        )

    return judge


def _by_fold(
    folds: Sequence[Fold], days: IntArray, score: Callable[[int, IntArray], FloatArray]
) -> FloatArray:
    """Scores of the days, each by the fold whose test day it is."""
    found = np.full(len(days), np.nan)
    for place, fold in enumerate(folds):
        own = np.isin(days, fold.test)
        if own.any():
            found[own] = score(place, days[own])
    return found
