"""What no change would have scored, held against the errors that a paper prints.

Belongs here: the findings, and what a printed sigma stands for. Does not belong here: the process
itself (`process`), bounds from scores (`scale`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import log

import numpy as np

from sfr_pipeline.evaluation.audit.finding import Finding
from sfr_pipeline.evaluation.audit.printed import span_text, text_of
from sfr_pipeline.evaluation.audit.process import PATHS, Process, processes_of
from sfr_pipeline.evaluation.audit.scale import deviation_bounds, root_mean_square_bounds
from sfr_pipeline.evaluation.audit.table import Group

# Doubt where no change wins in more than this share of simulated periods.
LUCK = 0.05


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


def _chosen(readings: list[Process], scored: Sequence[Group]) -> tuple[list[Process], Finding]:
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
            sum(abs(log(sd / min(max(sd, min(ends)), max(ends)))) for ends in known.values())
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
    if deviation is None and square is None:
        return None
    highest = min(found.high for found in (deviation, square) if found is not None)
    return (0.0 if deviation is None else deviation.low, highest)


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
    where, ratio = table.where(best), printed / expected
    reading = f" (sigma as {process.reading})" if process.reading else ""
    first = (
        f"printed RMSE / expected RMSE of no change = {text_of(printed)} / {text_of(expected)} = "
        f"{ratio:.2f}"
    )
    count = table.shared("n", best)
    if count is None:
        won = ratio >= 1
        says = (
            f"no change is expected to {'win' if won else 'lose'}: the best row has {ratio:.2f} "
            f"times its RMSE{reading}"
        )
        lines = [first, "give n, the number of forecasts, to learn how sure that is"]
        return Finding("doubt" if won else "implied", where, says, tuple(lines), {"ratio": ratio})
    n = int(count.value)
    scores = process.no_change_scores(n, seed)
    wins = float((scores["rmse"] <= printed).mean())
    low, middle, high = np.quantile(scores["rmse"], [0.025, 0.5, 0.975])
    lines = [
        first,
        f"{PATHS:,} simulated paths of the process, {n} periods each: RMSE of no change has median "
        f"{text_of(middle)}, 95 % of them {span_text(low, high)}; at most {text_of(printed)} in "
        f"{wins:.1%}",
    ]
    values = {"ratio": ratio, "share_won": wins, "median_rmse": float(middle)}
    for name, better in (("ia", np.greater_equal), ("tic", np.less_equal)):
        if (own := table.rows[best].get(name)) is not None:
            share, median = float(better(scores[name], own.value).mean()), np.median(scores[name])
            lines.append(
                f"its {name.upper()} has median {text_of(float(median))}; at least as good as the "
                f"printed {text_of(own.value)} in {share:.1%}"
            )
            values[f"share_won_{name}"] = share
    lines.append(f"doubted where no change wins in more than {LUCK:.0%} of the paths")
    says = (
        f"no change would have won in {wins:.0%} of such periods{reading}: the best row has "
        f"{ratio:.2f} times its expected RMSE"
    )
    return Finding("doubt" if wins > LUCK else "implied", where, says, tuple(lines), values)
