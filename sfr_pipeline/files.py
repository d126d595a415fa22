"""How a file is put in place of another: whole or not at all.

Belongs here: what every writer of this project does alike. Does not belong here: what is in a file
and where it lies, and whether its content is to outlast a power cut (the writer's own ``fsync``).

A file is written under a temporary name in its own folder and moved into place, so a reader meets
the old file or the new one, and a writer that dies leaves the old one.
"""

import glob
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

# Far longer than any write takes, so that the file of a writer still at work is never swept.
STALE_AFTER_SECONDS = 3600.0


@contextmanager
def in_place_of(path: Path) -> Iterator[Path]:
    """A temporary file that takes the place of ``path`` when the block ends without an error.

    Args:
        path: what is written; its folder is made where it is missing.
    """
    with in_place_of_all([path]) as (aside,):
        yield aside


@contextmanager
def in_place_of_all(paths: Sequence[Path]) -> Iterator[list[Path]]:
    """The same for several: no file is moved before the block has written all of them."""
    asides = [path.with_name(f".{path.name}.{uuid4().hex}.tmp") for path in paths]
    try:
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
        yield asides
        for path, aside in zip(paths, asides, strict=True):
            _sweep(path, aside)
            aside.replace(path)
    finally:
        for aside in asides:
            aside.unlink(missing_ok=True)


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
