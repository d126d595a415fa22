"""The engine that pieces of work go to: whether it is there, and answers."""

import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec

from sfr_pipeline.engine import ADDRESS, engine_named
from sfr_pipeline.engine.on_ray import AUTHENTICATION, TOKEN, OnRay, look_for_cluster
from sfr_pipeline.errors import EngineError
from sfr_pipeline.operation.doctor.finding import Finding
from sfr_pipeline.settings import text

ENGINE = "SFR_ENGINE"
# That a cluster may take to answer.
SECONDS = 4.0


def look_at_engine(
    environment: Mapping[str, str],
    installed: Callable[[str], bool] = lambda module: find_spec(module) is not None,
    ask: Callable[[str, float], None] = look_for_cluster,
) -> Iterator[Finding]:
    """Whether the engine that the environment names can be worked with.

    Args:
        environment: of this process.
        installed: whether a module can be imported.
        ask: tries an address within so many seconds.
    """
    try:
        engine = engine_named(
            text(ENGINE, environment) or "local", text(ADDRESS, environment) or ""
        )
    except EngineError as error:
        yield Finding("broken", str(error), f"unset {ENGINE}")
        return
    if isinstance(engine, OnRay):
        yield from _look_at_ray(engine, environment, installed, ask)
    else:
        yield Finding("ok", f"pieces of work are done here, {engine.at_once} at a time")


def _look_at_ray(
    engine: OnRay,
    environment: Mapping[str, str],
    installed: Callable[[str], bool],
    ask: Callable[[str, float], None],
) -> Iterator[Finding]:
    if not installed("ray"):
        yield Finding(
            "broken",
            f"{ENGINE}=ray, and Ray is not installed",
            shlex.join([sys.executable, "-m", "pip", "install", "sfr_pipeline[ray]"]),
        )
        return
    try:
        ask(engine.address, SECONDS)
    except EngineError as error:
        yield Finding("broken", str(error), f"unset {ENGINE}, to work on this machine")
        return
    if environment.get(AUTHENTICATION, TOKEN) != TOKEN:
        yield Finding(
            "note",
            f"{AUTHENTICATION}={environment[AUTHENTICATION]}: whoever reaches the cluster at "
            f"{engine.address} runs what they like there",
            f"unset {AUTHENTICATION}, and start every node with {AUTHENTICATION}={TOKEN}",
        )
    else:
        yield Finding("ok", f"somebody listens at {ADDRESS}={engine.address}, as a cluster does")
