"""One YAML a market, and the models that read it. Nothing here fetches or computes."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sfr_pipeline.markets.catalogue import load_market, market_names, read_market
    from sfr_pipeline.markets.indicator import Indicator, Measured
    from sfr_pipeline.markets.market import Event, Market
    from sfr_pipeline.markets.series import Series

# Imported when asked for: whoever reads texts or trains needs no catalogue, nor what validates it.
_MODULES = {
    "Event": ".market",
    "Indicator": ".indicator",
    "Market": ".market",
    "Measured": ".indicator",
    "Series": ".series",
    "load_market": ".catalogue",
    "market_names": ".catalogue",
    "read_market": ".catalogue",
}

__all__ = [
    "Event",
    "Indicator",
    "Market",
    "Measured",
    "Series",
    "load_market",
    "market_names",
    "read_market",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name], __name__), name)
