"""What several steps of a run make from the same tables, made once by each process.

Belongs here: keeping it between two steps. Does not belong here: passing on what a step found to
the next, which may run elsewhere (`resources.step_frames`).
"""

from collections.abc import Callable
from typing import Generic, TypeVar

Made = TypeVar("Made")


class OnceARun(Generic[Made]):
    """The newest that was made, and the run that it was made for.

    Steps in one process make it once. A step in a process of its own makes it again, and as the
    tables of a run are the same, so is what is made of them.
    """

    def __init__(self) -> None:
        self._kept: tuple[str, Made] | None = None

    def __call__(self, run_id: str, make: Callable[[], Made]) -> Made:
        """What was made for a run.

        Args:
            run_id: of the run.
            make: makes it, where this process has not done so yet.
        """
        if self._kept is None or self._kept[0] != run_id:
            self._kept = (run_id, make())
        return self._kept[1]
