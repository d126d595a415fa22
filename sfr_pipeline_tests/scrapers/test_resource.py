"""Claims about the crawl as an asset calls it, through the command line."""

import gc
import logging
import os
import signal
import threading
import time
from contextlib import contextmanager

import pytest

from sfr_pipeline.child import popen
from sfr_pipeline.errors import SourceError
from sfr_pipeline.markets.opinion import Forum as Catalogue
from sfr_pipeline.resources.crawler import Crawler
from sfr_pipeline.scrapers.journal import Journal, read_journal
from sfr_pipeline.scrapers.shown import escaped, shown
from sfr_pipeline_tests.scrapers.forum import BAR, CHALLENGE, Forum, make_posts

LOG = logging.getLogger("test")


@pytest.fixture
def forum():
    with Forum(make_posts(100)) as forum:
        yield forum


@pytest.fixture
def crawl(forum, tmp_path):
    def run(site=forum.site, **catalogue):
        given = {"site": "sandbox", "bars": [BAR], "first_month": "2020-01", "delay": 0}
        crawler = Crawler(root=str(tmp_path))
        wanted = Catalogue(**{**given, **catalogue})
        return crawler.crawl("mini", wanted, "2020-01", "2020-04", site, LOG)

    return run


def test_a_crawl_returns_its_finished_journal_and_its_log_appears(crawl, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    journal = crawl()
    *_, closed = read_journal(journal)
    assert (closed["reason"], closed["posts"]) == ("finished", 100)
    assert journal.parent == tmp_path / "mini"
    assert journal.name.startswith("2020-01_2020-04_")
    assert "finished: 100 posts from 3 list pages." in caplog.messages
    assert {record.levelno for record in caplog.records} == {logging.INFO}


def test_a_stopped_crawl_is_an_error_that_says_why_and_is_resumed(crawl, forum, caplog):
    forum.tamper = lambda path: CHALLENGE if "f_2" in path else None
    with pytest.raises(SourceError, match=r"stopped \(challenge\).*a person is reading.*resumes"):
        crawl(post_pages="all")
    assert any(record.levelno == logging.WARNING for record in caplog.records)
    forum.tamper = lambda path: None
    crawl(post_pages="all")
    assert len(forum.asked_for("/news")) == 100


def test_a_journal_is_taken_again_until_its_posts_are_stored(crawl, forum, tmp_path):
    crawler = Crawler(root=str(tmp_path))
    journal = crawl(post_pages="never")
    kept, asked = journal.read_bytes(), len(forum.asked)
    assert crawl(post_pages="never") == journal
    assert len(forum.asked) == asked
    crawler.stored(journal)
    assert not journal.exists()
    aside = journal.with_name(f"{journal.stem}.stored.jsonl")
    assert aside.read_bytes().startswith(kept[: kept.rindex(b'{"kind": "closed"')])
    assert crawl(post_pages="never") == journal
    assert len(forum.asked) > asked


def test_a_list_that_ends_within_the_window_says_how_far_it_reached(crawl, forum, caplog):
    forum.posts = make_posts(100, first="2020-03-05", days=20)
    crawl(post_pages="never")
    (warning,) = [record.message for record in caplog.records if record.levelno >= logging.WARNING]
    assert "ends in 2020-03, after the start of 2020-01 to 2020-04" in warning


def test_what_a_site_says_is_escaped_and_cut_where_it_enters_log_and_error(
    crawl, forum, caplog, monkeypatch
):
    said = "\x1b[2J" + "x" * 100_000
    closed = {"kind": "closed", "reason": said, "message": said}
    monkeypatch.setattr("sfr_pipeline.resources.crawler._last_line", lambda journal: closed)
    forum.posts = forum.posts[:1]
    with pytest.raises(SourceError) as raised:
        crawl()
    assert r"\x1b[2Jxxx" in str(raised.value)
    assert str(raised.value).isprintable()
    assert len(str(raised.value)) < 3_000
    code = f"import sys; sys.stderr.write({said!r})"
    monkeypatch.setattr(
        "sfr_pipeline.resources.crawler.popen",
        lambda command, **given: popen([command[0], "-c", code], **given),
    )
    caplog.set_level(logging.INFO)
    with pytest.raises(SourceError):
        crawl()
    assert max(len(record.message) for record in caplog.records) < 1_100


def test_a_journal_that_another_crawl_writes_is_left_alone_and_those_of_others_are_apart(crawl):
    journal = crawl(post_pages="never")
    with Journal(journal):
        with pytest.raises(SourceError, match="Another crawl is writing"):
            crawl(post_pages="never")
        assert crawl(post_pages="commented") != journal


def test_a_real_site_is_not_asked_without_a_contact(crawl, monkeypatch):
    monkeypatch.delenv("SFR_CONTACT", raising=False)
    with pytest.raises(SourceError, match="SFR_CONTACT"):
        crawl(site="http://forum.invalid", delay=3)


def test_a_real_site_is_not_asked_in_haste(crawl):
    with pytest.raises(SourceError, match="delay of 1 second or more"):
        crawl(site="http://forum.invalid", contact="someone@example.org")


@contextmanager
def no_collection():
    """No garbage collection: Python passes over an interrupt that comes in a callback of one."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def test_an_interrupted_step_leaves_no_crawl_behind(crawl, forum):
    def interrupt():
        while len(forum.asked) < 30:
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    # The slower it answers from then on, the longer whoever interrupts may take on a busy machine.
    forum.tamper = lambda path: time.sleep(0.02 if len(forum.asked) < 30 else 0.2)
    threading.Thread(target=interrupt, daemon=True).start()
    with no_collection(), pytest.raises(KeyboardInterrupt):
        crawl(post_pages="all")
    asked = len(forum.asked)
    assert asked < 100
    time.sleep(0.5)
    assert len(forum.asked) == asked
    forum.tamper = lambda path: None
    *_, closed = read_journal(crawl(post_pages="all"))
    assert closed["posts"] == 100
    assert len(forum.asked_for("/news")) <= 101


def test_nothing_in_a_log_acts_on_a_terminal():
    assert escaped("涨 \x1b[31m \u202e 😀\x7f\x9b") == r"涨 \x1b[31m \u202e 😀\x7f\x9b"


def test_what_is_shown_is_cut():
    assert shown("a\x1b", 3) == "a\\x…"
    assert shown("x" * 201) == "x" * 200 + "…"
    assert shown("x" * 200) == "x" * 200
