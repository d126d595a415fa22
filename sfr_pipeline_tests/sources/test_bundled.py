"""The bundled data are what the catalogue believes, checked against facts known from elsewhere."""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.errors import SourceError
from sfr_pipeline.sources import SeriesKey, bundled, check_available


@pytest.fixture(scope="module")
def prices():
    codes = [offer.code for offer in bundled.AVAILABLE_SERIES if offer.kind == "prices"]
    return bundled.fetch_prices(codes)


@pytest.fixture(scope="module")
def series():
    codes = [offer.code for offer in bundled.AVAILABLE_SERIES if offer.kind == "series"]
    frame = bundled.fetch_series(codes)
    return frame.pivot(index="date", columns="code", values="value")


def test_everything_on_offer_is_delivered(prices, series):
    offered = {offer.code for offer in bundled.AVAILABLE_SERIES}
    assert set(prices["code"]) | set(series.columns) == offered
    assert not prices.duplicated(["date", "code"]).any()


def test_well_known_days_stand_where_history_has_them(prices):
    sp500 = prices[prices["code"] == "sp500"].set_index("date")["close"]
    assert sp500["2008-10-10"] == pytest.approx(899.22, abs=0.01)
    assert sp500.idxmin() == pd.Timestamp("1990-10-11")
    nasdaq = prices[prices["code"] == "nasdaq"].set_index("date")["close"]
    assert nasdaq[:"2002"].idxmax() == pd.Timestamp("2000-03-10")


def test_the_two_packages_agree_on_the_sp500_where_both_have_it(prices):
    from skfolio.datasets import load_sp500_index

    own = prices[prices["code"] == "sp500"].set_index("date")["close"]
    other = load_sp500_index()["SP500"].reindex(own.index)
    assert np.abs(own / other - 1).max() < 1e-6


def test_months_are_dated_by_their_last_day_and_the_french_dates_are_repaired(series):
    assert (series.index == series.index + pd.offsets.MonthEnd(0)).all()
    bill = series["french.bill"].dropna()
    assert (bill.index[0], bill.index[-1]) == (
        pd.Timestamp("1926-07-31"),
        pd.Timestamp("2018-11-30"),
    )
    spread = series["moodys.baa"] - series["moodys.aaa"]
    assert spread["2000":].idxmax() == pd.Timestamp("2008-12-31")
    assert spread["2008-12-31"] == pytest.approx(3.38)
    assert series["frbny.UNRATE"]["2009-10-31"] == pytest.approx(10.0, abs=0.2)


def test_what_is_not_on_offer_is_refused_by_name():
    with pytest.raises(SourceError, match="no prices 'dax'"):
        bundled.fetch_prices(["dax"])
    with pytest.raises(ValueError, match="there is no source 'oracle'"):
        check_available("oracle", "x", "series")
    with pytest.raises(ValueError, match="offers no series 'sp500'"):
        check_available("bundled", "sp500", "series")
    assert SeriesKey("prices", "sp500") in bundled.AVAILABLE_SERIES


def test_a_file_of_many_stocks_is_read_once(monkeypatch):
    from skfolio import datasets

    read, whole = [], datasets.load_sp500_dataset
    monkeypatch.setattr(datasets, "load_sp500_dataset", lambda: read.append(1) or whole())
    found = bundled.fetch_prices(["JPM", "BAC"])
    assert read == [1]
    for code in ("JPM", "BAC"):
        closes = found[found["code"] == code].set_index("date")["close"]
        pd.testing.assert_series_equal(closes, whole()[code].dropna(), check_names=False)
