"""One way to call something remote: retries, a total time limit, manners, and a record.

Every live source asks through ``call`` (or ``download``, where a plain GET does). A call runs in a
daemon thread of its own with a deadline. A thread, not a process: importing AKShare takes seconds,
which a fresh process would pay for every call. Python cannot stop a thread, so the deadline is
held twice: the caller stops waiting when it passes, and every request below has a timeout cut to
the time left, so that an abandoned thread ends soon after and never keeps the interpreter alive.

Client libraries that offer no seam for this (AKShare calls ``requests.get`` with no timeout and
no look at the status) are given a ``Session`` where they expect ``requests`` or a session.

What an answer must look like is judged in ``checks``; where answers are kept is in ``archive``.
"""

import datetime as dt
import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from dataclasses import dataclass, replace
from threading import Lock, Thread
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

import pandas as pd

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


class NoAnswerError(SourceError):
    """A site could not be reached, refused, or did not answer in time."""


class RefusedError(Exception):
    """A site answered with an error; raised inside a call, which turns it into NoAnswerError."""

    def __init__(self, message: str, passing: bool = True) -> None:
        super().__init__(message)
        self.passing = passing


@dataclass(frozen=True)
class Limits:
    """How long and how often a call may try.

    Attributes:
        seconds: a call altogether, retries and pauses included.
        request_seconds: one request.
        attempts: tries a call has.
        backoff: seconds before the second try; doubled before each further one.
        pause: seconds between two requests to one host.
    """

    seconds: float = 180.0
    request_seconds: float = 30.0
    attempts: int = 3
    backoff: float = 2.0
    pause: float = 1.0


USUAL = Limits()
_limits: ContextVar[Limits] = ContextVar("limits", default=USUAL)
_deadline: ContextVar[float] = ContextVar("deadline", default=float("inf"))
_responses: ContextVar[list[Response] | None] = ContextVar("responses", default=None)
_memory: ContextVar[dict[str, Any] | None] = ContextVar("memory", default=None)
_records: ContextVar[tuple[list[str], ...]] = ContextVar("records", default=())
_recording = Lock()
_last_request: dict[str, float] = {}
_turns = Lock()


@contextmanager
def limited(seconds: float, attempts: int | None = None) -> Iterator[None]:
    """Give everything inside at most ``seconds`` altogether, and calls ``attempts`` tries each."""
    limits = _limits.get()
    changed = replace(limits, attempts=attempts or limits.attempts)
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
        NoAnswerError: it did not end in time. The thread is left behind; its requests fail from
            now on, for their timeouts are cut to the time left.
    """
    future: Future[W] = Future()
    context = copy_context()
    context.run(_deadline.set, min(_deadline.get(), time.monotonic() + seconds))

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
    problem = "no time was left"
    for attempt in range(limits.attempts):
        if attempt:
            time.sleep(max(0.0, min(limits.backoff * 2 ** (attempt - 1), _left(deadline))))
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
            if isinstance(error, RefusedError) and not error.passing:
                break
        else:
            answer = Answer(value, dt.datetime.now(dt.UTC), tuple(responses))
            archive.keep(what, key, answer)
            return answer
        finally:
            _responses.reset(token)
    # Not "from error": its text could show a key that the text above hides.
    raise NoAnswerError(f"{what} did not answer ({problem[:300]}): {REMEDY}") from None


def _left(deadline: float) -> float:
    return deadline - time.monotonic()


def responses() -> list[Response]:
    """What the sites have answered so far in the call that is running here."""
    running = _responses.get()
    return [] if running is None else running


def exchange(send: Callable[..., Any], url: str, options: dict[str, Any]) -> Any:
    """Send one request of the running call: its turn, its timeout, its record.

    Args:
        send: of ``requests`` or ``curl_cffi``; called with ``url`` and ``options``.
        url: where to.
        options: keyword arguments of ``send``; their timeout may be shortened, never lengthened.

    Raises:
        RefusedError: the time of the call is over.
    """
    limits = _limits.get()
    _wait_for_turn(urlsplit(url).hostname or "", limits.pause)
    left = _left(_deadline.get())
    if left <= 0:
        raise RefusedError("the time of the call is over", passing=False)
    asked = options.get("timeout")
    allowed = [left, limits.request_seconds, *([asked] if isinstance(asked, int | float) else [])]
    response = send(url, **{**options, "timeout": min(allowed)})
    responses().append(
        Response.of(str(response.url or url), response.status_code, response.content)
    )
    return response


def _wait_for_turn(host: str, pause: float) -> None:
    with _turns:
        now = time.monotonic()
        turn = max(now, _last_request.get(host, float("-inf")) + pause)
        _last_request[host] = turn
    time.sleep(max(0.0, min(turn - now, _left(_deadline.get()))))


class Session:
    """Stands where a library expects ``requests`` or a session, and holds it to the limits.

    Outside of a call it passes requests on untouched.
    """

    def __init__(self, backend: Any) -> None:
        self._backend = backend

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)

    def Session(self, **options: Any) -> "Session":
        """Open a session that is held to the limits as well."""
        return Session(self._backend.Session(**options))

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
            response = exchange(send, url, options)
        except OSError as error:  # both libraries derive theirs from it
            raise RefusedError(_without_connection(str(host), error)) from error
        if response.status_code >= 400:
            raise RefusedError(
                f"HTTP {response.status_code} from {host}",
                passing=response.status_code in PASSING,
            )
        return response


def _without_connection(host: str, error: OSError) -> str:
    kind, text = type(error).__name__, str(error)
    if "resolve" in text.lower():
        return f"the name {host} is not known here: is there a network?"
    if "timeout" in kind.lower() or "timed out" in text.lower():
        return f"{host} sent nothing in time"
    return f"no connection to {host}, {kind}: {text[:150]}"


def download(what: str, url: str, params: Mapping[str, str]) -> Answer[bytes]:
    """GET one document.

    Raises:
        NoAnswerError: see ``call``.
    """

    def work() -> bytes:
        import requests

        headers = {"User-Agent": USER_AGENT}
        return Session(requests).get(url, params=dict(params), headers=headers).content

    shown = {name: value for name, value in params.items() if name.lower() not in SECRETS}
    return call(what, {"url": url, **shown}, work)
