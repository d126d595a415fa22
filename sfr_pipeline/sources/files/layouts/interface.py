"""What a layout is, and what it makes of a sheet."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, Protocol

import pandas as pd

from sfr_pipeline.sources.files.checks import Row
from sfr_pipeline.sources.files.layouts.written import Decimal
from sfr_pipeline.sources.files.opening import Sheet


class FoundSeries(NamedTuple):
    """A series as a vendor's file holds it.

    Attributes:
        names: what the file calls it: its id at the vendor and its name, those that it gives.
        rows: its observations in any order; dates in one of `checks.DATE_FORMS`, values as text or
            numbers, rows without a value left out where the vendor writes them so.
        unit: as the file says, None where it does not.
        frequency: 'daily', 'weekly', 'monthly', 'quarterly' or 'annual', None where it is silent.
        decimal: what divides decimals; None: as numbers are written plainly.
        unsure: a row whose number has two meanings, None where each has one.
    """

    names: tuple[str, ...]
    rows: Sequence[Row]
    unit: str | None = None
    frequency: str | None = None
    decimal: Decimal | None = None
    unsure: Row | None = None


class ReadSeries(NamedTuple):
    """What a sheet of series holds.

    Attributes:
        series: in the order of the file.
        ignored: which of its rows and columns are no observations, in sentences that name them.
    """

    series: list[FoundSeries]
    ignored: list[str]


class SeriesLayout(Protocol):
    """How a vendor lays out series."""

    @property
    def name(self) -> str:
        """For readers, such as ``Wind``."""
        ...

    def recognises(self, sheet: Sheet) -> bool:
        """Whether a sheet is laid out so; cheap, and never raises."""
        ...

    def read(self, sheet: Sheet) -> ReadSeries:
        """Read a sheet that was recognised.

        Raises:
            SourceError: it breaks the layout: one sentence that names the layout, the rows or
                columns at fault, and the remedy.
        """
        ...


PRICE_FIELDS = ("open", "high", "low", "close", "volume")


class Told(NamedTuple):
    """What the user says of a file of prices beforehand.

    Attributes:
        columns: of our fields, what the file calls its column.
        day_first: of 01/02/2020, whether the day comes first; None: as the file tells.
        decimal: what divides decimals; None: as the file tells.
    """

    columns: Mapping[str, str] = MappingProxyType({})
    day_first: bool | None = None
    decimal: Decimal | None = None


class FoundPrices(NamedTuple):
    """An instrument's bars as a vendor's file holds them.

    Attributes:
        symbol: as the file calls it, None where only the file's name may say.
        bars: indexed by row of the file: ``date`` in one of `checks.DATE_FORMS`, and those of
            ``open``, ``high``, ``low``, ``close`` and ``volume`` that it has, text or numbers;
            ``adjusted`` too, the close less payouts and splits, where it stands beside the close.
    """

    symbol: str | None
    bars: pd.DataFrame


class ReadPrices(NamedTuple):
    """What a sheet of prices holds.

    Attributes:
        prices: one an instrument.
        ignored: which of its rows and columns are not read, in sentences that name them.
    """

    prices: list[FoundPrices]
    ignored: list[str]


class PriceLayout(Protocol):
    """How a vendor lays out prices."""

    @property
    def name(self) -> str:
        """For readers, such as ``yfinance``."""
        ...

    def recognises(self, sheet: Sheet, path: Path) -> bool:
        """Whether a sheet is laid out so, by its cells and its file's name; never raises."""
        ...

    def read(self, sheet: Sheet, path: Path, told: Told) -> ReadPrices:
        """Read a sheet that was recognised.

        Args:
            sheet: its cells.
            path: of its file.
            told: what the user says; a column of theirs stands above the layout's own.

        Raises:
            SourceError: as of `SeriesLayout.read`.
        """
        ...
