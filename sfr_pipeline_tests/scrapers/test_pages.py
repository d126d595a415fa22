"""Claims about reading pages: those of the real site where they are at hand, and our own."""

import json
from pathlib import Path

import pytest

from scrapers.pages import ListPage, OtherPage, PostPage, parse_page
from scrapers.rows import Row
from sfr_pipeline_tests.scrapers.forum import script

PAGES = Path(__file__).parent / "pages"


def own(name):
    return parse_page((PAGES / name).read_text(encoding="utf-8"))


@pytest.fixture
def real(shared_data):
    folder = shared_data / "forum" / "pages" / "real_trimmed"
    return lambda name: parse_page((folder / name).read_text(encoding="utf-8"))


# --- Pages of the real site -----------------------------------------------------------------------


def test_real_index_list(real):
    page = real("list_zssh000001.html")
    assert page.bar_names == {"zssh000001", "szzs"}  # both of its codes
    assert page.is_of("szzs")
    assert not page.is_of("600519")
    assert page.count == 8_948_506
    assert page.time == "2026-07-15T17:43:00.6382479"
    assert page.rows == (
        Row(
            post_id="1744137528",
            bar="zssh000001",
            title="一、核心官方原文表述（证监会+上交所统一口径）1.顶层会议原话（2026年初证监",
            time="2026-07-15 17:34:14",
            reads=16,
            comments=2,
            shares=0,
            post_type=20,
            automatic=False,
        ),
        Row(
            post_id="1744089164",
            bar="zssh000001",
            title="老T哥200万实盘验证：昨天回撤6.62万，今天回血3.4万，关键不是涨停，而是把节奏拿回来",
            time="2026-07-15 15:21:31",
            reads=3367,
            comments=38,
            shares=43,
            post_type=20,
            automatic=False,
        ),
    )


def test_real_stock_list_holds_rows_of_both_shapes(real):
    page = real("list_600519.html")
    assert page.bar_names == {"600519"}
    assert page.count == 959_849
    assert page.rows == (
        Row(
            post_id="1743987733",
            bar="600519",
            title="贵州茅台酒销售有限公司2026年半年市场工作会召开",
            time="2026-07-15 14:03:09",
            reads=1480,
            likes=None,
            comments=5,
            shares=1,
            post_type=1,
            automatic=True,
            pinned=True,
        ),
        Row(
            post_id="1741989503",
            bar="cfhpl",
            title="papi酱的一句话，治愈了我所有的投资焦虑~",
            time="2026-07-12 11:55:07",
            reads=12216,
            likes=83,
            comments=0,
            shares=70,
            post_type=20,
            automatic=False,
            pinned=True,
        ),
    )
    assert [page.is_own(row, "600519") for row in page.rows] == [True, False]


def test_real_post(real):
    assert real("news_600519_1743987733.html") == PostPage(
        Row(
            post_id="1743987733",
            bar="600519",
            title="贵州茅台酒销售有限公司2026年半年市场工作会召开",
            content="来源：中国新闻网 7月13日，贵州茅台酒销售有限公司2026年半年市场工作会"
            "在茅台会议中心召开（略） （文章来源：中国新闻网）",
            time="2026-07-15 14:03:09",
            reads=1484,
            likes=6,
            comments=5,
            shares=1,
            post_type=1,
            automatic=True,
        )
    )


def test_real_pages_that_are_something_else(real):
    assert real("challenge.html") == OtherPage("challenge")
    assert real("post_deleted.html") == OtherPage("deleted")


def test_real_old_layout_in_the_order_of_replies(real):
    page = real("list_old_layout.html")
    assert page.bar_names == {"zssh000001"}
    assert page.count == 12_345
    assert page.rows == (
        Row(
            post_id="802527008",
            bar="zssh000001",
            title="完整标题在 title 属性里",
            time="12-31 23:58",
            time_is="last_reply",
            reads="1.2万",
            comments="34",
        ),
        Row(
            post_id="1760403830",
            bar="of110022",
            title="浪费钱",
            time="08-18 10:06",
            time_is="last_reply",
            reads="34",
            comments="0",
        ),
    )
    assert page.rows[0].published is None


def test_real_table_rows(real):
    page = real("list_2022_dom_rows.html")
    assert (page.bar_names, page.count) == (frozenset(), None)
    assert page.rows == (
        Row(
            post_id="1760223459",
            bar="002156",
            title="标题",
            time="2026-08-17 16:26",
            year_inferred=True,
            reads="1489",
            comments="6",
            post_type="1",
        ),
    )
    assert page.is_of("002156")
    assert not page.is_of("600519")


# --- Pages that this project makes itself ---------------------------------------------------------


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
    assert no_row == Row(content='"not a row"')
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
        shares=[1],
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
