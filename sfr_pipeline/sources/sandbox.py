"""The synthetic economy of the sandbox, behind the interface of every other source.

Everything it delivers is made up; `fetch_truth` says what it was made from.
"""

from collections.abc import Sequence

import pandas as pd

from sfr_pipeline.errors import SourceError
from sfr_pipeline.sandbox import prices, series, truth
from sfr_pipeline.sources import SeriesKey

AVAILABLE_SERIES = {
    **{
        SeriesKey("prices", item.code): f"{item.description}, daily, synthetic"
        for item in prices.TRADED
    },
    **{
        SeriesKey("series", code): f"{description}, monthly, synthetic"
        for code, description in series.codes().items()
    },
}


def fetch_prices(codes: Sequence[str]) -> pd.DataFrame:
    """Daily prices in long form: date, code, open, high, low, close, volume.

    Raises:
        SourceError: a code that is not available.
    """
    _require("prices", codes)
    frame = prices.daily_prices()
    return frame[frame["code"].isin(list(codes))].reset_index(drop=True)


def fetch_series(codes: Sequence[str]) -> pd.DataFrame:
    """Monthly series in long form: date (last day of the month), code, value.

    Raises:
        SourceError: a code that is not available.
    """
    _require("series", codes)
    frames = [
        pd.DataFrame(
            {"date": values.index.to_timestamp("M").normalize(), "code": code, "value": values}
        )
        for code, values in ((code, series.published()[code]) for code in codes)
    ]
    return pd.concat(frames, ignore_index=True)


def fetch_truth() -> pd.DataFrame:
    """What the economy was made from: rows of table ``truth``."""
    return truth.truth_rows()


def _require(kind: str, codes: Sequence[str]) -> None:
    unknown = [code for code in codes if (kind, code) not in AVAILABLE_SERIES]
    if unknown:
        raise SourceError(f"the sandbox makes no {kind} {', '.join(map(repr, unknown))}")
