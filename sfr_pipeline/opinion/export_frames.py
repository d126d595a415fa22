"""Rows of an exported file as frames of some thousand, whatever the format.

Belongs here: what all formats do alike. Does not belong here: any of them (`export_text`,
`export_json`, `export_books`).
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pandas as pd

from sfr_pipeline.errors import SourceError
from sfr_pipeline.opinion.fields import UNREADABLE, UnreadableRow
from sfr_pipeline.sources.files.content import MOST_COLUMNS

# Characters, or bytes, of text that a frame holds and a row more: rows may be as long as files.
TEXT_AT_ONCE = 2**26


def frames_of(
    columns: Sequence[str], rows: Iterable[Sequence[object] | UnreadableRow], most: int
) -> Iterator[pd.DataFrame]:
    """Frames of the rows, at most so many in each, and fewer where their texts are long.

    Args:
        columns: their names.
        rows: the values of each in that order; a text without a character is no value.
        most: rows of a frame.

    Yields:
        The columns, and `UNREADABLE`: an `UnreadableRow` where the row is one, which has no values.
    """
    names = [*columns, UNREADABLE]
    values: list[list[object]] = [[] for _ in names]
    held = 0
    for row in rows:
        unreadable = isinstance(row, UnreadableRow)
        cells = (*[None] * len(columns), row) if unreadable else (*row, None)
        for column, value in zip(values, cells, strict=True):
            column.append(None if isinstance(value, str) and not value else value)
        held += sum(map(_length, cells))
        if len(values[-1]) == most or held > TEXT_AT_ONCE:
            yield pd.DataFrame(dict(zip(names, values, strict=True)), dtype=object)
            values, held = [[] for _ in names], 0
    yield pd.DataFrame(dict(zip(names, values, strict=True)), dtype=object)


def require_columns(path: Path, names: list[str]) -> list[str]:
    """The names of a table's columns, where they are no more than any table has.

    Raises:
        SourceError: they are more.
    """
    if len(names) > MOST_COLUMNS:
        raise SourceError(
            f"{path} has more than {MOST_COLUMNS:,} columns: keep those that posts need"
        )
    return names


def _length(value: object) -> int:
    """Characters of a text, and of those that a value of JSON is made of."""
    if isinstance(value, str):
        return len(value)
    length, within = 0, [value]
    while within:
        one = within.pop()
        if isinstance(one, dict):
            within += [*one, *one.values()]
        elif isinstance(one, list):
            within += one
        # What is no text takes some room too.
        length += len(one) if isinstance(one, str) else 8
    return length
