"""Tables of CSMAR, whose heads are field codes, names and units, and series of CEIC."""

from collections.abc import Mapping, Sequence

from sfr_pipeline_tests.vendors.bars import bars, whole
from sfr_pipeline_tests.vendors.records import Bar, Found, Made, Record, Refusal
from sfr_pipeline_tests.vendors.writing import (
    MONTHS,
    Row,
    around,
    business_days,
    dated,
    month_ends,
    quarter_ends,
    text,
    walk,
    workbook,
)

STOCK = [
    ["Stkcd", "Trddt", "Opnprc", "Hiprc", "Loprc", "Clsprc", "Dnshrtrd"],
    ["证券代码", "交易日期", "日开盘价", "日最高价", "日最低价", "日收盘价", "日个股交易股数"],
    ["没有单位", "没有单位", "元/股", "元/股", "元/股", "元/股", "股"],
]
INDEX = [
    ["Indexcd", "Idxtrd01", "Idxtrd02", "Idxtrd03", "Idxtrd04", "Idxtrd05", "Idxtrd06"],
    ["指数代码", "交易日期", "开盘指数", "最高指数", "最低指数", "收盘指数", "指数成交量"],
    ["没有单位", "没有单位", "没有单位", "没有单位", "没有单位", "没有单位", "股"],
]


def _price_rows(prices: Mapping[str, Mapping[str, Bar]]) -> list[Row]:
    return [
        [symbol, day, *bar[:4], whole(bar.volume)]
        for symbol, found in prices.items()
        for day, bar in found.items()
    ]


def csmar() -> list[Made]:
    days = business_days("2024-03-01", 12)
    stocks = {
        "000001": bars("000001", days, 10.4, 0.15, volume=1.5e8),
        "600519": bars("600519", days, 1690.0, 14.0, volume=3e6),
    }
    index = {"000300": bars("csmar 000300", days, 3540.0, 25.0, volume=1.4e10)}
    months = month_ends("2023-01-31", 14)
    cpi, m2 = around("csmar cpi", 14, 100.3, 0.6), around("csmar m2", 14, 10.2, 0.9)
    ppi = [None if i == 5 else v for i, v in enumerate(around("csmar ppi", 14, 97.4, 1.2))]
    macro = [
        ["Accper", "Emcpi0101", "Emm0203", "Emppi0101"],
        [
            "统计截止日期",
            "居民消费价格指数(上年同月=100)",
            "货币和准货币M2同比增长率",
            "工业生产者出厂价格指数(上年同月=100)",
        ],
        ["没有单位", "没有单位", "%", "没有单位"],
    ]
    macro_rows: list[Row] = [
        [day.strftime("%Y-%m"), *cells] for day, *cells in zip(months, cpi, m2, ppi, strict=True)
    ]
    halted = days[6].isoformat()
    with_gap = {
        "000001": {
            day: bar._replace(close=None) if day == halted else bar
            for day, bar in stocks["000001"].items()
        }
    }

    def halt(word: str | None) -> bytes:
        rows = _price_rows({"000001": stocks["000001"]})
        rows[6] = [*rows[6][:5], word, rows[6][6]]
        return text([*STOCK[:1], *rows], "utf-8-sig", quote=1)

    return [
        Made(
            Record(
                "csmar/TRD_Dalyr.csv",
                "csmar",
                "prices",
                "One row of head, the field codes; all in quotes; codes with zeros in front.",
                prices=stocks,
                encoding="utf-8-sig",
            ),
            lambda: text([STOCK[0], *_price_rows(stocks)], "utf-8-sig", quote=1, end="\r\n"),
        ),
        Made(
            Record(
                "csmar/TRD_Dalyr.xlsx",
                "csmar",
                "prices",
                "Three rows of head: field codes, names, units; codes and days as texts.",
                prices=stocks,
            ),
            lambda: workbook({"sheet1": [*STOCK, *_price_rows(stocks)]}),
        ),
        Made(
            Record(
                "csmar/IDX_Idxtrd.xlsx",
                "csmar",
                "prices",
                "An index: numbered fields, whose names alone tell open from close.",
                prices=index,
            ),
            lambda: workbook({"IDX_Idxtrd": [*INDEX, *_price_rows(index)]}),
        ),
        Made(
            Record(
                "csmar/macro.csv",
                "csmar",
                "series",
                "GB18030, three rows of head, Accper as months; names have the field codes as ids.",
                series=(
                    Found(macro[1][1], dated(months, cpi), macro[0][1], unit=None),
                    Found(macro[1][2], dated(months, m2), macro[0][2], unit="%"),
                    Found(macro[1][3], dated(months, ppi), macro[0][3], unit=None),
                ),
                encoding="gb18030",
            ),
            lambda: text([*macro, *macro_rows], "gb18030"),
        ),
        Made(
            Record(
                "csmar/broken_halt.csv",
                "csmar",
                "prices",
                "A close that is a word: 停牌, the stock was suspended.",
                encoding="utf-8-sig",
                refused=Refusal(
                    "row 8 has 停牌 for its close, which is no number",
                    (("停牌",), ("row 8", "line 8", halted)),
                    "leave that cell empty",
                    "csmar/mended_halt.csv",
                ),
            ),
            lambda: halt("停牌"),
        ),
        Made(
            Record(
                "csmar/mended_halt.csv",
                "csmar",
                "prices",
                "As broken_halt.csv, that cell empty: the day has no close.",
                prices=with_gap,
                encoding="utf-8-sig",
            ),
            lambda: halt(None),
        ),
    ]


LINK = "Select this link and click 'Refresh/Edit download' to update data and add or remove series"


def _ceic(
    names: Sequence[str],
    facts: Mapping[str, Sequence[object]],
    days: Sequence[object],
    columns: Sequence[Sequence[float | None]],
    corner: str | None = LINK,
) -> list[Row]:
    rows: list[Row] = [[corner, *names]]
    rows += [[label, *cells] for label, cells in facts.items()]
    rows += [[day, *cells] for day, cells in zip(days, zip(*columns, strict=True), strict=True)]
    return rows


def _facts(frequency: str, units: Sequence[str], ids: Sequence[str], first: str, last: str) -> dict:
    n = len(units)
    return {
        "Region": ["China"] * n,
        "Subnational": [None] * n,
        "Frequency": [frequency] * n,
        "Unit": list(units),
        "Source": ["CEIC Data"] * n,
        "Status": ["Active"] * n,
        "Series ID": [int(id) for id in ids],
        "SR Code": [f"SR{id}1" for id in ids],
        "Mnemonic": [None] * n,
        "Function Information": [None] * n,
        "First Obs. Date": [first] * n,
        "Last Obs. Date": [last] * n,
        "Last Update Time": ["03/15/2024"] * n,
        "Series remarks": [None] * n,
    }


def ceic() -> list[Made]:
    months = month_ends("2022-06-30", 18)
    m2 = around("ceic m2", 18, 11.4, 0.8, 3)
    reserves = walk("ceic reserves", 18, 3071.272, 25.0, 3)
    reserves_gap = [None if i == 9 else v for i, v in enumerate(reserves)]
    names = ["Money Supply: M2: YoY", "Foreign Exchange Reserves"]
    ids = ["5198401", "7009701"]
    units = ["%", "USD bn"]
    quarters = quarter_ends("2021-03-31", 10)
    gdp = [18.7, 8.3, 5.2, 4.3, 4.8, 0.4, 3.9, 2.9, 4.5, 6.3]
    days = business_days("2024-01-01", 9)
    days = days[1:]
    week = around("ceic week", 8, 1.85, 0.06, 3)

    def found(i: int, frequency: str, values: Sequence[float | None]) -> Found:
        return Found(names[i], dated(months, values), ids[i], unit=units[i], frequency=frequency)

    def daily(shown: str) -> bytes:
        facts = _facts("Daily", ["% pa"], ["7027901"], "10/08/2006", "01/11/2024")
        wanted = {k: facts[k] for k in ("Frequency", "Unit", "Source", "Series ID")}
        name = ["Interbank Offered Rate: Weighted Avg: SHIBOR: 1 Week"]
        return text(_ceic(name, wanted, [d.strftime(shown) for d in days], [week], None))

    return [
        Made(
            Record(
                "ceic/monthly.xlsx",
                "ceic",
                "series",
                "The link in the corner, fourteen rows of facts, first days of months as dates; a "
                "second sheet that holds no series.",
                series=(found(0, "Monthly", m2), found(1, "Monthly", reserves_gap)),
            ),
            lambda: workbook(
                {
                    "My Series": _ceic(
                        names,
                        _facts("Monthly", units, ids, "12/1996", "11/2023"),
                        [day.replace(day=1) for day in months],
                        [m2, reserves_gap],
                    ),
                    "Copyright": [["(c) made up"]],
                },
                {"A": "mm/yyyy"},
            ),
        ),
        Made(
            Record(
                "ceic/months_slash.csv",
                "ceic",
                "series",
                "Months as 06/2022, no corner.",
                series=(found(0, "Monthly", m2), found(1, "Monthly", reserves)),
                encoding="utf-8",
            ),
            lambda: text(
                _ceic(
                    names,
                    _facts("Monthly", units, ids, "12/1996", "11/2023"),
                    [day.strftime("%m/%Y") for day in months],
                    [m2, reserves],
                    None,
                ),
                end="\r\n",
            ),
        ),
        Made(
            Record(
                "ceic/months_named.csv",
                "ceic",
                "series",
                "Months as Jun-2022, newest first; five rows of facts only.",
                series=(found(0, "Monthly", m2),),
                encoding="utf-8",
            ),
            lambda: text(
                _ceic(
                    names[:1],
                    {
                        label: cells
                        for label, cells in _facts(
                            "Monthly", units[:1], ids[:1], "12/1996", "11/2023"
                        ).items()
                        if label in ("Region", "Frequency", "Unit", "Source", "Series ID")
                    },
                    [f"{MONTHS[day.month - 1]}-{day.year}" for day in reversed(months)],
                    [m2[::-1]],
                    "",
                )
            ),
        ),
        Made(
            Record(
                "ceic/quarterly.xlsx",
                "ceic",
                "series",
                "Quarters as texts, 03/2021, 06/2021.",
                series=(
                    Found(
                        "GDP: YoY: Quarterly",
                        dated(quarters, gdp),
                        "368255677",
                        unit="%",
                        frequency="Quarterly",
                    ),
                ),
            ),
            lambda: workbook(
                {
                    "Sheet1": _ceic(
                        ["GDP: YoY: Quarterly"],
                        _facts("Quarterly", ["%"], ["368255677"], "03/2011", "06/2023"),
                        [day.strftime("%m/%Y") for day in quarters],
                        [gdp],
                    )
                }
            ),
        ),
        Made(
            Record(
                "ceic/broken_days.csv",
                "ceic",
                "series",
                "Days as 01/02/2024, none of them after the twelfth.",
                encoding="utf-8",
                refused=Refusal(
                    "whether 01/02/2024 is in January or in February cannot be told",
                    (("01/02/2024",), ("day", "month")),
                    "write the days as 2024-01-02",
                    "ceic/mended_days.csv",
                ),
            ),
            lambda: daily("%m/%d/%Y"),
        ),
        Made(
            Record(
                "ceic/mended_days.csv",
                "ceic",
                "series",
                "As broken_days.csv, with days that can be told.",
                series=(
                    Found(
                        "Interbank Offered Rate: Weighted Avg: SHIBOR: 1 Week",
                        dated(days, week),
                        "7027901",
                        unit="% pa",
                        frequency="Daily",
                    ),
                ),
                encoding="utf-8",
            ),
            lambda: daily("%Y-%m-%d"),
        ),
    ]
