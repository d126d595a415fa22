"""Prices in the layouts of vendors, written here as they write them, have the right numbers."""

import datetime as dt
import logging
import os
from collections import namedtuple

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.errors import SourceError
from sfr_pipeline.markets import load_market
from sfr_pipeline.sources.files.layouts.written import volume_size
from sfr_pipeline.sources.files.prices import read_price_folder, read_prices

Instrument = namedtuple("Instrument", ["symbol", "code", "known_as"], defaults=[None, ()])
MARKET = [
    Instrument("SPX", "^GSPC", ("S&P 500", "^SPX")),
    Instrument("VIX", "^VIX", ("VIX.GI",)),
    Instrument("000001"),
]
TODAY = dt.date(2024, 6, 1)
DAYS = pd.DatetimeIndex(["2024-01-02", "2024-01-03", "2024-01-16"], name="Date")
CLOSES = [4742.83, 4704.81, 4765.98]


@pytest.fixture
def folder(tmp_path):
    found = tmp_path / "prices"
    found.mkdir()
    return found


def put(folder, name, text, encoding="utf-8"):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode(encoding))


def bars(adjusted=False):
    close = pd.Series(CLOSES, DAYS)
    frame = pd.DataFrame(
        {"Close": close, "High": close + 10, "Low": close - 10, "Open": close - 1, "Volume": 3e9}
    )
    return frame.assign(**{"Adj Close": close / 2}).sort_index(axis=1) if adjusted else frame


def of(folder, symbol="SPX", columns=("open", "high", "low", "close", "volume")):
    """What was read of an instrument, by day."""
    frame = read_prices(folder.parent, MARKET, TODAY)
    return frame[frame["symbol"] == symbol].set_index("date")[list(columns)]


def is_bars(found):
    assert list(found.index) == list(DAYS)
    np.testing.assert_allclose(found["close"], CLOSES, rtol=1e-12)
    np.testing.assert_allclose(found["open"], np.array(CLOSES) - 1, rtol=1e-12)
    np.testing.assert_allclose(found["high"], np.array(CLOSES) + 10, rtol=1e-12)
    np.testing.assert_allclose(found["low"], np.array(CLOSES) - 10, rtol=1e-12)
    assert list(found["volume"]) == [3e9] * 3


def tickers(frame, order=("Price", "Ticker")):
    both = pd.concat({"^GSPC": frame, "^VIX": frame / 100}, axis=1, names=["Ticker", "Price"])
    return both.reorder_levels(list(order), axis=1)


@pytest.mark.parametrize("order", [("Price", "Ticker"), ("Ticker", "Price")])
@pytest.mark.parametrize("suffix", ["csv", "parquet", "xlsx"])
def test_tickers_beside_fields_in_any_order_and_format(folder, order, suffix):
    frame = tickers(bars(), order)
    if suffix == "csv":
        frame.to_csv(folder / "all.csv")
    elif suffix == "parquet":
        frame.to_parquet(folder / "all.parquet")
    else:
        frame.to_excel(folder / "all.xlsx")
    is_bars(of(folder))
    np.testing.assert_allclose(of(folder, "VIX")["close"], np.array(CLOSES) / 100, rtol=1e-12)


def test_a_day_without_a_close_of_one_ticker_is_left_out_of_it_alone(folder):
    frame = tickers(bars())
    frame.loc[DAYS[1], ("Close", "^VIX")] = np.nan
    frame.to_csv(folder / "all.csv")
    is_bars(of(folder))
    assert list(of(folder, "VIX").index) == [DAYS[0], DAYS[2]]


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_the_day_is_the_exchanges_own(folder, zone, suffix):
    frame = bars()[["Open", "High", "Low", "Close", "Volume"]].tz_localize(zone)
    frame = frame.assign(**{"Dividends": 0.0, "Stock Splits": 0.0})
    if suffix == "csv":
        frame.to_csv(folder / "^GSPC.csv")
    else:
        frame.to_parquet(folder / "^GSPC.parquet")
    is_bars(of(folder))


def test_days_in_utc_are_refused_for_they_may_be_others(folder):
    frame = bars().tz_localize("Asia/Tokyo").tz_convert("UTC")
    frame.to_csv(folder / "^GSPC.csv")
    with pytest.raises(
        SourceError, match=r"laid out as by yfinance, but rows 2, 3, 4 have an hour"
    ):
        of(folder)
    frame.tz_convert("Asia/Tokyo").to_csv(folder / "^GSPC.csv")
    is_bars(of(folder))


def test_the_close_is_what_the_file_calls_so_and_the_mapping_chooses_the_other(folder):
    tickers(bars(adjusted=True)).to_csv(folder / "all.csv")
    is_bars(of(folder))
    said = read_price_folder(folder.parent, MARKET, TODAY).passed_over
    assert any("'columns: {close: Adj Close}' in mapping.yaml" in one.why for one in said)
    put(folder, "mapping.yaml", "columns: {close: Adj Close}\n")
    np.testing.assert_allclose(of(folder)["close"], np.array(CLOSES) / 2, rtol=1e-12)


def test_a_close_that_the_mapping_names_and_the_file_lacks_is_refused(folder):
    tickers(bars()).to_csv(folder / "all.csv")
    put(folder, "mapping.yaml", "columns: {close: Adj Close}\n")
    with pytest.raises(SourceError, match=r"has no column 'Adj Close'.*take that out of 'columns'"):
        of(folder)
    put(folder, "mapping.yaml", "columns: {}\n")
    is_bars(of(folder))


YAHOO = (
    "Date\tOpen\tHigh\tLow\tClose*\tAdj Close**\tVolume\n"
    "Jan 16, 2024\t4,764.98\t4,775.98\t4,755.98\t4,765.98\t2,000.00\t3,000,000,000\n"
    "Jan 10, 2024\t0.25 Dividend\n"
    "Jan 3, 2024\t4,703.81\t4,714.81\t4,694.81\t4,704.81\t2,000.00\t3,000,000,000\n"
    "Jan 2, 2024\t4,741.83\t4,752.83\t4,732.83\t4,742.83\t2,000.00\t3,000,000,000\n"
)
AMERICAN = (
    '"Date","Price","Open","High","Low","Vol.","Change %"\n'
    '"01/16/2024","4,765.98","4,764.98","4,775.98","4,755.98","3.00B","1.30%"\n'
    '"01/03/2024","4,704.81","4,703.81","4,714.81","4,694.81","3000.00M","-0.80%"\n'
    '"01/02/2024","4,742.83","4,741.83","4,752.83","4,732.83","3,000,000K","-0.57%"\n'
)
GERMAN = (
    '"Datum","Zuletzt","Eröffn.","Hoch","Tief","Vol.","+/- %"\n'
    '"16.01.2024","4.765,98","4.764,98","4.775,98","4.755,98","3,00B","1,30%"\n'
    '"03.01.2024","4.704,81","4.703,81","4.714,81","4.694,81","3,00B","-0,80%"\n'
    '"02.01.2024","4.742,83","4.741,83","4.752,83","4.732,83","3,00B","-0,57%"\n'
)
CHINESE = (
    '"日期","收盘","开盘","高","低","交易量","涨跌幅"\n'
    '"2024-1-16","4,765.98","4,764.98","4,775.98","4,755.98","30.00亿","1.30%"\n'
    '"2024-1-3","4,704.81","4,703.81","4,714.81","4,694.81","3.00B","-0.80%"\n'
    '"2024-1-2","4,742.83","4,741.83","4,752.83","4,732.83","300000万","-0.57%"\n'
)
STOOQ = (
    "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>\n"
    "^SPX,D,20240102,000000,4741.83,4752.83,4732.83,4742.83,3000000000,0\n"
    "^SPX,D,20240103,000000,4703.81,4714.81,4694.81,4704.81,3000000000,0\n"
    "^SPX,D,20240116,000000,4764.98,4775.98,4755.98,4765.98,3000000000,0\n"
)
POLISH = (
    "Data,Otwarcie,Najwyzszy,Najnizszy,Zamkniecie,Wolumen\n"
    "2024-01-02,4741.83,4752.83,4732.83,4742.83,3000000000\n"
    "2024-01-03,4703.81,4714.81,4694.81,4704.81,3000000000\n"
    "2024-01-16,4764.98,4775.98,4755.98,4765.98,3000000000\n"
)
WIND = (
    "代码,简称,日期,开盘价(元),最高价(元),最低价(元),收盘价(元),成交量(万股)\n"
    "SPX,标普,2024-01-02,4741.83,4752.83,4732.83,4742.83,300000\n"
    "SPX,标普,2024-01-03,4703.81,4714.81,4694.81,4704.81,300000\n"
    "SPX,标普,2024-01-16,4764.98,4775.98,4755.98,4765.98,300000\n"
    "数据来源：Wind\n"
)
# Codes above the names of fields, or fields with a row of units below, as plug-ins give them.
CODED = (
    ",000001.SH,000001.SH,000001.SH,000001.SH,000001.SH\n"
    "日期,开盘价(元),最高价(元),最低价(元),收盘价(元),成交量(万股)\n"
    "2024-01-02,4741.83,4752.83,4732.83,4742.83,300000\n"
    "2024-01-03,4703.81,4714.81,4694.81,4704.81,300000\n"
    "2024-01-16,4764.98,4775.98,4755.98,4765.98,300000\n"
)
CSMAR = (
    "Stkcd,Trddt,Opnprc,Hiprc,Loprc,Clsprc,Dnshrtrd\n"
    "证券代码,交易日期,日开盘价,日最高价,日最低价,日收盘价,日个股交易股数\n"
    "没有单位,没有单位,元/股,元/股,元/股,元/股,股\n"
    "1,2024-01-02,4741.83,4752.83,4732.83,4742.83,3000000000\n"
    "1,2024-01-03,4703.81,4714.81,4694.81,4704.81,3000000000\n"
    "1,2024-01-16,4764.98,4775.98,4755.98,4765.98,3000000000\n"
)


@pytest.mark.parametrize(
    ("name", "text", "encoding"),
    [
        ("^GSPC.txt", YAHOO, "utf-8"),
        ("S&P 500 Historical Data.csv", AMERICAN, "utf-8-sig"),
        ("S&P 500 Historical Data (1).csv", GERMAN, "utf-8-sig"),
        ("S&P 500历史数据.csv", CHINESE, "utf-8"),
        ("world.txt", STOOQ, "ascii"),
        ("^spx_d.csv", POLISH, "ascii"),
        (
            "^spx_d.csv",
            POLISH.replace(POLISH.split()[0], "Date,Open,High,Low,Close,Volume"),
            "ascii",
        ),
        ("export.csv", WIND, "gb18030"),
    ],
    ids=lambda value: value if len(value) < 40 else "",
)
def test_a_layout_has_its_numbers(folder, name, text, encoding):
    put(folder, name, text, encoding)
    is_bars(of(folder))


def test_csmar_keeps_the_digits_of_a_code(folder):
    put(folder, "TRD_Dalyr.csv", CSMAR)
    is_bars(of(folder, "000001"))
    put(folder, "TRD_Dalyr.csv", CSMAR.replace("\n1,", "\nVIX,"))
    is_bars(of(folder, "VIX"))


@pytest.mark.parametrize(
    ("name", "text", "words", "mend"),
    [
        (
            "SPX.csv",
            AMERICAN.replace("01/16", "01/06"),
            "investing.com, but rows 2, 3, 4 .* day or the month first",
            lambda text: (
                text.replace("01/06/2024", "2024-01-06")
                .replace("01/03/2024", "2024-01-03")
                .replace("01/02/2024", "2024-01-02")
            ),
        ),
        (
            "SPX.csv",
            AMERICAN.replace("01/03/2024", "23/01/2024"),
            "investing.com, but row 3 .* the other way round",
            lambda text: text.replace("23/01/2024", "01/03/2024"),
        ),
        (
            "SPX.csv",
            AMERICAN.replace('"4,704.81"', "4,704.81"),
            "investing.com, but row 3 has more cells than the head, which has 7: .*in quotes",
            lambda text: text.replace("4,704.81", '"4,704.81"'),
        ),
        (
            "SPX.csv",
            POLISH.replace("4704.81", "n.b.").replace("4765.98", "?"),
            "Stooq, but rows 3, 4 hold no number in column 'Zamkniecie', such as 'n.b.'",
            lambda text: text.replace("n.b.", "").replace("?", ""),
        ),
        (
            "all.csv",
            STOOQ.replace("D,20240103", "W,20240103"),
            "Stooq, but row 3 is of another period than D",
            lambda text: "".join(
                line for line in text.splitlines(keepends=True) if ",W," not in line
            ),
        ),
        (
            "SPX.csv",
            WIND.replace("2024-01-03", "合计"),
            "Wind, but row 3 has no day, such as '合计'.*remove the rows",
            lambda text: "".join(
                line for line in text.splitlines(keepends=True) if "合计" not in line
            ),
        ),
        (
            "SPX.csv",
            AMERICAN + '"01/01/2024","4,742.83"\n',
            "investing.com, but row 5 has fewer cells .*complete them, or remove them",
            lambda text: text.rsplit('"01/01/2024"', 1)[0],
        ),
    ],
    ids=["day or month", "both", "commas", "numbers", "weeks", "no day", "cut off"],
)
def test_a_broken_file_is_refused_by_layout_and_rows_and_its_remedy_works(
    folder, name, text, words, mend
):
    put(folder, name, text)
    with pytest.raises(SourceError, match=words):
        of(folder)
    put(folder, name, mend(text))
    assert 4742.83 in of(folder)["close"].to_list()


def test_an_answer_of_stooq_in_place_of_prices_is_called_so(folder):
    put(folder, "^spx_d.csv", "Exceeded the daily hits limit")
    with pytest.raises(SourceError, match="Stooq's answer 'Exceeded the daily hits limit'"):
        of(folder)


def test_commas_that_may_be_either_are_refused(folder):
    rows = '"01/16/2024","4,765","4,764","4,775","4,755","-"\n'
    head = '"Date","Price","Open","High","Low","Vol."\n'
    put(folder, "SPX.csv", head + rows)
    with pytest.raises(SourceError, match="comma between thousands or before decimals"):
        of(folder)
    put(folder, "SPX.csv", head + rows.replace(",7", "7"))
    assert of(folder)["close"].to_list() == [4765]
    assert np.isnan(of(folder)["volume"].iloc[0])


@pytest.mark.parametrize("name", ["spx.csv", "SPX.CSV", "stocks/^gspc.csv", "s&p 500.txt"])
def test_names_in_another_case_or_below_and_other_suffixes_are_read(folder, name):
    bars().to_csv(folder / "x.csv")
    text = (folder / "x.csv").read_text()
    (folder / "x.csv").unlink()
    put(folder, name, text)
    is_bars(of(folder))
    assert set(read_prices(folder.parent, MARKET, TODAY)["file"]) == {name}


def test_what_is_not_read_is_named(folder, caplog):
    put(folder, "SPX.csv", "date,close,Remark\n2024-01-02,1,x\n")
    put(folder, "all.csv", "date,symbol,close\n2024-01-02,VIX,1\n2024-01-02,QQQ,1\n")
    put(folder, "mapping.yaml", "ignore: ['QQQ']\n")
    put(folder, "~$SPX.xlsx", "lock")
    with caplog.at_level(logging.INFO):
        read_prices(folder.parent, MARKET, TODAY)
    told = caplog.text
    assert "SPX.csv: column 'Remark' not read" in told
    assert "all.csv: 'QQQ', which mapping.yaml ignores" in told
    assert "~$SPX.xlsx: a file of the system's" in told


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("mapping.yml", "the mapping is called mapping.yaml"),
        ("SPX.docx", "prices are files of"),
        ("SPX.csv.gz", "prices are files of"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(folder, name, words):
    put(folder, name, "x")
    with pytest.raises(SourceError, match=words):
        read_prices(folder.parent, MARKET, TODAY)


def test_sheets_are_instruments_and_one_without_prices_is_named(folder):
    with pd.ExcelWriter(folder / "book.xlsx") as book:
        for name in ("SPX", "VIX"):
            frame = bars().reset_index()
            frame.to_excel(book, sheet_name=name, index=False)
        pd.DataFrame({"note": ["made by hand"]}).to_excel(book, sheet_name="About", index=False)
    found = read_price_folder(folder.parent, MARKET, TODAY)
    assert found.files[0].symbols == ("SPX", "VIX")
    assert [one.why for one in found.passed_over] == ["'About' of it has neither day nor close"]
    is_bars(of(folder))


def test_a_code_that_is_no_instrument_is_told_how_it_is_ignored(folder):
    put(folder, "all.csv", "date,symbol,close\n2024-01-02,000300,1\n2024-01-02,SPX,2\n")
    with pytest.raises(SourceError, match=r"ignore: \[.000300.\]"):
        of(folder)
    put(folder, "mapping.yaml", "ignore: ['000300']\n")
    assert of(folder)["close"].to_list() == [2]


def test_no_two_instruments_of_world_are_known_by_one_name():
    names = [
        name.casefold()
        for one in load_market("world").prices
        for name in {one.symbol, one.code, *one.known_as}
    ]
    assert len(names) == len(set(names))


CODES = "日期,VIX.GI,000300.SH\n2024-01-02,13.5,3386.5\n2024-01-03,13.5,13.5\n2024-01-16,14,3284\n"
MAPPED = "symbols: {'000300.SH': '000001'}\n"


@pytest.mark.parametrize(
    "text",
    [
        CODES,
        CODES.replace("13.5,3386.5", "3386.5,3386.5"),  # both alike on the first day
        CODES.replace("\n2024-01-02", "\n单位,点,点\n2024-01-02"),
        CODES.replace("\n2024-01-02", "\n名称,波动率,上证指数\n2024-01-02"),
        CODES.replace("\n2024-01-02", "\n说明,,\n2024-01-02"),
        CODES.replace("\n", ",,\n"),
        CODES.replace("日期", ""),
        CODES.replace("\n2024-01-02", "\n日期,收盘价,收盘价\n2024-01-02"),
        CODES.replace("\n2024-01-02", "\n,close,close\n2024-01-02"),
        CODES.replace("\n2024-01-02", ",\n日期,收盘价,收盘价,,\n2024-01-02"),
    ],
)
def test_columns_of_codes_are_closes_where_no_row_says_otherwise(folder, text):
    put(folder, "a.csv", text)
    put(folder, "mapping.yaml", MAPPED)
    assert of(folder, "000001")["close"].tolist() == [3386.5, 13.5, 3284]
    first = 3386.5 if "3386.5,3386.5" in text else 13.5
    assert of(folder, "VIX")["close"].tolist() == [first, 13.5, 14]


def test_fields_below_codes_that_are_no_bars_are_told_and_never_closes(folder, tmp_path):
    text = ",VIX.GI,VIX.GI,VIX.GI\n日期,前收盘价,收盘价,成交额\n2024-01-02,13,13.5,7\n"
    put(folder, "a.csv", text)
    found = read_price_folder(tmp_path, MARKET, TODAY)
    assert found.prices["close"].tolist() == [13.5]
    assert found.passed_over == [("a.csv", "columns '前收盘价', '成交额' not read")]
    for fields in ("日期,前收盘价,成交额", "日期,成交额,成交额", ",成交额,成交额"):
        put(folder, "a.csv", f"日期,VIX.GI,VIX.GI\n{fields}\n2024-01-02,13,7\n")
        shown = ", ".join(dict.fromkeys(fields.split(",")[1:]))
        with pytest.raises(SourceError, match=rf"Wind, but has no close \(its columns: {shown}\)"):
            of(folder)
    put(folder, "mapping.yaml", "columns: {close: 成交额}\n")
    put(folder, "a.csv", "日期,VIX.GI,VIX.GI\n日期,前收盘价,成交额\n2024-01-02,13,7\n")
    assert of(folder, "VIX")["close"].tolist() == [7]


@pytest.mark.parametrize("fields", [",close,volume", "时间,收盘价,成交量", ",成交量,收盘价"])
def test_fields_below_codes_need_no_head_of_days(folder, fields):
    put(folder, "a.csv", f",VIX.GI,VIX.GI\n{fields}\n2024-01-02,13.5,13.5\n")
    assert of(folder, "VIX", ["close", "volume"]).to_numpy().tolist() == [[13.5, 13.5]]


def test_a_code_without_a_field_below_it_is_named(folder):
    put(folder, "a.csv", "日期,VIX.GI,000300.SH\n日期,收盘价\n2024-01-02,13.5,7\n")
    found = read_price_folder(folder.parent, MARKET, TODAY)
    assert found.prices[["symbol", "close"]].to_numpy().tolist() == [["VIX", 13.5]]
    assert found.passed_over == [("a.csv", "no close of 000300.SH, which is not read")]


def test_a_field_without_a_code_above_it_is_refused_and_the_remedies_work(folder):
    text = "日期,VIX.GI\n日期,收盘价,成交量\n2024-01-02,13.5,7\n"
    put(folder, "a.csv", text)
    with pytest.raises(SourceError, match=r"Wind, but no code stands above 成交量: write it there"):
        of(folder)
    put(folder, "a.csv", text.replace("VIX.GI", "VIX.GI,VIX.GI"))
    assert of(folder, "VIX", ["close", "volume"]).to_numpy().tolist() == [[13.5, 7]]
    put(folder, "a.csv", text.replace(",成交量", "").replace(",7", ""))
    assert of(folder, "VIX")["close"].tolist() == [13.5]


@pytest.mark.parametrize("text", ["日期,VIX.GI\n", "日期\n2024-01-02\n", "序号,VIX.GI\n1,13.5\n"])
def test_what_has_no_days_below_codes_is_not_laid_out_so(folder, text):
    put(folder, "a.csv", text)
    with pytest.raises(SourceError) as refused:
        of(folder)
    assert "Wind" not in str(refused.value)


UNITS = {
    "万股": "300000", "百万股": "3000", "亿股": "30", "千股": "3000000", "千万股": "300",
    "万手": "300000", "单位：万股": "300000", "万": "300000", "股": "3000000000",
    "手": "3000000000",
}  # fmt: skip


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("layout", [WIND, CODED], ids=["rows", "codes"])
def test_a_volume_is_in_full_whatever_the_head_says_it_is_in(folder, layout, unit):
    text = layout.replace("(万股)", f"({unit})").replace(",300000\n", f",{UNITS[unit]}\n")
    put(folder, "export.csv", text.replace("000001.SH", "VIX.GI"))
    is_bars(of(folder, "SPX" if layout is WIND else "VIX"))


@pytest.mark.parametrize(
    ("heads", "size"),
    [
        (["成交量（万股）"], 1e4),
        (["成交量[百万股]"], 1e6),
        (["成交量 (万 股)"], 1e4),
        (["成交量\n(亿手)"], 1e8),
        (["单位:千份"], 1e3),
        (["单位：千万张"], 1e7),
        (["成交量", None, "百万股"], 1e6),
        (["成交量(万股)", "百万股"], 1e4),
        (["成交量(股)", "股", ""], 1.0),
        # A name of a firm that begins like a multiple.
        (["万科成交量"], 1.0),
        (["万科(手)"], 1.0),
    ],
)
def test_a_multiple_is_told_by_the_first_head_that_states_one(heads, size):
    assert volume_size(heads) == size


def test_a_row_below_the_head_that_ends_before_the_volume_says_nothing_of_it(folder):
    put(folder, "a.csv", WIND.replace("\nSPX,标普,2024-01-02", "\n说明,来源\nSPX,标普,2024-01-02"))
    is_bars(of(folder))


def test_a_row_of_units_below_the_head_says_it_too(folder):
    put(folder, "a.csv", CSMAR.replace(",股\n", ",万股\n").replace("3000000000", "300000"))
    put(
        folder,
        "b.csv",
        CODED.replace("(万股)", "")
        .replace("\n2024-01-02", "\n单位,元,元,元,元,百万股\n2024-01-02")
        .replace(",300000\n", ",3000\n")
        .replace("000001.SH", "VIX.GI"),
    )
    is_bars(of(folder, "000001"))
    is_bars(of(folder, "VIX"))


def test_so_does_a_column_that_only_the_mapping_calls_the_volume(folder):
    put(folder, "mapping.yaml", "columns: {date: 日, close: 价, volume: 量(万股)}\n")
    put(folder, "SPX.csv", "日,价,量(万股)\n2024-01-02,4.5,1.5\n2024-01-03,4.25,\n")
    found = of(folder, columns=("close", "volume"))
    assert found["close"].tolist() == [4.5, 4.25]
    assert found["volume"].fillna(-1).tolist() == [15_000, -1]
    put(folder, "SPX.csv", "日,价,量(万股)\n2024-01-02,4.5,1.5\n2024-01-03,4.25,some\n")
    with pytest.raises(SourceError, match=r"row 3: 'some' is no number"):
        of(folder)


def test_a_linked_folder_is_named_and_its_files_are_not_read(folder, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    put(outside, "VIX.csv", "date,close\n2024-01-02,13\n")
    put(folder / "below", "SPX.csv", "date,close\n2024-01-02,4742.83\n")
    for place in ("linked", "below/linked"):
        (folder / place).symlink_to(outside, target_is_directory=True)
    (folder / "below" / "SPX2.csv").symlink_to(outside / "VIX.csv")
    with pytest.raises(SourceError, match="SPX2"):
        read_price_folder(tmp_path, MARKET, TODAY)
    (folder / "below" / "SPX2.csv").unlink()
    found = read_price_folder(tmp_path, MARKET, TODAY)
    assert set(found.prices["symbol"]) == {"SPX"}
    told = "a link to a folder: put the folder itself there to be read"
    assert found.passed_over == [("below/linked", told), ("linked", told)]
    (folder / "linked").unlink()
    (folder / "below" / "linked").unlink()
    outside.rename(folder / "linked")
    assert set(of(folder, "VIX").index) == {DAYS[0]}


def test_a_folder_that_cannot_be_listed_is_refused(folder, monkeypatch):
    put(folder / "below", "SPX.csv", "date,close\n2024-01-02,4742.83\n")
    listed = os.scandir

    def scandir(path):
        if str(path).endswith("below"):
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(SourceError, match=r"below: it cannot be listed \(Permission denied\)"):
        of(folder)
