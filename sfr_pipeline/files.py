"""How a file, or a folder, is put in place of another: whole or not at all, and on the disk.

Belongs here: what every writer of this project does alike. Does not belong here: what is in a file
and where it lies, and several files at once (`sfr_pipeline.storage.filesystem`).

A file is written under a temporary name in its own folder and moved into place, so a reader meets
the old file or the new one, and a writer that dies leaves the old one.
"""

import errno
import glob
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from sfr_pipeline.errors import StorageError
from sfr_pipeline.workspace import Place

# Far longer than any write takes, so that the file of a writer still at work is never swept.
STALE_AFTER_SECONDS = 3600.0

_REMEDIES = {
    errno.ENOSPC: "free some space, or set SFR_WAREHOUSE to a folder on another disk",
    errno.EDQUOT: "free some of your quota, or set SFR_WAREHOUSE to a folder on another disk",
    errno.EROFS: "mount it for writing, or set SFR_WAREHOUSE to a folder that can be written",
    errno.EACCES: "give this user the right to it, or set SFR_WAREHOUSE to another folder",
    errno.EPERM: "give this user the right to it, or set SFR_WAREHOUSE to another folder",
    errno.EIO: "the disk itself fails: look into the system's log, and restore from a backup",
}


@contextmanager
def telling(path: Place) -> Iterator[None]:
    """Say which file a disk refused, and what to do about it.

    Args:
        path: what is read or written in the block, for errors that name no file themselves.

    Raises:
        StorageError: the disk is full, read-only, forbidden or broken. Other errors pass.
    """
    try:
        yield
    except OSError as error:
        remedy = _REMEDIES.get(error.errno or 0)
        if remedy is None:
            raise
        raise StorageError(f"{error.filename or path}: {error.strerror}; {remedy}") from error


@contextmanager
def in_place_of(path: Path) -> Iterator[Path]:
    """A temporary file that takes the place of ``path`` when the block ends without an error.

    Args:
        path: what is written; its folder is made where it is missing.

    Raises:
        StorageError: the disk refuses it; what was there before stays.
    """
    aside = aside_of(path)
    try:
        with telling(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            yield aside
            to_disk(aside)
            _sweep(path, aside)
            aside.replace(path)
    finally:
        # A disk that refused the write may refuse this too, and the first error is the one to tell.
        with suppress(OSError):
            aside.unlink(missing_ok=True)


@contextmanager
def folder_in_place_of(target: Path, require_ours: Callable[[Path], None]) -> Iterator[Path]:
    """A folder aside that takes the place of ``target`` when the block ends without an error.

    Args:
        target: what is written.
        require_ours: raises where that folder may not be replaced; asked before and after.

    Raises:
        StorageError: the disk refuses it; what was there before stays.
    """
    _bring_back(target)
    require_ours(target)
    aside = target.with_name(f".{target.name}.{uuid4().hex}.tmp")
    try:
        with telling(target):
            aside.mkdir()
            yield aside
            for path in sorted(aside.rglob("*")):
                to_disk(path)
            # What was put there meanwhile would be lost too.
            require_ours(target)
            _swap(aside, target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def aside_of(path: Path) -> Path:
    """A temporary name beside a file, which no glob for its kind finds."""
    return path.with_name(f".{path.name}.{uuid4().hex}.tmp")


def to_disk(path: Path) -> None:
    """Let the content of a file, or the names in a folder, outlast a power cut.

    Otherwise one may keep the move of a file and lose its content.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def unused(paths: Iterable[Path], days: float) -> list[Path]:
    """Files of a cache that nobody has used for some days; whoever uses one touches it.

    Args:
        paths: that are looked at.
        days: without a use.
    """
    oldest, found = time.time() - days * 86_400, []
    for path in paths:
        # Another run may sweep at the same time.
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < oldest:
                found.append(path)
    return found


def _sweep(path: Path, fresh: Path) -> None:
    """Delete what killed writers of ``path`` left beside ``fresh``, our own temporary file.

    Another writer's file may be at work right now, and who lives on another machine can't be told;
    age can. It is measured against our own file, because the clock of a shared disk is not ours.
    """
    oldest = fresh.stat().st_mtime - STALE_AFTER_SECONDS
    for leftover in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
        # Another writer may sweep or move it meanwhile.
        with suppress(FileNotFoundError):
            if leftover.stat().st_mtime < oldest:
                leftover.unlink()


def _swap(aside: Path, target: Path) -> None:
    before = _before(target)
    if target.exists():
        target.rename(before)
    try:
        aside.rename(target)
    except OSError:
        _bring_back(target)
        raise
    shutil.rmtree(before, ignore_errors=True)


def _bring_back(target: Path) -> None:
    """Undo the first half of a swap whose second never came; sweep what a whole one left."""
    before = _before(target)
    if before.is_dir():
        if target.exists():
            shutil.rmtree(before, ignore_errors=True)
        else:
            with telling(target):
                before.rename(target)


def _before(target: Path) -> Path:
    return target.with_name(f".{target.name}.before.tmp")
