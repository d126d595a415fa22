"""How the benchmarks time things and show what they found."""

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Findings:
    """One benchmark's table.

    Attributes:
        title: what was measured.
        header: names of the columns.
        rows: cells, as text.
        note: what to know before reading the numbers.
        failed: whether something is not as it must be, which the rows then show.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    failed: bool = False

    def markdown(self) -> str:
        """Render as a section with a Markdown table, its columns aligned for plain reading too."""
        table = (self.header, *self.rows)
        widths = [max(len(cell) for cell in column) for column in zip(*table, strict=True)]
        rule = tuple("-" * width for width in widths)
        lines = [
            "| " + " | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) + " |"
            for row in (self.header, rule, *self.rows)
        ]
        return "\n".join([f"## {self.title}", "", *lines, *(["", self.note] if self.note else [])])


def median_seconds(
    *functions: Callable[[], object], repetitions: int, warm_up: bool = True
) -> list[float]:
    """Median wall time of each function.

    The functions take turns, so that a machine that slows down for a while slows all of them.
    """
    if warm_up:
        for function in functions:
            function()
    seconds: list[list[float]] = [[] for _ in functions]
    for _ in range(repetitions):
        for function, taken in zip(functions, seconds, strict=True):
            start = time.perf_counter()
            function()
            taken.append(time.perf_counter() - start)
    return [statistics.median(taken) for taken in seconds]


def shown(seconds: float) -> str:
    """Format a time in the unit that suits it."""
    for unit, factor in (("µs", 1e6), ("ms", 1e3)):
        if seconds * factor < 1000:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds:.3g} s"


def progress(done: int, total: int, what: str) -> None:
    """Count on one line of standard error, and only where somebody may be watching."""
    if sys.stderr.isatty():
        print(f"\r  {done}/{total} {what}", end="\n" if done == total else "", file=sys.stderr)
        sys.stderr.flush()
