"""What models are judged by: scores, tests, intervals and resampling. Knows no table.

``compare_forecasts``, ``compare_warnings``, ``reliability`` and ``coverage`` take a labelled series
and frame and return results that print as one screen. The modules beside them hold the same tests
as functions on arrays, on which the verdicts of the pipeline rest.
"""

from importlib import import_module
from typing import Any

# Imported when asked for: the room itself stays light.
_MODULES = {
    "compare_forecasts": ".compared_forecasts",
    "compare_warnings": ".compared_warnings",
    "reliability": ".probabilities",
    "coverage": ".bands",
}

__all__ = ["compare_forecasts", "compare_warnings", "coverage", "reliability"]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name], __name__), name)
