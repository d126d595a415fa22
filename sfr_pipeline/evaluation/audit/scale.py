"""How large the forecast quantity is, bounded by scores that are printed of its forecasts.

Belongs here: bounds on the root mean square and the standard deviation of what was forecast, and
the split of errors into bias and variance. Does not belong here: what no change would have scored
(`persistence`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sfr_pipeline.evaluation.audit.finding import Finding
from sfr_pipeline.evaluation.audit.printed import Printed, range_of, span_text, text_of
from sfr_pipeline.evaluation.audit.table import Group

# From this share of the squared error on, a model is judged by where its level lies.
MOSTLY_LEVEL = 0.25


@dataclass(frozen=True)
class Bounds:
    """Between what a quantity lies by all rows of a split.

    Attributes:
        low: largest of the rows' lower bounds.
        high: smallest of their upper bounds.
        derivation: a line a row.
    """

    low: float
    high: float
    derivation: tuple[str, ...]


def root_mean_square_bounds(group: Group) -> Bounds | None:
    """Bounds on rms(y) by the triangle inequality; None where no row has RMSE and TIC.

    TIC is RMSE / (rms(y) + rms(f)), so the sum is RMSE / TIC; and rms(y) and rms(f) differ by no
    more than RMSE.
    """
    return _bounds(
        group, "tic", "rms(y)",
        lambda rmse, tic: (rmse / tic - rmse) / 2, "({rmse} / {other} - {rmse}) / 2",
        lambda rmse, tic: (rmse / tic + rmse) / 2, "({rmse} / {other} + {rmse}) / 2",
    )  # fmt: skip


def deviation_bounds(group: Group) -> Bounds | None:
    """Bounds on the standard deviation of y by RMSE and IA; None where no row has both.

    IA is 1 - MSE / P with P the mean of (|f - m| + |y - m|)^2, m the mean of y. By Minkowski's
    inequality sqrt(P) is at most RMSE + 2 sd(y), and at least sd(y).
    """
    return _bounds(
        group, "ia", "sd(y)",
        lambda rmse, ia: (rmse / (1 - ia) ** 0.5 - rmse) / 2,
        "({rmse} / sqrt(1 - {other}) - {rmse}) / 2",
        lambda rmse, ia: rmse / (1 - ia) ** 0.5, "{rmse} / sqrt(1 - {other})",
    )  # fmt: skip


def scale_findings(group: Group) -> Iterator[Finding]:
    """Bounds on what was forecast, contradictory ones, and errors that are mostly level."""
    for found, name, statistics in (
        (root_mean_square_bounds(group), "rms(y)", "RMSE and TIC"),
        (deviation_bounds(group), "sd(y)", "RMSE and IA"),
    ):
        if found is None:
            continue
        if found.low > found.high:
            says = (
                f"no target has the {statistics} of all rows: {name} would be at least "
                f"{text_of(found.low)} and at most {text_of(found.high)}"
            )
            yield Finding("contradiction", group.where(), says, found.derivation)
            continue
        says = f"{name} of what was forecast is {span_text(found.low, found.high)}"
        yield Finding(
            "implied", group.where(), says, found.derivation,
            {"low": found.low, "high": found.high},
        )  # fmt: skip
    yield from _bias_findings(group)


def _bounds(
    group: Group,
    other: str,
    name: str,
    lowest: Callable[[float, float], float],
    lowest_text: str,
    highest: Callable[[float, float], float],
    highest_text: str,
) -> Bounds | None:
    low, high, lines = float("-inf"), float("inf"), []
    for row, (rmse, score) in group.having("rmse", other):
        # At the end of its range the other score leaves nothing to divide by.
        if not (score.low > 0 and score.high < 1 and rmse.low > 0):
            continue
        own_low, own_high = range_of(lowest, rmse, score)[0], range_of(highest, rmse, score)[1]
        low, high = max(low, own_low), min(high, own_high)
        numbers = {"rmse": text_of(rmse.value), "other": text_of(score.value)}
        lines.append(
            f"{row}: {lowest_text.format(**numbers)} = {text_of(own_low)} <= {name} <= "
            f"{highest_text.format(**numbers)} = {text_of(own_high)}"
        )
    if not lines:
        return None
    lines.append("ends widened by what rounding of the printed numbers allows")
    return Bounds(low, high, tuple(lines))


def _bias_findings(group: Group) -> Iterator[Finding]:
    counts = [
        _count_by_variance(row, rmse, variance)
        for row, (rmse, variance) in group.having("rmse", "error_variance")
    ]
    lines = [line for _, line in counts if line]
    limits = [limit for limit, _ in counts]
    shared = group.shared("n")
    if lines and shared is None:
        yield Finding(
            "implied", group.where(),
            f"the variance of errors has divisor n - 1, and n is at most {int(min(limits))}",
            (*lines, "with divisor n the variance would be at most the squared RMSE"),
            {"n_at_most": min(limits)},
        )  # fmt: skip
    for row, (rmse, variance) in group.having("rmse", "error_variance"):
        count = group.shared("n", row)
        n = None if count is None else count.value
        factor = 1.0 if n is None else (n - 1) / n
        _, most = range_of(
            lambda error, spread, f=factor: error**2 - f * spread, rmse, variance
        )  # The bias squared is MSE less the variance with divisor n.
        if n is not None and most < 0:
            yield Finding(
                "contradiction", group.where(row),
                "the errors vary more than they are large",
                (
                    f"error variance x (n - 1) / n = {text_of(variance.value)} x "
                    f"{text_of(n - 1)} / {text_of(n)} = {text_of(factor * variance.value)} > "
                    f"RMSE^2 = {text_of(rmse.value**2)}",
                ),
            )  # fmt: skip
            continue
        bias_squared = rmse.value**2 - factor * variance.value
        share = bias_squared / rmse.value**2 if rmse.value > 0 else 0.0
        if share < MOSTLY_LEVEL:
            continue
        yield Finding(
            "doubt", group.where(row),
            f"{share:.0%} of the squared error is bias, {text_of(bias_squared**0.5)}: the level "
            "drifted, which a fit of differences cures",
            (
                f"bias^2 = RMSE^2 - error variance{'' if n is None else ' x (n - 1) / n'} = "
                f"{text_of(rmse.value)}^2 - {text_of(variance.value)}"
                f"{'' if n is None else f' x {text_of(n - 1)} / {text_of(n)}'} = "
                f"{text_of(bias_squared)}",
                f"share = {text_of(bias_squared)} / {text_of(rmse.value**2)} = {share:.2f}; said "
                f"from {MOSTLY_LEVEL} on",
            ),
            {"bias": bias_squared**0.5, "share": share},
        )  # fmt: skip


def _count_by_variance(row: str, rmse: Printed, variance: Printed) -> tuple[float, str]:
    """Largest n at which a variance with divisor n - 1 is above the squared RMSE as printed."""
    if rmse.low <= 0:
        return float("inf"), ""
    low, _ = range_of(lambda error, spread: spread / error**2, rmse, variance)
    if low <= 1:
        return float("inf"), ""
    limit = low / (low - 1)
    return limit, (
        f"{row}: error variance / RMSE^2 = {text_of(variance.value)} / {text_of(rmse.value)}^2 = "
        f"{text_of(variance.value / rmse.value**2)} <= n / (n - 1), at least {text_of(low)} after "
        f"rounding, so n <= {text_of(limit)}"
    )
