"""Room on the disk, and whether its file system keeps locks."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from sfr_pipeline.operation.doctor.finding import Finding
from sfr_pipeline.operation.doctor.kernels import nearest

# A whole run of the market us writes some 120 MB in 1,100 files, and Dagster notes 20 MB of it;
# what is replaced lies beside it meanwhile (measured with the profile default).
NEEDED_MB, WANTED_MB, NEEDED_FILES = 300, 2_000, 3_000
NETWORK_SYSTEMS = frozenset({
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "fuse.glusterfs",
    "fuse.sshfs", "lustre", "vboxsf", "fuse.vmhgfs-fuse", "prl_fs", "webdav", "davfs",
})  # fmt: skip
ELSEWHERE = "export SFR_WAREHOUSE=FOLDER, one on {} disk"


def look_at_room(folder: Path, free: float, files: int | None) -> Iterator[Finding]:
    """Whether there is room for a run.

    Args:
        folder: of the warehouse.
        free: MB that are free there.
        files: that can still be made there; None where they are not counted.
    """
    said = f"{free:,.0f} MB are free for {folder}"
    remedy = f"sfr tidy, or: {ELSEWHERE.format('a larger')}"
    if free < NEEDED_MB:
        yield Finding("broken", f"{said}: a run needs {NEEDED_MB}", remedy)
    elif free < WANTED_MB:
        yield Finding("note", f"{said}, some {free / NEEDED_MB:.0f} runs of one market", remedy)
    else:
        yield Finding("ok", said)
    if files is not None and files < NEEDED_FILES:
        yield Finding(
            "broken",
            f"the disk of {folder} takes {files:,} more files: a run needs {NEEDED_FILES:,}",
            remedy,
        )


def look_at_locks(
    folder: Path, system: str, lock: Callable[[Path], bool] | None = None
) -> Iterator[Finding]:
    """Whether locks are kept where the warehouse lies.

    Args:
        folder: of the warehouse.
        system: its file system, by the kernel's name.
        lock: tries to take one there.
    """
    if not (lock or takes_lock)(folder):
        yield Finding(
            "broken",
            f"{folder} lies on a file system ({system}) without locks: two runs at once would "
            "spoil each other's tables",
            ELSEWHERE.format("this machine's own"),
        )
    elif system in NETWORK_SYSTEMS:
        yield Finding(
            "note",
            f"{folder} lies on the network ({system}), whose locks may hold on this machine only: "
            "let no other machine write there",
            ELSEWHERE.format("this machine's own"),
        )
    else:
        yield Finding("ok", f"{folder} lies on {system}, which keeps locks")


def free_mb(folder: Path) -> float:
    """MB that this user may still write where a folder lies, or will lie."""
    return shutil.disk_usage(_there(folder)).free / 1e6


def free_files(folder: Path) -> int | None:
    """Files that a file system still takes; None where it counts none."""
    about = os.statvfs(_there(folder))
    return about.f_favail if about.f_files else None


def system_of(folder: Path, mounted: Mapping[str, str] | None = None) -> str:
    """File system that a folder lies on.

    Args:
        folder: which.
        mounted: file system of each mount point; by default this machine's.
    """
    if mounted is None:
        import psutil

        mounted = {one.mountpoint: one.fstype for one in psutil.disk_partitions(all=True)}
    real = folder.resolve()
    above = [str(one) for one in (real, *real.parents) if str(one) in mounted]
    return mounted[above[0]] if above else "unknown"


def takes_lock(folder: Path) -> bool:
    """Whether a lock can be taken in a folder, or in the nearest one above that is there."""
    with tempfile.NamedTemporaryFile(dir=_there(folder), prefix=".doctor.", suffix=".tmp") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
    return True


def _there(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    found = nearest(folder)
    return found if found.is_dir() else found.parent
