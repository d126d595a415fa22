"""Whether what the sources delivered may be passed on, as far as this project knows.

Belongs here: one record a source. None of them is advice: the terms are those of the page that is
named, on the day on which the data were had. Does not belong here: how a source is asked.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Passing = Literal["yes", "ask", "no"]

# What the words mean, from the freest on.
MEANING: dict[Passing, str] = {
    "yes": "may be passed on",
    "ask": "depends on the series and on who asks: read the terms before you pass it on",
    "no": "may not be passed on",
}


@dataclass(frozen=True)
class Terms:
    """Terms of one source.

    Attributes:
        source: name of the source module, as provenances begin; ``file`` for what users brought.
        publisher: who that is.
        passing: whether its data may be passed on.
        why: what is known.
        page: where its terms stand, empty where there is no such page.
    """

    source: str
    publisher: str
    passing: Passing
    why: str
    page: str = ""


TERMS = (
    Terms(
        "sandbox",
        "this project",
        "yes",
        "Made up by a program of this project, under its licence, BSD-3-Clause. Nothing happened.",
    ),
    Terms(
        "ecb",
        "European Central Bank",
        "yes",
        "Statistics of the ESCB may be used freely where the source is named.",
        "https://www.ecb.europa.eu",
    ),
    Terms(
        "bis",
        "Bank for International Settlements",
        "ask",
        "Permitted under its own terms of use of statistics, with the source named.",
        "https://www.bis.org/terms_statistics.htm",
    ),
    Terms(
        "fred",
        "Federal Reserve Bank of St. Louis and the owner of each series",
        "ask",
        "Some series are in the public domain, others are copyrighted by their owners, such as "
        "Moody's, ICE and Cboe; the page of each series says which.",
        "https://fred.stlouisfed.org/legal/",
    ),
    Terms(
        "ofr",
        "Office of Financial Research",
        "ask",
        "Published by the US Treasury, made in part of data of vendors.",
        "https://www.financialresearch.gov",
    ),
    Terms(
        "bundled",
        "packages arch, statsmodels and skfolio",
        "ask",
        "The licences of the packages cover the packages; the values come from Yahoo, FRED, "
        "Moody's and Kenneth French's data library, each under terms of its own.",
    ),
    Terms(
        "akshare",
        "web sites that AKShare reads",
        "no",
        "AKShare offers them for academic research alone, and the sites give no leave to pass "
        "them on.",
        "https://akshare.akfamily.xyz/introduction.html",
    ),
    Terms(
        "yahoo",
        "Yahoo Finance",
        "no",
        "For personal use alone.",
        "https://legal.yahoo.com",
    ),
    Terms(
        "file",
        "whoever you had the file from",
        "ask",
        "A file of yours: its licence is that under which you had it. CSMAR and Wind are licensed "
        "to their subscribers.",
    ),
)  # fmt: skip

UNKNOWN = Terms(
    "", "a source that this project does not ship", "ask", "Its terms are not known here."
)
# Said of tables of posts, which no source delivers as series.
POSTS = (
    "Posts are the words of their authors. A forum gives no leave to pass them on; what is made of "
    "them, sentiment and the opinion index, quotes nobody."
)


def terms_of(provenance: str) -> Terms:
    """The terms of what came from somewhere.

    Args:
        provenance: as column ``source`` of the tables has it, such as ``fred: VIXCLS``.
    """
    source = provenance.partition(":")[0].strip()
    return next((terms for terms in TERMS if terms.source == source), UNKNOWN)


def by_terms(provenances: Iterable[tuple[str, str]]) -> list[tuple[Terms, list[str]]]:
    """Names under the terms that hold for them, the freest first.

    Args:
        provenances: pairs of a name and where it comes from.
    """
    found: dict[Terms, list[str]] = {}
    for name, provenance in provenances:
        found.setdefault(terms_of(provenance), []).append(name)
    order = list(MEANING)
    ranked = sorted(found, key=lambda terms: (order.index(terms.passing), terms.source))
    return [(terms, sorted(found[terms])) for terms in ranked]
