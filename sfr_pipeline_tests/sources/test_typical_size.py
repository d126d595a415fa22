"""The wrong unit is refused where every single value could be right: fractions, other scales."""

import datetime as dt
import math
from dataclasses import dataclass

import pandas as pd
import pytest

from sfr_pipeline.errors import SourceError
from sfr_pipeline.inputs.files import series_files
from sfr_pipeline.markets import load_market
from sfr_pipeline.markets.series import Series
from sfr_pipeline.sources.files import checks as file_checks
from sfr_pipeline.sources.files.checks import Row
from sfr_pipeline.sources.files.units import wrong_size
from sfr_pipeline_tests.china_files import FILES, lay_out

TODAY = dt.date(2025, 6, 15)
# Options are traded since 2015 only: no history of the paper's sample.
YOUNG = ("implied_volatility",)
SERIES = {series.id: series for series in load_market("china").series if series.id not in YOUNG}
# As published in the years of the sample.
HISTORY = {
    "rmb_loans": (479196, 939540, 1726000, 2556800),
    "rmb_deposits": (718238, 1357022, 2125700, 3022500),
    "long_loans": (288930, 538900, 1137504, 1714000),
    "capital_adequacy": (12.2, 13.45, 14.7, 15.74),
    "bad_loans": (1.13, 1.67, 1.84, 1.5),
    "m2_growth": (19.7, 13.3, 8.1, 7.3),
    "market_value": (265422, 531463, 797238, 856543),
    "sse_composite": (2808.08, 3539.18, 3473.07, 3351.76),
    "csi300": (3128.26, 3731.0, 5211.29, 3934.91),
    "cgb_10y": (3.88, 2.82, 3.14, 1.68),
    "cgb_5y": (3.52, 2.7, 2.95, 1.42),
    "cgb_3m": (2.9, 2.3, 2.28, 0.92),
    "ust_10y": (3.3, 2.27, 0.93, 4.58),
    "shibor_1w": (6.39, 2.35, 2.38, 1.96),
    "shibor_3m": (4.62, 3.08, 2.76, 1.69),
    "shibor_1y": (3.67, 3.35, 2.98, 1.72),
    "libor_3m": (0.3, 0.61, 2.81, 5.55),
    "sofr_90d": (2.4, 0.06, 5.35, 4.69),
    "repo_7d": (5.17, 2.43, 2.46, 1.98),
    "repo_1y": (4.1, 3.5, 3.0, 2.1),
    "fx_reserves": (28473, 33304, 32165, 32024),
    "reer": (86.1, 104.5, 100.9, 91.2),
    "neer": (85.4, 104.0, 99.8, 103.6),
    "property_investment": (33.2, 1.0, 7.0, -10.6),
    "home_sales": (18.3, 14.4, 8.7, -17.1),
    "property_climate": (101.8, 93.3, 100.8, 92.8),
    "gdp_growth": (9.9, 6.9, 6.4, 5.4),
    "fixed_investment": (23.8, 10.0, 2.9, 3.2),
    "cpi_monthly": (0.5, 0.5, 0.7, 0.0),
    "producer_prices": (5.9, -5.9, -0.4, -2.3),
    "inventories": (20.0, 3.3, 7.5, 3.3),
    "receivables": (22.4, 7.9, 15.1, 8.6),
    "margin_balance": (127.7, 11742.7, 16190.1, 18645.8),
}
YEARS = (2010, 2015, 2020, 2024)


def check(series, factor=1.0):
    """Check a few days of history as if they were a file."""
    loose = Loose(series.id, series.unit, series.valid_range, series.typical)
    rows = [
        Row(row, f"{year}-12-31", repr(value * factor))
        for row, (year, value) in enumerate(zip(YEARS, HISTORY[series.id], strict=True), 2)
    ]
    return file_checks.check_rows("a.csv", rows, loose, TODAY)


@dataclass(frozen=True)
class Loose:
    """A series of which a value every few years is enough."""

    id: str
    unit: str
    valid_range: tuple[float, float] | None
    typical: tuple[float, float] | None
    frequency: str = "quarterly"


@pytest.fixture(autouse=True)
def sparse(monkeypatch):
    monkeypatch.setitem(file_checks.SPARSE, "quarterly", math.inf)


def test_each_series_of_china_has_history_here():
    assert set(HISTORY) == set(SERIES)


@pytest.mark.parametrize("name", SERIES)
def test_another_unit_is_refused_and_the_right_one_is_not(name):
    series = SERIES[name]
    assert len(check(series)) == len(YEARS)
    factors = [0.01, 100]
    if series.unit.endswith("100 million"):
        factors += [0.001, 1000, 0.0001, 10000]
    for factor in factors:
        with pytest.raises(SourceError, match=r"^a\.csv.*, the valid range|typical in"):
            check(series, factor)


@pytest.mark.parametrize("name", SERIES)
def test_no_history_whatsoever_can_hide_a_factor_of_a_hundred(name):
    low, high = SERIES[name].typical or SERIES[name].valid_range
    assert 0 < low < high <= 100 * low


@pytest.mark.parametrize(
    ("name", "factor", "says"),
    [
        ("shibor_1w", 0.01, "like fractions (0.05 for 5 per cent), so convert them to per cent"),
        ("m2_growth", 0.01, "like fractions"),
        ("gdp_growth", 0.01, "like fractions"),
        ("cgb_10y", 0.01, "like fractions"),
        ("property_investment", 0.01, "like fractions"),
        ("cgb_10y", 100, "like basis points"),
        ("fx_reserves", 0.1, "like USD billion, so convert them to USD 100 million"),
        ("fx_reserves", 0.001, "like USD 100 billion"),
        ("fx_reserves", 100, "like USD million"),
        ("rmb_loans", 0.0001, "like CNY trillion"),
        ("margin_balance", 0.1, "like CNY billion"),
    ],
)
def test_the_sentence_says_which_unit_it_looks_like(name, factor, says):
    with pytest.raises(SourceError) as refused:
        check(SERIES[name], factor)
    assert f"they look {says}" in str(refused.value)


def test_zeros_and_earlier_times_do_not_count():
    dates = pd.Series(pd.date_range("1980-12-31", "2024-12-31", freq="YE"))
    values = pd.Series([0.02] * 34 + [0.0] * 6 + [2.0] * 5)
    assert wrong_size(dates, values, (0.3, 25), "per cent") is None
    assert "like fractions" in wrong_size(dates[:34], values[:34], (0.3, 25), "per cent")
    assert wrong_size(dates, 0 * values, (0.3, 25), "per cent") is None
    assert wrong_size(dates, values, None, "per cent") is None
    nothing_fits = wrong_size(dates, values * 1e12, (1.0, 2.5), "index")
    assert nothing_fits.endswith("give it in index, or widen typical in the catalogue")


@pytest.mark.parametrize("bounds", [[0, 1], [2, 1], [-1, 1]])
def test_bounds_that_mean_nothing_are_refused_in_the_catalogue(bounds):
    given = SERIES["gdp_growth"].model_dump() | {"typical": bounds}
    with pytest.raises(ValueError, match="typical must be"):
        Series.model_validate(given)


@pytest.fixture(scope="module")
def real(shared_data, tmp_path_factory):
    """The real files, and the same ones a hundred times too small."""
    imports = tmp_path_factory.mktemp("imports")
    lay_out(shared_data, imports)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SFR_IMPORTS", str(imports))
        return series_files(load_market("china"))


@pytest.mark.faults
def test_the_real_files_are_accepted(real):
    for name in FILES:
        assert len(real.read(name))


@pytest.mark.parametrize("name", FILES)
def test_the_real_files_a_hundred_times_too_small_are_refused(real, name):
    frame = real.read(name)
    rows = [
        Row(row, f"{date:%Y-%m-%d}", repr(value / 100))
        for row, date, value in frame[["date", "value"]].itertuples()
    ]
    with pytest.raises(SourceError, match=r", the valid range|typical in"):
        file_checks.check_rows("a.csv", rows, SERIES[name], dt.date.today())


def test_the_published_index_has_a_range():
    (ciss,) = load_market("china").references
    assert ciss.valid_range == (0, 1)
