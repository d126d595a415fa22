"""What a page says of one post, as it was found.

Nothing is judged here: counts may be text such as "1.2万", or missing, or nonsense, and pass on as
they are, so that validation can refuse a row with its reason. Missing likes stay missing. Who wrote
a post is not taken from any page.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sfr_pipeline.scrapers.plain_text import plain_text

# A value as it stood in the page: text, number, truth value, None, or worse.
Found = Any

_TIME = re.compile(r"\s*(\d{4})-(\d\d?)-(\d\d?)[ T](\d\d?):(\d\d)(?::(\d\d))?(?:\.\d+)?\s*")
# Nobody wrote there before; an older date is a mistake.
_FORUM_OPENED = datetime(2000, 1, 1)


@dataclass(frozen=True)
class Row:
    """A post as a list page or its own page shows it.

    Attributes:
        post_id: None where the row has none that could name a post.
        bar: code of the bar that it was posted in; None where the row does not say.
        title: cut at 40 characters on list pages.
        content: plain text of the body; None on list pages.
        time: as found, wall clock of the site; a year taken from the post's number where the row
            has none.
        time_is: whether ``time`` is when the post was published, or when it was last answered (old
            lists in their default order).
        year_inferred: whether the year of ``time`` was taken from the post's number.
        reads, likes, comments, shares, post_type, automatic: as found.
        pinned: held at the top of the list by the site, out of its order.
    """

    post_id: str | None = None
    bar: str | None = None
    title: Found = None
    content: str | None = None
    time: Found = None
    time_is: Literal["published", "last_reply"] = "published"
    year_inferred: bool = False
    reads: Found = None
    likes: Found = None
    comments: Found = None
    shares: Found = None
    post_type: Found = None
    automatic: Found = None
    pinned: bool = False

    @property
    def published(self) -> Found:
        """When the post was published, as found; None where only its last reply's time is known."""
        return self.time if self.time_is == "published" else None


def identifier(value: Found) -> str | None:
    """A post's number as text; None for what can't be one."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value.strip() or None if isinstance(value, str) else None


def read_time(value: Found) -> datetime | None:
    """A time with its year; None where it can't be read, or lies before there were forums."""
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if not found:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
    try:
        time = datetime(year, month, day, hour, minute, second)
    except ValueError:
        return None
    return time if time >= _FORUM_OPENED else None


def json_row(found: Found) -> Row:
    """Row of a list's embedded JSON, in either of its shapes.

    Flat rows hold bar and author beside the rest and no likes. Nested ones (hot posts, articles)
    hold ``post_guba`` and ``post_user`` and do have ``post_like_count``. What is no row at all
    passes as one without a number, with its type as content: what stands in it may be a name.
    """
    if not isinstance(found, dict):
        return Row(content=f"({type(found).__name__})")
    guba, user = found.get("post_guba"), found.get("post_user")
    guba = guba if isinstance(guba, dict) else {}
    user = user if isinstance(user, dict) else {}
    bar = found.get("stockbar_code") or guba.get("stockbar_code") or guba.get("stockbar_inner_code")
    title = found.get("post_title")
    return Row(
        post_id=identifier(found.get("post_id")),
        bar=bar if isinstance(bar, str) else None,
        title=None if isinstance(title, list | dict) else title,
        time=_plain(found.get("post_publish_time")),
        reads=_plain(found.get("post_click_count")),
        likes=_plain(found.get("post_like_count")),
        comments=_plain(found.get("post_comment_count")),
        shares=_plain(found.get("post_forward_count")),
        post_type=_plain(found.get("post_type")),
        automatic=_plain(found.get("user_is_majia", user.get("user_is_majia"))),
        pinned=found.get("post_top_status") not in (None, 0, "0") or bool(found.get("post_is_hot")),
    )


def _plain(value: Found) -> Found:
    """A text, number or truth value; of a list or an object, whose author it may name, the type."""
    return f"({type(value).__name__})" if isinstance(value, list | dict) else value


def json_post(found: dict[str, Found]) -> Row:
    """Row of a post page's embedded JSON: ``json_row`` with the body."""
    row = json_row(found)
    content = found.get("post_content")
    text = plain_text(content) if isinstance(content, str) else None
    return Row(**{**row.__dict__, "content": text, "pinned": False})
