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

A single request is in ``exchange``, its limits in ``limits``. What an answer must look like is
judged in ``checks``; where answers are kept is in ``archive``.
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
from threading import Lock, Thread
from typing import Any, TypeVar, cast

import pandas as pd

from sfr_pipeline import clock
from sfr_pipeline.errors import SourceError
from sfr_pipeline.sources.live import archive
from sfr_pipeline.sources.live.archive import Answer, Response, is_secret, without_secrets
from sfr_pipeline.sources.live.exchange import READING, RESPONSES, Session
from sfr_pipeline.sources.live.limits import DEADLINE, LIMITS, seconds_left
from sfr_pipeline.sources.live.refusals import NoAnswerError, RefusedError

T = TypeVar("T", pd.DataFrame, bytes)
W = TypeVar("W")

log = logging.getLogger(__name__)

REMEDY = "try again later, or put a file in its place (docs/inputs.md)"
USER_AGENT = "Mozilla/5.0 (compatible; sfr_pipeline)"

_memory: ContextVar[dict[str, Any] | None] = ContextVar("memory", default=None)
_records: ContextVar[tuple[list[str], ...]] = ContextVar("records", default=())
_recording = Lock()
# Its own, so that no pause changes what a seeded computation draws.
_jitter = random.Random()


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
    context.run(DEADLINE.set, min(DEADLINE.get(), time.monotonic() + seconds))
    context.run(READING.set, reading)

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
        limit = f"{round(seconds, 1):g} s"
        raise NoAnswerError(f"{what} gave no answer within {limit}: {REMEDY}") from None


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
    limits = LIMITS.get()
    deadline = min(DEADLINE.get(), time.monotonic() + limits.seconds)
    problem, passing = "no time was left", True
    retry_after: float | None = None
    for attempt in range(limits.attempts):
        if attempt:
            pause = _jitter.uniform(0.0, limits.backoff * 2 ** (attempt - 1))
            pause = max(pause, retry_after or 0.0)
            if pause >= seconds_left(deadline) or pause > limits.longest_wait:
                break
            time.sleep(pause)
        if seconds_left(deadline) <= 0:
            break
        responses: list[Response] = []
        token = RESPONSES.set(responses)
        try:
            value = within(seconds_left(deadline), what, work)
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
            answer = Answer(value, clock.now().replace(tzinfo=dt.UTC), tuple(responses))
            archive.keep(what, key, answer)
            return answer
        finally:
            RESPONSES.reset(token)
    # Not "from error": its text could show a key that the text above hides.
    raise NoAnswerError(
        f"{what} did not answer ({problem[:300]}): {REMEDY}", passing, retry_after
    ) from None


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
    headers: Mapping[str, str] | None = None,
) -> Answer[bytes]:
    """GET one document.

    Args:
        what: its name for readers.
        url: where it lies.
        params: of the request.
        check: raises a ``RefusedError`` where another try may bring a better one.
        headers: of the request, beside the usual ones; neither stored nor logged.

    Raises:
        NoAnswerError: see ``call``.
    """

    def work() -> bytes:
        import requests

        sent = {"User-Agent": USER_AGENT, **(headers or {})}
        content = Session(requests).get(url, params=dict(params), headers=sent).content
        check(content)
        return cast(bytes, content)

    shown = {name: value for name, value in params.items() if not is_secret(name)}
    return call(what, {"url": url, **shown}, work)
