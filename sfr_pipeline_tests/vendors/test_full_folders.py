"""The whole folders hold every series and instrument of their catalogues, of possible values."""

import pandas as pd
import pytest

from sfr_pipeline.markets import load_market
from sfr_pipeline_tests.vendors.full import wind_like_china, yfinance_like_world
from sfr_pipeline_tests.vendors.full_china import WIND_LIKE, WORKBOOKS


@pytest.fixture(scope="module")
def china(tmp_path_factory):
    folder = tmp_path_factory.mktemp("china")
    return folder, wind_like_china(folder)


def test_every_series_of_china_is_there_of_its_size(china):
    _, truth = china
    series = {one.id: one for one in load_market("china").series}
    assert set(truth) == set(series)
    assert {one.series for one in WIND_LIKE} | set(WORKBOOKS) == set(series)
    for id, values in truth.items():
        low, high = series[id].valid_range
        assert low <= min(values.values()) <= max(values.values()) <= high, id
        if series[id].typical:
            median = pd.Series(values)["2015-01-01":].abs().replace(0, float("nan")).median()
            assert series[id].typical[0] <= median <= series[id].typical[1], id
        assert max(values) >= "2023-06-30"
        if series[id].frequency == "daily":
            assert longest_run(pd.Series(values)) < 6, id
        assert not {"monthly": set(values) - month_ends()}.get(series[id].frequency)


def longest_run(values):
    """How often the same value follows itself at most, the first one included."""
    return values.groupby(values.diff().ne(0).cumsum()).size().max()


def month_ends():
    return set(pd.date_range("2008-01-01", "2024-12-31", freq="ME").strftime("%Y-%m-%d"))


def test_the_files_of_wind_name_what_the_vendor_calls_them(china):
    folder, _ = china
    names = {path.name for path in folder.iterdir()}
    assert {"债券收益率.xlsx", "货币市场.csv", "股票与汇率.csv", "宏观.xlsx"} <= names
    money = (folder / "货币市场.csv").read_bytes().decode("gb18030").splitlines()
    assert money[0].startswith("指标名称,SHIBOR:1周,SHIBOR:3个月,SHIBOR:1年")
    assert money[4].startswith("2024-12-31,")
    assert money[-1].startswith("数据来源：Wind")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    return folder, yfinance_like_world(folder)


def test_every_instrument_of_world_is_there_and_moves(world):
    folder, made = world
    assert set(made) == {one.symbol for one in load_market("world").prices}
    for symbol, frame in made.items():
        assert (frame["High"] >= frame[["Open", "Close"]].max(axis=1)).all(), symbol
        assert (frame["Low"] <= frame[["Open", "Close"]].min(axis=1)).all(), symbol
        assert (frame["Low"] > 0).all(), symbol
        assert longest_run(frame["Close"]) < 5, symbol
        lines = (folder / f"{symbol}.csv").read_text().splitlines()
        assert lines[0] == "Price,Close,High,Low,Open,Volume"
        assert lines[1] == "Ticker" + f",{symbol}" * 5
        assert lines[2] == "Date,,,,,"
        day, close, *_ = lines[3].split(",")
        assert (day, float(close)) == (f"{frame.index[0]:%Y-%m-%d}", frame["Close"].iloc[0])


def test_the_made_up_stocks_have_calm_and_stormy_times_in_common(world):
    _, made = world
    returns = pd.DataFrame({s: made[s]["Close"].pct_change() for s in ("^GSPC", "^FCHI")}).dropna()
    assert returns.corr().iloc[0, 1] > 0.4
    squares = returns["^GSPC"] ** 2
    assert squares.autocorr(1) > 0.05
    assert squares.rolling(60).mean().max() > 5 * squares.median()
