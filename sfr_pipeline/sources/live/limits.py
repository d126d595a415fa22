"""How long a call to a site may take, how often it may try, and what it may bring.

They hold for everything inside a ``with limited(...)``, in threads of a call too.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace


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
LIMITS: ContextVar[Limits] = ContextVar("limits", default=USUAL)
DEADLINE: ContextVar[float] = ContextVar("deadline", default=float("inf"))


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
    limits = LIMITS.get()
    changed = replace(
        limits, attempts=attempts or limits.attempts, largest=largest or limits.largest
    )
    tokens = LIMITS.set(changed), DEADLINE.set(min(DEADLINE.get(), time.monotonic() + seconds))
    try:
        yield
    finally:
        LIMITS.reset(tokens[0])
        DEADLINE.reset(tokens[1])


def seconds_a_call() -> float:
    """How long one call may take altogether."""
    return LIMITS.get().seconds


def seconds_left(deadline: float) -> float:
    """Seconds until then."""
    return deadline - time.monotonic()
