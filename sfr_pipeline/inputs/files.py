"""The files of a market's user: which series have one, and whether new ones can be read."""

import logging
import os
from collections.abc import Collection
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path

from sfr_pipeline.errors import CatalogueError, SourceError, shown
from sfr_pipeline.markets import Market, Measured, Series, load_market, market_names
from sfr_pipeline.markets.series import SourcedSeries
from sfr_pipeline.sources.files import prices as price_files
from sfr_pipeline.sources.files.checks import refuse
from sfr_pipeline.sources.files.folder import Imports, files_only, imports_folder
from sfr_pipeline.sources.files.survey import PassedOver

LOG = logging.getLogger(__name__)

# How like a market's a folder's name must be, to be that name misspelt: one letter in five is
# wrong, or two have changed places.
NEAR = 0.75


def check_new_files(market: Market, series: Collection[str], symbols: Collection[str]) -> None:
    """Read every file of what was never delivered, so that a bad one stops a run at its beginning.

    A file of what was delivered before may be bad: its values of before stand in. What lies in the
    folder and is not read is logged by name.

    Args:
        market: the catalogue.
        series: ids of those that were delivered before.
        symbols: of the instruments that were.

    Raises:
        SourceError: one of the new files is bad, whether or not anything needs it.
    """
    imports = series_files(market)
    if imports is not None:
        for name, why in (*imports.passed_over, *folders_not_read(market, imports.folder)):
            LOG.warning("%s: not read: %s: %s", market.name, shown(name), shown(why))
        for entry in market.sourced_series:
            if entry.id in imports and entry.id not in series:
                imports.read(entry.id)
    new = [one for one in market.prices if one.symbol not in symbols]
    if imports is not None and new:
        try:
            price_files.read_prices(imports.folder, market.prices)
        except SourceError:
            # Some file is bad; where it may be that of an instrument that came before, nothing new
            # is known to be wrong.
            if len(new) == len(market.prices):
                raise


def folders_not_read(market: Market, folder: Path) -> list[PassedOver]:
    """Folders of prices and of posts among a market's files, where the market reads none of them.

    Args:
        market: the catalogue.
        folder: of its files, which need not be there.
    """
    unread = []
    if not market.prices:
        unread.append(("prices", "the market has no instruments under 'prices'"))
    exports = None if market.forum is None else market.forum.exports
    if market.files and (exports is None or Path(exports.folder) != Path(market.files, "posts")):
        unread.append(("posts", "forum.exports of its catalogue names another folder, or none"))
    return [
        PassedOver(f"{name}/", f"{why}: nothing in it is read")
        for name, why in unread
        if any(not path.is_dir() for path in (folder / name).rglob("*"))
    ]


def series_files(market: Market) -> Imports | None:
    """The market's folder of files, if its catalogue names one; what they hold is not read yet.

    Raises:
        SourceError: the folder holds something that belongs to no series.
    """
    folder = folder_of(market)
    return None if folder is None else Imports(folder, market.sourced_series)


def folder_of(market: Market) -> Path | None:
    """The market's folder of files, which need not be there; None where its catalogue names none.

    Raises:
        SourceError: it is not there, and one that is of no market is called nearly so: a misspelt
            name must not bring back the open source in silence.
    """
    if market.files is None:
        return None
    folder = imports_folder(market.files)
    if not os.path.lexists(folder) and folder.parent.is_dir():
        others = {one.name.casefold(): one for one in folder.parent.iterdir() if one.is_dir()}
        own = folder.name.casefold()
        near = get_close_matches(own, others, n=len(others) or 1, cutoff=NEAR)
        if stray := next((one for one in near if one == own or not _is_of_a_market(one)), None):
            refuse(
                str(others[stray]),
                None,
                f"no market has this folder, and {market.name} has none: call it {folder.name}, or "
                "give it a name that is less alike",
            )
    return folder


def _is_of_a_market(folder: str) -> bool:
    """Whether a market, or its folder of files, is called so in small letters; hidden ones are."""
    if folder.startswith("."):
        return True
    for name in market_names():
        if name.casefold() == folder:
            return True
        with suppress(CatalogueError):  # which whoever loads that market hears
            files = load_market(name).files
            if files is not None and Path(files).name.casefold() == folder:
                return True
    return False


def may_be_asked(series: SourcedSeries) -> bool:
    """Whether a series has an open source, and sources may be asked."""
    return series.source is not None and not files_only()


def lacking(market: Market, measured: Measured, imports: Imports | None) -> list[Series]:
    """Series of something measured that neither a file nor an open source delivers."""
    return [
        series
        for series in market.series_of(measured)
        if not (imports is not None and series.id in imports) and not may_be_asked(series)
    ]
