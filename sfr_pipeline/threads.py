"""How many threads other libraries may use for a while.

Belongs here: what limits them and gives back what was there. Does not belong here: worker processes
(`training.workers`), and torch, which has a setting of its own (`training.fitting`).
"""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from threadpoolctl import threadpool_limits

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def on_one_thread(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Let a function do its linear algebra on one thread.

    For thousands of small fits, in which threads would only wait for each other.
    """

    @wraps(function)
    def limited(*arguments: Parameters.args, **options: Parameters.kwargs) -> Result:
        with threadpool_limits(limits=1):
            return function(*arguments, **options)

    return limited
