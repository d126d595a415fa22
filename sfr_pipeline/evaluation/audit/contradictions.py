"""Printed numbers that cannot all be right, whatever the data were.

Belongs here: checks within one table. Each takes rounding into account. Does not belong here: what
follows from numbers that agree (`scale`, `persistence`, `classification`).
"""

from collections.abc import Iterator
from statistics import NormalDist

from sfr_pipeline.evaluation.audit.finding import Finding
from sfr_pipeline.evaluation.audit.printed import Printed, range_of, span_text, text_of
from sfr_pipeline.evaluation.audit.table import STATISTICS, Group

# A p-value at or below it may be the floor of a bootstrap, which says nothing of its size.
FLOOR = 0.01
NORMAL = NormalDist()


def contradictions(group: Group) -> Iterator[Finding]:
    """All contradictions within one split of a table."""
    for check in (
        _out_of_range,
        _errors,
        _probabilities,
        _durations,
        _harmonic_means,
        _intervals,
        _standard_errors,
        _p_values,
        _extremes,
    ):
        yield from check(group)


def _out_of_range(group: Group) -> Iterator[Finding]:
    for row, numbers in group.rows.items():
        for name, number in numbers.items():
            kind = STATISTICS[name]
            if number.high < kind.low or number.low > kind.high:
                yield _contradiction(
                    group, row, f"{name} is {text_of(number.value)}",
                    f"{name} lies between {span_text(kind.low, kind.high)}",
                )  # fmt: skip


def _errors(group: Group) -> Iterator[Finding]:
    for row, (rmse, mae) in group.having("rmse", "mae"):
        if rmse.high < mae.low:
            yield _contradiction(
                group, row, "RMSE is below MAE",
                f"RMSE {text_of(rmse.value)} < MAE {text_of(mae.value)}, but no mean is above the "
                "root of the mean square",
            )  # fmt: skip


def _probabilities(group: Group) -> Iterator[Finding]:
    for row, (stay, leave) in group.having("p_stay", "p_leave"):
        yield from _sum(group, row, "p_stay and p_leave", [stay, leave])
    shares = [number for _, (number,) in group.having("state_probability")]
    if len(shares) > 1:
        yield from _sum(group, "", "state probabilities", shares)


def _sum(group: Group, row: str, name: str, parts: list[Printed]) -> Iterator[Finding]:
    low, high = sum(part.low for part in parts), sum(part.high for part in parts)
    if not low - 1e-12 <= 1 <= high + 1e-12:
        total = sum(part.value for part in parts)
        yield _contradiction(
            group, row, f"{name} sum to {text_of(total)}",
            f"{' + '.join(text_of(part.value) for part in parts)} = {text_of(total)}, by rounding "
            f"{span_text(low, high)}, not 1",
        )  # fmt: skip


def _durations(group: Group) -> Iterator[Finding]:
    for row, (stay, duration) in group.having("p_stay", "duration"):
        if stay.high >= 1:
            continue
        low, high = range_of(lambda p: 1 / (1 - p), stay)
        # A last digit may have been cut rather than rounded.
        slack = duration.high - duration.low
        if not low - slack <= duration.value <= high + slack:
            yield _contradiction(
                group, row, f"a duration of {text_of(duration.value)} is not that of p_stay",
                f"1 / (1 - {text_of(stay.value)}) = {text_of(1 / (1 - stay.value))}, by rounding "
                f"{span_text(low, high)}",
            )  # fmt: skip


def _harmonic_means(group: Group) -> Iterator[Finding]:
    for row, (precision, recall, f1) in group.having("precision", "recall", "f1"):
        if precision.low <= 0 or recall.low <= 0:
            continue
        low, high = range_of(lambda p, r: 2 * p * r / (p + r), precision, recall)
        if f1.high < low or f1.low > high:
            between = precision.value, recall.value
            outside = "" if min(between) <= f1.value <= max(between) else ", not even between them"
            yield _contradiction(
                group, row, f"F1 {text_of(f1.value)} is not that of precision and recall{outside}",
                f"2 P R / (P + R) with P {text_of(precision.value)}, R {text_of(recall.value)} is "
                f"{span_text(low, high)}",
            )  # fmt: skip
    for row, (recall, f1) in group.having("recall", "f1"):
        # Even a precision of 1 gives no more.
        most = 2 * recall.high / (1 + recall.high)
        if f1.low > most:
            yield _contradiction(
                group, row, f"F1 {text_of(f1.value)} is more than any precision gives",
                f"2 R / (1 + R) with R {text_of(recall.value)} is at most {text_of(most)}",
            )  # fmt: skip


def _intervals(group: Group) -> Iterator[Finding]:
    for row, (estimate, low, high) in group.having("estimate", "low", "high"):
        if low.low > high.high:
            yield _contradiction(
                group, row, "the interval ends before it begins",
                f"{text_of(low.value)} > {text_of(high.value)}",
            )  # fmt: skip
        elif estimate.high < low.low or estimate.low > high.high:
            yield _contradiction(
                group, row,
                f"the interval excludes its estimate {text_of(estimate.value)}",
                f"{text_of(estimate.value)} is not within {span_text(low.value, high.value)}: "
                "perhaps an interval of surrogates without an effect",
            )  # fmt: skip


def _standard_errors(group: Group) -> Iterator[Finding]:
    for row, (estimate, error, p) in group.having("estimate", "standard_error", "p_value"):
        if not FLOOR < p.low < p.high < 1 or error.value <= 0:
            continue
        ratio, implied = abs(estimate.value) / error.value, -NORMAL.inv_cdf(p.low / 2)
        if ratio > 2 * implied:
            yield _contradiction(
                group, row,
                f"p = {text_of(p.value)} is not that of an estimate {ratio:.1f} standard errors "
                "from 0",
                f"{text_of(estimate.value)} / {text_of(error.value)} = {ratio:.1f}, but p = "
                f"{text_of(p.value)} is {implied:.1f} standard errors: perhaps they are those of "
                "surrogates; said from twice as many on",
            )  # fmt: skip


def _p_values(group: Group) -> Iterator[Finding]:
    for row, (statistic, bound) in group.having("z", "p_below"):
        one_sided = 1 - NORMAL.cdf(max(abs(statistic.low), abs(statistic.high)))
        derivation = (
            f"P(Z > {text_of(abs(statistic.value))}) = {text_of(one_sided)}, of both tails "
            f"{text_of(2 * one_sided)}"
        )
        if one_sided >= bound.high:
            says = f"z = {text_of(statistic.value)} has no p-value below {text_of(bound.value)}"
            yield _contradiction(group, row, says, derivation)
        elif 2 * one_sided >= bound.high:
            says = (
                f"z = {text_of(statistic.value)} has p below {text_of(bound.value)} in one tail "
                "only; of both it has not"
            )
            yield Finding("doubt", group.where(row), says, (derivation,))


def _extremes(group: Group) -> Iterator[Finding]:
    for row, (low, mean, high) in group.having("min", "mean", "max"):
        if mean.high < low.low or mean.low > high.high:
            yield _contradiction(
                group, row, f"the mean {text_of(mean.value)} lies outside its extremes",
                f"smallest {text_of(low.value)}, largest {text_of(high.value)}",
            )  # fmt: skip


def _contradiction(group: Group, row: str, says: str, derivation: str) -> Finding:
    return Finding("contradiction", group.where(row), says, (derivation,))
