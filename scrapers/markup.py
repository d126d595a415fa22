"""Rows of pages that hold no JSON: the old layout, and the new one's table.

The JSON is preferred wherever it is there: it has years, seconds and shares, and these do not.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from lxml import etree, html

from sfr_pipeline.scrapers.plain_text import text_of
from sfr_pipeline.scrapers.post_ids import with_year
from sfr_pipeline.scrapers.rows import Row, identifier

_LINK = re.compile(r"news,([A-Za-z0-9_]+),(\d+)")
# What is taken is never given back: nothing else could make a pager of it.
_PAGER = re.compile(r"list,([A-Za-z0-9]++)[^|]*+\|(\d++)\|")
_POST_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?")
_PARSER = html.HTMLParser(encoding="utf-8", huge_tree=True)
# Head of the old list's column of times where these are times of the last reply.
_LAST_REPLY = "最后更新"


def parse_tree(page: str) -> Any:
    """An lxml tree of the page; None where there is nothing to parse."""
    try:
        return html.document_fromstring(
            page.replace("\x00", "").encode("utf-8", "replace"), parser=_PARSER
        )
    except etree.ParserError:
        return None


def list_rows(tree: Any) -> list[Row] | None:
    """Rows of a list in either layout; None where the page holds no list."""
    old = tree.xpath("//*[@id='articlelistnew']")
    if old:
        heads = _outermost(old[0], "div", lambda names: "dheader" in names)
        last_reply = any(_LAST_REPLY in text_of(head) for head in heads)
        rows = _outermost(old[0], "div", lambda names: "normal_post" in names.split())
        return [_old_row(row, last_reply) for row in rows]
    new = tree.xpath("//table[contains(concat(' ', @class, ' '), ' default_list ')]")
    if new:
        rows = _outermost(new[0], "tr", lambda names: "listitem" in names.split())
        return [_new_row(row) for row in rows]
    return None


def _outermost(scope: Any, tag: str, wanted: Callable[[str], bool]) -> Iterator[Any]:
    """Elements of wanted classes that lie in no other such: none is gone through twice."""
    walk = etree.iterwalk(scope, events=("start",), tag=tag)
    for _, element in walk:
        if wanted(element.get("class") or ""):
            walk.skip_subtree()
            yield element


def pager(tree: Any) -> tuple[str, int] | None:
    """The bar that a list of the old layout says to be of, and its number of posts."""
    found = _PAGER.match(next(iter(tree.xpath("//@data-pager")), ""))
    return (found[1], int(found[2])) if found else None


def post(tree: Any) -> Row | None:
    """A post's page in the old layout; None where the page is none."""
    body = tree.xpath("//*[@id='zwconbody']")
    if not body:
        return None
    time = _POST_TIME.search(_text(tree, "//div[contains(@class, 'zwfbtime')]") or "")
    return Row(
        title=_text(tree, "//*[@id='zwconttbt']"),
        content=text_of(body[0]),
        time=time[0] if time else None,
    )


def _old_row(row: Any, last_reply: bool) -> Row:
    def cell(name: str) -> str | None:
        return _text(row, f".//span[contains(concat(' ', @class, ' '), ' {name} ')]")

    link = next(_links(row), None)
    return _row(link, cell("l1"), cell("l2"), cell("l5"), last_reply)


def _new_row(row: Any) -> Row:
    def cell(name: str) -> str | None:
        return _text(row, f".//div[contains(concat(' ', @class, ' '), ' {name} ')]")

    link = next(_links(row), None)
    last_reply = bool(row.xpath(".//div[contains(@class, 'mod_time')]"))
    return _row(link, cell("read"), cell("reply"), cell("update"), last_reply)


def _row(
    link: Any, reads: str | None, comments: str | None, time: str | None, last_reply: bool
) -> Row:
    """A row from its cells.

    The year of a last reply stays unknown: the post's number says when the post was written, and
    it may be answered years later.
    """
    if link is None:
        return Row(reads=reads, comments=comments, time=time)
    found = _LINK.search(link.get("href"))
    assert found is not None  # it is how the link was found
    post_id = identifier(link.get("data-postid")) or found[2]
    dated = None
    if time and not last_reply and post_id.isdecimal():
        dated = with_year(time, int(post_id))
    return Row(
        post_id=post_id,
        bar=found[1],
        title=link.get("title") or text_of(link),
        time=dated or time,
        time_is="last_reply" if last_reply else "published",
        year_inferred=dated is not None,
        reads=reads,
        comments=comments,
        post_type=link.get("data-posttype"),
    )


def _links(row: Any) -> Iterator[Any]:
    return (link for link in row.xpath(".//a[@href]") if _LINK.search(link.get("href")))


def _text(scope: Any, path: str) -> str | None:
    return next((text_of(element) for element in scope.xpath(path)), None)
