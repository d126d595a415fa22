"""When a crawl must stop, and what it says then."""

from functools import partial

import pytest

from sfr_pipeline_tests.scrapers.crawls import crawl, ids
from sfr_pipeline_tests.scrapers.forum import (
    BAR,
    CHALLENGE,
    DELETED,
    lists,
    make_posts,
    refuses,
    script,
)

SOFT_BLOCK = script("article_list", {"rc": 1, "re": [], "count": 0, "bar_code": BAR})


@pytest.mark.parametrize(
    ("answer", "reason", "said"),
    [
        (CHALLENGE, "challenge", "whether a person is reading"),
        ((403, CHALLENGE), "challenge", "whether a person is reading"),
        ((403, "no"), "http_error", "status 403"),
        ((503, "no"), "http_error", "status 503"),
        ("<html>new design</html>", "unrecognised", "is no list of posts"),
        (DELETED, "unrecognised", "is no list of posts"),
        ((302, "", {"Location": "http://example.invalid/"}), "unrecognised", "another site"),
        (
            script("article_list", {"rc": 1, "re": [], "count": 1000, "bar_code": BAR}),
            "unrecognised",
            "is empty, but the bar has 1000 posts",
        ),
        (SOFT_BLOCK, "unrecognised", "is empty, but the bar has 300 posts"),
        (
            script("article_list", {"rc": 1, "re": [], "count": 99, "bar_code": "000725"}),
            "other_bar",
            "shows another bar (000725)",
        ),
    ],
)
def test_the_crawl_stops_and_says_why(forum, journal, answer, reason, said):
    forum.tamper = refuses("f_3", answer)
    posts, closed = crawl(forum, journal, post_pages="never")
    assert closed["reason"] == reason
    assert said in closed["message"]
    assert "run again" in closed["message"]
    assert len(posts) == closed["posts"] == 160
    # The same page again only where the server failed, and then no more than three times.
    assert len(forum.asked_for("f_3")) == (3 if answer[0] == 503 else 1)
    assert forum.asked[-1] == f"/list,{BAR},f_3.html"


@pytest.mark.parametrize("count", [0, 300, None])
def test_a_bar_whose_first_page_is_empty_is_not_taken_for_an_empty_one(forum, journal, count):
    forum.tamper = refuses("/list", forum.list_page(9, count=count))
    posts, closed = crawl(forum, journal, post_pages="never")
    assert (posts, closed["reason"]) == ([], "unrecognised")
    assert "is empty, but the bar has" in closed["message"]


def test_an_empty_page_does_not_end_a_list_that_has_outrun_its_count(forum, journal):
    forum.posts = make_posts(800)
    forum.list_page = partial(forum.list_page, count=80)
    forum.tamper = refuses("f_5", script("article_list", {"rc": 1, "re": [], "count": 80}))
    posts, closed = crawl(forum, journal, post_pages="never")
    assert (len(posts), closed["reason"]) == (320, "unrecognised")
    assert "held more than the 80 posts that the site counts" in closed["message"]


def test_what_a_site_says_of_itself_neither_fills_nor_forges_a_message(forum, journal):
    name = "\x1b[2J\u202e" + "x" * 100_000
    forum.tamper = refuses("/list", forum.list_page(1, bar_code=name, bar_info={}))
    _, closed = crawl(forum, journal)
    assert closed["reason"] == "other_bar"
    assert "(\\x1b[2J\\u202exxx" in closed["message"]
    assert closed["message"].isprintable()
    assert len(closed["message"]) < 400


def test_an_identity_check_among_the_posts_stops_at_once_and_nothing_is_fetched_twice(
    forum, journal
):
    fifth = forum.posts[104]["post_id"]
    forum.tamper = refuses(str(fifth), CHALLENGE)
    posts, closed = crawl(forum, journal, post_pages="all")
    assert (closed["reason"], len(posts)) == ("challenge", 104)
    forum.tamper = lambda path: None
    posts, closed = crawl(forum, journal, post_pages="all")
    assert ids(posts) == [post["post_id"] for post in forum.posts]
    assert len(forum.asked_for("/news")) == 300 + 1


def test_several_odd_post_pages_in_a_row_stop_the_crawl(forum, journal):
    forum.tamper = refuses("/news", "<html>please update your browser</html>")
    posts, closed = crawl(forum, journal, post_pages="all")
    assert (closed["reason"], len(posts)) == ("unrecognised", 2)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((302, "", {"Location": "http://example.invalid/"}), "leads to another site"),
        (DELETED, "is gone"),
    ],
)
def test_post_pages_that_are_all_absent_stop_the_crawl(forum, journal, answer, said):
    forum.tamper = refuses("/news", answer)
    posts, closed = crawl(forum, journal, post_pages="all")
    assert (closed["reason"], len(posts)) == ("turned_away", 19)
    assert said in closed["message"]
    assert "run again" in closed["message"]


def test_absent_post_pages_among_others_do_not_stop_the_crawl(forum, journal):
    there = {str(post["post_id"]) for post in forum.posts[::20]}
    away = 302, "", {"Location": "http://example.invalid/"}
    forum.tamper = lambda path: away if "/news" in path and path[-14:-5] not in there else None
    posts, closed = crawl(forum, journal, post_pages="all")
    assert (closed["reason"], len(posts)) == ("finished", 300)
    assert sum(post["likes"] is not None for post in posts) == len(there)


def test_robots_txt_is_obeyed(forum, journal):
    forum.robots = "User-agent: *\nDisallow: /list\n"
    _, closed = crawl(forum, journal)
    assert (closed["reason"], forum.asked) == ("robots", ["/robots.txt"])
    assert "does not allow" in closed["message"]

    forum.robots = "User-agent: *\nDisallow: /news\n"
    _, closed = crawl(forum, journal)
    assert closed["reason"] == "robots"
    assert forum.asked_for("/news") == []


def test_unknown_rules_are_not_taken_for_none(forum, journal):
    forum.tamper = refuses("robots", (503, "no"))
    posts, closed = crawl(forum, journal)
    assert (posts, closed["reason"]) == ([], "robots")
    assert len(lists(forum)) == 1


def test_a_list_in_the_order_of_replies_is_not_believed(forum, journal):
    page = (
        "<div id='articlelistnew'><div class='dheader'>最后更新</div>"
        f"<div class='articleh normal_post'><span class='l3'><a href='/news,{BAR},9.html'>x</a>"
        "</span><span class='l5'>01-02 03:04</span></div></div>"
    )
    forum.tamper = refuses("/list", page)
    _, closed = crawl(forum, journal)
    assert closed["reason"] == "unrecognised"
    assert "order of last replies" in closed["message"]


def test_a_list_that_leads_nowhere_ends(forum, journal):
    page = forum.list_page(1, count=10**6)
    forum.tamper = refuses("/list", page)
    posts, closed = crawl(forum, journal, post_pages="never")
    assert (closed["reason"], len(posts)) == ("unrecognised", 80)
    assert "nothing new" in closed["message"]


def test_a_server_that_is_not_there_is_an_error(forum, journal):
    forum.server.server_close()
    _, closed = crawl(forum, journal)
    assert closed["reason"] == "http_error"
    assert "could not be fetched" in closed["message"]
