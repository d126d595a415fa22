"""How large the volatility of the coming days will be, from trained models, without training."""

from collections.abc import Mapping

import pandas as pd

from sfr_pipeline.markets import Market
from sfr_pipeline.storage.filesystem import Filesystem
from sfr_pipeline.stress import saved
from sfr_pipeline.stress.panel import daily_settings, read_panel
from sfr_pipeline.stress.volatility import checkpoint
from sfr_pipeline.stress.volatility.panel import sub_market_panel
from sfr_pipeline.stress.volatility.walk import check_history

TABLES = ("daily_quotes", "daily_returns", "daily_features")


def latest_volatility(
    market: Market, tables: Mapping[str, pd.DataFrame], files: Filesystem
) -> pd.DataFrame:
    """Ask the saved models of the days after the latest one, sub-market by sub-market.

    Args:
        market: the catalogue, with a stress leg.
        tables: frames of ``TABLES``, by name.
        files: of the warehouse, below which the checkpoint lies.

    Returns:
        As `checkpoint.predict_latest`.

    Raises:
        CatalogueError: the market has no stress leg.
        TooShortError: the leg has not begun, so that no model can have been trained.
        EstimationError: no checkpoint, or one that was trained on other markets, inputs or days.
    """
    settings = daily_settings(market)
    quotes, returns, features = (tables[name] for name in TABLES)
    panel = sub_market_panel(market, read_panel(market, quotes, returns), features)
    check_history(panel, settings.first_test_year)
    kept = checkpoint.load(files, saved.name_of(market.name, checkpoint.NAME))
    return checkpoint.predict_latest(kept, panel)
