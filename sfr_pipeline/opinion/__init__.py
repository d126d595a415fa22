"""Public opinion: posts validated, read by a sentiment model, condensed to the NPOI.

``score`` and ``evaluate`` take texts of any origin and any checkpoint, ``npoi`` takes scored posts;
labelled in, labelled out. The modules beside them do the same for a market's tables.
"""

from importlib import import_module
from typing import Any

# Bears the name of a module that it imports, which would hide it if it were imported later.
from sfr_pipeline.opinion.own_posts import npoi

# Imported when asked for: the room itself stays light.
_MODULES = {"score": ".own_texts", "evaluate": ".own_texts"}

__all__ = ["evaluate", "npoi", "score"]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name], __name__), name)
