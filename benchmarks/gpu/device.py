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
FOR_EVER = 60.0


def two_processes(bench: Bench, seconds: float) -> Findings:
    """Let two processes ask for the device at once, then one for that of a killed one.

    Args:
        bench: the run.
        seconds: not looked at: it takes a few.
    """
    bench.say("two processes ask for one device")
    holders: list[_Holder] = []
    with tempfile.TemporaryDirectory() as folder:
        # A tiny run has no device: its lock is nobody else's.
        environment = {**os.environ, **({"TMPDIR": folder} if bench.tiny else {})}

        def holder(held: float) -> _Holder:
            holders.append(_Holder(bench, held, environment))
            return holders[-1]

        held = 0.1 if bench.tiny else 1.0
        try:
            first = holder(held)
            first.wait_for("begins")
            second = holder(held)
            for each in (first, second):
                each.finish()
            killed = holder(FOR_EVER)
            killed.wait_for("begins")
            last = holder(held)
            last.wait_for("waits")
            killed.end()
            last.finish()
        finally:
            for each in holders:
                each.end()
    apart = second.told["begins"] - first.told["ends"]
    in_turn = "waits" in second.told and apart >= 0
    return Findings(
        "Two processes that ask for one device",
        ("what", "found"),
        (
            ("the second was told that it waits", "yes" if "waits" in second.told else "NO"),
            ("seconds from the first's end to the second's beginning", f"{apart:.3f}"),
            ("whoever waits for a killed process is given the device", "yes"),
        ),
        "By a lock on a file, which ends with the process that holds it.",
        failed=not in_turn,
    )


class _Holder:
    """One process, and what it has told."""

    def __init__(self, bench: Bench, seconds: float, environment: dict[str, str]) -> None:
        device = bench.device if bench.has_gpu else "cuda:0"
        works = "works" if bench.has_gpu else "idle"
        module = "benchmarks.gpu.holder"
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, device, str(seconds), works],
            cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE, text=True, encoding="utf-8",
        )  # fmt: skip
        self.told: dict[str, float] = {}

    def wait_for(self, what: str) -> None:
        """Read what it tells until it tells this.

        Raises:
            RuntimeError: it ended before.
        """
        assert self.process.stdout is not None
        while what not in self.told:
            line = self.process.stdout.readline()
            if not line:
                raise RuntimeError(f"a process that asked for a device ended before it '{what}'")
            self.told |= json.loads(line)

    def end(self) -> None:
        """Kill it where it still runs."""
        self.process.kill()
        self.process.wait()

    def finish(self) -> None:
        """Read until it has given the device back."""
        self.wait_for("ends")
        self.process.wait()
