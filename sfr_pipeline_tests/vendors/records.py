"""What a made-up file says, in the words of its maker: the truth that a reader is held against.

How a file's bytes come about belongs to `writing` and to the layouts' own modules.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class Bar(NamedTuple):
    """A day of an instrument; None where the file has no such column or no value."""

    open: float | None
    high: float | None
    low: float | None
    close: float | None
    volume: float | None
    adjusted: float | None = None


class Found(NamedTuple):
    """A series of a file.

    `values` has ISO days; a month or a quarter stands under its last day, however the file writes
    it. Days that the file names without a value are absent. `unit` and `frequency` are the file's
    own words, None where no cell is theirs; `id_known` tells whether the vendor uses the id
    publicly for this name, else it only has the vendor's form.
    """

    name: str
    values: Mapping[str, float]
    id: str | None = None
    id_known: bool = False
    unit: str | None = None
    frequency: str | None = None


class Post(NamedTuple):
    """A post; counts are None where the file has none, `problem` where the row is to be refused."""

    id: str | None
    published_at: str
    text: str
    reads: int | None = None
    likes: int | None = None
    comments: int | None = None
    shares: int | None = None
    problem: tuple[str, ...] = ()


class Labelled(NamedTuple):
    """A text with the label as written, None where it has none."""

    text: str
    label: str | None


@dataclass(frozen=True)
class Refusal:
    """Why a file must be refused: of each group one word at least stands in the sentence.

    Of posts, refusing the rows in question with such a reason is as good as refusing the file.
    `mended` is the path of the file after the edit that `edit` tells; it is read like any other.
    """

    why: str
    words: tuple[tuple[str, ...], ...]
    edit: str
    mended: str


@dataclass(frozen=True)
class Record:
    """One file: where it lies below `files/`, whose layout it has, and what it says.

    `symbol_from` tells whether the file names its instruments ("file") or only its own name does
    ("name"); in that case `prices` has the symbol that the file is called by.
    """

    path: str
    layout: str
    kind: str  # series, prices, posts or labelled
    about: str
    series: tuple[Found, ...] = ()
    prices: Mapping[str, Mapping[str, Bar]] = field(default_factory=dict)
    symbol_from: str = "file"
    posts: tuple[Post, ...] = ()
    labelled: tuple[Labelled, ...] = ()
    encoding: str | None = None  # of text files
    refused: Refusal | None = None


class Made(NamedTuple):
    """A record, and the function that makes its file's bytes."""

    record: Record
    write: Callable[[], bytes]
