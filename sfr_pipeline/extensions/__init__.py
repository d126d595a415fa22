"""Models and sources that this package does not ship: of the workspace, and of other packages.

Belongs here: finding and importing them. Does not belong here: what they must be
(`evaluation.models.own`, `sources`).

A workspace has them in modules of its folder ``extensions/``, which are imported as submodules of
this package, so that every process finds them by their names. A module may have

- ``MODELS``, records of forecasters, classifiers and networks (`evaluation.models.Model`),
- ``AVAILABLE_SERIES`` with ``fetch_series`` or ``fetch_prices``: then it is a source
  (`sources.Source`), which catalogues call by the name of the file.

Another package names the same by entry points: a record, or several, in the groups
``sfr_pipeline.forecasters`` and ``sfr_pipeline.networks``, a module in ``sfr_pipeline.sources``.
"""

from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Any, NamedTuple

from sfr_pipeline.errors import ExtensionError
from sfr_pipeline.workspace import extensions_folder

MODEL_GROUPS = ("sfr_pipeline.forecasters", "sfr_pipeline.networks")
SOURCE_GROUP = "sfr_pipeline.sources"

_FOLDER = extensions_folder()
if _FOLDER is not None:
    __path__.append(str(_FOLDER))


class Extension(NamedTuple):
    """Something that was found.

    Attributes:
        name: of the module or entry point.
        where: file or package, for messages.
        value: what it stands for: a module, a record or a tuple of records.
    """

    name: str
    where: str
    value: Any


@cache
def found_models() -> tuple[Extension, ...]:
    """What ought to be records of models, of the workspace first.

    Raises:
        ExtensionError: one of them can't be imported.
    """
    modules = [own for own in _modules() if hasattr(own.value, "MODELS")]
    packages = [_loaded(point) for group in MODEL_GROUPS for point in _entry_points(group)]
    return (*(own._replace(value=own.value.MODELS) for own in modules), *packages)


@cache
def found_sources() -> tuple[Extension, ...]:
    """What ought to be modules of sources, of the workspace first.

    Raises:
        ExtensionError: one of them can't be imported.
    """
    modules = [own for own in _modules() if hasattr(own.value, "AVAILABLE_SERIES")]
    return (*modules, *(_loaded(point) for point in _entry_points(SOURCE_GROUP)))


@cache
def _modules() -> tuple[Extension, ...]:
    if _FOLDER is None:
        return ()
    return tuple(
        Extension(path.stem, f"extensions/{path.name}", _module(path.stem, str(path)))
        for path in sorted(_FOLDER.glob("*.py"))
        if not path.name.startswith("_")
    )


def _module(name: str, path: str) -> ModuleType:
    if not name.isidentifier():
        raise ExtensionError(f"{path}: Python can't import a module of this name: rename the file")
    try:
        return import_module(f"{__name__}.{name}")
    except Exception as error:
        raise _unusable(path, error) from error


def _loaded(point: EntryPoint) -> Extension:
    package = f"{point.dist.name} {point.dist.version}" if point.dist else "an unknown package"
    where = f"{package}, entry point {point.name} of {point.group}"
    try:
        return Extension(point.name, where, point.load())
    except Exception as error:
        raise _unusable(where, error) from error


def _entry_points(group: str) -> list[EntryPoint]:
    return sorted(entry_points(group=group), key=lambda point: point.name)


def _unusable(where: str, error: Exception) -> ExtensionError:
    kind = type(error).__name__
    return ExtensionError(f"{where} can't be imported ({kind}: {error}): mend it, or take it out")
