"""Rows of an exported file as frames of some thousand, whatever the format.

Belongs here: what all formats do alike. Does not belong here: any of them (`export_text`,
`export_json`, `export_books`).
"""

from collections.abc import Iterable, Iterator, Sequence

import pandas as pd

from sfr_pipeline.opinion.fields import UNREADABLE, UnreadableRow


def frames_of(
    columns: Sequence[str], rows: Iterable[Sequence[object] | UnreadableRow], most: int
) -> Iterator[pd.DataFrame]:
    """Frames of the rows, at most so many in each.

    Args:
        columns: their names.
        rows: the values of each in that order; a text without a character is no value.
        most: rows of a frame.

    Yields:
        The columns, and `UNREADABLE`: an `UnreadableRow` where the row is one, which has no values.
    """
    names = [*columns, UNREADABLE]
    values: list[list[object]] = [[] for _ in names]
    for row in rows:
        unreadable = isinstance(row, UnreadableRow)
        cells = (*[None] * len(columns), row) if unreadable else (*row, None)
        for column, value in zip(values, cells, strict=True):
            column.append(None if isinstance(value, str) and not value else value)
        if len(values[-1]) == most:
            yield pd.DataFrame(dict(zip(names, values, strict=True)), dtype=object)
            values = [[] for _ in names]
    yield pd.DataFrame(dict(zip(names, values, strict=True)), dtype=object)
