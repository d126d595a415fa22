"""What vendors' tables of series share: rows of furniture, names across, dates down, a note below.

Belongs here: how such a sheet is taken apart, whichever way it is turned. Does not belong here: by
which words one tells a vendor (its own module).
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from sfr_pipeline.sources.cells import is_missing
from sfr_pipeline.sources.files.checks import Row, abridged, listed, refuse
from sfr_pipeline.sources.files.known import same_name
from sfr_pipeline.sources.files.layouts.cut_months import settled
from sfr_pipeline.sources.files.layouts.dates import date_of
from sfr_pipeline.sources.files.layouts.interface import FoundSeries, ReadSeries
from sfr_pipeline.sources.files.layouts.numbers import is_number
from sfr_pipeline.sources.files.opening import Sheet

# Above the data stand at most as many rows, and below it as many that speak of the vendor.
HEADS, FEET = 40, 15
FREQUENCIES = {
    "日": "daily", "d": "daily", "周": "weekly", "w": "weekly", "月": "monthly", "m": "monthly",
    "季": "quarterly", "q": "quarterly", "年": "annual", "a": "annual", "y": "annual",
}  # fmt: skip
CLOSES = frozenset(map(same_name, ("收盘价", "收盘", "close", "收盘价(元)", "收盘点位", "px_last")))
TOLD = ""
SLASHED = re.compile(r"\d{1,2}/\d{1,2}/\d{4}")
DATE_LIKE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d|\d{5,8}$")

Line = tuple[int, Sequence[object]]


class Words(NamedTuple):
    """By which words a vendor's table is understood.

    Attributes:
        vendor: name of the layout.
        labels: what a label at the beginning of a row of the head says of the row: ``name``,
            ``id``, ``unit``, ``frequency``, ``field`` (close, open ...), ``date`` (the head of the
            dates) or '' for all else; labels as `same_name` makes them.
        date: reads a date of the first column.
    """

    vendor: str
    labels: Mapping[str, str]
    date: Callable[[object], str | None] = date_of


def text_of(cell: object) -> str:
    """A cell as one line of text."""
    return "" if cell is None else " ".join(str(cell).split())


def label_of(cell: object) -> str:
    """A cell as a label, without colon at its end."""
    return same_name(text_of(cell)).rstrip(":")


def labels_in(sheet: Sheet) -> set[str]:
    """The labels that stand first in its first rows, or in its first row."""
    down = {label_of(next(iter(filled(cells)), None)) for _, cells in sheet.rows[:HEADS]}
    return down | {label_of(cell) for _, cells in sheet.rows[:1] for cell in cells}


def speaks_of(sheet: Sheet, words: Iterable[str]) -> bool:
    """Whether its first or last rows have one of the words in their first cell, or their names."""
    texts = [
        same_name(text_of(cell))
        for rows in (sheet.rows[:HEADS], sheet.rows[-FEET:])
        for _, cells in rows
        for cell in list(filled(cells))[:2]
        if isinstance(cell, str)
    ]
    return any(word in text for text in texts for word in words)


def filled(cells: Sequence[object]) -> Iterable[object]:
    """The cells that hold something."""
    return (cell for cell in cells if text_of(cell))


def read_headed(sheet: Sheet, words: Words) -> ReadSeries:
    """Read a table with dates down or across.

    Raises:
        SourceError: see `SeriesLayout.read`.
    """
    down, first = _lines(sheet)
    turned = sum(words.date(cells[0]) is not None for _, cells in down) < max(
        (
            sum(words.date(cell) is not None for cell in cells[1:])
            for _, cells in down
            if words.labels.get(label_of(cells[0])) != TOLD  # when each was updated, begins ...
        ),
        default=0,
    )
    lines, place = (_turned(down), "column") if turned else (down, "row")
    dated = [at for at, (_, cells) in enumerate(lines) if words.date(cells[0]) is not None]
    if not dated:
        _refuse_undated(sheet, words, lines, first)
    _refuse_unsure(sheet, words, lines, dated[0], place)
    heads, ignored = _heads(words, lines[: dated[0]], place)
    body = _body(sheet, words, lines[dated[0] :], place, ignored)
    series = []
    nameless = []
    for column in range(1, len(lines[0][1])):
        number = down[column][0] if turned else None
        rows = [
            Row(at if number is None else number, date, cells[column])
            for at, date, cells in body
            if not is_missing(cells[column])
        ]
        names = _names(heads, column)
        if not names:
            nameless += [f"row {number}" if turned else f"column {column + first + 1}"] * bool(rows)
            continue
        about = {role: text_of(heads[role][column]) for role in ("unit", "frequency")
                 if role in heads}  # fmt: skip
        series.append(
            FoundSeries(
                names, rows, about.get("unit") or None, frequency_of(about.get("frequency", ""))
            )
        )
    if nameless:
        refuse(
            sheet.file,
            None,
            f"layout {words.vendor}: {listed(nameless)} hold values without a name: name them in "
            "the head, or remove them",
        )
    return ReadSeries(series, ignored)


def frequency_of(written: str) -> str | None:
    """A frequency in our words, None where nothing or something else is written."""
    text = same_name(written)
    return next((ours for theirs, ours in FREQUENCIES.items() if text.startswith(theirs)), None)


def _lines(sheet: Sheet) -> tuple[list[Line], int]:
    """The rows, all of one length, from the first column that holds something, and which it is."""
    width = max(len(cells) for _, cells in sheet.rows)
    full = [(number, [*cells, *[None] * (width - len(cells))]) for number, cells in sheet.rows]
    first = next(c for c in range(width) if any(text_of(cells[c]) for _, cells in full))
    return [(number, cells[first:]) for number, cells in full], first


def _turned(down: list[Line]) -> list[Line]:
    return [
        (number, [cells[number - 1] for _, cells in down])
        for number in range(1, len(down[0][1]) + 1)
    ]


def _refuse_undated(sheet: Sheet, words: Words, lines: list[Line], first: int) -> None:
    serials = [
        number
        for number, cells in lines
        if isinstance(cells[0], int | float) and 20_000 < cells[0] < 60_000
    ]
    if serials:
        refuse(
            sheet.file,
            serials[0],
            f"layout {words.vendor}: its dates are numbers, as spreadsheets count days: format "
            f"column {first + 1} as dates, 2024-01-31, and save it again",
        )
    texts = [text_of(cells[0]) for _, cells in lines]
    unsure = next((text for text in texts if re.search(r"\d[-/.]\d", text)), None)
    shown = "" if unsure is None else f" ('{abridged(unsure)}' may be either way round)"
    refuse(
        sheet.file,
        None,
        f"layout {words.vendor}: no cell of column {first + 1} is a date whose day and month are "
        f"sure{shown}: write dates like 2024-01-31, months like 2024-01",
    )


def _refuse_unsure(sheet: Sheet, words: Words, lines: list[Line], first: int, place: str) -> None:
    """Refuse observations above the first sure date, and days that a spreadsheet exchanged."""
    days = [(number, cells[0]) for number, cells in lines[first:] if words.date(cells[0])]
    slashed = [number for number, cell in days if SLASHED.fullmatch(text_of(cell))]
    above = [
        number
        for number, cells in lines[:first]
        if DATE_LIKE.match(text_of(cells[0])) and not _is_note(cells, below=True)
    ]
    if above or 0 < len(slashed) < len(days):
        numbers = above or slashed
        refuse(
            sheet.file,
            None,
            f"layout {words.vendor}: {place}{'s' * (len(numbers) > 1)} {listed(numbers)} have "
            "dates written otherwise than the others, of which a spreadsheet may have taken the "
            "day for the month: give the file as it was downloaded, or write all like 2024-01-31",
        )


def _heads(
    words: Words, rows: list[Line], place: str
) -> tuple[dict[str, Sequence[object]], list[str]]:
    """The rows of the head by what they say, and what is told of the others."""
    heads: dict[str, Sequence[object]] = {}
    ignored: list[str] = []
    unlabelled: list[Line] = []
    for number, cells in rows:
        role = words.labels.get(label_of(cells[0]))
        several = any(text_of(cell) for cell in cells[1:])
        if role and several and role not in heads:
            heads[role] = cells
        elif role is None and several:
            unlabelled.append((number, cells))
        else:
            ignored.append(f"{place} {number}, '{abridged(text_of(cells[0]))}', is no observation")
    if "name" not in heads and "date" in heads:
        heads["name"] = heads.pop("date")
    for number, cells in unlabelled:
        # Below an empty corner stand names, also where another row has ids; other rows may say
        # anything of the series.
        if "name" not in heads and ("id" not in heads or not text_of(cells[0])):
            heads["name"] = cells
        else:
            shown = next(iter(filled(cells)))
            ignored.append(f"{place} {number}, '{abridged(text_of(shown))}', is no observation")
    return heads, ignored


def _names(heads: Mapping[str, Sequence[object]], column: int) -> tuple[str, ...]:
    names = [text_of(heads[role][column]) for role in ("id", "name", "date") if role in heads]
    names = [name for name in dict.fromkeys(names) if name]
    field = text_of(heads["field"][column]) if "field" in heads else ""
    if field and same_name(field) not in CLOSES:
        return tuple(f"{name}, {field}" for name in names)
    return tuple(names)


def _body(
    sheet: Sheet, words: Words, lines: list[Line], place: str, ignored: list[str]
) -> list[tuple[int, str, Sequence[object]]]:
    """Rows with a date; notes, which hold no number, are told."""
    body = []
    undated = []
    last = max(at for at, (_, cells) in enumerate(lines) if words.date(cells[0]) is not None)
    for at, (number, cells) in enumerate(lines):
        date = words.date(cells[0])
        said = abridged(next(iter(filled(cells)), ""))
        if date is not None:
            body.append((number, date, cells))
        elif _is_note(cells, below=at > last):
            ignored.append(f"{place} {number}, '{said}', is a note")
        else:
            undated.append((number, said))
    if undated:
        numbers = [number for number, _ in undated]
        refuse(
            sheet.file,
            None,
            f"layout {words.vendor}: {place}{'s' * (len(numbers) > 1)} {listed(numbers)} with "
            f"values have no date whose day and month are sure ('{undated[0][1]}'): write dates "
            f"like 2024-01-31, or remove {'them' if len(numbers) > 1 else 'it'}",
        )
    told = [(number, cells[0], date) for number, date, cells in body]
    dates = settled(sheet.file, words.vendor, told, place)
    return [(number, date, cells) for (number, _, cells), date in zip(body, dates, strict=True)]


def _is_note(cells: Sequence[object], below: bool) -> bool:
    """Whether a row without a date says something only; below the data that may have commas."""
    others = [cell for cell in cells[1:] if not is_missing(cell)]
    return not others or (below and not any(map(is_number, others)))
