"""The Financial Stress Index of the US Office of Financial Research, to compare with."""

from collections.abc import Sequence
from urllib.parse import urlsplit

import pandas as pd

from sfr_pipeline.errors import SourceError
from sfr_pipeline.sources import SeriesKey
from sfr_pipeline.sources.live import client
from sfr_pipeline.sources.live.checks import check_columns, read_csv, tidy

URL = "https://www.financialresearch.gov/financial-stress-index/data/fsi.csv"
# Codes, and the column of each. Five categories add up to the index, as do three regions.
COLUMNS = {
    "fsi": "OFR FSI",
    "fsi.credit": "Credit",
    "fsi.equity": "Equity valuation",
    "fsi.safe_assets": "Safe assets",
    "fsi.funding": "Funding",
    "fsi.volatility": "Volatility",
    "fsi.us": "United States",
    "fsi.advanced": "Other advanced economies",
    "fsi.emerging": "Emerging markets",
}

AVAILABLE_SERIES = {
    SeriesKey("series", code): f"{column}, daily from 2000: OFR Financial Stress Index"
    for code, column in COLUMNS.items()
}


def sites(code: str) -> tuple[str, ...]:
    """The host that is asked for a code."""
    return (urlsplit(URL).netloc,)


def fetch_series(codes: Sequence[str]) -> pd.DataFrame:
    """Daily series in long form: date, code, value; zero is the long-run mean.

    Raises:
        SourceError: a code that is not available, no answer, or one that does not pass the checks.
    """
    if unknown := [code for code in codes if code not in COLUMNS]:
        raise SourceError(f"the OFR publishes no {', '.join(unknown)}: it has {', '.join(COLUMNS)}")
    content = client.download("ofr fsi", URL, {}).value
    frame = read_csv(content)
    check_columns("ofr fsi", ["Date", *COLUMNS.values()], list(frame.columns))
    series = [
        tidy(
            f"ofr {code}", frame["Date"].to_list(), frame[COLUMNS[code]].to_list(),
            unit="index", low=-50, high=100,
        ).assign(code=code)
        for code in codes
    ]  # fmt: skip
    return pd.concat(series, ignore_index=True)[["date", "code", "value"]]
