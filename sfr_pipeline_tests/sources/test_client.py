"""One way to call: it ends in time, tries again where that helps, and keeps what came."""

import hashlib
import logging
import threading
import time
from http.server import BaseHTTPRequestHandler

import pandas as pd
import pytest
import requests

from sfr_pipeline.errors import SourceError
from sfr_pipeline.sources.live import client, limits
from sfr_pipeline.sources.live.checks import LayoutError, check_columns, period_end, tidy
from sfr_pipeline.sources.live.client import call, download
from sfr_pipeline.sources.live.exchange import Session
from sfr_pipeline.sources.live.refusals import NoAnswerError, RefusedError
from sfr_pipeline_tests.loopback import website


@pytest.fixture
def slow_site():
    """A server on this machine that accepts requests and answers none; yields its address."""
    release = threading.Event()

    class Silent(BaseHTTPRequestHandler):
        def do_GET(self):
            release.wait(20)

    with website(Silent) as address:
        yield f"{address}/"
        release.set()


def test_a_site_that_never_answers_is_given_up_in_time(slow_site):
    began = time.monotonic()
    with limits.limited(0.5), pytest.raises(NoAnswerError, match="test"):
        download("test", slow_site, {})
    assert time.monotonic() - began < 3


def test_a_library_without_timeouts_is_held_to_the_limit_and_its_thread_ends(slow_site):
    ended = threading.Event()

    def work():
        try:
            return Session(requests).get(slow_site).content
        finally:
            ended.set()

    with limits.limited(0.5), pytest.raises(NoAnswerError):
        call("test", {}, work)
    assert ended.wait(3)


def test_work_that_hangs_outside_of_requests_is_left_behind():
    release = threading.Event()
    began = time.monotonic()
    with limits.limited(0.2), pytest.raises(NoAnswerError, match=r"within 0\.2 s.*docs/inputs"):
        call("test", {}, lambda: release.wait(20))
    release.set()
    assert time.monotonic() - began < 2


def test_an_abandoned_call_sends_nothing_any_more(web):
    release, ended, problems = threading.Event(), threading.Event(), []

    def work():
        release.wait(20)
        try:
            Session(requests).get("http://site.example/")
        except RefusedError as error:
            problems.append(error)
        ended.set()
        return b""

    with limits.limited(0.1), pytest.raises(NoAnswerError):
        call("test", {}, work)
    release.set()
    assert ended.wait(5)
    assert problems
    assert web.requests == []


def test_passing_faults_are_tried_again_and_final_ones_are_not(web):
    answers = [(503, b""), requests.ConnectionError("reset"), b"here"]

    def page(request):
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    web.pages["http://site.example/"] = page
    assert download("test", "http://site.example/", {}).value == b"here"
    assert len(web.requests) == 3

    web.pages["http://gone.example/"] = (404, b"")
    with pytest.raises(NoAnswerError, match="HTTP 404"):
        download("test", "http://gone.example/", {})
    assert len(web.requests) == 4

    def misread():
        raise LayoutError("another layout")

    with pytest.raises(LayoutError, match="another layout"):
        call("test", {}, misread)


def test_waits_double_and_requests_to_one_host_take_turns(web, monkeypatch):
    waits, ranges = [], []
    monkeypatch.setattr(time, "sleep", waits.append)
    monkeypatch.setattr(
        client._jitter, "uniform", lambda low, high: ranges.append((low, high)) or high
    )
    token = limits.LIMITS.set(limits.USUAL)
    web.pages["http://turns.example/"] = (500, b"")
    with pytest.raises(NoAnswerError):
        download("test", "http://turns.example/", {})
    limits.LIMITS.reset(token)
    assert ranges == [(0.0, 2.0), (0.0, 4.0)]
    assert sum(wait == 2.0 for wait in waits) == 1
    assert sum(wait == 4.0 for wait in waits) == 1
    turns = [wait for wait in waits if wait not in (2.0, 4.0)]
    # No real time passed, so that the second and third requests wait their full turns.
    assert turns == pytest.approx([0.0, 1.0, 2.0], abs=0.5)


def test_timeouts_are_never_longer_than_the_time_left(web):
    web.pages["http://site.example/"] = b"here"
    with limits.limited(5):
        download("test", "http://site.example/", {})
    assert 0 < web.timeouts[-1] <= 5
    download("test", "http://site.example/", {})
    assert web.timeouts[-1] == limits.USUAL.request_seconds


def test_repetitions_are_asked_once_failures_included(web):
    web.pages["http://site.example/"] = b"here"
    with client.remembering():
        for _ in range(3):
            download("test", "http://site.example/", {"id": "a"})
            with pytest.raises(NoAnswerError):
                download("gone", "http://gone.example/", {})
        download("test", "http://site.example/", {"id": "b"})
    assert web.hosts().count("site.example") == 2
    assert web.hosts().count("gone.example") == 1


def test_the_development_cache_answers_without_asking_and_says_so(
    web, tmp_path, monkeypatch, caplog
):
    monkeypatch.setenv("SFR_ANSWERS", str(tmp_path / "cache"))
    web.pages["http://site.example/"] = b"here"
    first = download("test", "http://site.example/", {})
    frame = pd.DataFrame({"月份": ["2024年10月份"], "当月": [1.5]})
    asked = []
    call("frames", {"of": "test"}, lambda: asked.append(1) or frame)

    again = download("test", "http://site.example/", {})
    assert again.value == b"here"
    assert (again.fetched_at, again.hashes) == (first.fetched_at, first.hashes)
    assert len(again.hashes) == 1
    assert "development cache" in caplog.text
    stored = call("frames", {"of": "test"}, lambda: asked.append(1) or frame)
    pd.testing.assert_frame_equal(stored.value, frame)
    assert len(web.requests) == len(asked) == 1
    download("test", "http://site.example/", {"other": "call"})
    assert len(web.requests) == 2


def test_raw_responses_are_hashed_logged_and_kept(web, tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("SFR_RAW", str(tmp_path))
    web.pages["http://site.example/"] = b"as it came"
    with caplog.at_level(logging.INFO):
        answer = download("test", "http://site.example/", {})
    sha256 = hashlib.sha256(b"as it came").hexdigest()
    assert answer.hashes == [sha256]
    assert sha256 in caplog.text
    assert (tmp_path / sha256).read_bytes() == b"as it came"
    index = pd.read_csv(tmp_path / "index.csv")
    assert index["sha256"].to_list() == [sha256]
    assert index["call"].to_list() == ["test"]


def test_keys_are_never_shown(web, tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("SFR_RAW", str(tmp_path))
    monkeypatch.setenv("SFR_ANSWERS", str(tmp_path))
    web.pages["http://site.example/"] = b"here"
    web.pages["http://down.example/"] = requests.ConnectionError("no route: /?api_key=hush&x=1")
    with caplog.at_level(logging.INFO):
        download("test", "http://site.example/", {"api_key": "hush"})
        with pytest.raises(NoAnswerError) as caught:
            download("test", "http://down.example/", {"api_key": "hush"})
    kept = "".join(path.read_text() for path in tmp_path.iterdir() if path.suffix != ".parquet")
    assert "api_key=hush" in web.requests[0]
    assert "hush" not in caplog.text + kept + str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            requests.ConnectionError("Failed to resolve 'site.example'"),
            "the name site.example is not",
        ),
        (requests.ReadTimeout("read timed out"), "site.example sent nothing in time"),
        (requests.ConnectionError("reset by peer"), "no connection to site.example.*reset by peer"),
    ],
)
def test_a_missing_connection_is_said_plainly(web, error, sentence):
    web.pages["http://site.example/"] = error
    with pytest.raises(NoAnswerError, match=rf"^test did not answer \({sentence}.*docs/inputs"):
        download("test", "http://site.example/", {})


def test_outside_of_a_call_a_wire_only_passes_on(web):
    web.pages["http://site.example/"] = (500, b"")
    assert Session(requests).get("http://site.example/", timeout=7).status_code == 500
    assert web.timeouts == [7]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024年10月份", "2024-10-31"),
        ("2024年2月", "2024-02-29"),
        ("2023-04", "2023-04-30"),
        ("2024年第1-4季度", "2024-12-31"),
        ("2024年第1季度", "2024-03-31"),
        ("2024年三季度", "2024-09-30"),
        ("2024年第二季度", "2024-06-30"),
        ("2024-Q3", "2024-09-30"),
        ("2024-10-31", "2024-10-31"),
        ("2024-10-31 00:00:00", "2024-10-31"),
        (pd.Timestamp("2024-10-31 08:00", tz="UTC").date(), "2024-10-31"),
    ],
)
def test_periods_are_read_as_their_last_day(text, day):
    assert period_end(text) == pd.Timestamp(day)


@pytest.mark.parametrize(
    "text", ["2024.1", "10/31/2024", "2024年13月", "", "合计", pd.NaT, "20241"]
)
def test_other_dates_are_refused(text):
    with pytest.raises(ValueError, match=r"."):
        period_end(text)


def test_values_come_out_in_order_without_the_missing():
    frame = tidy(
        "test", ["2024年3月", "2024年1月", "2024年2月", "2024年3月"], ["1,000.5", "", 2, "1000.5"],
        unit="%", frequency="monthly",
    )  # fmt: skip
    assert frame["date"].to_list() == [pd.Timestamp("2024-02-29"), pd.Timestamp("2024-03-31")]
    assert frame["value"].to_list() == [2.0, 1000.5]


TOMORROWS = str((pd.Timestamp.now() + pd.Timedelta(days=40)).date())


@pytest.mark.parametrize(
    ("dates", "values", "sentence"),
    [
        (["2024-01-31", "2024-02-29"], [1, "一"], "value of 2024-02-29 is '一', not a number"),
        (["2024-01-31", "2024-02-29"], [1, -7], "-7 on 2024-02-29 lies outside 0 to 10.*%"),
        (["2024-01-31", "2024-01-31"], [1, 2], "2024-01-31 has the values 1, 2"),
        (["2024-01-31", TOMORROWS], [1, 2], f"{TOMORROWS} is in the future"),
        (["1900-01-31", "2024-01-31"], [1, 2], "1900-01-31 is in the future or before 1910"),
        (["2024-01-31", "31.2.24"], [1, 2], "'31.2.24' is no date"),
        (["2024-01-31"], ["inf"], "'inf', not a number"),
        ([], [], "no values came"),
        (["2024-01-31"], [None], "no values came"),
        (["2024-01-31", "2024-02-29", "2024-03-31"], [1, None, None], "2 of 3 values are missing"),
    ],
)
def test_a_bad_series_is_refused_with_a_sentence(dates, values, sentence):
    with pytest.raises(SourceError, match=sentence) as caught:
        tidy("the series", dates, values, unit="%", low=0, high=10)
    assert str(caught.value).startswith("the series")
    assert "put a file in its place" in str(caught.value)


def test_columns_are_compared_name_by_name_and_in_order():
    check_columns("it", ["a", "b"], ["a", "b"])
    for found in (["b", "a"], ["a"], ["a", "b", "c"]):
        with pytest.raises(LayoutError, match="columns expected: a, b; found: " + ", ".join(found)):
            check_columns("it", ["a", "b"], found)
