"""Asks for one page at a time, and knows when to stop asking.

Requests go through the engine's own download method, so robots.txt, the delay, AutoThrottle and
the retries act on each. The next one is made only after the answer was read.
"""

import logging

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from scrapy.http import Response

from sfr_pipeline.scrapers.pages import ListPage, OtherPage, PostPage, parse_page
from sfr_pipeline.scrapers.patience import seconds_asked_by
from sfr_pipeline.scrapers.rows import Row
from sfr_pipeline.scrapers.shown import shown
from sfr_pipeline.scrapers.site import list_url, post_url

log = logging.getLogger(__name__)

FAILURES = (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
    OSError,
)
# One odd post page is that post's; several in a row are the site's.
ODD_POST_PAGES = 3
# Single posts are deleted, and articles live on another site; so many in a row are a block.
ABSENT_POST_PAGES = 20


class Stop(Exception):
    """The crawl must end here.

    Attributes:
        reason: one word, for the journal.
        message: a sentence that says what happened and what to do.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason, self.message = reason, message


class Fetcher:
    """Fetches pages of one site.

    Attributes:
        gone: number of posts that were deleted when their page was asked for.
    """

    def __init__(self, crawler: Crawler, site: str) -> None:
        self._crawler, self._site = crawler, site
        self.gone = 0
        self._odd = self._absent = 0
        self._robots_known = False

    @property
    def requests(self) -> int:
        """Requests made so far, retries and robots.txt included."""
        assert self._crawler.stats is not None
        return int(self._crawler.stats.get_value("downloader/request_count", 0))

    async def list_page(self, bar: str, number: int) -> ListPage:
        """A page of a bar's list, from 1, newest posts first.

        Raises:
            Stop: the site refuses, wants to see a person, or answers with something else.
        """
        url = list_url(self._site, bar, number)
        try:
            response = await self._get(url)
        except _NotHere as error:
            raise Stop("unrecognised", f"{shown(url)} {error}: {_LOOK}") from error
        page = self._read(response)
        if isinstance(page, ListPage):
            if page.is_of(bar):
                return page
            names = shown(", ".join(sorted(page.bar_names)))
            raise Stop(
                "other_bar",
                f"{shown(url)} shows another bar ({names or 'unnamed'}), "
                "which the site does to those it blocks, and for codes that it does not know: "
                "check the code, or wait a day and raise the delay, then run again.",
            )
        if response.status >= 400:
            raise _refused(response)
        raise Stop("unrecognised", f"{shown(url)} is no list of posts: {_LOOK}")

    async def post_page(self, bar: str, post_id: str) -> Row | None:
        """What a post's own page says of it; None where there is no page, or none to be read.

        Raises:
            Stop: as for ``list_page``; odd and absent pages count only when several follow one
                another.
        """
        url = post_url(self._site, bar, post_id)
        try:
            response = await self._get(url)
        except _NotHere as error:
            self._count_absent(url, str(error))
            log.warning(f"{shown(url)} {error}: the post is kept as its list shows it")
            return None
        page = self._read(response)
        if isinstance(page, PostPage) and page.post.post_id in (None, post_id):
            self._odd = self._absent = 0
            return page.post
        if isinstance(page, OtherPage) and (
            page.kind == "deleted" or response.status in (404, 410)
        ):
            self._odd = 0
            self._count_absent(url, "is gone")
            self.gone += 1
            return None
        if response.status >= 400:
            raise _refused(response)
        self._odd += 1
        if self._odd >= ODD_POST_PAGES:
            raise Stop(
                "unrecognised", f"{shown(url)} and those before it are no pages of posts: {_LOOK}"
            )
        log.warning(f"{shown(url)} is not the page of that post: it is kept as its list shows it")
        return None

    def _count_absent(self, url: str, why: str) -> None:
        self._absent += 1
        if self._absent >= ABSENT_POST_PAGES:
            raise Stop(
                "turned_away",
                f"{shown(url)} {why}, and the {self._absent - 1} post pages asked for before it "
                "were no better, as a site does with those it blocks: open some in a browser; if "
                "they show posts there, wait a day, raise the delay, and run again (post_pages: "
                "never spares posts).",
            )

    def _read(self, response: Response) -> ListPage | PostPage | OtherPage:
        page = parse_page(response.body.decode("utf-8", "replace"), response.url)
        if isinstance(page, OtherPage) and page.kind == "challenge":
            raise Stop(
                "challenge",
                f"The site wants to know whether a person is reading (identity check at "
                f"{shown(response.url)}, after {self.requests} requests): wait some hours, raise "
                "the delay, and run again.",
            )
        return page

    async def _get(self, url: str) -> Response:
        assert self._crawler.engine is not None
        try:
            response = await self._crawler.engine.download_async(Request(url))
        except IgnoreRequest as error:
            if "robots.txt" in str(error):
                raise Stop(
                    "robots",
                    f"The site's robots.txt does not allow {shown(url)}: fetch no such pages "
                    "(post_pages: never spares posts), or ask the site's operator.",
                ) from error
            if "DOWNLOAD_MAXSIZE" in str(error):  # as it was unpacked
                raise _NotHere(_TOO_LARGE) from error
            raise _NotHere("leads to another site") from error
        except DownloadCancelledError as error:
            raise _NotHere(_TOO_LARGE) from error
        except FAILURES as error:
            raise Stop(
                "http_error",
                f"{shown(url)} could not be fetched ({type(error).__name__}: {shown(str(error))}): "
                "check the network and the site's address, then run again.",
            ) from error
        if not self._robots_known:
            self._require_robots()
        return response

    def _require_robots(self) -> None:
        """Scrapy takes rules that it could not read for none; the standard (RFC 9309) does not."""
        assert self._crawler.stats is not None
        for key in self._crawler.stats.get_stats():
            if key.startswith(("robotstxt/response_status_count/5", "robotstxt/exception_count/")):
                raise Stop(
                    "robots",
                    f"{self._site}/robots.txt could not be read, so the site's rules are not "
                    "known: run again later.",
                )
        self._robots_known = True


class _NotHere(Exception):
    """A page can't be had, for a reason of its own."""


_TOO_LARGE = "is larger than any page should be"
_LOOK = (
    "open it in a browser; if the site has changed its pages, the parser must be adapted, "
    "otherwise run again later."
)


def _refused(response: Response) -> Stop:
    rest = seconds_asked_by(response)
    wait = "some hours" if rest is None else f"{rest / 60:,.0f} minutes, as it asks"
    return Stop(
        "http_error",
        f"The site answered {shown(response.url)} with status {response.status}: wait {wait}, "
        "raise the delay if it was 403 or 429, and run again.",
    )
