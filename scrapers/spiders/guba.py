"""The spider of the East Money stock forum.

For each bar it finds the page where the window begins by bisection over page numbers, walks from
there back in time until a page lies before the window, and writes each post of the window into the
journal as soon as everything about it was fetched. Scrapy's own job folder is not used: it loses
the requests in flight when the process is killed; the journal alone says where to go on.

New posts push the list on between two pages: what shows twice is written once. Posts deleted in
that moment pull it back, and may hide as many of their neighbours from this crawl.
"""

import logging
import math
from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import scrapy
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider

from scrapers.fetching import Fetcher, Stop
from scrapers.journal import FINISHED, Journal, Line, identity
from scrapers.pages import ListPage
from scrapers.progress import Progress
from scrapers.rows import Row
from scrapers.settings import user_agent
from scrapers.site import ROWS_PER_PAGE, is_loopback, list_url, post_url
from scrapers.window import SITE_ZONE, OwnRows, Window, own_rows

POST_PAGES = ("never", "commented", "all")
# Drift may show a page again; a list that shows nothing new for so long leads nowhere.
STALLED_PAGES = 20

log = logging.getLogger("scrapers.guba")


class GubaSpider(scrapy.Spider):
    """Crawls the posts of some bars that were published in some months.

    Args:
        site: address, without a slash at its end.
        bars: codes, separated by commas.
        first_month, last_month: "YYYY-MM", both included.
        journal: path of the file that is written.
        post_pages: of which posts the own page is fetched: ``never``, ``commented``, ``all``.
        delay: seconds between requests, at least 1 unless the site is on this machine.
        contact: of somebody who answers for the crawl.
    """

    name = "guba"
    fetcher: Fetcher

    def __init__(
        self,
        site: str,
        bars: str,
        first_month: str,
        last_month: str,
        journal: str,
        post_pages: str = "commented",
        delay: str = "3",
        contact: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(self.name, **kwargs)
        self.site = site.rstrip("/")
        self.bars = bars.split(",")
        self.window = Window.of_months(first_month, last_month)
        self.post_pages, self.delay, self.contact = post_pages, float(delay), contact
        if post_pages not in POST_PAGES:
            raise ValueError(f"post_pages is {post_pages!r}: choose {', '.join(POST_PAGES)}")
        if not is_loopback(self.site) and (self.delay < 1 or not contact):
            raise ValueError(f"{self.site} needs a delay of 1 second or more, and a contact")
        # Redirects to other sites are not followed.
        self.allowed_domains = [urlsplit(self.site).hostname or ""]
        self.journal = Journal(Path(journal))
        self.message = ""

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> "GubaSpider":
        """Make the spider, and set what its arguments say of delay and name."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        settings = crawler.settings
        settings.set("USER_AGENT", user_agent(spider.contact), priority="spider")
        settings.set("DOWNLOAD_DELAY", spider.delay, priority="spider")
        settings.set("AUTOTHROTTLE_ENABLED", spider.delay > 0, priority="spider")
        settings.set("AUTOTHROTTLE_START_DELAY", spider.delay, priority="spider")
        settings.set("AUTOTHROTTLE_MAX_DELAY", max(60.0, spider.delay), priority="spider")
        if is_loopback(spider.site):
            settings.set("HTTPPROXY_ENABLED", False, priority="spider")
        # The spider reports by itself; of Scrapy only what went wrong matters.
        logging.getLogger("scrapy").setLevel(logging.WARNING)
        spider.fetcher = Fetcher(crawler, spider.site)
        return spider

    async def start(self) -> AsyncIterator[Any]:
        """Crawl bar after bar, here and now: neither requests nor items are left to Scrapy.

        Its engine would hang when asked to close while an item is on its way, and finds out up to
        five seconds late that nothing more is to come, so the end is announced.
        """
        self.progress = Progress(self.window, self.bars, log)
        if self.journal.pages:
            log.info(f"resuming after {self.journal.pages} pages, {self.journal.posts} posts")
        try:
            for bar in self.bars:
                await self._crawl_bar(bar)
        except Stop as stop:
            self.message = stop.message
            log.warning(stop.message)
            raise CloseSpider(stop.reason) from stop
        raise CloseSpider(FINISHED)
        yield  # Scrapy takes an asynchronous generator

    def closed(self, reason: str) -> None:
        """Write the journal's last line."""
        if reason == FINISHED:
            self.message = f"{self.journal.posts} posts from {self.journal.pages} list pages."
        message = (
            self.message or "The crawl was ended before it was done; its log says more: run again."
        )
        self.journal.close(reason, self.fetcher.requests, message)
        log.info(f"{reason}: {message}")

    async def _crawl_bar(self, bar: str) -> None:
        done = self.journal.reached.get(bar)
        if done and done["last"]:
            return
        upper = self.window.end
        if done and done["middle"]:
            upper = min(upper, datetime.fromisoformat(done["middle"]))
        number = await self._first_page(bar, upper)
        middle: datetime | None = None
        count: int | None = None
        stalled = 0
        while True:
            page = await self.fetcher.list_page(bar, number)
            count = page.count if page.count is not None else count
            beyond = count is not None and number > math.ceil(count / ROWS_PER_PAGE)
            if not page.rows and not beyond:
                raise Stop(
                    "unrecognised",
                    f"{list_url(self.site, bar, number)} is empty, but the bar has "
                    f"{'an unknown number of' if count is None else count} posts: run again "
                    "later; if it stays empty, the site shows no older posts, so begin with a "
                    "later month.",
                )
            own = self._own(page, bar, middle)
            if own.unordered:
                raise Stop(
                    "unrecognised",
                    f"{list_url(self.site, bar, number)} is in the order of last replies, not of "
                    "publication: the site ignores what it was asked for; try again later.",
                )
            new = await self._take(own.rows, bar, number)
            older = own.middle is not None and (middle is None or own.middle < middle)
            stalled = 0 if new or older else stalled + 1
            if stalled >= STALLED_PAGES:
                raise Stop(
                    "unrecognised",
                    f"The list of bar {bar} shows nothing new from page {number - stalled + 1} on: "
                    "run again later.",
                )
            middle = own.middle or middle
            last = (own.middle is not None and own.middle < self.window.start) or (
                beyond and not new
            )
            self.journal.page(
                {
                    "bar": bar,
                    "page": number,
                    "oldest": _text(own.oldest),
                    "middle": _text(middle),
                    "rows": len(page.rows),
                    "new_posts": new,
                    "other_bars": own.others,
                    "years_inferred": sum(row.year_inferred for row in page.rows),
                    "last": last,
                    "retrieved_at": _text(_now()),
                }
            )
            self._report(bar, middle)
            if last:
                return
            number += 1

    async def _first_page(self, bar: str, upper: datetime) -> int:
        """Number of the last page that is known to begin after a time: rows before it follow.

        Steps double from the newest page on, then halve: a recent month costs few requests, and
        pages that the site may no longer show are not asked for. An empty page counts as too far;
        whether it may be empty is judged when the walk comes to it.
        """
        first = await self.fetcher.list_page(bar, 1)
        own = self._own(first, bar, None)
        # A pinned post may be missing from its place in the list.
        await self._take([(row, time) for row, time in own.rows if row.pinned], bar, 1)
        if own.middle is None or own.middle <= upper:
            return 1
        newer, step, beyond = 1, 1, None
        if first.count is not None:
            beyond = math.ceil(first.count / ROWS_PER_PAGE) + 1
        while beyond is None or beyond - newer > 1:
            number = newer + step if beyond is None else min(newer + step, (newer + beyond) // 2)
            found = await self._newer_page(bar, number, beyond, upper)
            if found is None:
                beyond = number
            else:
                newer, step = found, step * 2
        return newer

    async def _newer_page(
        self, bar: str, number: int, beyond: int | None, upper: datetime
    ) -> int | None:
        """The first page from a number on that has a place in time, if it is newer; else None."""
        for candidate in range(number, beyond or number + STALLED_PAGES):
            page = await self.fetcher.list_page(bar, candidate)
            if not page.rows:
                return None
            middle = self._own(page, bar, None).middle
            if middle is not None:
                return candidate if middle > upper else None
        return None

    def _own(self, page: ListPage, bar: str, before: datetime | None) -> OwnRows:
        return own_rows(page, bar, before, _now())

    async def _take(
        self, rows: Iterable[tuple[Row, datetime | None]], bar: str, number: int
    ) -> int:
        """Write the rows that lie in the window and are not known yet; returns how many."""
        new = 0
        for row, time in rows:
            if not self.window.holds(time):
                continue
            line = _line(row, list_url(self.site, bar, number))
            if identity(line) in self.journal.seen:
                continue
            if row.post_id is not None and row.post_id.isdecimal():
                line = await self._with_page(row, row.bar or bar, row.post_id)
            self.journal.post(line)
            new += 1
            self._report(bar, time)
        return new

    async def _with_page(self, row: Row, bar: str, post_id: str) -> Line:
        url = post_url(self.site, bar, post_id)
        wanted = self.post_pages == "all" or (
            self.post_pages == "commented" and _positive(row.comments)
        )
        found = await self.fetcher.post_page(bar, post_id) if wanted else None
        if isinstance(found, Row):
            # The page is newer and says more; where it says nothing, the list still does.
            said = {name: value for name, value in vars(found).items() if value is not None}
            kept = {"post_id": post_id, "bar": row.bar}
            if found.time is None:
                kept["time_is"] = row.time_is
            row = Row(**{**vars(row), **said, **kept})
        return _line(row, url, deleted=found is not None and not isinstance(found, Row))

    def _report(self, bar: str, reached: datetime | None) -> None:
        journal = self.journal
        self.progress.say(bar, reached, journal.pages, journal.posts, self.fetcher.requests)


def _line(row: Row, url: str, *, deleted: bool = False) -> Line:
    return {
        "post_id": row.post_id,
        "bar": row.bar,
        "title": row.title,
        "content": row.content,
        "published": row.published,
        "reads": row.reads,
        "likes": row.likes,
        "comments": row.comments,
        "shares": row.shares,
        "post_type": row.post_type,
        "automatic": row.automatic,
        "deleted": deleted,
        "retrieved_at": _text(_now()),
        "url": url,
    }


def _positive(count: Any) -> bool:
    """Whether a count as found is more than zero, as far as one can tell."""
    if isinstance(count, str):
        count = count.strip()
        return not count.startswith("-") and any(digit in "123456789" for digit in count)
    return isinstance(count, int | float) and count > 0


def _now() -> datetime:
    return datetime.now(SITE_ZONE).replace(tzinfo=None, microsecond=0)


def _text(time: datetime | None) -> str | None:
    return time.isoformat() if time else None
