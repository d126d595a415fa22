"""How large the volatility of the coming days will be, from trained models, without training."""

from collections.abc import Mapping

import pandas as pd

from sfr_pipeline.evaluation.models import headline
from sfr_pipeline.markets import Market
from sfr_pipeline.storage.filesystem import Filesystem
from sfr_pipeline.storage.tables.columns import MEAN_OF_SEEDS
from sfr_pipeline.stress import saved
from sfr_pipeline.stress.panel import daily_settings, read_panel
from sfr_pipeline.stress.volatility import checkpoint
from sfr_pipeline.stress.volatility.panel import sub_market_panel
from sfr_pipeline.stress.volatility.walk import check_history

TABLES = ("daily_quotes", "daily_returns", "daily_features")
# What was said of markets that trade no more.
FORECASTS = "volatility_forecasts"


def latest_volatility(
    market: Market, tables: Mapping[str, pd.DataFrame], files: Filesystem
) -> pd.DataFrame:
    """Ask the saved models of the days after the latest one, sub-market by sub-market.

    Of a sub-market without a price on that day no model is asked: what they were trained on lies
    behind its last one. It keeps the last forecast that the headline model made of it in time.

    Args:
        market: the catalogue, with a stress leg.
        tables: frames of ``TABLES`` by name, and ``FORECASTS`` where there is one.
        files: of the warehouse, below which the checkpoint lies.

    Returns:
        As `checkpoint.predict_latest`, those of the latest day first; earlier ones have no origin.

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
    found = checkpoint.predict_latest(kept, panel)
    return with_last_forecasts(found, tables[FORECASTS]) if FORECASTS in tables else found


def with_last_forecasts(found: pd.DataFrame, forecasts: pd.DataFrame) -> pd.DataFrame:
    """Forecasts of the latest day, and behind them the last ones of markets that have none.

    Args:
        found: of the latest day.
        forecasts: table ``volatility_forecasts``.
    """
    own = forecasts[
        forecasts["panel"].isin(found["panel"])
        & (forecasts["model"] == headline(checkpoint.NAME).id)
        & (forecasts["seed"] == MEAN_OF_SEEDS)
        & ~forecasts["market"].isin(found["market"])
    ]
    last = own[own["date"] == own.groupby("market")["date"].transform("max")]
    if last.empty:
        return found
    known = last[[column for column in found if column in last]].assign(origin=pd.NaT)
    return pd.concat([found, known.astype(found.dtypes)], ignore_index=True)
