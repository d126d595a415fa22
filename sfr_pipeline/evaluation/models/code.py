"""The text of a class that this package does not ship, as a hash.

Belongs here: telling whether what was trained, or kept, is of the code that stands there now. Ours
has versions that a person raises; nobody can be asked to do that in a file of their own.
"""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec, resolve_name
from pathlib import Path
from typing import Any

import sfr_pipeline
from sfr_pipeline import extensions
from sfr_pipeline.errors import ExtensionError
from sfr_pipeline.evaluation.models.record import load


def is_ours(implementation: str) -> bool:
    """Whether ``module:Class`` is shipped by this package, rather than by its user."""
    module = implementation.partition(":")[0]
    return _within(module, sfr_pipeline.__name__) and not _within(module, extensions.__name__)


def code_hash(implementation: str) -> str | None:
    """Hash of the text of a class; None where this package ships it.

    It covers the module of the class, what that module imports from its own package (a workspace's
    folder ``extensions/`` is one), and the versions of the classes that it is derived from. Once
    read it stays for as long as the class does: a process computes with what it has imported.

    Args:
        implementation: ``module:Class``.

    Raises:
        ExtensionError: its text can't be read, as of a class that was typed into a notebook.
    """
    return None if is_ours(implementation) else _hash_of(load(implementation))


@cache
def _hash_of(kind: Any) -> str:
    name = kind.__module__
    root = extensions.__name__ if _within(name, extensions.__name__) else name.partition(".")[0]
    texts: dict[str, bytes] = {}
    left = [name]
    while left:
        module = left.pop()
        path, package = _place(module)
        if module in texts or path is None:
            continue
        try:
            texts[module] = Path(path).read_bytes()
        except OSError:
            continue
        if path.endswith(".py"):
            named = _imported(texts[module], package)
            left += [other for other in named if _within(other, root)]
    if name not in texts:
        raise ExtensionError(
            f"the text of {name}:{kind.__qualname__} can't be read, so that nothing trained with "
            "it could be told from what is trained after a change: put the class into a file"
        )
    digest = hashlib.sha256()
    for module, text in sorted(texts.items()):
        digest.update(f"{module} {len(text)}\n".encode() + text)
    for base in kind.__mro__:
        digest.update(f"{base.__qualname__} {getattr(base, 'version', 0)}\n".encode())
    return digest.hexdigest()[:40]


def _place(module: str) -> tuple[str | None, str]:
    """File and package of a module, which need not be imported yet; no file for what is none."""
    try:
        spec = find_spec(module)
    except (ImportError, ValueError, AttributeError):  # an attribute of a module, by its look
        spec = None
    return (None, "") if spec is None else (spec.origin, spec.parent or "")


def _imported(text: bytes, package: str) -> Iterator[str]:
    """Modules that a text may import, by their full names; some of them are no modules."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = resolve_name("." * node.level + (node.module or ""), package)
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def _within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")
