"""How far a bar's list was walked, as the journal's page lines remember it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class HighWaterMark:
    """The stretch of a bar's list whose posts of the window are in the journal.

    It lies in time, not between page numbers: these shift while new posts arrive.

    Attributes:
        upper: where it begins, the newest time: the window's end where the window was over by then,
            otherwise later posts belong to the window too. None where nothing is done.
        lower: how far back it goes; None where no page told a time.
        last: whether it goes back to the window's start, or to the list's end.
    """

    upper: datetime | None = None
    lower: datetime | None = None
    last: bool = False

    @classmethod
    def of_line(cls, line: dict[str, Any] | None) -> "HighWaterMark":
        """What a page line says; nothing where it does not know its upper end."""
        upper = _time(line and line.get("upper"))
        if line is None or upper is None:
            return cls()
        return cls(upper, _time(line["lower"]), line["last"])

    def fields(self) -> dict[str, Any]:
        """What a page line is to say."""
        return {"upper": _text(self.upper), "lower": _text(self.lower), "last": self.last}


def _time(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _text(time: datetime | None) -> str | None:
    return time.isoformat() if time else None
