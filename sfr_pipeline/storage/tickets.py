"""A lock made of objects, for stores that know no locks.

Who wants it raises a flag, an object of its own, and looks whether another is up. Two can't both
see none, because a store of S3's kind shows what was put to everybody at once; who sees another
takes the own one down, and tries again a little later. A flag is renewed while it is held, under a
new name each time, so that one that does not change belongs to the dead and is taken down. All of
this needs no clock that two machines share.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Protocol
from uuid import uuid4

from sfr_pipeline.errors import StorageError
from sfr_pipeline.storage import filesystem
from sfr_pipeline.workspace import Place

# A flag is renewed so often, and its owner is taken for dead after so long without.
RENEWED_AFTER, DEAD_AFTER = 10.0, 60.0
SHORTEST_PAUSE, LONGEST_PAUSE = 0.05, 2.0

# Of its own: who waits must not touch the generator that estimates are seeded with.
chance = random.SystemRandom()
log = logging.getLogger(__name__)


class Flags(Protocol):
    """What is asked of a store of objects."""

    def path(self, name: str) -> Place:
        """Where an object lies."""
        ...

    def names(self, folder: str) -> list[str]:
        """Names of the objects below a prefix."""
        ...

    def put_text(self, name: str, text: str) -> None:
        """Put an object."""
        ...

    def remove(self, name: str) -> None:
        """Remove an object, where there is one."""
        ...


@contextmanager
def held(
    store: Flags, name: str, what: str, patience: float | None
) -> Iterator[Callable[[], None]]:
    """Hold a lock.

    Args:
        store: where the flags are.
        name: of the lock, the prefix of its flags.
        what: is waited for.
        patience: how many seconds are waited at most; None has no end.

    Yields:
        What raises StorageError where the lock was lost.

    Raises:
        TimeoutError: somebody else held it all the while.
    """
    flag = _Flag(store, name, uuid4().hex)
    _wait(flag, what, patience)
    done = threading.Event()
    renewing = threading.Thread(target=_renew, args=(flag, done), daemon=True)
    renewing.start()
    try:
        yield lambda: _require_held(flag, what)
    finally:
        done.set()
        renewing.join()
        # What was done is done; a flag that stays up is taken down as one of the dead.
        with suppress(OSError, StorageError):
            flag.take_down()


class _Flag:
    """A flag of one who wants a lock.

    Attributes:
        raised: when it was raised or renewed last, in seconds of this process.
    """

    def __init__(self, store: Flags, lock: str, owner: str) -> None:
        self.store, self.lock, self.owner = store, lock, owner
        self.number, self.raised = 0, 0.0

    @property
    def name(self) -> str:
        return f"{self.lock}/{self.owner}.{self.number}"

    def put_up(self) -> None:
        self.raised = time.monotonic()
        self.store.put_text(self.name, "")

    def renew(self) -> None:
        """Put up another before this one goes, so that one is always up."""
        before, began = self.name, time.monotonic()
        self.number += 1
        self.store.put_text(self.name, "")
        self.store.remove(before)
        self.raised = began

    def take_down(self) -> None:
        self.store.remove(self.name)

    def others(self) -> set[str]:
        names = self.store.names(self.lock)
        return {name for name in names if not name.startswith(f"{self.owner}.")}


def _wait(flag: _Flag, what: str, patience: float | None) -> None:
    began, pause = time.monotonic(), SHORTEST_PAUSE
    told = iter(filesystem.TOLD_AFTER_SECONDS)
    tell_at = next(told)
    seen: dict[str, float] = {}
    while True:
        if not flag.others():
            flag.put_up()
            if not flag.others():
                return
            flag.take_down()
        now = time.monotonic()
        seen = {name: seen.get(name, now) for name in flag.others()}
        for name, since in seen.items():
            if now - since > DEAD_AFTER:
                log.warning(f"{what} was held by a process that is gone: it is taken over")
                flag.store.remove(f"{flag.lock}/{name}")
        waited = now - began
        if patience is not None and waited >= patience:
            raise TimeoutError(f"{what} was waited for in vain")
        if waited >= tell_at:
            log.warning(
                f"waiting for {what} since {waited:.0f} s: another process holds it, and the wait "
                f"ends with that process, or {DEAD_AFTER:.0f} s after its death"
            )
            tell_at = waited + next(told, filesystem.TOLD_AFTER_SECONDS[-1])
        # Not in step with the other, or both would take theirs down for ever.
        time.sleep(SHORTEST_PAUSE + pause * chance.random())
        pause = min(2 * pause, LONGEST_PAUSE)


def _renew(flag: _Flag, done: threading.Event) -> None:
    while not done.wait(RENEWED_AFTER):
        try:
            flag.renew()
        except (OSError, StorageError) as error:
            # The next beat may succeed; whoever holds the lock asks before it matters.
            log.warning(f"the lock {flag.store.path(flag.lock)} could not be renewed: {error}")


def _require_held(flag: _Flag, what: str) -> None:
    mine = [name for name in flag.store.names(flag.lock) if name.startswith(f"{flag.owner}.")]
    if not mine or time.monotonic() - flag.raised > DEAD_AFTER:
        raise StorageError(
            f"{what} was lost, because this process stood still for more than {DEAD_AFTER:.0f} s "
            "or could not reach the store: run again"
        )
