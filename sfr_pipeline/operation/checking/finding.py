"""What is told of a file before a run reads it."""

from dataclasses import dataclass, field
from typing import NamedTuple


class Held(NamedTuple):
    """A series, an instrument, or the posts of a file.

    Attributes:
        name: its id or symbol; ``posts``.
        first: day or month of the first value, as text.
        last: of the last.
        first_value: None for posts.
        last_value: None for posts.
        n_values: how many.
        unit: of the values, and of the file where that is another.
    """

    name: str
    first: str
    last: str
    first_value: float | None
    last_value: float | None
    n_values: int
    unit: str


@dataclass
class CheckedFile:
    """A file.

    Attributes:
        name: below the folder that was checked.
        layout: whose it is, such as ``Wind`` or ``plain table``; None where that was not told.
        format: as it was opened, such as ``text, GB18030, commas``.
        held: what is read from it.
        ignored: what of it is not read, and why, in sentences.
        refused: the sentences with which a run would stop.
    """

    name: str
    layout: str | None = None
    format: str | None = None
    held: list[Held] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


@dataclass
class Part:
    """The series, prices or posts of a folder.

    Attributes:
        kind: 'series', 'prices' or 'posts'.
        files: those that are read or refused.
        passed_over: name of what else lies there, and why it is not read.
    """

    kind: str
    files: list[CheckedFile] = field(default_factory=list)
    passed_over: list[tuple[str, str]] = field(default_factory=list)
