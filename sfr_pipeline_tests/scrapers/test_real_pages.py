"""Reading pages of the real site, where they are at hand."""

import pytest

from sfr_pipeline.scrapers.pages import OtherPage, PostPage, parse_page
from sfr_pipeline.scrapers.rows import Row


@pytest.fixture
def real(shared_data):
    folder = shared_data / "forum" / "pages" / "real_trimmed"
    return lambda name: parse_page((folder / name).read_text(encoding="utf-8"))


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
