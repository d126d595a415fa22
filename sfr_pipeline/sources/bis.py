"""Effective exchange rates of the Bank for International Settlements, broad basket, 2020 = 100.

Codes are the BIS keys: frequency, R(eal) or N(ominal), B(road), area. The BIS re-estimates whole
histories when it changes the weights.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit

import pandas as pd

from sfr_pipeline.errors import SourceError
from sfr_pipeline.sources import SeriesKey
from sfr_pipeline.sources.live import sdmx

# The flow WS_EER_M of older instructions is gone.
URL = "https://stats.bis.org/api/v1/data/BIS,WS_EER,1.0/{code}"

SERIES = {
    "M.R.B.CN": "China, real effective exchange rate, monthly mean from 1994",
    "M.N.B.CN": "China, nominal effective exchange rate, monthly mean from 1994",
    "D.N.B.CN": "China, nominal effective exchange rate, daily: the better sample for a GARCH",
    "M.R.B.US": "United States, real effective exchange rate, monthly mean from 1994",
    "M.N.B.US": "United States, nominal effective exchange rate, monthly mean from 1994",
    "D.N.B.US": "United States, nominal effective exchange rate, daily",
}

AVAILABLE_SERIES = {
    SeriesKey("series", code): f"{text}, 2020 = 100: BIS" for code, text in SERIES.items()
}


def sites(code: str) -> tuple[str, ...]:
    """The host that is asked for a code."""
    return (urlsplit(URL).netloc,)


def fetch_series(codes: Sequence[str]) -> pd.DataFrame:
    """Series in long form: date (last day of a month, or the day), code, value.

    Raises:
        SourceError: a code that is not available, no answer, or one that does not pass the checks.
    """
    frames = []
    for code in codes:
        if code not in SERIES:
            raise SourceError(f"the BIS holds no series '{code}' that this project knows")
        names = ("FREQ", "EER_TYPE", "EER_BASKET", "REF_AREA")
        key = dict(zip(names, code.split("."), strict=True))
        frame = sdmx.fetch_key(
            f"bis {code}", URL.format(code=code), {"format": "csv"}, key, low=30, high=300
        )
        frames.append(frame.assign(code=code))
    return pd.concat(frames, ignore_index=True)[["date", "code", "value"]]
