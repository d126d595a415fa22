"""Reading pages that this project makes itself, in every layout of the site."""

import json
from pathlib import Path

import pytest

from sfr_pipeline.scrapers.pages import ListPage, OtherPage, PostPage, parse_page
from sfr_pipeline.scrapers.rows import Row
from sfr_pipeline_tests.scrapers.forum import script

PAGES = Path(__file__).parent / "pages"


def own(name):
    return parse_page((PAGES / name).read_text(encoding="utf-8"))


def test_list_with_rows_of_both_shapes_and_broken_ones():
    page = own("list_json.html")
    assert page.bar_names == {"600000", "old600000"}
    assert (page.count, page.time) == (161, "2026-05-02T11:00:00.1234567")
    pinned, elsewhere, plain, odd, no_row, no_number = page.rows
    assert pinned == Row(
        post_id="1700000003",
        bar="600000",
        title="置顶公告",
        time="2026-03-01 09:00:00",
        reads=9000,
        comments=30,
        shares=12,
        post_type=3,
        automatic=True,
        pinned=True,
    )
    assert elsewhere == Row(
        post_id="1690000001",
        bar="cfhpl",
        title="别处的热帖",
        time="2026-04-20 12:00:00",
        reads=50000,
        likes=83,
        comments=8,
        shares=70,
        post_type=20,
        automatic=False,
        pinned=True,
    )
    assert plain == Row(
        post_id="1700000009",
        bar="600000",
        title="今天<b>涨停</b>了😀",
        time="2026-05-02 10:34:14",
        reads=16,
        comments=2,
        shares=0,
        post_type=0,
        automatic=False,
    )
    assert odd == Row(
        post_id="1700000008",
        bar="600000",
        title="计数很怪",
        time="昨天",
        reads="1.2万",
        shares=-3,
        post_type=0,
    )
    assert no_row == Row(content="(str)")
    assert no_number == Row(bar="600000", title="没有编号")


def test_empty_list():
    page = own("list_empty.html")
    assert (page.rows, page.count) == ((), 161)


def test_old_list_by_publication_gets_its_years_from_the_numbers():
    page = own("list_old_by_publication.html")
    assert (page.bar_names, page.count) == ({"600000"}, 4321)
    assert page.rows == (
        Row(
            post_id="800100200",
            bar="600000",
            title="一个比较长的标题",
            time="2019-01-02 03:04",
            year_inferred=True,
            reads="3.4万",
            comments="56",
        ),
        Row(
            post_id="799800000",
            bar="600000",
            title="除夕&新年",
            time="2018-12-31 23:59",
            year_inferred=True,
            reads="78",
            comments="0",
        ),
    )


def test_old_list_by_reply_says_so_and_gets_no_year():
    page = own("list_old_by_reply.html")
    assert [(row.time, row.time_is, row.published) for row in page.rows] == [
        ("01-02 03:04", "last_reply", None),
        ("12-31 23:59", "last_reply", None),
    ]


def test_table_rows():
    published, answered, unlinked = own("list_table.html").rows
    assert published == Row(
        post_id="1740000000",
        bar="600000",
        title="表格里的帖子",
        time="2026-07-12 16:26",
        year_inferred=True,
        reads="15",
        comments="6",
        post_type="0",
    )
    assert (answered.time, answered.time_is) == ("07-12 16:20", "last_reply")
    assert unlinked == Row(reads="1", time="07-12 16:19")


def test_post_is_read_from_its_script_whatever_its_title_quotes():
    assert own("post_json.html") == PostPage(
        Row(
            post_id="1700000009",
            bar="600000",
            title="今天涨停了，引用 var post_article={}",
            content="第一段 <好> 第二段 页面不存在",
            time="2026-05-02 10:34:14",
            reads=21,
            likes=6,
            comments=3,
            shares=1,
            post_type=0,
            automatic=False,
        )
    )


def test_post_with_its_object_nested():
    assert own("post_json_nested.html") == PostPage(
        Row(
            post_id="800100200",
            bar="600000",
            title="旧帖",
            content="正文",
            time="2019-01-02 03:04:05",
            reads=34001,
            likes=0,
            comments=56,
            shares=2,
            post_type=0,
            automatic=True,
        )
    )


def test_post_in_the_old_layout():
    assert own("post_old.html") == PostPage(
        Row(title="更旧的帖子", content="跌了 又跌了", time="2013-06-24 07:47:30")
    )


def test_pages_that_are_something_else():
    assert own("challenge.html") == OtherPage("challenge")
    assert own("deleted.html") == OtherPage("deleted")
    assert parse_page("<html></html>", "https://x/error?type=2") == OtherPage("deleted")


@pytest.mark.parametrize(
    "page",
    ["", "\x00", "<!---->", "<html><script src='em_capt.js'></script></html>", "{}", "\ud800"]
    + [script("article_list", text) for text in ("{", '{"re": [', '{"rc": 0, "re": []}', "{}")]
    + [script("post_article", text) for text in ("{}", '{"post_id": null}', '{"a":' * 9999)],
)
def test_what_is_no_page_of_the_forum_is_unrecognised(page):
    assert parse_page(page) == OtherPage("unrecognised")


def test_values_pass_as_they_are():
    values = {
        "post_id": 5,
        "post_title": 'null \x00, half \ud800, \u202eright to left, <script>alert("x")</script>',
        "post_click_count": -7,
        "post_comment_count": "1.2万",
        "post_forward_count": [1],
        "post_type": float("inf"),
        "post_publish_time": 20200101,
    }
    text = json.dumps({"rc": 1, "re": [values]}).replace("\\u0000", "\x00")
    (row,) = parse_page(script("article_list", text)).rows
    assert row == Row(
        post_id="5",
        title=values["post_title"],
        time=20200101,
        reads=-7,
        comments="1.2万",
        shares="(list)",
        post_type="Infinity",
    )


def test_numbers_that_no_json_holds_stay_text():
    text = '{"rc": 1, "re": [{"post_id": %s, "post_click_count": 1e999}]}' % ("9" * 5000)
    (row,) = parse_page(script("article_list", text)).rows
    assert (row.post_id, row.reads) == ("9" * 5000, "1e999")


def test_ten_megabytes_of_body_are_read_whole():
    body = ("涨" * 4000 + "<br>") * 1000
    page = parse_page(script("post_article", json.dumps({"post_id": 1, "post_content": body})))
    assert isinstance(page, PostPage)
    assert page.post.content == " ".join(["涨" * 4000] * 1000)


def test_a_list_without_a_name_is_of_the_bar_that_its_rows_are_of():
    page = ListPage(frozenset(), None, None, (Row(bar="a"), Row(bar="b")))
    assert page.is_of("a")
    assert not page.is_of("c")
