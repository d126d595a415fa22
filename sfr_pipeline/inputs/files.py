"""The files of a market's user: which series have one, and whether new ones can be read."""

import logging
from collections.abc import Collection

from sfr_pipeline.errors import SourceError
from sfr_pipeline.markets import Market, Measured, Series
from sfr_pipeline.markets.series import SourcedSeries
from sfr_pipeline.sources.files import prices as price_files
from sfr_pipeline.sources.files.folder import Imports, files_only, imports_folder

LOG = logging.getLogger(__name__)


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
        for name, why in imports.passed_over:
            LOG.warning("%s: not read: %s: %s", market.name, name, why)
        for entry in market.sourced_series:
            if entry.id in imports and entry.id not in series:
                imports.read(entry.id)
    new = [one for one in market.prices if one.symbol not in symbols]
    if market.files is not None and new:
        try:
            price_files.read_prices(imports_folder(market.files), market.prices)
        except SourceError:
            # Some file is bad; where it may be that of an instrument that came before, nothing new
            # is known to be wrong.
            if len(new) == len(market.prices):
                raise


def series_files(market: Market) -> Imports | None:
    """The market's folder of files, if its catalogue names one; what they hold is not read yet.

    Raises:
        SourceError: the folder holds something that belongs to no series.
    """
    if market.files is None:
        return None
    return Imports(imports_folder(market.files), market.sourced_series)


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
