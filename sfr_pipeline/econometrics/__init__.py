"""The models of the papers. No files, no tables, no Dagster in here.

``TVPFAVAR``, ``MarkovSwitching`` and ``GARCH`` take a labelled series or frame and return labelled
results; ``bds`` and ``transfer_entropy`` are functions.
"""

from importlib import import_module
from typing import Any

# Imported when asked for: the room itself stays light.
_MODULES = {"MarkovSwitching": "markov_switching"}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
