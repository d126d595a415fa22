"""The probe tells what answered, in bounded time, whatever fails."""

import threading
import time

import pandas as pd
import pytest
import requests

from sfr_pipeline.__main__ import main
from sfr_pipeline.inputs.probe import Target, as_text, probe
from sfr_pipeline.sources import akshare, bis, fred, yahoo
from sfr_pipeline.sources.live.checks import LayoutError

# AKShare and yfinance still use an argument that pandas is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword")


def today():
    """Asked where it is used: the suite may run over midnight."""
    return pd.Timestamp.now().normalize()


class Entry:
    """Stands for an instrument or a series of a catalogue."""

    def __init__(self, id, source, code, frequency="daily", release_lag=0):
        self.id = self.symbol = id
        self.source, self.code = source, code
        self.frequency, self.release_lag = frequency, release_lag


class Catalogue:
    def __init__(self, prices=(), series=(), references=()):
        self.prices, self.series, self.references = list(prices), list(series), list(references)


def run(*series, prices=(), seconds=20):
    said = []
    table = probe(Catalogue(prices, series), seconds=seconds, say=said.append)
    return table.set_index("id"), said


def values_to(last, n=3):
    return pd.DataFrame({"date": pd.date_range(end=last, periods=n), "code": "c", "value": 1.0})


def test_what_answers_is_told_with_its_reach(monkeypatch):
    monkeypatch.setattr(fred, "fetch_series", lambda codes: values_to(today()))
    monkeypatch.setattr(yahoo, "fetch_prices", lambda codes: values_to(today(), 5))
    table, said = run(Entry("slope", "fred", "T10Y3M"), prices=[Entry("SPX", "yahoo", "^GSPC")])
    assert table["status"].to_list() == ["ok", "ok"]
    assert table.loc["SPX", "values"] == 5
    assert table.loc["slope", "last"] == today().date()
    assert said[0].startswith("[1/2] SPX (yahoo ^GSPC): ok, ")


def test_age_is_judged_by_frequency_and_release_lag(monkeypatch):
    last = today() - pd.Timedelta(days=60)
    monkeypatch.setattr(fred, "fetch_series", lambda codes: values_to(last))
    table, _ = run(
        Entry("day", "fred", "DGS10", "daily"),
        Entry("month", "fred", "UNRATE", "monthly", release_lag=10),
        Entry("quarter", "fred", "DRTSCILM", "quarterly", release_lag=40),
    )
    assert table["status"].to_dict() == {"day": "stale", "month": "ok", "quarter": "ok"}
    assert "60 days old" in table.loc["day", "problem"]


def test_published_indices_are_tried_as_well(monkeypatch):
    monkeypatch.setattr(fred, "fetch_series", lambda codes: values_to(today()))
    catalogue = Catalogue(references=[Entry("nfci", "fred", "NFCI", "weekly")])
    assert probe(catalogue, say=lambda line: None)["status"].to_list() == ["ok"]


def test_one_failure_of_each_kind_never_stops_the_next(monkeypatch, web):
    web.pages[f"{fred.GRAPH}?id=DTB3"] = b"day,DTB3\n2024-01-02,1\n"
    web.pages[f"{fred.GRAPH}?id=DGS10"] = b"<html>"
    web.pages[bis.URL.format(code="M.R.B.CN")] = requests.ConnectionError("refused")

    def fault(codes):
        raise KeyError("a fault of ours")

    monkeypatch.setattr(yahoo, "fetch_series", fault)
    table, said = run(
        Entry("bill", "fred", "DTB3"),
        Entry("bond", "fred", "DGS10"),
        Entry("reer", "bis", "M.R.B.CN", "monthly"),
        Entry("vix", "yahoo", "^VIX"),
        Entry("capital", None, None, "quarterly"),
        Entry("gone", "nowhere", "x"),
    )
    assert table["status"].to_dict() == {
        "bill": "layout changed",
        "bond": "no answer",
        "reer": "no answer",
        "vix": "broken",
        "capital": "needs a file",
        "gone": "broken",
    }
    assert len(said) == 6
    assert "no connection to stats.bis.org" in table.loc["reer", "problem"]
    assert web.hosts().count("stats.bis.org") == 1  # a probe does not retry


def test_a_source_that_hangs_is_left_behind(monkeypatch):
    release = threading.Event()
    monkeypatch.setattr(fred, "fetch_series", lambda codes: release.wait(30))
    began = time.monotonic()
    table, _ = run(Entry("a", "fred", "DGS2"), Entry("b", "fred", "DGS5"), seconds=0.3)
    assert time.monotonic() - began < 3
    release.set()
    assert table["status"].to_list() == ["no answer", "no answer"]
    assert "within 0.3 s" in table.loc["a", "problem"]


def test_a_history_in_many_pieces_gets_the_time_that_its_source_allows(monkeypatch):
    monkeypatch.setattr(
        akshare, "fetch_series", lambda codes: time.sleep(0.2) or values_to(today())
    )
    entries = Entry("curve", "akshare", "cgb.10y"), Entry("prices", "akshare", "cpi_mom")
    table, _ = run(*entries, seconds=0.05)
    assert table["status"].to_dict() == {"curve": "ok", "prices": "no answer"}


def test_series_that_share_a_table_ask_for_it_once(web, monkeypatch):
    from sfr_pipeline_tests.sources.chinese_sites import answer_all

    answer_all(web, monkeypatch)
    table, _ = run(
        Entry("mom", "akshare", "cpi_mom", "monthly"), Entry("yoy", "akshare", "cpi_yoy", "monthly")
    )
    assert len(web.requests) == 1
    assert table["values"].to_list() == [2, 2]


@pytest.mark.parametrize("source_and_code", [("akshare", "cpi_mom"), ("akshare", "shibor.1w"),
    ("akshare", "cgb.5y"), ("fred", "DGS10"), ("bis", "M.N.B.CN")])  # fmt: skip
def test_without_a_network_the_sentence_is_readable(web, source_and_code):
    class Offline(dict):
        def __iter__(self):
            raise requests.ConnectionError("Failed to resolve the name of the site")

    web.pages = Offline()
    table, _ = run(Entry("it", *source_and_code, "monthly"))
    problem = table.loc["it", "problem"]
    assert table.loc["it", "status"] == "no answer"
    assert "is not known here: is there a network?): try again later" in problem
    assert len(problem) < 250


def test_the_table_prints_every_row_the_counts_and_the_problems(monkeypatch):
    def changed(codes):
        raise LayoutError("columns expected: a; found: b")

    monkeypatch.setattr(fred, "fetch_series", changed)
    monkeypatch.setattr(yahoo, "fetch_series", lambda codes: values_to(today()))
    table, _ = run(Entry("bill", "fred", "DTB3"), Entry("vix", "yahoo", "^VIX"))
    text = as_text(table.reset_index())
    assert "1 layout changed" in text
    assert "1 ok" in text
    assert "bill: columns expected: a; found: b" in text
    assert "nan" not in text.lower()


def test_one_problem_of_many_series_is_told_once_and_nothing_at_all_is_a_failure(
    web, monkeypatch, capsys
):
    class Offline(dict):
        def __iter__(self):
            raise requests.ConnectionError("Failed to resolve the name of the site")

    web.pages = Offline()
    catalogue = Catalogue(
        series=[Entry("bill", "fred", "DTB3"), Entry("bond", "fred", "DGS10")],
        references=[Entry("file", None, None)],
    )
    monkeypatch.setattr("sfr_pipeline.cli.probe.load_market", lambda name: catalogue)
    assert main(["probe", "us"]) == 1
    told = capsys.readouterr().out
    assert told.count("is there a network?") == 1
    assert "\nbill, bond: did not answer (" in told
    monkeypatch.setattr(fred, "fetch_series", lambda codes: values_to(today()))
    assert main(["probe", "us"]) == 0


def test_everything_of_a_real_catalogue_is_a_target(mini):
    from sfr_pipeline.inputs.probe import targets

    found = targets(mini)
    assert len(found) == len(mini.prices) + len(mini.series) + len(mini.references)
    assert all(isinstance(target, Target) for target in found)
