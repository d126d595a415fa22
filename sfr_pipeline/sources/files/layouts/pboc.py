"""The PBoC's sources and uses of credit funds of financial institutions in RMB.

金融机构人民币信贷收支表, a year a table, CNY 100 million, months across, as workbooks, web pages
or web pages that call themselves workbooks. Rows are found by their labels: numbering, indentation,
footnote marks and the English beside them vary over the years.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from sfr_pipeline.sources.files.checks import Row, refuse
from sfr_pipeline.sources.files.layouts.official import (
    NUMBERING,
    Official,
    cell_at,
    heading,
    is_titled,
    labels,
    months,
    number_of,
)
from sfr_pipeline.sources.files.opening import Sheet

DEPOSITS, LOANS, LONGER = "各项存款", "各项贷款", "中长期贷款"
# Without numbering, all loans end where the next use of funds begins.
OTHER_USES = re.compile(
    r"有价证券|债券投资|股权及|买断式|买入返售|存放|黄金|外汇|财政|在国际|委托|缴存|运用|来源|资金|库存"
)
# Borrowers, each with loans of its own maturities; before 2007 there were none.
BORROWERS = re.compile(r"住户贷款|(?:非金融|企).*贷款")
# Households' loans of one maturity were once given by purpose.
BY_PURPOSE = re.compile(r"中长期(?:消费|经营)性?贷款")
# The direct parts of all loans must add up to them, give or take.
TOLERANCE = 0.02

Labels = Sequence[tuple[int, int, str]]


class CreditFunds:
    """金融机构人民币信贷收支表."""

    name = "PBoC, credit funds in RMB"
    title = "金融机构人民币信贷收支表"

    def recognises(self, sheet: Sheet) -> bool:
        """Whether a sheet has that title."""
        return is_titled(sheet, self.title)

    def read(self, sheet: Sheet) -> Official:
        """Deposits, loans, and those of medium and long term.

        Raises:
            SourceError: another unit, heads or rows than in any year that is known.
        """
        if not re.search(r"(?<!万)亿元|100millionyuan", heading(sheet), re.IGNORECASE):
            refuse(
                sheet.file,
                None,
                "its heading does not say 亿元: only tables in CNY 100 million are read, so take "
                "the one in 亿元, or give the series as date,value",
            )
        header, columns, others = months(sheet)
        rows = list(labels(sheet, header))
        ignored = [f"columns that are no months: {', '.join(others)}"] if others else []
        items: dict[str, list[Row]] = {}
        parts = {"pboc.deposits": _at_most_one(sheet, rows, DEPOSITS)}
        loans = _at_most_one(sheet, rows, LOANS)
        if loans:
            block = list(_below(rows, loans[0]))
            _check_parts(sheet, columns, loans[0], block)
            parts["pboc.loans"] = loans
            parts["pboc.medium_long_term_loans"] = _longer(sheet, loans[0], block)
        else:
            ignored.append(f"no row is called {LOANS}: no loans are read")
        if not parts["pboc.deposits"]:
            ignored.append(f"no row is called {DEPOSITS}: no deposits are read")
        for item, numbers in parts.items():
            if numbers:
                items[item], without = _sums(sheet, columns, numbers)
                ignored += without
        return Official({item: found for item, found in items.items() if found}, ignored)


def _at_most_one(sheet: Sheet, rows: Labels, wanted: str) -> list[int]:
    numbers = [number for number, _, label in rows if label == wanted]
    if len(numbers) > 1:
        refuse(
            sheet.file,
            numbers[1],
            f"{len(numbers)} rows are called {wanted} ({', '.join(map(str, numbers))}), not one: "
            "keep one table a sheet",
        )
    return numbers


def _below(rows: Labels, parent: int) -> Iterator[tuple[int, int, str]]:
    """The rows below another one, down to the next of its level, or the next use of funds."""
    level = next(level for number, level, _ in rows if number == parent)
    for row in rows:
        if row[0] > parent and row[2]:
            ends = row[1] <= level if level < len(NUMBERING) else OTHER_USES.match(row[2])
            if ends:
                return
            yield row


def _longer(sheet: Sheet, loans: int, block: Labels) -> list[int]:
    """The rows that add up to loans of medium and long term: one or two a borrower."""
    begins = [place for place, row in enumerate(block) if BORROWERS.fullmatch(row[2])]
    numbers: list[int] = []
    for start, end in pairwise([*(begins or [0]), len(block)]):
        part = block[start:end]
        found = [number for number, _, label in part if label == LONGER]
        found = found or [number for number, _, label in part if BY_PURPOSE.fullmatch(label)]
        if not found:
            where = f"{block[start][2]} (row {block[start][0]})" if begins else LOANS
            refuse(
                sheet.file,
                loans,
                f"there is no row {LONGER} below {where}: its layout has changed, so give the "
                "series as date,value instead",
            )
        numbers += found
    return numbers


def _check_parts(sheet: Sheet, columns: dict[int, str], loans: int, block: Labels) -> None:
    """All loans are those of its direct parts; otherwise rows were moved or renamed."""
    level = min((level for _, level, _ in block), default=len(NUMBERING))
    if level == len(NUMBERING):
        return
    parts = [number for number, own, _ in block if own == level]
    cells = dict(sheet.rows)
    for column, month in columns.items():
        whole = number_of(sheet, loans, cell_at(cells[loans], column))
        found = [number_of(sheet, row, cell_at(cells[row], column)) for row in parts]
        total = sum(value for value in found if value is not None)
        if whole is None or None in found:
            continue
        if abs(total - whole) > TOLERANCE * abs(whole):
            refuse(
                sheet.file,
                loans,
                f"the parts of {LOANS} add up to {total:g}, not to {whole:g}, in {month}: correct "
                "the rows as published",
            )


def _sums(
    sheet: Sheet, columns: dict[int, str], numbers: Sequence[int]
) -> tuple[list[Row], list[str]]:
    """Sums of rows by month, and the months of which a part only is there. Those to come are blank.

    In the order of time.
    """
    cells = dict(sheet.rows)
    found, partial = [], []
    for column, month in sorted(columns.items(), key=lambda one: one[1]):
        values = [number_of(sheet, row, cell_at(cells[row], column)) for row in numbers]
        known = [value for value in values if value is not None]
        if len(known) == len(values):
            found.append(Row(numbers[0], month, sum(known)))
        elif known:
            partial.append(month)
    if not partial:
        return found, []
    where = ", ".join(map(str, numbers))
    return found, [f"{', '.join(partial)}: not all of rows {where} have a value"]
