"""The engine that spreads many equal pieces of work, as a Dagster resource."""

import os

import dagster as dg

from sfr_pipeline.engine import THIS_MACHINE, Engine
from sfr_pipeline.errors import EngineError

ENGINES = ("local",)


class ComputeEngine(dg.ConfigurableResource):
    """Where pieces of work are done.

    Attributes:
        name: ``local`` (the processors of this machine); by default that of the environment
            variable SFR_ENGINE.
    """

    name: str = os.environ.get("SFR_ENGINE", "local")

    def resolve(self) -> Engine:
        """The engine.

        Raises:
            EngineError: there is none of this name.
        """
        if self.name != "local":
            raise EngineError(
                f"there is no engine '{self.name}': choose one of {', '.join(ENGINES)} (SFR_ENGINE)"
            )
        return THIS_MACHINE
