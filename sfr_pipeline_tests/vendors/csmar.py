"""Tables of CSMAR, whose heads are field codes, names and units."""

from collections.abc import Mapping

from sfr_pipeline_tests.vendors.bars import bars, whole
from sfr_pipeline_tests.vendors.records import Bar, Found, Made, Record, Refusal
from sfr_pipeline_tests.vendors.writing import (
    Row,
    around,
    business_days,
    dated,
    month_ends,
    text,
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
                "csmar/IDX_two_rows.csv",
                "csmar",
                "prices",
                "GB18030, two rows of head, codes and names, without that of units.",
                prices=index,
                encoding="gb18030",
            ),
            lambda: text([*INDEX[:2], *_price_rows(index)], "gb18030", end="\r\n"),
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
