"""The tables of a web page, as banks publish under the name of a workbook, and what stands above.

Belongs here: cells and lines of a page. Does not belong here: what they mean (`layouts`), and
whether a file is a page at all (`opening`).
"""

from pathlib import Path
from typing import Any, NamedTuple

from sfr_pipeline.sources.files.checks import refuse
from sfr_pipeline.sources.files.content import require_size
from sfr_pipeline.sources.files.spreadsheet import MOST_CELLS

# Signs within a line; all else begins another.
INLINE = frozenset(
    ("a", "b", "big", "em", "font", "i", "label", "o:p", "s", "small", "span", "strong", "sup", "u")
)
# What is no text of the page, and links, which lead to other tables.
UNREAD = frozenset(("a", "noscript", "script", "select", "style", "textarea"))
# A table of fewer rows is furniture of the page, such as a title or a unit.
FEWEST_ROWS = 3


class PageTable(NamedTuple):
    """A table of a page that holds no other.

    Attributes:
        cells: its rows, all of one length; None where a cell holds nothing. One over several
            columns or rows stands in the first of them.
        above: the lines between it and the table before it, its caption last. Tables of a row or
            two count as lines.
    """

    cells: list[list[str | None]]
    above: tuple[str, ...]


def page_tables(file: str, text: str) -> list[PageTable]:
    """The tables of a page that hold no others, in its order.

    Args:
        file: its name, for messages.
        text: of the page.

    Raises:
        SourceError: its tables are too large.
    """
    from lxml import etree, html

    page = html.fromstring(text.encode(), parser=html.HTMLParser(encoding="utf-8"))
    tables: list[PageTable] = []
    lines: list[str] = [""]
    held = 0
    walk = etree.iterwalk(page, events=("start", "end", "comment", "pi"))
    for event, element in walk:
        tag = element.tag if isinstance(element.tag, str) else ""
        if event == "start":
            is_table = tag == "table" and element.find(".//table") is None
            if is_table:
                captions = [one.text_content() for one in element.iterchildren("caption")]
                above = [" ".join(line.split()) for line in (*lines, *captions)]
                cells = _cells(file, element, held)
                held += sum(map(len, cells))
                tables.append(PageTable(cells, tuple(filter(None, above))))
                small = [cell for row in cells for cell in row if cell]
                lines = [*lines, *small] if len(cells) < FEWEST_ROWS else [""]
            if is_table or tag in UNREAD:
                walk.skip_subtree()
                continue
            lines += [""] * (tag not in INLINE)
            lines[-1] += element.text or ""
        else:
            lines += [""] * (event == "end" and tag not in INLINE)
            lines[-1] += element.tail or ""
    return tables


def _cells(file: str, table: Any, held: int) -> list[list[str | None]]:
    """Those of a table, on a page whose tables before it hold so many."""
    grid: dict[tuple[int, int], str] = {}
    taken: set[tuple[int, int]] = set()
    lines = list(table.iter("tr"))
    for row, line in enumerate(lines):
        column = 0
        for cell in line.iterchildren("td", "th"):
            while (row, column) in taken:
                column += 1
            down, across = (_span(cell.get(name)) for name in ("rowspan", "colspan"))
            down = min(down, len(lines) - row)
            _require_size(file, len(lines), column + across, held)
            taken.update((row + i, column + j) for i in range(down) for j in range(across))
            grid[row, column] = " ".join(cell.text_content().split())
            column += across
    width = max((column for _, column in taken), default=-1) + 1
    return [
        [grid.get((row, column)) or None for column in range(width)] for row in range(len(lines))
    ]


def _require_size(file: str, rows: int, columns: int, held: int) -> None:
    """Of a table, and of all up to it: a span of one cell makes thousands of them."""
    require_size(Path(file), rows, columns)
    if held + rows * columns > MOST_CELLS:
        refuse(
            file,
            None,
            f"it holds more than {MOST_CELLS:,} cells: save the table that is needed as CSV",
        )


def _span(written: str | None) -> int:
    """How many rows or columns a cell spans; no table here has a hundred."""
    digits = (written or "").strip().lstrip("0")
    # The first digits tell that it is more: thousands of them are no number to Python.
    return min(int(digits[:3]), 100) if digits.isdecimal() else 1
