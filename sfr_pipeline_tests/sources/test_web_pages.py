"""Official tables on web pages whose title, unit and year stand outside the table."""

import time

import pytest

from sfr_pipeline.errors import SourceError
from sfr_pipeline.sources.files.opening import open_file
from sfr_pipeline.sources.files.web_pages import page_tables
from sfr_pipeline.sources.files.workbooks import read_workbook
from sfr_pipeline_tests.sources.import_files import put

TITLE = "2023年金融机构人民币信贷收支表"
UNIT = "单位：亿元人民币"
ROWS = [
    ["项目", "1月", "2月", "3月"],
    ["一、各项存款", "100", "110", "120"],
    ["一、各项贷款", "50", "55", "60.5"],
    ["中长期贷款", "20", "22", "24"],
]
LOANS = {"2023-01": 50, "2023-02": 55, "2023-03": 60.5}


def table(rows=ROWS, caption=""):
    cells = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table>{caption and f'<caption>{caption}</caption>'}{cells}</table>"


def loans(folder, body, name="a.htm", head=""):
    text = f"<html><head>{head}</head><body>{body}</body></html>"
    book = read_workbook(put(folder, name, text.encode("gb18030")))
    return {row.date: row.value for row in book.items["pboc.loans"]}


LINKS = "<ul><li><a href='x'>2020年金融机构人民币信贷收支表</a></li><li><a>单位：万元</a></li></ul>"
PAGES = {
    "heading": f"<h1>{TITLE}</h1><p>{UNIT}</p>{table()}",
    "parts of a line": f"<p><b>2023年</b><font>金融机构</font>人民币信贷收支表</p>{UNIT}{table()}",
    "year alone": f"<h1>{TITLE[5:]}</h1><div>（2023年）<br>{UNIT}</div>{table()}",
    "caption": f"<p>{UNIT}</p>{table(caption=TITLE)}",
    "tables of a row": f"{table([[TITLE]])}{table([['', UNIT]])}{table()}",
    "table around": f"<table><tr><td>{TITLE}<br>{UNIT}</td></tr><tr><td>{table()}",
    "date of publication": f"{TITLE}<p>2024年1月15日</p><p>2024年货币</p><p>{UNIT}</p>{table()}",
    "unit within": f"<h1>{TITLE}</h1>{table([['', '', '', UNIT], *ROWS])}",
    "title within": f"<h1>2020年其他统计表</h1>{table([[TITLE, '', '', UNIT], *ROWS])}",
    "links": f"{LINKS}<h1>{TITLE}</h1><p>{UNIT}</p>{LINKS}{table()}",
    "English": f"<h1>{TITLE}</h1><p>Unit: 100 Million Yuan</p>{table()}",
}  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("name", ["a.htm", "a.xls"])
def test_title_unit_and_year_are_those_that_stand_above(tmp_path, page, name):
    assert loans(tmp_path, PAGES[page], name) == LOANS


def test_the_title_of_the_page_counts_too(tmp_path):
    assert loans(tmp_path, f"<p>{UNIT}</p>{table()}", head=f"<title>{TITLE}</title>") == LOANS


NO_TITLE, NO_YEAR, NO_UNIT = "its title is neither", "no row holds its months", "does not say 亿元"
OTHERS = {
    "another title": (
        f"<h1>{TITLE}</h1><h2>2023年金融机构外汇信贷收支表</h2>{UNIT}{table()}",
        NO_TITLE,
    ),
    "another title within": (
        f"{TITLE}<p>{UNIT}</p>{table([['金融机构外汇信贷收支表'], *ROWS])}",
        NO_TITLE,
    ),
    "a link": (f"<a href='x'>{TITLE}</a><p>{UNIT}</p>{table()}", NO_TITLE),
    "a script": (f"<script>var title = '{TITLE}'</script><p>{UNIT}</p>{table()}", NO_TITLE),
    "behind": (f"{table()}<h1>{TITLE}</h1><p>{UNIT}</p>", NO_TITLE),
    "another unit": (f"<h1>{TITLE}</h1><p>单位：万元</p>{table()}", NO_UNIT),
    "another unit within": (
        f"<h1>{TITLE}</h1><p>{UNIT}</p>{table([['单位：万元'], *ROWS])}",
        NO_UNIT,
    ),
    "no unit": (f"<h1>{TITLE}</h1><p>本月贷款增加1亿元</p>{table()}", NO_UNIT),
    "no year": (f"<h1>{TITLE[5:]}</h1><p>2024年1月15日</p><p>{UNIT}</p>{table()}", NO_YEAR),
    "two years": (f"<h1>{TITLE}</h1><p>2022年</p><p>{UNIT}</p>{table()}", NO_YEAR),
}


@pytest.mark.parametrize(("page", "says"), OTHERS.values(), ids=OTHERS)
def test_what_is_not_the_tables_own_is_not_taken_for_it(tmp_path, page, says):
    with pytest.raises(SourceError, match=says):
        loans(tmp_path, page)


def test_each_of_several_tables_has_what_stands_above_it_alone(tmp_path):
    other = [[cell.replace("0", "9") for cell in row] for row in ROWS]
    body = (
        f"<h1>{TITLE}</h1><p>{UNIT}</p>{table()}"
        f"<h1>2023年金融机构外汇信贷收支表</h1><p>单位：亿美元</p>{table(other)}{table(other)}"
    )
    assert loans(tmp_path, body) == LOANS
    passed = [name for name, _ in read_workbook(tmp_path / "a.htm").passed_over]
    assert passed == ["a.htm, table 2", "a.htm, table 3"]
    later = [[cell.replace("月", "月末") for cell in row] for row in ROWS]
    body += f"<h1>2022年{TITLE[5:]}</h1><p>{UNIT}</p>{table(later)}"
    assert set(loans(tmp_path, body)) == {*LOANS, "2022-01", "2022-02", "2022-03"}


def rows(count):
    return f"<table>{''.join(f'<tr><td>{row}' for row in range(count))}</table>"


def test_a_table_of_a_row_or_two_is_lines_and_a_longer_one_ends_them():
    page = f"a{rows(1)}b<p>c{rows(2)}d{rows(3)}e{rows(1)}"
    assert [table.above for table in page_tables("a", page)] == [
        ("a",),
        ("a", "0", "b", "c"),
        ("a", "0", "b", "c", "0", "1", "d"),
        ("e",),
    ]


def test_a_caption_is_the_last_line_above_its_table():
    (one,) = page_tables("a", "<p>a</p><table><caption>of <b>it</b></caption><tr><td>1</table>")
    assert one.above == ("a", "of it")


def test_comments_divide_no_line_and_what_is_not_read_has_none():
    unread = (
        "<style>s</style><select><option>o</select><textarea>t</textarea><noscript>n</noscript>"
    )
    page = f"{unread}<p>one<!-- c -->two<?pi x?>three</p>{unread}{rows(1)}"
    assert page_tables("a", page)[0].above == ("onetwothree",)


@pytest.mark.parametrize(
    ("span", "width"),
    [("2", 2), (" 02 ", 2), ("99", 99), ("101", 100), ("100000", 100), ("9" * 5_000, 100),
     ("0", 1), ("", 1), ("x", 1), ("-2", 1), ("\u00b2", 1)],
)  # fmt: skip
def test_a_cell_stands_in_the_first_of_those_that_it_spans(span, width):
    (one,) = page_tables("a", f"<table><tr><td colspan='{span}'>1<th>2<tr><td>3</table>")
    assert one.cells[0] == ["1", *[None] * (width - 1), "2"]
    assert one.cells[1] == ["3", *[None] * width]
    (down,) = page_tables("a", f"<table><tr><td rowspan='{span}'>1<td>2<tr><td>3</table>")
    assert down.cells[1] == ([None, "3"] if width > 1 else ["3", None])


def test_a_cell_is_one_line_however_the_page_breaks_it():
    (one,) = page_tables("a", "<table><tr><td>\n a\n  <b>b</b>c <td> <th>d</table>")
    assert one.cells == [["a bc", None, "d"]]


def test_what_spans_rows_beyond_its_table_costs_nothing():
    page = "<table><tr><td colspan=100 rowspan=100>1</table>" * 1_000
    began = time.process_time()
    assert len(page_tables("a", page)) == 1_000
    assert time.process_time() - began < 2


def test_a_row_of_too_many_columns_is_refused():
    with pytest.raises(SourceError, match="it has 1 rows of 4,100 columns, and at most 4,096"):
        page_tables("a", f"<table><tr>{'<td colspan=100>1' * 50}</table>")


def test_lines_are_those_of_the_page_as_it_is_shown(tmp_path):
    text = "<html><!-- a -->x<p>one <b>li</b>ne</p>two<br/>three <a>four</a> five<table><tr><td>1"
    (sheet,) = open_file(put(tmp_path, "a.htm", text)).sheets
    assert sheet.above == ("x", "one line", "two", "three five")
    assert sheet.rows == [(1, ["1"])]
