"""A file is what its bytes say, whatever it is called."""

import datetime as dt
import hashlib

import openpyxl
import pandas as pd
import pytest

from sfr_pipeline.errors import SourceError
from sfr_pipeline.sources.files.opening import open_file

ROWS = [["date", "value"], ["2024-01-31", "1,5"], ["2024-02-29", "2"]]


def put(folder, name, content):
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def only(path):
    """The cells of its one sheet."""
    (sheet,) = open_file(path).sheets
    return [cells for _, cells in sheet.rows]


@pytest.mark.parametrize("separator", ["\t", ";", "|"])
@pytest.mark.parametrize("name", ["a.csv", "a.txt", "a.xls"])
def test_the_separator_is_the_one_that_divides_most_rows_alike(tmp_path, separator, name):
    path = put(tmp_path, name, "\n".join(separator.join(row) for row in ROWS))
    assert only(path) == ROWS


def test_a_note_with_many_commas_divides_nothing(tmp_path):
    path = put(tmp_path, "a.csv", "date;value\n2024-01-31;1,5\n2024-02-29;2,5\na, b, c, d, e\n")
    assert only(path)[1] == ["2024-01-31", "1,5"]


def test_lines_break_within_quotes_and_rows_keep_the_number_of_their_line(tmp_path):
    path = put(tmp_path, "a.csv", '# ours\ndate,"Shibor\n3M"\n\n2024-01-31,1\n,\n2024-02-29,2\n')
    (sheet,) = open_file(path).sheets
    assert sheet.rows == [
        (2, ["date", "Shibor\n3M"]),
        (5, ["2024-01-31", "1"]),
        (7, ["2024-02-29", "2"]),
    ]


def test_the_hash_is_of_the_bytes(tmp_path):
    path = put(tmp_path, "a.csv", "date,value\n2024-01-31,1\n")
    assert open_file(path).sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_workbook_has_all_of_its_sheets_whatever_it_is_called(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "2023"
    book.active.append(["date", dt.datetime(2023, 1, 31)])
    book.create_sheet("nothing")
    book.create_sheet("2024").append(["date", 2.5])
    book.save(tmp_path / "a.csv")
    opened = open_file(tmp_path / "a.csv")
    assert [(sheet.file[-14:], sheet.rows) for sheet in opened.sheets] == [
        (", sheet '2023'", [(1, ["date", dt.datetime(2023, 1, 31)])]),
        (", sheet '2024'", [(1, ["date", 2.5])]),
    ]
    assert opened.notes == ("sheet without a cell: nothing",)


def test_the_tables_of_a_web_page_are_sheets_and_wide_cells_stand_in_their_first_place(tmp_path):
    page = """<html><head><meta charset="gb2312"></head><body><table><tr><td>
        <table><tr><td colspan="3">信贷收支表</td></tr>
        <tr><th rowspan="2">项目<br>Item</th><td>2012.01</td><td>2012.02</td></tr>
        <tr><td> 1 </td><td></td></tr></table></td></tr></table>
        <script>alert(1)</script><table><tr><td>x</td></tr></table></body></html>"""
    opened = open_file(put(tmp_path, "2012.xls", page.encode("gb18030")))
    assert opened.format == "web page, GB18030"
    assert [sheet.rows for sheet in opened.sheets] == [
        [
            (1, ["信贷收支表", None, None]),
            (2, ["项目Item", "2012.01", "2012.02"]),
            (3, [None, "1", None]),
        ],
        [(1, ["x"])],
    ]


@pytest.mark.parametrize("indexed", [True, False])
def test_parquet_has_its_header_above_its_rows(tmp_path, indexed):
    frame = pd.DataFrame({"date": pd.to_datetime(["2024-01-31"]), "value": [1.5]})
    path = tmp_path / "a.parquet"
    (frame.set_index("date") if indexed else frame).to_parquet(path)
    assert only(path) == [["date", "value"], [pd.Timestamp("2024-01-31"), 1.5]]


def test_heads_of_several_levels_are_as_many_rows(tmp_path):
    columns = pd.MultiIndex.from_tuples([("Close", "A"), ("Open", "A")], names=["Price", "Ticker"])
    days = pd.DatetimeIndex(["2024-01-02"], name="Date")
    pd.DataFrame([[2.0, 1.0]], days, columns).to_parquet(tmp_path / "a.parquet")
    assert only(tmp_path / "a.parquet") == [
        ["Date", "Close", "Open"],
        ["", "A", "A"],
        [pd.Timestamp("2024-01-02"), 2.0, 1.0],
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is empty"),
        (b" \n , \n# only a remark\n", "it is empty"),
        (b"<html><p>Access denied</p></html>", "web page without a table"),
        (b"PK\x03\x04 torn", "open it in a spreadsheet, and save it as .xlsx or CSV"),
        (b"PAR1 torn", "no readable Parquet file"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path, content, said):
    with pytest.raises(SourceError, match=said):
        open_file(put(tmp_path, "a.xls", content))
