"""The synthetic forum as pages: which rows each holds.

Among the board's own posts stand rows of other boards, and rows that new posts pushed on to the
next page while somebody reads. What a page looks like is no matter of this module's (`markup`).
"""

import json

from sfr_pipeline.sandbox.forum import Forum
from sfr_pipeline.sandbox.markup import (
    DELETED,
    ROWS_A_PAGE,
    Layout,
    list_page,
    list_row,
    post_page,
)
from sfr_pipeline.sandbox.streams import stream

OTHER_BAR, OTHER_BAR_NAME = "699999", "花岗钢铁"
OTHER_ROWS_SHARE = 0.002
# While one reads on, new posts push old ones to the next page: here, to every tenth.
DRIFT_PAGES, DRIFT_ROWS = 10, 2


class Pages:
    """The pages of a forum in one layout; rows are written once and kept.

    Attributes:
        last: number of the last list page.
        other_rows: how many rows of other bars stand on all pages together.
        repeated_rows: how many own rows stand on two pages.
    """

    def __init__(self, forum: Forum, layout: Layout = "json") -> None:
        self._layout = layout
        shown = forum.shown()
        self._posts = {str(row["post_id"]): row for row in shown}
        self._count = len(shown)
        others = _other_rows(shown)
        rows = sorted([*shown, *others], key=lambda row: -int(row["post_id"]))
        chunks = [rows[at : at + ROWS_A_PAGE] for at in range(0, len(rows), ROWS_A_PAGE)]
        repeated = {
            number: chunks[number - 1][-DRIFT_ROWS:]
            for number in range(DRIFT_PAGES, len(chunks), DRIFT_PAGES)
        }
        self.repeated_rows = sum("bar" not in row for again in repeated.values() for row in again)
        self.other_rows = len(others) + sum(map(len, repeated.values())) - self.repeated_rows + 1
        written = [[list_row(row, layout) for row in chunk] for chunk in chunks]
        for number, again in repeated.items():
            written[number] = written[number - 1][-len(again) :] + written[number]
        written[0] = [list_row(_pinned(shown[0]), layout), *written[0]]
        self._chunks = written
        if layout == "json":
            # A nested row: the other layouts have none.
            self._chunks[0].insert(3, json.dumps(_hot(shown[0]), ensure_ascii=False))
            self.other_rows += 1
        self.last = len(self._chunks)

    def list_page(self, number: int) -> bytes:
        """List page of this number, newest first; one beyond the last is empty."""
        rows = self._chunks[number - 1] if 1 <= number <= self.last else []
        return list_page(rows, self._layout, self._count, number).encode()

    def post_page(self, post_id: str) -> bytes:
        """The page of a post; the shell of a deleted one where it is gone or never was."""
        row = self._posts.get(post_id)
        if row is None or row["deleted"]:
            return DELETED
        return post_page(row, self._layout).encode()


def _other_rows(shown: list[dict]) -> list[dict]:
    """Rows of another bar, each a copy of one of this bar's that was published just before."""
    rng = stream("pages", "others", len(shown))
    sound = [row for row in shown if not row["fault"]]
    chosen = rng.choice(len(sound), max(1, round(OTHER_ROWS_SHARE * len(sound))), replace=False)
    return [_of_another_bar(sound[index]) for index in sorted(chosen)]


def _of_another_bar(row: dict) -> dict:
    return row | {
        "post_id": int(row["post_id"]) + 1,
        "bar": OTHER_BAR,
        "bar_name": OTHER_BAR_NAME,
        "text": "别的股吧的帖子",
    }


def _pinned(newest: dict) -> dict:
    return _of_another_bar(newest) | {
        "post_id": 1,
        "published": "2010-01-01 00:00:00",
        "top": 1,
        "fault": "",
    }


def _hot(newest: dict) -> dict:
    """A nested row, as the site shows popular articles of its other sections."""
    return {
        "post_is_like": False,
        "post_content": "财富号文章的摘要",
        "post_publish_time": newest["published"],
        "post_forward_count": 70,
        "post_like_count": 83,
        "post_type": 20,
        "reply_list": [{"reply_id": 1, "reply_text": "好文"}],
        "post_id": int(newest["post_id"]) + 7,
        "post_user": {"user_id": "0000000000000003", "user_is_majia": False},
        "post_guba": {
            "stockbar_code": "",
            "stockbar_inner_code": "cfhpl",
            "stockbar_name": "财富号评论吧",
            "stockbar_external_code": OTHER_BAR,
        },
        "post_title": "财富号上的热门文章",
        "post_click_count": 12216,
        "post_comment_count": 0,
        "post_is_hot": True,
    }
