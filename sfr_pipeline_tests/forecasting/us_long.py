"""The market ``us`` carried back and on to 1990-2021 by real data that lie beside the checkout.

The shipped catalogue reads them as a user's files: FRED-MD in place of the bundled series, VIX and
the ten-year yield, which the bundle lacks. Prices of the S&P 500, the Nasdaq and gold are Yahoo's,
those of single stocks the bundled ones; oil is the bundled spot price, then the front month's.
New homes sold are in none of these files, so the index has 25 indicators.
"""

import tempfile
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from sfr_pipeline.forecasting.panel import warning_panel
from sfr_pipeline.index import indicators as indicator_room
from sfr_pipeline.index import sfri as index_room
from sfr_pipeline.inputs.samples import sample_months
from sfr_pipeline.inputs.views import View
from sfr_pipeline.markets import load_market
from sfr_pipeline.markets.forecasting import Gap
from sfr_pipeline.markets.market import Instrument, Market
from sfr_pipeline_tests.inputs.received import fetch_prices, fetch_series

FRED_MD = {
    "baa_yield": "BAA",
    "aaa_yield": "AAA",
    "bill_rate": "TB3MS",
    "housing_starts": "HOUST",
    "building_permits": "PERMIT",
    "industrial_production": "INDPRO",
    "payrolls": "PAYEMS",
    "unemployment_rate": "UNRATE",
    "retail_sales": "RETAILx",
    # Without food; FRED-MD holds no index without energy as well.
    "core_prices": "CPIULFSL",
}
YAHOO = {"SP500": "^GSPC", "NASDAQ": "^IXIC", "GOLD": "GC=F"}


@cache
def us_long(shared_data: Path) -> tuple[Market, pd.DataFrame, pd.DataFrame]:
    """The market and its real-time rows of tables ``indicator_panel`` and ``warning_panel``."""
    market = long_market()
    prices = long_prices(market, shared_data)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as environment:
        lay_out(shared_data, Path(folder) / "us")
        environment.setenv("SFR_IMPORTS", folder)
        tables = fetch_series(market)
        indicators = indicator_room.deliver_indicators(market, prices, *tables)
        panel = indicator_room.panel_rows(market, indicators, "real_time")
        index = index_room.index_tables_of(market, panel, "real_time")["sfri"]
        view = View(sample_months(market)[0], tables.series, prices)
        beside = warning_panel(market, [view], tables.missing, index)
    assert all("Systemic" in text for text in beside.absent), beside.absent
    rows = beside.frame
    return market, panel, rows[rows["mode"] == "real_time"].reset_index(drop=True)


def long_market() -> Market:
    """The shipped catalogue over more years, without the homes, with gold."""
    market = load_market("us")
    gold = Instrument(symbol="GOLD", name="Gold", unit="USD an ounce", source="yahoo", code="GC=F")
    gap = Gap.model_validate(
        {"id": "gold", "name": "Gold", "input": {"measure": "close", "symbols": ["GOLD"]}}
    )
    assert market.forecasting is not None
    return market.model_copy(
        update={
            "sample": market.sample.model_copy(
                update={"until": "2021-11", "first_vintage": "1998-11"}
            ),
            "index": market.index.model_copy(update={"draws": 100, "replications": 100}),
            "indicators": [i for i in market.indicators if i.id != "home_sales"],
            "series": [series for series in market.series if series.id != "home_sales"],
            "prices": [*market.prices, gold],
            "forecasting": market.forecasting.model_copy(
                update={"start": "1991-11", "gaps": [*market.forecasting.gaps, gap]}
            ),
        }
    )


def long_prices(market: Market, shared_data: Path) -> pd.DataFrame:
    """Daily prices, Yahoo's where the bundled ones end too early."""
    bundled = fetch_prices(
        market.model_copy(update={"prices": [i for i in market.prices if i.source == "bundled"]})
    )
    yahoo = pd.read_parquet(shared_data / "global" / "global_ohlcv_daily_yahoo.parquet")
    symbols = {code: symbol for symbol, code in YAHOO.items()}
    taken = yahoo[yahoo["symbol"].isin(symbols)]
    taken = taken.assign(symbol=taken["symbol"].map(symbols))
    last_spot = bundled.loc[bundled["symbol"] == "WTI", "date"].max()
    front = yahoo[(yahoo["symbol"] == "CL=F") & (yahoo["date"] > last_spot)]
    # The front month closed below zero on 2020-04-20, and has no return then.
    front = front[front["close"] > 0].assign(symbol="WTI")
    kept = bundled[~bundled["symbol"].isin(YAHOO)]
    prices = pd.concat([kept, taken, front], ignore_index=True)
    return prices[prices["date"] <= "2021-11-30"].dropna(subset="close")


def lay_out(shared_data: Path, folder: Path) -> None:
    """Write the files of the market."""
    folder.mkdir()
    table = pd.read_csv(shared_data / "global" / "us_fred_md_2024_08.csv").iloc[1:]
    months = pd.to_datetime(table["sasdate"], format="%m/%d/%Y").dt.to_period("M")
    for name, column in FRED_MD.items():
        values = table[column].set_axis(months.dt.to_timestamp("M").dt.normalize())
        write(folder / f"{name}.csv", values)
    yahoo = pd.read_parquet(shared_data / "global" / "global_ohlcv_daily_yahoo.parquet")
    write(folder / "vix.csv", yahoo[yahoo["symbol"] == "^VIX"].set_index("date")["close"])
    rate = pd.read_csv(shared_data / "china" / "us_dgs10_daily.csv", parse_dates=["date"])
    write(folder / "treasury_10y.csv", rate.set_index("date")["us10y"])


def write(path: Path, values: pd.Series) -> None:
    """Write a series as the file that delivers it."""
    values.dropna().rename("value").rename_axis("date").to_csv(path)
