"""Live sources on loopback: answers in the shapes of FRED, Yahoo, the OFR and the ECB.

Requests of the client libraries are sent to it over real sockets, and counted where they arrive.
Values are made up. A code that is asked for again gets other values than the first time, so that
whoever asks twice holds two truths.
"""

import csv
import io
import threading
from collections import Counter
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np
import pandas as pd

from sfr_pipeline.sources import ofr
from sfr_pipeline_tests.loopback import website
from sfr_pipeline_tests.sources.yahoo_chart import chart

FIRST, LAST = "2020-01-01", "2024-12-31"
STEPS = {"daily": "B", "weekly": "W-FRI", "monthly": "MS", "quarterly": "QS"}
# By which values grow with each further request for a code.
DRIFT = 0.01


class NotRecorded(LookupError):
    """A host was asked that nothing is recorded of."""


class Answers:
    """What the sources of a market answer, and what they were asked.

    Attributes:
        asked: number of requests by host and code; a document of several codes is one.
        beside: other requests to Yahoo, for cookies and time zones.
        unknown: hosts that nothing is recorded of.
    """

    def __init__(self, market):
        self._entries = {(str(e.source), str(e.code)): e for e in market.sourced_series}
        self._symbols = {instrument.code for instrument in market.prices}
        self._lock = threading.Lock()
        self.asked = Counter()
        self.beside = Counter()
        self.unknown = set()

    def answer(self, host, path, query):
        """The body of an answer.

        Raises:
            NotRecorded: nothing is recorded of the host.
        """
        if host == "fred.stlouisfed.org":
            return self._fred(query["id"])
        if host == "data-api.ecb.europa.eu":
            return self._ecb(path.rsplit("/", 1)[-1])
        if host == "www.financialresearch.gov":
            return self._ofr()
        if host.endswith("yahoo.com"):
            if "/v8/finance/chart/" in path:
                return self._yahoo(path.rsplit("/", 1)[-1], query)
            with self._lock:
                self.beside[host] += 1
            return b"crumb" if path.endswith("getcrumb") else b""
        with self._lock:
            self.unknown.add(host)
        raise NotRecorded(self.what_to_add())

    def what_to_add(self):
        """For whoever added a source that is asked for here."""
        return (
            f"nothing is recorded of {', '.join(sorted(self.unknown))}: let `Answers.answer` in "
            f"{__name__} answer this host in the shape of the new source"
        )

    def _grown(self, source, code):
        """Factor of the values of this request."""
        with self._lock:
            self.asked[source, code] += 1
            return 1 + DRIFT * (self.asked[source, code] - 1)

    def _values(self, source, code):
        """Values by day, text, of a series of the catalogue."""
        entry = self._entries[source, code]
        low, high = entry.typical or entry.valid_range
        dates = pd.date_range(FIRST, LAST, freq=STEPS[entry.frequency])
        rng = np.random.default_rng(sum(map(ord, code)))
        middle, reach = (low + high) / 2, (high - low) / 2
        wave = np.tanh(rng.normal(size=len(dates)).cumsum() / 30)
        values = (middle + 0.4 * reach * wave) * self._grown(source, code)
        return pd.Series(values, dates.strftime("%Y-%m-%d"))

    def _fred(self, code):
        return _csv(["observation_date", code], self._values("fred", code).items())

    def _ecb(self, code):
        values = self._values("ecb", code)
        rows = [("D", f"CISS.{code}", day, value) for day, value in values.items()]
        return _csv(["FREQ", "KEY", "TIME_PERIOD", "OBS_VALUE"], rows)

    def _ofr(self):
        days = pd.date_range(FIRST, LAST, freq="B").strftime("%Y-%m-%d")
        wave = pd.Series(np.sin(np.arange(len(days)) / 60) * self._grown("ofr", "fsi.csv"), days)
        rows = [(day, *[value] * len(ofr.COLUMNS)) for day, value in wave.items()]
        return _csv(["Date", *ofr.COLUMNS.values()], rows)

    def _yahoo(self, symbol, query):
        assert symbol in self._symbols
        if "period1" not in query:  # the time zone of the exchange
            with self._lock:
                self.beside["time zone", symbol] += 1
            return chart(symbol, [("2024-12-30", 1.0, 1.0, 1.0, 1.0, 1.0, 1)])
        days = pd.date_range(FIRST, LAST, freq="B").strftime("%Y-%m-%d")
        rng = np.random.default_rng(sum(map(ord, symbol)))
        path = 100 * np.exp(0.01 * rng.normal(size=len(days)).cumsum())
        closes = pd.Series(path * self._grown("yahoo", symbol), days)
        return chart(
            symbol,
            [
                (day, close, close * 1.01, close * 0.99, close, close, 1000)
                for day, close in closes.items()
            ],
        )


def _csv(header, rows):
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


@contextmanager
def serve(answers):
    """Serve answers on this machine; yields the address, below which hosts are folders.

    Raises:
        NotRecorded: a host was asked that nothing is recorded of; what the asker made of that is
            named beside it.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            parts = urlsplit(self.path)
            host, _, path = unquote(parts.path)[1:].partition("/")
            query = {name: value for name, (value, *_) in parse_qs(parts.query).items()}
            try:
                body = answers.answer(host, f"/{path}", query)
            except NotRecorded as error:
                self.send_error(404, explain=str(error))
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    try:
        with website(Handler) as address:
            yield address
    finally:
        if answers.unknown:
            raise NotRecorded(answers.what_to_add())


def send_here(monkeypatch, address):
    """Let the client libraries send everything to ``address``; their sockets stay as they are."""

    def aside(backend):
        request = backend.request

        def moved(self, method, url, **options):
            parts = urlsplit(url)
            moved_to = f"{address}/{parts.hostname}{parts.path}"
            query = f"?{parts.query}" if parts.query else ""
            return request(self, method, moved_to + query, **options)

        monkeypatch.setattr(backend, "request", moved)

    import curl_cffi.requests
    import requests

    aside(requests.Session)
    aside(curl_cffi.requests.Session)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
