"""One way to call something remote: retries, a total time limit, manners, and a record.

Every live source asks through ``call`` (or ``download``, where a plain GET does). A call runs in a
daemon thread of its own with a deadline. A thread, not a process: importing AKShare takes seconds,
which a fresh process would pay for every call. Python cannot stop a thread, so the deadline is
held twice: the caller stops waiting when it passes, and every request below has a timeout cut to
the time left, reads its answer piece by piece, and stops where the time or the allowed size ends.
So an abandoned thread ends soon after, and never keeps the interpreter alive.

A site that asks to be left alone (Retry-After) is: the next try, of any call of this process, waits
as long, or is given up where that is longer than a call may wait. Pauses between tries are drawn
from a range that doubles, so that those who failed together do not come back together.

Client libraries that offer no seam for this (AKShare calls ``requests.get`` with no timeout and
no look at the status) are given a ``Session`` where they expect ``requests`` or a session.

What an answer must look like is judged in ``checks``; where answers are kept is in ``archive``.
"""

import datetime as dt
import json
import logging
import random
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from contextvars import ContextVar, copy_context
from dataclasses import dataclass, replace
from threading import Lock, Thread
from typing import Any, Literal, TypeVar, cast
from urllib.parse import urlsplit

import pandas as pd

from scrapers.retry_after import seconds_asked
from sfr_pipeline import clock
from sfr_pipeline.errors import SourceError
from sfr_pipeline.sources.live import archive
from sfr_pipeline.sources.live.archive import SECRETS, Answer, Response, without_secrets

T = TypeVar("T", pd.DataFrame, bytes)
W = TypeVar("W")

log = logging.getLogger(__name__)

REMEDY = "try again later, or put a file in its place (docs/inputs.md)"
USER_AGENT = "Mozilla/5.0 (compatible; sfr_pipeline)"
# Statuses that another try may change: throttled, blocked for a while, or a fault over there.
PASSING = (403, 408, 425, 429, 500, 502, 503, 504)
# What is read of an answer at once; between two pieces its size and the time left are looked at.
PIECE = 2**16
# By which libcurl's write function ends a transfer (CURL_WRITEFUNC_ERROR).
CURL_ENOUGH = 0xFFFFFFFF

Library = Literal["requests", "curl_cffi"]


class NoAnswerError(SourceError):
    """A site could not be reached, refused, or did not answer in time.

    Of all that a source raises, this alone says that asking again may help. What a site sent that
    can't be used (another layout, other values) stays so until somebody looks at it.

    Attributes:
        passing: whether it may; a page that is not there, for one, does not come by asking.
        retry_after: seconds for which the site asked to be left alone; None where it did not say.
    """

    def __init__(
        self, message: str, passing: bool = True, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.passing, self.retry_after = passing, retry_after


class RefusedError(Exception):
    """A site answered with an error; raised inside a call, which turns it into NoAnswerError.

    Attributes:
        passing, retry_after: as in ``NoAnswerError``.
    """

    def __init__(
        self, message: str, passing: bool = True, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.passing, self.retry_after = passing, retry_after


@dataclass(frozen=True)
class Limits:
    """How long and how often a call may try, and how much it may bring.

    Attributes:
        seconds: a call altogether, retries and pauses included.
        request_seconds: for which a request may bring nothing.
        attempts: tries a call has.
        backoff: seconds before the second try at most, doubled before each further one: each pause
            is drawn from zero to that.
        pause: seconds between two requests to one host.
        longest_wait: seconds that a call waits where a site asks for it; it gives up instead where
            the site asks for more.
        largest: bytes of one answer, unpacked.
    """

    seconds: float = 180.0
    request_seconds: float = 30.0
    attempts: int = 3
    backoff: float = 2.0
    pause: float = 1.0
    longest_wait: float = 120.0
    largest: int = 64 * 2**20


USUAL = Limits()
_limits: ContextVar[Limits] = ContextVar("limits", default=USUAL)
_deadline: ContextVar[float] = ContextVar("deadline", default=float("inf"))
_responses: ContextVar[list[Response] | None] = ContextVar("responses", default=None)
_memory: ContextVar[dict[str, Any] | None] = ContextVar("memory", default=None)
_records: ContextVar[tuple[list[str], ...]] = ContextVar("records", default=())
_recording = Lock()
_reading: ContextVar[list[Any] | None] = ContextVar("reading", default=None)
# Its own, so that no pause changes what a seeded computation draws.
_jitter = random.Random()
_next_turn: dict[str, float] = {}
_turns = Lock()


@contextmanager
def limited(
    seconds: float, attempts: int | None = None, largest: int | None = None
) -> Iterator[None]:
    """Give everything inside at most ``seconds`` altogether.

    Args:
        seconds: of all calls inside together.
        attempts: tries of each call; as before where None.
        largest: bytes of an answer; as before where None.
    """
    limits = _limits.get()
    changed = replace(
        limits, attempts=attempts or limits.attempts, largest=largest or limits.largest
    )
    tokens = _limits.set(changed), _deadline.set(min(_deadline.get(), time.monotonic() + seconds))
    try:
        yield
    finally:
        _limits.reset(tokens[0])
        _deadline.reset(tokens[1])


def seconds_a_call() -> float:
    """How long one call may take altogether."""
    return _limits.get().seconds


@contextmanager
def remembering() -> Iterator[None]:
    """Ask each call inside once only: repetitions get the same answer, or the same error."""
    if _memory.get() is not None:
        yield
        return
    token = _memory.set({})
    try:
        yield
    finally:
        _memory.reset(token)


@contextmanager
def recorded() -> Iterator[list[str]]:
    """Collect the SHA-256 of every raw response that the calls inside rest on.

    In the order in which the calls returned, without repetitions; those that were remembered or
    came from the development cache too. What calls in a thread of ``within`` used belongs to it as
    well. A record inside another one is part of both.
    """
    hashes: list[str] = []
    token = _records.set((*_records.get(), hashes))
    try:
        yield hashes
    finally:
        _records.reset(token)


def _record(answer: Answer[Any]) -> None:
    with _recording:  # a call that was left behind may end while its caller goes on
        for record in _records.get():
            record += [sha256 for sha256 in dict.fromkeys(answer.hashes) if sha256 not in record]


def within(seconds: float, what: str, work: Callable[[], W]) -> W:
    """Run ``work`` in a daemon thread and wait at most ``seconds`` for it.

    Raises:
        NoAnswerError: it did not end in time. The thread is left behind; what it reads is cut off,
            and its requests fail from now on, for their timeouts are cut to the time left.
    """
    future: Future[W] = Future()
    context = copy_context()
    reading: list[Any] = []
    context.run(_deadline.set, min(_deadline.get(), time.monotonic() + seconds))
    context.run(_reading.set, reading)

    def run() -> None:
        try:
            future.set_result(context.run(work))
        except BaseException as error:
            future.set_exception(error)

    Thread(target=run, daemon=True, name=what).start()
    try:
        return future.result(timeout=max(seconds, 0))
    except TimeoutError:
        if future.done():  # the work itself raised it
            raise
        for response in tuple(reading):
            # Between its end and here it may have been read to its own.
            with suppress(Exception):
                response.raw.shutdown()
        raise NoAnswerError(f"{what} gave no answer within {seconds:.3g} s: {REMEDY}") from None


def call(what: str, arguments: Mapping[str, str], work: Callable[[], T]) -> Answer[T]:
    """Ask a remote function, with retries and a total time limit.

    Args:
        what: its name for readers, ``akshare macro_china_cpi``; with the arguments, its key in
            the development cache.
        arguments: what it is asked with; no secrets.
        work: asks it and returns a frame or bytes. Whatever it raises is tried again, except for
            a SourceError, which is final.

    Raises:
        NoAnswerError: no answer within the attempts or the time.
        SourceError: an answer that cannot be used.
    """
    key = json.dumps({"what": what, **arguments}, ensure_ascii=False, sort_keys=True)
    memory = _memory.get()
    if memory is not None and key in memory:
        if isinstance(memory[key], SourceError):
            raise memory[key]
        _record(memory[key])
        return cast("Answer[T]", memory[key])
    try:
        answer = cast("Answer[T] | None", archive.recall(key)) or _ask(what, key, work)
    except SourceError as error:
        if memory is not None:
            memory[key] = error
        raise
    if memory is not None:
        memory[key] = answer
    _record(answer)
    return answer


def _ask(what: str, key: str, work: Callable[[], T]) -> Answer[T]:
    limits = _limits.get()
    deadline = min(_deadline.get(), time.monotonic() + limits.seconds)
    problem, passing = "no time was left", True
    retry_after: float | None = None
    for attempt in range(limits.attempts):
        if attempt:
            pause = _jitter.uniform(0.0, limits.backoff * 2 ** (attempt - 1))
            pause = max(pause, retry_after or 0.0)
            if pause >= _left(deadline) or pause > limits.longest_wait:
                break
            time.sleep(pause)
        if _left(deadline) <= 0:
            break
        responses: list[Response] = []
        token = _responses.set(responses)
        try:
            value = within(_left(deadline), what, work)
        except SourceError:
            raise
        except Exception as error:  # a client library raises whatever it likes
            named = "" if isinstance(error, RefusedError) else f"{type(error).__name__}: "
            problem = without_secrets(f"{named}{error}")
            log.info("%s, attempt %d of %d: %s", what, attempt + 1, limits.attempts, problem)
            retry_after = error.retry_after if isinstance(error, RefusedError) else None
            if isinstance(error, RefusedError) and not error.passing:
                passing = False
                break
        else:
            answer = Answer(value, _now(), tuple(responses))
            archive.keep(what, key, answer)
            return answer
        finally:
            _responses.reset(token)
    # Not "from error": its text could show a key that the text above hides.
    raise NoAnswerError(
        f"{what} did not answer ({problem[:300]}): {REMEDY}", passing, retry_after
    ) from None


def _now() -> dt.datetime:
    return clock.now().replace(tzinfo=dt.UTC)


def _left(deadline: float) -> float:
    return deadline - time.monotonic()


def responses() -> list[Response]:
    """What the sites have answered so far in the call that is running here."""
    running = _responses.get()
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
    limits = _limits.get()
    host = urlsplit(url).hostname or ""
    _wait_for_turn(host, limits)
    left = _left(_deadline.get())
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
        elif _left(_deadline.get()) <= 0:
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
        reading = _reading.get()
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
    return seconds_asked(headers.get("Retry-After"), headers.get("Date"), _now())


def _wait_for_turn(host: str, limits: Limits) -> None:
    left = _left(_deadline.get())
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
        if _responses.get() is None:
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


def no_page(content: bytes) -> None:
    """Refuse a web page where data should come: a block, a login, or a site under repair.

    Raises:
        RefusedError: another try may bring data.
    """
    if content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        raise RefusedError(
            "a web page came instead of data: the site blocks this client for now, or has no such "
            "series"
        )


def download(
    what: str,
    url: str,
    params: Mapping[str, str],
    check: Callable[[bytes], None] = no_page,
) -> Answer[bytes]:
    """GET one document.

    Args:
        what: its name for readers.
        url: where it lies.
        params: of the request.
        check: raises a ``RefusedError`` where another try may bring a better one.

    Raises:
        NoAnswerError: see ``call``.
    """

    def work() -> bytes:
        import requests

        headers = {"User-Agent": USER_AGENT}
        content = Session(requests).get(url, params=dict(params), headers=headers).content
        check(content)
        return cast(bytes, content)

    shown = {name: value for name, value in params.items() if name.lower() not in SECRETS}
    return call(what, {"url": url, **shown}, work)
