"""What the name of a file of prices says of the instrument in it."""

import re
from pathlib import Path

# What downloads add to the name of an instrument in the name of its file.
TAILS = re.compile(
    r"([ _-]?(历史数据|历史行情|日线)|[ _-]+(historical|historische|stock|etf|futures|price|prices|"
    r"data|daten|history|daily|d))+$",
    re.IGNORECASE,
)
_COPY = re.compile(r" ?\(\d+\)$")


def names_of(path: Path) -> tuple[str, ...]:
    """What the name of a file may call its instrument: the name, and without what exports add."""
    stem = path.stem
    bare = _COPY.sub("", stem)
    return tuple(dict.fromkeys((stem, bare, TAILS.sub("", bare).strip() or stem)))
