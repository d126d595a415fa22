"""The device of this machine that torch uses, and who is using it.

Belongs here: what a name of a device stands for, and that a GPU is given to one process at a time.
Does not belong here: where the name comes from (`resources.device`), what runs on it.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sfr_pipeline.errors import DeviceError


def resolved(name: str) -> str:
    """A device as torch names it.

    Args:
        name: ``auto`` (the first GPU where there is one, else the CPU), ``cpu``, ``cuda`` or
            ``cuda:1``.

    Raises:
        DeviceError: no such device on this machine, or of a kind that nothing here runs on.
    """
    if name == "cpu":
        return "cpu"
    import torch

    if name == "auto":
        return "cuda:0" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise DeviceError(f"there is no device '{name}': {error}") from error
    if device.type not in ("cpu", "cuda"):
        raise DeviceError(
            f"device '{name}' is none that this project runs on: choose 'auto', 'cpu', 'cuda' or "
            "'cuda:1' (SFR_DEVICE)"
        )
    if device.type == "cpu":
        return "cpu"
    count = torch.cuda.device_count()
    if (device.index or 0) >= count:
        raise DeviceError(
            f"device '{name}' was asked for, but torch sees {count} GPUs: choose 'auto' or 'cpu', "
            "or install a build of torch for this machine's GPU"
        )
    # With its number, as its users find each other by it.
    return f"cuda:{device.index or 0}"


@contextmanager
def alone_on(device: str, log: Callable[[str], None]) -> Iterator[None]:
    """Use a device; a GPU is given to one process of this machine at a time.

    By a file lock, which ends with the process that holds it. A limit on Dagster's pool would
    outlive a killed run, and every later one would wait for it for ever.

    Args:
        device: as torch names it; the CPU is everybody's.
        log: is told of a wait.
    """
    from filelock import FileLock, Timeout

    if device == "cpu":
        yield
        return
    name = f"sfr_pipeline-{os.getuid()}-{device.replace(':', '-')}.lock"
    lock = FileLock(Path(tempfile.gettempdir()) / name)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        log(f"waiting for {device}, which another run is using")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
