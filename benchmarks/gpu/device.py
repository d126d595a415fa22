"""Two processes that ask for one device: one waits for the other, however that ends."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.gpu.bench import Bench
from benchmarks.timing import Findings

CHECKOUT = Path(__file__).parents[2]


def two_processes(bench: Bench, seconds: float) -> Findings:
    """Let a process ask for a device that another has, which gives it back; then which is killed.

    Args:
        bench: the run.
        seconds: not looked at: it takes a few.
    """
    bench.say("two processes ask for one device")
    holders: list[_Holder] = []
    with tempfile.TemporaryDirectory() as folder:
        # A tiny run has no device: its lock is nobody else's.
        environment = {**os.environ, **({"TMPDIR": folder} if bench.tiny else {})}

        def holder() -> _Holder:
            holders.append(_Holder(bench, environment))
            return holders[-1]

        try:
            first = holder()
            first.tells("begins")
            second = holder()
            second.tells("waits", "begins")
            first.give_back()
            second.tells("begins")
            third = holder()
            third.tells("waits", "begins")
            second.end()
            third.tells("begins")
            third.give_back()
        finally:
            for each in holders:
                each.end()
    waited = ["waits" in each.told for each in (second, third)]
    apart = second.told["begins"] - first.told["ends"]
    return Findings(
        "Two processes that ask for one device",
        ("what", "found"),
        (
            ("waits for a process that has the device", "yes" if waited[0] else "NO"),
            ("seconds from its end to the other's beginning", f"{apart:.3f}"),
            ("waits for one that is killed, and is given the device", "yes" if waited[1] else "NO"),
        ),
        "By a lock on a file, which ends with the process that holds it.",
        failed=not all(waited) or apart < 0,
    )


class _Holder:
    """One process, and what it has told."""

    def __init__(self, bench: Bench, environment: dict[str, str]) -> None:
        device = bench.device if bench.has_gpu else "cuda:0"
        works = "works" if bench.has_gpu else "idle"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.gpu.holder", device, works],
            cwd=CHECKOUT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, encoding="utf-8",
        )  # fmt: skip
        self.told: dict[str, float] = {}

    def tells(self, *any_of: str) -> None:
        """Listen until it has told one of these.

        Raises:
            RuntimeError: it ended before.
        """
        assert self.process.stdout is not None
        while self.told.keys().isdisjoint(any_of):
            line = self.process.stdout.readline()
            if not line:
                raise RuntimeError(f"a process that asked for a device ended before it {any_of[0]}")
            self.told |= json.loads(line)

    def give_back(self) -> None:
        """Let it give the device back."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.tells("ends")

    def end(self) -> None:
        """Kill it where it still runs."""
        self.process.kill()
        self.process.wait()
