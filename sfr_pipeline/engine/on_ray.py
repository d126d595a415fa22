"""Pieces of work on a Ray cluster, which may be many machines.

Belongs here: how calls are spread over a cluster that runs already. Does not belong here: starting
one (docs/scaling.md), or what is called.

Functions, pieces and results travel as pickled text, so that a call finds what it would find in a
worker of `local`: of objects that Ray passes itself the arrays can't be written to. Whoever does
the work is told nothing of this machine but where the code and the workspace lie: keys and other
secrets are those of its own environment.
"""

import logging
import os
import pickle
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from threading import current_thread, main_thread
from typing import TYPE_CHECKING, Any

from sfr_pipeline import __version__
from sfr_pipeline.engine.engine import Piece, Result
from sfr_pipeline.errors import EngineError, EstimationError
from sfr_pipeline.workspace import ENVIRONMENT, find_workspace

if TYPE_CHECKING:
    from types import ModuleType

# How often a piece is begun anew elsewhere when whoever worked on it died.
RETRIES = 3
# Pieces in flight a processor: the next one is there before the last is done, and of thousands of
# pieces few lie in memory.
IN_FLIGHT = 4
# That a connection to a cluster may take, in seconds, before it is given up.
PATIENCE = 10.0
# What the numbers depend on.
LIBRARIES = ("numba", "numpy", "scipy", "torch", "transformers")
PACKAGE = Path(__file__).parents[1]
# Ray's variable that says whether whoever joins a cluster must have its token.
AUTHENTICATION, TOKEN = "RAY_AUTH_MODE", "token"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class OnRay:
    """A cluster that this machine is a node of; a process joins it at its first piece of work.

    Attributes:
        address: ``HOST:PORT`` of its head.
        gpus: that each piece takes for itself.
    """

    address: str
    gpus: int = 0

    @property
    def at_once(self) -> int:
        """How many pieces are worked on at a time."""
        kind = "GPU" if self.gpus else "CPU"
        found = self.count(kind)
        if not found:
            raise EngineError(
                f"no node of the Ray cluster at {self.address} has a {kind} to work with: start "
                f"one with 'ray start --address={self.address} --num-{kind.lower()}s=...'"
            )
        return found

    def count(self, kind: str) -> int:
        """How much the cluster has of a kind, ``CPU`` or ``GPU``."""
        return int(self._joined().cluster_resources().get(kind, 0))

    def on(self, device: str) -> "OnRay":
        """As `Engine.on`; Ray says which GPU of which machine, and a piece sees no other."""
        return replace(self, gpus=int(device != "cpu"))

    def completed(
        self,
        function: Callable[[Piece], Result],
        pieces: Sequence[Piece],
        name: Callable[[Piece], str] = str,
    ) -> Iterator[tuple[int, Result]]:
        """As `Engine.completed`; a piece whose worker dies is begun anew by another."""
        if not pieces:
            return
        ray = self._joined()
        from ray import cloudpickle
        from ray.exceptions import RayError, RayTaskError

        call = ray.remote(_call).options(
            num_cpus=1, num_gpus=self.gpus, max_retries=RETRIES, runtime_env=_surroundings()
        )
        called = ray.put(cloudpickle.dumps(function))
        most = IN_FLIGHT * self.at_once
        waiting = iter(enumerate(pieces))
        at_work: dict[Any, int] = {}
        try:
            while True:
                for place, piece in islice(waiting, most - len(at_work)):
                    sent = cloudpickle.dumps(piece)
                    at_work[call.remote(called, sent, _releases())] = place
                if not at_work:
                    return
                ready, _ = ray.wait(list(at_work), timeout=PATIENCE)
                if not ready:
                    # Work that no node is left for would be waited for without end.
                    _ = self.at_once
                for done in ready:
                    place = at_work.pop(done)
                    try:
                        where, failed, outcome = pickle.loads(ray.get(done))
                    except RayTaskError as error:
                        raise EngineError(
                            f"the cluster at {self.address} can't do {name(pieces[place])} "
                            f"({error.cause}): every node needs the same environment as this "
                            f"machine, at the same place ({PACKAGE})"
                        ) from error
                    except RayError as error:
                        raise EstimationError(
                            f"the workers of the cluster at {self.address} that began "
                            f"{name(pieces[place])} died ({type(error).__name__}), "
                            f"{RETRIES + 1} of them: is there too little memory for it?"
                        ) from error
                    if failed:
                        raise outcome
                    log.debug("%s was done by %s", name(pieces[place]), where)
                    yield place, outcome
        finally:
            for unfinished in at_work:
                ray.cancel(unfinished, force=True)

    def mapped(self, function: Callable[[Piece], Result], pieces: Sequence[Piece]) -> list[Result]:
        """As `Engine.mapped`."""
        found = dict(self.completed(function, pieces))
        return [found[place] for place in range(len(pieces))]

    def _joined(self) -> "ModuleType":
        """Ray, with this process in the cluster."""
        if (joined := sys.modules.get("ray")) and joined.is_initialized():
            return joined
        with _environment_kept():
            # Ray knows of tokens where it is told of them before it is imported.
            os.environ.setdefault(AUTHENTICATION, TOKEN)
            try:
                import ray
            except ModuleNotFoundError as error:
                raise EngineError(
                    "the engine 'ray' is not installed: pip install 'sfr_pipeline[ray]'"
                ) from error
            look_for_cluster(self.address)
            # Ray takes the signal that ends a run.
            handler = signal.getsignal(signal.SIGTERM)
            try:
                ray.init(address=self.address, log_to_driver=False, logging_level=logging.WARNING)
            except Exception as error:
                raise EngineError(
                    f"the Ray cluster at {self.address} can't be joined: {_reason(error)}"
                ) from error
            finally:
                if current_thread() is main_thread():
                    signal.signal(signal.SIGTERM, handler)
        return ray


@contextmanager
def _environment_kept() -> Iterator[None]:
    """Take back what Ray is told, and what it tells others, by variables of the process.

    It needs them no longer than until it has joined; who is started later is not to have them.
    """
    before = dict(os.environ)
    try:
        yield
    finally:
        for name in {*os.environ} - {*before}:
            del os.environ[name]
        os.environ.update(before)


def look_for_cluster(address: str, seconds: float = PATIENCE) -> None:
    """Try whether somebody listens at an address.

    Args:
        address: ``HOST:PORT``.
        seconds: that it may take.

    Raises:
        EngineError: nobody does.
    """
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=seconds).close()
    except (OSError, ValueError) as error:
        raise EngineError(
            f"no Ray cluster answers at RAY_ADDRESS={address} ({error}): start one with "
            "'RAY_AUTH_MODE=token ray start --head', or set RAY_ADDRESS to the address that it "
            "prints"
        ) from error


def _reason(error: BaseException) -> str:
    """Why a cluster is not joined, and the remedy; an error of Ray's says so in its causes."""
    said = ""
    told: BaseException | None = error
    while told is not None:
        said, told = f"{said}{told}", told.__cause__ or told.__context__
    if "AuthenticationError" in said or "authentication token" in said:
        return (
            "this process has not its token: put that of the head into ~/.ray/auth_token, or name "
            f"its file in RAY_AUTH_TOKEN_PATH, and begin with {AUTHENTICATION}={TOKEN}"
        )
    return (
        f"{' '.join(str(error).split())}; is this machine a node of it? Otherwise "
        "'ray start --address=HOST:PORT --num-cpus=0' makes it one"
    )


def _surroundings() -> dict[str, Any]:
    """What processes that do the work have in their environment."""
    one_thread = dict.fromkeys(
        ("MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"
    )
    paths = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    if PACKAGE.parent.name != "site-packages":
        paths.insert(0, str(PACKAGE.parent))
    found = find_workspace()
    return {
        "env_vars": {
            **one_thread,
            **({"PYTHONPATH": os.pathsep.join(paths)} if paths else {}),
            **({ENVIRONMENT: str(found)} if found else {}),
        }
    }


@cache
def _releases() -> dict[str, str]:
    """Releases of what the numbers depend on, by name."""
    return {"sfr_pipeline": __version__, **{name: version(name) for name in LIBRARIES}}


def _call(function: bytes, piece: bytes, wanted: dict[str, str]) -> bytes:
    """In a process of the cluster: who did the work, whether it failed, and what came of it."""
    import ray

    where = f"process {os.getpid()} of node {ray.get_runtime_context().get_node_id()}"
    if other := sorted(_releases().items() - wanted.items()):
        refusal = EngineError(
            f"{where} has {', '.join(map(' '.join, other))}, unlike the machine that asks for the "
            "work: install the same releases on every node"
        )
        return ray.cloudpickle.dumps((where, True, refusal))
    called, argument = pickle.loads(function), pickle.loads(piece)
    try:
        outcome = called(argument)
    except Exception as error:
        return ray.cloudpickle.dumps((where, True, error))
    return ray.cloudpickle.dumps((where, False, outcome))
