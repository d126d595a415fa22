"""How many processors there are, work shared among them, and limits on other libraries' threads.

Does not belong here: worker processes (`engine.local`), and torch, which has a setting of its
own (`training.fitting`).
"""

import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from typing import ParamSpec, Protocol, TypeVar

from threadpoolctl import threadpool_limits

Parameters = ParamSpec("Parameters")
Item = TypeVar("Item")
Result = TypeVar("Result")


class Spread(Protocol):
    """What applies a function to every item and gives the results in order: `in_threads` does.

    So does an engine's ``mapped``, wherever that does the work; function and items then must
    survive pickling.
    """

    def __call__(
        self, function: Callable[[Item], Result], items: Sequence[Item], /
    ) -> list[Result]:
        """As `in_threads`."""
        ...


def processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def in_threads(
    function: Callable[[Item], Result], items: Sequence[Item], threads: int | None = None
) -> list[Result]:
    """Apply a function to every item, in as many threads as there are processors.

    For compiled kernels, which hold no lock of the interpreter. Each result stands at its item's
    place, so that nothing depends on how many threads there are.

    Raises:
        Exception: whatever the function raised for the first item for which it did.
    """
    with ThreadPoolExecutor(threads or processors()) as pool:
        return list(pool.map(function, items))


def on_one_thread(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Let a function do its linear algebra on one thread.

    For thousands of small fits, in which threads would only wait for each other.
    """

    @wraps(function)
    def limited(*arguments: Parameters.args, **options: Parameters.kwargs) -> Result:
        with threadpool_limits(limits=1):
            return function(*arguments, **options)

    return limited
