"""Whose the rows of a file of prices are: by a column of the file, whatever it is called, or its
name."""

import datetime as dt
from collections import namedtuple

import pytest

from sfr_pipeline.errors import SourceError
from sfr_pipeline.sources.files.prices import read_prices

Instrument = namedtuple("Instrument", ["symbol", "code", "known_as"], defaults=[None, ()])
MARKET = [
    Instrument("SPX", "^GSPC", ("S&P 500",)),
    Instrument("DAX", "^GDAXI"),
    Instrument("GC=F", None, ("Gold Futures",)),
    Instrument("HG=F", None, ("Copper",)),
]
TODAY = dt.date(2024, 6, 1)
# Days of one instrument lie between those of the other, so that no day stands twice.
ROWS = [
    ("2024-01-16", "SPX", 4765.98),
    ("2024-01-17", "DAX", 16431.69),
    ("2024-01-18", "SPX", 4781),
]


def closes(tmp_path, name, text):
    folder = tmp_path / "prices"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    frame = read_prices(tmp_path, MARKET, TODAY)
    return {
        symbol: {
            f"{day:%m-%d}": close for day, close in zip(own["date"], own["close"], strict=True)
        }
        for symbol, own in frame.groupby("symbol")
    }


@pytest.mark.parametrize("whose", ["Ticker", "Stock", "code", "证券代码", "Name"])
@pytest.mark.parametrize(
    ("head", "row"),
    [
        ("Date,Close,{whose}", "{day},{bar},{symbol}"),
        (",date,{whose},close", "0,{day},{symbol},{bar}"),
        (
            "Date,Open,High,Low,Close,Adj Close,Volume,{whose}",
            "{day},{bar},{bar},{bar},{bar},{bar},1,{symbol}",
        ),
        ("Date,Price,Open,High,Low,Vol.,{whose}", "{day},{bar},{bar},{bar},{bar},1K,{symbol}"),
        ("日期,{whose},开盘价,最高价,最低价,收盘价", "{day},{symbol},{bar},{bar},{bar},{bar}"),
    ],
    ids=["plain", "plain with numbers of rows", "Yahoo", "investing.com", "Wind"],
)
def test_rows_of_several_never_become_one(tmp_path, head, row, whose):
    lines = [row.format(day=day, symbol=symbol, bar=close) for day, symbol, close in ROWS]
    text = "\n".join([head.format(whose=whose), *lines, ""])
    assert closes(tmp_path, "SPX.csv", text) == {
        "SPX": {"01-16": 4765.98, "01-18": 4781},
        "DAX": {"01-17": 16431.69},
    }


def test_one_name_beside_the_file_s_own_is_but_another(tmp_path):
    text = "date,close,name\n2024-01-16,4765.98,Standard & Poor's\n"
    assert closes(tmp_path, "SPX.csv", text) == {"SPX": {"01-16": 4765.98}}


@pytest.mark.parametrize("column", ["asset", "security", "ticker", "代码"])
def test_a_kind_that_all_rows_share_or_an_empty_column_says_nothing(tmp_path, column):
    cell = "ETF" if column in ("asset", "security") else ""
    text = f"date,{column},close\n2024-01-16,{cell},4765.98\n2024-01-17,{cell},4739.21\n"
    right = {"SPX": {"01-16": 4765.98, "01-17": 4739.21}}
    assert closes(tmp_path, "SPX.csv", text) == right


def test_a_code_behind_an_apostrophe_is_its_digits(tmp_path):
    (tmp_path / "prices").mkdir()
    (tmp_path / "prices" / "mapping.yaml").write_text("symbols: {000300: SPX}\n")
    text = "日期,股票代码,收盘价\n2024-01-16,'000300,4765.98\n"
    assert closes(tmp_path, "163.csv", text) == {"SPX": {"01-16": 4765.98}}


def test_one_code_says_more_than_the_name_of_the_file(tmp_path):
    text = "date,close,ticker\n2024-01-16,16571.68,^GDAXI\n"
    assert closes(tmp_path, "SPX.csv", text) == {"DAX": {"01-16": 16571.68}}


def test_a_row_without_a_code_is_refused_by_number_and_the_remedy_works(tmp_path):
    text = "date,close,ticker\n2024-01-16,4765.98,SPX\n2024-01-17,4739.21,\n"
    with pytest.raises(SourceError, match=r"row 3 names no instrument: fill the cells"):
        closes(tmp_path, "all.csv", text)
    filled = closes(tmp_path, "all.csv", text.replace("4739.21,", "4739.21,SPX"))
    assert filled == {"SPX": {"01-16": 4765.98, "01-17": 4739.21}}


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("Gold Futures Historical Data.csv", "GC=F"),
        ("Gold Futures Historical Data (2).csv", "GC=F"),
        ("Copper Futures Historical Data.csv", "HG=F"),
        ("S&P 500 historical_data.csv", "SPX"),
    ],
)
def test_what_downloads_add_to_a_name_is_taken_off_word_by_word(tmp_path, name, symbol):
    head = '"Date","Price","Open","High","Low","Vol.","Change %"\n'
    row = '"Jan 16, 2024","2,030.20","2,050.10","2,058.60","2,028.00","215.18K","-1.04%"\n'
    assert closes(tmp_path, name, head + row) == {symbol: {"01-16": 2030.20}}


@pytest.mark.parametrize(
    "above",
    [
        "代码,^GDAXI,,\n",
        "证券代码：^GDAXI,,,\n",
        "Ticker:,^GDAXI,,\n",
        "某某证券,,,\nCode,^GDAXI,,\n",
    ],
)
def test_a_code_above_the_table_says_more_than_the_name_of_the_file(tmp_path, above):
    text = above + "日期,开盘价,收盘价,成交量\n2024-01-16,16500,16571.68,1\n"
    assert closes(tmp_path, "SPX.csv", text) == {"DAX": {"01-16": 16571.68}}


def test_codes_above_columns_say_whose_each_is_under_any_label(tmp_path):
    text = "代码,DAX.GI,SPX.GI\n名称,德国,美国\n日期,收盘价,收盘价\n2024-01-16,16571.68,4765.98\n"
    (tmp_path / "prices").mkdir()
    mapping = "symbols: {DAX.GI: DAX, SPX.GI: SPX}\n"
    (tmp_path / "prices" / "mapping.yaml").write_text(mapping)
    right = {"DAX": {"01-16": 16571.68}, "SPX": {"01-16": 4765.98}}
    assert closes(tmp_path, "SPX.csv", text) == right


@pytest.mark.parametrize(
    ("head", "row", "mended"),
    [
        (
            "Date,Open,High,Low,Close,Adj Close,Volume,Close",
            "2024-01-16,4,5,3,4765.98,4,1,99",
            "Date,Open,High,Low,Close,Adj Close,Volume,Other",
        ),
        (
            "日期,收盘价(元),收盘价(前复权)",
            "2024-01-16,4765.98,99",
            "日期,收盘价(元),复权",
        ),
    ],
)
def test_of_two_columns_called_alike_none_is_taken(tmp_path, head, row, mended):
    with pytest.raises(SourceError, match="are called alike: rename or remove the one that is not"):
        closes(tmp_path, "SPX.csv", f"{head}\n{row}\n")
    assert closes(tmp_path, "SPX.csv", f"{mended}\n{row}\n") == {"SPX": {"01-16": 4765.98}}
