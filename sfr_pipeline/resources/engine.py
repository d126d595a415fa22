"""The engine that spreads many equal pieces of work, as a Dagster resource."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import dagster as dg

from sfr_pipeline import settings
from sfr_pipeline.engine import ADDRESS, Engine, engine_named
from sfr_pipeline.engine.on_ray import OnRay
from sfr_pipeline.errors import DeviceError
from sfr_pipeline.resources.device import Device


class ComputeEngine(dg.ConfigurableResource):
    """Where pieces of work are done.

    Attributes:
        name: ``local`` (the processors of this machine) or ``ray`` (a cluster); by default that of
            the environment variable SFR_ENGINE.
        address: of the cluster, ``HOST:PORT``; by default that of RAY_ADDRESS.
    """

    name: str = settings.text("SFR_ENGINE") or "local"
    address: str = settings.text(ADDRESS) or ""

    def resolve(self) -> Engine:
        """The engine.

        Raises:
            EngineError: there is none of this name, or its cluster has no address.
        """
        return engine_named(self.name, self.address)

    @contextmanager
    def held(self, device: Device, log: Callable[[str], None]) -> Iterator[str]:
        """The device that pieces of work take, as torch names it where they are done.

        A GPU of this machine is held meanwhile. Those of a cluster are given out by the cluster:
        nothing is held here.

        Args:
            device: the one that is wanted.
            log: is told of a wait.

        Raises:
            DeviceError: there is no such device there.
            EngineError: as ``resolve``.
        """
        engine = self.resolve()
        if isinstance(engine, OnRay):
            yield _device_on(engine, device.name)
        else:
            with device.held(log) as held:
                yield held


def _device_on(cluster: OnRay, name: str) -> str:
    """The device of each piece: of the GPUs of its machine it sees its own, as the first."""
    if name not in ("auto", "cpu", "cuda"):
        raise DeviceError(
            f"device '{name}' is none of a cluster, which says itself who has which of its GPUs: "
            "choose 'auto', 'cpu' or 'cuda' (SFR_DEVICE)"
        )
    if name == "cpu":
        return "cpu"
    if cluster.count("GPU"):
        return "cuda:0"
    if name == "cuda":
        raise DeviceError(
            f"device 'cuda' was asked for, and no node of the cluster at {cluster.address} has a "
            "GPU: choose 'auto' or 'cpu' (SFR_DEVICE), or start nodes with 'ray start --num-gpus'"
        )
    return "cpu"
