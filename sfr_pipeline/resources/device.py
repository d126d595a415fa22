"""Where networks are trained and run: a CPU, or one of the machine's GPUs."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from sfr_pipeline.errors import DeviceError


class Device(dg.ConfigurableResource):
    """The device that torch uses.

    Attributes:
        name: ``auto`` (the first GPU where there is one, else the CPU), ``cpu``, ``cuda`` or
            ``cuda:1``; by default that of the environment variable SFR_DEVICE.
    """

    name: str = os.environ.get("SFR_DEVICE", "auto")

    def resolve(self) -> str:
        """The device as torch names it.

        Raises:
            DeviceError: no such device on this machine, or of a kind that nothing here runs on.
        """
        if self.name == "cpu":
            return "cpu"
        import torch

        if self.name == "auto":
            return "cuda:0" if torch.cuda.is_available() else "cpu"
        try:
            device = torch.device(self.name)
        except RuntimeError as error:
            raise DeviceError(f"there is no device '{self.name}': {error}") from error
        if device.type not in ("cpu", "cuda"):
            raise DeviceError(
                f"device '{self.name}' is none that this project runs on: choose 'auto', 'cpu', "
                "'cuda' or 'cuda:1' (SFR_DEVICE)"
            )
        if device.type == "cpu":
            return "cpu"
        count = torch.cuda.device_count()
        if (device.index or 0) >= count:
            raise DeviceError(
                f"device '{self.name}' was asked for, but torch sees {count} GPUs: choose 'auto' "
                "or 'cpu', or install a build of torch for this machine's GPU"
            )
        return str(device)

    @contextmanager
    def held(self, log: Callable[[str], None]) -> Iterator[str]:
        """The device as torch names it; a GPU is given to one step of one run at a time.

        By a file lock, which ends with the process that holds it. A limit on Dagster's pool would
        outlive a killed run, and every later one would wait for it for ever.

        Args:
            log: is told of a wait.

        Raises:
            DeviceError: as ``resolve``.
        """
        from filelock import FileLock, Timeout

        device = self.resolve()
        if device == "cpu":
            yield device
            return
        name = f"sfr_pipeline-{os.getuid()}-{device.replace(':', '-')}.lock"
        lock = FileLock(Path(tempfile.gettempdir()) / name)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            log(f"waiting for {device}, which another run is using")
            lock.acquire()
        try:
            yield device
        finally:
            lock.release()
