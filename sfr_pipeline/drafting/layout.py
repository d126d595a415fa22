"""Where dates, names and values stand in a table: three layouts, told apart by where dates lie.

- wide: a row a date, a column a series;
- transposed: a row a series, a column a date, as the OECD and the IMF export;
- long: a row a value, with columns for date, series and value.

Belongs here: which cell is what. Does not belong here: what dates and numbers mean (`dates`,
`numbers`), and which series are of use (`reading`).
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sfr_pipeline.drafting.dates import is_date, is_plain_number
from sfr_pipeline.drafting.grid import Grid
from sfr_pipeline.drafting.numbers import Cell, is_missing, is_number
from sfr_pipeline.sources.files.checks import abridged, refuse

# How headers call what a column holds, in small letters without anything but letters.
SERIES = ("series", "variable", "indicator", "name", "label", "item", "concept", "id", "code",
          "seriesid", "seriesname", "seriescode", "indicatorname", "indicatorcode", "variablename",
          "subject", "mnemonic", "symbol", "ticker", "key")  # fmt: skip
VALUES = ("value", "obsvalue", "val", "values", "observation", "observationvalue", "amount")
UNITS = ("unit", "units", "unitofmeasure", "unitmeasure", "measureunit", "scale")
DATES = ("date", "time", "period", "timeperiod", "month", "quarter", "observationdate", "sasdate",
         "refdate", "day", "year")  # fmt: skip
# Dates that a row or column needs to be taken for an axis of time.
FEW = 3
# Share of a column that must read as dates, and where they could be numbers too.
MOST, NEARLY_ALL = 0.5, 0.9


class Found(NamedTuple):
    """A series as its cells stand in the file.

    Attributes:
        name: for readers.
        unit: as the file gives it, None where it does not.
        cells: date and value, as text.
    """

    name: str
    unit: str | None
    cells: list[tuple[Cell, Cell]]


class Laid(NamedTuple):
    """A table whose layout is known.

    Attributes:
        layout: 'wide', 'transposed' or 'long'.
        series: in the order of the file.
        skipped: what is no observation: title, footnotes, columns without a name, in sentences.
    """

    layout: str
    series: list[Found]
    skipped: list[str]


def lay_out(grid: Grid) -> Laid:
    """Find the series of a table.

    Raises:
        SourceError: no row and no column holds dates, or it can't be told what the others hold.
    """
    columns = [[cells[column] for _, cells in grid.rows] for column in range(_width(grid))]
    down = [_dates_in(cells, column, cells[0]) for column, cells in enumerate(columns)]
    # A row that begins with a date holds values, which may look like years.
    across = [0 if is_date(cells[0]) else _dates_in(cells[1:], 1, "") for _, cells in grid.rows]
    if max(max(down), max(across)) < FEW:
        refuse(
            grid.file,
            None,
            "neither a column nor a row holds dates: give each row its date, such as 2024-01, in "
            "the first column, or each column its date in the first row",
        )
    if max(across) > max(down):
        return _transposed(grid, across.index(max(across)))
    date = down.index(max(down))
    start = next(place for place, (_, cells) in enumerate(grid.rows) if is_date(cells[date]))
    if start == 0:
        refuse(
            grid.file,
            grid.rows[0][0],
            "it begins with data: give the table a first row with the names of its columns",
        )
    head = _header_row(grid, date, start)
    long = _long_columns(grid, date, head, start)
    return _wide(grid, date, head, start) if long is None else _long(grid, date, head, start, *long)


def _width(grid: Grid) -> int:
    return len(grid.rows[0][1])


def _dates_in(cells: Sequence[str], column: int, header: str) -> int:
    """How many cells are dates, 0 where they are too few of them all."""
    filled = [cell for cell in cells if cell]
    dated = [cell for cell in filled if is_date(cell)]
    numeric = sum(is_plain_number(cell) for cell in dated)
    if numeric > MOST * len(dated):
        # Numbers of six digits are dates only where hardly anything else is there.
        named = column <= 1 or _word(header) in DATES
        return len(dated) if named and len(dated) >= NEARLY_ALL * (len(filled) - 1) else 0
    return len(dated) if len(dated) >= MOST * len(filled) else 0


def _word(header: str) -> str:
    return re.sub(r"[^a-z]", "", header.lower())


def _header_row(grid: Grid, date: int, start: int) -> int:
    """The row above the data that names most columns, of several the first."""
    named = [
        sum(bool(cell) for column, cell in enumerate(cells) if column != date)
        for _, cells in grid.rows[:start]
    ]
    return named.index(max(named))


def _told(grid: Grid, place: int, why: str) -> str:
    number, cells = grid.rows[place]
    text = " ".join(cell for cell in cells if cell)
    return f"row {number} ('{abridged(text)}'): {why}"


def _above(grid: Grid, head: int, start: int) -> tuple[list[str] | None, list[str]]:
    """The row of units between header and data, and what else stands above the data."""
    units, skipped = None, []
    for place in range(start):
        first = next((cell for cell in grid.rows[place][1] if cell), "")
        if head < place and units is None and _word(first) in UNITS:
            units = grid.rows[place][1]
        elif place != head:
            skipped.append(_told(grid, place, "it has no date"))
    return units, skipped


def _dated(grid: Grid, date: int, start: int, skipped: list[str]) -> list[tuple[int, list[str]]]:
    """Rows with a date; those without are told, and refused where they stand between others."""
    places = [place for place in range(start, len(grid.rows)) if is_date(grid.rows[place][1][date])]
    for place in range(start, len(grid.rows)):
        number, cells = grid.rows[place]
        if is_date(cells[date]):
            continue
        if place < places[-1] and any(is_number(cell) for cell in cells if cell != cells[date]):
            refuse(
                grid.file,
                number,
                f"'{abridged(cells[date])}' in column {date + 1} is no date that can be read: "
                "write it like 2024-01-31, 2024-01, 2024M01, 2024-Q1 or Jan-2024",
            )
        skipped.append(_told(grid, place, "it has no date"))
    return [grid.rows[place] for place in places]


def _wide(grid: Grid, date: int, head: int, start: int) -> Laid:
    header = grid.rows[head][1]
    units, skipped = _above(grid, head, start)
    rows = _dated(grid, date, start, skipped)
    series = []
    for column, name in enumerate(header):
        if column == date:
            continue
        cells = [(Cell(number, line[date]), Cell(number, line[column])) for number, line in rows]
        if not name:
            if any(not is_missing(value.text) for _, value in cells):
                skipped.append(f"column {column + 1}: its header is empty")
            continue
        unit = units[column] or None if units else None
        series.append(Found(name, unit, cells))
    return Laid("wide", series, skipped)


def _transposed(grid: Grid, head: int) -> Laid:
    number, header = grid.rows[head]
    dates = [column for column, cell in enumerate(header) if column and is_date(cell)]
    labels = [column for column in range(len(header)) if column not in dates]
    skipped = [_told(grid, place, "it stands above the dates") for place in range(head)]
    rows = []
    for place in range(head + 1, len(grid.rows)):
        cells = grid.rows[place][1]
        if any(not is_missing(cells[column]) for column in dates):
            rows.append(grid.rows[place])
        else:
            skipped.append(_told(grid, place, "it holds no values"))
    unit = next((column for column in labels if _word(header[column]) in UNITS), None)
    ranked = _ranked(labels, header, unit)
    keys = _unique_keys(ranked, [(cells, "") for _, cells in rows])
    series = [
        Found(
            " · ".join(cells[column] for column in keys if cells[column]) or f"row {row}",
            cells[unit] or None if unit is not None else None,
            [(Cell(number, header[column]), Cell(row, cells[column])) for column in dates],
        )
        for row, cells in rows
    ]
    return Laid("transposed", series, skipped)


def _long_columns(grid: Grid, date: int, head: int, start: int) -> tuple[list[int], int] | None:
    """Columns of names and the column of values, None where a column holds a series."""
    header = grid.rows[head][1]
    body = [cells for _, cells in grid.rows[start:] if is_date(cells[date])]
    texts: list[int] = []
    numbers: list[int] = []
    for column, name in enumerate(header):
        filled = [cells[column] for cells in body if not is_missing(cells[column])]
        if column == date or not filled or (_word(name) in DATES and all(map(is_date, filled))):
            continue
        numeric = sum(map(is_number, filled)) > MOST * len(filled)
        (numbers if numeric and _word(name) not in SERIES else texts).append(column)
    repeated = len({cells[date] for cells in body}) < len(body)
    values = [column for column in numbers if _word(header[column]) in VALUES]
    if not texts or not (repeated or values):
        return None
    if len(values or numbers) != 1:
        named = ", ".join(f"'{header[column]}'" for column in values or numbers) or "none"
        refuse(
            grid.file,
            grid.rows[head][0],
            "its dates repeat, so that a row is a value, but it can't be told which column holds "
            f"the values ({named}): call that one 'value'",
        )
    return texts, (values or numbers)[0]


def _long(grid: Grid, date: int, head: int, start: int, texts: Sequence[int], value: int) -> Laid:
    header = grid.rows[head][1]
    _, skipped = _above(grid, head, start)
    rows = _dated(grid, date, start, skipped)
    unit = next((column for column in texts if _word(header[column]) in UNITS), None)
    keys = _unique_keys(_ranked(texts, header, unit), [(cells, cells[date]) for _, cells in rows])
    found: dict[str, Found] = {}
    for number, cells in rows:
        name = " · ".join(cells[column] for column in keys if cells[column])
        if name not in found:
            found[name] = Found(name, cells[unit] or None if unit is not None else None, [])
        found[name].cells.append((Cell(number, cells[date]), Cell(number, cells[value])))
    if "" in found:
        number = found.pop("").cells[0][0].row
        skipped.append(f"row {number} and others: no name says of which series")
    return Laid("long", list(found.values()), skipped)


def _ranked(columns: Sequence[int], header: Sequence[str], unit: int | None) -> list[int]:
    """Columns of text in the order in which they are asked for a name; units come last."""

    def rank(column: int) -> int:
        word = _word(header[column])
        if column == unit:
            return len(SERIES) + 1
        return SERIES.index(word) if word in SERIES else len(SERIES)

    return sorted(columns, key=rank)


def _unique_keys(ranked: Sequence[int], rows: Sequence[tuple[list[str], str]]) -> list[int]:
    """The first columns of text that tell all rows apart, those left out that tell nothing."""
    keys: list[int] = []
    for column in ranked:
        longer = [*keys, column]
        before, after = (len(set(_keyed(rows, own))) for own in (keys, longer))
        if after > before:
            keys = longer
        if after == len(rows):
            break
    return keys or list(ranked[:1])


def _keyed(
    rows: Sequence[tuple[list[str], str]], columns: Sequence[int]
) -> Iterator[tuple[str, ...]]:
    for cells, date in rows:
        yield (date, *(cells[column] for column in columns))
