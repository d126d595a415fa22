"""The NFRA's main supervisory indicators of commercial banks.

商业银行主要监管指标情况表, quarters across, a year or more a table. Ratios are fractions in
workbooks, which show them as per cent, and per cent where the table was a web page: the row itself
tells.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from sfr_pipeline.sources.files.checks import Row, refuse
from sfr_pipeline.sources.files.layouts.official import (
    YEAR,
    Official,
    cell_at,
    header_row,
    is_titled,
    label_of,
    month_at,
    number_of,
    other_heads,
    text_of,
    year_of,
)
from sfr_pipeline.sources.files.opening import Sheet

QUARTERS = {"一": 1, "二": 2, "三": 3, "四": 4, "1": 1, "2": 2, "3": 3, "4": 4}
QUARTER = re.compile(rf"(?:{YEAR}[年-]?)?(?:第?([一二三四1-4])季度?末?|Q([1-4]))(?:Q[1-4])?")


class Ratio(NamedTuple):
    """A ratio, and how large it can be, so that a fraction is told from per cent.

    Attributes:
        item: of ``workbooks.ITEMS``.
        label: of its row.
        low: per cent.
        high: per cent; a hundredth of it is less than ``low``.
    """

    item: str
    label: str
    low: float
    high: float


# Neither has left these bounds since 2003, when bad loans were 18 per cent.
RATIOS = {
    "资本充足率": Ratio("nfra.capital_adequacy_ratio", "资本充足率", 3.0, 40.0),
    "不良贷款率": Ratio("nfra.non_performing_loan_ratio", "不良贷款率", 0.5, 30.0),
}
OTHER_LABELS = {"不良贷款比例": "不良贷款率", "不良贷款比率": "不良贷款率"}


class Supervision:
    """商业银行主要监管指标情况表."""

    name = "NFRA, main supervisory indicators"
    title = "商业银行主要监管指标情况表"

    def recognises(self, sheet: Sheet) -> bool:
        """Whether a sheet has that title."""
        return is_titled(sheet, self.title)

    def read(self, sheet: Sheet) -> Official:
        """Capital adequacy and non-performing loans, per cent.

        Raises:
            SourceError: other heads or rows than in any year that is known, or a ratio of which it
                is not clear whether it is per cent.
        """
        header, columns, others = _quarters(sheet)
        ignored = [f"columns that are no quarters: {', '.join(others)}"] if others else []
        items: dict[str, list[Row]] = {}
        read: dict[str, int] = {}
        for number, cells in sheet.rows:
            _, label = label_of(cells)
            ratio = RATIOS.get(OTHER_LABELS.get(label, label))
            if number <= header or ratio is None:
                continue
            if ratio.label in read:
                refuse(
                    sheet.file,
                    number,
                    f"{ratio.label} stands in row {read[ratio.label]} already: keep one table a "
                    "sheet",
                )
            read[ratio.label] = number
            rows = _per_cent(sheet, number, cells, columns, ratio)
            if rows:
                items[ratio.item] = rows
            else:
                ignored.append(f"row {number}, {ratio.label}: no quarter has a value")
        if missing := [label for label in RATIOS if label not in read]:
            refuse(
                sheet.file,
                None,
                f"no row is called {' or '.join(missing)}: its layout has changed, so give the "
                "series as date,value instead",
            )
        return Official(items, ignored)


def _quarters(sheet: Sheet) -> tuple[int, dict[int, str], list[str]]:
    """Row of the header, the quarter of each column such as ``2024Q1``, and other heads."""
    place, columns = header_row(sheet, lambda place, column: _quarter(sheet, place, column))
    if not columns:
        refuse(
            sheet.file,
            None,
            "no row holds its quarters, such as 一季度 or 2024Q1: its layout has changed, so give "
            "the series as date,value instead",
        )
    number, cells = sheet.rows[place]
    found = [*columns.values()]
    without_year = [quarter for quarter in found if quarter.startswith("Q")]
    if without_year:
        refuse(
            sheet.file,
            number,
            "no year stands above its quarters or in the title: write them as 2024年一季度",
        )
    if twice := sorted({quarter for quarter in found if found.count(quarter) > 1}):
        refuse(
            sheet.file,
            number,
            f"{', '.join(twice)} heads several columns: keep one, or write the year before each, "
            "as in 2024年一季度",
        )
    return number, columns, other_heads(cells, columns)


def _quarter(sheet: Sheet, place: int, column: int) -> str | None:
    """The quarter that a head names, without a year where none is known; None if it names none."""
    text = text_of(sheet.rows[place][1][column])
    if match := QUARTER.fullmatch(text):
        year = match[1] or year_of(sheet, place, column)
        return f"{year or ''}Q{QUARTERS[match[2] or match[3]]}"
    month = month_at(sheet, place, column)
    return f"{month[0]}Q{month[1] // 3}" if month is not None and month[1] % 3 == 0 else None


def _per_cent(
    sheet: Sheet, number: int, cells: Sequence[object], columns: dict[int, str], ratio: Ratio
) -> list[Row]:
    """A row in per cent, in the order of time; cells with a mark are, the others tell by size."""
    marked: dict[str, float] = {}
    plain: dict[str, float] = {}
    for column, quarter in columns.items():
        text = text_of(cell_at(cells, column))
        value = number_of(sheet, number, text.removesuffix("%"))
        if value is not None:
            (marked if text.endswith("%") else plain)[quarter] = value
    low, high = ratio.low, ratio.high
    are_fractions = all(low / 100 <= value <= high / 100 for value in plain.values())
    if not are_fractions and not all(low <= value <= high for value in plain.values()):
        told = ", ".join(f"{value:g}" for value in plain.values())
        refuse(
            sheet.file,
            number,
            f"{ratio.label} is {told}, of which it is not clear whether it is a fraction or per "
            f"cent: write every value with its mark, such as {(low + high) / 4:g}%",
        )
    values = marked | {
        quarter: 100.0 * value if are_fractions else value for quarter, value in plain.items()
    }
    if wrong := {one: value for one, value in marked.items() if not low <= value <= high}:
        quarter, value = next(iter(wrong.items()))
        refuse(
            sheet.file,
            number,
            f"{ratio.label} is {value:g}% in {quarter}, outside {low:g} to {high:g} per cent: "
            "correct it as published",
        )
    return [Row(number, quarter, values[quarter]) for quarter in sorted(values)]
