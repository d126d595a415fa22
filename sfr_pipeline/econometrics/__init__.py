"""The models of the papers. No files, no tables, no Dagster in here.

``TVPFAVAR``, ``MarkovSwitching`` and ``GARCH`` take a labelled series or frame and return labelled
results; ``bds`` and ``transfer_entropy`` are functions. The modules beside them hold the same
models as functions on arrays, and `kernels` their compiled loops.
"""

from importlib import import_module
from typing import Any

# These bear the names of their modules, which would hide them if they were imported later.
from sfr_pipeline.econometrics.bds import bds
from sfr_pipeline.econometrics.transfer_entropy import transfer_entropy

# Imported when asked for: the room itself stays light.
_MODULES = {
    "TVPFAVAR": ".tvp_favar_model",
    "MarkovSwitching": ".markov_switching",
    "GARCH": ".garch",
}

__all__ = ["GARCH", "TVPFAVAR", "MarkovSwitching", "bds", "transfer_entropy"]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name], __name__), name)
