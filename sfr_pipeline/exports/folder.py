"""Which folder an export may replace: one of its own, and never one that holds somebody else's."""

import re
from pathlib import Path

from sfr_pipeline.errors import ExportError
from sfr_pipeline.exports import readme
from sfr_pipeline.exports.datapackage import paths_of

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
