"""Series by SDMX key as CSV, the way the BIS and the ECB serve them."""

import pandas as pd

from sfr_pipeline.sources.live import client
from sfr_pipeline.sources.live.checks import LayoutError, read_csv, tidy

DATE, VALUE = "TIME_PERIOD", "OBS_VALUE"


def fetch_key(
    what: str, url: str, params: dict[str, str], key: dict[str, str], low: float, high: float
) -> pd.DataFrame:
    """Fetch one series: ``date``, ``value``.

    Args:
        what: the series, for messages.
        url: of the series.
        params: of the request.
        key: columns of the answer that must hold these values throughout, frequency first.
        low: lowest possible value.
        high: highest possible value.

    Raises:
        SourceError: no answer, columns that are missing, another series than asked for, or values
            that do not pass the checks.
    """
    content = client.download(what, url, params).value
    frame = read_csv(content)
    # Attributes come and go; the key, the period and the value are what is read.
    needed = [*key, DATE, VALUE]
    if missing := [name for name in needed if name not in frame.columns]:
        raise LayoutError(
            f"{what}: columns expected: {', '.join(needed)}; missing: {', '.join(missing)}; found: "
            f"{', '.join(map(str, frame.columns)) or 'none'}. The site changed its layout, or has "
            "no such series any more: put a file in its place (docs/inputs.md)"
        )
    for name, value in key.items():
        if others := sorted(set(frame[name]) - {value}):
            raise LayoutError(f"{what}: {name} is {', '.join(others)} instead of {value}")
    frequency = "monthly" if next(iter(key.values())) == "M" else "daily"
    return tidy(
        what, frame[DATE].to_list(), frame[VALUE].to_list(), unit="index", low=low, high=high,
        frequency=frequency,
    )  # fmt: skip
