"""What a page of the East Money stock forum is, and what stands in it.

Belongs here: from the text of one page to a ``ListPage``, a ``PostPage`` or an ``OtherPage``. Does
not belong here: which page to ask for, and what follows from an answer (`spiders.guba`).

The site answers nearly everything with status 200, so the content decides. The captcha script
``em_capt.js`` is on normal pages too and says nothing.

A page is gone through once, from its beginning to its end, whatever stands in it: nothing here is
looked for again from each place where it might begin.
"""

import json
import math
import re
from dataclasses import dataclass
from typing import Any, Literal

from sfr_pipeline.scrapers import markup
from sfr_pipeline.scrapers.rows import Found, Row, json_post, json_row

# Where scripts begin and end, and where an object is assigned to a variable.
_STEPS = {
    name: re.compile(rf"<script|</script|(?P<assigned>\bvar\s+{name}\s*=\s*(?=\{{))")
    for name in ("article_list", "post_article")
}
# Real codes have some ten letters and digits.
LONGEST_NAME = 40
# Scripts assign once. Each assignment that breaks off costs a look at the whole page for its error.
MOST_BROKEN = 8
_TITLE_BEGINS = re.compile("<title", re.IGNORECASE)
_TITLE_ENDS = re.compile("</title>", re.IGNORECASE)
_ERROR = re.compile(r"error\b")
_DELETED = re.compile(r"[?&]type=2\b")


@dataclass(frozen=True)
class ListPage:
    """A page of a bar's list.

    Attributes:
        bar_names: codes by which the page calls its bar (an index bar has an old one too); empty
            where it does not say.
        count: posts in the bar, by the site; None where it does not say.
        time: the site's clock when it made the page; None where it does not say.
        rows: in the order of the page.
    """

    bar_names: frozenset[str]
    count: int | None
    time: str | None
    rows: tuple[Row, ...]

    def is_of(self, bar: str) -> bool:
        """Whether this is the list of that bar; where the page does not say, its rows tell."""
        if self.bar_names:
            return bar in self.bar_names
        return not self.rows or any(row.bar == bar for row in self.rows)

    def is_own(self, row: Row, bar: str) -> bool:
        """Whether a row belongs to the bar, rather than being shown in it from elsewhere.

        A row that does not say is kept, for validation to refuse.
        """
        return row.bar is None or row.bar == bar or row.bar in self.bar_names


@dataclass(frozen=True)
class PostPage:
    """A post's own page."""

    post: Row


@dataclass(frozen=True)
class OtherPage:
    """A page that is neither.

    Attributes:
        kind: ``challenge`` (the site wants to know whether a person is reading), ``deleted`` (the
            post is gone), or ``unrecognised``.
    """

    kind: Literal["challenge", "deleted", "unrecognised"]


Page = ListPage | PostPage | OtherPage


def parse_page(page: str, url: str = "") -> Page:
    """Read a page.

    Args:
        page: its HTML.
        url: where it was finally found: a deleted post may redirect to the site's error page.
    """
    articles = _embedded(page, "article_list")
    if articles is not None:
        return _json_list(articles)
    article = _embedded(page, "post_article")
    if article is not None:
        return _json_post_page(article)
    tree = markup.parse_tree(page)
    if tree is not None:
        rows = markup.list_rows(tree)
        if rows is not None:
            bar, count = markup.pager(tree) or (None, None)
            return ListPage(_names(bar), count, None, tuple(rows))
        post = markup.post(tree)
        if post is not None:
            return PostPage(post)
    if "身份核实" in _title(page):
        return OtherPage("challenge")
    if _is_of_the_deleted(url) or "页面不存在" in page:
        return OtherPage("deleted")
    return OtherPage("unrecognised")


def _title(page: str) -> str:
    begin = _TITLE_BEGINS.search(page)
    opened = page.find(">", begin.end()) if begin else -1
    end = _TITLE_ENDS.search(page, opened) if opened >= 0 else None
    return page[opened + 1 : end.start()] if end else ""


def _is_of_the_deleted(url: str) -> bool:
    """Whether this is the site's error page with the type of deleted posts."""
    for part in url.split("#"):
        error = _ERROR.search(part)
        if error and _DELETED.search(part, error.end()):
            return True
    return False


def _embedded(page: str, name: str) -> dict[str, Found] | None:
    """The object that a script of the page assigns to a variable."""
    in_script, broken = False, 0
    for found in _STEPS[name].finditer(page):
        if not found["assigned"]:
            in_script = found[0] == "<script"
            continue
        # A title may quote the assignment: only scripts make it.
        if not in_script:
            continue
        try:
            value, _ = _DECODER.raw_decode(page, found.end())
        except (ValueError, RecursionError):
            broken += 1
            if broken == MOST_BROKEN:
                return None
            continue
        return value
    return None


def _json_list(found: dict[str, Found]) -> Page:
    rows, count, info = found.get("re"), found.get("count"), found.get("bar_info")
    if found.get("rc") != 1 or not isinstance(rows, list):
        return OtherPage("unrecognised")
    info = info if isinstance(info, dict) else {}
    time = found.get("time")
    return ListPage(
        bar_names=_names(found.get("bar_code"), info.get("OuterCode"), info.get("InnerCode")),
        count=count if isinstance(count, int) and count >= 0 else None,
        time=time.split("+")[0] if isinstance(time, str) else None,
        rows=tuple(json_row(row) for row in rows),
    )


def _names(*found: Found) -> frozenset[str]:
    """Codes of a bar. A cut one matches no real code, and can't fill a message."""
    return frozenset(name[:LONGEST_NAME] for name in found if isinstance(name, str) and name)


def _json_post_page(found: dict[str, Found]) -> Page:
    nested = found.get("post")  # as it was until about 2019
    post = json_post(nested if isinstance(nested, dict) else found)
    return OtherPage("unrecognised") if post.post_id is None else PostPage(post)


def _integer(digits: str) -> int | str:
    # Longer ones are no counts, and Python refuses very long ones altogether.
    return int(digits) if len(digits) <= 18 else digits


def _float(digits: str) -> float | str:
    value = float(digits)
    return value if math.isfinite(value) else digits


def _constant(name: str) -> Any:
    return name


# Control characters inside strings are let through, and what JSON has no number for stays text.
_DECODER = json.JSONDecoder(
    strict=False, parse_int=_integer, parse_float=_float, parse_constant=_constant
)
