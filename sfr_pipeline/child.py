"""A process started from here that ends when this one does, however this one ends.

``popen`` is ``subprocess.Popen`` with a launcher between: a small process that starts the command,
and holds the reading end of a pipe whose writing end this process holds. When this process ends,
by ``kill -9`` too, the kernel closes the pipe, and the launcher ends the command and all that the
command started. A pipe rather than Linux's signal at a parent's death: that one follows the thread
which started the child, and needs code between fork and exec.

This file is also the launcher, run by its path with nothing but the standard library. What is run,
and what its output means, is the business of the caller.
"""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

# From SIGTERM to SIGKILL.
SECONDS_TO_END = 15.0
# How often the launcher asks who its parent is: a process forked from the parent, which knows
# nothing of this, may hold the pipe open after the parent is gone.
_SECONDS_BETWEEN_LOOKS = 1.0
# A shell's statuses for a command that is not there, and for one that a signal ended.
_NOT_FOUND = 127
_BY_SIGNAL = 128
_ASKED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@contextmanager
def popen(
    command: Sequence[str | os.PathLike[str]], *, seconds_to_end: float = SECONDS_TO_END,
    **options: Any,
) -> Iterator["subprocess.Popen[Any]"]:  # fmt: skip
    """Start a command that does not outlive the ``with`` block, nor this process.

    The command leads, with what it starts, a session of its own: Ctrl-C in a terminal reaches this
    process only. Leaving the block while it runs ends it: SIGTERM to all of them, and SIGKILL to
    whoever is still there after some seconds. To let it finish, ``wait()`` inside the block.

    Args:
        command: program and arguments.
        seconds_to_end: from SIGTERM to SIGKILL.
        options: as ``subprocess.Popen`` takes them, but for those that say how to start
            (``shell``, ``executable``, ``preexec_fn``, ``process_group``, ``start_new_session``).

    Yields:
        The process. Its ``returncode`` is that of the command, 128 + n where signal n ended it,
        127 where there is no such program, -9 where it was ended from here. ``terminate()`` ends
        the whole group.
    """
    alive, held = os.pipe()
    try:
        process = subprocess.Popen(
            # No site-packages, nothing of the environment: the launcher starts in milliseconds.
            [sys.executable, "-I", "-S", Path(__file__).absolute(),
             str(alive), str(os.getpid()), str(seconds_to_end), *command],
            pass_fds=(alive, *options.pop("pass_fds", ())),
            start_new_session=True,
            **options,
        )  # fmt: skip
    except BaseException:
        os.close(held)
        raise
    finally:
        os.close(alive)
    with process:
        try:
            yield process
        finally:
            os.close(held)
            try:
                process.wait(seconds_to_end + 5.0)
            except subprocess.TimeoutExpired:
                process.kill()
            # What the command left behind, should the launcher itself have been killed.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)


def _launch(alive: int, parent: int, seconds_to_end: float, command: Sequence[str]) -> int:
    """Run a command until it ends, until the parent ends, or until asked to stop."""
    os.set_inheritable(alive, False)
    woken, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker)
    for number in (signal.SIGCHLD, *_ASKED):
        signal.signal(number, _wake)
    try:
        # What the caller passed on is open here, and stays so for the command.
        process = subprocess.Popen(command, close_fds=False)
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        return _NOT_FOUND
    while process.poll() is None:
        ready, _, _ = select.select([alive, woken], [], [], _SECONDS_BETWEEN_LOOKS)
        signals = os.read(woken, 1024) if woken in ready else b""
        asked = any(number in signals for number in _ASKED)
        if alive in ready or asked or os.getppid() != parent:
            _end_group(process, seconds_to_end)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(0, signal.SIGTERM)
    status = process.returncode
    return status if status >= 0 else _BY_SIGNAL - status


def _end_group(process: "subprocess.Popen[bytes]", seconds_to_end: float) -> None:
    """End the command and all that it started; this launcher, one of the group, ends with them."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(0, signal.SIGTERM)
    deadline = time.monotonic() + seconds_to_end
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(0, signal.SIGKILL)


def _wake(number: int, frame: FrameType | None) -> None:
    """Nothing: the number of the signal is in the pipe that wakes the loop."""


if __name__ == "__main__":
    sys.exit(_launch(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4:]))
