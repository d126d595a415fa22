"""Prices as frames of yfinance write them: flat, three rows of head, long form, Parquet."""

import zoneinfo
from collections.abc import Mapping, Sequence

import pandas as pd

from sfr_pipeline_tests.vendors.bars import bars, whole
from sfr_pipeline_tests.vendors.records import Bar, Made, Record, Refusal
from sfr_pipeline_tests.vendors.writing import Row, business_days, parquet, text

FIELDS = ["Close", "High", "Low", "Open", "Volume"]


def cell(bar: Bar, field: str) -> object:
    """A cell as pandas writes it; absent days of one ticker are empty."""
    if field == "Volume":
        return whole(bar.volume)
    value = bar.adjusted if field == "Adj Close" else getattr(bar, field.lower())
    return None if value is None else repr(value)


def headed(
    prices: Mapping[str, Mapping[str, Bar]],
    fields: Sequence[str] = tuple(FIELDS),
    *,
    by: str = "column",
    first: str = "Price",
    ticker: bool = True,
) -> list[Row]:
    """Rows with the head of a frame whose columns have two levels."""
    pairs = (
        [(field, symbol) for field in fields for symbol in prices]
        if by == "column"
        else [(field, symbol) for symbol in prices for field in fields]
    )
    lines: list[Row] = [
        [first, *(field for field, _ in pairs)],
        ["Ticker" if first else "", *(symbol for _, symbol in pairs)],
    ]
    if by == "ticker":
        lines = [["Ticker", *lines[1][1:]], ["Price", *lines[0][1:]]]
    if not ticker:
        lines = lines[:1]
    lines.append(["Date", *[None] * len(pairs)])
    days = sorted({day for found in prices.values() for day in found})
    none = Bar(None, None, None, None, None)
    lines += [
        [day, *(cell(prices[symbol].get(day, none), field) for field, symbol in pairs)]
        for day in days
    ]
    return lines


def yfinance() -> list[Made]:
    days = business_days("2024-01-02", 15)
    index = bars("yf ^GSPC", days, 4742.0, 30.0, digits=6)
    fear = bars("yf ^VIX", days, 13.2, 0.6, volume=0.0)
    yen = bars("yf JPY=X", days[3:], 144.1, 0.9, digits=4, volume=0.0)
    grade = bars("yf LQD", days, 110.6, 0.4, volume=2e7, dividends=0.012)
    fund = bars("yf HYG", days, 77.1, 0.3, volume=4e7, dividends=0.01)
    new_york = zoneinfo.ZoneInfo("America/New_York")

    def flat() -> list[Row]:
        rows: list[Row] = [["Date", *FIELDS]]
        return rows + [[day, *(cell(bar, field) for field in FIELDS)] for day, bar in index.items()]

    def history() -> bytes:
        rows: list[Row] = [
            ["Date", "Open", "High", "Low", "Close", "Volume", "Dividends", "Stock Splits"]
        ]
        for i, (day, bar) in enumerate(fund.items()):
            stamp = pd.Timestamp(day, tz=new_york)
            paid = 0.405 if i == 9 else 0.0
            rows.append([stamp, *(repr(v) for v in bar[:4]), whole(bar.volume), paid, 0.0])
        return text(rows)

    def long() -> bytes:
        rows: list[Row] = [["Date", "Ticker", *FIELDS]]
        for day in (day.isoformat() for day in days):
            for symbol, found in (("^GSPC", index), ("^VIX", fear)):
                rows.append([day, symbol, *(cell(found[day], field) for field in FIELDS)])
        return text(rows)

    def frame(prices: Mapping[str, Mapping[str, Bar]]) -> pd.DataFrame:
        columns = {
            (field, symbol): pd.Series(
                {pd.Timestamp(day): getattr(bar, field.lower()) for day, bar in found.items()}
            )
            for field in FIELDS
            for symbol, found in prices.items()
        }
        made = pd.DataFrame(columns).sort_index()
        made.columns = made.columns.set_names(["Price", "Ticker"])
        return made.rename_axis("Date")

    two = {"^GSPC": index, "JPY=X": yen}
    bare = {day: bar._replace(adjusted=None) for day, bar in fund.items()}

    def record(path: str, about: str, prices: Mapping, **other: object) -> Record:
        made = Record(path, "yfinance", "prices", about, prices=prices)
        return Record(**{**made.__dict__, **other})

    return [
        Made(
            record(
                "yfinance/flat/^GSPC.csv",
                "multi_level_index=False: one row of head.",
                {"^GSPC": index},
                symbol_from="name",
                encoding="utf-8",
            ),
            lambda: text(flat()),
        ),
        Made(
            record(
                "yfinance/one_ticker.csv",
                "Three rows of head, one ticker, which the file's name does not tell.",
                {"^VIX": fear},
                encoding="utf-8",
            ),
            lambda: text(headed({"^VIX": fear})),
        ),
        Made(
            record(
                "yfinance/by_column.csv",
                "Three rows of head, two tickers, one of which begins later: group_by='column'.",
                two,
                encoding="utf-8",
            ),
            lambda: text(headed(two), end="\r\n"),
        ),
        Made(
            record(
                "yfinance/by_ticker.csv",
                "Three rows of head, tickers above fields: group_by='ticker'.",
                two,
                encoding="utf-8",
            ),
            lambda: text(headed(two, ["Open", "High", "Low", "Close", "Volume"], by="ticker")),
        ),
        Made(
            record(
                "yfinance/old_two_levels.csv",
                "Before 2024: levels without names, closes as traded and adjusted.",
                {"HYG": fund, "LQD": grade},
                encoding="utf-8",
            ),
            lambda: text(
                headed(
                    {"HYG": fund, "LQD": grade},
                    ["Adj Close", "Close", "High", "Low", "Open", "Volume"],
                    first="",
                )
            ),
        ),
        Made(
            record(
                "yfinance/history/HYG.csv",
                "Ticker.history: days with a zone, dividends and splits.",
                {"HYG": bare},
                symbol_from="name",
                encoding="utf-8",
            ),
            history,
        ),
        Made(
            record(
                "yfinance/stacked.csv",
                "stack(): a row a day and ticker.",
                {"^GSPC": index, "^VIX": fear},
                encoding="utf-8",
            ),
            long,
        ),
        Made(
            record("yfinance/two_levels.parquet", "Columns of two levels, as Parquet.", two),
            lambda: parquet(frame(two)),
        ),
        Made(
            record(
                "yfinance/flat/^VIX.parquet",
                "Flat columns, days in the index.",
                {"^VIX": fear},
                symbol_from="name",
            ),
            lambda: parquet(frame({"^VIX": fear}).droplevel("Ticker", axis=1)),
        ),
        Made(
            record(
                "yfinance/broken_no_tickers.csv",
                "Two tickers, and the row that tells them apart removed.",
                {},
                encoding="utf-8",
                refused=Refusal(
                    "Close stands twice, and the row Ticker is missing",
                    (("Ticker", "ticker", "symbol", "twice"),),
                    "put the row Ticker,^GSPC,JPY=X,... back below the first",
                    "yfinance/by_column.csv",
                ),
            ),
            lambda: text(headed(two, ticker=False), end="\r\n"),
        ),
    ]
