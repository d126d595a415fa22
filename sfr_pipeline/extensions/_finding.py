"""Finding and importing what the package's docstring describes.

This module has a name of its own, and one that begins with ``_``: an extension becomes an attribute
of the package, where ``traceback.py`` would stand in the place of the module that is used here.
"""

import sys
import traceback
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from sfr_pipeline.errors import ExtensionError
from sfr_pipeline.workspace import extensions_folder

MODEL_GROUPS = ("sfr_pipeline.forecasters", "sfr_pipeline.networks")
SOURCE_GROUP = "sfr_pipeline.sources"
# What a module of the workspace may offer.
RECORDS, AVAILABLE = "MODELS", "AVAILABLE_SERIES"
# These are for Python, editors and systems, or for the other modules.
HIDDEN = ("_", ".")
PACKAGE = "sfr_pipeline.extensions"


class Extension(NamedTuple):
    """Something that was found.

    Attributes:
        name: of the module or entry point.
        where: file or package, for messages.
        value: what it stands for: a module, or a tuple of records.
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
    modules = [own for own in _modules() if hasattr(own.value, RECORDS)]
    packages = [_loaded(point) for group in MODEL_GROUPS for point in _entry_points(group)]
    named = (*(own._replace(value=own.value.MODELS) for own in modules), *packages)
    return tuple(own._replace(value=_several(own.value)) for own in named)


@cache
def found_sources() -> tuple[Extension, ...]:
    """What ought to be modules of sources, of the workspace first.

    Raises:
        ExtensionError: one of them can't be imported.
    """
    modules = [own for own in _modules() if hasattr(own.value, AVAILABLE)]
    return (*modules, *(_loaded(point) for point in _entry_points(SOURCE_GROUP)))


def _several(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def line_of(error: BaseException, module: object) -> str:
    """Where in a module's own code an error arose: `` in line 12 of mybank.py``, or nothing.

    Args:
        error: as it was caught.
        module: a module; of a package all files count.
    """
    file = Path(getattr(module, "__file__", None) or "")
    return _line_in(error, file.parent if file.name == "__init__.py" else file)


def join_workspace() -> Path | None:
    """Make what lies in the workspace's folder submodules of the package; returns the folder.

    In the place of those of another workspace: ``sfr --workspace`` may name one after the import.
    """
    folder = extensions_folder()
    path = sys.modules[PACKAGE].__path__
    path[1:] = [str(folder)] if folder is not None else []
    return folder


@cache
def _modules() -> tuple[Extension, ...]:
    folder = join_workspace()
    if folder is None or not folder.is_dir():
        return ()
    paths = [path for path in sorted(folder.iterdir()) if _is_module(path)]
    return tuple(_module(path) for path in paths)


def _is_module(path: Path) -> bool:
    if path.name.startswith(HIDDEN):
        return False
    return path.suffix == ".py" if path.is_file() else (path / "__init__.py").is_file()


def _module(path: Path) -> Extension:
    name, where = path.stem if path.is_file() else path.name, f"extensions/{path.name}"
    if not name.isidentifier():
        raise ExtensionError(
            f"{where}: Python can't import a module of this name: rename it to letters, digits and "
            "underscores"
        )
    if path.is_file() and _is_module(path.with_suffix("")):
        raise ExtensionError(f"{where} and extensions/{name}/ have one name: rename one of them")
    if not isinstance(getattr(sys.modules[PACKAGE], name, sys), ModuleType):
        raise ExtensionError(f"{where}: the name {name} is taken here: rename it")
    try:
        module = import_module(f"{PACKAGE}.{name}")
    except (Exception, SystemExit) as error:
        raise _unusable(where, error, path) from error
    if not (hasattr(module, RECORDS) or hasattr(module, AVAILABLE)):
        raise ExtensionError(
            f"{where} has neither {RECORDS} nor {AVAILABLE}: give it one of them, or let its name "
            "begin with _ if it only helps others"
        )
    return Extension(name, where, module)


def _loaded(point: EntryPoint) -> Extension:
    package = f"{point.dist.name} {point.dist.version}" if point.dist else "an unknown package"
    where = f"{package}, entry point {point.name} of {point.group}"
    try:
        return Extension(point.name, where, point.load())
    except (Exception, SystemExit) as error:
        raise _unusable(where, error, None) from error


def _entry_points(group: str) -> list[EntryPoint]:
    return sorted(entry_points(group=group), key=lambda point: point.name)


def _unusable(where: str, error: BaseException, path: Path | None) -> ExtensionError:
    kind = type(error).__name__
    place = _line_in(error, path) if path else ""
    lacking = isinstance(error, ModuleNotFoundError) and not str(error.name).startswith(PACKAGE)
    remedy = "install it beside sfr_pipeline" if lacking else "mend it, or take it out"
    return ExtensionError(f"{where} can't be imported{place} ({kind}: {error}): {remedy}")


def _line_in(error: BaseException, path: Path) -> str:
    """The last line of a file, or of those in a folder, through which an error came."""
    frames = reversed(traceback.extract_tb(error.__traceback__))
    lines = [frame for frame in frames if path in (file := Path(frame.filename), *file.parents)]
    return f" in line {lines[0].lineno} of {Path(lines[0].filename).name}" if lines else ""
