"""A crawl ends with the step that began it, and a site is asked by one crawl at a time."""

import json
import logging
import signal
import subprocess
import sys
import textwrap
import threading
import time

import psutil
import pytest

from sfr_pipeline.errors import SourceError
from sfr_pipeline.markets.opinion import Forum as Catalogue
from sfr_pipeline.resources import one_crawl
from sfr_pipeline.resources.crawler import Crawler
from sfr_pipeline.resources.one_crawl import alone_at, locks_folder
from sfr_pipeline.scrapers.journal import read_journal
from sfr_pipeline_tests.checkout import CHECKOUT
from sfr_pipeline_tests.scrapers.forum import BAR, Forum, make_posts

LOG = logging.getLogger("test")
# A step: what the asset does, in a process that can be killed.
STEP = textwrap.dedent("""
    import logging, sys
    from sfr_pipeline.markets.opinion import Forum
    from sfr_pipeline.resources.crawler import Crawler
    root, locks, site, bar, market, first, last = sys.argv[1:]
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    forum = Forum(site="sandbox", bars=[bar], first_month="2020-01", delay=0, post_pages="all")
    Crawler(root=root, locks=locks).crawl(
        market, forum, first, last, site, logging.getLogger("step")
    )
""")


@pytest.fixture
def forum():
    with Forum(make_posts(100)) as forum:
        yield forum


@pytest.fixture
def locks(tmp_path):
    return tmp_path / "locks"


def step(forum, root, locks, market="mini", months=("2020-01", "2020-04")):
    arguments = [root, locks, forum.site, BAR, market, *months]
    return subprocess.Popen(
        [sys.executable, "-c", STEP, *map(str, arguments)],
        cwd=CHECKOUT, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def crawls_of(journal):
    """Processes of crawls, their launchers among them, whose command names the journal."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        words = process.info["cmdline"] or []
        ours = "scrapy" in words and any(str(journal) in word for word in words)
        if ours and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found


def wait_until(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.02)


def crawl(forum, root, locks, market="mini", months=("2020-01", "2020-04"), **options):
    catalogue = Catalogue(
        site="sandbox", bars=[BAR], first_month="2020-01",
        **{"delay": 0, "post_pages": "all", **options},
    )  # fmt: skip
    return Crawler(root=str(root), locks=str(locks)).crawl(
        market, catalogue, *months, forum.site, LOG
    )


@pytest.mark.faults
def test_a_killed_step_takes_its_crawl_along_and_the_rerun_resumes(forum, tmp_path, locks):
    forum.tamper = lambda path: time.sleep(0.05)
    root = tmp_path / "crawl"
    with step(forum, root, locks) as killed:
        wait_until(lambda: len(forum.asked_for("/news")) >= 10)
        assert crawls_of(root)
        killed.send_signal(signal.SIGKILL)
    wait_until(lambda: not crawls_of(root), seconds=8)
    asked = len(forum.asked)
    time.sleep(0.5)
    assert len(forum.asked) == asked
    forum.tamper = lambda path: None
    *posts, closed = read_journal(crawl(forum, root, locks))
    assert closed["reason"] == "finished"
    assert sum(line["kind"] == "post" for line in posts) == 100
    # One page may have been on its way when the kill came.
    assert len(forum.asked_for("/news")) <= 101


@pytest.mark.faults
def test_another_month_market_and_warehouse_wait_for_the_crawl_of_a_site(
    forum, tmp_path, locks, caplog
):
    caplog.set_level(logging.INFO)
    at_once, most = [0], [0]
    counting = threading.Lock()

    def tamper(path):
        with counting:
            at_once[0] += 1
            most[0] = max(most[0], at_once[0])
        time.sleep(0.02)
        with counting:
            at_once[0] -= 1

    forum.tamper = tamper
    with step(forum, tmp_path / "one", locks, months=("2020-01", "2020-02")) as first:
        wait_until(lambda: len(forum.asked_for("/news")) >= 5)
        crawl(forum, tmp_path / "other", locks, market="other", months=("2020-03", "2020-04"))
        # The second crawl could not begin before the first was done.
        assert first.wait(10) == 0
    assert most[0] == 1
    numbers = [int(path.split(",")[-1].removesuffix(".html")) for path in forum.asked_for("/news")]
    months = {post["post_id"]: post["post_publish_time"][:7] for post in forum.posts}
    early = [months[number] <= "2020-02" for number in numbers]
    assert early == sorted(early, reverse=True)
    assert "asked by one at a time, now the crawl of mini from 2020-01 to 2020-02" in caplog.text


def test_a_crawl_that_is_still_ending_keeps_the_site_after_its_step_was_killed(
    forum, tmp_path, locks
):
    release = threading.Event()
    forum.tamper = lambda path: release.wait(20) and None if "/news" in path else None
    with step(forum, tmp_path, locks) as killed:
        wait_until(lambda: forum.asked_for("/news"))
        crawling = crawls_of(tmp_path)
        for process in crawling:
            process.suspend()
        killed.send_signal(signal.SIGKILL)
    began, got = time.monotonic(), []

    def begin():
        with alone_at(forum.site, locks, "another", 0, LOG):
            got.append(time.monotonic())

    waiting = threading.Thread(target=begin, daemon=True)
    waiting.start()
    time.sleep(1)
    too_early = list(got)
    for process in crawling:
        process.resume()
    assert not too_early
    waiting.join(15)
    assert got
    assert got[0] - began < 15
    assert not crawls_of(tmp_path)
    release.set()


@pytest.mark.faults
def test_the_pause_holds_from_one_crawl_to_the_next(forum, tmp_path, locks):
    times = []
    forum.tamper = lambda path: times.append(time.monotonic())
    forum.posts = forum.posts[:2]
    crawl(forum, tmp_path / "one", locks, post_pages="never", delay=2.5)
    between = len(times)
    crawl(forum, tmp_path / "two", locks, post_pages="never", delay=0.1, market="other")
    assert times[between] - times[between - 1] > 2.4


@pytest.mark.parametrize(("ended", "seconds"), [("now", 0.4), ("killed", 0.4), ("long ago", 0.0)])
def test_a_site_rests_after_a_crawl_that_was_killed_too(tmp_path, ended, seconds):
    with alone_at("http://site.example", tmp_path, "one", 0.4, LOG):
        pass
    path = tmp_path / "site.example.json"
    note = json.loads(path.read_text())
    note["ended"] = {"now": time.time(), "killed": None, "long ago": 0.0}[ended]
    path.write_text(json.dumps(note))
    began = time.monotonic()
    with alone_at("http://site.example", tmp_path, "two", 0.1, LOG):
        rested = time.monotonic() - began
    assert seconds - 0.05 <= rested < seconds + 0.3


def test_a_damaged_note_keeps_nobody_from_crawling(tmp_path):
    (tmp_path / "site.example.json").write_text("{")
    with alone_at("http://site.example", tmp_path, "one", 3, LOG):
        note = json.loads((tmp_path / "site.example.json").read_text())
    assert note["who"] == "one"


def test_the_lock_bears_the_name_of_the_site_and_nothing_else(tmp_path):
    for site in ("https://Site.example", "http://site.example:8080"):
        with alone_at(site, tmp_path, "one", 0, LOG):
            pass
    for port in (1001, 1002):
        with alone_at(f"http://127.0.0.1:{port}", tmp_path, "one", 0, LOG):
            pass
    assert sorted(path.name for path in tmp_path.glob("*.lock")) == [
        "127.0.0.1_1001.lock", "127.0.0.1_1002.lock", "site.example.lock",
    ]  # fmt: skip


def test_all_warehouses_and_checkouts_of_a_user_share_the_locks_of_real_sites(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert locks_folder() == tmp_path / "sfr_pipeline" / "crawls"
    one, two = Crawler(root="/one"), Crawler(root="/two")
    assert one._locks("http://site.example") == two._locks("http://site.example") == locks_folder()
    assert str(one._locks("http://127.0.0.1:1")) == "/one"


def test_a_user_without_a_home_is_told_where_the_lock_could_lie(monkeypatch):
    def homeless():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setattr(one_crawl.Path, "home", homeless)
    with pytest.raises(SourceError, match="set HOME, or XDG_STATE_HOME"):
        locks_folder()


def test_a_place_that_takes_no_lock_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(SourceError, match=r"file/site\.example\.lock cannot be opened.*XDG_STATE"),
        alone_at("http://site.example", tmp_path / "file", "one", 0, LOG),
    ):
        pass
