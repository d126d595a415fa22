"""The text of a drafted catalogue, its mapping and its table: for a human to edit.

Belongs here: how it is written down. Does not belong here: what is guessed (`guessing`, `months`).
Every guess has a comment that says so and why.
"""

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from sfr_pipeline.drafting.guessing import Guess
from sfr_pipeline.drafting.months import BEFORE_VINTAGES, LEAST_FOR_FORECASTS, Months
from sfr_pipeline.drafting.reading import LeftOut
from sfr_pipeline.drafting.words import DIMENSIONS, UNDECIDED
from sfr_pipeline.yaml_text import quoted

TITLES = {name: title for name, title, _ in DIMENSIONS} | {UNDECIDED[0]: UNDECIDED[1]}
WIDTH = 100


class Text(NamedTuple):
    """What a catalogue says beside its series.

    Attributes:
        name: of the market.
        title: for readers.
        file: the user's own, or the folder of them, without what is above.
        months: of the sample.
        inputs: ids of the series that stand beside the index in the early warning.
        left_out: what the file holds and the market does not.
    """

    name: str
    title: str
    file: str
    months: Months
    inputs: Sequence[str]
    left_out: Sequence[LeftOut]


def catalogue(text: Text, guesses: Sequence[Guess]) -> str:
    """The market's YAML.

    Args:
        text: what it says beside the series.
        guesses: the series, in the order of the file that is written.
    """
    by_dimension = _by_dimension(guesses)
    parts = [
        _head(text),
        _left_out(text.left_out),
        "dimensions:\n" + "".join(f"  {name}: {TITLES[name]}\n" for name in by_dimension),
        "series:\n" + "".join(_series(one) for one in guesses),
        "indicators:\n"
        + "\n".join(
            f"  # {TITLES[name]} {'-' * (WIDTH - 5 - len(TITLES[name]))}\n"
            + "".join(_indicator(one) for one in own)
            for name, own in by_dimension.items()
        ),
        _forecasting(text, guesses),
    ]
    return "\n".join(part for part in parts if part)


def mapping(guesses: Sequence[Guess]) -> str:
    """The file that says in which column of the table each series stands."""
    lines = "".join(f"{one.id}: {quoted(one.column)}\n" for one in guesses)
    return f"# Series of the market, and their columns in wide.csv.\n{lines}"


def table(guesses: Sequence[Guess]) -> str:
    """The series as a CSV that a market reads: dates of periods' ends, plain numbers."""
    frame = pd.concat({one.column: one.values for one in guesses}, axis=1, sort=True)
    frame.index.name = "date"
    return frame.to_csv(date_format="%Y-%m-%d", lineterminator="\n")


def _by_dimension(guesses: Sequence[Guess]) -> dict[str, list[Guess]]:
    order = [*TITLES]
    groups: dict[str, list[Guess]] = {}
    for one in sorted(guesses, key=lambda one: order.index(one.dimension or UNDECIDED[0])):
        groups.setdefault(one.dimension or UNDECIDED[0], []).append(one)
    return groups


def _head(text: Text) -> str:
    months = text.months
    return f"""\
# Drafted by 'sfr init-market' from {text.file}. It is yours to edit; a mistake is refused with its
# line. What is marked 'guessed' rests on the rule beside it and on nobody's knowledge.
name: {text.name}
title: {quoted(text.title)}
# The months in which at least half of the series have values, from the first in which one was
# known in real time; 'end: latest' goes on every month.
# The first index in real time has {BEFORE_VINTAGES} months or more before it to be estimated from.
sample: {{start: {months.start}, end: {months.end}, first_vintage: {months.first_vintage}}}
files: imports/{text.name}

notes:
  # Shown in the report; take it out once you have gone through the guesses.
  - {
        quoted(
            f"Drafted from {text.file}: units, transforms, release lags and directions are guesses "
            "where the catalogue says so."
        )
    }
"""


def _left_out(left_out: Sequence[LeftOut]) -> str:
    if not left_out:
        return ""
    lines = "".join(f"#   {quoted(one.name)}: {' '.join(one.reason.split())}\n" for one in left_out)
    return f"# Left out of the file:\n{lines}"


def _series(one: Guess) -> str:
    low, high = one.valid_range
    lines = [
        f"  - id: {one.id}",
        f"    name: {quoted(one.name)}",
        _guessed(f"    unit: {quoted(one.unit)}", one.unit_why),
        f"    frequency: {one.frequency}",
        _guessed(f"    release_lag: {one.release_lag}", one.lag_why),
        "    source: null",
        f"    vendor: {quoted(f'{one.file}, {one.column}')}",
        _guessed(f"    valid_range: [{low:g}, {high:g}]", "ten times the largest value"),
    ]
    if one.typical is not None:
        small, large = one.typical
        lines.append(
            _guessed(f"    typical: [{small:g}, {large:g}]", "ten times off the median size")
        )
    if one.skips:
        months = ", ".join(map(str, one.skips))
        lines += [
            _guessed(f"    skips: [{months}]", "months of the year that never have a value"),
            f"    carry: {len(one.skips)}  # these months are bridged",
        ]
    if one.note:
        lines.append(f"    note: {quoted(one.note)}")
    return "\n".join(lines) + "\n"


def _indicator(one: Guess) -> str:
    undecided = [
        name
        for name, value in {"direction": one.direction, "dimension": one.dimension}.items()
        if value is None
    ]
    direction = (
        f"    direction: {one.direction}  # {one.direction_why}"
        if one.direction is not None
        else "    direction: 1  # TO BE DECIDED: 1 if more of it means more risk, -1 if less"
    )
    dimension = (
        _guessed(f"    dimension: {one.dimension}", one.dimension_why)
        if one.dimension is not None
        else f"    dimension: {UNDECIDED[0]}  # TO BE DECIDED: one of 'dimensions', or a new one"
    )
    lines = [f"  - id: {one.id}", f"    name: {quoted(one.name)}", dimension, direction]
    if undecided:
        lines.append(f"    undecided: [{', '.join(undecided)}]  # take out what you have decided")
    lines += [
        f"    unit: {quoted(one.unit)}",
        f"    input: {{series: {one.id}}}",
        _guessed(f"    transform: [{', '.join(one.transform)}]", one.transform_why),
        f"    why: {quoted('To be written: why it tells of risk.')}",
    ]
    return "\n".join(lines) + "\n"


def _forecasting(text: Text, guesses: Sequence[Guess]) -> str:
    months = text.months
    if months.training is None or not text.inputs:
        return (
            "# No early warning: it needs an input that covers the sample, and a sample of "
            f"{LEAST_FOR_FORECASTS} months.\n"
        )
    by_id = {one.id: one for one in guesses}
    lines = [
        "# Early warning: series beside the index, chosen because they cover the sample; choose "
        "yours.",
        "forecasting:",
        f"  start: {months.training}  # a year after the sample, which growth rates lose",
        f"  min_months: {months.min_months}  # of training before the first forecast",
        "  inputs:",
    ]
    for name in text.inputs:
        one = by_id[name]
        lines += [
            f"    - id: {one.id}",
            f"      name: {quoted(one.name)}",
            f"      unit: {quoted(one.unit)}",
            f"      input: {{series: {one.id}}}",
            f"      transform: [{', '.join(one.transform)}]",
            f"      why: {quoted('To be written: why it tells of risk to come.')}",
        ]
    return "\n".join(lines) + "\n"


def _guessed(line: str, why: str | None) -> str:
    return line if why is None else f"{line}  # guessed: {why}"
