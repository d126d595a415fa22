"""Official tables of every layout that they have had, read to their numbers or refused."""

import datetime as dt

import openpyxl
import pytest

from sfr_pipeline.errors import SourceError
from sfr_pipeline.sources.files.folder import Imports
from sfr_pipeline.sources.files.workbooks import read_workbook
from sfr_pipeline_tests.sources.official_tables import (
    CAPITAL,
    LOANS,
    LONGER,
    NEW,
    OLD,
    credit_funds,
    fill_credit_funds,
    fill_supervision,
    page,
    supervision,
    table_of_1999,
)

TODAY = dt.date(2025, 6, 15)


@pytest.mark.parametrize(("rows", "longer"), [(NEW, 1600000), (OLD, 205000)])
def test_credit_funds_are_found_in_the_layouts_of_their_years(tmp_path, rows, longer):
    found = read_workbook(credit_funds(tmp_path / "P0202401.xlsx", 2024, rows)).items
    for item, value in (
        ("pboc.deposits", value_of(rows, "存款")),
        ("pboc.loans", value_of(rows, "贷款")),
        ("pboc.medium_long_term_loans", longer),
    ):
        # October is told from January by its column: 2024.10 is 2024.1.
        assert [row.date for row in found[item]] == [f"2024-{n:02d}" for n in range(1, 13)]
        assert found[item][0].value == pytest.approx(value)
        assert found[item][9].value == pytest.approx(1.09 * value)


def value_of(rows, kind):
    return next(value for label, value in rows if label.startswith(f"一、各项{kind}"))


def test_several_years_make_one_series_and_months_to_come_are_left_out(tmp_path):
    credit_funds(tmp_path / "a.xlsx", 2023, OLD)
    credit_funds(tmp_path / "b.xlsx", 2024, NEW, months=4)
    imports = Imports(tmp_path, [LOANS, LONGER])
    frame = imports.read("loans", TODAY)
    assert len(frame) == 16
    assert frame["date"].iloc[-1].date() == dt.date(2024, 4, 30)
    assert frame["value"].iloc[-1] == pytest.approx(1.03 * 2400000)
    assert imports.provenance("loans") == "file: a.xlsx, b.xlsx"
    credit_funds(tmp_path / "c.xlsx", 2024, NEW)
    with pytest.raises(SourceError, match=r"2024-01 stands in b\.xlsx already: remove the older"):
        Imports(tmp_path, [LOANS])


@pytest.mark.parametrize("layout", ["title", "row"])
def test_supervision_is_found_with_the_year_in_title_or_row(tmp_path, layout):
    path = supervision(tmp_path / "nfra.xlsx", 2024, [0.1543, 0.1553], layout=layout)
    found = read_workbook(path).items
    capital = found["nfra.capital_adequacy_ratio"]
    assert [row.date for row in capital] == ["2024Q1", "2024Q2"]
    assert [row.value for row in capital] == pytest.approx([15.43, 15.53])
    assert found["nfra.non_performing_loan_ratio"][0].value == pytest.approx(1.5)
    frame = Imports(tmp_path, [CAPITAL]).read("capital", TODAY)
    assert [date.date() for date in frame["date"]] == [dt.date(2024, 3, 31), dt.date(2024, 6, 30)]


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (lambda p: credit_funds(p, 2024, NEW, title="存款类金融机构人民币信贷收支表"), "neither"),
        (lambda p: credit_funds(p, 2024, NEW, title="金融机构外汇信贷收支表"), "neither"),
        (lambda p: credit_funds(p, 2024, [*NEW, NEW[5]]), "2 rows are called 各项贷款"),
        (
            lambda p: credit_funds(p, 2024, [r for r in NEW if "中长期" not in r[0]]),
            "no row 中长期",
        ),
        (lambda p: credit_funds(p, 2024, [r for r in NEW if "境内贷" not in r[0]]), "add up to"),
        (lambda p: credit_funds(p, 2024, NEW, header=["x"] * 12), "no row holds its months"),
        (lambda p: credit_funds(p, 2024, NEW, header=[2024.02, 2024.04]), "follow one another"),
        (lambda p: credit_funds(p, 2024, NEW, header=["2024.1"]), "may mean January or October"),
        (lambda p: credit_funds(p, 2024, NEW, unit="万亿元"), "does not say 亿元"),
        (
            lambda p: credit_funds(p, 2024, [*NEW[:5], ("一、各项贷款", "x"), *NEW[6:]], months=1),
            "'x' is no",
        ),
        (lambda p: credit_funds(p, 2024, NEW, header=[2024.01, 2023.02]), "follow one another"),
        (lambda p: supervision(p, 2024, [15.43, 0.1553]), "whether it is a fraction or per cent"),
        (lambda p: supervision(p, 2024, [1.543]), "1.543, of which it is not clear"),
        (lambda p: supervision(p, 2024, ["154.3%"]), "154.3% in 2024Q1, outside 3 to 40 per cent"),
        (lambda p: supervision(p, 2024, [0.15], more=[("资本充足率", [0.14])]), "stands in row 8"),
        (lambda p: supervision(p, "", [0.15]), "no year stands above"),
        (lambda p: supervision(p, 2024, [0.15], heads=["Q1", "一季度"]), "2024Q1 heads several"),
        (lambda p: supervision(p, 2024, ["n"]), "row 8: 'n' is no number"),
        (lambda p: supervision(p, 2024, [0.15], capital="资本比率"), "no row is called 资本充足率"),
    ],
)
def test_other_workbooks_and_layouts_are_refused(tmp_path, build, says):
    path = build(tmp_path / "book.xlsx")
    with pytest.raises(SourceError) as refused:
        read_workbook(path)
    assert str(refused.value).startswith(str(path))
    assert says in str(refused.value)


@pytest.mark.parametrize("name", ["1999.xls", "1999.htm", "1999.HTML", "1999.xlsx"])
@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_a_web_page_by_any_name_is_read_as_the_table_that_it_is(tmp_path, name, encoding):
    heads = [f"1999.{month:02d}" for month in range(1, 13)]
    values = [f"{93000 + month:,}.50" for month in range(12)]
    path = page(tmp_path / name, table_of_1999(heads, values), encoding)
    book = read_workbook(path)
    assert [(row.date, row.value) for row in book.items["pboc.loans"]] == [
        (f"1999-{month:02d}", 92999.5 + month) for month in range(1, 13)
    ]
    assert book.items["pboc.medium_long_term_loans"][9].value == pytest.approx(0.5 * 93009.5)
    assert book.passed_over == []
    assert book.format.startswith("web page")
    frame = Imports(tmp_path, [LOANS]).read("loans", TODAY)
    assert frame["value"].iloc[0] == 93000.5


@pytest.mark.parametrize(
    ("heads", "first", "last"),
    [
        (["2012年1月", "2012年2月", "2012年3月"], "2012-01", "2012-03"),
        (["2012-01", "2012-02"], "2012-01", "2012-02"),
        (["2012/1", "2012/2"], "2012-01", "2012-02"),
        (["2012.9", "2012.1", "2012.11"], "2012-09", "2012-11"),
        (["2012.12", "2012.11", "2012.1"], "2012-10", "2012-12"),
        (["2012.1", "2012.2"], "2012-01", "2012-02"),
        (["2011年12月末", "2012年1月末"], "2011-12", "2012-01"),
        ([dt.datetime(2012, 1, 31), dt.datetime(2012, 2, 29)], "2012-01", "2012-02"),
        (["２０１２．０１", "２０１２．０２"], "2012-01", "2012-02"),
        ([2012.09, 2012.1, 2012.1099999999999], "2012-09", "2012-11"),
        (["2012M01", "2012M02"], "2012-01", "2012-02"),
    ],
)
def test_months_are_read_as_they_have_been_headed(tmp_path, heads, first, last):
    path = credit_funds(tmp_path / "a.xlsx", 2012, NEW, months=len(heads), header=heads)
    loans = read_workbook(path).items["pboc.loans"]
    assert (loans[0].date, loans[-1].date, len(loans)) == (first, last, len(heads))
    by_month = {row.date: row.value for row in loans}
    newest_first = str(heads[0]) == "2012.12"
    value = 2400000 * (1 + 0.01 * (len(heads) - 1 if newest_first else 0))
    assert by_month[first] == pytest.approx(value)


def test_months_below_a_year_are_those_of_the_year(tmp_path):
    lines = table_of_1999(["1月", "2月"], ["100.5", "200.5"])
    lines.insert(2, ["", "2003年", ""])
    found = read_workbook(page(tmp_path / "a.htm", lines)).items["pboc.loans"]
    assert [(row.date, row.value) for row in found] == [("2003-01", 100.5), ("2003-02", 200.5)]


def test_a_date_above_the_table_is_no_head(tmp_path):
    lines = table_of_1999(["2003.01", "2003.02"], ["100.5", "200.5"])
    lines.insert(2, ["发布日期", "", "2003.05"])
    found = read_workbook(page(tmp_path / "a.htm", lines)).items["pboc.loans"]
    assert [(row.date, row.value) for row in found] == [("2003-01", 100.5), ("2003-02", 200.5)]


def test_each_quarter_has_the_year_above_it(tmp_path):
    lines = [
        ["商业银行主要监管指标情况表（季度）"],
        ["时间", "2024年", "", "2023年", ""],
        ["项目", "二季度", "一季度", "四季度", "三季度"],
        ["不良贷款率", "1.56%", "1.59%", "1.60%", "1.61%"],
        ["资本充足率", "15.53%", "15.43%", "15.06%", "14.77%"],
    ]
    found = read_workbook(page(tmp_path / "a.htm", lines)).items["nfra.capital_adequacy_ratio"]
    assert [(row.date, row.value) for row in found] == [
        ("2023Q3", 14.77), ("2023Q4", 15.06), ("2024Q1", 15.43), ("2024Q2", 15.53),
    ]  # fmt: skip


def test_dashes_blanks_and_separators_are_what_they_mean(tmp_path):
    heads = ["2012.01", "2012.02", "2012.03", "2012.04", "2012.05"]
    lines = table_of_1999(heads, ["1,234,567.8", "2", "3", "4", "5"])
    lines[7][2:] = ["--", "—", "", "…"]
    lines[9][3] = "-"
    book = read_workbook(page(tmp_path / "2012.xls", lines))
    assert [(row.date, row.value) for row in book.items["pboc.loans"]] == [("2012-01", 1234567.8)]
    # Parts of a month without its whole are values all the same.
    assert [row.date for row in book.items["pboc.medium_long_term_loans"]] == [
        "2012-01", "2012-02", "2012-04", "2012-05",
    ]  # fmt: skip


def test_a_month_with_a_part_only_is_left_out_by_name(tmp_path):
    rows = [(label, value) for label, value in NEW if "境外" not in label]
    path = credit_funds(tmp_path / "a.xlsx", 2024, rows, months=3)
    book = openpyxl.load_workbook(path)
    book.active["C20"] = "--"
    assert book.active["A20"].value.strip().startswith("（2）中长期")
    book.save(path)
    read = read_workbook(path)
    dates = [row.date for row in read.items["pboc.medium_long_term_loans"]]
    assert dates == ["2024-01", "2024-03"]
    assert read.passed_over == [("a.xlsx", "2024-02: not all of rows 16, 20 have a value")]


def test_a_table_of_deposits_alone_gives_those_and_says_so(tmp_path):
    lines = table_of_1999(["2012.01", "2012.02"], ["800000", "800100"])[:5]
    book = read_workbook(page(tmp_path / "2012.xls", lines))
    assert list(book.items) == ["pboc.deposits"]
    assert [row.value for row in book.items["pboc.deposits"]] == [800000, 800100]
    assert book.passed_over == [("2012.xls", "no row is called 各项贷款: no loans are read")]


def test_every_sheet_is_read_and_others_are_named(tmp_path):
    book = openpyxl.Workbook()
    fill_credit_funds(book.active, 2023, OLD)
    book.active.title = "2023"
    fill_credit_funds(book.create_sheet("2024"), 2024, NEW, months=4)
    fill_credit_funds(book.create_sheet("外汇"), 2024, NEW, title="金融机构外汇信贷收支表")
    fill_credit_funds(
        book.create_sheet("部门"), 2024, NEW, title="金融机构人民币信贷收支表（按部门分类）"
    )
    book.create_sheet("说明")["A1"] = "注：自2015年起"
    book.create_sheet("Sheet3")
    book.save(tmp_path / "a.xlsx")
    imports = Imports(tmp_path, [LOANS])
    frame = imports.read("loans", TODAY)
    assert len(frame) == 16
    assert frame["value"].iloc[-1] == pytest.approx(1.03 * 2400000)
    names = dict(imports.passed_over)
    assert list(names) == [
        "a.xlsx", "a.xlsx, sheet '外汇'", "a.xlsx, sheet '部门'", "a.xlsx, sheet '说明'",
    ]  # fmt: skip
    assert names["a.xlsx"] == "sheet without a cell: Sheet3"
    assert (
        "none of the tables that are read: '金融机构外汇信贷收支表" in names["a.xlsx, sheet '外汇'"]
    )
    assert "注:自2015年起" in names["a.xlsx, sheet '说明'"]


@pytest.mark.parametrize("same", [True, False])
def test_a_quarter_in_two_sheets_is_one_only_if_it_is_the_same(tmp_path, same):
    book = openpyxl.Workbook()
    fill_supervision(book.active, 2023, [0.147])
    second = book.create_sheet("again")
    fill_supervision(second, 2023, [0.147 if same else 0.148])
    second.title = "again"
    path = tmp_path / "a.xlsx"
    book.save(path)
    if same:
        read = read_workbook(path)
        assert [row.value for row in read.items["nfra.capital_adequacy_ratio"]] == [14.7]
        assert "stands in" in read.passed_over[-1][1]
    else:
        with pytest.raises(SourceError, match=r"2023Q1 is 14\.8, but 14\.7 in .*remove the older"):
            read_workbook(path)
        book.remove(book.worksheets[0])
        book.save(path)
        assert read_workbook(path).items["nfra.capital_adequacy_ratio"][0].value == (
            pytest.approx(14.8)
        )


@pytest.mark.parametrize(
    ("values", "per_cent"),
    [
        ([0.1543, 0.1553], [15.43, 15.53]),
        ([15.43, 15.53], [15.43, 15.53]),
        (["15.43%", "15.53％"], [15.43, 15.53]),
        (["15.43%", 0.1553], [15.43, 15.53]),
        (["15.43", "--"], [15.43]),
        (["13.3", "", "12.7"], [13.3, 12.7]),
    ],
)
def test_a_ratio_tells_by_itself_whether_it_is_per_cent(tmp_path, values, per_cent):
    found = read_workbook(supervision(tmp_path / "a.xlsx", 2012, values)).items
    capital = [row.value for row in found["nfra.capital_adequacy_ratio"]]
    assert capital == pytest.approx(per_cent)


@pytest.mark.parametrize(
    ("value", "per_cent"), [(0.0094, 0.94), (0.94, 0.94), ("0.94%", 0.94), (1.78, 1.78)]
)
def test_bad_loans_below_one_per_cent_are_no_fraction_of_themselves(tmp_path, value, per_cent):
    lines = [
        ["商业银行主要监管指标情况表(2012年)"],
        ["项目/时间", "2012年一季度 Q1", "第二季度"],
        ["1.不良贷款比例①", value, "-"],
        ["核心资本充足率", "10.3%", ""],
        ["2. 资本充足率（%）[注2] Capital Adequacy Ratio", "12.74", "12.91"],
    ]
    read = read_workbook(page(tmp_path / "2012.html", lines)).items
    assert read["nfra.non_performing_loan_ratio"][0].value == pytest.approx(per_cent)
    assert [(row.date, row.value) for row in read["nfra.capital_adequacy_ratio"]] == [
        ("2012Q1", 12.74), ("2012Q2", 12.91),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "heads",
    [
        ["2024Q1", "2024Q2"],
        ["2024年3月", "2024年6月末"],
        ["2024.03", "2024.06"],
        ["1季度", "2季度"],
    ],
)
def test_quarters_are_read_as_they_have_been_headed(tmp_path, heads):
    path = supervision(tmp_path / "a.xlsx", 2024, [0.15, 0.16], heads=heads)
    found = read_workbook(path).items["nfra.capital_adequacy_ratio"]
    assert [(row.date, row.value) for row in found] == [("2024Q1", 15), ("2024Q2", 16)]


def test_what_the_remedies_say_helps(tmp_path):
    path = tmp_path / "a.xlsx"
    with pytest.raises(SourceError, match=r"write every value with its mark, such as 10\.75%"):
        read_workbook(supervision(path, 2024, [1.543]))
    read_workbook(supervision(path, 2024, ["10.75%"]))
    with pytest.raises(SourceError, match="in its order, such as 2024年1月, 2024年2月"):
        read_workbook(credit_funds(path, 2024, NEW, header=["2024.1"], months=1))
    read_workbook(credit_funds(path, 2024, NEW, header=["2024年1月", "2024年2月"], months=2))
    with pytest.raises(SourceError, match="write them as 2024年一季度"):
        read_workbook(supervision(path, "", [0.15]))
    read_workbook(supervision(path, "", [0.15], heads=["2024年一季度"]))


def test_heads_beside_the_periods_are_named(tmp_path):
    path = credit_funds(tmp_path / "a.xlsx", 2024, NEW, months=3, header=[2024.01, 2024.02, "同比"])
    assert read_workbook(path).passed_over == [("a.xlsx", "columns that are no months: 同比")]
