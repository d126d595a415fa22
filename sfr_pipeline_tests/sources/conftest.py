"""Tests of live sources never leave this machine, never wait, and use nobody's settings."""

import io
import ipaddress
import socket
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
import requests

from sfr_pipeline.sources.live import limits
from sfr_pipeline_tests.sources.chinese_sites import answer_all


def _is_here(host: object) -> bool:
    try:
        return host in ("localhost", None) or ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Fail a test that looks up or connects to another machine, through Python or libcurl."""
    look_up, connect = socket.getaddrinfo, socket.socket.connect

    def guarded_look_up(host, *args, **kwargs):
        assert _is_here(host), f"a test looked up {host}"
        return look_up(host, *args, **kwargs)

    def guarded_connect(self, address):
        away = self.family in (socket.AF_INET, socket.AF_INET6) and not _is_here(address[0])
        assert not away, f"a test connected to {address}"
        return connect(self, address)

    def no_curl(self, *args, **kwargs):
        raise AssertionError("a test used libcurl")

    monkeypatch.setattr(socket, "getaddrinfo", guarded_look_up)
    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr("curl_cffi.Curl.perform", no_curl)


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Retry without waiting, and ignore what the user's environment keeps or knows."""
    quick = replace(limits.USUAL, pause=0.0, backoff=0.0)
    token = limits.LIMITS.set(quick)
    for name in ("SFR_ANSWERS", "SFR_RAW", "FRED_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    yield
    limits.LIMITS.reset(token)


class Web:
    """Answers every request that goes through ``requests``.

    ``pages`` maps the beginning of an address to bytes, to a function of the prepared request that
    returns bytes (or status and bytes), or to an exception. ``headers`` are those of each answer.
    ``requests`` and ``timeouts`` note what was sent.
    """

    def __init__(self):
        self.pages = {}
        self.headers = {}
        self.requests = []
        self.timeouts = []

    def answer(self, request, timeout):
        self.requests.append(request.url)
        self.timeouts.append(timeout)
        page = next((self.pages[url] for url in self.pages if request.url.startswith(url)), None)
        if isinstance(page, Exception):
            raise page
        sent = page(request) if callable(page) else page
        status, content = sent if isinstance(sent, tuple) else (200, sent)
        if content is None:
            status, content = 404, b"no such page"
        response = requests.Response()
        response.status_code, response.raw = status, io.BytesIO(content)
        response.headers.update(self.headers)
        response.url, response.request, response.encoding = request.url, request, "utf-8"
        return response

    def hosts(self):
        return [urlsplit(url).hostname for url in self.requests]


@pytest.fixture
def web(monkeypatch):
    """A web of one's own, see ``Web``."""
    web = Web()

    def send(self, request, timeout=None, **options):
        return web.answer(request, timeout)

    monkeypatch.setattr("requests.adapters.HTTPAdapter.send", send)
    return web


@pytest.fixture
def sites(web, monkeypatch):
    """The web of the sites behind AKShare."""
    answer_all(web, monkeypatch)
    return web
