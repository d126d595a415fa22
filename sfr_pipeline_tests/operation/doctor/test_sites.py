"""Sites out of reach, and keys that are not set; nobody on the network is asked."""

import inspect
import re
import socket
from importlib import import_module

import pytest
import requests

from sfr_pipeline.markets import load_market
from sfr_pipeline.operation.doctor import sites
from sfr_pipeline.sources import NAMES, source
from sfr_pipeline.sources.akshare_tables import SITES, TABLES

NOT_LIVE = {"bundled", "sandbox"}


def test_every_live_source_names_the_site_of_each_of_its_codes():
    for name in {*NAMES} - NOT_LIVE:
        module = source(name)
        for _, code in module.AVAILABLE_SERIES:
            found = module.sites(code)
            assert found, (name, code)
            assert all(re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", host) for host in found)


def test_sites_of_akshare_are_those_in_the_code_of_its_functions():
    for table in {table.function: table for table in TABLES.values()}.values():
        module = import_module(table.module)
        # Some functions keep the address in a constant of their module.
        host = re.escape(SITES[table.function])
        assert re.search(rf"//([\w-]+\.)*{host}/", inspect.getsource(module))
        assert hasattr(module, table.function)
    assert {table.function for table in TABLES.values()} == {*SITES}


def test_the_site_of_yahoo_is_that_which_yfinance_asks():
    from yfinance import const

    (host,) = source("yahoo").sites("^GSPC")
    assert f"https://{host}" == const._BASE_URL_


def test_markets_ask_the_sites_of_what_they_have_no_file_of(monkeypatch, workspace):
    live = load_market("us_live")
    asked = sites.sites_of([live, load_market("us")])
    assert "fred.stlouisfed.org" in asked
    assert {name for names in asked.values() for name in names} == {"us_live"}
    monkeypatch.setenv("SFR_FILES_ONLY", "1")
    assert sites.sites_of([live]) == {}


def test_a_market_that_crawls_asks_its_forum(workspace):
    china = load_market("china")
    assert sites.sites_of([china])["guba.eastmoney.com"] == ["china"]


def test_a_contact_that_a_crawl_needs_is_told_and_set(workspace, monkeypatch, mended):
    monkeypatch.delenv("SFR_CONTACT", raising=False)
    assert mended("keys", "china").remedy == "export SFR_CONTACT=ADDRESS"


def test_a_key_that_a_code_needs_is_told_and_set(monkeypatch, mini):
    monkeypatch.delenv("FRED_API_KEY", raising=False)
    monkeypatch.setattr(sites, "asked_for", lambda market: [("fred", "CPIAUCSL.vintages")])
    (found,) = sites.look_at_keys([mini])
    assert (found.state, found.remedy) == ("broken", "export FRED_API_KEY=KEY")
    monkeypatch.setenv("FRED_API_KEY", "x")
    assert [one.state for one in sites.look_at_keys([mini])] == ["ok"]
    monkeypatch.setattr(sites, "asked_for", lambda market: [("fred", "CPIAUCSL")])
    assert list(sites.look_at_keys([mini])) == []


def test_sites_out_of_reach_are_told_with_who_needs_them():
    problems = {"a.org": "", "b.org": "no answer within 4 s"}
    asked = {"a.org": ["us_live"], "b.org": ["us_live", "china"]}
    broken, fine = sites.look_at_sites(asked, problems.get)
    assert (broken.state, fine.state) == ("broken", "ok")
    assert "b.org can't be reached (no answer within 4 s): us_live, china needs it" in broken.says
    assert "a.org" in fine.says


def test_without_any_network_there_is_one_line(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid:3128")
    (found,) = sites.look_at_sites({"a.org": ["x"], "b.org": ["y"]}, lambda host: "ConnectTimeout")
    assert found.state == "broken"
    assert "through the proxy that HTTPS_PROXY names" in found.says
    assert "SFR_FILES_ONLY=1" in found.remedy
    assert list(sites.look_at_sites({})) == []


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (requests.exceptions.ProxyError(), "proxy"),
        (requests.exceptions.SSLError(), "certificate"),
        (requests.exceptions.ConnectTimeout(), "ConnectTimeout"),
    ],
)
def test_what_goes_wrong_on_the_way_to_a_site_is_told_apart(monkeypatch, error, says):
    def head(*_, **__):
        raise error

    monkeypatch.setattr(requests, "head", head)
    assert says in sites.reached("a.org")


def test_a_site_that_takes_a_connection_and_says_nothing_has_its_limit(monkeypatch):
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert sites.reached(f"127.0.0.1:{server.getsockname()[1]}", seconds=0.2)
