"""Two rows of heads: whose a column is, above or below what it holds."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sfr_pipeline.sources.files.checks import refuse
from sfr_pipeline.sources.files.layouts.bars import (
    Cells,
    Numbered,
    Table,
    Words,
    head,
    place_of,
    read_bars,
)
from sfr_pipeline.sources.files.layouts.interface import FoundPrices, ReadPrices, Told
from sfr_pipeline.sources.files.opening import Sheet


class Heads(NamedTuple):
    """Two rows of heads.

    Attributes:
        date: column of the days.
        fields: what each column holds, '' where it is no bar.
        tickers: whose it is.
        rows: below them.
    """

    date: int
    fields: Cells
    tickers: Cells
    rows: Sequence[Numbered]


def read_crossed(sheet: Sheet, layout: str, heads: Heads, words: Words, told: Told) -> ReadPrices:
    """The bars of each ticker of a sheet.

    Args:
        sheet: of the file.
        layout: its vendor, for messages.
        heads: the sheet's.
        words: how heads call what a column holds.
        told: what the user says.

    Raises:
        SourceError: as `bars.read_bars`.
    """
    columns = zip(heads.fields, heads.tickers, strict=True)
    if bare := [str(field) for field, ticker in columns if field and ticker in (None, "")]:
        refuse(
            sheet.file,
            None,
            f"it is laid out as by {layout}, but no code stands above {', '.join(bare)}: write it "
            "there, or remove what stands without one",
        )
    prices: list[FoundPrices] = []
    ignored: list[str] = []
    said = {
        field: (head(theirs),)
        for field, theirs in told.columns.items()
        if head(theirs) in map(head, heads.fields)
    }
    tables = dict(_tables(sheet, layout, heads, {**words, **said}))
    without = [
        str(one) for one in dict.fromkeys(heads.tickers[1:]) if one and str(one) not in tables
    ]
    if not tables:
        shown = ", ".join(dict.fromkeys(str(cell) for cell in heads.fields if cell)) or "no bars"
        refuse(
            sheet.file,
            None,
            f"it is laid out as by {layout}, but has no close (its columns: {shown}): give a file "
            "with one, or name the column that is meant in mapping.yaml, as in 'columns: {close: "
            "Adj Close}'",
        )
    if without:
        ignored.append(f"no close of {', '.join(without)}, which is not read")
    for ticker, table in tables.items():
        read = read_bars(table, told)
        prices += [one._replace(symbol=ticker) for one in read.prices]
        ignored += read.ignored
    return ReadPrices(prices, list(dict.fromkeys(ignored)))


def filled(cells: Cells) -> Cells:
    """A row of heads, each cell that a spreadsheet merged with the one before it said again."""
    said: object = None
    filled = [cells[0]]
    for cell in cells[1:]:
        said = said if cell is None else cell
        filled.append(said)
    return filled


def _tables(sheet: Sheet, layout: str, heads: Heads, words: Words) -> Iterator[tuple[str, Table]]:
    for ticker in dict.fromkeys(
        cell for field, cell in zip(heads.fields, heads.tickers, strict=True) if field
    ):
        own = [
            place
            for place, cell in enumerate(heads.tickers)
            if cell == ticker and heads.fields[place]
        ]
        shown = [words["date"][0], *(heads.fields[place] for place in own)]
        at = place_of(shown, words, ("date", "close"))
        if at is not None:
            places = [heads.date, *own]
            rows = [
                (row, [cells[place] if place < len(cells) else None for place in places])
                for row, cells in heads.rows
            ]
            yield str(ticker), Table(sheet, layout, shown, at, rows, ())
