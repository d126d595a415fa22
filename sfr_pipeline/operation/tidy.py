"""What killed runs leave behind, and what nobody has used for months.

Belongs here: finding and removing it. Does not belong here: what a writer sweeps by itself when it
next writes there (`sfr_pipeline.storage.filesystem`, `sfr_pipeline.files`).

Whatever is to be swept is found by a function in `SWEEPERS`; a further kind is one more of them.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sfr_pipeline.files import STALE_AFTER_SECONDS
from sfr_pipeline.opinion.shard_store import DAYS_KEPT as DAYS_SHARDS_KEPT
from sfr_pipeline.opinion.shard_store import SENTIMENT, unused_shards
from sfr_pipeline.storage.filesystem import Filesystem
from sfr_pipeline.storage.places import files_at
from sfr_pipeline.training.fit_store import DAYS_KEPT, FITS, FitStore
from sfr_pipeline.workspace import Place, cache_folder, crawl_folder

# Journals of crawls whose posts are stored: until then, somebody may want them once more.
JOURNAL_DAYS = 30
DAY = 86_400.0
FORMER_SCORES = "sentiment.sqlite"


@dataclass(frozen=True)
class Leftover:
    """A file that nobody needs.

    Attributes:
        path: of the file.
        size: in bytes.
        why: nobody needs it.
    """

    path: Place
    size: int
    why: str


Sweeper = Callable[[Place], Iterator[Leftover]]


def half_files(root: Place) -> Iterator[Leftover]:
    """Temporary files of killed writers, wherever in the warehouse and among the caches."""
    places: list[Filesystem] = [files_at(root), files_at(cache_folder(root))]
    for files in places:
        for left in files.half_written():
            yield Leftover(files.path(left.name), left.size, "left by a killed writer")


def stored_journals(root: Place) -> Iterator[Leftover]:
    """Journals of crawls whose posts have long been stored."""
    for path in crawl_folder(root).rglob("*.stored.jsonl"):
        yield from _older(path, JOURNAL_DAYS * DAY, "its posts were stored long ago")


def unused_fits(root: Place) -> Iterator[Leftover]:
    """Fits of networks that no run has used for months."""
    for path in FitStore(cache_folder(root) / FITS).unused():
        yield from _older(path, DAYS_KEPT * DAY, "no run has used this fit for months")


def unused_scores(root: Place) -> Iterator[Leftover]:
    """Scores of posts that no run has used for months."""
    for path in unused_shards(cache_folder(root) / SENTIMENT):
        yield from _older(path, DAYS_SHARDS_KEPT * DAY, "no run has used these scores for months")


def former_caches(root: Place) -> Iterator[Leftover]:
    """The file in which earlier releases kept scores of posts, with what lies beside it."""
    folders = {cache_folder(root)}
    if isinstance(root, Path):
        folders.add(root / "cache")
    for folder in folders:
        for path in folder.glob(f"{FORMER_SCORES}*"):
            yield from _older(path, STALE_AFTER_SECONDS, "scores are kept in shards by now")


SWEEPERS: tuple[Sweeper, ...] = (
    half_files,
    stored_journals,
    unused_fits,
    unused_scores,
    former_caches,
)


def tidy(
    root: Place, dry_run: bool = False, sweepers: Sequence[Sweeper] = SWEEPERS
) -> list[Leftover]:
    """Remove what nobody needs; returns what it was.

    Args:
        root: where the warehouse lies, which the sweepers look into.
        dry_run: whether it is only found.
        sweepers: what is looked for.

    Raises:
        StorageError: the disk refuses a removal.
    """
    found = {each.path: each for sweeper in sweepers for each in sweeper(root)}
    for path in found if not dry_run else ():
        files_at(path.parent).remove(path.name)
    return list(found.values())


def _older(path: Path, seconds: float, why: str) -> Iterator[Leftover]:
    # Whose file it is may remove it meanwhile.
    with suppress(FileNotFoundError):
        about = path.stat()
        if time.time() - about.st_mtime > seconds:
            yield Leftover(path, about.st_size, why)
