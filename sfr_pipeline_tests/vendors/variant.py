"""What a variant of a fault is, and what several variants are made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sfr_pipeline_tests.vendors.writing import business_days, text, walk

Words = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Variant:
    """A variant of the kind of fault that a case shows.

    Attributes:
        case: number of the case.
        name: in one line.
        place: whose folder the files belong into: `china` (imports/china), `prices`
            (imports/world/prices), `posts` (imports/china/posts), `labelled`, `workbook` (any
            folder; one official workbook).
        files: path below that folder, and content.
        right: what the product should do.
        read: what must be read where reading is right: for `china` and `workbook` series or item,
            then ISO day and value; for `prices` symbol, day and close; for `posts` text and counts;
            for `labelled` text and label.
        refused: where refusing is right, the words of the sentence, of each group one at least.
        told: words that must stand in the refusal, the log or the answer of `sfr check`, whichever
            of reading, refusing and ignoring the product chooses.
    """

    case: int
    name: str
    place: str
    files: Mapping[str, bytes]
    right: str
    read: Mapping[Any, Any] = field(default_factory=dict)
    refused: Words = ()
    told: Words = ()

    def lay_out(self, folder: Path) -> Path:
        """Write the files below a folder, which is returned."""
        for name, content in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return folder


DAYS = [day.isoformat() for day in business_days("2024-01-02", 30)]
WEEK = dict(zip(DAYS, walk("variant week", 30, 1.82, 0.01, 3), strict=True))
YEAR = dict(zip(DAYS, walk("variant year", 30, 2.43, 0.01, 3), strict=True))
STOCK = dict(zip(DAYS, walk("variant stock", 30, 3386.0, 20.0), strict=True))
OTHER = dict(zip(DAYS, walk("variant other", 30, 2300.0, 20.0), strict=True))
POSTS = [
    ["post_id", "published_at", "text", "reads", "likes"],
    ["1", "2021-06-01 09:31", "大盘要涨", 10, 1],
    ["2", "2021-06-02 10:00", "又跌了", 20, 2],
    ["3", "2021-06-03 11:00", "观望", 30, 3],
]


def one(series: Mapping[str, float], column: str = "value") -> bytes:
    return text([["date", column], *series.items()])


def wide(**columns: Mapping[str, float]) -> bytes:
    return wide_of(columns)


def wide_of(columns: Mapping[str, Mapping[str, float]]) -> bytes:
    rows = [[day, *(found[day] for found in columns.values())] for day in DAYS]
    return text([["date", *columns], *rows])
