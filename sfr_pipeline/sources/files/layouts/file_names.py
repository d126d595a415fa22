"""What the name of a file of prices says of the instrument in it."""

import re
from pathlib import Path

# What downloads add to the name of an instrument in the name of its file.
TAILS = re.compile(
    r"([ _-]?(历史数据|历史行情|日线)|[ _-]+(historical|historische|stock|etf|futures|price|prices|"
    r"data|daten|history|daily|d))$",
    re.IGNORECASE,
)
_COPY = re.compile(r" ?\(\d+\)$")


def names_of(path: Path) -> tuple[str, ...]:
    """What the name of a file may call its instrument: the name, and without what exports add.

    That is taken off word by word: of ``Gold Futures Historical Data`` the instrument may be called
    ``Gold Futures``.
    """
    names = [path.stem, _COPY.sub("", path.stem)]
    while (shorter := TAILS.sub("", names[-1]).strip()) not in ("", names[-1]):
        names.append(shorter)
    return tuple(dict.fromkeys(names))
