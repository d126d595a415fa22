"""What every part of the bench is given: the device, its works, its time."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from benchmarks.gpu.works import Works
from benchmarks.random_bert import TINY, Bert


@dataclass(frozen=True)
class Bench:
    """One run.

    Attributes:
        device: as torch names it.
        works: what is trained.
        tiny: whether sizes are to show no more than that everything runs.
        begun: when it began, on the clock of `time.monotonic`.
    """

    device: str
    works: Works
    tiny: bool = False
    begun: float = field(default_factory=time.monotonic)

    def say(self, text: str) -> None:
        """Tell how far it is, on standard error."""
        print(f"{time.monotonic() - self.begun:6.1f} s  {text}", file=sys.stderr, flush=True)

    @property
    def has_gpu(self) -> bool:
        """Whether it measures a GPU."""
        return self.device != "cpu"

    @property
    def sizes(self) -> Bert:
        """Of the model that reads."""
        return TINY if self.tiny else Bert()

    @cached_property
    def loaded(self) -> Any:
        """That model, its weights drawn from a seed of its own."""
        import torch

        with torch.random.fork_rng([]):
            torch.manual_seed(0)
            return self.sizes.loaded()

    def finished(self) -> None:
        """Wait until the device has done what it was given."""
        if self.has_gpu:
            import torch

            torch.cuda.synchronize(self.device)

    def timed(self, function: Callable[[], object]) -> float:
        """Seconds that a function takes, until the device has done it."""
        self.finished()
        start = time.perf_counter()
        function()
        self.finished()
        return time.perf_counter() - start

    def memory(self) -> str:
        """Largest memory of the device since this was asked last, as text."""
        if not self.has_gpu:
            return "-"
        import torch

        peak = torch.cuda.max_memory_allocated(self.device)
        torch.cuda.reset_peak_memory_stats(self.device)
        return f"{peak / 1e9:.2f} GB"
