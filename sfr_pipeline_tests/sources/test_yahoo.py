"""Contract with yfinance: its own parsing runs on answers of the chart interface."""

import hashlib
import json
import os
import subprocess
import sys
from types import SimpleNamespace
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
import pytest
import yfinance
from yfinance.utils import get_yf_logger

from sfr_pipeline.errors import SourceError
from sfr_pipeline.sources import SeriesKey, yahoo
from sfr_pipeline.sources.live import limits
from sfr_pipeline.sources.live.checks import LayoutError
from sfr_pipeline.sources.live.refusals import NoAnswerError
from sfr_pipeline_tests.sources.yahoo_chart import chart
from sfr_pipeline_tests.sources.yahoo_memory import own_memory

# AKShare and yfinance still use an argument that pandas is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword")

get_yf_logger()  # gets its filter when it is first asked for

NEEDED = [
    "^GSPC", "^IXIC", "^DJI", "^RUT", "^VIX", "^TNX", "^FVX", "^IRX", "^FTSE", "^GDAXI", "^FCHI",
    "^STOXX50E", "^N225", "^HSI", "000001.SS", "000300.SS", "399001.SZ", "^KS11", "^TWII",
    "^BSESN", "^AXJO", "^BVSP", "^GSPTSE", "GC=F", "CL=F", "SI=F", "HG=F", "NG=F", "EURUSD=X",
    "JPY=X", "GBPUSD=X", "CNY=X", "DX-Y.NYB", "TLT", "IEF", "LQD", "HYG", "EEM", "SPY", "QQQ",
    "IWM", "BTC-USD",
]  # fmt: skip
# date, open, high, low, close, adjusted close, volume
DAYS = {
    "^GSPC": [
        ("2008-10-09", 988.42, 1005.25, 909.19, 909.92, 909.92, 6819000000),
        ("2008-10-10", 902.31, 936.36, 839.80, 899.22, 899.22, 11456230400),
    ],
    "TLT": [("2008-10-10", 94.0, 96.0, 92.0, 95.0, 57.0, 3000000)],
    "CL=F": [
        ("2020-04-17", 19.0, 20.0, 18.0, 18.27, 18.27, 100),
        ("2020-04-20", 17.73, 17.85, -40.32, -37.63, -37.63, 247947),
        ("2020-04-21", None, None, None, None, None, None),
    ],
}


class Reply:
    def __init__(self, url, content, status_code=200):
        self.url, self.content, self.status_code = url, content, status_code
        self.text, self.headers = content.decode(), {}

    def json(self):
        return json.loads(self.content)


@pytest.fixture
def site(monkeypatch, tmp_path):
    """Yahoo, as far as yfinance asks it; ``site.charts`` may be altered."""
    site = SimpleNamespace(
        charts={symbol: chart(symbol, days) for symbol, days in DAYS.items()}, status=200, asked=[]
    )

    def request(self, method, url, **options):
        site.asked.append((url, options))
        if "/v8/finance/chart/" in url:
            symbol = urlsplit(url).path.rsplit("/", 1)[-1]
            return Reply(url, site.charts.get(symbol, NOT_FOUND), site.status)
        return Reply(url, b"crumb" if "getcrumb" in url else b"", site.status)

    monkeypatch.setattr("curl_cffi.requests.Session.request", request)
    with own_memory(tmp_path):
        yield site


NOT_FOUND = json.dumps(
    {"chart": {"result": None, "error": {"code": "Not Found", "description": "No data found"}}}
).encode()


def test_what_the_markets_need_is_on_offer_both_ways():
    for symbol in NEEDED:
        assert SeriesKey("prices", symbol) in yahoo.AVAILABLE_SERIES
        assert SeriesKey("series", symbol) in yahoo.AVAILABLE_SERIES


def test_prices_are_those_of_history(site):
    frame = yahoo.fetch_prices(["^GSPC"]).set_index("date")
    fields = ["open", "high", "low", "close", "volume", "adjustment"]
    assert list(frame.columns) == ["code", *fields]
    day = frame.loc["2008-10-10"]
    assert (day["open"], day["high"], day["low"]) == (902.31, 936.36, 839.80)
    assert (day["close"], day["volume"]) == (899.22, 11456230400)


def test_closes_come_as_a_series_too(site):
    frame = yahoo.fetch_series(["^GSPC", "TLT"])
    assert list(frame.columns) == ["date", "code", "value"]
    assert frame.groupby("code")["value"].last().to_dict() == {"^GSPC": 899.22, "TLT": 95.0}


def test_prices_of_a_fund_are_as_quoted_and_each_dividend_is_a_factor_of_its_own(site):
    # Two were paid out on the 14th, three on the 15th, and Yahoo rounds adjusted closes.
    closes = [100.0, 98.0, 95.0, 96.0]
    adjusted = [95.000001, 95.000001, 94.999999, 96.000001]
    days = ["2008-10-13", "2008-10-14", "2008-10-15", "2008-10-16"]
    bars = [(day, c, c, c, c, a, 1) for day, c, a in zip(days, closes, adjusted, strict=True)]
    site.charts["TLT"] = chart("TLT", bars)
    frame = yahoo.fetch_prices(["TLT"])
    assert frame["close"].to_list() == closes
    assert frame["adjustment"].to_list() == pytest.approx([1, 100 / 98, 98 / 95, 1], abs=1e-6)
    assert frame["adjustment"].iloc[[0, 3]].to_list() == [1.0, 1.0]
    with_payouts = yahoo.fetch_series(["TLT"])["value"]
    assert with_payouts.pct_change()[1:].to_list() == pytest.approx(
        pd.Series(adjusted).pct_change()[1:].to_list(), abs=1e-6
    )
    # Another dividend later rewrites all adjusted closes before it, and nothing here.
    later = [*((*bar[:5], bar[5] * 0.9, 1) for bar in bars), ("2008-10-17", *[90.0] * 5, 1)]
    site.charts["TLT"] = chart("TLT", later)
    again = yahoo.fetch_prices(["TLT"])
    assert again["close"].to_list()[:4] == closes
    assert again["adjustment"].to_list()[:4] == pytest.approx(frame["adjustment"].to_list())
    assert again["adjustment"].iloc[4] == pytest.approx(1 / 0.9, abs=1e-6)


def test_a_negative_price_of_oil_stands_and_empty_days_go(site):
    frame = yahoo.fetch_prices(["CL=F"])
    assert frame["close"].to_list() == [18.27, -37.63]
    assert np.isfinite(frame[["open", "high", "low"]]).all().all()


def test_every_request_has_a_timeout_and_the_options_are_pinned(site, monkeypatch):
    pinned, download = {}, yfinance.download

    def noting(**options):
        pinned.update(options)
        return download(**options)

    monkeypatch.setattr(yfinance, "download", noting)
    with limits.limited(9):
        yahoo.fetch_prices(["^GSPC"])
    assert site.asked
    assert all(0 < options["timeout"] <= 9 for _, options in site.asked)
    off = ("auto_adjust", "back_adjust", "actions", "repair", "threads", "progress", "keepna")
    assert [pinned[name] for name in off] == [False] * len(off)
    assert (pinned["interval"], pinned["timeout"]) == ("1d", 30)


def test_the_raw_response_is_kept_with_its_hash(site, tmp_path, monkeypatch):
    monkeypatch.setenv("SFR_RAW", str(tmp_path / "raw"))
    yahoo.fetch_prices(["^GSPC"])
    sent = site.charts["^GSPC"]
    assert (tmp_path / "raw" / hashlib.sha256(sent).hexdigest()).read_bytes() == sent


def test_what_yfinance_switches_on_floods_nobody():
    # A proxy that is not there: nothing is asked, whatever network there is.
    code = (
        "import warnings\n"
        "from sfr_pipeline.sources import yahoo\n"
        "try:\n    yahoo._download('SPY')\n"
        "except Exception as error:\n    print(type(error).__name__)\n"
        "print([kind for kind in warnings.filters if 'yfinance' in str(kind[3])])"
    )
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), "http://127.0.0.1:9")
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **nowhere},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout.splitlines(), done.stderr) == (["RefusedError", "[]"], "")


def test_an_unknown_symbol_is_refused_before_anything_is_asked(site):
    with pytest.raises(SourceError, match="no symbol 'NONSENSE'"):
        yahoo.fetch_prices(["NONSENSE"])
    assert site.asked == []


@pytest.mark.parametrize(
    ("status", "answer", "reason"),
    [
        (200, NOT_FOUND, "No data found"),
        (429, b"Too Many Requests", "429|RateLimit"),
        (200, b"<html>", ""),
    ],
)
def test_nothing_delivered_names_symbol_and_throttling(site, status, answer, reason):
    site.charts["^GSPC"], site.status = answer, status
    with pytest.raises(NoAnswerError, match=rf"(?s)for \^GSPC, .*{reason}.*throttles.*put a file"):
        yahoo.fetch_prices(["^GSPC"])


def delivered(days, columns=yahoo.SENT):
    """A frame in the shape of ``yfinance.download``."""
    names = pd.MultiIndex.from_product([columns, ["^KS11"]], names=["Price", "Ticker"])
    return pd.DataFrame(1.5, pd.DatetimeIndex(days, name="Date"), names)


def test_a_session_of_today_is_left_out(monkeypatch):
    today = pd.Timestamp.now(tz="UTC").tz_localize(None).normalize()
    yesterday = today - pd.Timedelta(days=1)
    monkeypatch.setattr("yfinance.download", lambda **options: delivered([yesterday, today]))
    assert yahoo.fetch_prices(["^KS11"])["date"].to_list() == [yesterday]
    monkeypatch.setattr("yfinance.download", lambda **options: delivered([today]))
    with pytest.raises(SourceError, match=r"\^KS11: no session that is over"):
        yahoo.fetch_prices(["^KS11"])


def test_other_columns_from_yfinance_are_caught(monkeypatch):
    frame = delivered(["2024-01-02"], ["Close", "Open"])
    monkeypatch.setattr("yfinance.download", lambda **options: frame)
    with pytest.raises(LayoutError, match=r"columns expected: Adj Close.*found: Close, Open"):
        yahoo.fetch_prices(["^KS11"])
