"""A first line ``sep=;``, by which spreadsheets tell each other what separates."""

import pandas as pd
import pytest

from sfr_pipeline.drafting.grid import read_grid
from sfr_pipeline.drafting.reading import read_panel
from sfr_pipeline.errors import SourceError
from sfr_pipeline.opinion.labelled import read_labelled
from sfr_pipeline.sources.files.contents import read_contents
from sfr_pipeline.sources.files.delimited import TEMPLATE_MARK, is_unfilled_template
from sfr_pipeline.sources.files.folder import Imports
from sfr_pipeline.sources.files.opening import open_file
from sfr_pipeline.sources.files.prices import read_prices
from sfr_pipeline_tests.sources.import_files import PRICES, TODAY, put
from sfr_pipeline_tests.sources.test_price_files import MARKET

LINES = ("sep=;\r\n", '"sep=;"\n', "SEP=;\n", "\ufeffsep=;\n", "sep=; \n")


@pytest.mark.parametrize("line", LINES)
def test_a_series_is_read_below_it_and_rows_keep_their_numbers(tmp_path, line):
    put(tmp_path, "prices.csv", f"{line}date;value\n2024-01-31;1.5\n\n2024-02-29;2\n")
    assert Imports(tmp_path, [PRICES]).read("prices", TODAY)["value"].tolist() == [1.5, 2]
    (sheet,) = open_file(tmp_path / "prices.csv").sheets
    assert [number for number, _ in sheet.rows] == [2, 3, 5]


@pytest.mark.parametrize("line", LINES)
def test_so_is_an_export_of_a_vendor(tmp_path, line):
    rows = "指标名称;CPI\n频率;月\n单位;%\n指标ID;M1\n2024-01;1.5\n2024-02;2\n"
    put(tmp_path, "prices.csv", line + rows)
    assert Imports(tmp_path, [PRICES]).read("prices", TODAY)["value"].tolist() == [1.5, 2]
    assert read_contents(tmp_path / "prices.csv").layouts == ("Wind",)


@pytest.mark.parametrize("line", LINES)
def test_so_are_prices_of_a_vendor_and_plain_ones(tmp_path, line):
    (tmp_path / "prices").mkdir()
    put(tmp_path / "prices", "SPX.csv", f"{line}date;close\n2024-01-02;4.5\n2024-01-03;4.25\n")
    put(
        tmp_path / "prices",
        "OIL.csv",
        f"{line}Data;Otwarcie;Najwyzszy;Najnizszy;Zamkniecie;Wolumen\n"
        "2024-01-02;1;2;0.5;1.5;10\n2024-01-03;1;2;0.5;1.75;10\n",
    )
    frame = read_prices(tmp_path, MARKET, TODAY)
    assert frame[frame["symbol"] == "SPX"]["close"].tolist() == [4.5, 4.25]
    assert frame[frame["symbol"] == "OIL"]["close"].tolist() == [1.5, 1.75]


@pytest.mark.parametrize("line", LINES)
def test_so_is_a_labelled_file(tmp_path, line):
    path = put(tmp_path, "a.csv", f"{line}text;label\nup, and up;pos\n1,2;neg\n")
    assert read_labelled(path).texts == ["up, and up", "1,2"]


@pytest.mark.parametrize("line", LINES)
def test_so_is_a_panel_of_which_a_market_is_drafted(tmp_path, line):
    months = pd.period_range("2001-01", periods=48, freq="M").astype(str)
    rows = "".join(f"{month};{n / 4:.2f};{50 - n / 8:.3f}\n" for n, month in enumerate(months))
    read = read_panel(put(tmp_path, "a.csv", f"{line}date;a, b;c\n{rows}"))
    assert [one.name for one in read.columns] == ["a, b", "c"]
    assert read.columns[0].values.tolist() == [n / 4 for n in range(48)]


def test_what_is_told_stands_above_what_the_rows_look_like(tmp_path):
    text = "sep=:\ndate:a,b:c,d\n2024-01-31:1:2\n2024-02-29:3:4\n"
    opened = open_file(put(tmp_path, "a.csv", text))
    assert opened.sheets[0].rows[1][1] == ["2024-01-31", "1", "2"]
    assert opened.format == "text, UTF-8, separated by ':'"
    assert open_file(put(tmp_path, "b.csv", "sep=\t\na\tb,c\n")).sheets[0].rows == [
        (2, ["a", "b,c"])
    ]


def test_a_cell_that_begins_like_it_is_data(tmp_path):
    rows = open_file(put(tmp_path, "a.csv", "sep=;x,b\n1,2\n")).sheets[0].rows
    assert rows[0] == (1, ["sep=;x", "b"])


def test_a_template_that_a_spreadsheet_saved_again_is_unfilled_still(tmp_path):
    text = f"sep=;\n{TEMPLATE_MARK} of it.\ndate;value\n"
    assert is_unfilled_template(put(tmp_path, "a.csv", text))
    assert not is_unfilled_template(put(tmp_path, "a.csv", f"{text}2024-01-31;1\n"))
    filled = text.removeprefix("sep=;\n") + "2024-01-31;1\n"
    assert not is_unfilled_template(put(tmp_path, "a.csv", filled))


@pytest.mark.parametrize("text", ["sep=;", "sep=;\n", "sep=;\n;\n"])
def test_nothing_below_it_is_an_empty_file(tmp_path, text):
    with pytest.raises(SourceError, match=r"a\.csv: it is empty: fill it, or remove it"):
        open_file(put(tmp_path, "a.csv", text))


def test_a_market_is_drafted_of_rows_that_begin_with_a_number_sign(tmp_path):
    rows = read_grid(put(tmp_path, "a.csv", "# of firms,2\ndate,a\n2024-01,1\n")).rows
    assert rows == [(1, ["# of firms", "2"]), (2, ["date", "a"]), (3, ["2024-01", "1"])]


def test_a_market_is_not_drafted_of_text_that_was_guessed(tmp_path):
    text = "日期,貨幣供給額年增率,加權股價指數,隔夜拆款利率\n2024-01,1,2,3\n".encode("big5")
    with pytest.raises(SourceError, match="but Big5: save it as CSV UTF-8"):
        read_grid(put(tmp_path, "a.csv", text))
