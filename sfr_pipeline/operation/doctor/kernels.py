"""Compiled kernels: whether they are kept, and where."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from sfr_pipeline.operation.doctor.finding import Finding


def look_at_kernels(
    folders: Sequence[Path], may_write: Callable[[Path], bool] | None = None
) -> Iterator[Finding]:
    """Whether compiled kernels are there, or can be kept.

    Args:
        folders: that may keep them, the preferred one first.
        may_write: whether this user may write into a folder that is there.
    """
    may_write = may_write or writable
    kept = [folder for folder in folders if may_write(nearest(folder))]
    if not kept:
        yield Finding(
            "note",
            f"compiled kernels can't be kept{_tried(folders)}: every process compiles them anew, "
            "a minute's work",
            "export XDG_CACHE_HOME=FOLDER, one that this user may write to",
        )
        return
    there = [folder for folder in folders if folder.is_dir() and any(folder.iterdir())]
    if there:
        yield Finding("ok", f"compiled kernels lie in {there[0]}")
    else:
        yield Finding(
            "note",
            "the kernels are not compiled yet: the first run does so, a minute's work",
            "sfr compile-kernels",
        )


def _tried(folders: Sequence[Path]) -> str:
    return f" in {' nor in '.join(map(str, folders))}" if folders else ", as this user has no home"


def writable(folder: Path) -> bool:
    """Whether this user may write into a folder that is there."""
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)


def nearest(folder: Path) -> Path:
    """The folder, or the first one above it that is there."""
    return next(one for one in (folder, *folder.parents) if one.exists())
