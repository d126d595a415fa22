"""What the words of a series' name say of its dimension, its direction and its unit.

Belongs here: the lists of words, English and clear ones only. Does not belong here: what the sizes
of the values say (`guessing`). A name that says two things at once says nothing.
"""

import re
import unicodedata
from typing import Literal, NamedTuple

from sfr_pipeline.yaml_text import RESERVED

# Identifier, title, and the words that place a series there; the first that has one gets it.
DIMENSIONS: tuple[tuple[str, str, str], ...] = (
    ("real_estate", "Real estate market",
     "house|houses|housing|home|homes|property|real estate|mortgages?|land|construction|building"),
    ("foreign_exchange", "Foreign exchange market",
     "exchange rates?|fx|forex|currency|reer|neer|dollar|international reserves|foreign reserves|"
     "capital (?:out|in)?flows?|outflows?|external debt"),
    ("institutions", "Financial institutions",
     "banks?|banking|insurers?|insurance|npls?|nonperforming|non performing|capital ratio|"
     "capital adequacy|loans?|deposits?|leverage|provisions?|overdue|delinquen\\w*|arrears"),
    ("money", "Money market",
     "interbank|overnight|repo|libor|shibor|euribor|sofr|selic|policy rate|fed funds|money market|"
     "bills?|liquidity|excess reserves|ted"),
    ("bond", "Bond market",
     "bonds?|yields?|spread|term|treasury|sovereign|cds|corporate|baa|aaa|embi"),
    ("stock", "Stock market",
     "stocks?|equity|equities|shares?|vix|market cap\\w*|volatility|vol|drawdown|index funds?"),
    ("economy", "Government and economy",
     "gdp|production|unemployment|employment|jobless|payrolls|inflation|cpi|ppi|retail|sales|"
     "exports?|imports?|trade|fiscal|debt|deficit|tax|revenue|confidence|sentiment|pmi|wages?|"
     "orders?|economic|activity|bankruptc\\w+|consumption|investment|m1|m2|m3|credit"),
)  # fmt: skip
UNDECIDED = ("undecided", "To be decided")

MORE_RISK = (
    "spread|premium|volatility|vol|vix|defaults?|bankruptc\\w+|non ?performing|npls?|overdue|"
    "delinquen\\w*|arrears|unemployment|jobless|uncertainty|stress|cds|outflows?|drawdown|"
    "loss(?:es)?|charge offs?|write offs?|layoffs?"
)
LESS_RISK = (
    "growth|reserves|capital ratio|capital adequacy|confidence|sentiment|production|sales|gdp|"
    "employment|pmi|profits?|profitability|roa|roe|return on (?:assets|equity)|orders"
)
# A wide term spread is good news, credit may grow too fast or too slowly, and so on.
UNCLEAR = (
    "term|slope|curve|excess|loan loss reserves|(?:to|of|over) gdp|debt|credit(?! spread| default)"
)

PER_CENT = ("rates?|yields?|ratio|growth|inflation|unemployment|yoy|mom|qoq|percent|pct|share of|"
            "return|roa|roe|volatility|vol|utilization")  # fmt: skip
SPREAD = "spread|premium|differential"
CURRENCY = "exchange rates?|fx|forex|usd|eur|currency|dollar"
INDEX = "index|pmi|prices?|reer|neer|vix|confidence|sentiment"
# Known on the day or the next, and not revised.
OF_MARKETS = (
    "yields?|spread|exchange rates?|fx|stocks?|equity|share prices?|vix|volatility|vol|interbank|"
    "overnight|repo|libor|shibor|euribor|sofr|selic|policy rate|bonds?|bills?|cds|reer|neer"
)
# A central bank counts them by month, whatever market's word stands beside: FX reserves.
RESERVES = "reserves|(?:fx|forex|foreign|exchange|currency|international) reserve"

# What may stand in brackets after a name and be its unit.
_UNIT = re.compile(
    r"%.*|per ?cent.*|pct|percentage points?|basis points|bps?|index.*|.*\b(?:million|billion|"
    r"trillion|thousand|mn|bn|persons|units|points|ratio|tonnes)\b.*|"
    r"(?-i:(?!YOY|MOM|QOQ|NSA)[A-Z]{3})|.*=.*100.*|\d{4} ?=.*",
    re.IGNORECASE,
)
_PLAIN = {"%": "per cent", "pct": "per cent", "percent": "per cent", "bp": "basis points",
          "bps": "basis points", "percentage point": "percentage points"}  # fmt: skip


class Said(NamedTuple):
    """What a word of the name says.

    Attributes:
        value: what it stands for.
        word: as it stands in the name.
    """

    value: str
    word: str


def plain(name: str) -> str:
    """A name in small letters with single spaces, as the lists of words have it."""
    # unemploymentRate is two words, and so is house70; m1 is one.
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[a-z]{3})(?=\d)", " ", name)
    return re.sub(r"[^a-z0-9%&]+", " ", apart.lower()).strip()


def says(name: str, words: str) -> str | None:
    """The first of the words that stands in a name, None where none does."""
    match = re.search(rf"\b(?:{words})\b", plain(name))
    return match[0] if match else None


def dimension_of(name: str) -> Said | None:
    """The dimension that a name says, None where it says none."""
    for dimension, _, words in DIMENSIONS:
        if word := says(name, words):
            return Said(dimension, word)
    return None


def direction_of(name: str) -> tuple[Literal[-1, 1], str] | None:
    """+1 or -1 and the word that says so; None where none does, or two contradict each other."""
    more, less = says(name, MORE_RISK), says(name, LESS_RISK)
    if says(name, UNCLEAR) or (more is None) == (less is None):
        return None
    return (1, more) if more is not None else (-1, less or "")


def name_and_unit(name: str) -> tuple[str, str | None]:
    """A name without the unit that stands in brackets or after a comma at its end, and that."""
    match = re.fullmatch(r"(.+?)\s*(?:\(([^()]+)\)|\[([^\[\]]+)\]|,\s*([^,]+))", name)
    if match is None:
        return name, None
    inside = next(part for part in match.groups()[1:] if part is not None).strip()
    if not _UNIT.fullmatch(inside) or (match[4] and not re.match(r"%|per ?cent", inside, re.I)):
        return name, None
    return match[1], plain_unit(inside)


def plain_unit(unit: str) -> str:
    """A unit in the words of the catalogues: '%' is 'per cent'."""
    known = _PLAIN.get(unit.strip().lower())
    return known or re.sub(r"^(?:%|percent)(?=\W)", "per cent", unit.strip(), flags=re.I)


def identifier(name: str, taken: set[str]) -> str:
    """A short name of small letters, digits and _, that is neither taken yet nor a word of YAML."""
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "_", ascii_only.lower()).strip("_")[:40].strip("_") or "series"
    slug = slug if slug[0].isalpha() else f"s_{slug}"
    number, own = 2, slug
    while own in taken or own in RESERVED:
        own, number = f"{slug}_{number}", number + 1
    return own
