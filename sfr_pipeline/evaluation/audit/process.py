"""The process that a paper prints of its target, and what no change scores on it.

Belongs here: reading the process, its variance, the expected error of no change, and simulated
scores. Does not belong here: what follows for a table of errors (`persistence`).

The process is y_t = phi_s y_{t-1} + e_t with Var(e_t) of the regime s in force, whose means are
not printed and taken as equal.
"""

from dataclasses import dataclass
from math import ceil, log

import numpy as np

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.evaluation.audit.table import Group
from sfr_pipeline.evaluation.forecast_metrics import ia, rmse, tic

PATHS, CHUNK = 20_000, 1_000
# What the start of a simulated path may still weigh when the tested periods begin.
FORGOTTEN = 0.01


@dataclass(frozen=True)
class Process:
    """A stationary autoregression whose shocks and coefficient may switch.

    Attributes:
        where: the table that prints it.
        reading: ``variance`` or ``standard deviation``: what its ``sigma`` was taken for; empty
            where the table says it.
        phi: by regime, ``(k,)``, absolute values below 1.
        variances: of the shocks.
        transition: ``(k, k)``, rows sum to 1.
    """

    where: str
    reading: str
    phi: FloatArray
    variances: FloatArray
    transition: FloatArray

    @property
    def shares(self) -> FloatArray:
        """Share of each regime in the long run."""
        if len(self.phi) == 1:
            return np.ones(1)
        leave = 1 - np.diag(self.transition)
        return np.asarray(leave[::-1] / leave.sum())

    @property
    def shock_variance(self) -> float:
        """Mean variance of the shocks."""
        return float(self.shares @ self.variances)

    @property
    def second_moments(self) -> FloatArray:
        """Parts of E[y^2] by the regime in force.

        They solve m_j = phi_j^2 sum_i m_i p_ij + pi_j s_j^2.
        """
        system = np.eye(len(self.phi)) - self.phi[:, None] ** 2 * self.transition.T
        return np.asarray(np.linalg.solve(system, self.shares * self.variances))

    @property
    def deviation(self) -> float:
        """Standard deviation of y."""
        return float(self.second_moments.sum() ** 0.5)

    @property
    def no_change_mse(self) -> float:
        """Expected squared error of y_{t-1} as the forecast of y_t.

        Shock variance plus (1 - phi)^2 Var(y) where phi is the same in all regimes.
        """
        carried = self.transition.T @ self.second_moments
        return float((1 - self.phi) ** 2 @ carried + self.shock_variance)

    @property
    def least_mse(self) -> float:
        """Squared error of the process's own forecast where the regime is known."""
        return self.shock_variance

    def no_change_scores(self, n: int, seed: int) -> dict[str, FloatArray]:
        """Scores of no change on simulated periods, ``(PATHS,)`` by name.

        Args:
            n: periods that are forecast.
            seed: the same seed gives the same scores.
        """
        metrics = {"rmse": rmse, "ia": ia, "tic": tic}
        scores: dict[str, list[FloatArray]] = {name: [] for name in metrics}
        # A thousand paths at a time, so that long ones need little memory.
        for stream in np.random.SeedSequence(seed).spawn(PATHS // CHUNK):
            paths = self._simulated(n + 1, CHUNK, np.random.default_rng(stream))
            for name, metric in metrics.items():
                scores[name].append(metric(paths[:, 1:], paths[:, :-1]))
        return {name: np.concatenate(parts) for name, parts in scores.items()}

    def _simulated(self, length: int, count: int, rng: np.random.Generator) -> FloatArray:
        """Paths, ``(count, length)``."""
        largest = float(np.abs(self.phi).max())
        warm_up = ceil(log(FORGOTTEN) / log(largest)) if largest > 0 else 0
        scales = np.sqrt(self.variances)
        regime = rng.choice(len(self.phi), size=count, p=self.shares)
        stay = np.diag(self.transition)
        value = self.deviation * rng.standard_normal(count)
        kept = np.empty((length, count))
        for step in range(-warm_up, length):
            if len(self.phi) > 1:
                regime = np.where(rng.random(count) < stay[regime], regime, 1 - regime)
            value = self.phi[regime] * value + scales[regime] * rng.standard_normal(count)
            if step >= 0:
                kept[step] = value
        return np.ascontiguousarray(kept.T)


def processes_of(group: Group) -> tuple[Process, ...]:
    """The processes that a split prints; one a reading where its ``sigma`` may be either.

    Two rows with ``p_stay`` are the regimes of one process; any other row stands for itself.
    """
    found: list[Process] = []
    regimes = [row for row, _ in group.having("phi", "p_stay")]
    alone = [(row,) for row, _ in group.having("phi") if row not in regimes]
    # Transitions among more regimes than two are not printed by their own durations.
    for rows in ([tuple(regimes)] if len(regimes) == 2 else []) + alone:
        found += _read(group, rows)
    return tuple(found)


def _read(group: Group, rows: tuple[str, ...]) -> list[Process]:
    numbers = [group.rows[row] for row in rows]
    phi = np.array([own["phi"].value for own in numbers])
    if (np.abs(phi) >= 1).any():
        return []
    transition = np.ones((1, 1))
    if len(rows) == 2:
        stay = [own["p_stay"].value for own in numbers]
        if not all(0 <= value < 1 for value in stay):
            return []
        transition = np.array([[stay[0], 1 - stay[0]], [1 - stay[1], stay[1]]])
    where = group.where(rows[0] if len(rows) == 1 else "")
    for name, readings in (
        ("variance", {"": 1}),
        ("sd", {"": 2}),
        ("sigma", {"variance": 1, "standard deviation": 2}),
    ):
        if all(name in own and own[name].value > 0 for own in numbers):
            shock = np.array([own[name].value for own in numbers])
            return [
                Process(where, reading, phi, shock**power, transition)
                for reading, power in readings.items()
            ]
    return []
