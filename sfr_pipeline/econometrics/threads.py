"""Many independent computations over the processor's cores.

Kernels release the GIL, so threads do; each computation is one call whose result stands at its own
place, so results do not depend on how many threads there are.
"""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def n_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_threads(
    function: Callable[[Item], Result], items: Iterable[Item], threads: int | None = None
) -> list[Result]:
    """Apply a function to every item, in as many threads as there are cores.

    Raises:
        Exception: whatever the function raised for the first item for which it did.
    """
    with ThreadPoolExecutor(threads or n_cores()) as pool:
        return list(pool.map(function, items))
