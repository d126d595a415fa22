"""The markup of the synthetic forum's pages, in the structure of the real site's.

List pages come in three layouts: data embedded as JSON (the site since 2022), the table alone
(``dom``), and the older table (``old``). Which rows a page holds is no matter of this module's
(`pages`).
"""

import html
import json
from typing import Literal

from sfr_pipeline.sandbox.forum import BAR, BAR_INNER, BAR_NAME

Layout = Literal["json", "dom", "old"]

ROWS_A_PAGE = 80
TITLE_CUT = 40

# On every page, not on the identity check alone.
CAPTCHA_SCRIPT = '<script src="//cfgpassport2.eastmoney.com/captcha/scripts/em_capt.js"></script>'
CHALLENGE = (
    '<!doctype html><html lang="en"><head><title>身份核实</title><link rel="stylesheet" '
    'href="//gbfek.dfcfw.com/deploy/fd_guba_validate/work/assets/validate.css"></head><body>'
    f'<div id="root"></div>{CAPTCHA_SCRIPT}</body></html>'
).encode()
DELETED = (
    '<!DOCTYPE html><html><head><link rel="stylesheet" '
    'href="//gbfek.dfcfw.com/deploy/fd_guba_web2022/work/error404.css"/></head>'
    '<body class="hlbody"><div id="pageContent" class="error404_page">页面不存在</div>'
    "</body></html>"
).encode()


def list_page(rows: list[str], layout: Layout, count: int, number: int) -> str:
    """A list page.

    Args:
        rows: by `list_row`, in the same layout.
        layout: of the page.
        count: posts of the forum.
        number: of the page.
    """
    if layout == "json":
        return _list_json(rows, count)
    return _list_dom(rows) if layout == "dom" else _list_old(rows, count, number)


def list_row(row: dict, layout: Layout) -> str:
    """A row of a list page."""
    bar = row.get("bar", BAR)
    if layout == "json":
        return _dump(_flat(row, bar), row)
    text = html.escape(str(row["text"]).encode("utf-8", "replace").decode())
    link = f"/news,{bar},{row['post_id']}.html"
    time = str(row["published"])[5:16]
    if layout == "old":
        return (
            f'<div class="articleh normal_post"><span class="l1 a1">{row["reads"]}</span>'
            f'<span class="l2 a2">{row["comments"]}</span><span class="l3 a3"><a href="{link}" '
            f'title="{text}">{text[:20]}</a></span><span class="l4 a4"><a '
            f'href="//i.eastmoney.com/0"><font>用户甲</font></a></span>'
            f'<span class="l5 a5">{time}</span></div>'
        )
    return (
        f'<tr class="listitem "><td><div class="read">{row["reads"]}</div></td><td><div '
        f'class="reply">{row["comments"]}</div></td><td><div class="title"><a href="{link}" '
        f'data-postid="{row["post_id"]}" data-posttype="{row["kind"]}">{text}</a></div></td>'
        '<td><div class="author cl"><a class="nametext fl" href="//i.eastmoney.com/0">用户甲'
        f'</a></div></td><td><div class="update pub_time">{time}</div></td></tr>'
    )


def _list_json(rows: list[str], count: int) -> str:
    about = json.dumps(
        {
            "count": count,
            "bar_name": BAR_NAME,
            "bar_code": BAR,
            "bar_quot_code": "SH000001",
            "bar_info": {
                "OuterCode": BAR,
                "InnerCode": BAR_INNER,
                "ShortName": BAR_NAME,
                "Category": 102,
            },
            "rc": 1,
            "me": "操作成功",
            "time": "2025-01-01T00:00:00.0000000+08:00",
        },
        ensure_ascii=False,
    )
    return (
        f"<!DOCTYPE html><html><head><title>{BAR_NAME}吧（合成数据）</title>{CAPTCHA_SCRIPT}"
        f'</head><body><script>var article_list={{"re": [{", ".join(rows)}], {about[1:]};'
        '    var other_list={"re": []};</script></body></html>'
    )


def _list_dom(rows: list[str]) -> str:
    return (
        f"<!DOCTYPE html><html><head><title>{BAR_NAME}吧（合成数据）</title>{CAPTCHA_SCRIPT}"
        f'</head><body><table class="default_list"><tbody class="listbody">{"".join(rows)}'
        "</tbody></table></body></html>"
    )


def _list_old(rows: list[str], count: int, number: int) -> str:
    return (
        f"<html><head><title>{BAR_NAME}吧（合成数据）</title></head><body>"
        '<div id="articlelistnew" class="all"><div class="dheader"><span class="l1 a1">阅读'
        '</span><span class="l2 a2">评论</span><span class="l3 a3">标题</span><span '
        'class="l4 a4">作者</span><span class="l5 a5">发帖时间</span></div>'
        f'{"".join(rows)}</div><span class="pagernums" data-pager="list,{BAR}_|'
        f'{count}|{ROWS_A_PAGE}|{number}"></span></body></html>'
    )


def _flat(row: dict, bar: str) -> dict:
    """A user's row of a list: without likes, title cut, no body."""
    return {
        "post_id": int(row["post_id"]),
        "post_title": row["text"][:TITLE_CUT],
        "stockbar_code": bar,
        "stockbar_name": row.get("bar_name", BAR_NAME) + "吧",
        "stockbar_type": 102,
        "user_id": "0000000000000001",
        "user_nickname": "用户甲",
        "post_click_count": row["reads"],
        "post_forward_count": row["shares"],
        "post_comment_count": row["comments"],
        "post_publish_time": row["published"],
        "post_last_time": row["published"],
        "post_type": row["kind"],
        "post_state": 0,
        "v_user_code": "0",
        "post_top_status": row.get("top", 0),
        "post_has_pic": False,
        "user_is_majia": row["automatic"],
        "post_display_time": row["published"],
        "post_source_id": "",
        "bullish_bearish": 0,
    }


def post_page(row: dict, layout: Layout) -> str:
    """The page of a post."""
    article = {
        "post_id": int(row["post_id"]),
        "post_user": {"user_id": "0000000000000001", "user_is_majia": row["automatic"]},
        "post_guba": {
            "stockbar_code": BAR,
            "stockbar_inner_code": BAR_INNER,
            "stockbar_name": BAR_NAME,
            "stockbar_external_code": BAR,
        },
        "post_title": row["text"],
        "post_content": f"<p>{html.escape(row['text'])}</p>",
        "post_publish_time": row["published"],
        "post_last_time": row["published"],
        "post_display_time": row["published"],
        "post_state": 0,
        "post_click_count": row["reads"],
        "post_forward_count": row["shares"],
        "post_comment_count": row["comments"],
        "post_like_count": row["likes"],
        "post_type": row["kind"],
        "post_top_status": 0,
        "post_has_pic": False,
    }
    if layout != "old":
        return (
            f"<!DOCTYPE html><html><head><title>合成数据</title>{CAPTCHA_SCRIPT}</head><body>"
            f"<script>var post_article={_dump(article, row)};</script></body></html>"
        )
    text = html.escape(row["text"].encode("utf-8", "replace").decode())
    return (
        "<html><head><title>合成数据</title></head><body>"
        f'<div class="zwfbtime">发表于 {row["published"]} 股吧网页版</div>'
        f'<div id="zwconbody"><p>{text}</p></div>'
        f"<script>var post_article={_dump({'post': article}, row)};</script></body></html>"
    )


def _dump(value: dict, row: dict) -> str:
    """JSON inside a script element: as the site writes it, with what would end it escaped."""
    # A lone surrogate has no UTF-8 form; the site sends it as an escape.
    text = json.dumps(value, ensure_ascii=row["fault"] == "lone_surrogate")
    return text.replace("</", "<\\/")
