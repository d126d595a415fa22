"""One YAML a market, and the models that read it. Nothing here fetches or computes."""

from sfr_pipeline.markets.catalogue import load_market, market_names, read_market
from sfr_pipeline.markets.market import Event, Indicator, Market

__all__ = ["Event", "Indicator", "Market", "load_market", "market_names", "read_market"]
