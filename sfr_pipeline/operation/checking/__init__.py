"""What a run would make of a folder of files, told before it: everything at once, nothing run.

Belongs here: putting together what the readers of series, prices and posts say of each file. Does
not belong here: reading itself, which is the run's own (`sources.files`, `opinion.exports`), so
that what is told is what happens.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from sfr_pipeline import clock
from sfr_pipeline.errors import SourceError
from sfr_pipeline.inputs.files import folder_of, folders_not_read
from sfr_pipeline.markets import Market
from sfr_pipeline.operation.checking.finding import CheckedFile, Part
from sfr_pipeline.operation.checking.posts import check_posts
from sfr_pipeline.operation.checking.prices import check_prices
from sfr_pipeline.operation.checking.series import check_series
from sfr_pipeline.opinion.origin import posts_folder
from sfr_pipeline.sources.files.folder import files_only


class Lacking(NamedTuple):
    """What a market has no file of.

    Attributes:
        kind: 'series' or 'instruments'.
        names: of those without a file.
        unasked: of these, those that no open source delivers either, or none may be asked for.
        wanted: how many the market has altogether.
    """

    kind: str
    names: list[str]
    unasked: list[str]
    wanted: int


class Checked(NamedTuple):
    """A folder of files, and how a run of a market would read it.

    Attributes:
        folder: that was looked at.
        market: name of the market.
        parts: series, prices and posts, those that the market has or the folder holds.
        lacking: what has no file.
    """

    folder: Path
    market: str
    parts: list[Part]
    lacking: list[Lacking]

    @property
    def files(self) -> list[CheckedFile]:
        """All files that are read or refused."""
        return [file for part in self.parts for file in part.files]

    @property
    def is_refused(self) -> bool:
        """Whether a run would stop at anything here."""
        return any(file.refused for file in self.files)


def check_folder(market: Market, folder: Path | None = None) -> Checked:
    """Look through a folder of files as a run of a market would.

    Args:
        market: the catalogue.
        folder: of its files, with ``prices`` and ``posts`` below; None: the market's own.

    Raises:
        SourceError: there is no such folder, or the market reads no files.
    """
    own = folder_of(market)
    looked_at = folder or own
    if looked_at is None:
        raise SourceError(
            f"market {market.name} reads no files: give its catalogue a folder, such as "
            f"'files: imports/{market.name}', or name the folder that is to be checked"
        )
    if not looked_at.is_dir():
        raise SourceError(
            f"there is no folder {looked_at}: make it and put the files there, or name theirs; "
            f"the market's own is {own}"
        )
    today = clock.today()
    parts = [check_series(market, looked_at, today)]
    parts[0].passed_over += folders_not_read(market, looked_at)
    if market.prices:
        parts.append(check_prices(market, looked_at, today))
    posts = _posts_folder(market, looked_at, own)
    if market.forum is not None and market.forum.exports is not None and posts is not None:
        parts.append(check_posts(market.forum, market.forum.exports.columns, posts))
    return Checked(looked_at, market.name, parts, _lacking(market, parts))


def _posts_folder(market: Market, looked_at: Path, own: Path | None) -> Path | None:
    """Where the posts lie that go with a folder; None where there are none."""
    if market.forum is None or (folder := posts_folder(market.forum)) is None:
        return None
    if own is not None and folder.is_relative_to(own):
        folder = looked_at / folder.relative_to(own)
    elif looked_at != own:
        return None
    return folder if folder.exists() or market.forum.site is None else None


def _lacking(market: Market, parts: Sequence[Part]) -> list[Lacking]:
    found = {held.name for part in parts for file in part.files for held in file.held}
    kinds = (
        ("series", [(one.id, one.source) for one in market.sourced_series]),
        ("instruments", [(one.symbol, one.source) for one in market.prices]),
    )
    lacking = []
    for kind, wanted in kinds:
        without = [(name, source) for name, source in wanted if name not in found]
        unasked = [name for name, source in without if source is None or files_only()]
        lacking.append(Lacking(kind, [name for name, _ in without], unasked, len(wanted)))
    return lacking
