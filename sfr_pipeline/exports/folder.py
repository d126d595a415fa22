"""A folder that is written aside and put in place whole, and never in place of somebody else's."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from sfr_pipeline.errors import ExportError
from sfr_pipeline.exports import readme
from sfr_pipeline.exports.datapackage import paths_of
from sfr_pipeline.files import telling, to_disk

# What programs leave that had a file of it open, or showed the folder: it goes with the folder.
LEFT_BY_PROGRAMS = re.compile(
    r"\.DS_Store|Thumbs\.db|desktop\.ini|\.~lock\..*|~\$.*|.*\.duckdb\.wal"
)
SHOWN = 3


def require_ours(target: Path) -> None:
    """Refuse a folder that an export may not replace.

    Raises:
        ExportError: it is no folder, has none around it, or holds what no export put there.
    """
    if not target.parent.is_dir():
        raise ExportError(f"there is no folder {target.parent}: create it, or name another one")
    if not target.exists():
        return
    if not target.is_dir():
        raise ExportError(f"{target} exists and is no folder: name another one, or delete it")
    found = {
        path.relative_to(target).as_posix()
        for path in target.rglob("*")
        if not path.is_dir() and not LEFT_BY_PROGRAMS.fullmatch(path.name)
    }
    if not found:
        return
    ours = paths_of(target)
    if ours is None:
        raise ExportError(
            f"{target} is not empty and no export of sfr_pipeline: name another folder, or empty it"
        )
    if foreign := sorted(found - ours - {readme.FILE}):
        named = ", ".join(foreign[:SHOWN]) + (", ..." if len(foreign) > SHOWN else "")
        raise ExportError(
            f"{target} holds files that no export put there ({named}) and would be replaced as a "
            "whole: move them elsewhere, or name another folder"
        )


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A folder aside that takes the place of ``target`` when the block ends without an error.

    Raises:
        ExportError: as `require_ours`.
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
