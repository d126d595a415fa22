"""FRED and ALFRED, the data banks of the Federal Reserve Bank of St. Louis.

Latest values come as CSV without a key. A code that ends in ``.first`` means the values as first
published, with the day of publication in ``available_at``: ALFRED's, which needs a free key in the
environment variable ``FRED_API_KEY``. They are codes of their own, not a switch that the key
throws, because first values of a level are not comparable over time: index series are re-based
and payrolls benchmarked, so a growth rate across such a revision is wrong. Rates are safe. A code
that ends in ``.vintages`` means every version of every value with its day of publication, which the
archive of deliveries takes as they are: real time then sees each month what was published by then.

A client of 60 lines instead of fredapi, whose requests have no timeout and which needs a key for
everything.
"""

import json
import os
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

import pandas as pd

from sfr_pipeline.errors import SourceError
from sfr_pipeline.sources import SeriesKey
from sfr_pipeline.sources.live import client
from sfr_pipeline.sources.live.checks import LayoutError, check_columns, period_end, read_csv, tidy
from sfr_pipeline.sources.live.refusals import NoAnswerError, RefusedError

GRAPH = "https://fred.stlouisfed.org/graph/fredgraph.csv"
API = "https://api.stlouisfed.org/fred/series/observations"
KEY = "FRED_API_KEY"
PAGE = 100_000  # observations a request, the most that the API gives


class Series(NamedTuple):
    """A FRED series: what it is, its unit, its frequency, and whether ALFRED serves it here."""

    text: str
    unit: str
    frequency: str
    revised: bool = False


# Highest and lowest value that is possible, by unit; levels have no upper bound worth checking.
RANGES = {"%": (-50.0, 100.0), "index": (-1000.0, 100_000.0)}

SERIES = {
    "DGS3MO": Series("Treasury yield, 3 months", "%", "daily"),
    "DGS2": Series("Treasury yield, 2 years", "%", "daily"),
    "DGS5": Series("Treasury yield, 5 years", "%", "daily"),
    "DGS10": Series("Treasury yield, 10 years", "%", "daily"),
    "DGS30": Series("Treasury yield, 30 years", "%", "daily"),
    "T10Y3M": Series("10-year over 3-month Treasury yield", "%", "daily"),
    "T10Y2Y": Series("10-year over 2-year Treasury yield", "%", "daily"),
    "DTB3": Series("Treasury bill, 3 months, discount", "%", "daily"),
    "TB3MS": Series("Treasury bill, 3 months", "%", "monthly"),
    "AAA": Series("Moody's AAA yield", "%", "monthly"),
    "BAA": Series("Moody's BAA yield", "%", "monthly"),
    "DAAA": Series("Moody's AAA yield", "%", "daily"),
    "DBAA": Series("Moody's BAA yield", "%", "daily"),
    "BAA10Y": Series("Moody's BAA over 10-year Treasury yield", "%", "daily"),
    "AAA10Y": Series("Moody's AAA over 10-year Treasury yield", "%", "daily"),
    "BAMLH0A0HYM2": Series("ICE high-yield spread; only three years are public", "%", "daily"),
    "TEDRATE": Series("TED spread; ended 2022-01-21", "%", "daily"),
    "USD3MTD156N": Series("USD LIBOR 3 months; withdrawn by FRED", "%", "daily"),
    "CPFF": Series("3-month commercial paper over federal funds", "%", "daily"),
    "DCPF3M": Series("AA financial commercial paper, 3 months", "%", "daily"),
    "DFF": Series("effective federal funds rate", "%", "daily"),
    "SOFR": Series("SOFR, from 2018", "%", "daily"),
    "SOFR90DAYAVG": Series("SOFR, mean of 90 days, from 2018", "%", "daily"),
    "VIXCLS": Series("VIX, close", "index", "daily"),
    "DTWEXBGS": Series("broad dollar, nominal, from 2006", "index", "daily"),
    "DEXUSEU": Series("USD a euro", "USD", "daily"),
    "DEXCHUS": Series("yuan a USD", "CNY", "daily"),
    "DEXJPUS": Series("yen a USD", "JPY", "daily"),
    "DEXUSUK": Series("USD a pound", "USD", "daily"),
    "DCOILWTICO": Series("West Texas Intermediate, spot", "USD a barrel", "daily"),
    "NFCI": Series("Chicago Fed financial conditions; all re-estimated weekly", "index", "weekly"),
    "ANFCI": Series("the same, adjusted for the cycle", "index", "weekly"),
    "STLFSI4": Series("St. Louis Fed financial stress", "index", "weekly"),
    "UNRATE": Series("unemployment rate", "%", "monthly", revised=True),
    "TCU": Series("capacity utilisation", "%", "monthly", revised=True),
    "PAYEMS": Series("non-farm payrolls", "thousands", "monthly", revised=True),
    "INDPRO": Series("industrial production", "index", "monthly", revised=True),
    "RSAFS": Series("retail sales", "USD million", "monthly", revised=True),
    "RRSFS": Series("real retail sales", "USD million", "monthly", revised=True),
    "HOUST": Series("housing starts", "thousands a year", "monthly", revised=True),
    "PERMIT": Series("building permits", "thousands a year", "monthly", revised=True),
    "HSN1F": Series("new one-family houses sold", "thousands a year", "monthly", revised=True),
    "CSUSHPISA": Series("Case-Shiller house prices", "index", "monthly", revised=True),
    "CPIAUCSL": Series("consumer prices", "index", "monthly", revised=True),
    "CPILFESL": Series("core consumer prices", "index", "monthly", revised=True),
    "PPIACO": Series("producer prices, all commodities", "index", "monthly", revised=True),
    "M2SL": Series("M2", "USD billion", "monthly", revised=True),
    "BUSINV": Series("business inventories", "USD million", "monthly", revised=True),
    "TOTBKCR": Series("bank credit", "USD billion", "weekly"),
    "DPSACBW027SBOG": Series("deposits of commercial banks", "USD billion", "weekly"),
    "TOTLL": Series("loans and leases of banks", "USD billion", "weekly"),
    "DRTSCILM": Series("banks that tighten standards, net", "%", "quarterly"),
    "TRESEGCNM052N": Series("China: reserves without gold, IMF concept", "USD million", "monthly"),
    "RBCNBIS": Series("China: broad real effective exchange rate, BIS", "index", "monthly"),
    "NBCNBIS": Series("China: broad nominal effective rate, BIS", "index", "monthly"),
}

AVAILABLE_SERIES = {
    **{
        SeriesKey("series", code): f"{series.text}, {series.unit}, {series.frequency}: FRED"
        for code, series in SERIES.items()
    },
    **{
        SeriesKey("series", f"{code}.first"): f"{series.text}, {series.unit}, {series.frequency}, "
        f"as first published; beware of re-based levels: ALFRED, needs {KEY}"
        for code, series in SERIES.items()
        if series.revised
    },
    **{
        SeriesKey("series", f"{code}.vintages"): f"{series.text}, {series.unit}, "
        f"{series.frequency}, every version as published: ALFRED, needs {KEY}"
        for code, series in SERIES.items()
        if series.revised
    },
}


def sites(code: str) -> tuple[str, ...]:
    """The host that is asked for a code."""
    return (urlsplit(API if "." in code else GRAPH).netloc,)


def key_variable(code: str) -> str | None:
    """The environment variable with the key that a code needs: ALFRED's do."""
    return KEY if "." in code else None


def fetch_series(codes: Sequence[str]) -> pd.DataFrame:
    """Series in long form: date (last day of a month or quarter), code, value, available_at.

    ``available_at`` is the day of publication for codes that end in ``.first`` or ``.vintages``; it
    is missing elsewhere, and for what ALFRED's first vintage already held. Those that end in
    ``.vintages`` have a row a version.

    Raises:
        SourceError: a code that is not available, no key where one is needed, no answer, or one
            that does not pass the checks.
    """
    frames = []
    for code in codes:
        if SeriesKey("series", code) not in AVAILABLE_SERIES:
            raise SourceError(f"FRED holds no series '{code}' that this project knows")
        name, _, which = code.partition(".")
        frames.append((_published(name, which) if which else _latest(name)).assign(code=code))
    return pd.concat(frames, ignore_index=True)[["date", "code", "value", "available_at"]]


def _latest(name: str) -> pd.DataFrame:
    what = f"fred {name}"
    content = client.download(what, GRAPH, {"id": name}).value
    frame = read_csv(content)
    # The first header was DATE until December 2024.
    first = "DATE" if "DATE" in frame.columns else "observation_date"
    check_columns(what, [first, name], list(frame.columns))
    tidied = _tidy(what, name, frame[first].to_list(), frame[name].to_list())
    return tidied.assign(available_at=pd.Series(pd.NaT, tidied.index, dtype="datetime64[ns]"))


def _published(name: str, which: str) -> pd.DataFrame:
    """First versions of all values, or every version, with their days of publication."""
    what = f"fred {name}.{which}"
    key = os.environ.get(KEY)
    if not key:
        raise SourceError(
            f"{what} comes from ALFRED, which needs a key: set {KEY} to one from "
            f"https://fredaccount.stlouisfed.org/apikeys, or use '{name}' (latest values)"
        )
    rows: list[dict[str, str]] = []
    count: int | None = None
    while count is None or len(rows) < count:
        page = _page(what, name, key, len(rows))
        rows += page["observations"]
        if count not in (None, page["count"]):
            raise NoAnswerError(
                f"{what}: ALFRED announced {count:,} observations, then {page['count']:,}: it "
                f"published some meanwhile; {client.REMEDY}"
            )
        count = page["count"]
    frame = pd.DataFrame(rows, columns=["realtime_start", "date", "value"])
    frame = frame[frame["value"] != "."].sort_values(["date", "realtime_start"])
    if frame.empty:
        raise SourceError(f"{what}: ALFRED sent no values: use '{name}' (latest values)")
    first_vintage = frame["realtime_start"].min()
    version = frame.groupby("date").cumcount()
    if which == "first":
        frame, version = frame[version == 0], version[version == 0]
    # Each version by itself, for a series has one value a date.
    parts = [_dated(what, name, rows, first_vintage) for _, rows in frame.groupby(version)]
    return pd.concat(parts, ignore_index=True)


def _dated(what: str, name: str, rows: pd.DataFrame, first_vintage: str) -> pd.DataFrame:
    tidied = _tidy(what, name, rows["date"].to_list(), rows["value"].to_list())
    published = {
        period_end(date) + pd.offsets.MonthEnd(0): pd.Timestamp(published)
        for date, published in zip(rows["date"], rows["realtime_start"], strict=True)
        if published > first_vintage  # what that one held may have been published long before
    }
    available = tidied["date"].map(published).astype("datetime64[ns]")
    return tidied.assign(available_at=available)


def _page(what: str, name: str, key: str, offset: int) -> dict:
    content = client.download(
        what,
        API,
        {
            "series_id": name,
            "api_key": key,
            "file_type": "json",
            "realtime_start": "1776-07-04",  # ALFRED's first and last day
            "realtime_end": "9999-12-31",
            "limit": str(PAGE),
            "offset": str(offset),
        },
        lambda content: _require_whole(content, offset),
    ).value
    try:
        page = json.loads(content)
        check_columns(
            what,
            ["realtime_start", "realtime_end", "date", "value"],
            list(page["observations"][0]) if page["observations"] else [],
        )
        return {"observations": page["observations"], "count": int(page["count"])}
    except (ValueError, KeyError, TypeError):
        raise LayoutError(f"{what}: ALFRED's answer is no list of observations") from None


def _require_whole(content: bytes, offset: int) -> None:
    """Refuse an answer with fewer observations than it announces.

    What is no list of observations at all is for whoever reads it to refuse.

    Raises:
        RefusedError: another try may bring all of them.
    """
    client.no_page(content)
    try:
        page = json.loads(content)
        announced, sent = int(page["count"]), len(page["observations"])
    except (ValueError, KeyError, TypeError):
        return
    due = min(PAGE, max(announced - offset, 0))
    if sent != due:
        raise RefusedError(
            f"ALFRED announced {announced:,} observations and sent {sent:,} of the {due:,} from "
            f"number {offset + 1:,} on"
        )


def _tidy(what: str, name: str, dates: Sequence[str], values: Sequence[str]) -> pd.DataFrame:
    series = SERIES[name]
    low, high = RANGES.get(series.unit, (0.0, float("inf")))
    if name == "DCOILWTICO":
        low = -100.0  # oil was sold at -37 dollars in April 2020
    return tidy(
        what, dates, values, unit=series.unit, low=low, high=high, frequency=series.frequency
    )
