"""What every engine does: call a function on many equal pieces of work."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

Piece = TypeVar("Piece")
Result = TypeVar("Result")


class Engine(Protocol):
    """Spreads calls, and gives the same results whichever it is."""

    @property
    def at_once(self) -> int:
        """How many pieces are worked on at a time."""
        ...

    def completed(
        self,
        function: Callable[[Piece], Result],
        pieces: Sequence[Piece],
        name: Callable[[Piece], str] = str,
    ) -> Iterator[tuple[int, Result]]:
        """Call a function on each piece; yields places and results as they finish.

        Args:
            function: what to call; like the pieces it must survive pickling.
            pieces: its arguments.
            name: what a piece is called in an error.

        Raises:
            EstimationError: whoever worked on a piece died, and nobody else could do it.
            Exception: whatever a call raised; what had not begun is not begun any more.
        """
        ...
