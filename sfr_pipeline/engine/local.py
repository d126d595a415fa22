"""Worker processes that take work one piece at a time.

Belongs here: how many calls are spread over the processors of one machine. Does not belong here:
what is called, or other machines (`on_ray`).

Parent and worker learn of each other's death at once: a worker ends with its parent, however that
was killed, and the death of a worker is an error here instead of a wait without end.
`concurrent.futures` leaves its workers waiting when the parent is killed, `multiprocessing.Pool`
waits for ever for what a killed worker had in hand.
"""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext
from threading import Thread
from typing import Any

from sfr_pipeline.engine.engine import Engine, Piece, Result
from sfr_pipeline.errors import EstimationError
from sfr_pipeline.threads import in_threads, processors

# Imported once, in the process that the workers are forked from, which outlives a call: torch takes
# two seconds, and the part of it that the first optimiser asks for as long again.
# The process is one for all that `multiprocessing` forks from a server; whoever else uses it gets
# these imports as well, and computes no differently.
PRELOADED = ["sfr_pipeline.training.fitting", "torch._dynamo"]


@dataclass(frozen=True)
class Local:
    """The processors of this machine: worker processes, or threads for compiled code.

    Attributes:
        workers: how many; by default one for each processor that this process may use. With one
            the calls are made in this process.
    """

    workers: int | None = None

    @property
    def at_once(self) -> int:
        """How many pieces are worked on at a time."""
        return self.workers or processors()

    def on(self, device: str) -> "Local":
        """As `Engine.on`; pieces that take a GPU are done one after the other, in this process."""
        return self if device == "cpu" else Local(workers=1)

    def completed(
        self,
        function: Callable[[Piece], Result],
        pieces: Sequence[Piece],
        name: Callable[[Piece], str] = str,
    ) -> Iterator[tuple[int, Result]]:
        """As `Engine.completed`; a worker that dies ends the work."""
        workers = min(self.at_once, len(pieces))
        if workers <= 1:
            yield from ((place, function(piece)) for place, piece in enumerate(pieces))
            return
        context = _context()
        waiting = iter(enumerate(pieces))
        running: dict[Connection, Any] = {}
        at_work: dict[Connection, int] = {}
        try:
            for _ in range(workers):
                ours, theirs = context.Pipe()
                process = context.Process(target=_work, args=(theirs, function), daemon=True)
                process.start()
                theirs.close()
                running[ours] = process
                _hand_out(ours, waiting, at_work)
            while at_work:
                for ready in wait(list(at_work)):
                    assert isinstance(ready, Connection)
                    place = at_work.pop(ready)
                    try:
                        result = ready.recv()
                    except (EOFError, ConnectionResetError) as error:
                        running[ready].join()
                        status = running[ready].exitcode
                        raise EstimationError(
                            f"a worker process died (exit status {status}) over "
                            f"{name(pieces[place])}: {_remedy(status)}"
                        ) from error
                    if isinstance(result, BaseException):
                        raise result
                    _hand_out(ready, waiting, at_work)
                    yield place, result
        finally:
            for connection, process in running.items():
                connection.close()
                process.terminate()
                process.join()

    def mapped(self, function: Callable[[Piece], Result], pieces: Sequence[Piece]) -> list[Result]:
        """As `Engine.mapped`, in threads of this process."""
        return in_threads(function, pieces, self.at_once)


# All processors of this machine.
THIS_MACHINE = Local()


def in_this_process(engine: Engine) -> bool:
    """Whether an engine makes its calls here, one after the other."""
    return isinstance(engine, Local) and engine.at_once == 1


def _remedy(status: int | None) -> str:
    """What to do about a worker that died; what its work raises is no reason to die."""
    if status == 1:
        return (
            "it could not start. A worker imports the script that asked for it: let that do its "
            "work under \"if __name__ == '__main__':\""
        )
    return "is there too little memory? Use fewer workers"


def _hand_out(
    connection: Connection, waiting: Iterator[tuple[int, Any]], at_work: dict[Connection, int]
) -> None:
    for place, piece in waiting:
        at_work[connection] = place
        # Whoever waits for the answer learns that the worker is dead.
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.send(piece)
        return


def _work(connection: Connection, function: Callable[[Any], Any]) -> None:
    """Answer pieces until the other end of the pipe is closed."""
    # Ctrl-C reaches every process of a terminal; the parent ends its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    while True:
        try:
            piece = connection.recv()
        except EOFError:
            return
        try:
            result = function(piece)
        except Exception as error:
            result = error
        try:
            connection.send(result)
        except (BrokenPipeError, ConnectionResetError):
            return


def _end_with_parent() -> None:
    """Nobody will read what a worker is working on when its parent is gone."""
    parent = parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)


def _context() -> ForkServerContext:
    """A server process that forks workers.

    Forking this process itself would copy the locks of its threads; starting each worker anew would
    import torch in each of them at each call.
    """
    context = get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context
