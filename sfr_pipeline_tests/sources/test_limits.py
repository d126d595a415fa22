"""An answer has a size and an end; a site that asks to be left alone is."""

import subprocess
import sys
import textwrap
import threading
import time
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from sfr_pipeline.scrapers.retry_after import LONGEST_SECONDS, seconds_asked
from sfr_pipeline.sources.live import limits
from sfr_pipeline.sources.live.client import call, download
from sfr_pipeline.sources.live.exchange import Session
from sfr_pipeline.sources.live.refusals import NoAnswerError
from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.sources.unruly_site import MB, unruly


@pytest.fixture
def site():
    with unruly() as site:
        yield site


def threads_of(what):
    return [thread for thread in threading.enumerate() if thread.name == what]


def ends(what, seconds=2.0):
    deadline = time.monotonic() + seconds
    while threads_of(what) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not threads_of(what)


@pytest.mark.parametrize("page", ["endless", "redirect"])
def test_an_endless_answer_is_cut_off_at_the_size_allowed(site, page):
    with (
        limits.limited(20, largest=4 * MB),
        pytest.raises(NoAnswerError, match=r"sent more than 4 MB") as caught,
    ):
        download("endless", site.url(page), {})
    assert not caught.value.passing
    assert len(site.asked) == 1
    assert ends("endless")
    assert site.ended.wait(5)
    # What stood in the buffers of both ends comes on top.
    assert site.sent < 24 * MB


def test_a_bomb_is_counted_as_it_unpacks(site):
    tracemalloc.start()
    try:
        with limits.limited(20, largest=4 * MB), pytest.raises(NoAnswerError, match="more than 4"):
            download("bomb", site.url("bomb"), {})
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 24 * MB


@pytest.mark.parametrize("page", ["dripping", "silent"])
def test_what_was_given_up_reads_no_further(site, page):
    with limits.limited(0.6), pytest.raises(NoAnswerError):
        download(page, site.url(page), {})
    # The thread ends although every single wait of its socket would be allowed to last longer.
    assert ends(page)
    sent = site.sent
    time.sleep(0.3)
    assert site.sent - sent <= 4


def test_a_shorter_answer_than_announced_is_asked_for_again(site):
    with pytest.raises(NoAnswerError, match="sent less than it announced") as caught:
        download("short", site.url("short"), {})
    assert caught.value.passing
    assert len(site.asked) == 3


def test_what_a_page_answers_after_a_redirect_is_whole(site):
    assert download("plain", site.url("plain"), {}).value == b"here"


# libcurl is shut off in the tests of sources: this runs where it is not.
CURL = textwrap.dedent("""
    import sys, threading, time
    from dataclasses import replace
    from curl_cffi import requests
    from sfr_pipeline.sources.live import client, exchange, limits, refusals
    what, url, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
    limits.LIMITS.set(replace(limits.USUAL, pause=0.0, backoff=0.0, largest=4 * 2**20))
    session = exchange.Session(requests).Session(impersonate="chrome")
    began = time.monotonic()
    with limits.limited(seconds):
        try:
            answer = client.call(what, {}, lambda: session.get(url).content)
            print("answer", answer.value.decode(), answer.hashes)
        except refusals.NoAnswerError as error:
            print(error, error.passing)
    while any(thread.name == what for thread in threading.enumerate()):
        time.sleep(0.02)
    print(f"ended after {time.monotonic() - began:.2f}")
""")


@pytest.mark.parametrize(
    ("page", "seconds", "sentence", "tries"),
    [
        ("endless", 20, "sent more than 4 MB): try again later", 1),
        ("bomb", 20, "sent more than 4 MB): try again later", 1),
        ("dripping", 0.6, "no answer", 1),
        ("silent", 0.6, "no answer", 1),
        ("short", 20, "sent less than it announced", 3),
        ("plain", 20, "answer here", 1),
    ],
)
def test_libcurl_is_held_to_the_same(site, page, seconds, sentence, tries):
    command = [sys.executable, "-c", CURL, page, site.url(page), str(seconds)]
    done = subprocess.run(
        command, cwd=CHECKOUT, capture_output=True, text=True, timeout=60, check=True
    )
    said = done.stdout.replace("did not answer (", "no answer (").replace("gave no", "no")
    assert sentence in said
    assert len(site.asked) == tries
    assert site.sent < 24 * MB
    assert float(said.split("ended after ")[1]) < 5


def test_a_site_that_asks_to_be_left_alone_is(site):
    began = time.monotonic()
    assert download("busy", site.url("busy"), {}).value == b"here"
    assert 1.0 <= time.monotonic() - began < 4
    assert len(site.asked) == 2


def test_so_it_is_by_the_next_call_of_the_process(web):
    web.pages["http://resting.example/"] = (503, b"")
    web.headers = {"Retry-After": "600"}
    began = time.monotonic()
    for _ in range(2):
        with pytest.raises(NoAnswerError, match=r"left alone for (600|599) s") as caught:
            download("test", "http://resting.example/", {})
        assert caught.value.passing
        assert caught.value.retry_after == pytest.approx(600, abs=2)
    # It asks for more than a call may wait, so that nobody waits at all.
    assert time.monotonic() - began < 2
    assert len(web.requests) == 1


def test_pauses_are_drawn_anew_each_time(web, monkeypatch):
    waits = []
    monkeypatch.setattr(time, "sleep", waits.append)
    web.pages["http://jitter.example/"] = (500, b"")
    token = limits.LIMITS.set(replace(limits.USUAL, pause=0.0))
    for _ in range(20):
        with pytest.raises(NoAnswerError):
            download("test", "http://jitter.example/", {})
    limits.LIMITS.reset(token)
    drawn = [wait for wait in waits if wait]
    assert len(set(drawn)) == len(drawn) == 40
    assert 0 <= min(drawn) < 1 < max(drawn) <= 4


def test_only_what_may_change_says_that_asking_again_may_help(web):
    web.pages["http://down.example/"] = (503, b"")
    web.pages["http://gone.example/"] = (404, b"")
    for name, passing in (("down", True), ("gone", False)):
        with pytest.raises(NoAnswerError) as caught:
            download("test", f"http://{name}.example/", {})
        assert caught.value.passing is passing


@pytest.mark.parametrize("page", [b"<html>", b"\xef\xbb\xbf\n <!DOCTYPE html>"])
def test_a_web_page_in_place_of_data_is_asked_for_again(web, page):
    web.pages["http://blocked.example/"] = page
    with pytest.raises(NoAnswerError, match="a web page came instead of data") as caught:
        download("test", "http://blocked.example/", {})
    assert caught.value.passing
    assert len(web.requests) == 3


def test_the_size_can_be_set_for_a_call(web):
    web.pages["http://large.example/"] = bytes(3 * MB)
    with limits.limited(5, largest=2 * MB), pytest.raises(NoAnswerError, match="more than 2 MB"):
        call("test", {}, lambda: Session(requests).get("http://large.example/").content)
    assert len(download("test", "http://large.example/", {}).value) == 3 * MB


NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "date", "seconds"),
    [
        ("120", None, 120),
        (" 0 ", None, 0),
        ("Thu, 26 Nov 2026 12:01:00 GMT", None, 60),
        # The site's own clock counts, not ours.
        ("Thu, 26 Nov 2026 15:01:00 GMT", "Thu, 26 Nov 2026 15:00:30 GMT", 30),
        ("Thu, 26 Nov 2026 15:01:00 GMT", "nonsense", LONGEST_SECONDS / 8 + 60),
        ("Thu, 26 Nov 2020 12:00:00 GMT", None, 0),
        ("Thu, 26 Nov 2099 12:00:00 GMT", None, LONGEST_SECONDS),
        ("9" * 400, None, LONGEST_SECONDS),
        ("-5", None, None),
        ("1.5", None, None),
        ("１２", None, None),
        ("soon", None, None),
        ("", None, None),
        (None, None, None),
    ],
)
def test_the_header_is_a_number_or_a_time(header, date, seconds):
    assert seconds_asked(header, date, NOW) == seconds


@given(st.text(), st.none() | st.text())
def test_whatever_the_header_holds_the_wait_is_bounded(header, date):
    found = seconds_asked(header, date, NOW)
    assert found is None or 0 <= found <= LONGEST_SECONDS
