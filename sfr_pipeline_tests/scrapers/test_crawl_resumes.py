"""Crawls that are killed, run again, or go on later lose no post and ask nothing twice."""

import json
import random
import signal
import time
from datetime import datetime

import pytest

from sfr_pipeline.scrapers.journal import stored_journal
from sfr_pipeline_tests.scrapers.crawls import crawl, ids, start
from sfr_pipeline_tests.scrapers.forum import (
    BAR,
    CHALLENGE,
    lists,
    make_posts,
    refuses,
    script,
)


@pytest.mark.parametrize("seed", range(10))
def test_a_killed_crawl_run_again_yields_the_same_posts_none_twice(forum, tmp_path, seed):
    """Killed at a random request, sometimes more than once; new posts arrive in between."""
    journal = tmp_path / "journal.jsonl"
    random_ = random.Random(seed)
    expected = [post["post_id"] for post in forum.posts]
    kills = 1 + seed % 2
    for kill in range(kills):
        last = len(forum.asked) + random_.randint(1, 90 // kills)
        process = start(forum, journal)
        while len(forum.asked) < last:
            time.sleep(random_.random() / 1000)
        process.kill()
        assert process.exit_code(60) == -signal.SIGKILL
        arrived = make_posts(50, first="2020-05-01", days=9, seed=seed)
        forum.posts = [
            {**post, "post_id": post["post_id"] + (kill + 1) * 10**6} for post in arrived
        ] + forum.posts
    posts, closed = crawl(forum, journal)
    assert closed["reason"] == "finished"
    assert ids(posts) == expected
    # A kill costs no more than the answer under way, beside finding the place again.
    news = forum.asked_for("/news")
    assert len(news) <= len(set(news)) + kills


def test_a_finished_crawl_whose_posts_were_not_stored_costs_no_second_one(forum, journal):
    first, _ = crawl(forum, journal, post_pages="all")
    asked = len(forum.asked)
    again, closed = crawl(forum, journal, post_pages="all")
    assert (again, closed["reason"]) == (first, "finished")
    assert len(forum.asked) == asked


def test_a_stored_month_is_crawled_again_and_sees_what_changed(forum, journal):
    crawl(forum, journal, post_pages="never")
    journal.replace(stored_journal(journal))
    forum.posts[0]["post_click_count"] = 123_456
    posts, closed = crawl(forum, journal, post_pages="never")
    assert (len(posts), closed["posts"]) == (300, 300)
    assert posts[0]["reads"] == 123_456


def arrive(forum, count, first, days):
    """New posts on top of a forum."""
    newest = forum.posts[0]["post_id"]
    arrived = make_posts(count, first=first, days=days, seed=count)
    forum.posts = [
        {**post, "post_id": newest + count - index} for index, post in enumerate(arrived)
    ] + forum.posts


def test_what_came_before_the_window_was_over_is_fetched_when_the_crawl_goes_on(forum, journal):
    """Interrupted thrice: in the old stretch, above it, and with the bar done."""
    months = "2020-01", "2020-05"
    forum.now = datetime(2020, 5, 1)
    forum.tamper = refuses("f_3", CHALLENGE)
    posts, closed = crawl(forum, journal, months, post_pages="never")
    assert (closed["reason"], len(posts)) == ("challenge", 160)

    arrive(forum, 250, "2020-05-01", 10)
    forum.now = datetime(2020, 5, 11)
    forum.tamper = refuses("f_2", CHALLENGE)
    posts, closed = crawl(forum, journal, months, post_pages="never")
    assert (closed["reason"], len(posts)) == ("challenge", 160 + 80)

    forum.tamper = lambda path: None
    posts, closed = crawl(forum, journal, months, post_pages="never")
    assert closed["reason"] == "finished"
    assert sorted(ids(posts)) == sorted(post["post_id"] for post in forum.posts)

    arrive(forum, 90, "2020-05-12", 15)
    expected = {post["post_id"] for post in forum.posts}
    arrive(forum, 7, "2020-06-01", 5)
    forum.now = datetime(2020, 6, 7)
    asked = len(lists(forum))
    posts, closed = crawl(forum, journal, months, post_pages="never")
    assert closed["reason"] == "finished"
    assert (len(posts), set(ids(posts))) == (550 + 90 - 0, expected)
    assert len(lists(forum)) - asked <= 4  # the old stretch is not walked again

    asked = len(lists(forum))
    crawl(forum, journal, months, post_pages="never")
    assert len(lists(forum)) == asked  # nothing can come any more


def test_several_bars_are_crawled_in_turn_and_a_finished_one_is_not_asked_again(forum, journal):
    other = [
        {**post, "stockbar_code": "000725", "post_id": post["post_id"] + 1}
        for post in make_posts(100, seed=3)
    ]
    page = {"rc": 1, "count": 100, "bar_code": "000725", "re": other[:80]}
    second = {**page, "re": other[80:]}
    empty = {**page, "re": []}
    pages = {"f.html": page, "f_2": second, "f_3": empty}
    blocked = True

    def tamper(path):
        if "/list,000725" not in path:
            return None
        found = next(pages[key] for key in pages if key in path)
        return CHALLENGE if blocked and found is second else script("article_list", found)

    forum.tamper = tamper
    arguments = {"bars": f"{BAR},000725", "post_pages": "never"}
    _, closed = crawl(forum, journal, **arguments)
    assert closed["reason"] == "challenge"
    blocked = False
    asked = len(forum.asked_for(BAR))
    posts, closed = crawl(forum, journal, **arguments)
    assert (len(posts), closed["reason"]) == (400, "finished")
    assert len(forum.asked_for(BAR)) == asked
    assert json.dumps(posts).count('"000725"') == 100
