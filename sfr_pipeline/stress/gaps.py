"""Ridge on volatility gaps: how far volatility will be from its threshold, then stress.

A rare label tells a model little: a handful of episodes. This one learns from every day instead. It
forecasts, for all sub-markets and horizons, the gap

    g_{m,h,t} = log RV_{m,t+1..t+h} - log q_{m,h,t}

between realised volatility of the coming days and the threshold of the day, by ridge. Since stress
means that as many sub-markets as the label's breadth are beyond their thresholds, its log-odds are
a logit on two numbers: the forecast gap of that rank for the label's horizon, and the mean one.

A network on what the ridge leaves stood on top of it once and did not earn its place: on ``us`` and
``world`` it told stress worse than the ridge alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sfr_pipeline.arrays import FloatArray, IntArray
from sfr_pipeline.stress.bounds import log_volatility
from sfr_pipeline.stress.classifier import Logit, has_input, logit
from sfr_pipeline.stress.forward import ForwardModel
from sfr_pipeline.stress.sample import LIMIT, Label, Sample, largest
from sfr_pipeline.stress.splits import EMBARGO
from sfr_pipeline.training.scaler import Scaler

# Volatilities that are held against the threshold.
MEASURES = ("log_rv5", "log_rv22", "log_rv66", "log_ewma")
# Ridge penalty per training row, on standardised columns: highest AUROC of the ridge alone on the
# development years of market world (1998 to 2009) among .05, .5 and 2.
PENALTY = 2.0


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
    """Gap of the rank that the breadth asks for, and mean gap, of one horizon.

    Args:
        sample: says which sub-markets have a threshold; the others are left out.
        gaps: forecasts for ``rows``, ``(len(rows), n_horizons * n_markets)``.
        horizon: whose gaps.
        rows: days.

    Returns:
        ``(len(rows), 2)``; NaN on days with fewer such sub-markets than the breadth.
    """
    position = sorted(sample.outcomes).index(horizon)
    width = len(sample.markets)
    there = ~np.isnan(sample.outcomes[horizon].threshold[rows])
    own = np.where(there, gaps[:, position * width : (position + 1) * width], np.nan)
    mean = np.where(there, own, 0.0).sum(axis=1) / np.maximum(there.sum(axis=1), 1)
    ranked = largest(own, sample.breadth)
    return np.column_stack([ranked, np.where(np.isnan(ranked), np.nan, mean)])


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
class TrainedGaps:
    """Ridge and logits of one origin, ready for new days.

    Attributes:
        ridge: of the gaps.
        logits: of each label by name.
    """

    ridge: Ridge
    logits: Mapping[str, Logit]

    reads_features: ClassVar[bool] = True

    def log_odds(
        self, sample: Sample, label: Label, rows: IntArray, seeds: int | None = None
    ) -> FloatArray:
        """Log-odds before calibration, ``(1, n_rows)``.

        Args:
            sample: the market.
            label: one of the coming days.
            rows: days.
            seeds: there are none; 1 or more change nothing.
        """
        gaps = self.ridge.forecast(gap_inputs(sample)[rows])
        return self.logits[label.name](order_statistics(sample, gaps, label.horizon, rows))[None]


class GapRidge(ForwardModel):
    """The ridge, and for each label a logit on the largest and the mean of its forecasts."""

    def fit(self, sample: Sample, labels: Sequence[Label], origin: int) -> TrainedGaps:
        """Fit on the outcomes and labels that were known at the origin."""
        inputs = gap_inputs(sample)
        ridge = fit_ridge(inputs, gap_targets(sample, origin, EMBARGO))
        rows = np.flatnonzero(has_input(inputs[: origin + 1]))
        gaps = ridge.forecast(inputs[rows])
        logits = {}
        for label in labels:
            train = np.intersect1d(rows, label.known(origin, EMBARGO))
            logits[label.name] = fit_logit(sample, label, gaps, rows, train)
        return TrainedGaps(ridge, logits)
