"""Drafts the prices and the stress leg of a market from price files."""

import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from sfr_pipeline.drafting.dates import DayFirst
from sfr_pipeline.drafting.instruments import (
    Instrument,
    Leg,
    chosen_leg,
    guessed,
    judged_years,
    start_of,
)
from sfr_pipeline.drafting.numbers import Decimal
from sfr_pipeline.drafting.price_files import PriceFiles, read_price_files
from sfr_pipeline.drafting.prices_text import prices_text, stress_text
from sfr_pipeline.drafting.sections import Section, Span
from sfr_pipeline.sources.files.price_names import MAPPING
from sfr_pipeline.sources.files.prices import FOLDER
from sfr_pipeline.yaml_text import quoted

# Symbols that can be names of files on any system.
SAFE = re.compile(r"[A-Za-z0-9^=_+-][A-Za-z0-9^=._+-]{0,60}")


def draft_prices(
    path: Path, *, day_first: DayFirst = None, decimal: Decimal | None = None
) -> Section:
    """Draft prices and stress leg from price files.

    Args:
        path: file or folder.
        day_first: of 01/02/2020, whether the day comes first; None: as the dates tell.
        decimal: what divides decimals; None: as the numbers tell.

    Raises:
        SourceError: they can't be read, or hold nothing whose return can be formed.
    """
    found = read_price_files(path, day_first, decimal)
    taken: set[str] = set()
    instruments = []
    for bars in found.instruments:
        instruments.append(guessed(bars, taken))
        taken.add(instruments[-1].id)
    leg = chosen_leg(path, instruments)
    first = min(one.frame.index[0] for one in instruments)
    # Days are those of the calendar: what goes on after it is not seen.
    last = leg.calendar.frame.index[-1]

    def text(months: Span) -> str:
        return f"{prices_text(instruments)}\n{stress_text(leg, months, last)}"

    return Section(
        file=found.name,
        months=Span(f"{first:%Y-%m}", f"{last:%Y-%m}"),
        text=text,
        files=_files(instruments),
        undecided=(),
        notes=_notes(found, leg, first, last),
    )


def _files(instruments: Sequence[Instrument]) -> dict[str, bytes]:
    """A CSV an instrument, called by its symbol where a file can be."""
    files, mapped = {}, {}
    names = [one.symbol.casefold() for one in instruments]
    for one in instruments:
        stem = one.symbol
        if not SAFE.fullmatch(stem) or names.count(stem.casefold()) > 1:
            stem = f"{one.id}_{FOLDER}"
            mapped[stem] = one.symbol
        frame = one.frame.dropna(axis="columns", how="all").rename_axis("date")
        csv = frame.to_csv(date_format="%Y-%m-%d", lineterminator="\n")
        files[f"{FOLDER}/{stem}.csv"] = csv.encode()
    if mapped:
        lines = "".join(f"  {stem}: {quoted(symbol)}\n" for stem, symbol in mapped.items())
        files[f"{FOLDER}/{MAPPING}"] = f"symbols:\n{lines}".encode()
    return files


def _notes(found: PriceFiles, leg: Leg, first: pd.Timestamp, last: pd.Timestamp) -> tuple[str, ...]:
    year, _ = judged_years(start_of(leg), last)
    notes = [
        f"{found.name}: {len(found.instruments)} instruments, {first:%Y-%m-%d} to {last:%Y-%m-%d}; "
        f"{len(leg.sub_markets)} count as sub-markets.",
        *found.notes,
        *(f"Left out: {one.name}: {one.reason}." for one in found.left_out),
    ]
    if any(one.frame.index[-1] > last for one in found.instruments):
        notes.append(
            f"The trading days of {leg.calendar.symbol} are the calendar: what others have after "
            f"{last:%Y-%m-%d}, its last, is not used."
        )
    if last.year < year:
        notes.append(
            f"Daily stress needs years of labels before it is judged, and begins in {year}: until "
            "then its tables are empty and say so."
        )
    if len(leg.sub_markets) == 1:
        notes.append("There is one sub-market alone: stress is its own, and not systemic.")
    return tuple(notes)
