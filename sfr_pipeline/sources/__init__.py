"""Data sources, one module each, behind one small interface.

A source module offers ``AVAILABLE_SERIES``, the codes that it delivers with a description each, and

    fetch_prices(codes) -> frame with date, code, open, high, low, close, volume
    fetch_series(codes) -> frame with date, code, value, and available_at where it is known

Both raise ``SourceError`` where they cannot deliver; a module that offers no prices, or no series,
lacks the function. A source that asks for some codes in many pieces has ``allowance(code)``, the
seconds that they may take, or None. Importing a source module stays light: the client library
behind it is imported when something is fetched. ``files`` is no such module: it reads what users
put into a folder.

Sources that this package does not ship (`extensions`) are asked like ours, and what they answer is
checked (`own`). What they are written with has its stable names here: ``SeriesKey``, ``download``
and ``call`` (ask), ``read_csv``, ``check_columns`` and ``tidy`` (judge), ``SourceError``,
``LayoutError`` and ``NoAnswerError`` (refuse). docs/own_source.md shows how.
"""

import importlib
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from typing import cast

from sfr_pipeline.errors import ExtensionError, SourceError
from sfr_pipeline.extensions import found_sources
from sfr_pipeline.sources.interface import Kind, SeriesKey, Source, SyntheticSource
from sfr_pipeline.sources.live.checks import LayoutError, check_columns, read_csv, tidy
from sfr_pipeline.sources.live.client import call, download
from sfr_pipeline.sources.live.refusals import NoAnswerError
from sfr_pipeline.sources.own import OwnSource, own_source

__all__ = [
    "NAMES",
    "Kind",
    "LayoutError",
    "NoAnswerError",
    "SeriesKey",
    "Source",
    "SourceError",
    "SyntheticSource",
    "call",
    "check_available",
    "check_columns",
    "download",
    "own_sources",
    "read_csv",
    "source",
    "synthetic_source",
    "tidy",
]

NAMES = ("akshare", "bis", "bundled", "ecb", "fred", "ofr", "sandbox", "yahoo")
# Codes that a message lists: more are no help to a reader.
LISTED = 20


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
def own_sources() -> Mapping[str, OwnSource]:
    """The sources of the workspace and of other packages, by their names in the catalogues.

    Raises:
        ExtensionError: one can't be imported, offers nothing, or has the name of another.
    """
    own: dict[str, OwnSource] = {}
    for extension in found_sources():
        taken = f"{own[extension.name].where}" if extension.name in own else "this package"
        if extension.name in NAMES or extension.name in own:
            raise ExtensionError(
                f"{extension.where}: {taken} has a source '{extension.name}' already: rename this "
                "one"
            )
        own[extension.name] = own_source(extension)
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
        ValueError: no such source, or no such code there; the message lists those like it, or the
            first that there are.
    """
    available = source(name).AVAILABLE_SERIES
    if SeriesKey(kind, code) in available:
        return
    known = sorted(key.code for key in available if key.kind == kind)
    refused = f"source '{name}' offers no {kind} '{code}'"
    if near := get_close_matches(code, known):
        raise ValueError(f"{refused}: did you mean {' or '.join(near)}?")
    more = f" and {len(known) - LISTED:,} more" if len(known) > LISTED else ""
    raise ValueError(f"{refused}: it has {', '.join(known[:LISTED]) or 'none'}{more}")
