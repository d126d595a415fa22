"""Real data that ship inside permissively licensed packages: arch, statsmodels and skfolio.

They make the default market complete without a network. The series are loaded from the installed
package and never copied into this project.
"""

import functools
import importlib
import importlib.resources
from collections.abc import Callable, Sequence

import pandas as pd

from sfr_pipeline.errors import SourceError
from sfr_pipeline.sources import SeriesKey

STOCKS = (
    "AAPL", "AMD", "BAC", "BBY", "CVX", "GE", "HD", "JNJ", "JPM", "KO",
    "LLY", "MRK", "MSFT", "PEP", "PFE", "PG", "RRC", "UNH", "WMT", "XOM",
)  # fmt: skip

FRBNY_SERIES = {
    "PAYEMS": "non-farm payrolls, thousands",
    "UNRATE": "unemployment rate, %",
    "INDPRO": "industrial production, index",
    "RSAFS": "retail sales, USD million",
    "HOUST": "housing starts, thousands a year",
    "PERMIT": "building permits, thousands a year",
    "HSN1F": "new one-family houses sold, thousands a year",
    "TCU": "capacity utilisation, %",
}
# The FRBNY nowcast panel is a test file of statsmodels: not public API, hence the pinned version.
FRBNY_PACKAGE = "statsmodels.tsa.statespace.tests.results"
FRBNY_FILE = "frbny_nowcast/Nowcasting/data/US/2016-07-29.csv"

AVAILABLE_SERIES = {
    SeriesKey("prices", "sp500"): "S&P 500: arch (OHLCV from 1999), skfolio (close before)",
    SeriesKey("prices", "nasdaq"): "Nasdaq composite, OHLCV from 1999: arch",
    SeriesKey("prices", "wti"): "West Texas Intermediate, spot, 1986-2019: arch",
    **{SeriesKey("prices", code): f"{code}, adjusted close, 1990-2022: skfolio" for code in STOCKS},
    SeriesKey("series", "moodys.aaa"): "Moody's seasoned AAA yield, %, 1919-2018: arch",
    SeriesKey("series", "moodys.baa"): "Moody's seasoned BAA yield, %, 1919-2018: arch",
    SeriesKey("series", "french.bill"): "one-month Treasury bill, % a year, 1926-2018: arch",
    SeriesKey("series", "core_cpi"): "core consumer prices, index, 1957-2018: arch",
    **{
        SeriesKey("series", f"frbny.{code}"): f"{text}, 1985-2016: statsmodels"
        for code, text in FRBNY_SERIES.items()
    },
}

FIELDS = ["open", "high", "low", "close", "volume"]


def fetch_prices(codes: Sequence[str]) -> pd.DataFrame:
    """Daily prices in long form: date, code, open, high, low, close, volume.

    Fields that a series does not have are NaN; days without a close are left out.

    Raises:
        SourceError: a code that is not available, or a package that no longer ships its data.
    """
    loaders: dict[str, Callable[[], pd.DataFrame]] = {
        "sp500": _sp500,
        "nasdaq": _nasdaq,
        "wti": _wti,
    }
    # Unpacked and parsed once for all of them.
    stocks = functools.cache(_stocks)
    frames = []
    for code in codes:
        _require("prices", code)
        frame = loaders[code]() if code in loaders else stocks()[[code]].set_axis(["close"], axis=1)
        frames.append(frame.reindex(columns=FIELDS).assign(code=code))
    prices = pd.concat(frames).rename_axis("date").reset_index()
    return prices.dropna(subset="close")[["date", "code", *FIELDS]]


def fetch_series(codes: Sequence[str]) -> pd.DataFrame:
    """Monthly series in long form: date (last day of the month), code, value.

    Raises:
        SourceError: a code that is not available, or a package that no longer ships its data.
    """
    frames = []
    for code in codes:
        _require("series", code)
        series = _monthly(code).dropna()
        # Every package dates a month by another day; here a month is its last day.
        month_end = pd.DatetimeIndex(series.index).to_period("M").to_timestamp("M")
        frames.append(pd.DataFrame({"date": month_end, "code": code, "value": series.to_numpy()}))
    return pd.concat(frames, ignore_index=True)


def _require(kind: str, code: str) -> None:
    if (kind, code) not in AVAILABLE_SERIES:
        raise SourceError(f"the bundled data hold no {kind} '{code}'")


def _arch(dataset: str) -> pd.DataFrame:
    return importlib.import_module(f"arch.data.{dataset}").load()


def _ohlcv(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(columns="Adj Close").rename(columns=str.lower)


def _sp500() -> pd.DataFrame:
    from skfolio.datasets import load_sp500_index

    full = _ohlcv(_arch("sp500"))
    earlier = load_sp500_index().rename(columns={"SP500": "close"})
    return pd.concat([earlier[earlier.index < full.index[0]], full])


def _nasdaq() -> pd.DataFrame:
    return _ohlcv(_arch("nasdaq"))


def _wti() -> pd.DataFrame:
    return _arch("wti").rename(columns={"DCOILWTICO": "close"})


def _stocks() -> pd.DataFrame:
    from skfolio.datasets import load_sp500_dataset

    return load_sp500_dataset()


def _monthly(code: str) -> pd.Series:
    provider, _, name = code.partition(".")
    if provider == "moodys":
        return _arch("default")[name.upper()]
    if provider == "core_cpi":
        return _arch("core_cpi")["CPILFESL"]
    if provider == "french":
        french = _arch("frenchdata")
        # The package reads the dates, 192607 and so on, as nanoseconds since 1970.
        months = pd.PeriodIndex(french.index.astype("int64").astype(str), freq="M")
        return french["RF"].set_axis(months.to_timestamp()) * 12
    return _frbny()[name]


def _frbny() -> pd.DataFrame:
    path = importlib.resources.files(FRBNY_PACKAGE) / FRBNY_FILE
    if not path.is_file():
        raise SourceError(
            "the installed statsmodels no longer holds the FRBNY panel: install the version that "
            "constraints.txt pins"
        )
    with path.open() as file:
        frame = pd.read_csv(file, index_col="Date")
    return frame.set_axis(pd.to_datetime(frame.index, format="%m/%d/%y"))
