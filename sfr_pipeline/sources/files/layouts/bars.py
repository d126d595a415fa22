"""From a table with a head to bars: what the layouts of prices share.

Belongs here: heads to columns, rows to days and numbers, and how a row that breaks a layout is told
of. Does not belong here: what one vendor alone does (its own module), and what days and numbers
mean (`written`).
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, NoReturn

import pandas as pd

from sfr_pipeline.sources.files.checks import abridged, refuse
from sfr_pipeline.sources.files.layouts import whose
from sfr_pipeline.sources.files.layouts.interface import (
    PRICE_FIELDS,
    FoundPrices,
    ReadPrices,
    Told,
)
from sfr_pipeline.sources.files.layouts.written import (
    Decimal,
    TwoMeanings,
    decimal_of,
    number,
    read_days,
    volume_size,
)
from sfr_pipeline.sources.files.opening import Sheet

Cells = Sequence[object]
Numbered = tuple[int, Cells]
Words = Mapping[str, Sequence[str]]

# How heads call what a column holds, as `head` writes them.
BARS: Words = {
    "date": ("date",),
    "open": ("open",),
    "high": ("high",),
    "low": ("low",),
    "close": ("close",),
    "adjusted": ("adj close", "adjclose", "adj. close", "adjusted close"),
    "volume": ("volume",),
}
VALUES = (*PRICE_FIELDS, "adjusted")
# Rows above a head, such as a title.
MOST_ABOVE = 10
LISTED = 10
# Verbs of a fault of several rows, as of one.
ONE_ROW = {"have": "has", "hold": "holds", "are": "is", "name": "names", "divide": "divides"}
_UNITS = re.compile(r"[(（\[].*?[)）\]]")


class Table(NamedTuple):
    """A sheet whose head was found.

    Attributes:
        sheet: of the file.
        layout: its vendor, for messages.
        head: cells of the head.
        at: column of each field, ``symbol`` too.
        rows: below the head.
        above: rows above it.
    """

    sheet: Sheet
    layout: str
    head: Cells
    at: dict[str, int]
    rows: Sequence[Numbered]
    above: Sequence[Numbered]


def head(cell: object) -> str:
    """A cell of a head in small letters, without breaks of lines, units, stars and brackets."""
    text = _UNITS.sub("", "" if cell is None else str(cell))
    return " ".join(text.split()).casefold().strip("<>*: ")


def place_of(cells: Cells, words: Words, needed: Iterable[str]) -> dict[str, int] | None:
    """Columns of a row that is a head; None where something needed isn't there."""
    heads = [head(cell) for cell in cells]
    at = {
        field: next(heads.index(one) for one in called if one in heads)
        for field, called in words.items()
        if any(one in heads for one in called)
    }
    return at if set(needed) <= set(at) else None


def find_head(
    sheet: Sheet, words: Words, needed: Iterable[str]
) -> tuple[int, dict[str, int]] | None:
    """The first row of a sheet that is a head, by place, and its columns."""
    needed = tuple(needed)
    for place, (_, cells) in enumerate(sheet.rows[: MOST_ABOVE + 1]):
        if (at := place_of(cells, words, needed)) is not None:
            return place, at
    return None


def listed(rows: Sequence[int]) -> str:
    """Rows for a message, the first of them by number."""
    numbers = sorted(set(rows))
    more = f" and {len(numbers) - LISTED} more" if len(numbers) > LISTED else ""
    return f"row{'s' * (len(numbers) > 1)} {', '.join(map(str, numbers[:LISTED]))}{more}"


def broken(sheet: Sheet, layout: str, rows: Sequence[int], what: str, such: str = "") -> NoReturn:
    """Refuse a sheet by layout and rows.

    Args:
        sheet: of the file.
        layout: its vendor.
        rows: at fault.
        what: the fault of several rows, its verb first, and the remedy.
        such: a cell at fault, to be shown.
    """
    verb, _, rest = what.partition(" ")
    verb = ONE_ROW.get(verb, verb) if len(set(rows)) == 1 else verb
    shown = f" ('{abridged(such)}')" if such else ""
    refuse(
        sheet.file, None, f"it is laid out as by {layout}, but {listed(rows)}{shown} {verb} {rest}"
    )


def chosen(table: Table, told: Told) -> Table:
    """The table with its column of symbols, and those that the user names in place of its own.

    Raises:
        SourceError: no column is what the user calls the close, or two are the same.
    """
    heads = [head(cell) for cell in table.head]
    at = dict(table.at)
    symbols = whose.column_of_symbols(heads, [cells for _, cells in table.rows])
    if symbols is not None and symbols not in at.values():
        at.setdefault("symbol", symbols)
    for field, theirs in told.columns.items():
        if head(theirs) in heads:
            at[field] = heads.index(head(theirs))
        elif field == "close":
            refuse(
                table.sheet.file,
                None,
                f"it is laid out as by {table.layout} and has no column '{theirs}', which "
                "mapping.yaml calls the close: take that out of 'columns', or give a file with it",
            )
    if at.get("adjusted") == at["close"]:
        del at["adjusted"]
    if alike := whose.columns_alike(heads, at.values()):
        both = " and ".join(f"'{_shown([table.head[place]])}'" for place in alike)
        refuse(
            table.sheet.file, None, f"it is laid out as by {table.layout}, but its columns {both} "
            "are called alike: rename or remove the one that is not meant"
        )  # fmt: skip
    return table._replace(at=at)


def read_bars(
    table: Table, told: Told, aside: Callable[[Numbered], bool] = lambda row: False
) -> ReadPrices:
    """The bars of a table.

    Args:
        table: of one layout.
        told: what the user says.
        aside: whether a row is none of a day, though it has one.

    Raises:
        SourceError: rows at fault, all that have the same fault at once.
    """
    table = chosen(table, told)
    rows, ignored, labels = _days_alone(table, aside)
    texts = [(row, day_text(cells[table.at["date"]])) for row, cells in rows]
    of = _days(table, texts, told.day_first)
    values = {
        field: numbers(table, field, rows, _decimal(table, rows, told))
        for field in VALUES
        if field in table.at
    }
    numbered = [row for row, _ in rows]
    bars = pd.DataFrame(values, index=numbered)
    bars.insert(0, "date", [of[text] for _, text in texts])
    if (place := table.at.get("volume")) is not None:
        said = [table.head, *labels]
        bars["volume"] *= volume_size(cells[place] for cells in said if place < len(cells))
    ignored += _columns_aside(table)
    if "symbol" not in table.at:
        return ReadPrices([FoundPrices(whose.symbol_above(table.above), bars)], ignored)
    symbols = [whose.symbol_text(cells[table.at["symbol"]]) for _, cells in rows]
    if empty := [row for row, one in zip(numbered, symbols, strict=True) if not one]:
        broken(table.sheet, table.layout, empty, "name no instrument: fill the cells, or remove "
               "the rows")  # fmt: skip
    groups = bars.groupby(pd.Series(symbols, index=bars.index), sort=False)
    return ReadPrices([FoundPrices(str(name), own) for name, own in groups], ignored)


def day_text(cell: object) -> str:
    """A cell of days as text; workbooks and Parquet have times."""
    return "" if cell is None else " ".join(str(cell).split())


def _days_alone(
    table: Table, aside: Callable[[Numbered], bool]
) -> tuple[list[Numbered], list[str], list[Cells]]:
    """Rows of days, what is said of the others, and those of them that are labels.

    Rows right below the head without any digit are labels; a row of one cell that is no day is a
    note.
    """
    at, sheet = table.at, table.sheet
    width = _width(table.head)
    notes = [*table.above]
    labels: list[Cells] = []
    kept: list[Numbered] = []
    long, short = list[int](), list[int]()
    for row in table.rows:
        cells = row[1]
        filled = [place for place, cell in enumerate(cells) if cell not in (None, "")]
        first = day_text(cells[at["date"]]) if at["date"] < len(cells) else ""
        dated = any(sign.isdigit() for sign in first[:4])
        label = not kept and not any(sign.isdigit() for cell in cells for sign in str(cell or ""))
        if aside(row) or label or (len(filled) == 1 and not dated):
            notes.append(row)
            labels += [cells] * label
        elif len(cells) > width and filled[-1] >= width:
            long.append(row[0])
        elif len(cells) < width and len(cells) <= max(at.values()):
            short.append(row[0])
        else:
            kept.append(row)
    if long:
        broken(sheet, table.layout, long, f"have more cells than the head, which has {width}: "
               "write numbers without commas, or in quotes")  # fmt: skip
    if short:
        broken(sheet, table.layout, short, f"have fewer cells than the head, which has {width}: "
               "complete them, or remove them")  # fmt: skip
    if not kept:
        refuse(
            sheet.file, None, f"it is laid out as by {table.layout}, but holds no day: download it "
            "again, or remove it"
        )  # fmt: skip
    said = [f"row {row} is no day: '{_shown(cells)}'" for row, cells in notes[:LISTED]]
    if len(notes) > LISTED:
        said.append(f"{len(notes) - LISTED} more rows are no days")
    return kept, said, labels


def _width(cells: Cells) -> int:
    return max((place for place, cell in enumerate(cells, 1) if cell not in (None, "")), default=0)


def _shown(cells: Cells) -> str:
    return abridged(" ".join(str(cell) for cell in cells if cell not in (None, "")))


def _days(
    table: Table, texts: Sequence[tuple[int, str]], day_first: bool | None
) -> Mapping[str, str]:
    try:
        days = read_days((text for _, text in texts), day_first)
    except TwoMeanings as error:
        _of_two_meanings(table, texts, error)
    wrong = [(row, text) for row, text in texts if text not in days.of]
    if wrong:
        broken(
            table.sheet, table.layout, [row for row, _ in wrong], f"have no day, such as "
            f"'{abridged(wrong[0][1])}': write it like 2024-01-31, or remove the rows",
        )  # fmt: skip
    timed = [(row, text) for row, text in texts if text in days.timed]
    if timed:
        broken(
            table.sheet, table.layout, [row for row, _ in timed], f"have an hour beside the day, "
            f"such as '{abridged(timed[0][1])}': give daily bars, dated by the exchange's own day, "
            "such as 2024-01-31",
        )  # fmt: skip
    return days.of


def _decimal(table: Table, rows: Sequence[Numbered], told: Told) -> Decimal:
    if told.decimal is not None:
        return told.decimal
    other = {table.at["date"], table.at.get("symbol")}
    # A comma, or a second point, is what makes a question of it.
    written = [
        (row, cell)
        for row, cells in rows
        for place, cell in enumerate(cells)
        if isinstance(cell, str) and place not in other
    ]
    if not any("," in cell or cell.count(".") > 1 for _, cell in written):
        return "point"
    try:
        return decimal_of(cell for _, cell in written)
    except TwoMeanings as error:
        _of_two_meanings(table, written, error)


def _of_two_meanings(
    table: Table, texts: Sequence[tuple[int, str]], error: TwoMeanings
) -> NoReturn:
    found = [(row, text) for row, text in texts if text in error.texts]
    rows = [row for row, _ in found]
    broken(table.sheet, table.layout, rows, error.because, found[0][1])


def numbers(table: Table, field: str, rows: Sequence[Numbered], decimal: Decimal) -> list[float]:
    """The numbers of a column.

    Raises:
        SourceError: rows hold something else.
    """
    place = table.at[field]
    values: list[float] = []
    wrong: list[tuple[int, object]] = []
    for row, cells in rows:
        try:
            values.append(number(cells[place], decimal))
        except ValueError:
            wrong.append((row, cells[place]))
    if wrong:
        broken(
            table.sheet,
            table.layout,
            [row for row, _ in wrong],
            f"hold no number in column '{_shown([table.head[place]])}', such as "
            f"'{abridged(wrong[0][1])}': write it like 1234.5, or empty the cell",
        )
    return values


def _columns_aside(table: Table) -> list[str]:
    names = [
        f"'{_shown([cell])}'"
        for place, cell in enumerate(table.head)
        if cell not in (None, "") and place not in table.at.values()
    ]
    said = [f"column{'s' * (len(names) > 1)} {', '.join(names)} not read"] if names else []
    if "adjusted" in table.at:
        said.append(adjusted_aside(table.head[table.at["adjusted"]], table.head[table.at["close"]]))
    return said


def adjusted_aside(adjusted: object, close: object) -> str:
    """That an adjusted close stands beside the close, and how it is chosen."""
    return (
        f"column '{_shown([adjusted])}' not read: the close is '{_shown([close])}'; "
        f"'columns: {{close: {_shown([adjusted])}}}' in mapping.yaml chooses the other"
    )
