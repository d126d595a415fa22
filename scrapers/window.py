"""Where a list page lies in time, whatever stands in its rows.

A list by time of publication is newest first, but not every row keeps to that: pinned and hot rows
are put in from elsewhere, times may be missing, or lie in the future. So a page's place is the
median of its own, unpinned, readable times: no few odd rows can move it.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from sfr_pipeline.scrapers.pages import ListPage
from sfr_pipeline.scrapers.rows import Row, read_time

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
# The site's wall clock; China has had no summer time since 1991.
SITE_ZONE = timezone(timedelta(hours=8))


@dataclass(frozen=True)
class Window:
    """A stretch of time, from ``start`` up to but without ``end``, in the site's wall clock."""

    start: datetime
    end: datetime

    @classmethod
    def of_months(cls, first: str, last: str) -> "Window":
        """From the first day of a month to the last of another, both "YYYY-MM".

        Raises:
            ValueError: one is no month, or they are in the wrong order.
        """
        found = [_MONTH.fullmatch(month) for month in (first, last)]
        if not all(found) or first > last:
            raise ValueError(f"months {first!r} to {last!r}: write two months in order, as YYYY-MM")
        start, final = (datetime.strptime(month, "%Y-%m") for month in (first, last))
        return cls(start, (final + timedelta(days=32)).replace(day=1))

    def __str__(self) -> str:
        return f"{self.start:%Y-%m} to {self.end - timedelta(days=1):%Y-%m}"

    def holds(self, time: datetime | None) -> bool:
        """Whether a time lies inside; an unknown one does not."""
        return time is not None and self.start <= time < self.end

    def share_above(self, time: datetime) -> float:
        """How much of the window lies after a time, from 0 to 1."""
        return min(max((self.end - time) / (self.end - self.start), 0.0), 1.0)


@dataclass(frozen=True)
class OwnRows:
    """The rows of a list page that belong to its bar, each with a time to go by.

    Attributes:
        rows: with their times; a row whose own can't be read goes by its neighbours in the list.
        middle: median of the times that steer; None where none does.
        oldest: oldest of them.
        others: number of rows that belong elsewhere.
        unordered: whether the times that could steer are those of last replies.
    """

    rows: tuple[tuple[Row, datetime | None], ...]
    middle: datetime | None
    oldest: datetime | None
    others: int
    unordered: bool


def site_now() -> datetime:
    """The site's wall clock, as far as this machine's is right."""
    return datetime.now(SITE_ZONE).replace(tzinfo=None, microsecond=0)


def own_rows(page: ListPage, bar: str, before: datetime | None, now: datetime) -> OwnRows:
    """Pick a page's own rows and place them in time.

    Args:
        page: the list page.
        bar: whose list was asked for.
        before: middle of the page before, for a page without a readable time.
        now: the site's wall clock, where the page does not tell it: later times are mistakes.
    """
    latest = (read_time(page.time) or now) + timedelta(days=1)
    own = [row for row in page.rows if page.is_own(row, bar)]
    times = [_time(row, latest) for row in own]
    steering = [
        time
        for row, time in zip(own, times, strict=True)
        if time and row.bar is not None and not row.pinned
    ]
    place = next(iter(steering), before)
    rows = []
    for row, time in zip(own, times, strict=True):
        rows.append((row, time or place))
        if time and not row.pinned:
            place = time
    return OwnRows(
        rows=tuple(rows),
        middle=sorted(steering)[len(steering) // 2] if steering else None,
        oldest=min(steering, default=None),
        others=len(page.rows) - len(own),
        unordered=not steering and any(row.time_is == "last_reply" for row in own),
    )


def _time(row: Row, latest: datetime) -> datetime | None:
    time = read_time(row.published)
    return time if time and time <= latest else None
