"""One crawl of a site at a time on this machine, whatever market, months and warehouse it is for.

What a site was promised, a pause between any two requests, holds for all crawls of a user of this
machine together. So the lock bears the site's name, lies in one place, and is handed on to the
crawl itself: the kernel lets go of it when the last process that could still ask the site is gone,
not when the step that began it is. Beside it stands a note of whose crawl it is, for whoever waits.
Hosts that share an instance are kept apart by `crawl_pools`.
"""

import fcntl
import json
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sfr_pipeline import clock
from sfr_pipeline.errors import SourceError
from sfr_pipeline.files import in_place_of
from sfr_pipeline.scrapers.site import is_loopback

SECONDS_BETWEEN_LOOKS = 0.5
SECONDS_BETWEEN_REMINDERS = 300.0


@dataclass(frozen=True)
class _Note:
    """Whose crawl it is or was.

    Attributes:
        who: for readers.
        process: that began it.
        since: when, for readers.
        delay: seconds between two of its requests.
        ended: when it ended, in seconds since 1970; None where it goes on, or was killed.
    """

    who: str
    process: int
    since: str
    delay: float
    ended: float | None = None


def locks_folder() -> Path:
    """Where the locks of real sites lie: one place for each user of this machine.

    Raises:
        SourceError: the user has no home.
    """
    try:
        state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    except RuntimeError as error:
        raise SourceError(
            f"this user has no home, where a lock would keep two crawls from asking one site at "
            f"once ({error}): set HOME, or XDG_STATE_HOME, to a folder that can be written"
        ) from error
    return Path(state) / "sfr_pipeline" / "crawls"


@contextmanager
def alone_at(site: str, folder: Path, who: str, delay: float, log: logging.Logger) -> Iterator[int]:
    """Wait until nobody else crawls a site, and until it has rested since it was last asked.

    Args:
        site: its address. Sites on this machine are told apart by port, all others by name.
        folder: of the locks.
        who: whose crawl begins, for those who wait for its end.
        delay: seconds between two of its requests.
        log: is told what is waited for.

    Yields:
        The descriptor of the lock, for the processes that ask the site to inherit.

    Raises:
        SourceError: there can be no lock in that folder.
    """
    name = name_of(site)
    path = folder / f"{name}.lock"
    note_path = path.with_suffix(".json")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        held = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise SourceError(
            f"{path} cannot be opened ({error.strerror}), and without it two crawls could ask "
            f"{name} at once: make its folder writable, or set XDG_STATE_HOME to one that is"
        ) from error
    try:
        _acquire(held, name, note_path, log)
        _rest(name, _read(note_path), delay, log)
        note = _Note(who, os.getpid(), f"{clock.now():%Y-%m-%d %H:%M} UTC", delay)
        _write(note_path, note)
        try:
            yield held
        finally:
            _write(note_path, _Note(**{**asdict(note), "ended": time.time()}))
    finally:
        # Closed, not unlocked: a crawl that is still ending keeps it.
        os.close(held)


def name_of(site: str) -> str:
    """Name of a site: sites on this machine are told apart by port, all others by host."""
    parts = urlsplit(site)
    host = (parts.hostname or "").rstrip(".")
    return f"{host}_{parts.port or 80}" if is_loopback(site) else host


def _acquire(held: int, name: str, note_path: Path, log: logging.Logger) -> None:
    told = float("-inf")
    while True:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            pass
        if time.monotonic() - told >= SECONDS_BETWEEN_REMINDERS:
            told = time.monotonic()
            note = _read(note_path)
            whose = (
                f"{note.who} (process {note.process}, since {note.since})" if note else "another"
            )
            log.info(f"waiting for a crawl to end: {name} is asked by one at a time, now {whose}")
        time.sleep(SECONDS_BETWEEN_LOOKS)


def _rest(name: str, last: _Note | None, delay: float, log: logging.Logger) -> None:
    """Keep the distance between the last request of one crawl and the first of the next."""
    if last is None:
        return
    rest = max(delay, last.delay)
    # A killed crawl asked until just now, as far as anybody knows; so did one of a later clock.
    since = max(time.time() - last.ended, 0.0) if last.ended is not None else 0.0
    if since < rest:
        log.debug(f"{name} was asked just now: it rests for {rest - since:.1f} s")
        time.sleep(rest - since)


def _read(path: Path) -> _Note | None:
    try:
        return _Note(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        # No crawl yet, or a note of another release: it only tells readers, and how long to rest.
        return None


def _write(path: Path, note: _Note) -> None:
    with in_place_of(path) as aside:
        aside.write_text(json.dumps(asdict(note)), encoding="utf-8")
