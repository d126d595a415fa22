"""What every engine does: call a function on many equal pieces of work."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

Piece = TypeVar("Piece")
Result = TypeVar("Result")


class Engine(Protocol):
    """Spreads calls, and gives the same results whichever it is.

    How work is cut into pieces follows from the work, never from ``at_once``, wherever a result
    could depend on it.
    """

    @property
    def at_once(self) -> int:
        """How many pieces are worked on at a time.

        Raises:
            EngineError: those that would work can't be reached.
        """
        ...

    def on(self, device: str) -> "Engine":
        """The engine for pieces that each take one device of a kind.

        Args:
            device: as torch names it; of a GPU no two pieces use the same one at a time.
        """
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
            EngineError: those that would work can't be reached, or can't begin.
            EstimationError: whoever worked on a piece died, and nobody else could do it.
            Exception: whatever a call raised; what had not begun is not begun any more.
        """
        ...

    def mapped(self, function: Callable[[Piece], Result], pieces: Sequence[Piece]) -> list[Result]:
        """Call a function of compiled code on each piece; the results in order.

        For short work that holds no lock of the interpreter, which a machine does in threads.

        Args:
            function: as of ``completed``.
            pieces: its arguments.

        Raises:
            Exception: as ``completed``.
        """
        ...
