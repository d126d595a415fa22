"""A bar's list: its pages by number, where in them a time lies, and where it may end.

Belongs here: what the pages of one list say together. Does not belong here: what becomes of their
posts (`spiders.guba`).
"""

import math
from datetime import datetime

from sfr_pipeline.scrapers.fetching import Fetcher
from sfr_pipeline.scrapers.pages import ListPage
from sfr_pipeline.scrapers.site import ROWS_PER_PAGE
from sfr_pipeline.scrapers.window import OwnRows, own_rows, site_now

# Drift may show a page again; a list that shows nothing new for so long leads nowhere.
STALLED_PAGES = 20
# Rows from elsewhere make a list longer than its count says, though not by much.
EXTRA_PAGES, EXTRA_SHARE = 2, 0.1


class BarList:
    """The list of one bar.

    Attributes:
        count: the largest number of posts that any page told; None where none did. Pages that a
            block emptied tell 0, so that counts for nothing.
    """

    def __init__(self, fetcher: Fetcher, bar: str) -> None:
        self._fetcher, self._bar = fetcher, bar
        self.count: int | None = None

    async def page(self, number: int) -> ListPage:
        """A page, from 1.

        Raises:
            Stop: as for ``Fetcher.list_page``.
        """
        page = await self._fetcher.list_page(self._bar, number)
        self.count = max(self.count or 0, page.count or 0) or None
        return page

    def own(self, page: ListPage, before: datetime | None = None) -> OwnRows:
        """A page's own rows; ``before`` is the middle of the page before it."""
        return own_rows(page, self._bar, before, site_now())

    def may_end_at(self, number: int) -> bool:
        """Whether the count bears out that a page of this number is empty.

        It does so just after the last page that it speaks of. A list that goes far beyond disproves
        its count, which then says nothing about the end.
        """
        if self.count is None:
            return False
        listed = math.ceil(self.count / ROWS_PER_PAGE)
        return listed < number <= listed + EXTRA_PAGES + EXTRA_SHARE * listed

    async def first_page(self, first: ListPage, upper: datetime) -> int:
        """Number of the last page that is known to begin after a time: rows before it follow.

        Steps double from the newest page on, then halve: a recent month costs few requests, and
        pages that the site may no longer show are not asked for. An empty page counts as too far;
        whether it may be empty is judged when the walk comes to it.

        Args:
            first: the newest page, as just found.
            upper: the time.
        """
        middle = self.own(first).middle
        if middle is None or middle <= upper:
            return 1
        newer, step, beyond = 1, 1, None
        if self.count is not None:
            beyond = math.ceil(self.count / ROWS_PER_PAGE) + 1
        while beyond is None or beyond - newer > 1:
            number = newer + step if beyond is None else min(newer + step, (newer + beyond) // 2)
            found = await self._placed(number, beyond)
            # A site may show its last page again for every number beyond: that is no way back.
            if found is None or not upper < found[1] < middle:
                beyond = number
            else:
                (newer, middle), step = found, step * 2
        return newer

    async def _placed(self, number: int, beyond: int | None) -> tuple[int, datetime] | None:
        """The first page from a number on that has a place in time, and the place."""
        for candidate in range(number, beyond or number + STALLED_PAGES):
            page = await self.page(candidate)
            if not page.rows:
                return None
            middle = self.own(page).middle
            if middle is not None:
                return candidate, middle
        return None
