"""Crawls are at leisure."""

import time
from itertools import pairwise

from sfr_pipeline_tests.scrapers.crawls import crawl


def test_the_delay_lies_between_any_two_requests(forum, journal):
    times = []
    forum.tamper = lambda path: times.append(time.monotonic())
    forum.posts = forum.posts[:3]
    _, closed = crawl(forum, journal, post_pages="all", delay="0.2")
    assert closed["reason"] == "finished"
    gaps = [after - before for before, after in pairwise(times)]
    assert len(gaps) == 6
    # A busy machine may see one request late, and the next then sooner after it.
    assert min(gaps) > 0.1
    assert sum(gaps) > 5.5 * 0.2


def test_autothrottle_slows_down_for_a_slow_server(forum, journal):
    times = []

    def tamper(path):
        times.append(time.monotonic())
        time.sleep(0.3 if "/news" in path else 0)

    forum.tamper = tamper
    forum.posts = forum.posts[:3]
    crawl(forum, journal, post_pages="all", delay="0.05")
    # An answer took 0.3 s, and as much again passes before the next request.
    assert times[-1] - times[-2] > 0.58
