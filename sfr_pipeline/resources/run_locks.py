"""The lock of a run: held by the process that makes it, and judged only where it can be seen.

The kernel takes a lock back however its process ends. But a lock is seen by those alone who see its
file: on several hosts with one database of runs, each has locks of its own. So a run bears a tag
with the name of the folder that its lock lies in. Whoever looks at another folder knows nothing of
the run, and must not call it gone. That name is drawn once for a folder, and holds as long as the
file that keeps it: containers that share the folder share the name, whatever their host is called,
and a copy of the folder on another host is another folder.

Belongs here: taking locks and looking at them. Does not belong here: what becomes of a run that
nobody makes (`runs`).
"""

import os
import platform
import uuid
from pathlib import Path
from typing import Any

import dagster as dg

# Tags of a run that has begun: the folder of its lock, and for readers the host.
LOCKS_TAG = "locks"
HOST_TAG = "host"
# In Dagster's home: the name of the locks' folder.
NAME = ".locks_name"

# Locks of this process. One that nothing refers to would be given back.
_held: list[Any] = []


def own(instance: dg.DagsterInstance, run_id: str) -> dict[str, str]:
    """Hold the lock of a run, as the process that makes it, until this process ends.

    Not until the run does: that it ended is noted a moment later.

    Returns:
        The tags of the run that say where its lock lies.
    """
    from filelock import FileLock

    path = lock_path(instance, run_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    lock.acquire()
    _held.append(lock)
    return {LOCKS_TAG: _named(_home(instance)), HOST_TAG: platform.node()}


def is_owned(instance: dg.DagsterInstance, run_id: str) -> bool:
    """Whether a process that lives makes this run, as far as can be seen from here."""
    from filelock import FileLock, Timeout

    path = lock_path(instance, run_id)
    if not path.exists():
        return False
    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True


def is_elsewhere(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    """Whether the lock of a run lies in a folder that can't be seen from here."""
    folder = run.tags.get(LOCKS_TAG)
    return folder is not None and folder != _name(_home(instance))


def lock_path(instance: dg.DagsterInstance, run_id: str) -> Path:
    """The file of a run's lock."""
    return _home(instance) / "alive" / f"{run_id}.lock"


def _home(instance: dg.DagsterInstance) -> Path:
    return Path(instance.root_directory)


def _name(home: Path) -> str | None:
    """Name of the folder; None where it has none, or only that of one it was copied from."""
    path = home / NAME
    try:
        name, inode = path.read_text(encoding="ascii").split()
        return name if int(inode) == path.stat().st_ino else None
    except (OSError, ValueError):
        return None


def _named(home: Path) -> str:
    """Name of the folder, which is given one where it has none."""
    from filelock import FileLock

    with FileLock(home / f"{NAME}.lock"):
        if (known := _name(home)) is not None:
            return known
        path, aside = home / NAME, home / f"{NAME}.{os.getpid()}"
        # Written aside and moved into place: whoever reads sees all of it or nothing.
        with aside.open("w", encoding="ascii") as file:
            name = uuid.uuid4().hex
            file.write(f"{name} {os.fstat(file.fileno()).st_ino}\n")
        aside.replace(path)
        return name
