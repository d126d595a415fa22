"""How long a site asks to be left alone, by the header Retry-After of its answer (RFC 9110)."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

# Nobody means more; a slip of the site's clock may say so.
LONGEST_SECONDS = 86_400.0


def seconds_asked(retry_after: str | None, date: str | None, now: datetime) -> float | None:
    """Seconds to wait, from the header's number or time.

    Args:
        retry_after: the header, ``120`` or ``Fri, 31 Dec 1999 23:59:59 GMT``.
        date: the header ``Date`` of the same answer, the site's own clock; None where it has none.
        now: our clock, with its zone, which stands in for it.

    Returns:
        At least 0 and at most a day; None where the header is missing or says nothing.
    """
    text = (retry_after or "").strip()
    if text.isascii() and text.isdecimal():
        return min(float(text), LONGEST_SECONDS)
    until = _time(text)
    if until is None:
        return None
    begin = _time(date or "") or now
    return min(max((until - begin).total_seconds(), 0.0), LONGEST_SECONDS)


def _time(text: str) -> datetime | None:
    try:
        time = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
