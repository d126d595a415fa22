"""Asks again as late as the site wishes, and later each time.

Scrapy's own middleware asks again at once, and knows nothing of Retry-After. Everything else about
what is asked again, and how often, is its (`settings`).
"""

import asyncio
import logging
import random
from datetime import UTC, datetime

from scrapy import Request
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.http import Response

from sfr_pipeline.scrapers.retry_after import seconds_asked
from sfr_pipeline.scrapers.shown import shown

log = logging.getLogger(__name__)

# Statuses with which a site may say when to come again; without that, 429 ends the crawl.
TIMED = (429, 503)
# Who asks for more than this is asked again by the next run, not by this one.
LONGEST_WAIT = 600.0


def seconds_asked_by(response: Response) -> float | None:
    """Seconds for which an answer asks to be left alone; None where it does not."""
    wish, date = (_header(response, name) for name in ("Retry-After", "Date"))
    return seconds_asked(wish, date, datetime.now(UTC))


class PatientRetries(RetryMiddleware):
    """Retries after the time that the site asks for, or after a pause that may double each time."""

    async def process_response(  # type: ignore[override]
        self, request: Request, response: Response
    ) -> Request | Response:
        """Wait where the answer is to be asked for again."""
        rest = seconds_asked_by(response) if response.status in TIMED else None
        if rest is None:
            answer = super().process_response(request, response)
            if isinstance(answer, Request):
                await self._pause(answer)
            return answer
        again = None
        if rest <= LONGEST_WAIT:
            again = self._retry(request, f"{response.status}, with Retry-After")
        if again is None:
            return response
        log.warning(f"{shown(response.url)} asks to be left alone for {rest:.0f} s: waiting")
        await asyncio.sleep(rest)
        return again

    async def process_exception(  # type: ignore[override]
        self, request: Request, exception: Exception
    ) -> Request | Response | None:
        """Wait where nothing came and it is to be asked for again."""
        answer = super().process_exception(request, exception)
        if isinstance(answer, Request):
            await self._pause(answer)
        return answer

    async def _pause(self, again: Request) -> None:
        """On top of the delay that lies between any two requests, none to twice as much or more."""
        longest = self.crawler.settings.getfloat("DOWNLOAD_DELAY") * 2 ** again.meta["retry_times"]
        await asyncio.sleep(random.uniform(0.0, longest))


def _header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return value.decode("latin-1") if value is not None else None
