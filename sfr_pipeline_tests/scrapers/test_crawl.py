"""Claims about whole crawls of a tiny forum, whatever the forum does meanwhile."""

import json
import random
import signal
import time
from itertools import pairwise

import pytest

from sfr_pipeline_tests.scrapers.crawls import crawl, start
from sfr_pipeline_tests.scrapers.forum import (
    BAR,
    CHALLENGE,
    DELETED,
    Forum,
    make_post,
    make_posts,
    script,
)


@pytest.fixture
def journal(tmp_path):
    return tmp_path / "journal.jsonl"


@pytest.fixture
def forum():
    with Forum(make_posts(300)) as forum:
        yield forum


def ids(posts):
    return [int(post["post_id"]) for post in posts]


def within(forum, first, last):
    return [p["post_id"] for p in forum.posts if first <= p["post_publish_time"][:7] <= last]


def lists(forum):
    return forum.asked_for("/list")


# --- What is fetched ------------------------------------------------------------------------------


def test_every_post_of_the_window_comes_once_with_what_its_pages_say(forum, journal):
    posts, closed = crawl(forum, journal, contact="someone@example.org")
    assert closed["reason"] == "finished"
    assert (closed["posts"], closed["pages"]) == (300, 5)  # the empty fifth page ends the list
    assert ids(posts) == [post["post_id"] for post in forum.posts]
    for post, true in zip(posts, forum.posts, strict=True):
        fetched = true["post_comment_count"] > 0
        number = true["post_id"]
        assert {name: value for name, value in post.items() if name != "retrieved_at"} == {
            "kind": "post",
            "post_id": str(number),
            "bar": BAR,
            "title": f"标题 {number}",
            "content": f"正文 {number}" if fetched else None,
            "published": true["post_publish_time"],
            "reads": number % 1000,
            "likes": number % 11 if fetched else None,
            "comments": true["post_comment_count"],
            "shares": number % 3,
            "post_type": 0,
            "automatic": False,
            "deleted": False,
            "url": f"{forum.site}/news,{BAR},{number}.html",
        }
    assert closed["requests"] == len(forum.asked) == 1 + 6 + 100  # page 1 is asked for twice
    assert forum.asked[0] == "/robots.txt"
    (agent,) = forum.agents
    assert agent.startswith("sfr_pipeline (")
    assert "someone@example.org" in agent


def test_a_window_is_found_with_few_requests(journal):
    with Forum(make_posts(80 * 200, days=4000)) as forum:
        wanted = within(forum, "2020-03", "2020-03")
        # The month begins in the lower half of a page, where only the older rows belong to it.
        newest = next(i for i, post in enumerate(forum.posts) if post["post_id"] == wanted[0])
        forum.posts = forum.posts[(newest - 60) % 80 :]
        posts, closed = crawl(forum, journal, ("2020-03", "2020-03"), post_pages="never")
    assert ids(posts) == wanted
    assert closed["requests"] < 25  # of 200 pages


def test_a_window_without_posts_is_finished_and_empty(forum, journal):
    posts, closed = crawl(forum, journal, ("2015-01", "2015-02"))
    assert (posts, closed["reason"]) == ([], "finished")


def test_pinned_and_foreign_rows_neither_mislead_nor_come_along(forum, journal):
    pinned = make_post(850_000_000, "2020-02-10 00:00:00", post_top_status=1)
    foreign = make_post(850_000_001, "2020-02-10 00:00:00", stockbar_code="000725")
    stale = make_post(850_000_002, "2011-01-01 00:00:00")
    forum.top = [pinned, foreign, stale]
    posts, closed = crawl(forum, journal, ("2020-02", "2020-02"), post_pages="all")
    assert closed["reason"] == "finished"
    assert ids(posts) == [850_000_000, *within(forum, "2020-02", "2020-02")]


def test_posts_that_arrive_meanwhile_hide_none_and_double_none(forum, journal):
    before = [post["post_id"] for post in forum.posts]
    arriving = make_posts(60, first="2020-05-01", days=20, seed=2)

    def spoil(path):
        if path.startswith("/list"):
            for _ in range(7):
                newest = arriving.pop()
                forum.posts = [{**newest, "post_id": newest["post_id"] + 10**6}, *forum.posts]

    forum.spoil = spoil
    posts, closed = crawl(forum, journal, post_pages="never")
    assert closed["reason"] == "finished"
    assert ids(posts) == before


def test_a_deleted_post_is_kept_without_likes(forum, journal):
    gone, redirected, missing = (post["post_id"] for post in forum.posts[:3])
    spoiled = {
        str(gone): DELETED,
        str(redirected): (302, "", {"Location": "/error?type=2"}),
        "error": "<html>sorry</html>",
        str(missing): (404, "nothing"),
    }
    forum.spoil = lambda path: next((spoiled[key] for key in spoiled if key in path), None)
    posts, closed = crawl(forum, journal, post_pages="all")
    assert (len(posts), closed["reason"]) == (300, "finished")
    assert [(post["deleted"], post["likes"], post["content"]) for post in posts[:3]] == [
        (True, None, None)
    ] * 3
    assert sum(post["deleted"] for post in posts) == 3


def test_a_page_elsewhere_or_of_another_post_leaves_the_row_as_it_is(forum, journal):
    elsewhere, other = forum.posts[0]["post_id"], forum.posts[1]["post_id"]

    def spoil(path):
        if str(elsewhere) in path:
            return 302, "", {"Location": "http://example.invalid/x"}
        return forum.post_page(forum.posts[2]["post_id"]) if str(other) in path else None

    forum.spoil = spoil
    posts, closed = crawl(forum, journal, post_pages="all")
    assert (len(posts), closed["reason"]) == (300, "finished")
    assert [(post["likes"], post["deleted"]) for post in posts[:2]] == [(None, False)] * 2


def test_hostile_rows_come_through_as_they_are(forum, journal):
    newest = forum.posts[0]["post_publish_time"]
    odd = [
        make_post(990_000_000, newest, post_title="<script>alert(1)</script>"),
        make_post(990_000_001, newest, post_title="null \x00 bell \x07"),
        make_post(990_000_002, newest, post_title="half \ud800", post_click_count="1.2万"),
        make_post(990_000_003, newest, post_title="\u202eright to left 😀"),
        make_post(990_000_004, newest, post_click_count=-5, post_comment_count=-1),
        make_post(990_000_005, "2099-01-01 00:00:00"),
        make_post(990_000_006, "昨天"),
        make_post(990_000_007, newest, post_title="x" * 10_000_000),
        make_post("../../etc", newest),
        {"post_title": "no number", "stockbar_code": BAR, "post_publish_time": newest},
        ["no row"],
        None,
    ]
    forum.posts = odd[:6] + forum.posts[:40] + odd[6:] + forum.posts[40:]
    big = forum.posts[44]["post_id"]
    torn = forum.posts[7]["post_id"]

    def spoil(path):
        if str(big) in path:
            return "<html>" + "x" * 10_000_000
        if path.endswith(f"{torn}.html"):
            return script("post_article", '{"post_id": ')
        return None

    forum.spoil = spoil
    posts, closed = crawl(forum, journal, post_pages="commented")
    assert closed["reason"] == "finished"
    assert len(posts) == 312
    journal.read_bytes().decode("utf-8")
    found = {post["post_id"]: post for post in posts}
    for row in odd[:9]:
        post = found[str(row["post_id"])]
        assert post["title"] == row["post_title"]
        assert post["published"] == row["post_publish_time"]
        assert post["reads"] == row["post_click_count"]
        assert post["comments"] == row["post_comment_count"]
    nameless = [post for post in posts if post["post_id"] is None]
    assert [(post["title"], post["content"]) for post in nameless] == [
        ("no number", None),
        (None, '["no row"]'),
        (None, "null"),
    ]


# --- When the crawl must stop ---------------------------------------------------------------------


def refuses(after, answer):
    """A forum's `spoil` that answers everything in one way from some list page on."""
    return lambda path: answer if after in path else None


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
        (
            script("article_list", {"rc": 1, "re": [], "count": 99, "bar_code": "000725"}),
            "other_bar",
            "shows another bar (000725)",
        ),
    ],
)
def test_the_crawl_stops_and_says_why(forum, journal, answer, reason, said):
    forum.spoil = refuses("f_3", answer)
    posts, closed = crawl(forum, journal, post_pages="never")
    assert closed["reason"] == reason
    assert said in closed["message"]
    assert "run again" in closed["message"]
    assert len(posts) == closed["posts"] == 160
    # The same page again only where the server failed, and then no more than three times.
    assert len(forum.asked_for("f_3")) == (3 if answer[0] == 503 else 1)
    assert forum.asked[-1] == f"/list,{BAR},f_3.html"


def test_an_identity_check_among_the_posts_stops_at_once_and_nothing_is_fetched_twice(
    forum, journal
):
    fifth = forum.posts[104]["post_id"]
    forum.spoil = refuses(str(fifth), CHALLENGE)
    posts, closed = crawl(forum, journal, post_pages="all")
    assert (closed["reason"], len(posts)) == ("challenge", 104)
    forum.spoil = lambda path: None
    posts, closed = crawl(forum, journal, post_pages="all")
    assert ids(posts) == [post["post_id"] for post in forum.posts]
    assert len(forum.asked_for("/news")) == 300 + 1


def test_several_odd_post_pages_in_a_row_stop_the_crawl(forum, journal):
    forum.spoil = refuses("/news", "<html>please update your browser</html>")
    posts, closed = crawl(forum, journal, post_pages="all")
    assert (closed["reason"], len(posts)) == ("unrecognised", 2)


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
    forum.spoil = refuses("robots", (503, "no"))
    posts, closed = crawl(forum, journal)
    assert (posts, closed["reason"]) == ([], "robots")
    assert len(lists(forum)) == 1


def test_a_list_in_the_order_of_replies_is_not_believed(forum, journal):
    page = (
        "<div id='articlelistnew'><div class='dheader'>最后更新</div>"
        f"<div class='articleh normal_post'><span class='l3'><a href='/news,{BAR},9.html'>x</a>"
        "</span><span class='l5'>01-02 03:04</span></div></div>"
    )
    forum.spoil = refuses("/list", page)
    _, closed = crawl(forum, journal)
    assert closed["reason"] == "unrecognised"
    assert "order of last replies" in closed["message"]


def test_a_list_that_leads_nowhere_ends(forum, journal):
    page = forum.list_page(1, count=10**6)
    forum.spoil = refuses("/list", page)
    posts, closed = crawl(forum, journal, post_pages="never")
    assert (closed["reason"], len(posts)) == ("unrecognised", 80)
    assert "nothing new" in closed["message"]


def test_a_server_that_is_not_there_is_an_error(forum, journal):
    forum.server.server_close()
    _, closed = crawl(forum, journal)
    assert closed["reason"] == "http_error"
    assert "could not be fetched" in closed["message"]


# --- Kill and resume ------------------------------------------------------------------------------


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
        process.join(60)
        assert process.exitcode == -signal.SIGKILL
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


def test_a_finished_month_is_crawled_again_and_sees_what_changed(forum, journal):
    crawl(forum, journal, post_pages="never")
    forum.posts[0]["post_click_count"] = 123_456
    posts, closed = crawl(forum, journal, post_pages="never")
    assert (len(posts), closed["posts"]) == (300, 300)
    assert posts[0]["reads"] == 123_456


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

    def spoil(path):
        if "/list,000725" not in path:
            return None
        found = next(pages[key] for key in pages if key in path)
        return CHALLENGE if blocked and found is second else script("article_list", found)

    forum.spoil = spoil
    arguments = {"bars": f"{BAR},000725", "post_pages": "never"}
    _, closed = crawl(forum, journal, **arguments)
    assert closed["reason"] == "challenge"
    blocked = False
    asked = len(forum.asked_for(BAR))
    posts, closed = crawl(forum, journal, **arguments)
    assert (len(posts), closed["reason"]) == (400, "finished")
    assert len(forum.asked_for(BAR)) == asked
    assert json.dumps(posts).count('"000725"') == 100


# --- At leisure -----------------------------------------------------------------------------------


def test_the_delay_lies_between_any_two_requests(forum, journal):
    times = []
    forum.spoil = lambda path: times.append(time.monotonic())
    forum.posts = forum.posts[:3]
    _, closed = crawl(forum, journal, post_pages="all", delay="0.2")
    assert closed["reason"] == "finished"
    gaps = [after - before for before, after in pairwise(times)]
    assert len(gaps) == 6
    assert min(gaps) > 0.18


def test_autothrottle_slows_down_for_a_slow_server(forum, journal):
    times = []

    def spoil(path):
        times.append(time.monotonic())
        time.sleep(0.3 if "/news" in path else 0)

    forum.spoil = spoil
    forum.posts = forum.posts[:3]
    crawl(forum, journal, post_pages="all", delay="0.05")
    # An answer took 0.3 s, and as much again passes before the next request.
    assert times[-1] - times[-2] > 0.58
