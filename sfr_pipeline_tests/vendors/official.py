"""The tables of the PBoC (credit funds) and the NFRA (supervision), in forms that they have had."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from sfr_pipeline_tests.vendors.records import Found, Made, Record, Refusal
from sfr_pipeline_tests.vendors.writing import Row, around, dated, page, quarter_ends, rng, workbook

CREDIT_UNIT = "亿元人民币"


class Credit(NamedTuple):
    """A year of balances, in CNY 100 million; None for months to come."""

    year: int
    deposits: list[float | None]
    households: tuple[list[float | None], list[float | None]]  # short, medium and long
    firms: tuple[list[float | None], list[float | None]]
    bills: list[float | None]

    @property
    def loans(self) -> list[float | None]:
        parts = (*self.households, *self.firms, self.bills)
        return [_sum(cells) for cells in zip(*parts, strict=True)]

    @property
    def long(self) -> list[float | None]:
        pairs = zip(self.households[1], self.firms[1], strict=True)
        return [_sum(cells) for cells in pairs]


def _sum(cells: Sequence[float | None]) -> float | None:
    known = [cell for cell in cells if cell is not None]
    return round(sum(known), 2) if len(known) == len(cells) else None


def credit(year: int, months: int = 12) -> Credit:
    """Balances that grow by some ten per cent a year."""
    base = 1.1 ** (year - 2012)
    random = rng(f"credit {year}")

    def row(level: float) -> list[float | None]:
        grown = level * base * (1 + 0.008 * random.uniform(0.6, 1.4, 12).cumsum())
        return [round(float(v), 2) if i < months else None for i, v in enumerate(grown)]

    return Credit(
        year,
        row(800000.0),
        (row(60000.0), row(98000.0)),
        (row(170000.0), row(195000.0)),
        row(15000.0),
    )


def found_credit(years: Sequence[Credit]) -> tuple[Found, ...]:
    def values(what: str) -> dict[str, float]:
        merged: dict[str, float] = {}
        for year in years:
            ends = [
                dt.date(year.year + m // 12, m % 12 + 1, 1) - dt.timedelta(days=1)
                for m in range(1, 13)
            ]
            merged |= dated(ends, getattr(year, what))
        return merged

    return tuple(
        Found(name, values(what), unit=CREDIT_UNIT, frequency=None)
        for name, what in (
            ("pboc.deposits", "deposits"),
            ("pboc.loans", "loans"),
            ("pboc.medium_long_term_loans", "long"),
        )
    )


def credit_rows(found: Credit, *, months: Sequence[object], english: bool = True) -> list[Row]:
    """The rows of a year; the word of each is in Chinese, or in both languages."""

    def word(chinese: str, translated: str) -> str:
        return f"{chinese} {translated}" if english else chinese

    total = [None if d is None else round(d + 90000.0, 2) for d in found.deposits]
    return [
        [f"{found.year}年金融机构人民币信贷收支表"],
        ["Sources & Uses of Credit Funds of Financial Institutions (in RMB)"],
        [f"单位：{CREDIT_UNIT} Unit: 100 Million Yuan"],
        [word("项目", "Item"), *months],
        [word("来源方项目", "Funds Sources")],
        [word("一、各项存款", "Total Deposits"), *found.deposits],
        [word("资金来源总计", "Total Funds Sources"), *total],
        [word("运用方项目", "Funds Uses")],
        [word("一、各项贷款", "Total Loans"), *found.loans],
        [word("(一)境内贷款", "Domestic Loans"), *found.loans],
        [
            word("1.住户贷款", "Loans to Households"),
            *(_sum(cells) for cells in zip(*found.households, strict=True)),
        ],
        [word("(1)短期贷款", "Short-term Loans"), *found.households[0]],
        [word("(2)中长期贷款", "Mid & Long-term Loans"), *found.households[1]],
        [
            word("2.企(事)业单位贷款", "Loans to Non-financial Enterprises"),
            *(_sum(cells) for cells in zip(*found.firms, found.bills, strict=True)),
        ],
        [word("(1)短期贷款", "Short-term Loans"), *found.firms[0]],
        [word("(2)中长期贷款", "Mid & Long-term Loans"), *found.firms[1]],
        [word("(3)票据融资", "Paper Financing"), *found.bills],
        [word("资金运用总计", "Total Funds Uses"), *total],
        [],
        ["注：1.本表机构包括中国人民银行、银行业存款类金融机构、信托投资公司等。"],
    ]


def texts(year: int) -> list[str]:
    return [f"{year}.{month:02d}" for month in range(1, 13)]


def numbers(year: int) -> list[float]:
    """Months as numbers: October is 2020.1, as January would be if it were not 2020.01."""
    return [round(year + month / 100, 2) for month in range(1, 13)]


def pboc() -> list[Made]:
    old, middle, recent, part = credit(2012), credit(2015), credit(2020), credit(2024, 7)
    many = [credit(year) for year in (2016, 2017, 2018)]
    empty = (
        page("404", [["您访问的页面不存在或已删除"]], "gb2312", extra="<h1>页面不存在</h1>\n")
        .replace(b"<table border=1>", b"<div>")
        .replace(b"</table>", b"</div>")
    )
    head = " 中国人民银行 调查统计司"
    return [
        Made(
            Record(
                "pboc/2012.xls",
                "pboc",
                "series",
                "A web page that calls itself xls, GB2312, months as 2012.01.",
                series=found_credit([old]),
            ),
            lambda: page("信贷收支", credit_rows(old, months=texts(2012)), "gb2312"),
        ),
        Made(
            Record(
                "pboc/2015.htm",
                "pboc",
                "series",
                "A web page, UTF-8, in Chinese only, a paragraph before the table.",
                series=found_credit([middle]),
            ),
            lambda: page(
                "信贷收支",
                credit_rows(middle, months=texts(2015), english=False),
                "utf-8",
                extra=f"<p>{head}</p>\n",
            ),
        ),
        Made(
            Record(
                "pboc/2020.xlsx",
                "pboc",
                "series",
                "A workbook whose months are numbers: October is 2020.1.",
                series=found_credit([recent]),
            ),
            lambda: workbook(
                {"金融机构人民币信贷收支表": credit_rows(recent, months=numbers(2020))}
            ),
        ),
        Made(
            Record(
                "pboc/2016-2018.xlsx",
                "pboc",
                "series",
                "A sheet a year, and one of notes in front.",
                series=found_credit(many),
            ),
            lambda: workbook(
                {"说明": [["资料来源：中国人民银行"], ["三年的表合在一本中。"]]}
                | {str(year.year): credit_rows(year, months=texts(year.year)) for year in many}
            ),
        ),
        Made(
            Record(
                "pboc/2024.xlsx",
                "pboc",
                "series",
                "A year that is not over: months to come are empty.",
                series=found_credit([part]),
            ),
            lambda: workbook({"Sheet1": credit_rows(part, months=texts(2024))}),
        ),
        Made(
            Record(
                "pboc/broken.xls",
                "pboc",
                "series",
                "The page that says that there is no page, saved as xls.",
                refused=Refusal(
                    "it is a web page without a table",
                    (("web page", "HTML", "html"), ("table", "download", "表")),
                    "download the table again",
                    "pboc/2012.xls",
                ),
            ),
            lambda: empty,
        ),
    ]


QUARTERS = ["一季度", "二季度", "三季度", "四季度"]


class Bank(NamedTuple):
    """A year of ratios in per cent; None for quarters to come."""

    year: int
    bad: list[float | None]
    capital: list[float | None]


def bank(year: int, quarters: int = 4) -> Bank:
    def row(name: str, mean: float, spread: float) -> list[float | None]:
        drawn = around(f"{name} {year}", 4, mean, spread, 2)
        return [value if i < quarters else None for i, value in enumerate(drawn)]

    return Bank(year, row("bad", 1.68, 0.06), row("capital", 14.4, 0.35))


def found_bank(years: Sequence[Bank]) -> tuple[Found, ...]:
    def values(what: str) -> dict[str, float]:
        merged: dict[str, float] = {}
        for year in years:
            merged |= dated(quarter_ends(f"{year.year}-03-31", 4), getattr(year, what))
        return merged

    return (
        Found("nfra.non_performing_loan_ratio", values("bad"), unit="per cent"),
        Found("nfra.capital_adequacy_ratio", values("capital"), unit="per cent"),
    )


def bank_rows(found: Bank, how: str, *, dated_title: bool = True) -> list[Row]:
    """`how`: the ratios as a fraction, in per cent with the sign, or the number alone."""

    def show(values: Sequence[float | None]) -> list[object]:
        if how == "fraction":
            return [None if v is None else round(v / 100, 4) for v in values]
        return ["--" if v is None else f"{v:.2f}%" for v in values]

    balance = [None if v is None else round(v * 19500, 0) for v in found.bad]
    title = "商业银行主要监管指标情况表（季度）"
    return [
        [f"{found.year}年{title}" if dated_title else title],
        ["单位：亿元、百分比"],
        ["时间", *QUARTERS],
        ["项目"],
        ["（一）信用风险指标"],
        ["　正常类贷款", *(None if v is None else 1900000.0 for v in found.bad)],
        ["　不良贷款余额", *balance],
        ["　不良贷款率", *show(found.bad)],
        ["　拨备覆盖率", *show([None if v is None else round(v * 120, 2) for v in found.bad])],
        ["（二）资本充足指标"],
        ["　核心一级资本充足率***", *show(_less(found.capital, 4.1))],
        ["　一级资本充足率***", *show(_less(found.capital, 2.4))],
        ["　资本充足率***", *show(found.capital)],
        [],
        ["注：1.外资银行、民营银行等均在内；*** 自2013年起按新办法计算。"],
    ]


def _less(values: Sequence[float | None], by: float) -> list[float | None]:
    return [None if value is None else round(value - by, 2) for value in values]


def nfra() -> list[Made]:
    fractions, signs, now = bank(2021), bank(2022, 3), bank(2024, 2)
    before = bank(2023)
    web = bank(2016)

    def titled(dated_title: bool) -> bytes:
        return workbook({"商业银行季度": bank_rows(fractions, "fraction", dated_title=dated_title)})

    return [
        Made(
            Record(
                "nfra/2021.xlsx",
                "nfra",
                "series",
                "Fractions, quarters across.",
                series=found_bank([fractions]),
            ),
            lambda: titled(True),
        ),
        Made(
            Record(
                "nfra/2022.xlsx",
                "nfra",
                "series",
                "Texts with a per cent sign; '--' for the quarter to come.",
                series=found_bank([signs]),
            ),
            lambda: workbook({"商业银行季度": bank_rows(signs, "sign")}),
        ),
        Made(
            Record(
                "nfra/two_years.xlsx",
                "nfra",
                "series",
                "A sheet a year, fractions, the second year not over.",
                series=found_bank([before, now]),
            ),
            lambda: workbook(
                {
                    "2023": bank_rows(before, "fraction"),
                    "2024": bank_rows(now, "fraction"),
                }
            ),
        ),
        Made(
            Record(
                "nfra/2016.xls",
                "nfra",
                "series",
                "A web page that calls itself xls, GB2312, texts with a per cent sign.",
                series=found_bank([web]),
            ),
            lambda: page("监管指标", bank_rows(web, "sign"), "gb2312"),
        ),
        Made(
            Record(
                "nfra/broken_no_year.xlsx",
                "nfra",
                "series",
                "A title without its year.",
                refused=Refusal(
                    "which year its quarters are of stands nowhere",
                    (("year", "年"),),
                    "write 2021年 in front of the title",
                    "nfra/2021.xlsx",
                ),
            ),
            lambda: titled(False),
        ),
    ]
