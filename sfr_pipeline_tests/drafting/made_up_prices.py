"""Prices whose truth is known, as programs and sites export them."""

import numpy as np
import pandas as pd

DAYS = pd.bdate_range("2020-10-01", "2021-12-31")
YEARS = pd.bdate_range("2018-01-01", "2021-12-31")


def closes(n=2, days=DAYS, seed=20180131):
    """Closes of independent instruments called A, B and so on, to the cent."""
    rng = np.random.default_rng(seed)
    moves = 0.01 * rng.normal(size=(len(days), n))
    names = list("ABCDEFGHIJKLMNOPQRSTUVWXYZ")[:n]
    return pd.DataFrame(np.round(1000 * np.exp(moves.cumsum(axis=0)), 2), days, columns=names)


def bars(close):
    """One instrument's bars around its closes."""
    return pd.DataFrame(
        {
            "open": close.shift().fillna(close),
            "high": (close * 1.01).round(2),
            "low": (close * 0.99).round(2),
            "close": close,
            "volume": 1_230_000.0,
        }
    )


def wide(frame, folder):
    """A column of closes an instrument."""
    return _put(folder / "prices.csv", frame.rename_axis("Date").to_csv())


def long(frame, folder):
    """A row a bar, in no order."""
    rows = pd.concat({name: bars(frame[name]) for name in frame}, names=["Ticker", "Date"])
    rows = rows.reset_index().sample(frac=1, random_state=1).sort_values("Ticker", kind="stable")
    return _put(folder / "prices.csv", rows.to_csv(index=False))


def yahoo(frame, folder):
    """A file an instrument, with an adjusted close beside the close."""
    for name in frame:
        own = bars(frame[name])
        split = own[["open", "high", "low", "close"]] * 2  # as before a split of two for one
        split["Adj Close"] = own["close"]
        split["Volume"] = own["volume"]
        split.columns = split.columns.str.title()
        _put(folder / f"{name}.csv", split.rename_axis("Date").to_csv())
    return folder


def yfinance(frame, folder):
    """Tickers in a second row of headers, the date's name in a third."""
    rows = pd.concat({name: bars(frame[name]) for name in frame}, axis=1).swaplevel(axis=1)
    rows.columns = rows.columns.set_levels(rows.columns.levels[0].str.title(), level=0)
    rows.columns.names = ["Price", "Ticker"]
    return _put(folder / "download.csv", rows.rename_axis("Date").to_csv())


def stooq(frame, folder):
    """A file an instrument, days without dashes, headers in angle brackets."""
    for name in frame:
        own = bars(frame[name]).rename_axis("<DATE>")
        own.columns = [f"<{column.upper()}>".replace("UME", "") for column in own]
        own.index = own.index.strftime("%Y%m%d")
        own.insert(0, "<TICKER>", name)
        _put(folder / f"{name.lower()}_us_d.txt", own.to_csv())
    return folder


def investing(frame, folder):
    """A file an instrument, newest first, American days, thousands and short volumes."""
    for name in frame:
        own = bars(frame[name]).iloc[::-1]
        lines = [
            f'"{day:%m/%d/%Y}","{row.close:,.2f}","{row.open:,.2f}","{row.high:,.2f}",'
            f'"{row.low:,.2f}","1.23M","-0.5%"'
            for day, row in own.iterrows()
        ]
        head = '"Date","Price","Open","High","Low","Vol.","Change %"'
        _put(folder / f"{name} Historical Data.csv", "\n".join([head, *lines]))
    return folder


def european(frame, folder):
    """Semicolons, commas before decimals, the day first."""
    written = frame.rename_axis("Datum")
    written.index = written.index.strftime("%d.%m.%Y")
    return _put(folder / "kurse.csv", written.to_csv(sep=";", decimal=","))


def parquet(frame, folder):
    """Days in the index."""
    folder.mkdir(parents=True, exist_ok=True)
    frame.rename_axis("Date").to_parquet(folder / "prices.parquet")
    return folder / "prices.parquet"


EXPORTS = (wide, long, yahoo, yfinance, stooq, investing, european, parquet)


def _put(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
