"""Months that a spreadsheet took for numbers: of 2023.10 it wrote 2023.1, which is January too.

Belongs here: which of the two a cell means, by the column that it stands in. Does not belong here:
all other dates (`dates`), and heads of official tables, of which none is left out (`official`).
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from sfr_pipeline.sources.files.checks import abridged, listed, refuse

CUT = re.compile(r"(\d{4})\.1", re.ASCII)
WHOLE = re.compile(r"\d{4}\.10", re.ASCII)
PADDED = re.compile(r"\d{4}\.0[1-9]", re.ASCII)
JANUARY, OCTOBER = 0, 9

Choices = list[set[int]]


def settled(
    file: str, layout: str, rows: Sequence[tuple[int, object, str]], place: str = "row"
) -> list[str]:
    """The dates of a column of one series, ``2023.1`` being the January or October that fits.

    Order tells, up or down, where the months before and behind leave one of them. Else, at the ends
    of a column, what tells is the usual distance of months, and whether the column writes the zeros
    of 2023.10 or those of 2023.01. Where they contradict each other, nothing does.

    Args:
        file: its name, for messages.
        layout: its vendor, for messages.
        rows: number, cell, and its date as far as the cell alone tells, in the order of the file.
        place: what the numbers count, rows or columns.

    Returns:
        A date each, as of `dates.date_of`.

    Raises:
        SourceError: it can't be told which is meant.
    """
    texts = [unicodedata.normalize("NFKC", str(cell)).strip() for _, cell, _ in rows]
    dates = [date for _, _, date in rows]
    cut = {at: match for at, text in enumerate(texts) if (match := CUT.fullmatch(text))}
    if not cut:
        return dates
    choices = [
        {12 * int(cut[at][1]) + month for month in (JANUARY, OCTOBER)}
        if at in cut
        else {_counted(date)}
        for at, date in enumerate(dates)
    ]
    fits = [
        up | down for up, down in zip(*(_in_order(choices, way) for way in (1, -1)), strict=True)
    ]
    zeros = _by_zeros(texts)
    open_ = [at for at in cut if len(fits[at]) != 1]
    told = {at: _told(fits, at, choices[at], zeros) for at in open_}
    if unsure := [rows[at] for at in open_ if told[at] is None]:
        numbers = [number for number, _, _ in unsure]
        refuse(
            file,
            None,
            f"layout {layout}: '{abridged(unsure[0][1])}' in {place}{'s' * (len(numbers) > 1)} "
            f"{listed(numbers)} may be January or October, as where a spreadsheet took months for "
            "numbers, and the dates beside it do not tell: write months like 2023-01",
        )
    for at in cut:
        (month,) = {told[at]} if at in told else fits[at]
        assert month is not None, "what is unsure was refused"
        dates[at] = f"{month // 12}-{month % 12 + 1:02d}"
    return dates


def _counted(date: str) -> int:
    """The month of a date, counted through the years; of a quarter its last."""
    year, rest = int(date[:4]), date[4:]
    return 12 * year + (3 * int(rest[1]) if rest.startswith("Q") else int(rest[1:3])) - 1


def _in_order(choices: Choices, way: int) -> Choices:
    """Of each place the months with which all can follow one another, up (1) or down (-1)."""
    ahead = _reached(choices, way)
    back = _reached(choices[::-1], -way)[::-1]
    return [one & other for one, other in zip(ahead, back, strict=True)]


def _reached(choices: Iterable[set[int]], way: int) -> Choices:
    reached: Choices = []
    for own in choices:
        before = reached[-1] if reached else None
        reached.append(
            {one for one in own if before is None or any(way * (one - b) > 0 for b in before)}
        )
    return reached


def _by_zeros(texts: Sequence[str]) -> int | None:
    """The month of the year that is meant in a column that keeps the zeros of the other."""
    whole, padded = (any(map(form.fullmatch, texts)) for form in (WHOLE, PADDED))
    return None if whole == padded else JANUARY if whole else OCTOBER


def _told(fits: Choices, at: int, choices: set[int], zeros: int | None) -> int | None:
    """The month of a place of which order leaves both, or none."""
    said = {month for month in choices if month % 12 == zeros}
    beside = [fits[n] for n in (at - 1, at + 1) if 0 <= n < len(fits)]
    sure = [next(iter(one)) for one in beside if len(one) == 1]
    if sure:
        usual = _usual_distance(fits)
        said |= {one for one in fits[at] if all(abs(one - other) == usual for other in sure)}
    return said.pop() if len(said) == 1 else None


def _usual_distance(fits: Choices) -> int:
    """Months between neighbours that are sure, as most often; 1 where there are none."""
    gaps = Counter(
        abs(next(iter(one)) - next(iter(other)))
        for one, other in pairwise(fits)
        if len(one) == len(other) == 1
    )
    return max(gaps, key=lambda gap: (gaps[gap], -gap), default=1)
