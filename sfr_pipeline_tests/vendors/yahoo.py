"""Prices as the site of Yahoo hands them out, as a download of old and as a table copied today.

What yfinance writes stands in `yfinance`.
"""

from collections.abc import Mapping

from sfr_pipeline_tests.vendors.bars import bars, whole
from sfr_pipeline_tests.vendors.records import Bar, Made, Record, Refusal
from sfr_pipeline_tests.vendors.writing import MONTHS, Row, business_days, text

OLD = ["Date", "Open", "High", "Low", "Close", "Adj Close", "Volume"]
NEW = [
    "Date",
    "Open",
    "High",
    "Low",
    "Close Close price adjusted for splits.",
    "Adj Close Adjusted close price adjusted for splits and dividend and/or capital gain "
    "distributions.",
    "Volume",
]
NOTHING = Bar(None, None, None, None, None, None)


def _rows(found: Mapping[str, Bar]) -> list[Row]:
    return [
        [
            day,
            *(f"{v:.6f}" if v is not None else "null" for v in (*bar[:4], bar.adjusted)),
            whole(bar.volume) or "null",
        ]
        for day, bar in found.items()
    ]


def yahoo() -> list[Made]:
    days = business_days("2024-03-01", 20)
    index = bars("^GSPC", days, 5130.0, 30.0, dividends=0.0)
    holed = {day: NOTHING if i == 7 else bar for i, (day, bar) in enumerate(index.items())}
    fund = bars("TLT", days, 94.2, 0.7, volume=3.5e7, dividends=0.02)
    euro = bars("EURUSD=X", days, 1.0845, 0.004, digits=6, volume=0.0, dividends=0.0)
    last = days[-1].isoformat()

    def shown(value: float) -> str:
        return f"{value:,.2f}"

    def copied(separator: str, paid: bool) -> bytes:
        rows: list[Row] = [NEW]
        for i, day in enumerate(reversed(days)):
            bar = (fund if paid else index)[day.isoformat()]
            named = f"{MONTHS[day.month - 1]} {day.day}, {day.year}"
            if paid and i == 4:
                rows.append([named, "0.31 Dividend", None, None, None, None, None])
            rows.append(
                [
                    named,
                    *(shown(v or 0.0) for v in bar[:4]),
                    shown(bar.adjusted or 0.0),
                    f"{bar.volume:,.0f}",
                ]
            )
        return text(rows, separator=separator)

    def rounded(found: Mapping[str, Bar]) -> dict[str, Bar]:
        return {
            day: bar._replace(adjusted=float(shown(bar.adjusted or 0.0).replace(",", "")))
            for day, bar in found.items()
        }

    def twice(again: bool) -> bytes:
        rows = _rows(index)
        live = [last, *(f"{(v or 0.0) + 11.5:.6f}" for v in index[last][:4])]
        live += [f"{(index[last].adjusted or 0.0) + 11.5:.6f}", "0"]
        return text([OLD, *rows, *([live] if again else [])])

    return [
        Made(
            Record(
                "yahoo/old/^GSPC.csv",
                "yahoo",
                "prices",
                "The download of old, six decimals, one day of nulls.",
                prices={"^GSPC": holed},
                symbol_from="name",
                encoding="utf-8",
            ),
            lambda: text([OLD, *_rows(holed)]),
        ),
        Made(
            Record(
                "yahoo/old/EURUSD=X.csv",
                "yahoo",
                "prices",
                "A currency: no volume, which is 0.",
                prices={"EURUSD=X": euro},
                symbol_from="name",
                encoding="utf-8",
            ),
            lambda: text([OLD, *_rows(euro)], end="\r\n"),
        ),
        Made(
            Record(
                "yahoo/new/^GSPC.csv",
                "yahoo",
                "prices",
                "Today's table, copied: Mar 28, 2024, thousands with commas, heads with their "
                "explanations, newest first.",
                prices={"^GSPC": rounded(index)},
                symbol_from="name",
                encoding="utf-8",
            ),
            lambda: copied(",", False),
        ),
        Made(
            Record(
                "yahoo/new/TLT.tsv",
                "yahoo",
                "prices",
                "A fund, copied with tabs; a row that tells a dividend stands above its day.",
                prices={"TLT": rounded(fund)},
                symbol_from="name",
                encoding="utf-8",
            ),
            lambda: copied("\t", True),
        ),
        Made(
            Record(
                "yahoo/broken/^GSPC.csv",
                "yahoo",
                "prices",
                "The last day twice, once while it was traded, as the site often delivered it.",
                symbol_from="name",
                encoding="utf-8",
                refused=Refusal(
                    f"{last} stands twice, with different prices",
                    ((last,), ("twice", "duplicate", "two rows", "again", "differ")),
                    "remove the last row",
                    "yahoo/mended/^GSPC.csv",
                ),
            ),
            lambda: twice(True),
        ),
        Made(
            Record(
                "yahoo/mended/^GSPC.csv",
                "yahoo",
                "prices",
                "As the broken one, without its last row.",
                prices={"^GSPC": index},
                symbol_from="name",
                encoding="utf-8",
            ),
            lambda: twice(False),
        ),
    ]
