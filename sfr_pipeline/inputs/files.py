"""The files of a market's user: which series have one, and whether all of them can be read.

A bad file stops a run before anything is fetched. Prices and series are fetched by steps of their
own, in either order, so each of them reads every file of both kinds first.
"""

from typing import NamedTuple

import pandas as pd

from sfr_pipeline.markets import Market, Measured, Series
from sfr_pipeline.markets.series import SourcedSeries
from sfr_pipeline.sources.files import prices as price_files
from sfr_pipeline.sources.files.folder import Imports, files_only, imports_folder


class Files(NamedTuple):
    """What the files of a market hold.

    Attributes:
        series: its series and published indices; None where its catalogue names no folder.
        prices: as ``sources.files.prices.read_prices`` gives them; None where the catalogue names
            no folder, or no instrument.
    """

    series: Imports | None
    prices: pd.DataFrame | None


def read_files(market: Market) -> Files:
    """Read every file of a market.

    Raises:
        SourceError: one of them is bad, whether or not anything needs it.
    """
    series = series_files(market)
    if series is not None:
        series.check()
    prices = None
    if market.files is not None and market.prices:
        prices = price_files.read_prices(imports_folder(market.files), market.prices)
    return Files(series, prices)


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
