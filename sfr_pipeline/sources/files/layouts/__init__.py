"""How vendors lay out their files, one module a layout, and the one place that recognises them.

To add a layout, write its module and add it to ``SERIES`` or ``PRICES``.
"""

from collections.abc import Sequence
from pathlib import Path

from sfr_pipeline.sources.files.layouts.ceic import Ceic
from sfr_pipeline.sources.files.layouts.choice import Choice
from sfr_pipeline.sources.files.layouts.closes import Closes
from sfr_pipeline.sources.files.layouts.csmar import Csmar
from sfr_pipeline.sources.files.layouts.csmar_prices import CSMAR
from sfr_pipeline.sources.files.layouts.fred import Fred
from sfr_pipeline.sources.files.layouts.ifind import IFinD
from sfr_pipeline.sources.files.layouts.interface import PriceLayout, SeriesLayout
from sfr_pipeline.sources.files.layouts.investing import INVESTING
from sfr_pipeline.sources.files.layouts.stooq import STOOQ
from sfr_pipeline.sources.files.layouts.wind import Wind
from sfr_pipeline.sources.files.layouts.wind_prices import WIND
from sfr_pipeline.sources.files.layouts.yahoo import YAHOO
from sfr_pipeline.sources.files.layouts.yfinance import YFINANCE
from sfr_pipeline.sources.files.opening import Sheet

# The first that recognises a sheet reads it: those that need most stand first.
SERIES: Sequence[SeriesLayout] = (Fred(), Csmar(), Ceic(), Choice(), IFinD(), Wind())
PRICES: Sequence[PriceLayout] = (YFINANCE, YAHOO, INVESTING, STOOQ, CSMAR, WIND, Closes())


def series_layout(sheet: Sheet) -> SeriesLayout | None:
    """The vendor's layout of series that a sheet has, None where it is none that is known."""
    return next((layout for layout in SERIES if layout.recognises(sheet)), None)


def price_layout(sheet: Sheet, path: Path) -> PriceLayout | None:
    """The vendor's layout of prices that a sheet has, None where it is none that is known."""
    return next((layout for layout in PRICES if layout.recognises(sheet, path)), None)
