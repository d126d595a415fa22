"""The ECB's Composite Indicator of Systemic Stress (CISS), a published index to compare with.

Codes are the ECB's keys. The ECB publishes a new method (``SS_CIN``) beside the first one
(``SS_CI``); which of them is kept up for China is for ``sfr probe`` to find out.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit

import pandas as pd

from sfr_pipeline.errors import SourceError
from sfr_pipeline.sources import SeriesKey
from sfr_pipeline.sources.live import sdmx

URL = "https://data-api.ecb.europa.eu/service/data/CISS/{code}"
METHODS = {"SS_CIN": "new method", "SS_CI": "first method"}
AREAS = {"CN": "China", "US": "United States", "U2": "euro area"}

AVAILABLE_SERIES = {
    SeriesKey("series", f"D.{area}.Z0Z.4F.EC.{method}.IDX"): f"CISS, {name}, {text}, 0 to 1, "
    "daily: ECB"
    for area, name in AREAS.items()
    for method, text in METHODS.items()
}


def sites(code: str) -> tuple[str, ...]:
    """The host that is asked for a code."""
    return (urlsplit(URL).netloc,)


def fetch_series(codes: Sequence[str]) -> pd.DataFrame:
    """Daily series in long form: date, code, value.

    Raises:
        SourceError: a code that is not available, no answer, or one that does not pass the checks.
    """
    frames = []
    for code in codes:
        if SeriesKey("series", code) not in AVAILABLE_SERIES:
            raise SourceError(f"the ECB holds no series '{code}' that this project knows")
        frame = sdmx.fetch_key(
            f"ecb {code}", URL.format(code=code), {"format": "csvdata"},
            {"FREQ": "D", "KEY": f"CISS.{code}"}, low=0, high=1,
        )  # fmt: skip
        frames.append(frame.assign(code=code))
    return pd.concat(frames, ignore_index=True)[["date", "code", "value"]]
