"""Files that could be read to wrong numbers, or lose some, are read rightly or refused by name."""

import datetime as dt
import tracemalloc
from dataclasses import dataclass, field

import openpyxl
import pytest

from sfr_pipeline.errors import SourceError
from sfr_pipeline.sources.files.folder import Imports
from sfr_pipeline.sources.files.opening import open_file
from sfr_pipeline.sources.files.prices import read_price_folder

TODAY = dt.date(2026, 1, 1)
HEAD = "指标名称,SHIBOR:3个月\n频率,日\n单位,%\n指标ID,M0017142\n"


@dataclass
class Wanted:
    id: str = "shibor_3m"
    names_outside: tuple[str, ...] = ("M0017142",)
    frequency: str = "daily"
    unit: str = "per cent"
    valid_range: tuple[float, float] | None = None
    typical: tuple[float, float] | None = None


@dataclass
class Traded:
    symbol: str
    code: str | None = None
    known_as: list[str] = field(default_factory=list)


def put(folder, name, content):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, openpyxl.Workbook):
        content.save(path)
    else:
        path.write_text(content, encoding="utf-8")
    return path


def series(folder, wanted=None):
    """The values of one series, by day."""
    wanted = wanted or Wanted()
    frame = Imports(folder, [wanted]).read(wanted.id, TODAY)
    return {
        f"{date:%m-%d}": value for date, value in zip(frame["date"], frame["value"], strict=True)
    }


def prices(folder, *symbols):
    return read_price_folder(folder, [Traded(symbol) for symbol in symbols], TODAY)


def days(text, numbers=range(5, 20)):
    return "".join(text.format(day=day) for day in numbers)


@pytest.mark.parametrize("heads", ["Date,open,high,low,close,volume,amt", "Date,pre_close,close"])
def test_the_close_is_the_column_called_so_whatever_stands_beside_it(tmp_path, heads):
    fields = heads.split(",")[1:]
    rows = days(
        "2024-01-{day:02d}," + ",".join(f"{at}{{day:02d}}" for at in range(len(fields))) + "\n"
    )
    codes = ",".join(["000300.SH"] * len(fields))
    put(tmp_path, "prices/wind.csv", f",{codes}\n{heads}\n{rows}")
    expected = [100 * fields.index("close") + day for day in range(5, 20)]
    assert list(prices(tmp_path, "000300.SH").prices["close"]) == expected


def test_returns_are_no_closes(tmp_path):
    put(
        tmp_path,
        "prices/wind.csv",
        ",A.SH,A.SH\n指标,涨跌幅,涨跌幅\n" + days("2024-01-{day:02d},1,2\n"),
    )
    with pytest.raises(SourceError, match="no close"):
        prices(tmp_path, "A.SH")


def exchanged(head):
    """A workbook for which a spreadsheet took the days up to the 12th for months."""
    book = openpyxl.Workbook()
    for row in head:
        book.active.append(row)
    for month in (2, 3):
        for day in range(8, 17):
            date = dt.datetime(2024, day, month) if day <= 12 else f"{day:02d}/{month:02d}/2024"
            book.active.append([date, *[2.0 + day / 100] * (len(head[0]) - 1)])
    return book


def test_days_that_a_spreadsheet_took_for_months_are_refused_in_series(tmp_path):
    put(
        tmp_path,
        "x.xlsx",
        exchanged([["指标名称", "SHIBOR:3个月"], ["频率", "日"], ["指标ID", "M0017142"]]),
    )
    with pytest.raises(SourceError, match="taken the day for the month"):
        series(tmp_path)


def test_days_that_a_spreadsheet_took_for_months_are_refused_in_prices(tmp_path):
    heads = ["Date", "Open", "High", "Low", "Close", "Adj Close", "Volume"]
    put(tmp_path, "prices/SPX.xlsx", exchanged([heads]))
    with pytest.raises(SourceError, match="perhaps day for month"):
        prices(tmp_path, "SPX")


ADJUSTED = "Price,Adj Close,Adj Close,Volume,Volume\nTicker,SPX,VIX,SPX,VIX\nDate,,,,\n" + days(
    "2024-01-{day:02d},47{day:02d},13.{day:02d},100,0\n"
)


def test_tickers_without_a_close_are_refused_and_the_remedy_works(tmp_path):
    put(tmp_path, "prices/d.csv", ADJUSTED)
    with pytest.raises(SourceError, match=r"has no close .*columns: \{close: Adj Close\}"):
        prices(tmp_path, "SPX", "VIX")
    put(tmp_path, "prices/mapping.yaml", "columns: {close: Adj Close}\n")
    assert list(prices(tmp_path, "SPX", "VIX").prices["close"][:2]) == [4705, 4706]


def test_a_ticker_that_has_no_close_beside_others_is_told(tmp_path):
    put(
        tmp_path,
        "prices/d.csv",
        "Price,Close,Open,Volume\nTicker,SPX,SPX,VIX\nDate,,,\n"
        + days("2024-01-{day:02d},5,4,1\n"),
    )
    found = prices(tmp_path, "SPX", "VIX")
    assert set(found.prices["symbol"]) == {"SPX"}
    assert any("no close of VIX" in why for _, why in found.passed_over)


@pytest.mark.parametrize(
    "rows",
    [
        days("{day:02d}/02/2024,2.{day:02d}\n"),
        days("2024/2/{day} 0:00,2.{day:02d}\n", range(5, 10))
        + days("2024-02-{day},2.1\n", range(12, 17)),
    ],
)
def test_observations_above_the_first_sure_date_are_no_heads(tmp_path, rows):
    put(tmp_path, "x.csv", HEAD + rows)
    with pytest.raises(SourceError, match=r"rows 5, 6, .* dates written otherwise"):
        series(tmp_path)


@pytest.mark.parametrize("fault", ["#REF!", "#N/A", "#VALUE!"])
def test_a_row_whose_date_is_a_fault_is_no_comment(tmp_path, fault):
    put(tmp_path, "shibor_3m.csv", f"date,value\n2024-02-05,2.1\n{fault},2.2\n2024-02-07,2.3\n")
    with pytest.raises(SourceError, match=f"row 3: '{fault}' is no date"):
        series(tmp_path)


def test_a_value_that_is_a_fault_is_told_and_one_that_is_not_available_is_missing(tmp_path):
    book = openpyxl.Workbook()
    for row in (
        ["date", "value"],
        ["2024-02-05", 2.1],
        ["2024-02-06", "#N/A"],
        ["2024-02-07", 2.3],
    ):
        book.active.append(row)
    put(tmp_path, "shibor_3m.xlsx", book)
    assert series(tmp_path) == {"02-05": 2.1, "02-07": 2.3}
    book.active["B3"] = "#REF!"
    put(tmp_path, "shibor_3m.xlsx", book)
    with pytest.raises(SourceError, match="'#REF!' is no number"):
        series(tmp_path)


def test_a_column_that_stands_twice_is_refused_where_it_is_known(tmp_path):
    put(tmp_path, "x.csv", "date,M0017142,M0017142,B\n" + days("2024-02-{day:02d},1,2,3\n"))
    with pytest.raises(SourceError, match="2 of its columns are called 'M0017142'"):
        series(tmp_path)


def test_a_vendors_series_that_stands_twice_is_refused(tmp_path):
    twice = "".join(f"{line},{line.split(',')[1]}\n" for line in HEAD.splitlines())
    put(tmp_path, "shibor_3m.csv", twice + days("2024-02-{day:02d},2.{day:02d},9\n"))
    with pytest.raises(SourceError, match="keep one"):
        series(tmp_path)


def test_more_columns_than_dates_turn_no_table(tmp_path):
    def row(label, cell):
        return ",".join([label, *[cell] * 12]) + "\n"

    names = ",".join(["指标名称", *(f"N{at}" for at in range(12))]) + "\n"
    ids = ",".join(["指标ID", *(f"M{at}" for at in range(12))]) + "\n"
    months = "".join(row(f"2024-0{month}-28", f"1.{month}") for month in range(1, 6))
    put(tmp_path, "x.csv", names + row("频率", "月") + ids + row("更新时间", "2024-07-10") + months)
    found = series(tmp_path, Wanted("cpi", ("M3",), "monthly"))
    assert list(found.values()) == [1.1, 1.2, 1.3, 1.4, 1.5]


def test_a_web_page_of_wide_cells_costs_no_memory(tmp_path):
    page = "<table>" + "<tr>" + "<td rowspan=100 colspan=100>x</td>" * 300 + "</tr></table>"
    path = put(tmp_path, "2012.xls", page)
    put(tmp_path, "first.htm", "<table><tr><td>1</td></tr></table>")
    open_file(tmp_path / "first.htm")  # imports its library
    tracemalloc.start()
    try:
        with pytest.raises(SourceError, match="columns"):
            open_file(path)
        assert tracemalloc.get_traced_memory()[1] < 2**25
    finally:
        tracemalloc.stop()


def test_nothing_that_a_terminal_obeys_is_told(tmp_path):
    put(tmp_path, "shibor_3m.csv", "date,value\n2024-02-05,\x1b[2J\n")
    with pytest.raises(SourceError) as refused:
        series(tmp_path)
    assert "'\\x1b[2J' is no number" in str(refused.value)


@pytest.mark.parametrize("sign", ["\x7f", "\x85", "\u2028", "\u202e", "\u200b"])
def test_a_cell_is_told_with_what_nobody_sees_in_it(tmp_path, sign):
    put(tmp_path, "shibor_3m.csv", f"date,value\n2024-02-05,1{sign}2x\n")
    with pytest.raises(SourceError) as refused:
        series(tmp_path)
    escaped = sign.encode("unicode_escape").decode()
    assert f"'1{escaped}2x' is no number" in str(refused.value)
    assert str(refused.value).isprintable()
