"""The text of drafted prices and of their stress leg: for a human to edit."""

from collections.abc import Sequence

import pandas as pd

from sfr_pipeline.drafting.instruments import (
    Instrument,
    Leg,
    at_weekends,
    breadth_of,
    judged_years,
    start_of,
)
from sfr_pipeline.drafting.sections import Span
from sfr_pipeline.markets.stress import LabelSettings
from sfr_pipeline.yaml_text import quoted

# Of futures whose price may fall to zero: lowest denominator as a share of the median, and bound.
FLOOR, CLIP = 0.1, 0.35
# Share of days with a volume from which it is a feature.
TRADED = 0.5
UNITS = {"yield": "per cent", "rate": "per cent", "implied": "per cent a year"}
CHOSEN = "All days of the files, and test years by the rule of init-market; no score was looked at."


def prices_text(instruments: Sequence[Instrument]) -> str:
    """The section ``prices``."""
    lines = [
        "# From files in the folder 'prices' of the market's own. An instrument that has 'source'",
        "# and 'code' is asked for where it has no file.",
        "prices:",
        *(
            f"  - {{symbol: {quoted(one.symbol)}, name: {quoted(one.symbol)}, "
            f"unit: {UNITS.get(one.kind, 'unit of the file')}}}"
            for one in instruments
        ),
    ]
    return "\n".join(lines) + "\n"


def stress_text(leg: Leg, months: Span, last: pd.Timestamp) -> str:
    """The section ``stress``.

    Args:
        leg: who counts.
        months: of the market, which a panel may end before the prices.
        last: day of the calendar.
    """
    start = start_of(leg)
    first, development = judged_years(start, last)
    lines = [
        "stress:",
        f"  start: {start:%Y-%m-%d}  # guessed: from then on {breadth_of(leg)} sub-markets trade",
    ]
    # Of a leg that has not begun the end is refused, and there is nothing to lose.
    if f"{last:%Y-%m}" > months.end and last.year >= first:
        lines.append(f"  end: {last:%Y-%m-%d}  # prices outlast the monthly sample")
    lines += [
        f"  chosen: {quoted(CHOSEN)}",
        f"  calendar: {quoted(leg.calendar.symbol)}  # guessed: {_why_calendar(leg)}",
        f"  # Stress in {LabelSettings().breadth} of these at once is systemic: keep parts of the "
        "system that can fall",
        "  # apart from each other. Beside them companions give features and do not count.",
        "  sub_markets:",
        *(_part(one) for one in leg.sub_markets),
    ]
    if leg.companions:
        lines += ["  companions:", *(_part(one) for one in leg.companions)]
    if traded := [one for one in leg.sub_markets if _has_volume(one)]:
        lines += ["  volumes:", *(_level(one) for one in traded)]
    levels = {"rates": [one._replace(id=f"{one.id}_level") for one in leg.rates],
              "implied": leg.implied}  # fmt: skip
    for group, members in levels.items():
        if members:
            lines += [f"  {group}:  # guessed by their names", *(_level(one) for one in members)]
    lines += [
        f"  first_test_year: {first}  # guessed: {first - start.year} years of labels and training "
        "come first",
        f"  development_end: {development}  # guessed: half of the test years; choose by these",
    ]
    if breadth_of(leg) < LabelSettings().breadth:
        lines.append(
            f"  labels: {{breadth: {breadth_of(leg)}}}  # one sub-market: its stress is no breadth"
        )
    return "\n".join(lines) + "\n"


def _why_calendar(leg: Leg) -> str:
    days = f"most closes, {len(leg.calendar.frame)}"
    return days if at_weekends(leg.calendar) else f"{days}, and none at weekends"


def _part(one: Instrument) -> str:
    extra = ""
    if one.kind == "yield":
        extra = f", returns: yield, duration: {one.duration:g}"
    elif one.kind == "simple":
        floor = float(f"{FLOOR * one.frame['close'].abs().median():.1g}")
        extra = f", returns: simple, floor: {floor:g}, clip: {CLIP}"
    why = "; ".join(
        reason
        for reason in (
            one.why,
            "guessed: a yield by its name" if one.kind == "yield" else None,
            "guessed: not always above zero" if one.kind == "simple" else None,
        )
        if reason
    )
    symbol = quoted(one.symbol)
    line = f"    - {{id: {one.id}, name: {symbol}, symbols: [{symbol}]{extra}}}"
    return f"{line}  # {why}" if why else line


def _level(one: Instrument) -> str:
    return f"    - {{id: {one.id}, symbol: {quoted(one.symbol)}}}"


def _has_volume(one: Instrument) -> bool:
    return bool((one.frame["volume"] > 0).mean() >= TRADED)
