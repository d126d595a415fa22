"""Whole folders for two markets, made up: `china` of Wind-like exports, `world` of yfinance's."""

from sfr_pipeline_tests.vendors.full_china import wind_like_china
from sfr_pipeline_tests.vendors.full_world import yfinance_like_world

__all__ = ["wind_like_china", "yfinance_like_world"]
