"""Prices of Stooq and of investing.com, each in the languages of its site."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence

from sfr_pipeline_tests.vendors.bars import bars, whole
from sfr_pipeline_tests.vendors.records import Bar, Made, Record, Refusal
from sfr_pipeline_tests.vendors.writing import Row, business_days, text


def stooq() -> list[Made]:
    days = business_days("2024-02-01", 13)
    index = bars("^SPX", days, 4890.0, 31.0, volume=2.4e9)
    gold = bars("XAUUSD", days, 2040.5, 12.0, volume=None)
    fund = bars("TLT.US", days, 95.1, 0.8, volume=3.8e7)

    def rows(head: Sequence[str], found: Mapping[str, Bar]) -> list[Row]:
        n = len(head) - 1
        return [
            head,
            *([day, *(*bar[:4], whole(bar.volume))[:n]] for day, bar in found.items()),
        ]

    def bulk() -> bytes:
        names = "TICKER PER DATE TIME OPEN HIGH LOW CLOSE VOL OPENINT"
        head = [f"<{name}>" for name in names.split()]
        body = [
            ["TLT.US", "D", day.replace("-", ""), "000000", *bar[:4], whole(bar.volume), 0]
            for day, bar in fund.items()
        ]
        return text([head, *body], end="\r\n")

    english = ["Date", "Open", "High", "Low", "Close", "Volume"]
    polish = ["Data", "Otwarcie", "Najwyzszy", "Najnizszy", "Zamkniecie", "Wolumen"]
    return [
        Made(
            Record(
                "stooq/^spx_d.csv",
                "stooq",
                "prices",
                "As downloaded; the site calls the file by the symbol in small letters and _d.",
                prices={"^SPX": index},
                symbol_from="name",
                encoding="utf-8",
            ),
            lambda: text(rows(english, index), end="\r\n"),
        ),
        Made(
            Record(
                "stooq/xauusd_d.csv",
                "stooq",
                "prices",
                "Without volume, as for currencies and metals.",
                prices={"XAUUSD": gold},
                symbol_from="name",
                encoding="utf-8",
            ),
            lambda: text(rows(english[:5], gold), end="\r\n"),
        ),
        Made(
            Record(
                "stooq/polish/^spx_d.csv",
                "stooq",
                "prices",
                "The Polish site: Data, Otwarcie, Najwyzszy, Najnizszy, Zamkniecie, Wolumen.",
                prices={"^SPX": index},
                symbol_from="name",
                encoding="utf-8",
            ),
            lambda: text(rows(polish, index), end="\r\n"),
        ),
        Made(
            Record(
                "stooq/tlt.us.txt",
                "stooq",
                "prices",
                "The bulk archive: <TICKER>,<PER>,<DATE> as 20240201.",
                prices={"TLT.US": fund},
                encoding="utf-8",
            ),
            bulk,
        ),
        Made(
            Record(
                "stooq/broken/^spx_d.csv",
                "stooq",
                "prices",
                "What the site sends to those who asked too often.",
                symbol_from="name",
                encoding="utf-8",
                refused=Refusal(
                    "it holds the sentence 'Exceeded the daily hits limit' and no table",
                    (("Exceeded the daily hits limit", "no table", "no row", "limit", "head"),),
                    "download it again the next day",
                    "stooq/^spx_d.csv",
                ),
            ),
            lambda: b"Exceeded the daily hits limit\r\n",
        ),
    ]


def american(value: float) -> str:
    return f"{value:,.2f}"


def european(value: float) -> str:
    return american(value).translate(str.maketrans(",.", ".,"))


def short(volume: float | None) -> str:
    """A volume as the site shortens it; the truth is then what these digits say."""
    if volume is None:
        return "-"
    for size, letter in ((1e9, "B"), (1e6, "M"), (1e3, "K")):
        if volume >= size:
            return f"{volume / size:.2f}{letter}"
    return f"{volume:.0f}"


def said(volume: float | None) -> float | None:
    shown = short(volume)
    if shown == "-":
        return None
    size = {"B": 1e9, "M": 1e6, "K": 1e3}.get(shown[-1])
    return float(shown) if size is None else round(float(shown[:-1]) * size)


def investing() -> list[Made]:
    days = business_days("2024-03-11", 14)
    index = bars("investing spx", days, 5117.0, 33.0, volume=None)
    oil = bars("investing oil", days, 78.2, 1.1, volume=3.1e5)
    oil = {
        day: bar._replace(volume=None if i == 5 else bar.volume)
        for i, (day, bar) in enumerate(oil.items())
    }
    shanghai = bars("investing sse", days, 3046.0, 19.0, volume=3.4e10)
    dax = bars("investing dax", days, 17930.0, 90.0, volume=6.4e7)

    def table(
        head: Sequence[str],
        found: Mapping[str, Bar],
        shown: Callable[[dt.date], str],
        number: Callable[[float], str] = american,
        decimal: str = ".",
    ) -> list[Row]:
        rows: list[Row] = []
        before: float | None = None
        for day in days:
            bar = found[day.isoformat()]
            close = bar.close or 0.0
            change = 0.0 if before is None else 100 * (close / before - 1)
            before = close
            rows.append(
                [
                    shown(day),
                    *(number(v or 0.0) for v in (close, *bar[:3])),
                    short(bar.volume).replace(".", decimal),
                    f"{change:.2f}%".replace(".", decimal),
                ]
            )
        return [head, *reversed(rows)]

    def write(rows: list[Row], encoding: str = "utf-8-sig") -> bytes:
        return text(rows, encoding, quote=1)

    us = ["Date", "Price", "Open", "High", "Low", "Vol.", "Change %"]
    german = ["Datum", "Zuletzt", "Eröffn.", "Hoch", "Tief", "Vol.", "+/- %"]
    chinese = ["日期", "收盘", "开盘", "高", "低", "交易量", "涨跌幅"]

    def truth(found: Mapping[str, Bar]) -> dict[str, Bar]:
        return {day: bar._replace(volume=said(bar.volume)) for day, bar in found.items()}

    def us_day(day: dt.date) -> str:
        return day.strftime("%m/%d/%Y")

    def mixed(mended: bool) -> bytes:
        rows = table(us, dax, lambda day: day.isoformat())
        if not mended:
            day, *_, volume, change = rows[4]
            bar = dax[day]
            numbers = (bar.close, bar.open, bar.high, bar.low)
            rows[4] = [day, *(european(v or 0.0) for v in numbers), volume, change]
        return write(rows)

    return [
        Made(
            Record(
                "investing/us/S&P 500 Historical Data.csv",
                "investing",
                "prices",
                "All in quotes, 03/28/2024, newest first, thousands with commas, no volume.",
                prices={"S&P 500 Historical Data": index},
                symbol_from="name",
                encoding="utf-8-sig",
            ),
            lambda: write(
                [[*r[:5], "" if r[5] == "-" else r[5], r[6]] for r in table(us, index, us_day)]
            ),
        ),
        Made(
            Record(
                "investing/us/CL=F.csv",
                "investing",
                "prices",
                "A future: volumes such as 312.45K, one of them '-'.",
                prices={"CL=F": truth(oil)},
                symbol_from="name",
                encoding="utf-8-sig",
            ),
            lambda: write(table(us, oil, us_day)),
        ),
        Made(
            Record(
                "investing/german/^GDAXI.csv",
                "investing",
                "prices",
                "The German site: 28.03.2024 and 17.930,25, volumes such as 64,25M.",
                prices={"^GDAXI": truth(dax)},
                symbol_from="name",
                encoding="utf-8-sig",
            ),
            lambda: write(table(german, dax, lambda day: day.strftime("%d.%m.%Y"), european, ",")),
        ),
        Made(
            Record(
                "investing/chinese/000001.SS.csv",
                "investing",
                "prices",
                "The Chinese site: 日期, 收盘, ..., days as 2024-3-28, volumes such as 34.10B.",
                prices={"000001.SS": truth(shanghai)},
                symbol_from="name",
                encoding="utf-8-sig",
            ),
            lambda: write(
                table(chinese, shanghai, lambda day: f"{day.year}-{day.month}-{day.day}")
            ),
        ),
        Made(
            Record(
                "investing/broken/^GDAXI.csv",
                "investing",
                "prices",
                "One day pasted from the German site among those of the American one.",
                symbol_from="name",
                encoding="utf-8-sig",
                refused=Refusal(
                    "row 5 parts decimals by a comma, the other rows by a point, so that what its "
                    "numbers mean cannot be told",
                    (("row 5", "line 5"), ("number", "decimal", "comma", "written")),
                    "write the numbers of row 5 as the others",
                    "investing/mended/^GDAXI.csv",
                ),
            ),
            lambda: mixed(False),
        ),
        Made(
            Record(
                "investing/mended/^GDAXI.csv",
                "investing",
                "prices",
                "As the broken one, all rows alike.",
                prices={"^GDAXI": truth(dax)},
                symbol_from="name",
                encoding="utf-8-sig",
            ),
            lambda: mixed(True),
        ),
    ]
