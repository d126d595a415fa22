"""One request of a running call: its turn, its timeout, its size, and what was answered.

Client libraries that offer no seam for this (AKShare calls ``requests.get`` with no timeout and
no look at the status) are given a ``Session`` where they expect ``requests`` or a session.
"""

import datetime as dt
import time
from collections.abc import Callable
from contextvars import ContextVar
from threading import Lock
from typing import Any, Literal
from urllib.parse import urlsplit

from sfr_pipeline import clock
from sfr_pipeline.scrapers.retry_after import seconds_asked
from sfr_pipeline.sources.live.archive import Response
from sfr_pipeline.sources.live.limits import DEADLINE, LIMITS, Limits, seconds_left
from sfr_pipeline.sources.live.refusals import RefusedError

# Statuses that another try may change: throttled, blocked for a while, or a fault over there.
PASSING = (403, 408, 425, 429, 500, 502, 503, 504)
# What is read of an answer at once; between two pieces its size and the time left are looked at.
PIECE = 2**16
# By which libcurl's write function ends a transfer (CURL_WRITEFUNC_ERROR).
CURL_ENOUGH = 0xFFFFFFFF

Library = Literal["requests", "curl_cffi"]

RESPONSES: ContextVar[list[Response] | None] = ContextVar("responses", default=None)
READING: ContextVar[list[Any] | None] = ContextVar("reading", default=None)
_next_turn: dict[str, float] = {}
_turns = Lock()


def responses() -> list[Response]:
    """What the sites have answered so far in the call that is running here."""
    running = RESPONSES.get()
    return [] if running is None else running


def exchange(
    send: Callable[..., Any], url: str, options: dict[str, Any], library: Library = "requests"
) -> Any:
    """Send one request of the running call: its turn, its timeout, its size, its record.

    Args:
        send: of ``requests`` or ``curl_cffi``; called with ``url`` and ``options``.
        url: where to.
        options: keyword arguments of ``send``; their timeout may be shortened, never lengthened.
        library: whose ``send`` it is.

    Returns:
        The library's response, read to its end.

    Raises:
        RefusedError: the time of the call is over, the site asked to be left alone for longer than
            the call may wait, or the answer is larger than allowed.
    """
    limits = LIMITS.get()
    host = urlsplit(url).hostname or ""
    _wait_for_turn(host, limits)
    left = seconds_left(DEADLINE.get())
    if left <= 0:
        raise RefusedError("the time of the call is over", passing=False)
    asked = options.get("timeout")
    allowed = [left, limits.request_seconds, *([asked] if isinstance(asked, int | float) else [])]
    options = {**options, "timeout": min(allowed)}
    pieces = _Pieces(host, limits.largest)
    if library == "requests":
        response = send(url, **_read_by(pieces, options))
    else:
        try:
            response = send(url, **options, content_callback=pieces.of_curl)
        except OSError:
            if pieces.refusal:
                raise pieces.refusal from None
            raise
        if pieces.taken:
            response.content = pieces.joined()
    responses().append(
        Response.of(str(response.url or url), response.status_code, response.content)
    )
    if rest := retry_after_of(response):
        with _turns:
            _next_turn[host] = max(_next_turn.get(host, 0.0), time.monotonic() + rest)
    return response


class _Pieces:
    """The body of an answer as it comes in, unpacked, as long as it may.

    Args:
        host: for messages.
        largest: bytes that it may have.

    Attributes:
        taken: the pieces so far.
        refusal: why no more was taken; None where all was.
    """

    def __init__(self, host: str, largest: int) -> None:
        self._host, self._largest = host, largest
        self.refusal: RefusedError | None = None
        self.begin()

    def begin(self) -> None:
        """Take a new answer: the one before it led here."""
        self.taken: list[bytes] = []
        self._size = 0

    def add(self, piece: bytes) -> None:
        """Take the next piece.

        Raises:
            RefusedError: it is too much, or too late.
        """
        self._size += len(piece)
        if self._size > self._largest:
            self.taken.clear()
            self.refusal = RefusedError(
                f"{self._host} sent more than {self._largest / 2**20:,.0f} MB", passing=False
            )
        elif seconds_left(DEADLINE.get()) <= 0:
            self.taken.clear()
            self.refusal = RefusedError("the time of the call is over", passing=False)
        if self.refusal:
            raise self.refusal
        self.taken.append(piece)

    def of_curl(self, piece: bytes) -> int:
        """Take the next piece as libcurl hands it over, or have it end the transfer."""
        try:
            self.add(piece)
        except RefusedError:
            return CURL_ENOUGH
        return len(piece)

    def joined(self) -> bytes:
        """The body."""
        return b"".join(self.taken)


def _read_by(pieces: _Pieces, options: dict[str, Any]) -> dict[str, Any]:
    """Options that make ``requests`` hand over each answer, redirecting ones too, unread."""

    def read(response: Any, **_: Any) -> None:
        reading = READING.get()
        if reading is not None:
            reading.append(response)
        pieces.begin()
        try:
            for piece in response.iter_content(PIECE):
                pieces.add(piece)
        except BaseException:
            response.close()
            raise
        finally:
            if reading is not None:
                reading.remove(response)
        response._content = pieces.joined()

    given = (options.get("hooks") or {}).get("response", [])
    before = list(given) if isinstance(given, list | tuple) else [given]
    return {**options, "hooks": {"response": [read, *before]}}


def retry_after_of(response: Any) -> float | None:
    """Seconds for which an answer asks to be left alone; None where it does not."""
    if response.status_code < 400:
        return None
    headers = response.headers
    return seconds_asked(
        headers.get("Retry-After"), headers.get("Date"), clock.now().replace(tzinfo=dt.UTC)
    )


def _wait_for_turn(host: str, limits: Limits) -> None:
    left = seconds_left(DEADLINE.get())
    with _turns:
        now = time.monotonic()
        turn = max(now, _next_turn.get(host, now))
        if turn - now > min(left, limits.longest_wait):
            raise RefusedError(
                f"{host} is to be left alone for {turn - now:.0f} s more", retry_after=turn - now
            )
        _next_turn[host] = turn + limits.pause
    time.sleep(turn - now)


class Session:
    """Stands where a library expects ``requests`` or a session, and holds it to the limits.

    Outside of a call it passes requests on untouched.

    Args:
        backend: ``requests`` or ``curl_cffi.requests``, or a session of theirs.
        library: which of them it is, where its name does not say.
    """

    def __init__(self, backend: Any, library: Library | None = None) -> None:
        self._backend = backend
        home = getattr(backend, "__name__", type(backend).__module__)
        known: Library = "curl_cffi" if home.startswith("curl_cffi") else "requests"
        self._library = library or known

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)

    def Session(self, **options: Any) -> "Session":
        """Open a session that is held to the limits as well."""
        return Session(self._backend.Session(**options), self._library)

    def get(self, url: str, **options: Any) -> Any:
        """Like ``requests.get``, but an error status is an error."""
        return self._send(self._backend.get, url, options)

    def post(self, url: str, **options: Any) -> Any:
        """Like ``requests.post``, but an error status is an error."""
        return self._send(self._backend.post, url, options)

    def _send(self, send: Callable[..., Any], url: str, options: dict[str, Any]) -> Any:
        if RESPONSES.get() is None:
            return send(url, **options)
        host = urlsplit(url).hostname
        try:
            response = exchange(send, url, options, self._library)
        except OSError as error:  # both libraries derive theirs from it
            raise RefusedError(_without_connection(str(host), error)) from error
        if response.status_code >= 400:
            rest = retry_after_of(response)
            wish = "" if rest is None else f", which asks to be left alone for {rest:.0f} s"
            raise RefusedError(
                f"HTTP {response.status_code} from {host}{wish}",
                passing=response.status_code in PASSING,
                retry_after=rest,
            )
        return response


def _without_connection(host: str, error: OSError) -> str:
    kind, text = type(error).__name__, str(error)
    if "IncompleteRead" in text or "curl: (18)" in text:
        return f"{host} sent less than it announced"
    if "resolve" in text.lower():
        return f"the name {host} is not known here: is there a network?"
    if "timeout" in kind.lower() or "timed out" in text.lower():
        return f"{host} sent nothing in time"
    return f"no connection to {host}, {kind}: {text[:150]}"
