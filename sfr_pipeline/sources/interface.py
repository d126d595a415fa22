"""What a source is: what it can be asked for, and by which functions.

Belongs here: the types that every source and whoever asks one share. Does not belong here: which
sources there are (the package itself), and how a site is asked (``live``).
"""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, Protocol

import pandas as pd

Kind = Literal["prices", "series"]


class SeriesKey(NamedTuple):
    """What a source can be asked for.

    Attributes:
        kind: ``series``, single values over time, or ``prices``, daily bars.
        code: its name at the source.
    """

    kind: Kind
    code: str


class Source(Protocol):
    """The interface that every source module satisfies."""

    AVAILABLE_SERIES: Mapping[SeriesKey, str]

    def fetch_prices(self, codes: Sequence[str]) -> pd.DataFrame:
        """Daily prices in long form."""
        ...

    def fetch_series(self, codes: Sequence[str]) -> pd.DataFrame:
        """Series in long form."""
        ...


class SyntheticSource(Source, Protocol):
    """A source that makes its data itself, and knows from what."""

    def fetch_truth(self) -> pd.DataFrame:
        """Rows of table ``truth``."""
        ...
