"""Days and numbers as vendors of prices write them: Sep 30, 2024; 1.234,50; 1.23M; a day's zone.

Belongs here: what a cell of a vendor's file means, where one meaning is proven. Does not belong
here: where the cells stand (`bars`), and what a cell of the user's own file may be
(`sources.cells`, `checks`), which is less.
"""

import datetime as dt
import math
import re
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from sfr_pipeline.sources import cells

Decimal = Literal["point", "comma"]

_ZONE = r"(?:Z| ?[+-]\d{2}:?\d{2})?"
_ISO = re.compile(
    rf"(?P<y>\d{{4}})([-/.])(?P<m>\d{{1,2}})\2(?P<d>\d{{1,2}})"
    rf"(?:[ T](?P<time>\d{{1,2}}:\d{{2}}(?::\d{{2}}(?:\.\d+)?)?){_ZONE})?",
    re.ASCII,
)
_OTHERS = [
    re.compile(form, re.ASCII)
    for form in (
        r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})",
        r"(?P<y>\d{4})年(?P<m>\d{1,2})月(?P<d>\d{1,2})日",
        r"(?P<w>[A-Za-z]{3,9})\.? (?P<d>\d{1,2}),? (?P<y>\d{4})",
        r"(?P<d>\d{1,2})[- ](?P<w>[A-Za-z]{3,9})\.?[- ,]+(?P<y>\d{4})",
        # Points stand behind days.
        r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4})",
    )
]
_EITHER = re.compile(r"(\d{1,2})([-/])(\d{1,2})\2(\d{4})", re.ASCII)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MIDNIGHT = re.compile(r"[0:.]+")

_SIZES = {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12, "万": 1e4, "亿": 1e8}
# How heads, or labels below them, say in which multiple of a share or lot volumes are.
_MULTIPLES = {"千": 1e3, "万": 1e4, "百万": 1e6, "千万": 1e7, "亿": 1e8}
_STATED = re.compile(r"(?:.*[(（\[])?(?:单位[:：])?(千万|百万|千|万|亿)[股手份张]?[)）\]]?")
_NOTHING = ("—", "–", "n/a")
BY_POINT = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", re.ASCII)
BY_COMMA = re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d*)?|[+-]?\d+,\d*", re.ASCII)
# No number of thousands begins with a zero.
_DECIMAL = re.compile(r"[+-]?0+\.\d+", re.ASCII)
_DIGITS = re.compile(r"[+-]?[\d.,]*\d[\d.,]*", re.ASCII)
_SPACES = re.compile("(?<=\\d)[ \u00a0\u202f](?=\\d{3})")


class TwoMeanings(Exception):
    """A cell that can be read in two ways, and no other cell tells which.

    Attributes:
        texts: the cells at fault.
        because: why, and what to do.
    """

    def __init__(self, texts: Iterable[str], because: str) -> None:
        self.texts = set(texts)
        self.because = because
        super().__init__(because)


class Days(NamedTuple):
    """What cells of dates mean.

    Attributes:
        of: day of each text that is one, written as 2024-01-31.
        timed: texts that say an hour beside the day.
    """

    of: Mapping[str, str]
    timed: frozenset[str]


def read_days(texts: Iterable[str], day_first: bool | None) -> Days:
    """The days that texts name; what is none is left out.

    Args:
        texts: of the cells of one file.
        day_first: of 01/02/2020, whether the day comes first; None: as the texts tell.

    Returns:
        Days as written, whatever their zone: the day of the exchange, not that of UTC.

    Raises:
        TwoMeanings: the texts do not tell whether the day comes first, or contradict each other.
    """
    written = list(dict.fromkeys(texts))
    either = {text: found for text in written if (found := _EITHER.fullmatch(text))}
    turned = [text for text in written if _ISO.fullmatch(text)]
    if either and turned:
        raise TwoMeanings(
            turned if len(turned) < len(either) else either,
            "are written otherwise than the other days, as where a spreadsheet took those that it "
            "could for dates, perhaps day for month: give the file as it was downloaded",
        )
    if either and day_first is None:
        day_first = _day_first(either)
    days: dict[str, str] = {}
    timed = set()
    for text in written:
        if found := either.get(text):
            day, month = (found[1], found[3]) if day_first else (found[3], found[1])
            one = _day(found[4], month, day)
        else:
            one = _plain_day(text)
            if (iso := _ISO.fullmatch(text)) and not MIDNIGHT.fullmatch(iso["time"] or "0"):
                timed.add(text)
        if one is not None:
            days[text] = one
    return Days(days, frozenset(timed))


def _plain_day(text: str) -> str | None:
    for form in (_ISO, *_OTHERS):
        if found := form.fullmatch(text):
            parts = found.groupdict()
            month = parts.get("m")
            if word := parts.get("w"):
                short = word[:3].lower()
                month = str(_MONTHS.index(short) + 1) if short in _MONTHS else None
            return None if month is None else _day(parts["y"], month, parts["d"])
    return None


def _day(year: str, month: str, day: str) -> str | None:
    try:
        return dt.date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None


def _day_first(either: Mapping[str, re.Match[str]]) -> bool:
    first = {text for text, found in either.items() if int(found[1]) > 12}
    second = {text for text, found in either.items() if int(found[3]) > 12}
    if first and second:
        few = first if len(first) <= len(second) else second
        raise TwoMeanings(
            few, "have the day and the month the other way round than the others: write all alike"
        )
    if not first and not second:
        raise TwoMeanings(
            either,
            "may have the day or the month first, and no date of the file tells which: write them "
            "like 2024-01-31",
        )
    return bool(first)


def decimal_of(texts: Iterable[str]) -> Decimal:
    """What divides the decimals of a file, by those of its cells that have but one reading.

    Raises:
        TwoMeanings: commas may divide thousands or decimals; or cells contradict each other.
    """
    point: set[str] = set()
    comma: set[str] = set()
    unclear: set[str] = set()
    for text in texts:
        bare = _bare(text.removesuffix("%").strip())[0]
        if not _DIGITS.fullmatch(bare):
            continue
        if "," in bare and "." in bare:
            (comma if bare.rindex(",") > bare.rindex(".") else point).add(text)
        elif "," in bare:
            if bare.count(",") > 1:
                point.add(text)
            elif BY_POINT.fullmatch(bare) and not bare.lstrip("+-").startswith("0"):
                unclear.add(text)
            elif BY_COMMA.fullmatch(bare):
                comma.add(text)
        elif bare.count(".") > 1:
            comma.add(text)
        elif _DECIMAL.fullmatch(bare) or (
            "." in bare and not BY_COMMA.fullmatch(bare) and cells.NUMBER.fullmatch(bare)
        ):
            point.add(text)
    if point and comma:
        few = comma if len(comma) <= len(point) else point
        raise TwoMeanings(few, "divide decimals otherwise than the other numbers: write all alike")
    if unclear and not point and not comma:
        raise TwoMeanings(
            unclear,
            "may have a comma between thousands or before decimals, and no number of the file "
            "tells which: write them plainly, such as 1234.5",
        )
    return "comma" if comma else "point"


def number(cell: object, decimal: Decimal) -> float:
    """The number in a cell, NaN where it holds nothing.

    Raises:
        ValueError: it holds something else.
    """
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return float(cell)
    text = "" if cell is None else str(cell).strip()
    if cells.is_missing(text) or text.lower() in _NOTHING:
        return math.nan
    if (decimal == "point" or "." not in text) and cells.NUMBER.fullmatch(text):
        return cells.number(text)
    bare, size = _bare(text)
    if decimal == "comma" and BY_COMMA.fullmatch(bare):
        bare = bare.replace(".", "").replace(",", ".")
    elif decimal == "point" and BY_POINT.fullmatch(bare):
        bare = bare.replace(",", "")
    elif decimal == "comma" and "." in bare:
        raise ValueError(f"'{text}' is no number with a comma before its decimals")
    value = cells.number(bare) * size
    if math.isnan(value):
        raise ValueError(f"'{text}' is no number")
    return value


def volume_size(heads: Iterable[object]) -> float:
    """What volumes are to be multiplied by, as the first head that states it says; 1 if none does.

    Lots (手) are what they are: how many shares one has, the exchange says.
    """
    texts = ("".join(str(cell or "").split()) for cell in heads)
    told = [found[1] for text in texts if (found := _STATED.fullmatch(text))]
    return _MULTIPLES[told[0]] if told else 1.0


def _bare(text: str) -> tuple[str, float]:
    """A number without its size and the spaces between its thousands, and that size."""
    size = _SIZES.get(text[-1:].lower(), 1.0)
    bare = text[:-1].strip() if size != 1 else text
    return _SPACES.sub("", bare), size
