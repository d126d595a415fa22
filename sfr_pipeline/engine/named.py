"""Which engine a name means."""

from sfr_pipeline.engine.engine import Engine
from sfr_pipeline.engine.local import THIS_MACHINE
from sfr_pipeline.errors import EngineError

ENGINES = ("local", "ray")
# The environment variable with the address, which is Ray's own.
ADDRESS = "RAY_ADDRESS"


def engine_named(name: str, address: str = "") -> Engine:
    """The engine of a name; nothing is reached for yet.

    Args:
        name: one of ``ENGINES``.
        address: of the cluster, ``HOST:PORT``, where the engine is one.

    Raises:
        EngineError: there is none of this name, or its cluster has no address.
    """
    if name == "local":
        return THIS_MACHINE
    if name != "ray":
        raise EngineError(
            f"there is no engine '{name}': choose one of {', '.join(ENGINES)} (SFR_ENGINE)"
        )
    if not address:
        raise EngineError(
            f"the engine 'ray' needs the address of a cluster: set {ADDRESS}=HOST:PORT, which "
            "'ray start --head' prints, or leave SFR_ENGINE out to work on this machine"
        )
    if "://" in address:
        raise EngineError(
            f"{ADDRESS}={address} is an address of Ray's client, by which this project does not "
            "work: make this machine a node of the cluster ('ray start --address=HOST:PORT "
            f"--num-cpus=0') and set {ADDRESS}=HOST:PORT"
        )
    from sfr_pipeline.engine.on_ray import OnRay

    return OnRay(address)
