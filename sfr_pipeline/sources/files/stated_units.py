"""Units as vendors write them, and the factor between two of them.

Belongs here: what is understood surely: money in yuan and dollars of any scale, and shares. All
else, such as indices whose base may differ, counts as not understood, and nothing is converted.
Does not belong here: units guessed from the size of values (`units`).
"""

import re
import unicodedata
from typing import NamedTuple

CHINESE_SCALES = {
    "": 1.0, "千": 1e3, "万": 1e4, "百万": 1e6, "千万": 1e7, "亿": 1e8, "十亿": 1e9, "百亿": 1e10,
    "千亿": 1e11, "万亿": 1e12, "兆": 1e12,
}  # fmt: skip
ENGLISH_SCALES = {
    "": 1.0, "th": 1e3, "thousand": 1e3, "10thousand": 1e4, "10,000": 1e4, "mn": 1e6, "mil.": 1e6,
    "million": 1e6, "100million": 1e8, "100mn": 1e8, "hm": 1e8, "bn": 1e9, "bil.": 1e9,
    "billion": 1e9, "tn": 1e12, "trillion": 1e12,
}  # fmt: skip
CURRENCIES = {
    "元": "CNY", "人民币": "CNY", "人民币元": "CNY", "元人民币": "CNY", "cny": "CNY",
    "rmb": "CNY", "yuan": "CNY", "rmbyuan": "CNY", "美元": "USD", "usd": "USD", "dollars": "USD",
    "u.s.dollars": "USD", "usdollars": "USD", "$": "USD",
}  # fmt: skip
# In per cent.
SHARES = {
    "%": 1.0, "%pa": 1.0, "%p.a.": 1.0, "%perannum": 1.0, "百分比": 1.0, "百分点": 1.0,
    "percent": 1.0, "percentayear": 1.0, "percentperannum": 1.0, "percentagepoints": 1.0,
    "percentagepoint": 1.0, "percentchangefromyearago": 1.0, "bp": 0.01, "bps": 0.01, "基点": 0.01,
    "basispoints": 0.01,
}  # fmt: skip


class Unit(NamedTuple):
    """A unit that is understood.

    Attributes:
        of: 'CNY', 'USD' or 'per cent'.
        scale: how many of these it is.
    """

    of: str
    scale: float


def understood(written: str) -> Unit | None:
    """What a unit as somebody wrote it means, None where that is not sure."""
    text = re.sub(r"\s", "", unicodedata.normalize("NFKC", written)).casefold()
    if text in SHARES:
        return Unit("per cent", SHARES[text])
    scales = "|".join(sorted(map(re.escape, CHINESE_SCALES), key=len, reverse=True))
    if match := re.fullmatch(rf"(人民币)?({scales})(元|美元|元人民币)", text):
        currency = CURRENCIES[match[3]]
        # 人民币亿美元 is no unit.
        return None if match[1] and currency != "CNY" else Unit(currency, CHINESE_SCALES[match[2]])
    for name in sorted(CURRENCIES, key=len, reverse=True):
        scale: str | None = None
        if text.startswith(name):
            scale = text.removeprefix(name)
        elif text.endswith(name):
            scale = re.sub(r"s?(of)?$", "", text.removesuffix(name))
        if scale is not None and scale.removeprefix(":") in ENGLISH_SCALES:
            return Unit(CURRENCIES[name], ENGLISH_SCALES[scale.removeprefix(":")])
    return None


def unit_behind(name: str) -> tuple[str, str] | None:
    """A name without the unit in brackets at its end, and the unit.

    Returns:
        None where nothing stands there that is surely a unit, but ``(停止)`` or ``(2020=100)``.
    """
    match = re.fullmatch(r"(.*\S)\s*[(（\[]([^()（）\[\]]+)[)）\]]\s*", name, re.DOTALL)
    return (match[1], match[2]) if match and understood(match[2]) else None


def factor_between(stated: str, wanted: str) -> float | None:
    """What values in one unit are to be multiplied by to be in another.

    Returns:
        None where either is not understood surely; NaN where both are, and none can be made of the
        other.
    """
    one, other = understood(stated), understood(wanted)
    if one is None or other is None:
        return None
    return one.scale / other.scale if one.of == other.of else float("nan")
