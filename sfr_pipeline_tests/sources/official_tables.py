"""Tables of the PBoC and the NFRA in the layouts of their years, made here."""

from typing import NamedTuple

import openpyxl


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


def credit_funds(path, year, rows, *, months=12, title=None, header=None, unit="亿元人民币"):
    book = openpyxl.Workbook()
    fill_credit_funds(book.active, year, rows, months, title, header, unit)
    book.save(path)
    return path


def fill_credit_funds(sheet, year, rows, months=12, title=None, header=None, unit="亿元人民币"):
    sheet["A1"] = title or "金融机构人民币信贷收支表"
    sheet["A2"] = "Sources & Uses of Credit Funds of Financial Institutions (RMB)"
    sheet["A4"] = f"单位：{unit}"
    heads = header or [float(f"{year}.{month:02d}") for month in range(1, 13)]
    for column, head in enumerate(heads, 2):
        sheet.cell(5, column, head)
    sheet["A5"] = "项目  Item"
    for number, (label, value) in enumerate(rows, 6):
        sheet.cell(number, 1, label)
        for month in range(months if value is not None else 0):
            grows = 1 + 0.01 * month if not isinstance(value, str) else 1
            sheet.cell(number, 2 + month, value * grows)


QUARTERS = ("一季度", "二季度", "三季度", "四季度")


def supervision(path, year, quarters, **changes):
    book = openpyxl.Workbook()
    fill_supervision(book.active, year, quarters, **changes)
    book.save(path)
    return path


def fill_supervision(
    sheet, year, quarters, *, layout="title", capital="资本充足率***", heads=QUARTERS, more=()
):
    sheet.title = f"商业银行季度{year}"
    in_title = layout == "title"
    dated = f"{year}年" if in_title and year else ""
    sheet["A1"] = f"{dated}商业银行主要监管指标情况表（季度）"
    sheet["A2"] = "单位：亿元"
    sheet["A3"] = "时间"
    if not in_title:
        sheet["B3"] = f"{year}年"
    row = 3 if in_title else 4
    sheet.cell(row, 1, "时间" if in_title else "项目")
    for column, name in enumerate(heads, 2):
        sheet.cell(row, column, name)
    for number, (label, values) in enumerate(
        [
            ("（一）信用风险指标", []),
            ("　不良贷款余额", [33000.0] * len(quarters)),
            ("　不良贷款率", [0.015] * len(quarters)),
            ("　核心一级资本充足率***", [0.10] * len(quarters)),
            (f"　{capital}", quarters),
            *more,
        ],
        row + 1,
    ):
        sheet.cell(number, 1, label)
        for column, value in enumerate(values, 2):
            sheet.cell(number, column, value)


def page(path, lines, encoding="gb18030"):
    """A table as a bank's statistical program writes it: a web page, by whatever name."""
    rows = "".join(
        f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>\r\n" for cells in lines
    )
    path.write_bytes(
        f"<html><head><meta charset=gb2312></head><body><table border=0>{rows}</table>"
        "</body></html>".encode(encoding)
    )
    return path


def table_of_1999(heads, values):
    """Before 2007 there were no borrowers, and rows had no numbers."""
    return [
        ["金融机构人民币信贷收支表"],
        ["", "", "单位：亿元"],
        ["项　目", *heads],
        ["来源方项目"],
        ["各项存款", *values],
        ["　企业存款", *values],
        ["运用方项目"],
        ["各项贷款", *values],
        ["　短期贷款", *values],
        ["　中长期贷款", *[f"{0.5 * float(value.replace(',', '')):.2f}" for value in values]],
        ["有价证券及投资", *values],
        ["　中长期债券", *values],
        ["委托贷款及投资", *values],
        ["　中长期贷款", *values],
    ]
