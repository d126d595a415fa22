"""Data sources, one module each, behind one small interface.

A source module offers ``AVAILABLE_SERIES``, the codes that it delivers with a description each, and

    fetch_prices(codes) -> frame with date, code, open, high, low, close, volume
    fetch_series(codes) -> frame with date, code, value, and available_at where it is known

Both raise ``SourceError`` where they cannot deliver; a module that offers no prices, or no series,
lacks the function. A source that asks for some codes in many pieces has ``allowance(code)``, the
seconds that they may take, or None. Importing a source module stays light: the client library
behind it is imported when something is fetched. ``files`` is no such module: it reads what users
put into a folder. Sources that this package does not ship (`extensions`) are used like ours.
"""

import importlib
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Literal, NamedTuple, Protocol, cast

import pandas as pd

from sfr_pipeline.errors import ExtensionError
from sfr_pipeline.extensions import found_sources

Kind = Literal["prices", "series"]


class SeriesKey(NamedTuple):
    """What a source can be asked for."""

    kind: Kind
    code: str


class Source(Protocol):
    """The interface that every source module satisfies."""

    AVAILABLE_SERIES: Mapping[SeriesKey, str]

    def fetch_prices(self, codes: Sequence[str]) -> pd.DataFrame:
        """Daily prices in long form."""
        ...

    def fetch_series(self, codes: Sequence[str]) -> pd.DataFrame:
        """Series in long form."""
        ...


class SyntheticSource(Source, Protocol):
    """A source that makes its data itself, and knows from what."""

    def fetch_truth(self) -> pd.DataFrame:
        """Rows of table ``truth``."""
        ...


NAMES = ("akshare", "bis", "bundled", "ecb", "fred", "ofr", "sandbox", "yahoo")


def source(name: str) -> Source:
    """Import a source by its name in the catalogues.

    Raises:
        ValueError: there is no such source.
        ExtensionError: one that this package does not ship is not what it must be.
    """
    if name in NAMES:
        return cast(Source, importlib.import_module(f"sfr_pipeline.sources.{name}"))
    own = own_sources()
    if name not in own:
        raise ValueError(f"there is no source '{name}': choose from {', '.join((*NAMES, *own))}")
    return own[name]


@cache
def own_sources() -> Mapping[str, Source]:
    """The sources of the workspace and of other packages, by their names in the catalogues.

    Raises:
        ExtensionError: one can't be imported, offers nothing, or has the name of another.
    """
    own: dict[str, Source] = {}
    for extension in found_sources():
        name, told = extension.name, f"{extension.where}: the source '{extension.name}'"
        if name in NAMES or name in own:
            raise ExtensionError(f"{told} has the name of another source: rename it")
        available = getattr(extension.value, "AVAILABLE_SERIES", None)
        if not isinstance(available, Mapping) or not all(
            isinstance(key, SeriesKey) for key in available
        ):
            raise ExtensionError(
                f"{told} needs AVAILABLE_SERIES, a description for each SeriesKey(kind, code)"
            )
        for kind in sorted({key.kind for key in available}):
            if not callable(getattr(extension.value, f"fetch_{kind}", None)):
                raise ExtensionError(f"{told} offers {kind} and has no function fetch_{kind}")
        own[name] = cast(Source, extension.value)
    return own


def synthetic_source(name: str) -> SyntheticSource:
    """Import a source that knows the truth behind its data.

    Raises:
        ValueError: there is no such source, or its data are real.
    """
    module = source(name)
    if not hasattr(module, "fetch_truth"):
        raise ValueError(f"source '{name}' delivers real data: nobody knows their truth")
    return cast(SyntheticSource, module)


def check_available(name: str, code: str, kind: Kind) -> None:
    """Refuse what a source cannot deliver.

    Raises:
        ValueError: no such source, or no such code there; the message lists what there is.
    """
    available = source(name).AVAILABLE_SERIES
    if SeriesKey(kind, code) not in available:
        known = sorted(key.code for key in available if key.kind == kind)
        raise ValueError(f"source '{name}' offers no {kind} '{code}': it has {', '.join(known)}")
