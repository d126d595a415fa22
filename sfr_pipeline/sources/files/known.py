"""What series are called outside: ids and names at vendors, compared as people compare them.

Belongs here: when two names are the same, and which series of a market has one. Does not belong
here: where names stand in a file (`layouts`).
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Protocol, runtime_checkable

from sfr_pipeline.sources.files.checks import Wanted

# Vendors of China began to put it before all names at some time.
COUNTRY = "中国:"


@runtime_checkable
class Named(Protocol):
    """A series that says what vendors call it; one of a catalogue does."""

    @property
    def names_outside(self) -> Sequence[str]:
        """Its ids and names at vendors, in any case and width."""
        ...


def same_name(name: str) -> str:
    """A name without regard to case, spaces, breaks of lines, width of signs, and country."""
    text = re.sub(r"\s", "", unicodedata.normalize("NFKC", name)).casefold()
    return text.removeprefix(COUNTRY)


class KnownNames:
    """Which series of a market a name means.

    Args:
        wanted: the series; each answers to its id, and to ``names_outside`` where it has any.
    """

    def __init__(self, wanted: Iterable[Wanted]) -> None:
        self._by_name: dict[str, str] = {}
        self._written: dict[str, str] = {}
        for series in wanted:
            outside = series.names_outside if isinstance(series, Named) else ()
            for name in (series.id, *outside):
                self._by_name.setdefault(same_name(name), series.id)
                self._written.setdefault(same_name(name), name)

    def series(self, names: Iterable[str]) -> str | None:
        """Id of the series that has one of the names, the first that is known; else None."""
        return next((self._by_name[n] for n in map(same_name, names) if n in self._by_name), None)

    def near(self, names: Iterable[str]) -> list[str]:
        """Up to three known names that look like one of these, with the ids of their series."""
        found: dict[str, None] = {}
        for name in names:
            for one in get_close_matches(same_name(name), self._by_name, n=2):
                written, series = self._written[one], self._by_name[one]
                found[written if written == series else f"{written} ({series})"] = None
        return list(found)[:3]
