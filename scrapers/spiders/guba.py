"""The spider of the East Money stock forum.

For each bar it finds the page where the window begins by bisection over page numbers, walks from
there back in time until a page lies before the window, and writes each post of the window into the
journal as soon as everything about it was fetched. Scrapy's own job folder is not used: it loses
the requests in flight when the process is killed; the journal alone says where to go on.

New posts push the list on between two pages: what shows twice is written once. Posts deleted in
that moment pull it back, and may hide as many of their neighbours from this crawl.
"""

import logging
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import scrapy
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider

from sfr_pipeline.scrapers.bar_list import STALLED_PAGES, BarList
from sfr_pipeline.scrapers.fetching import Fetcher, Stop
from sfr_pipeline.scrapers.high_water_mark import HighWaterMark
from sfr_pipeline.scrapers.journal import FINISHED, Journal, Line, identity
from sfr_pipeline.scrapers.pages import ListPage
from sfr_pipeline.scrapers.progress import Progress
from sfr_pipeline.scrapers.rows import Row, read_time
from sfr_pipeline.scrapers.settings import user_agent
from sfr_pipeline.scrapers.site import ROWS_PER_PAGE, is_loopback, list_url, post_url
from sfr_pipeline.scrapers.window import OwnRows, Window, site_now

POST_PAGES = ("never", "commented", "all")

log = logging.getLogger("sfr_pipeline.scrapers.guba")


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
        self.counted: Counter[str] = Counter()

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
        self._say_what_is_known()
        try:
            for bar in self.bars:
                await self._crawl_bar(bar)
            self._require_evidence()
        except Stop as stop:
            self.message = stop.message
            log.warning(stop.message)
            raise CloseSpider(stop.reason) from stop
        raise CloseSpider(FINISHED)
        yield  # Scrapy takes an asynchronous generator

    def closed(self, reason: str) -> None:
        """Write the journal's last line."""
        if reason == FINISHED:
            self.message = self._summary()
        message = (
            self.message or "The crawl was ended before it was done; its log says more: run again."
        )
        self.journal.close(reason, self.fetcher.requests, message)
        log.info(f"{reason}: {message}")

    def _say_what_is_known(self) -> None:
        journal = self.journal
        if journal.finished:
            log.info(
                f"an earlier crawl was finished, but its {journal.posts} posts were never stored: "
                "they are taken, and only what has come since is asked for; to crawl anew, delete "
                f"{journal.path}"
            )
        elif journal.pages:
            log.info(f"resuming after {journal.pages} pages, {journal.posts} posts")

    def _require_evidence(self) -> None:
        """An empty window is believed only where a list goes on to posts before it."""
        marks = map(HighWaterMark.of_line, self.journal.reached.values())
        if not self.journal.posts and not any(
            mark.lower is not None and mark.lower < self.window.start for mark in marks
        ):
            raise Stop(
                "unrecognised",
                f"No post of {self.window} was shown, nor any older one: begin with a later month "
                "(first_month of the market's forum) if the site shows no posts that old, "
                "otherwise run again later.",
            )

    def _summary(self) -> str:
        asides = {
            "rows of other bars were left out": self.counted["other_bars"],
            "years were inferred from post numbers": self.counted["years_inferred"],
            "posts were gone when their page was asked for": self.fetcher.gone,
        }
        said = [f"{number:,} {what}" for what, number in asides.items() if number]
        return (
            f"{self.journal.posts} posts from {self.journal.pages} list pages."
            f"{' In this run ' + ', '.join(said) + '.' if said else ''}"
        )

    async def _crawl_bar(self, bar: str) -> None:
        done = HighWaterMark()
        if self.journal.posts:  # a journal without any shows nothing that could be trusted
            done = HighWaterMark.of_line(self.journal.reached.get(bar))
        if done.upper is not None and done.upper < self.window.end:
            # The window was not over when that stretch was begun: newer posts stand above it.
            done = await self._walk(bar, done, above=True)
        if not done.last:
            await self._walk(bar, done)

    async def _walk(self, bar: str, done: HighWaterMark, *, above: bool = False) -> HighWaterMark:
        """Take a list's pages that hold posts of the window, from the newest on.

        Args:
            bar: whose list.
            done: the stretch that need not be walked again.
            above: walk down to that stretch; otherwise from it on down to the window's start.

        Returns:
            The stretch that is done now.
        """
        pages = BarList(self.fetcher, bar)
        upper, final = self.window.end, self.window.start
        if above:
            final = done.upper or final
        elif done.lower is not None:
            upper = min(upper, done.lower)
        number = await self._first_page(pages, bar, upper)
        start = middle = oldest = None
        stalled = 0
        while True:
            page = await pages.page(number)
            if not page.rows and not pages.may_end_at(number):
                raise self._empty(bar, number, pages.count)
            own = pages.own(page, middle)
            if own.unordered:
                raise Stop(
                    "unrecognised",
                    f"{list_url(self.site, bar, number)} is in the order of last replies, not of "
                    "publication: the site ignores what it was asked for; try again later.",
                )
            start = start or self._upper(page, own)
            new = await self._take(own.rows, bar, number, done.lower if above else None)
            older = own.middle is not None and (middle is None or own.middle < middle)
            stalled = 0 if new or older else stalled + 1
            if stalled >= STALLED_PAGES:
                raise Stop(
                    "unrecognised",
                    f"The list of bar {bar} shows nothing new from page {number - stalled + 1} on: "
                    "run again later.",
                )
            middle, oldest = own.middle or middle, own.oldest or oldest
            reached = own.middle is not None and own.middle < final
            last = reached or (pages.may_end_at(number) and not (new or older))
            if not above:
                mark = HighWaterMark(done.upper or start, middle or done.lower, last)
            else:
                # Before it is whole, this stretch does not join the other one.
                mark = replace(done, upper=start) if last else done
            self.counted["other_bars"] += own.others
            self.journal.page({"bar": bar, "page": number, **mark.fields()})
            self._report(bar, mark.lower)
            if last:
                if not reached:
                    self._note_end(bar, oldest)
                return mark
            number += 1

    async def _first_page(self, pages: BarList, bar: str, upper: datetime) -> int:
        first = await pages.page(1)
        # A pinned post may be missing from its place in the list.
        pinned = [(row, time) for row, time in pages.own(first).rows if row.pinned]
        await self._take(pinned, bar, 1)
        return await pages.first_page(first, upper)

    def _upper(self, page: ListPage, own: OwnRows) -> datetime | None:
        """Upper end of a stretch that begins with this page."""
        if (read_time(page.time) or site_now()) >= self.window.end:
            return self.window.end
        return own.middle and min(own.middle, self.window.end)

    def _empty(self, bar: str, number: int, count: int | None) -> Stop:
        if count is None:
            known = "the bar has an unknown number of posts"
        elif number > count / ROWS_PER_PAGE + 1:
            known = f"the pages before it held more than the {count} posts that the site counts"
        else:
            known = f"the bar has {count} posts"
        return Stop(
            "unrecognised",
            f"{list_url(self.site, bar, number)} is empty, but {known}: run again later; if it "
            "stays empty, the site shows no older posts, so begin with a later month.",
        )

    def _note_end(self, bar: str, oldest: datetime | None) -> None:
        """Say where a list ended that should have gone on to the window's start."""
        if oldest is None or f"{oldest:%Y-%m}" > f"{self.window.start:%Y-%m}":
            log.warning(
                f"the list of bar {bar} ends {f'in {oldest:%Y-%m}' if oldest else 'without a date'}"
                f", after the start of {self.window}: the bar may be younger, or the site shows no "
                "older posts; earlier months have none from this bar"
            )

    async def _take(
        self,
        rows: Iterable[tuple[Row, datetime | None]],
        bar: str,
        number: int,
        reached: datetime | None = None,
    ) -> int:
        """Write the rows that lie in the window and are not known yet; returns how many.

        Where the bar was walked further back before, ``reached`` is what progress is told.
        """
        new = 0
        for row, time in rows:
            if not self.window.holds(time):
                continue
            url = list_url(self.site, bar, number)
            if identity(_line(row, url)) in self.journal.seen:
                continue
            if row.post_id is not None and row.post_id.isdecimal():
                url = post_url(self.site, row.bar or bar, row.post_id)
                row = await self._with_page(row, row.bar or bar, row.post_id)
            self.journal.post(_line(row, url))
            self.counted["years_inferred"] += row.year_inferred
            new += 1
            self._report(bar, reached or time)
        return new

    async def _with_page(self, row: Row, bar: str, post_id: str) -> Row:
        wanted = self.post_pages == "all" or (
            self.post_pages == "commented" and _positive(row.comments)
        )
        found = await self.fetcher.post_page(bar, post_id) if wanted else None
        if found is None:
            return row
        # The page is newer and says more; where it says nothing, the list still does.
        said = {name: value for name, value in vars(found).items() if value is not None}
        kept: dict[str, Any] = {"post_id": post_id, "bar": row.bar}
        if found.time is None:
            kept |= {"time_is": row.time_is, "year_inferred": row.year_inferred}
        return Row(**{**vars(row), **said, **kept})

    def _report(self, bar: str, reached: datetime | None) -> None:
        journal = self.journal
        self.progress.say(bar, reached, journal.pages, journal.posts, self.fetcher.requests)


def _line(row: Row, url: str) -> Line:
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
        "retrieved_at": site_now().isoformat(),
        "url": url,
    }


def _positive(count: Any) -> bool:
    """Whether a count as found is more than zero, as far as one can tell."""
    if isinstance(count, str):
        count = count.strip()
        return not count.startswith("-") and any(digit in "123456789" for digit in count)
    return isinstance(count, int | float) and count > 0
