"""Closes of several instruments, a column each: read where the file says that they are closes."""

import datetime as dt

import pandas as pd
import pytest

from sfr_pipeline.errors import SourceError
from sfr_pipeline.markets import load_market
from sfr_pipeline.sources.files.prices import read_price_folder
from sfr_pipeline_tests.vendors.writing import workbook

WORLD = load_market("world").prices
TODAY = dt.date(2024, 6, 1)
DAYS = ["2024-01-02", "2024-01-03", "2024-01-16"]
CLOSES = pd.DataFrame(
    {"^GSPC": [4742.83, None, 4765.98], "^VIX": [13.2, 14.04, 13.84]},
    pd.DatetimeIndex(DAYS, name="Date"),
)
RIGHT = [
    ("^GSPC", "01-02", 4742.83), ("^GSPC", "01-16", 4765.98),
    ("^VIX", "01-02", 13.2), ("^VIX", "01-03", 14.04), ("^VIX", "01-16", 13.84),
]  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "prices").mkdir()
    return tmp_path / "prices"


def read(folder):
    found = read_price_folder(folder.parent, WORLD, TODAY)
    rows = found.prices[["symbol", "date", "close"]].sort_values(["symbol", "date"])
    assert found.prices[["open", "high", "low", "volume"]].isna().all(axis=None)
    return [(symbol, f"{day:%m-%d}", close) for symbol, day, close in rows.to_numpy()]


@pytest.mark.parametrize(
    "name", ["closes.csv", "Close.csv", "sub/closing prices.csv", "收盘价.csv"]
)
def test_one_line_of_yfinance_makes_them(folder, name):
    (folder / name).parent.mkdir(exist_ok=True)
    CLOSES.to_csv(folder / name)
    assert read(folder) == RIGHT


def test_in_parquet_and_with_the_exchange_s_zone(folder):
    CLOSES.tz_localize("America/New_York").to_parquet(folder / "close.parquet")
    assert read(folder) == RIGHT


def test_with_commas_before_decimals_and_names_in_place_of_symbols(folder):
    text = (
        "日期;S&P 500;VIX\n02.01.2024;4.742,83;13,2\n03.01.2024;;14,04\n16.01.2024;4.765,98;13,84\n"
    )
    (folder / "closes.csv").write_text(text, encoding="utf-8")
    assert read(folder) == RIGHT


def test_a_sheet_says_it_too_and_what_others_hold_is_named(folder):
    days = [dt.datetime.fromisoformat(day) for day in DAYS]
    closes = [
        ["Date", *CLOSES],
        *([day, *row] for day, row in zip(days, CLOSES.to_numpy().tolist(), strict=True)),
    ]
    opens = [["Date", *CLOSES], [days[0], 1.0, 2.0]]
    path = folder / "download.xlsx"
    path.write_bytes(
        workbook({"Open": opens, "Close": [[None if c != c else c for c in row] for row in closes]})
    )
    assert read(folder) == RIGHT
    passed = read_price_folder(folder.parent, WORLD, TODAY).passed_over
    assert [(one.name, one.why) for one in passed] == [
        ("download.xlsx", "'Open' of it has neither day nor close")
    ]


@pytest.mark.parametrize("corner", ["Date", ""])
def test_numbers_of_which_nothing_says_what_they_are_are_refused_and_the_remedy_works(
    folder, corner
):
    CLOSES.rename_axis(corner).to_csv(folder / "mine.csv")
    with pytest.raises(SourceError, match=r"their numbers closes, call the file closes\.csv"):
        read(folder)
    (folder / "mine.csv").rename(folder / "closes.csv")
    assert read(folder) == RIGHT


def test_adjusted_closes_are_not_closes(folder):
    CLOSES.to_csv(folder / "Adj Close.csv")
    with pytest.raises(SourceError, match="it has no column 'close'"):
        read(folder)


def test_an_instrument_of_no_market_is_refused_and_the_remedy_works(folder):
    CLOSES.assign(SPY=1.0).to_csv(folder / "closes.csv")
    with pytest.raises(SourceError, match=r"'SPY' is no instrument .*'ignore: \[SPY\]'"):
        read(folder)
    (folder / "mapping.yaml").write_text("ignore: [SPY]\n")
    assert read(folder) == RIGHT
