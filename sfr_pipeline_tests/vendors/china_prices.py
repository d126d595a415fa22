"""Prices by security as the Wind terminal writes them.

Series of its economic database stand in `wind`.
"""

from collections.abc import Sequence

from sfr_pipeline_tests.vendors.bars import bars, closes
from sfr_pipeline_tests.vendors.records import Made, Record, Refusal
from sfr_pipeline_tests.vendors.writing import Row, business_days, text, workbook

NOTE = "数据来源：Wind"
SHEET = [
    "代码",
    "简称",
    "日期",
    "开盘价(元)",
    "最高价(元)",
    "最低价(元)",
    "收盘价(元)",
    "成交量(股)",
]
NAMES = {"000300.SH": "沪深300", "000001.SH": "上证指数"}


def wind_terminal() -> list[Made]:
    days = business_days("2024-01-02", 14)
    large = bars("000300.SH", days, 3386.0, 28.0, volume=1.2e10)
    shanghai = bars("000001.SH", days, 2962.0, 22.0, volume=2.7e10)
    both = {"000300.SH": large, "000001.SH": shanghai}
    only_closes = {symbol: closes(found) for symbol, found in both.items()}

    def wsd() -> bytes:
        rows: list[Row] = [["Date", *both]]
        rows += [
            [day.isoformat(), *(found[day.isoformat()].close for found in both.values())]
            for day in days
        ]
        return text(rows)

    def ohlc() -> bytes:
        rows: list[Row] = [
            [None, *["000300.SH"] * 5],
            ["日期", "开盘价", "最高价", "最低价", "收盘价", "成交量"],
        ]
        rows += [[day, *large[day.isoformat()][:5]] for day in days]
        return workbook({"Sheet1": rows}, {"A": "yyyy-mm-dd"})

    def sheet(coded: bool, symbols: Sequence[str] = tuple(both)) -> list[Row]:
        rows: list[Row] = [SHEET if coded else SHEET[2:]]
        for symbol in symbols:
            for day in days:
                cells = [symbol, NAMES[symbol], day, *both[symbol][day.isoformat()][:5]]
                rows.append(cells if coded else cells[2:])
        return [*rows, [], [NOTE]]

    def with_commas() -> bytes:
        rows: list[Row] = [
            [
                "证券代码",
                "证券简称",
                "交易时间",
                "开盘价",
                "最高价",
                "最低价",
                "收盘价",
                "涨跌幅(%)",
                "成交量",
            ]
        ]
        for day in reversed(days):
            bar = large[day.isoformat()]
            rows.append(
                [
                    "000300.SH",
                    "沪深300",
                    day.isoformat(),
                    *(f"{v:,.2f}" for v in bar[:4]),
                    "0.12",
                    f"{bar.volume:,.0f}",
                ]
            )
        return text([*rows, [NOTE]], "gb18030", end="\r\n")

    def one(coded: bool) -> bytes:
        rows = [[c.isoformat() if hasattr(c, "isoformat") else c for c in r] for r in sheet(coded)]
        return text(rows, "gb18030")

    return [
        Made(
            Record(
                "wind_terminal/wsd_close.csv",
                "wind_terminal",
                "prices",
                "A day a row, a security a column, closes only.",
                prices=only_closes,
                encoding="utf-8",
            ),
            wsd,
        ),
        Made(
            Record(
                "wind_terminal/wsd_ohlc.xlsx",
                "wind_terminal",
                "prices",
                "The code above each column, the field below it, days as dates.",
                prices={"000300.SH": large},
            ),
            ohlc,
        ),
        Made(
            Record(
                "wind_terminal/two_securities.xlsx",
                "wind_terminal",
                "prices",
                "One security below the other with 代码 and 简称, units in the heads, note below.",
                prices=both,
            ),
            lambda: workbook({"历史行情": sheet(True)}, {"C": "yyyy-mm-dd"}),
        ),
        Made(
            Record(
                "wind_terminal/with_commas.csv",
                "wind_terminal",
                "prices",
                "GB18030, newest first, thousands parted by commas in quotes, note below.",
                prices={"000300.SH": large},
                encoding="gb18030",
            ),
            with_commas,
        ),
        Made(
            Record(
                "wind_terminal/broken_no_code.csv",
                "wind_terminal",
                "prices",
                "Two securities whose columns of codes and names were removed.",
                encoding="gb18030",
                refused=Refusal(
                    "each day stands twice, and no column of codes tells the securities apart",
                    (
                        ("twice", "duplicate", "code", "代码", "symbol"),
                        ("2024-01-02", "row 16", "column", "symbol", "mapping"),
                    ),
                    "put the columns 代码 and 简称 back",
                    "wind_terminal/mended_code.csv",
                ),
            ),
            lambda: one(False),
        ),
        Made(
            Record(
                "wind_terminal/mended_code.csv",
                "wind_terminal",
                "prices",
                "As broken_no_code.csv, with the codes.",
                prices=both,
                encoding="gb18030",
            ),
            lambda: one(True),
        ),
    ]
