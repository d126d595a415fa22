"""One YAML a market, and the models that read it. Nothing here fetches or computes."""

from sfr_pipeline.markets.catalogue import load_market, market_names, read_market
from sfr_pipeline.markets.indicator import Indicator, Measured
from sfr_pipeline.markets.market import Event, Market
from sfr_pipeline.markets.series import Series

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
