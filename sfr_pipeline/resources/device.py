"""Where networks are trained and run, a CPU or one of the machine's GPUs: a Dagster resource."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import dagster as dg

from sfr_pipeline import settings
from sfr_pipeline.engine.device import alone_on, resolved


class Device(dg.ConfigurableResource):
    """The device that torch uses.

    Attributes:
        name: ``auto`` (the first GPU where there is one, else the CPU), ``cpu``, ``cuda`` or
            ``cuda:1``; by default that of the environment variable SFR_DEVICE.
    """

    name: str = settings.text("SFR_DEVICE") or "auto"

    def resolve(self) -> str:
        """The device as torch names it.

        Raises:
            DeviceError: no such device on this machine, or of a kind that nothing here runs on.
        """
        return resolved(self.name)

    @contextmanager
    def held(self, log: Callable[[str], None]) -> Iterator[str]:
        """The device as torch names it; a GPU is given to one step of one run at a time.

        Args:
            log: is told of a wait.

        Raises:
            DeviceError: as ``resolve``.
        """
        device = self.resolve()
        with alone_on(device, log):
            yield device
