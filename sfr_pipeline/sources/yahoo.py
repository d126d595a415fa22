"""Daily prices from Yahoo through yfinance, with every option of its call pinned.

Yahoo's site is no contract: it throttles, and its answers change. Each symbol is asked for on its
own, so that a failure names it, through a session that keeps the raw response. Prices come as
quoted, with the factor that each payout puts on those after it: the step of adjusted over plain
close. Adjusted closes themselves would rewrite all history at every dividend of a fund; indices,
currencies and futures have none. The session of today is left out, for it may not be over.
"""

import json
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pandas as pd

from sfr_pipeline import clock
from sfr_pipeline.errors import SourceError
from sfr_pipeline.sources import SeriesKey
from sfr_pipeline.sources.live import client, exchange
from sfr_pipeline.sources.live.checks import check_columns
from sfr_pipeline.sources.live.refusals import NoAnswerError, RefusedError

log = logging.getLogger(__name__)

# Where yfinance asks.
SITE = "query2.finance.yahoo.com"

SYMBOLS = {
    # Shares
    "^GSPC": "S&P 500",
    "^IXIC": "Nasdaq composite",
    "^DJI": "Dow Jones Industrial",
    "^RUT": "Russell 2000",
    "^FTSE": "FTSE 100",
    "^GDAXI": "DAX",
    "^FCHI": "CAC 40",
    "^STOXX50E": "Euro Stoxx 50, from 2007",
    "^N225": "Nikkei 225",
    "^HSI": "Hang Seng",
    "000001.SS": "SSE Composite, from 1997",
    "000300.SS": "CSI 300, short history",
    "399001.SZ": "SZSE Component",
    "^KS11": "KOSPI",
    "^TWII": "TAIEX",
    "^BSESN": "BSE Sensex",
    "^NSEI": "Nifty 50",
    "^AXJO": "S&P/ASX 200",
    "^STI": "Straits Times",
    "^BVSP": "Bovespa",
    "^MXX": "IPC Mexico",
    "^GSPTSE": "S&P/TSX composite",
    "SPY": "S&P 500 fund",
    "QQQ": "Nasdaq 100 fund",
    "IWM": "Russell 2000 fund",
    "EEM": "emerging markets fund",
    "EFA": "developed markets fund",
    "KBE": "US banks fund",
    "XLF": "US financials fund",
    # Volatility and yields (per cent)
    "^VIX": "VIX",
    "^MOVE": "MOVE",
    "^TNX": "US 10-year yield, %",
    "^FVX": "US 5-year yield, %",
    "^IRX": "US 13-week bill, %",
    "^TYX": "US 30-year yield, %",
    # Bond funds
    "TLT": "long Treasury fund",
    "IEF": "7-10 year Treasury fund",
    "SHY": "1-3 year Treasury fund",
    "LQD": "investment grade fund",
    "HYG": "high yield fund, from 2007",
    "EMB": "emerging market bond fund, from 2007",
    "AGG": "US aggregate bond fund",
    "TIP": "inflation-linked fund",
    # Commodities: front month, rolls not adjusted; CL=F closed at -37.63 on 2020-04-20
    "GC=F": "gold",
    "SI=F": "silver",
    "HG=F": "copper",
    "CL=F": "West Texas Intermediate",
    "BZ=F": "Brent",
    "NG=F": "natural gas",
    "ZC=F": "corn",
    # Currencies (no volume) and Bitcoin
    "EURUSD=X": "USD a euro",
    "GBPUSD=X": "USD a pound",
    "AUDUSD=X": "USD an Australian dollar",
    "JPY=X": "yen a USD",
    "CNY=X": "yuan a USD",
    "DX-Y.NYB": "dollar index",
    "BTC-USD": "Bitcoin, from 2014",
}

AVAILABLE_SERIES = {
    **{
        SeriesKey("prices", symbol): f"{name}, daily OHLCV: Yahoo"
        for symbol, name in SYMBOLS.items()
    },
    **{
        SeriesKey("series", symbol): f"{name}, daily close: Yahoo"
        for symbol, name in SYMBOLS.items()
    },
}

QUOTES = ["open", "high", "low", "close", "volume"]
FIELDS = [*QUOTES, "adjustment"]
# Adjusted closes are rounded; no payout is as small as this.
SMALLEST_PAYOUT = 1e-5
SENT = ["Adj Close", "Close", "High", "Low", "Open", "Volume"]
START = "1970-01-01"


def sites(code: str) -> tuple[str, ...]:
    """The host that is asked for a code."""
    return (SITE,)


def fetch_prices(codes: Sequence[str]) -> pd.DataFrame:
    """Daily prices in long form: date, code, open, high, low, close, volume and adjustment.

    Prices are as quoted. ``adjustment`` is the factor from the day before to this one, 1 where
    nothing was paid out; times all factors up to their day, prices include what was paid out.

    Raises:
        SourceError: a symbol that is not available, or that Yahoo does not deliver.
    """
    with client.remembering():
        frames = [_prices(symbol).assign(code=symbol) for symbol in codes]
    return pd.concat(frames, ignore_index=True)[["date", "code", *FIELDS]]


def fetch_series(codes: Sequence[str]) -> pd.DataFrame:
    """Daily closes in long form, what was paid out included: date, code, value.

    Raises:
        SourceError: as ``fetch_prices``.
    """
    prices = fetch_prices(codes)
    value = prices["close"] * prices.groupby("code")["adjustment"].cumprod()
    return prices.assign(value=value)[["date", "code", "value"]]


def _prices(symbol: str) -> pd.DataFrame:
    if symbol not in SYMBOLS:
        raise SourceError(f"Yahoo holds no symbol '{symbol}' that this project knows")
    what = f"yahoo {symbol}"
    frame = client.call(what, {"start": START}, lambda: _download(symbol)).value
    check_columns(what, SENT, list(frame.columns))
    prices = frame[[name.capitalize() for name in QUOTES]].rename(columns=str.lower)
    prices = prices.assign(adjusted=frame["Adj Close"])
    prices = prices.rename_axis("date").reset_index().dropna(subset="close")
    prices["adjustment"] = _steps(prices["adjusted"], prices["close"])
    today = pd.Timestamp(clock.today())
    prices = prices[prices["date"] < today]
    if prices.empty:
        raise NoAnswerError(f"{what}: no session that is over came: {client.REMEDY}")
    if prices["close"].abs().max() == float("inf"):
        raise NoAnswerError(f"{what}: a close is infinite: {client.REMEDY}")
    if prices["date"].duplicated().any():
        date = prices[prices["date"].duplicated()]["date"].iloc[0]
        raise NoAnswerError(f"{what}: {date:%Y-%m-%d} comes twice: {client.REMEDY}")
    if inverted := int((prices["high"] < prices["low"]).sum()):
        log.info("%s: %d days with a high below the low", what, inverted)
    return prices


def _steps(adjusted: pd.Series, close: pd.Series) -> pd.Series:
    """The factor that each day's payout puts on prices from then on, 1 where there is none."""
    # A plain close of zero has no ratio; nothing was adjusted there.
    ratio = (adjusted / close).where(close != 0).ffill()
    step = (ratio / ratio.shift()).fillna(1.0)
    return step.where((step - 1.0).abs() > SMALLEST_PAYOUT, 1.0)


def _download(symbol: str) -> pd.DataFrame:
    with warnings.catch_warnings():
        # It switches its own on, for the whole process: what pandas is about to drop, by the dozen.
        import yfinance  # type: ignore[import-untyped]
    from curl_cffi import requests
    from yfinance.data import YfData  # type: ignore[import-untyped]

    class Session(requests.Session):
        """yfinance takes no other class; this one keeps to the limits and the record."""

        def request(self, method: Any, url: str, **options: Any) -> Any:  # type: ignore[override]
            def send(url: str, **options: Any) -> Any:
                return super(Session, self).request(method, url, **options)

            return exchange.exchange(send, url, options, "curl_cffi")

    # Each try asks Yahoo: what a try before it was told is still in the memory of yfinance.
    YfData.cache_get.cache_clear()
    with _silence("yfinance"):  # what it would print on a failure is told by the error below
        frame = yfinance.download(
            tickers=[symbol],
            start=START,
            # An end in the past would be answered from the memory of yfinance, unrecorded.
            end=None,
            interval="1d",
            auto_adjust=False,
            back_adjust=False,
            actions=False,
            repair=False,
            keepna=False,
            prepost=False,
            rounding=False,
            group_by="column",
            multi_level_index=True,
            ignore_tz=True,
            threads=False,
            progress=False,
            timeout=30,
            session=Session(impersonate="chrome"),
        )
    if frame is None or frame.empty or frame["Close"].isna().to_numpy().all():
        raise RefusedError(
            f"nothing came for {symbol}, {_reason()}; Yahoo throttles clients that ask often, and "
            "drops symbols"
        )
    # One symbol was asked for, in capitals: its level says nothing.
    frame = frame.droplevel("Ticker", axis=1).rename_axis(None, axis=1)
    return frame[sorted(frame.columns)].set_axis(pd.DatetimeIndex(frame.index), axis=0)


@contextmanager
def _silence(logger: str) -> Iterator[None]:
    """Drop what a logger is told.

    By a filter, which each call takes away itself: a level put back by a call that was given up
    would be put back in the middle of the next one.
    """

    def drop(record: logging.LogRecord) -> bool:
        return False

    logging.getLogger(logger).addFilter(drop)
    try:
        yield
    finally:
        logging.getLogger(logger).removeFilter(drop)


def _reason() -> str:
    """What Yahoo itself said last, where it said anything."""
    for response in reversed(exchange.responses()):
        if response.status == 429:
            return "HTTP 429, too many requests"
        try:
            error = json.loads(response.content)["chart"]["error"]
        except (ValueError, KeyError, TypeError):
            continue
        if error:
            return str(error.get("description", error))
    answers = len(exchange.responses())
    return f"{answers} answers without prices" if answers else "no connection to Yahoo"
