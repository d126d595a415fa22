"""Exports of CSMAR: a row of codes, one of Chinese names, one of units, then a row an observation.

Columns of words, such as a type of bank, tell apart what stands on one day: each combination that
occurs makes series of its own, called ``code, words`` where there are several.
"""

import re

from sfr_pipeline.sources.cells import is_missing
from sfr_pipeline.sources.files.checks import Row, listed, refuse
from sfr_pipeline.sources.files.layouts.cut_months import settled
from sfr_pipeline.sources.files.layouts.dates import date_of
from sfr_pipeline.sources.files.layouts.headed import text_of
from sfr_pipeline.sources.files.layouts.interface import FoundSeries, ReadSeries
from sfr_pipeline.sources.files.layouts.numbers import is_number
from sfr_pipeline.sources.files.opening import Sheet

CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)
CHINESE = re.compile(r"[\u4e00-\u9fff]")
# Ids of firms and of other things, which are digits but no numbers.
KEYS = frozenset({"stkcd", "symbol", "indexcd", "securityid", "institutionid", "bankcd"})
UNITLESS = "没有单位"
MOST_KEYS = 1_000


class Csmar:
    """See the module."""

    name = "CSMAR"

    def recognises(self, sheet: Sheet) -> bool:
        """See `SeriesLayout.recognises`."""
        if len(sheet.rows) < 3:
            return False
        codes, names = ([text_of(cell) for cell in cells] for _, cells in sheet.rows[:2])
        return (
            len(codes) > 1
            and all(CODE.fullmatch(code) for code in codes)
            and len(names) == len(codes)
            and all(CHINESE.search(name) for name in names)
        )

    def read(self, sheet: Sheet) -> ReadSeries:
        """See `SeriesLayout.read`."""
        codes, names = ([text_of(cell) for cell in cells] for _, cells in sheet.rows[:2])
        below = [(n, [*cells, *[None] * (len(codes) - len(cells))]) for n, cells in sheet.rows[2:]]
        dated = {
            column: sum(date_of(cells[column]) is not None for _, cells in below)
            for column in range(len(codes))
        }
        date = max(dated, key=lambda column: (dated[column], -column))
        units: list[str] = [""] * len(codes)
        ignored: list[str] = []
        rows: list[tuple[int, list[object]]] = []
        undated = []
        for place, (number, cells) in enumerate(below):
            if date_of(cells[date]) is not None:
                rows.append((number, cells))
            elif place == 0 and not any(is_number(cell) for cell in cells):
                units = [text_of(cell).replace(UNITLESS, "") for cell in cells]
            elif all(is_missing(cell) for cell in cells[1:]):
                ignored.append(f"row {number}, '{text_of(cells[0])}', is a note")
            else:
                undated.append(number)
        if undated or not rows:
            which = f"rows {listed(undated)} hold values" if undated else "no row holds values"
            refuse(
                sheet.file,
                None,
                f"layout {self.name}: {which} with a date in column '{codes[date]}': remove what "
                "is no observation, and write dates like 2024-01-31",
            )
        keys = [
            column
            for column in range(len(codes))
            if column != date and _is_key(codes, rows, column)
        ]
        telling = [c for c in keys if len({text_of(cells[c]) for _, cells in rows}) > 1]
        ignored += [
            f"column '{codes[c]}' says '{text_of(rows[0][1][c])}' throughout"
            for c in keys
            if c not in telling
        ]
        groups: dict[tuple[str, ...], list[tuple[int, list[object]]]] = {}
        for number, cells in rows:
            groups.setdefault(tuple(text_of(cells[c]) for c in telling), []).append((number, cells))
        if len(groups) > MOST_KEYS:
            refuse(
                sheet.file,
                None,
                f"layout {self.name}: its columns {', '.join(codes[c] for c in telling)} tell "
                f"{len(groups):,} things apart, which are no series of a market: sum or choose "
                "them, and save one row a date",
            )
        dates = {
            group: settled(
                sheet.file,
                self.name,
                [(number, cells[date], date_of(cells[date]) or "") for number, cells in held],
            )
            for group, held in groups.items()
        }
        series = [
            FoundSeries(
                tuple(", ".join((name, *group)) for name in (codes[c], names[c])),
                [
                    Row(number, day, cells[c])
                    for (number, cells), day in zip(held, dates[group], strict=True)
                    if not is_missing(cells[c])
                ],
                units[c] or None,
            )
            for group, held in groups.items()
            for c in range(len(codes))
            if c != date and c not in keys
        ]
        return ReadSeries(series, ignored)


def _is_key(codes: list[str], rows: list[tuple[int, list[object]]], column: int) -> bool:
    """Whether a column tells rows apart rather than holding values."""
    held = [cells[column] for _, cells in rows if not is_missing(cells[column])]
    if codes[column].lower() in KEYS:
        return True
    return bool(held) and not any(is_number(cell) for cell in held)
