"""Official workbooks, generated here in the layouts of their years."""

import datetime as dt
from typing import NamedTuple

import openpyxl
import pytest

from sfr_pipeline.errors import SourceError
from sfr_pipeline.sources.files.folder import Imports
from sfr_pipeline.sources.files.workbooks import read_workbook

TODAY = dt.date(2025, 6, 15)


class Wanted(NamedTuple):
    id: str
    unit: str
    frequency: str
    workbook: str | None
    valid_range: tuple[float, float] | None = None
    typical: tuple[float, float] | None = None


LOANS = Wanted("loans", "CNY 100 million", "monthly", "pboc.loans", (1e4, 1e7))
LONGER = Wanted("longer", "CNY 100 million", "monthly", "pboc.medium_long_term_loans")
CAPITAL = Wanted("capital", "per cent", "quarterly", "nfra.capital_adequacy_ratio", (8, 20))

# Label, and value in January; later months add one per cent each.
NEW = [
    ("来源方项目 Funds Sources", None),
    ("一、各项存款  Total Deposits", 3000000),
    ("　（一）境内存款  Domestic Deposits", 2980000),
    ("二、金融债券  Financial Bonds", 100000),
    ("运用方项目 Funds Uses", None),
    ("一、各项贷款  Total Loans", 2400000),
    ("　（一）境内贷款  Domestic Loans", 2390000),
    ("　　　1.住户贷款  Loans to Households", 800000),
    ("　　　　（1）短期贷款  Short-term Loans", 200000),
    ("　　　　　　　消费贷款  Consumption Loans", 90000),
    ("　　　　（2）中长期贷款  Mid & Long-term Loans", 600000),
    ("　　　　　　　其中：中长期消费贷款  Consumption Loans", 500000),
    ("　　　2.企（事）业单位贷款  Loans to Enterprises", 1590000),
    ("　　　　（1）短期贷款  Short-term Loans", 500000),
    ("　　　　（2）中长期贷款  Mid & Long-term Loans", 1000000),
    ("　　　　（3）票据融资  Paper Financing", 90000),
    ("　（二）境外贷款  Overseas Loans", 10000),
    ("二、债券投资  Portfolio Investments", 700000),
    ("　　中长期债券", 300000),
]
OLD = [
    ("一、各项存款", 600000),
    ("一、各项贷款", 400000),
    ("　（一）境内贷款", 399000),
    ("　　1．住户贷款", 100000),
    ("　　　（1）消费性贷款", 60000),
    ("　　　　　　短期消费性贷款", 10000),
    ("　　　　　　中长期消费性贷款", 50000),
    ("　　　（2）经营性贷款", 40000),
    ("　　　　　　短期经营性贷款", 25000),
    ("　　　　　　中长期经营性贷款", 15000),
    ("　　2．非金融性公司及其他部门贷款", 299000),
    ("　　　（1）短期贷款及票据融资", 149000),
    ("　　　　　　短期贷款", 130000),
    ("　　　　　　票据融资", 19000),
    ("　　　（2）中长期贷款", 140000),
    ("　　　（3）其他贷款", 10000),
    ("　（二）境外贷款", 1000),
    ("二、有价证券及投资", 90000),
]


def credit_funds(path, year, rows, *, months=12, title=None, header=None):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["A1"] = title or "金融机构人民币信贷收支表"
    sheet["A2"] = "Sources & Uses of Credit Funds of Financial Institutions (RMB)"
    sheet["A4"] = "单位：亿元人民币  Unit: 100 Million Yuan"
    heads = header or [float(f"{year}.{month:02d}") for month in range(1, 13)]
    for column, head in enumerate(heads, 2):
        sheet.cell(5, column, head)
    sheet["A5"] = "项目  Item"
    for number, (label, value) in enumerate(rows, 6):
        sheet.cell(number, 1, label)
        for month in range(months if value is not None else 0):
            sheet.cell(number, 2 + month, value * (1 + 0.01 * month))
    book.save(path)
    return path


def supervision(path, year, quarters, *, layout="title", capital="资本充足率***"):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "商业银行季度"
    in_title = layout == "title"
    sheet["A1"] = f"{year}年商业银行主要监管指标情况表（季度）" if in_title else (
        "商业银行主要监管指标情况表（季度）"
    )  # fmt: skip
    sheet["A2"] = "单位：亿元"
    sheet["A3"] = "时间"
    if not in_title:
        sheet["B3"] = f"{year}年"
    row = 3 if in_title else 4
    sheet.cell(row, 1, "时间" if in_title else "项目")
    for column, name in enumerate(("一季度", "二季度", "三季度", "四季度"), 2):
        sheet.cell(row, column, name)
    for number, (label, values) in enumerate(
        [
            ("（一）信用风险指标", []),
            ("　不良贷款余额", [33000.0] * len(quarters)),
            ("　不良贷款率", [0.015] * len(quarters)),
            ("　核心一级资本充足率***", [0.10] * len(quarters)),
            (f"　{capital}", quarters),
        ],
        row + 1,
    ):
        sheet.cell(number, 1, label)
        for column, value in enumerate(values, 2):
            sheet.cell(number, column, value)
    book.save(path)
    return path


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
        (lambda p: credit_funds(p, 2024, NEW, header=[2024.02, 2024.03]), "follow one another"),
        (lambda p: credit_funds(p, 2024, NEW, header=[2024.01, 2023.02]), "follow one another"),
        (lambda p: supervision(p, 2024, [15.43]), "15.43 is no fraction"),
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
