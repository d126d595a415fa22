"""Texts that a spreadsheet would take for a formula, and names that any program takes.

A text of somebody else, such as the title of a post, may begin with ``=`` and then runs when a
spreadsheet opens it. Numbers, dates and truth values are never touched.
"""

import re
from collections.abc import Iterable

# What begins a formula, or is dropped before one is looked for, full-width forms included.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
APOSTROPHE = "'"


def escaped(text: str) -> str:
    """A text that no spreadsheet runs: an apostrophe stands before what begins like a formula."""
    return APOSTROPHE + text if text.startswith(FORMULA) else text


def identifier(text: str) -> str:
    """Capital ASCII letters, digits and underscores for any name, such as that of an instrument.

    A character outside ASCII becomes its code point: ``上证`` is ``U4E0AU8BC1``.
    """
    ascii_alone = "".join(letter if letter.isascii() else f"U{ord(letter):04X}" for letter in text)
    return re.sub(r"[^A-Za-z0-9]+", "_", ascii_alone).strip("_").upper() or "_"


def identifiers(texts: Iterable[str]) -> dict[str, str]:
    """Identifiers of distinct names by name, numbered from the second on where two agree."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for text in sorted(set(texts)):
        own, number = identifier(text), 1
        while (name := own if number == 1 else f"{own}_{number}") in taken:
            number += 1
        taken.add(name)
        found[text] = name
    return found
