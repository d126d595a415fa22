"""Official tables as downloaded: the PBoC's credit funds and the NFRA's bank supervision.

They come as workbooks of one or several sheets, as web pages, and as web pages that call themselves
workbooks; a sheet holds a year, or more. Belongs here: which tables are read, and what a file holds
of them. Does not belong here: how they are laid out (`layouts.pboc`, `layouts.nfra`).
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from sfr_pipeline.sources.files.checks import Row, refuse
from sfr_pipeline.sources.files.layouts import series_layout
from sfr_pipeline.sources.files.layouts.nfra import Supervision
from sfr_pipeline.sources.files.layouts.official import OfficialLayout, heading
from sfr_pipeline.sources.files.layouts.pboc import CreditFunds
from sfr_pipeline.sources.files.opening import Opened, Sheet, open_file
from sfr_pipeline.sources.files.web_pages import FEWEST_ROWS

ITEMS = {
    "pboc.deposits": "各项存款, CNY 100 million, monthly",
    "pboc.loans": "各项贷款, CNY 100 million, monthly",
    "pboc.medium_long_term_loans": "中长期贷款 of households and firms, CNY 100 million, monthly",
    "nfra.capital_adequacy_ratio": "资本充足率, per cent, quarterly",
    "nfra.non_performing_loan_ratio": "不良贷款率, per cent, quarterly",
}
LAYOUTS: Sequence[OfficialLayout] = (CreditFunds(), Supervision())
LONGEST_TITLE = 40
# Other tables of these authorities: in other currencies, by kind of bank, of other things.
OTHERS = re.compile(
    r"信贷收支表|指标.{0,12}情况表|资产负债(?:情况)?表|货币概览|货币供应量(?:统计)?表|"
    r"creditfunds|supervisoryindicators",
    re.IGNORECASE,
)


class Workbook(NamedTuple):
    """An official table, or several.

    Attributes:
        items: for each item of ``ITEMS`` that it holds, rows of period and value.
        sha256: of the file.
        layout: which tables it holds, for readers.
        format: of the file, for readers.
        passed_over: name of a file or sheet, and what of it is not read and why.
    """

    items: dict[str, list[Row]]
    sha256: str
    layout: str
    format: str
    passed_over: list[tuple[str, str]]


def is_official(opened: Opened) -> bool:
    """Whether a file holds official tables and no vendor's, also such as are not read here."""
    if any(_layout(opened, sheet) is not None for sheet in opened.sheets):
        return True
    return any(OTHERS.search(heading(sheet)) for sheet in opened.sheets) and not any(
        map(series_layout, opened.sheets)
    )


def read_workbook(path: Path) -> Workbook:
    """Open and read a file of official tables.

    Args:
        path: as downloaded, under any name.

    Raises:
        SourceError: other tables, or another layout.
    """
    return read_official(open_file(path))


def read_official(opened: Opened) -> Workbook:
    """Read the official tables of a file, every sheet of it.

    Raises:
        SourceError: as `read_workbook`.
    """
    name = Path(opened.file).name
    items: dict[str, list[Row]] = {}
    where: dict[tuple[str, object], tuple[str, object]] = {}
    layouts: list[str] = []
    passed_over = [(name, note) for note in opened.notes]
    for sheet in opened.sheets:
        told = f"{name}{sheet.file.removeprefix(opened.file)}"
        layout = _layout(opened, sheet)
        if layout is None:
            passed_over.append((told, f"it is none of the tables that are read: {_begins(sheet)}"))
            continue
        if layout.name not in layouts:
            layouts.append(layout.name)
        found = layout.read(sheet)
        passed_over += [(told, sentence) for sentence in found.ignored]
        for item, rows in found.items.items():
            for row in rows:
                before, value = where.get((item, row.date), (None, None))
                if before is None:
                    where[item, row.date] = sheet.file, row.value
                    items.setdefault(item, []).append(row)
                elif value != row.value:
                    refuse(
                        sheet.file,
                        row.number,
                        f"{row.date} is {row.value:g}, but {value:g} in {before}: remove the older "
                        "sheet",
                    )
                else:
                    passed_over.append((told, f"{row.date} of {item} stands in {before} as well"))
    if not layouts:
        titles = " nor ".join(layout.title for layout in LAYOUTS)
        refuse(
            opened.file,
            None,
            f"its title is neither {titles}, and no other official tables are read: save it as CSV "
            "with the columns date,value under the name of its series, or move it away",
        )
    if not items:
        reasons = "; ".join(why for _, why in passed_over)
        refuse(opened.file, None, f"it holds no values ({reasons}): fill it, or remove it")
    return Workbook(items, opened.sha256, ", ".join(layouts), opened.format, passed_over)


def _layout(opened: Opened, sheet: Sheet) -> OfficialLayout | None:
    # On a web page titles have tables of their own.
    if len(opened.sheets) > 1 and len(sheet.rows) < FEWEST_ROWS:
        return None
    return next((layout for layout in LAYOUTS if layout.recognises(sheet)), None)


def _begins(sheet: Sheet) -> str:
    """How a sheet begins, for readers."""
    text = " ".join(heading(sheet).split())
    return f"'{text if len(text) <= LONGEST_TITLE else text[:LONGEST_TITLE] + '...'}'"
