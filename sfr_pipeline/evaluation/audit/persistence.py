"""What no change would have scored, by the process that a paper prints of its target.

Belongs here: the process, its variance, the expected error of no change, and how often no change
wins over as many periods as were tested. Does not belong here: bounds from scores (`scale`).

The process is y_t = phi_s y_{t-1} + e_t with Var(e_t) of the regime s in force, whose means are
not printed and taken as equal.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil, log

import numpy as np

from sfr_pipeline.arrays import FloatArray
from sfr_pipeline.evaluation.audit.finding import Finding
from sfr_pipeline.evaluation.audit.printed import span_text, text_of
from sfr_pipeline.evaluation.audit.scale import deviation_bounds, root_mean_square_bounds
from sfr_pipeline.evaluation.audit.table import Group
from sfr_pipeline.evaluation.forecast_metrics import ia, rmse, tic

PATHS = 20_000
# Doubt where no change wins in more than this share of simulated periods.
LUCK = 0.05
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
        paths = self._simulated(n + 1, np.random.default_rng(seed))
        actual, forecast = paths[:, 1:], paths[:, :-1]
        metrics = {"rmse": rmse, "ia": ia, "tic": tic}
        return {name: metric(actual, forecast) for name, metric in metrics.items()}

    def _simulated(self, length: int, rng: np.random.Generator) -> FloatArray:
        largest = float(np.abs(self.phi).max())
        warm_up = ceil(log(FORGOTTEN) / log(largest)) if largest > 0 else 0
        scales = np.sqrt(self.variances)
        regime = rng.choice(len(self.phi), size=PATHS, p=self.shares)
        stay = np.diag(self.transition)
        value = self.deviation * rng.standard_normal(PATHS)
        kept = np.empty((length, PATHS))
        for step in range(-warm_up, length):
            if len(self.phi) > 1:
                regime = np.where(rng.random(PATHS) < stay[regime], regime, 1 - regime)
            value = self.phi[regime] * value + scales[regime] * rng.standard_normal(PATHS)
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


def persistence_findings(groups: Sequence[Group], seed: int) -> Iterator[Finding]:
    """What no change scores by each printed process, against every table of errors beside it."""
    scored = [group for group in groups if any(group.having("rmse"))]
    for group in groups:
        readings = processes_of(group)
        for where in dict.fromkeys(one.where for one in readings):
            own = [one for one in readings if one.where == where]
            if len(own) > 1:
                own, finding = _chosen(own, scored)
                yield finding
            for process in own:
                yield _expected(process)
                for table in scored:
                    yield _held_against(process, table, seed)


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


def _chosen(
    readings: list[Process], scored: Sequence[Group]
) -> tuple[list[Process], Finding]:
    """The readings of ``sigma`` that are nearest to the scale of the forecast quantity."""
    limits = {group.where(): _deviation_limits(group) for group in scored}
    known = {where: ends for where, ends in limits.items() if ends is not None}
    lines, distances = [], []
    for process in readings:
        sd = process.deviation
        lines.append(
            f"sigma as {process.reading}: sd(y) = {text_of(sd)}, RMSE of no change "
            f"{text_of(process.no_change_mse**0.5)}"
        )
        distances.append(
            sum(abs(log(sd / np.clip(sd, *sorted(ends)))) for ends in known.values())
        )
    lines += [f"{where}: sd(y) is {span_text(*ends)}" for where, ends in known.items()]
    nearest = [
        process
        for process, distance in zip(readings, distances, strict=True)
        if distance <= min(distances) + 1e-12
    ]
    where = readings[0].where
    values = {f"sd, sigma as {process.reading}": process.deviation for process in readings}
    if len(nearest) == len(readings):
        says = "sigma may be a variance or a standard deviation; both readings follow"
        return readings, Finding("implied", where, says, tuple(lines), values)
    lines.append("the nearer reading is kept")
    says = f"sigma is the {nearest[0].reading} of the shocks"
    kept = [replace(process, reading="") for process in nearest]
    return kept, Finding("implied", where, says, tuple(lines), values)


def _deviation_limits(group: Group) -> tuple[float, float] | None:
    """Between what sd(y) lies: by IA, and never above rms(y)."""
    deviation, square = deviation_bounds(group), root_mean_square_bounds(group)
    ends = [
        (0.0 if deviation is None else deviation.low),
        min((found.high for found in (deviation, square) if found is not None), default=np.inf),
    ]
    return None if deviation is None and square is None else (ends[0], ends[1])


def _expected(process: Process) -> Finding:
    shares, sd, mse = process.shares, process.deviation, process.no_change_mse
    lines = []
    if len(shares) > 1:
        stay = [text_of(value) for value in np.diag(process.transition)]
        first = f"(1 - {stay[1]}) / (2 - {stay[0]} - {stay[1]})"
        lines.append(f"long-run shares of the regimes: {first} = {shares[0]:.3f}, {shares[1]:.3f}")
    mixed = " + ".join(
        f"{share:.3f} x {text_of(variance)}"
        for share, variance in zip(shares, process.variances, strict=True)
    )
    lines.append(f"mean variance of the shocks s^2 = {mixed} = {text_of(process.shock_variance)}")
    if len(set(process.phi)) == 1:
        phi = text_of(process.phi[0])
        lines += [
            f"Var(y) = s^2 / (1 - phi^2) = {text_of(process.shock_variance)} / (1 - {phi}^2) = "
            f"{text_of(sd**2)}, sd {text_of(sd)}",
            f"MSE of no change = s^2 + (1 - phi)^2 Var(y) = {text_of(process.shock_variance)} + "
            f"(1 - {phi})^2 x {text_of(sd**2)} = {text_of(mse)}",
        ]
    else:
        lines += [
            f"Var(y) = sum of m_j, m_j = phi_j^2 sum_i m_i p_ij + share_j s_j^2: {text_of(sd**2)}",
            f"MSE of no change = s^2 + sum_j (1 - phi_j)^2 sum_i m_i p_ij = {text_of(mse)}",
        ]
    least, worst = process.least_mse**0.5, (mse - process.shock_variance + max(process.variances))
    lines.append(f"RMSE {text_of(mse**0.5)}; the process's own forecast has {text_of(least)}")
    if len(shares) > 1:
        lines.append(
            f"with all periods in the wilder regime no change would have {text_of(worst**0.5)}"
        )
    reading = f", sigma as {process.reading}" if process.reading else ""
    return Finding(
        "implied", process.where, f"no change has RMSE {text_of(mse**0.5)}{reading}",
        (*lines, "assumed: one step ahead, equal means of the regimes, parameters as printed"),
        {"no_change_rmse": mse**0.5, "least_rmse": least, "sd": sd, "worst_rmse": worst**0.5},
    )  # fmt: skip


def _held_against(process: Process, table: Group, seed: int) -> Finding:
    errors = {row: numbers[0].value for row, numbers in table.having("rmse")}
    best = min(errors, key=lambda row: errors[row])
    printed, expected = errors[best], process.no_change_mse**0.5
    where = table.where(best)
    reading = f" (sigma as {process.reading})" if process.reading else ""
    ratio = f"{text_of(printed)} / {text_of(expected)} = {printed / expected:.2f}"
    count = table.shared("n", best)
    if count is None:
        won = expected <= printed
        says = (
            f"no change is expected to {'win' if won else 'lose'}: the best row has "
            f"{printed / expected:.2f} times its RMSE{reading}"
        )
        lines = (
            f"printed / no change = {ratio}",
            "give n, the number of forecasts, to learn how sure that is",
        )
        return Finding("doubt" if won else "implied", where, says, lines, {"ratio": printed / expected})
    n = int(count.value)
    scores = process.no_change_scores(n, seed)
    wins = float((scores["rmse"] <= printed).mean())
    low, middle, high = np.quantile(scores["rmse"], [0.025, 0.5, 0.975])
    lines = [
        f"printed / expected RMSE of no change = {ratio}",
        f"{PATHS:,} simulated paths of the process, {n} periods each: RMSE of no change has median "
        f"{text_of(middle)}, 95 % of them {span_text(low, high)}; at most {text_of(printed)} in "
        f"{wins:.1%}",
    ]
    values = {"ratio": printed / expected, "share_won": wins, "median_rmse": float(middle)}
    for name, better in (("ia", np.greater_equal), ("tic", np.less_equal)):
        if (own := table.rows[best].get(name)) is not None:
            share = float(better(scores[name], own.value).mean())
            lines.append(
                f"its {name.upper()} has median {text_of(float(np.median(scores[name])))}; at least "
                f"as good as the printed {text_of(own.value)} in {share:.1%}"
            )
            values[f"share_won_{name}"] = share
    lines.append(f"doubted where no change wins in more than {LUCK:.0%} of the paths")
    says = (
        f"no change would have won in {wins:.0%} of such periods{reading}: the best row has "
        f"{printed / expected:.2f} times its expected RMSE"
    )
    return Finding("doubt" if wins > LUCK else "implied", where, says, tuple(lines), values)
