"""The pages of the synthetic forum, over loopback: they parse, and they reconcile to the row."""

import http.client
import json
from contextlib import contextmanager

import pytest

from sfr_pipeline.sandbox.forum import BAR, make_forum
from sfr_pipeline.sandbox.pages import OTHER_BAR, Pages
from sfr_pipeline.sandbox.server import serve
from sfr_pipeline.scrapers.post_ids import with_year


@pytest.fixture(scope="module")
def forum():
    return make_forum("2019-01", "2020-03")


@contextmanager
def reader(url):
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)

    def get(path):
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()

    yield get
    connection.close()


def embedded(page, name):
    _, _, rest = page.decode().partition(f"var {name}=")
    return json.JSONDecoder().raw_decode(rest)[0]


def is_own(row):
    return row.get("stockbar_code") == BAR


@pytest.fixture(scope="module")
def lists(forum):
    """Every list page's data, as served."""
    with serve(forum) as url, reader(url) as get:
        found = []
        for number in range(1, 1000):
            status, page = get(
                f"/list,{BAR},f_{number}.html" if number > 1 else f"/list,{BAR},f.html"
            )
            assert status == 200
            assert b"em_capt.js" in page
            data = embedded(page, "article_list")
            if not data["re"]:
                return found
            found.append(data)
    raise AssertionError("no end of pages")


def test_the_lists_hold_every_post_and_reconcile_to_the_row(forum, lists):
    rows = [row for data in lists for row in data["re"]]
    own = [row["post_id"] for row in rows if is_own(row)]
    assert sorted(set(own), reverse=True) == list(forum.posts["post_id"])[::-1]
    pages = Pages(forum)
    assert len(lists) == pages.last == -(-(len(forum.posts) + pages.other_rows - 2) // 80)
    assert len(own) - len(set(own)) == pages.repeated_rows > 0
    assert len(rows) - len(own) == pages.other_rows > 2
    assert lists[0]["bar_info"]["InnerCode"] == "szzs"
    assert {data["bar_code"] for data in lists} == {BAR}


def test_the_lists_are_in_order_but_for_what_was_planted(forum, lists):
    sound = set(forum.posts.loc[forum.posts["fault"] == "", "post_id"])
    times = [
        [row["post_publish_time"] for row in data["re"] if is_own(row) and row["post_id"] in sound]
        for data in lists
    ]
    for page, following in zip(times, [*times[1:], None], strict=True):
        assert page == sorted(page, reverse=True)
        # What new posts have pushed on stands on both pages.
        assert following is None or page[-3] >= following[0]


def test_the_first_page_has_rows_from_elsewhere_and_lists_have_no_likes(lists):
    first = lists[0]["re"]
    assert first[0]["post_top_status"] == 1
    assert first[0]["stockbar_code"] == OTHER_BAR
    nested = [row for row in first if "post_guba" in row]
    assert len(nested) == 1
    assert nested[0]["post_like_count"] == 83
    flat = [row for data in lists for row in data["re"] if "post_guba" not in row]
    assert not any("post_like_count" in row for row in flat)
    assert max(len(row["post_title"]) for row in flat) == 40


def test_a_post_has_its_page_and_a_deleted_one_its_shell(forum):
    posts = forum.posts
    with serve(forum) as url, reader(url) as get:
        for row in posts[posts["fault"] == ""].iloc[::200].itertuples():
            status, page = get(f"/news,{BAR},{row.post_id}.html")
            assert status == 200
            if row.deleted:
                assert "页面不存在" in page.decode()
                continue
            article = embedded(page, "post_article")
            assert article["post_id"] == row.post_id
            assert article["post_title"] == row.text
            assert article["post_like_count"] == row.likes
            assert article["post_guba"]["stockbar_code"] == BAR
        gone = posts[posts["deleted"]].iloc[0]
        assert "页面不存在" in get(f"/news,{BAR},{gone.post_id}.html")[1].decode()
        surrogate = posts[posts["fault"] == "lone_surrogate"].iloc[0]
        page = get(f"/news,{BAR},{surrogate.post_id}.html")[1]
        assert "\ud83d" in embedded(page, "post_article")["post_title"]
        script = posts[posts["fault"] == "script_tag"].iloc[0]
        page = get(f"/news,{BAR},{script.post_id}.html")[1].decode()
        assert page.count("</script>") == 2  # the captcha's and the data's: none from the post
        assert "<script>" in embedded(page.encode(), "post_article")["post_title"]


def test_the_identity_check_is_switched_on_after_so_many_pages(forum):
    with serve(forum, challenge_after=3) as url, reader(url) as get:
        assert get("/robots.txt")[1].startswith(b"User-agent")
        for number in (1, 2, 3):
            assert b"article_list" in get(f"/list,{BAR},f_{number}.html")[1]
        for path in (f"/list,{BAR},f_4.html", f"/news,{BAR},{forum.posts['post_id'].iloc[0]}.html"):
            status, page = get(path)
            assert status == 200
            assert len(page) < 5000
            assert "<title>身份核实</title>" in page.decode()
            assert b"em_capt.js" in page
        assert get("/robots.txt")[0] == 200


def test_the_other_layouts_show_the_same_posts_without_a_year(forum):
    from lxml import html

    sound = forum.posts[forum.posts["fault"] == ""].set_index("post_id")
    for layout, link, clock, reads in (
        (
            "dom",
            ".//a[@data-postid]",
            ".//div[contains(@class,'pub_time')]",
            ".//div[@class='read']",
        ),
        ("old", ".//span[@class='l3 a3']/a", ".//span[@class='l5 a5']", ".//span[@class='l1 a1']"),
    ):
        with serve(forum, layout=layout) as url, reader(url) as get:
            page = get(f"/list,{BAR},f_2.html")[1].decode()
            assert "article_list" not in page
            row_path = "//tr" if layout == "dom" else "//div[contains(@class,'normal_post')]"
            seen = 0
            for row in html.fromstring(page).xpath(row_path):
                address = row.xpath(link)[0].get("href")
                number = int(address.rpartition(",")[2].removesuffix(".html"))
                if f",{BAR}," not in address or number not in sound.index:
                    continue
                post = sound.loc[number]
                assert int(row.xpath(reads)[0].text) == post["reads"]
                found = with_year(row.xpath(clock)[0].text, number)
                assert found == post["published"].strftime("%Y-%m-%d %H:%M")
                seen += 1
            assert seen > 60
            post = sound[~sound["deleted"]].iloc[0]
            article = get(f"/news,{BAR},{post.name}.html")[1]
            data = embedded(article, "post_article")
            data = data["post"] if layout == "old" else data
            assert data["post_like_count"] == post["likes"]
            if layout == "old":
                assert f"发表于 {post['published']}" in article.decode()


def test_unknown_addresses_are_not_found(forum):
    with serve(forum) as url, reader(url) as get:
        assert get("/nothing")[0] == 404
        assert "页面不存在" in get(f"/news,{BAR},1.html")[1].decode()
        assert get("/")[0] == 302
