"""Contract with AKShare: its own code runs on what the sites send, and gives what is expected.

The figures expected here are those of history (SHIBOR of June 2013, GDP of 2020 ...), not taken
from the code under test.
"""

import time
from dataclasses import replace

import pandas as pd
import pytest
import requests

from sfr_pipeline.sources import SeriesKey, akshare
from sfr_pipeline.sources.akshare_tables import PRICES, SERIES, TABLES
from sfr_pipeline.sources.live import limits
from sfr_pipeline.sources.live.refusals import NoAnswerError

# AKShare and yfinance still use an argument that pandas is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword")

# The last value of each series.
EXPECTED = {
    "loans_rmb": ("2025-09-30", 2703902.21),
    "deposits_rmb": ("2025-09-30", 3249387.56),
    "deposits_all": ("2022-10-31", 2610227.88),
    "m2": ("2024-10-31", 3097100),
    "m2_yoy": ("2024-10-31", 7.5),
    "market_cap": ("2024-10-31", 834567.75),
    "sse_composite": ("2015-06-12", 5166.35),
    "csi300": ("2015-06-12", 5166.35),
    "margin_balance": ("2015-06-18", 22730.25),
    "margin_financing": ("2015-06-18", 22666.35),
    "margin_balance_jin10": ("2010-04-01", 13.0),
    "cgb.3m": (None, 1.38),
    "cgb.6m": (None, 1.43),
    "cgb.1y": (None, 1.45),
    "cgb.3y": (None, 1.6),
    "cgb.5y": (None, 1.82),
    "cgb.7y": (None, 2.0),
    "cgb.10y": (None, 2.15),
    "cgb.30y": (None, 2.33),
    "cgb_eastmoney.10y": ("2024-10-09", 2.15),
    "ust_eastmoney.10y": ("2024-10-09", 4.01),
    "shibor.on": ("2013-06-21", 8.492),
    "shibor.1w": ("2013-06-21", 10.004),
    "shibor.2w": ("2013-06-21", 6.592),
    "shibor.1m": ("2013-06-21", 8.399),
    "shibor.3m": ("2013-06-21", 4.803),
    "shibor.6m": ("2013-06-21", 3.24),
    "shibor.9m": ("2013-06-21", 3.28),
    "shibor.1y": ("2013-06-21", 3.4005),
    "libor_usd.3m": ("2008-10-10", 4.81875),
    "chibor.1y": ("2024-10-08", 2.1),
    "gc182": ("2024-10-08", 1.9),
    "fr007": (None, 1.83),
    "fdr007": (None, 1.7),
    "fx_reserves": ("2014-07-31", 39662.67),
    "property_investment_ytd_yoy": ("2020-03-31", -7.7),
    "home_sales_value_ytd_yoy": ("2020-02-29", -35.9),
    "home_sales_area_ytd_yoy": ("2020-02-29", -39.9),
    "property_climate": ("2024-10-31", 92.49),
    "gdp_yoy": ("2020-06-30", 3.2),
    "gdp_ytd_yoy": ("2020-06-30", -1.6),
    "fai_ytd_yoy": ("2020-02-29", -24.5),
    "cpi_mom": ("2024-10-31", -0.3),
    "cpi_yoy": ("2024-10-31", 0.3),
    "ppi_yoy": ("2024-10-31", -2.9),
    "ppi_mom": ("2024-10-31", -0.1),
    "inventory_yoy": ("2022-10-31", 12.6),
    "receivables_yoy": ("2022-10-31", 12.0),
}
CPI = "RPT_ECONOMY_CPI"


def fetch(*codes):
    return akshare.fetch_series(codes)


def test_each_series_and_table_on_offer_is_covered_here():
    assert set(EXPECTED) == set(SERIES)
    used = {table for series in SERIES.values() for table, _ in series.terms}
    assert used | set(PRICES) == set(TABLES)
    assert {offer.code for offer in akshare.AVAILABLE_SERIES if offer.kind == "series"} == set(
        EXPECTED
    )


@pytest.mark.parametrize("code", EXPECTED)
def test_a_series_is_what_the_site_published(sites, code):
    frame = fetch(code)
    assert list(frame.columns) == ["date", "code", "value"]
    assert frame["date"].is_monotonic_increasing
    assert frame["date"].is_unique
    date, value = EXPECTED[code]
    assert str(frame["date"].iloc[-1].date()) == (date or str(pd.Timestamp.now().date()))
    assert frame["value"].iloc[-1] == pytest.approx(value)


@pytest.mark.parametrize("code", PRICES)
def test_prices_of_an_index_keep_their_fields_apart(sites, code):
    frame = akshare.fetch_prices([code])
    assert list(frame.columns) == ["date", "code", "open", "high", "low", "close", "volume"]
    last = frame.set_index("date").loc["2015-06-12"]
    assert last["close"] == 5166.35
    assert (last["open"], last["high"], last["low"]) == (5143.3, 5178.19, 5103.4)
    assert last["volume"] == 6.2e10


def test_series_of_one_table_share_one_request(sites):
    frame = fetch("cpi_mom", "cpi_yoy")
    assert len(sites.requests) == 1
    assert set(frame["code"]) == {"cpi_mom", "cpi_yoy"}


def test_akshare_itself_stays_as_it_is_for_whoever_else_uses_it(sites):
    from akshare.economic import macro_china
    from akshare.utils.tqdm import get_tqdm

    fetch("cpi_mom")
    assert macro_china.requests is requests
    assert macro_china.get_tqdm is get_tqdm


def test_requests_of_akshare_get_the_timeouts_that_it_does_not_set(sites):
    fetch("cpi_mom")
    assert sites.timeouts
    assert all(0 < timeout <= 30 for timeout in sites.timeouts)


def test_months_without_a_value_are_left_out(sites):
    frame = fetch("property_investment_ytd_yoy")
    assert [str(date.date()) for date in frame["date"]] == ["2020-02-29", "2020-03-31"]


def test_the_other_curves_of_chinabond_do_not_slip_in(sites):
    assert set(fetch("cgb.10y")["value"]) == {2.15}


def test_pieces_of_a_long_history_get_shorter_until_the_site_takes_them(sites):
    frame = fetch("fr007")
    ends = frame["date"].diff().dropna()
    assert ends.max() <= pd.Timedelta(days=120)
    assert frame["date"].iloc[0] < pd.Timestamp("2010-05-01")


def test_a_site_that_takes_no_piece_is_given_up(sites):
    url = "https://www.chinamoney.com.cn/ags/ms/cm-u-bk-currency/FrrHis"
    sites.pages[url] = b'{"records": []}'
    with pytest.raises(NoAnswerError, match=r"repo_rate_hist.*frValueMap"):
        fetch("fr007")
    assert len(sites.requests) < 30


def test_all_pieces_together_have_one_limit(sites, monkeypatch):
    url = "https://www.chinamoney.com.cn/ags/ms/cm-u-bk-currency/FrrHis"
    whole = sites.pages[url]

    def slowly(request):
        time.sleep(0.1)  # each piece is well within the limit of one call
        return whole(request)

    sites.pages[url] = slowly
    monkeypatch.setattr(akshare, "SECONDS_A_PIECE", 0.0)
    token = limits.LIMITS.set(replace(limits.LIMITS.get(), seconds=0.5))
    began = time.monotonic()
    try:
        with pytest.raises(NoAnswerError, match=r"repo_rate_hist.*try again later"):
            fetch("fr007")
    finally:
        limits.LIMITS.reset(token)
    assert time.monotonic() - began < 2


def test_the_limit_of_a_history_grows_with_its_pieces():
    assert akshare.allowance("cpi_mom") is None
    assert akshare.allowance("csi000300") is None  # a start and an end, but one call
    years = pd.Timestamp.now().year - 2010
    assert akshare.allowance("fr007") == pytest.approx(180 + 5 * 13 * years, rel=0.12)
    assert akshare.allowance("cgb.10y") > akshare.allowance("fr007")


def test_equal_duplicates_are_dropped(sites):
    assert len(fetch("property_climate")) == 2


def test_descriptions_name_unit_and_function():
    text = akshare.AVAILABLE_SERIES[SeriesKey("series", "margin_balance")]
    assert "亿元" in text
    assert "stock_margin_account_info" in text
