"""This project's own contender: how far volatility will be from its threshold, then stress.

A rare label tells a network little: a handful of episodes. The contender (C3 of the trial) learns
from every day instead. It forecasts, for all sub-markets and horizons, the gap

    g_{m,h,t} = log RV_{m,t+1..t+h} - log q_{m,h,t}

between realised volatility of the coming days and the threshold of the day, by ridge, and a
CNN-BiLSTM on what the ridge leaves. Since stress means at least two sub-markets beyond their
thresholds, its log-odds are a logit on two numbers: the second-largest forecast gap of the label's
horizon and the mean one. The ridge alone (C3base) is a row of its own, so that everybody sees what
the network adds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sfr_pipeline.arrays import FloatArray, IntArray
from sfr_pipeline.evaluation.models import ablation, contender, lead
from sfr_pipeline.storage.tables.columns import MEAN_OF_SEEDS
from sfr_pipeline.stress.bounds import log_volatility
from sfr_pipeline.stress.classifier import Logit, logit
from sfr_pipeline.stress.networks import (
    WINDOW,
    Finished,
    Plan,
    TrainedNetwork,
    options_of,
    windows_of_fold,
)
from sfr_pipeline.stress.sample import LIMIT, Label, Sample
from sfr_pipeline.stress.splits import EMBARGO, Fold
from sfr_pipeline.stress.walk_forward import Run, assemble, mean_run
from sfr_pipeline.training.scaler import Scaler
from sfr_pipeline.training.spec import Fit, Task, Training

# Volatilities that are held against the threshold.
MEASURES = ("log_rv5", "log_rv22", "log_rv66", "log_ewma")
# Ridge penalty per training row, on standardised columns: highest AUROC of the ridge alone on the
# development years of market world (1998 to 2009) among .05, .5 and 2.
PENALTY = 2.0
BREADTH = 2
LOGIT_STRIDE = 5


@dataclass(frozen=True)
class Ridge:
    """One ridge for each sub-market and horizon on the same inputs.

    Attributes:
        scaler: of the inputs.
        coefficients: ``(n_inputs, n_targets)``.
        intercepts: ``(n_targets,)``.
    """

    scaler: Scaler
    coefficients: FloatArray
    intercepts: FloatArray

    def forecast(self, inputs: FloatArray) -> FloatArray:
        """Gaps, ``(n_rows, n_targets)``."""
        # Not a matrix product: its last digits depend on how many rows there are.
        rows = self.scaler.apply(inputs)
        return np.einsum("ij,jk->ik", rows, self.coefficients) + self.intercepts


def gap_inputs(sample: Sample) -> FloatArray:
    """Where each sub-market's volatility stands now against its threshold, and the drawdown.

    Returns:
        ``(n_days, 4 * n_markets + 1)``; NaN for markets that have no threshold yet.
    """
    middle = sorted(sample.outcomes)[len(sample.outcomes) // 2]
    threshold = log_volatility(sample.outcomes[middle].threshold)
    gaps = [
        sample.columns(*(f"{market}_{measure}" for market in sample.markets)) - threshold
        for measure in MEASURES
    ]
    return np.column_stack([*gaps, sample.columns(f"{sample.markets[0]}_drawdown")])


def gap_targets(sample: Sample, origin: int, embargo: int) -> FloatArray:
    """Gaps that were known on day ``origin``, by horizon then sub-market.

    Each horizon has a purge of its own: 63-day outcomes end 63 days earlier.

    Returns:
        ``(n_days, n_horizons * n_markets)``, NaN where not known.
    """
    blocks = []
    for horizon in sorted(sample.outcomes):
        gaps = sample.outcomes[horizon].targets
        gaps[max(0, origin - horizon - embargo + 1) :] = np.nan
        blocks.append(gaps)
    return np.column_stack(blocks)


def fit_ridge(inputs: FloatArray, targets: FloatArray) -> Ridge:
    """Fit every target on the rows in which it is known.

    Args:
        inputs: ``(n_days, n_inputs)``.
        targets: ``(n_days, n_targets)``, NaN where not known; a target without any is forecast 0.
    """
    seen = ~np.isnan(targets).all(axis=1)
    scaler = Scaler.of(inputs[seen], LIMIT)
    standardised = scaler.apply(inputs)
    coefficients = np.zeros((inputs.shape[1], targets.shape[1]))
    intercepts = np.zeros(targets.shape[1])
    for column, target in enumerate(targets.T):
        rows = ~np.isnan(target)
        if not rows.any():
            continue
        x = standardised[rows]
        centre = x.mean(axis=0)
        x = x - centre
        mean = target[rows].mean()
        penalised = x.T @ x + PENALTY * len(x) * np.eye(x.shape[1])
        coefficients[:, column] = np.linalg.solve(penalised, x.T @ (target[rows] - mean))
        intercepts[column] = mean - centre @ coefficients[:, column]
    return Ridge(scaler, coefficients, intercepts)


def order_statistics(sample: Sample, gaps: FloatArray, horizon: int, rows: IntArray) -> FloatArray:
    """Second-largest and mean gap of one horizon over the sub-markets that have a threshold.

    Args:
        sample: says which have one.
        gaps: forecasts for ``rows``, ``(len(rows), n_horizons * n_markets)``.
        horizon: whose gaps.
        rows: days.

    Returns:
        ``(len(rows), 2)``; NaN on days with fewer than two such sub-markets.
    """
    position = sorted(sample.outcomes).index(horizon)
    width = len(sample.markets)
    own = gaps[:, position * width : (position + 1) * width].copy()
    there = ~np.isnan(sample.outcomes[horizon].threshold[rows])
    count = there.sum(axis=1)
    largest = np.sort(np.where(there, own, -np.inf), axis=1)
    mean = np.where(there, own, 0.0).sum(axis=1) / np.maximum(count, 1)
    few = count < BREADTH
    second = np.where(few, np.nan, largest[:, -BREADTH])
    return np.column_stack([second, np.where(few, np.nan, mean)])


def fit_logit(
    sample: Sample, label: Label, gaps: FloatArray, rows: IntArray, train: IntArray
) -> Logit:
    """The map from the two order statistics to log-odds, fitted on the training rows.

    Args:
        sample: the market.
        label: a label of the coming days.
        gaps: forecasts for ``rows``.
        rows: days that have forecasts, rising.
        train: days of them whose label is known.
    """
    position = np.searchsorted(rows, train)
    features = order_statistics(sample, gaps[position], label.horizon, train)
    known = ~np.isnan(features).any(axis=1)
    return logit(features[known], label.values[train[known]])


@dataclass(frozen=True)
class TrainedContender:
    """Ridge, network and logits of one fold, ready for new days.

    Attributes:
        ridge: of the gaps.
        network: on what the ridge leaves, in units of ``scale``; None for the ridge alone.
        scale: standard deviation of the residuals, ``(n_targets,)``.
        logits: of each label by name, one a seed.
    """

    ridge: Ridge
    network: TrainedNetwork | None
    scale: FloatArray
    logits: Mapping[str, Sequence[Logit]]

    def log_odds(
        self, sample: Sample, label: Label, rows: IntArray, seeds: int | None = None
    ) -> FloatArray:
        """Log-odds before calibration, ``(n_seeds, n_rows)``."""
        gaps = self.ridge.forecast(gap_inputs(sample)[rows])[None]
        if self.network is not None:
            gaps = gaps + self.scale * self.network.outputs(sample, rows, seeds)
        return np.array(
            [
                fitted(order_statistics(sample, own, label.horizon, rows))
                for fitted, own in zip(self.logits[label.name][:seeds], gaps, strict=True)
            ]
        )


def finish_base(sample: Sample, label: Label, folds: Sequence[Fold]) -> Finished:
    """The ridge without a network, fitted on every fold.

    Args:
        sample: the market.
        label: a label of the coming days.
        folds: of that label.
    """
    inputs = gap_inputs(sample)
    trained, log_odds = [], []
    for fold in folds:
        ridge = fit_ridge(inputs, gap_targets(sample, fold.origin, EMBARGO))
        fitted = fit_logit(
            sample, label, ridge.forecast(inputs[fold.train]), fold.train, fold.train
        )
        trained.append(
            TrainedContender(ridge, None, np.ones(len(ridge.intercepts)), {label.name: [fitted]})
        )
        log_odds.append(trained[-1].log_odds(sample, label, fold.test)[0])
    without = ablation(contender("stress"))
    assert without is not None
    base = without.id
    return Finished([assemble(base, label.name, MEAN_OF_SEEDS, folds, log_odds)], {base: trained})


def plan_contender(
    sample: Sample,
    seen: Sample,
    labels: Sequence[Label],
    folds: Mapping[str, Sequence[Fold]],
    seeds: int,
    how: Training,
    first_row: int = WINDOW - 1,
) -> Plan:
    """Ridge and network: one fit serves the labels of all horizons.

    Args:
        sample: the market.
        seen: the same with the features that networks see.
        labels: of the coming days.
        folds: of each label, by its name, with the same origins and test rows.
        seeds: of the network.
        how: training; its loss is squared error.
        first_row: first row with a complete window.
    """
    parts = [
        _Part(sample, seen, labels, {name: own[place] for name, own in folds.items()}, first_row)
        for place in range(len(folds[labels[0].name]))
    ]
    tasks = [task for part in parts for task in part.tasks(seeds, how)]
    name = contender("stress").id

    def finish(fits: Sequence[Fit]) -> Finished:
        trained = [part.trained(fits[place * seeds :][:seeds]) for place, part in enumerate(parts)]
        runs: list[Run] = []
        for label in labels:
            of_seeds = [
                assemble(
                    name,
                    label.name,
                    seed,
                    folds[label.name],
                    [
                        part.log_odds(label, each, fits[place * seeds + seed], seed)
                        for place, (part, each) in enumerate(zip(parts, trained, strict=True))
                    ],
                )
                for seed in range(seeds)
            ]
            runs += [mean_run(of_seeds), *of_seeds]
        return Finished(runs, {name: trained})

    return Plan([name] * len(tasks), tasks, finish)


class _Part:
    """One fold of the contender: its ridge, and what the network is to learn of it."""

    def __init__(
        self,
        sample: Sample,
        seen: Sample,
        labels: Sequence[Label],
        folds: Mapping[str, Fold],
        first_row: int,
    ) -> None:
        self.sample, self.seen, self.labels = sample, seen, labels
        self.fold = folds[labels[0].name]
        inputs = gap_inputs(sample)
        targets = gap_targets(sample, self.fold.origin, EMBARGO)
        self.ridge = fit_ridge(inputs, targets)
        forecast = self.ridge.forecast(inputs)
        residuals = targets - forecast
        learnt = np.flatnonzero(~np.isnan(residuals).all(axis=1))
        self.learnt = learnt[learnt >= first_row]
        self.scale = Scaler.of(residuals[self.learnt]).scale
        self.residuals = residuals[self.learnt] / self.scale
        # Neighbouring days say the same to a logit of two numbers: a few of them do.
        self.mapped = {name: fold.train[::LOGIT_STRIDE] for name, fold in folds.items()}
        self.rows = np.unique(np.concatenate([*self.mapped.values(), self.fold.test]))
        self.forecast = forecast[self.rows]
        self.windows = windows_of_fold(seen, replace(self.fold, train=self.learnt), self.rows)

    def tasks(self, seeds: int, how: Training) -> list[Task]:
        network = lead("stress")
        return [
            Task(
                name=f"{contender('stress').id} {self.fold.number} seed {seed}",
                network=str(network.implementation),
                training=how,
                seed=seed,
                inputs=self.windows.train,
                targets=self.residuals.astype(np.float32),
                predict=self.windows.predict,
                options=options_of(network),
            )
            for seed in range(seeds)
        ]

    def gaps(self, fit: Fit) -> FloatArray:
        return self.forecast + self.scale * fit.outputs

    def trained(self, fits: Sequence[Fit]) -> TrainedContender:
        own = lead("stress")
        options = {**options_of(own), "n_outputs": len(self.scale)}
        weights = tuple(fit.weights for fit in fits)
        network = TrainedNetwork(own.id, options, self.seen.names, self.windows.scaler, weights)
        logits = {
            label.name: [
                fit_logit(self.sample, label, self.gaps(fit), self.rows, self.mapped[label.name])
                for fit in fits
            ]
            for label in self.labels
        }
        return TrainedContender(self.ridge, network, self.scale, logits)

    def log_odds(self, label: Label, trained: TrainedContender, fit: Fit, seed: int) -> FloatArray:
        """Of the test rows, from outputs that are there already."""
        tested = self.gaps(fit)[np.searchsorted(self.rows, self.fold.test)]
        features = order_statistics(self.sample, tested, label.horizon, self.fold.test)
        return trained.logits[label.name][seed](features)
