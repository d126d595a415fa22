"""Numbers as vendors write them, turned into those that `checks` reads.

Belongs here: commas between thousands. Does not belong here: whatever else a number may be written
with, which `checks` refuses by row.
"""

import re

THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", re.ASCII)


def plain_number(cell: object) -> object:
    """A cell without commas between thousands; any other cell as it is."""
    if isinstance(cell, str) and THOUSANDS.fullmatch(cell.strip()):
        return cell.replace(",", "")
    return cell
