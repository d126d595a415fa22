"""Numbers as the world writes them: 1,234.5 or 1.234,5 or 1 234,5, per cent signs, (12) for -12.

Belongs here: what a cell can mean, and whether commas or points divide its decimals. Files that a
market reads have plain numbers alone (`sources.cells`).
"""

import math
import re
from collections.abc import Iterable
from typing import Literal, NamedTuple

from sfr_pipeline.sources import cells
from sfr_pipeline.sources.files.checks import refuse

Decimal = Literal["point", "comma"]

# Beside what files of a market may write for nothing; Eurostat has a colon.
MISSING = ("..", "...", "…", ":", "–", "—", "n.a.", "n.a", "#n/a", "na.", "n. a.", "x", "*", "#na")
_SPACES = re.compile("(?<=\\d)[ \u00a0\u202f'\u2019](?=\\d{3})")
# A point that may divide thousands, and a whole number beside which thousands are plausible.
_THOUSANDS = re.compile(r"\.\d{3}(?!\d)")
_HUNDREDS = re.compile(r"[+-]?[1-9]\d{2,}")
_DIGITS = r"[+-]?\d+"
_POINT = re.compile(rf"(?:{_DIGITS}|[+-]?\d{{1,3}}(?:,\d{{3}})+)?(?:\.\d*)?(?:[eE][+-]?\d+)?")
_COMMA = re.compile(rf"(?:{_DIGITS}|[+-]?\d{{1,3}}(?:\.\d{{3}})+)?(?:,\d*)?(?:[eE][+-]?\d+)?")


class Cell(NamedTuple):
    """A cell that may be a number, by its place.

    Attributes:
        row: of the file, from 1.
        text: as it stands there.
    """

    row: int
    text: str


def is_missing(text: str) -> bool:
    """Whether a cell holds nothing, or a sign that stands for nothing."""
    return cells.is_missing(text) or text.lower() in MISSING


def is_number(text: str) -> bool:
    """Whether a cell reads as a number under either convention."""
    plain = _bare(text)
    return any(character.isdigit() for character in plain) and bool(
        _POINT.fullmatch(plain) or _COMMA.fullmatch(plain)
    )


def needs_telling(texts: Iterable[str]) -> bool:
    """Whether `decimal_of` has something to find out: a comma, or points and no clear decimal.

    Cheap, for files of many cells.

    Args:
        texts: of the cells.
    """
    points = clear = False
    for text in texts:
        if "," in text:
            return True
        if "." in text and not clear:
            points, clear = True, not _THOUSANDS.search(text)
    return points and not clear


def decimal_of(file: str, numbers: Iterable[Cell], given: Decimal | None = None) -> Decimal:
    """What divides the decimals of a file: the one that its numbers can't do without.

    Args:
        file: its name, for messages.
        numbers: its cells that are numbers under either convention.
        given: by the user.

    Raises:
        SourceError: two cells contradict each other, or none tells. Points that all have three
            digits behind them divide decimals, unless whole numbers of 100 or more beside them
            make thousands plausible.
    """
    if given is not None:
        return given
    only_point: Cell | None = None
    only_comma: Cell | None = None
    unclear_comma: Cell | None = None
    unclear_point: Cell | None = None
    whole: Cell | None = None
    for cell in numbers:
        text = _bare(cell.text)
        if "," not in text and "." not in text:
            if whole is None and _HUNDREDS.fullmatch(text):
                whole = cell
            continue
        by_point, by_comma = bool(_POINT.fullmatch(text)), bool(_COMMA.fullmatch(text))
        # No number of thousands begins with a zero.
        leading_zero = re.match(r"[+-]?0[.,]", text)
        if by_point and (not by_comma or (leading_zero and "." in text)):
            only_point = only_point or cell
        elif by_comma and (not by_point or (leading_zero and "," in text)):
            only_comma = only_comma or cell
        elif "," in text:
            unclear_comma = unclear_comma or cell
        else:
            unclear_point = unclear_point or cell
    if only_point and only_comma:
        refuse(
            file,
            only_comma.row,
            f"'{only_comma.text}' has a comma before its decimals, '{only_point.text}' in row "
            f"{only_point.row} a point: write all numbers alike",
        )
    if only_point or only_comma:
        return "comma" if only_comma else "point"
    if unclear_comma:
        refuse(
            file,
            unclear_comma.row,
            f"the comma in '{unclear_comma.text}' can divide thousands or decimals, and no number "
            "of the file tells which: say --decimal point or --decimal comma",
        )
    if unclear_point and whole:
        refuse(
            file,
            unclear_point.row,
            f"the point in '{unclear_point.text}' can divide thousands or decimals, beside "
            f"'{whole.text}' in row {whole.row} thousands are plausible, and no number of the file "
            "tells which: say --decimal point or --decimal comma",
        )
    return "point"


def number(text: str, decimal: Decimal) -> float:
    """The number in a cell, NaN where it is missing.

    Raises:
        ValueError: it holds something else, or a number too large to store.
    """
    if is_missing(text):
        return math.nan
    plain = _bare(text)
    form, thousands = (_POINT, ",") if decimal == "point" else (_COMMA, ".")
    if not form.fullmatch(plain):
        raise ValueError(f"'{text}' is no number")
    return cells.number(plain.replace(thousands, "").replace(",", "."))


def is_per_cent(text: str) -> bool:
    """Whether a number has a per cent sign."""
    return text.rstrip().endswith("%")


def _bare(text: str) -> str:
    """A cell without per cent sign, spaces between thousands, and accountants' brackets."""
    plain = text.strip().removesuffix("%").strip().replace("−", "-")
    if plain.startswith("(") and plain.endswith(")"):
        plain = f"-{plain[1:-1]}"
    return _SPACES.sub("", plain)
