"""Series as Choice and iFinD export them: heads of several rows, a note below."""

from collections.abc import Sequence

from sfr_pipeline_tests.vendors.heads import (
    CPI,
    FIVE,
    GDP,
    M2,
    WEEK,
    Head,
    Values,
    found,
    table,
)
from sfr_pipeline_tests.vendors.records import Made, Record, Refusal
from sfr_pipeline_tests.vendors.writing import (
    around,
    business_days,
    month_ends,
    quarter_ends,
    text,
    walk,
    workbook,
)

CHOICE_NOTE = "数据来源：东方财富Choice数据"
CHOICE = [
    ("指标名称", "name"),
    ("频率", "frequency"),
    ("单位", "unit"),
    ("指标ID", "id"),
    ("来源", "source"),
]


def choice() -> list[Made]:
    def own(head: Head, id: str, known: bool = False, **other: str) -> Head:
        return head._replace(id=id, id_known=known, **other)

    climate = Head("国房景气指数", "月", "-", "EMM00121987", "国家统计局", True)
    m2 = own(M2, "EMM00087086", name="货币供应量M2:同比")
    sales = Head("商品房销售额:累计同比", "月", "%", "EMM00042256", "国家统计局")
    margin = Head("融资融券余额", "日", "亿元", "EMM00597141", "沪深交易所")
    months = month_ends("2022-02-28", 18)
    days = business_days("2024-02-19", 15)
    columns: list[Values] = [
        around("climate", 18, 95.2, 1.1, 2),
        around("m2 choice", 18, 11.0, 0.8),
        around("sales", 18, -12.4, 9.0),
    ]
    columns[2] = [None if day.month == 1 else v for day, v in zip(months, columns[2], strict=True)]
    balance: Values = walk("margin", 15, 15234.18, 95.0)
    twice = [*(day.strftime("%Y-%m-%d") for day in months), "2022-02-28"]

    def pasted(doubled: bool) -> bytes:
        shown = twice if doubled else twice[:-1]
        values = (
            [*columns[0], round(float(columns[0][0] or 0) + 0.31, 2)] if doubled else columns[0]
        )
        return text(table(CHOICE, [climate], shown, [values], CHOICE_NOTE))

    return [
        Made(
            Record(
                "choice/monthly.xlsx",
                "choice",
                "series",
                "Five rows of head, months descending as dates, no January of one series.",
                series=tuple(
                    found(h, months, v) for h, v in zip((climate, m2, sales), columns, strict=True)
                ),
            ),
            lambda: workbook(
                {
                    "Sheet0": table(
                        CHOICE,
                        [climate, m2, sales],
                        months[::-1],
                        [v[::-1] for v in columns],
                        CHOICE_NOTE,
                    )
                },
                {"A": "yyyy-mm-dd"},
            ),
        ),
        Made(
            Record(
                "choice/margin.csv",
                "choice",
                "series",
                "GB18030, a title above the head, days with slashes.",
                series=(found(margin, days, balance, id=None),),
                encoding="gb18030",
            ),
            lambda: text(
                [
                    ["东方财富Choice数据"],
                    *table(
                        [CHOICE[0], CHOICE[2], CHOICE[1], CHOICE[4]],
                        [margin],
                        [f"{day.year}/{day.month}/{day.day}" for day in days],
                        [balance],
                        CHOICE_NOTE,
                    ),
                ],
                "gb18030",
                end="\r\n",
            ),
        ),
        Made(
            Record(
                "choice/months.csv",
                "choice",
                "series",
                "UTF-8, dates of months only (2022-02), the note right below the last row.",
                series=(
                    found(m2, months, columns[1]),
                    found(sales, months, columns[2]),
                ),
                encoding="utf-8",
            ),
            lambda: text(
                [
                    *table(
                        CHOICE,
                        [m2, sales],
                        [day.strftime("%Y-%m") for day in months],
                        columns[1:],
                        None,
                    ),
                    [CHOICE_NOTE, None, None],
                ]
            ),
        ),
        Made(
            Record(
                "choice/broken_twice.csv",
                "choice",
                "series",
                "A later export pasted below: one month with two values.",
                encoding="utf-8",
                refused=Refusal(
                    "2022-02-28 stands twice, with different values",
                    (
                        ("2022-02", "row 24", "line 24"),
                        ("twice", "duplicate", "two values", "again"),
                    ),
                    "remove the second row of 2022-02-28",
                    "choice/mended_twice.csv",
                ),
            ),
            lambda: pasted(True),
        ),
        Made(
            Record(
                "choice/mended_twice.csv",
                "choice",
                "series",
                "As broken_twice.csv, without the second row of that month.",
                series=(found(climate, months, columns[0]),),
                encoding="utf-8",
            ),
            lambda: pasted(False),
        ),
    ]


IFIND_NOTE = "数据来源：同花顺iFinD"


def ifind() -> list[Made]:
    week = WEEK._replace(id="L001619493", id_known=False, name="SHIBOR:1周")
    five = FIVE._replace(id="L001617931", id_known=False)
    gdp = GDP._replace(id="M001625222", id_known=False, name="GDP:不变价:当季同比")
    cpi = CPI._replace(id="M002826730", id_known=False, name="CPI:当月同比")
    days = business_days("2024-01-02", 12)
    rates: list[Values] = [
        around("week ifind", 12, 1.92, 0.07, 3),
        around("five", 12, 2.41, 0.03, 4),
    ]
    quarters = quarter_ends("2021-03-31", 9)
    growth: Values = [18.7, 8.3, 5.2, 4.3, 4.8, 0.4, 3.9, 2.9, None]
    months = month_ends("2023-01-31", 12)
    prices: Values = around("cpi ifind", 12, 0.4, 0.6)
    labels = [
        ("指标名称", "name"),
        ("频率", "frequency"),
        ("单位", "unit"),
        ("指标ID", "id"),
        ("来源", "source"),
        ("更新时间", "updated"),
    ]

    def months_csv(shown: Sequence[str]) -> bytes:
        return text(table(labels[:3], [cpi], shown, [prices], IFIND_NOTE), "gb18030")

    shown = [day.isoformat() for day in months]
    return [
        Made(
            Record(
                "ifind/rates.xlsx",
                "ifind",
                "series",
                "Six rows of head, days as texts, note below.",
                series=(found(week, days, rates[0]), found(five, days, rates[1])),
            ),
            lambda: workbook(
                {
                    "同花顺iFinD": table(
                        labels,
                        [week, five],
                        [day.isoformat() for day in days],
                        rates,
                        IFIND_NOTE,
                        updated="2024-01-18",
                    )
                }
            ),
        ),
        Made(
            Record(
                "ifind/gdp.csv",
                "ifind",
                "series",
                "GB18030, quarters, newest first, the newest without a value.",
                series=(found(gdp, quarters, growth, id_known=False),),
                encoding="gb18030",
            ),
            lambda: text(
                table(
                    labels[:5],
                    [gdp],
                    [day.strftime("%Y/%m/%d") for day in quarters[::-1]],
                    [growth[::-1]],
                    IFIND_NOTE,
                ),
                "gb18030",
            ),
        ),
        Made(
            Record(
                "ifind/two_notes.csv",
                "ifind",
                "series",
                "UTF-8 with a mark; two notes below, the first with a comma of its own.",
                series=(found(cpi, months, prices, id_known=False),),
                encoding="utf-8-sig",
            ),
            lambda: text(
                [
                    *table(labels[:4], [cpi], shown, [prices], None),
                    [],
                    ["注：2023年起使用新的权重,与以前不完全可比"],
                    [IFIND_NOTE],
                ],
                "utf-8-sig",
            ),
        ),
        Made(
            Record(
                "ifind/broken_month.csv",
                "ifind",
                "series",
                "A month that no year has.",
                encoding="gb18030",
                refused=Refusal(
                    "2023-13-31 is no day",
                    (("2023-13-31",),),
                    "write 2023-12-31",
                    "ifind/mended_month.csv",
                ),
            ),
            lambda: months_csv([*shown[:-1], "2023-13-31"]),
        ),
        Made(
            Record(
                "ifind/mended_month.csv",
                "ifind",
                "series",
                "As broken_month.csv, with December.",
                series=(found(cpi, months, prices, id=None),),
                encoding="gb18030",
            ),
            lambda: months_csv(shown),
        ),
    ]
