"""Filtered historical simulation: how likely the coming days are to be stressed, without labels.

Barone-Adesi, Giannopoulos and Vosper (1999): every sub-market has a GJR(1,1) with t-shocks; what
its volatility leaves of past returns is drawn, day by day and for all sub-markets together, to make
paths of the days ahead. The probability of stress is the share of paths that the label's own
formula calls stressed: at least ``breadth`` sub-markets beyond both their thresholds, of volatility
and of loss. It is published as it is: no label is learnt from, so there is nothing to calibrate.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from sfr_pipeline.arrays import BoolArray, FloatArray, IntArray
from sfr_pipeline.econometrics.garch import GARCH
from sfr_pipeline.errors import ConvergenceError
from sfr_pipeline.stress.forward import ForwardModel
from sfr_pipeline.stress.garch import MIN_DAYS, next_variances
from sfr_pipeline.stress.labels import TRADING_DAYS
from sfr_pipeline.stress.sample import Label, Sample
from sfr_pipeline.threads import in_threads

LOG = logging.getLogger(__name__)

PATHS = 500
# Standard deviations to which standardised residuals are held: one day of 1987 would else decide.
HELD_TO = 8.0
# Days that are given to a thread at a time.
CHUNK = 64


class Simulation(ForwardModel):
    """Filtered historical simulation, fitted anew at every origin.

    Args:
        paths: of each day.
        seed: of their draws.
    """

    calibrated: ClassVar[bool] = False

    def __init__(self, paths: int = PATHS, seed: int = 0) -> None:
        self.paths, self.seed = paths, seed

    def fit(self, sample: Sample, labels: Sequence[Label], origin: int) -> "TrainedSimulation":
        """Fit the volatility of every sub-market to its returns up to the origin."""
        known = sample.returns[: origin + 1]
        names = zip(sample.markets, known.T, strict=True)
        parameters = np.array([gjr_parameters(own, f"returns of {name}") for name, own in names])
        return TrainedSimulation(parameters, origin, self.paths, self.seed)


@dataclass(frozen=True)
class TrainedSimulation:
    """Volatilities of one origin, ready for new days.

    Attributes:
        parameters: (mu, omega, a+, a-, beta) of each sub-market, of returns as fractions,
            ``(n_markets, 5)``; NaN for those that had too few returns.
        origin: last row whose residuals may be drawn.
        paths: of each day.
        seed: of their draws.
    """

    parameters: FloatArray
    origin: int
    paths: int
    seed: int

    reads_features: ClassVar[bool] = False

    def log_odds(
        self, sample: Sample, label: Label, rows: IntArray, seeds: int | None = None
    ) -> FloatArray:
        """Log-odds of the share of paths that end stressed, ``(1, n_rows)``.

        One half is added to each count (Jeffreys's prior). Sub-markets that have no threshold yet,
        or trade no more, are left out. A day's paths depend on its date alone, and the first steps
        of those of a longer label are those of a shorter one.

        Args:
            sample: the market.
            label: one of the coming days.
            rows: days.
            seeds: there are none; 1 or more change nothing.
        """
        residuals, variances = self._filtered(sample)
        outcomes = sample.outcomes[label.horizon]
        squares = label.horizon / TRADING_DAYS * outcomes.threshold**2
        there = ~np.isnan(sample.returns + outcomes.threshold + outcomes.loss_threshold)
        there &= ~np.isnan(self.parameters[:, 0])
        past = np.clip(residuals[: self.origin + 1], -HELD_TO, HELD_TO)
        pools = {
            pattern.tobytes(): _pool(past, pattern) for pattern in np.unique(there[rows], axis=0)
        }

        def count(day: int) -> int:
            own = there[day]
            pool = pools[own.tobytes()]
            if own.sum() < sample.breadth or not len(pool):
                return 0
            rng = np.random.default_rng([self.seed, sample.dates[day].toordinal()])
            # Steps first, so that more of them leave the first ones alone.
            draws = rng.integers(len(pool), size=(label.horizon, self.paths)).T
            return paths_stressed(
                pool,
                draws,
                self.parameters[own],
                variances[day, own],
                squares[day, own],
                outcomes.loss_threshold[day, own],
                sample.breadth,
            )

        def counts(days: IntArray) -> list[int]:
            return [count(int(day)) for day in days]

        chunks = [rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK)]
        stressed = np.concatenate([[0.0], *in_threads(counts, chunks)])[1:]
        return np.log((stressed + 0.5) / (self.paths - stressed + 0.5))[None]

    def _filtered(self, sample: Sample) -> tuple[FloatArray, FloatArray]:
        """Standardised residuals of each day and the variance of the next, ``(n_days, n_markets)``.

        NaN where a sub-market did not trade.
        """
        residuals, variances = (np.full(sample.returns.shape, np.nan) for _ in range(2))
        for place, parameters in enumerate(self.parameters):
            returns = sample.returns[:, place]
            known = np.flatnonzero(~np.isnan(returns))
            if not np.isnan(parameters).any():
                own, ahead = filtered(returns[known], parameters)
                residuals[known, place], variances[known, place] = own, ahead
        return residuals, variances


def paths_stressed(
    residuals: FloatArray,
    draws: IntArray,
    parameters: FloatArray,
    variances: FloatArray,
    squares: FloatArray,
    losses: FloatArray,
    breadth: int,
) -> int:
    """`kernels.paths.paths_beyond`, which is compiled for arrays of one order of memory alone."""
    from sfr_pipeline.econometrics.kernels.paths import paths_beyond

    arrays = (residuals, draws, parameters, variances, squares, losses)
    return int(paths_beyond(*(np.ascontiguousarray(array) for array in arrays), breadth))


def gjr_parameters(returns: FloatArray, name: str) -> FloatArray:
    """(mu, omega, a+, a-, beta) of a GJR(1,1) with t-shocks, ``(5,)``; NaN of too few returns.

    Where the likelihood has no top, the last year is left out, and so on.

    Args:
        returns: as fractions; days without one are passed over.
        name: what the log calls them.
    """
    known = returns[~np.isnan(returns)]
    while len(known) >= MIN_DAYS:
        try:
            fitted = GARCH(pd.Series(known, name=name), asymmetric=True, shocks="t").fit()
        except ConvergenceError as error:
            LOG.warning("simulations of %s rest on a year less: %s", name, error)
            known = known[:-TRADING_DAYS]
            continue
        mu, omega, alpha, gamma, beta = fitted.params.to_numpy()[:5]
        return np.array([mu, omega, alpha, alpha + gamma, beta])
    return np.full(5, np.nan)


def filtered(returns: FloatArray, parameters: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Standardised residual of each day, and the variance of the day after it.

    Args:
        returns: of one sub-market, no gaps, ``(n_days,)``.
        parameters: (mu, omega, a+, a-, beta).

    Returns:
        Two of ``(n_days,)``, see `garch.next_variances`.
    """
    mu, omega, up, down, beta = parameters
    e = returns - mu
    first, ahead = next_variances(e, omega, up, down, beta)
    return e / np.sqrt(np.concatenate([[first], ahead[:-1]])), ahead


def _pool(residuals: FloatArray, own: BoolArray) -> FloatArray:
    """Past days on which all of some sub-markets have a residual, ``(n_days, n_own)``."""
    columns = residuals[:, own]
    return columns[~np.isnan(columns).any(axis=1)]
