"""What whole crawls of a tiny forum fetch, whatever the forum does meanwhile."""

from functools import partial

import pytest

from sfr_pipeline_tests.scrapers.crawls import crawl, ids
from sfr_pipeline_tests.scrapers.forum import (
    BAR,
    DELETED,
    Forum,
    lists,
    make_post,
    make_posts,
    refuses,
    script,
    within,
)


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
        (None, "(list)"),
        (None, "(NoneType)"),
    ]
