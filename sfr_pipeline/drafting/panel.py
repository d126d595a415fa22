"""Drafts a market from a table of series: reads it, guesses, asks, and writes it down."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pandas as pd

from sfr_pipeline.drafting.dates import DayFirst
from sfr_pipeline.drafting.draft import Draft
from sfr_pipeline.drafting.guessing import Guess, guess
from sfr_pipeline.drafting.months import Months, months_of
from sfr_pipeline.drafting.numbers import Decimal
from sfr_pipeline.drafting.reading import LEAST_MONTHS, LeftOut, read_panel
from sfr_pipeline.drafting.writing import Text, catalogue, mapping, table
from sfr_pipeline.errors import SourceError, TooShortError
from sfr_pipeline.markets.forecasting import RESERVED
from sfr_pipeline.sources.files.mapping import MAPPING, WIDE

# Asks a question on the terminal and returns the answer; None where nobody can be asked.
Ask = Callable[[str], str] | None

ANSWERS: dict[str, Literal[-1, 1]] = {"+": 1, "+1": 1, "1": 1, "-": -1, "-1": -1}
# An index is a weighted sum, and of one there is nothing to weigh.
LEAST_SERIES = 2
# Series that stand beside the index in the early warning, unless the user chooses others.
INPUTS = 3


def draft_panel(
    file: Path,
    name: str,
    title: str,
    *,
    ask: Ask = None,
    day_first: DayFirst = None,
    decimal: Decimal | None = None,
) -> Draft:
    """Draft a market from a table of series.

    Args:
        file: CSV or Excel file, in any layout, or a folder of them.
        name: of the market.
        title: for readers.
        ask: asks for the directions that no name tells; None leaves them to be decided.
        day_first: of 01/02/2020, whether the day comes first; None: as the dates tell.
        decimal: what divides decimals; None: as the numbers tell.

    Raises:
        SourceError: the table can't be read, or holds fewer than two series that can be used.
        TooShortError: its series are too short.
    """
    panel = read_panel(file, day_first, decimal)
    # What the early warning calls its own may not be the name of an input.
    taken = set(RESERVED)
    every: list[Guess] = []
    for column in panel.columns:
        every.append(guess(column, taken))
        taken.add(every[-1].id)
    try:
        months = months_of(every)
    except TooShortError as error:
        raise TooShortError(f"{file}: {error}") from error
    guesses = [one for one in every if _months_within(one.values, months) >= LEAST_MONTHS]
    left_out = [
        *panel.left_out,
        *(
            LeftOut(
                one.column,
                f"it has {_months_within(one.values, months)} months from {months.start} to "
                f"{months.end}, and {LEAST_MONTHS} are needed",
            )
            for one in every
            if _months_within(one.values, months) < LEAST_MONTHS
        ),
    ]
    if len(guesses) < LEAST_SERIES:
        reasons = "; ".join(f"{one.name}: {one.reason}" for one in left_out) or "it holds no other"
        raise SourceError(
            f"{file}: an index needs {LEAST_SERIES} series, and {len(guesses)} can be used "
            f"({reasons})"
        )
    if ask is not None:
        guesses = _asked(guesses, ask)
    text = Text(name, title, panel.file, months, _inputs(guesses, months), left_out)
    return Draft(
        name=name,
        title=title,
        yaml=catalogue(text, guesses),
        files={WIDE[0]: table(guesses).encode(), MAPPING: mapping(guesses).encode()},
        undecided=_undecided(guesses),
        notes=(
            f"{panel.file}: {len(guesses)} series, {months.start} to {months.end}.",
            *panel.notes,
            *(f"Left out: {one.name}: {one.reason}." for one in left_out),
        ),
    )


def _months_within(values: pd.Series, months: Months) -> int:
    """Months from a series' first value within the sample to its last."""
    within = values.index.to_period("M")
    within = within[(within >= months.start) & (within <= months.end)]
    return (within[-1] - within[0]).n + 1 if len(within) else 0


def _asked(guesses: Sequence[Guess], ask: Callable[[str], str]) -> list[Guess]:
    """Ask for the directions that no name tells; an empty answer leaves one to be decided."""
    answered = []
    for one in guesses:
        if one.direction is not None:
            answered.append(one)
            continue
        question = f"{one.name}: does more of it mean more risk (+) or less (-)? [to be decided] "
        try:
            while (answer := ask(question).strip()) and answer not in ANSWERS:
                question = "Type +, - or nothing: "
        except EOFError:
            answer = ""
        direction = ANSWERS.get(answer)
        why = "as you said" if direction is not None else None
        answered.append(replace(one, direction=direction, direction_why=why))
    return answered


def _inputs(guesses: Sequence[Guess], months: Months) -> list[str]:
    """Series that cover the whole sample, monthly and daily ones taken as they are first."""
    start, end = (pd.Period(month, "M") for month in (months.start, months.end))
    covering = [
        one
        for one in guesses
        if one.frequency != "quarterly"
        and one.values.index[0].to_period("M") <= start
        and one.values.index[-1].to_period("M") >= end
    ]
    ranked = sorted(covering, key=lambda one: one.transform[-1] != "level")
    return [one.id for one in ranked[:INPUTS]]


def _undecided(guesses: Sequence[Guess]) -> tuple[str, ...]:
    """What a reader of the index must know that nobody has decided."""
    sentences = []
    if names := [one.name for one in guesses if one.direction is None]:
        sentences.append(f"direction of {', '.join(names)}; +1, more means more risk, stands in")
    if names := [one.name for one in guesses if one.dimension is None]:
        sentences.append(f"dimension of {', '.join(names)}")
    return tuple(sentences)
