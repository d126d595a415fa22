"""A line every few seconds that says how far a crawl is."""

import logging
import time
from datetime import datetime, timedelta

from sfr_pipeline.scrapers.window import Window

SECONDS_BETWEEN_LINES = 5.0


class Progress:
    """Measures a crawl of several bars over one window."""

    def __init__(self, window: Window, bars: list[str], log: logging.Logger) -> None:
        self._window, self._bars, self._log = window, bars, log
        self._started = self._said = time.monotonic()
        self._first_share: float | None = None

    def say(self, bar: str, reached: datetime | None, pages: int, posts: int, asked: int) -> None:
        """Log a line, unless one was logged just now.

        Args:
            bar: at work now.
            reached: time of publication that the bar's list was walked back to.
            pages, posts: in the journal.
            asked: requests of this run.
        """
        now = time.monotonic()
        if reached is None or (
            self._first_share is not None and now - self._said < SECONDS_BETWEEN_LINES
        ):
            return
        share = self._bars.index(bar) + self._window.share_above(reached)
        share /= len(self._bars)
        if self._first_share is None:
            # A resumed crawl starts in the middle: only what this run did tells its pace.
            self._first_share, self._started = share, now
            return
        self._said = now
        elapsed = now - self._started
        gained = share - self._first_share
        left = (
            f"about {timedelta(seconds=round(elapsed * (1 - share) / gained))} left"
            if gained > 0
            else "time left unknown yet"
        )
        self._log.info(
            f"bar {bar}: back to {reached:%Y-%m}, {pages:,} pages, {posts:,} posts, "
            f"{asked / elapsed:.1f} requests/s, {share:.0%} of the window, {left}"
        )
