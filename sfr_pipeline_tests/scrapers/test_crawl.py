"""Claims about whole crawls of a tiny forum, whatever the forum does meanwhile."""

import json
import random
import signal
import time
from datetime import datetime
from functools import partial
from itertools import pairwise

import pytest

from scrapers.journal import stored_journal
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


def test_a_window_without_posts_is_finished_and_empty_where_older_posts_are_shown(journal):
    with Forum(make_posts(200, first="2020-03-01", days=30) + make_posts(200, days=30)) as forum:
        posts, closed = crawl(forum, journal, ("2020-02", "2020-02"), post_pages="never")
    assert (posts, closed["reason"]) == ([], "finished")


def test_an_empty_window_before_all_that_is_shown_is_not_believed(forum, journal):
    for _ in range(2):  # nor does trying again without asking again make it true
        asked = len(lists(forum))
        posts, closed = crawl(forum, journal, ("2015-01", "2015-02"))
        assert (posts, closed["reason"]) == ([], "unrecognised")
        assert "No post of 2015-01 to 2015-02 was shown, nor any older one" in closed["message"]
        assert len(lists(forum)) > asked


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

    def tamper(path):
        if path.startswith("/list"):
            for _ in range(7):
                newest = arriving.pop()
                forum.posts = [{**newest, "post_id": newest["post_id"] + 10**6}, *forum.posts]

    forum.tamper = tamper
    posts, closed = crawl(forum, journal, post_pages="never")
    assert closed["reason"] == "finished"
    assert ids(posts) == before


@pytest.mark.parametrize("count", [0, 80, None])
def test_a_list_with_a_wrong_count_is_walked_all_the_same(forum, journal, count):
    forum.posts = make_posts(800)
    forum.tamper = lambda path: (
        forum.list_page(
            int(path.rstrip(".html").split("f_")[-1]) if "f_" in path else 1, count=count
        )
        if "/list" in path
        else None
    )
    months = "2020-02", "2020-02"
    posts, closed = crawl(forum, journal, months, post_pages="never")
    assert closed["reason"] == "finished"
    assert ids(posts) == within(forum, *months)


def test_a_site_that_repeats_its_last_page_leads_no_search_astray(forum, journal):
    forum.tamper = lambda path: (
        forum.list_page(min(int(path[:-5].split("_")[1]), 4), count=None) if "f_" in path else None
    )
    forum.list_page = partial(forum.list_page, count=None)
    posts, closed = crawl(forum, journal, ("2019-11", "2019-12"), post_pages="never")
    assert (posts, closed["reason"]) == ([], "unrecognised")
    assert closed["requests"] < 40


def test_the_last_line_sums_up_what_was_left_out_or_inferred(forum, journal):
    forum.top = [make_post(850_000_001, "2020-02-10 00:00:00", stockbar_code="000725")]
    _, closed = crawl(forum, journal, post_pages="never")
    assert closed["message"] == (
        "300 posts from 5 list pages. In this run 1 rows of other bars were left out."
    )
    rows = "".join(
        "<div class='articleh normal_post'><span class='l3'>"
        f"<a href='/news,{BAR},{number}.html'>x</a></span><span class='l5'>{time}</span></div>"
        for number, time in ((799_900_000, "01-02 03:04"), (799_800_000, "12-31 23:59"))
    )
    head = f"<div id='articlelistnew' data-pager='list,{BAR}|2|80|1'>"
    forum.tamper = refuses("/list", f"{head}<div class='dheader'>发帖时间</div>{rows}</div>")
    months = "2019-01", "2019-01"
    posts, closed = crawl(forum, journal.with_name("old"), months, post_pages="never")
    assert [post["published"] for post in posts] == ["2019-01-02 03:04"]
    assert "1 years were inferred from post numbers" in closed["message"]


def test_a_deleted_post_is_kept_without_likes(forum, journal):
    gone, redirected, missing = (post["post_id"] for post in forum.posts[:3])
    damaged = {
        str(gone): DELETED,
        str(redirected): (302, "", {"Location": "/error?type=2"}),
        "error": "<html>sorry</html>",
        str(missing): (404, "nothing"),
    }
    forum.tamper = lambda path: next((damaged[key] for key in damaged if key in path), None)
    posts, closed = crawl(forum, journal, post_pages="all")
    assert (len(posts), closed["reason"]) == (300, "finished")
    assert [(post["likes"], post["content"]) for post in posts[:4]] == [
        *[(None, None)] * 3,
        (posts[3]["likes"], f"正文 {posts[3]['post_id']}"),
    ]
    assert "3 posts were gone" in closed["message"]


def test_a_page_elsewhere_or_of_another_post_leaves_the_row_as_it_is(forum, journal):
    elsewhere, other = forum.posts[0]["post_id"], forum.posts[1]["post_id"]

    def tamper(path):
        if str(elsewhere) in path:
            return 302, "", {"Location": "http://example.invalid/x"}
        return forum.post_page(forum.posts[2]["post_id"]) if str(other) in path else None

    forum.tamper = tamper
    posts, closed = crawl(forum, journal, post_pages="all")
    assert (len(posts), closed["reason"]) == (300, "finished")
    assert [(post["likes"], post["content"]) for post in posts[:2]] == [(None, None)] * 2


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

    def tamper(path):
        if str(big) in path:
            return "<html>" + "x" * 10_000_000
        if path.endswith(f"{torn}.html"):
            return script("post_article", '{"post_id": ')
        return None

    forum.tamper = tamper
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


SOFT_BLOCK = script("article_list", {"rc": 1, "re": [], "count": 0, "bar_code": BAR})


def refuses(after, answer):
    """A forum's `tamper` that answers everything in one way from some list page on."""
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


# --- At leisure -----------------------------------------------------------------------------------


def test_the_delay_lies_between_any_two_requests(forum, journal):
    times = []
    forum.tamper = lambda path: times.append(time.monotonic())
    forum.posts = forum.posts[:3]
    _, closed = crawl(forum, journal, post_pages="all", delay="0.2")
    assert closed["reason"] == "finished"
    gaps = [after - before for before, after in pairwise(times)]
    assert len(gaps) == 6
    assert min(gaps) > 0.18


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
