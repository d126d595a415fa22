"""The clean panel and its tables hold the same."""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.errors import SourceError
from sfr_pipeline.storage.parquet import ParquetStore
from sfr_pipeline.storage.tables.daily import DAILY_QUOTES, DAILY_RETURNS
from sfr_pipeline.storage.validation import violations
from sfr_pipeline.stress.panel import (
    daily_panel,
    quote_rows,
    read_panel,
    read_returns,
    return_rows,
)
from sfr_pipeline_tests.stress.daily_market import (
    CUT,
    daily_market,
    poisoned,
    simulated_prices,
    up_to,
)

MARKET = daily_market()
FIELDS = ("closes", "no_move", "spans", "volumes", "returns", "companions", "levels")


@pytest.fixture(scope="module")
def prices():
    """One instrument begins late, one has days without volume, and one has no prices at all."""
    frame = simulated_prices()
    late = (frame["symbol"] == "JPM") & (frame["date"] < "2001-03-01")
    quiet = (frame["symbol"] == "SP500") & (frame["date"].dt.month == 5)
    frame.loc[quiet, "volume"] = 0.0
    return frame[~late & (frame["symbol"] != "NASDAQ")].reset_index(drop=True)


@pytest.fixture(scope="module")
def panel(prices):
    return daily_panel(MARKET, prices)


def test_the_tables_keep_their_contracts(panel):
    assert not violations(DAILY_QUOTES, quote_rows(panel))
    assert not violations(DAILY_RETURNS, return_rows(panel))


def test_the_panel_is_read_back_from_the_store_to_the_last_bit(panel, tmp_path):
    store = ParquetStore(tmp_path)
    store.write("small", DAILY_QUOTES, quote_rows(panel))
    store.write("small", DAILY_RETURNS, return_rows(panel))
    quotes, returns = (store.read("small", table) for table in (DAILY_QUOTES, DAILY_RETURNS))
    again = read_panel(MARKET, quotes, returns)
    for field in FIELDS:
        expected, found = getattr(panel, field), getattr(again, field)
        pd.testing.assert_frame_equal(
            found, expected, check_exact=True, check_index_type=False, check_freq=False
        )
        # Sums along an axis depend on how an array lies in memory.
        assert found.to_numpy().flags.f_contiguous == expected.to_numpy().flags.f_contiguous
    assert list(again.returns) == ["equity", "banks", "oil"]
    assert again.companions.empty


def test_returns_are_read_without_the_companions(panel):
    whole = daily_panel(MARKET, simulated_prices())
    rows = return_rows(whole)
    assert set(rows["sub_market"]) == {"equity", "banks", "oil", "nasdaq"}
    pd.testing.assert_frame_equal(read_returns(MARKET, rows), whole.returns, check_freq=False)


def test_days_on_which_nothing_has_begun_are_there(panel):
    """The first day has no return of anything, and is a day of the calendar all the same."""
    returns = read_returns(MARKET, return_rows(panel))
    assert returns.index[0] == panel.dates[0]
    assert returns.iloc[0].isna().all()


def test_a_calendar_of_several_instruments_has_the_days_on_which_any_of_them_trades(prices):
    ends = pd.Timestamp("2003-06-02")
    short = prices[~((prices["symbol"] == "SP500") & (prices["date"] > ends))]
    short = short[~((short["symbol"] == "JPM") & (short["date"] == "2002-05-07"))]
    alone = daily_panel(MARKET, short)
    assert alone.dates[-1] == ends
    market = daily_market(calendar=["SP500", "JPM"])
    both = daily_panel(market, short)
    assert list(both.dates) == list(pd.bdate_range("2000-01-03", prices["date"].max()))
    # Up to the end of the first nothing differs, and after it its returns are missing, not zero.
    pd.testing.assert_frame_equal(both.returns[:ends], alone.returns, check_freq=False)
    assert both.returns.loc[both.dates > ends, "equity"].isna().all()
    assert both.returns.loc[both.dates > ends, "banks"].notna().all()
    assert market.stress.symbols()["JPM"] == ("calendar",)
    with pytest.raises(SourceError, match="no prices of SP500 or JPM from 2000-01-03 on"):
        daily_panel(market, short[~short["symbol"].isin(["SP500", "JPM"])])


@pytest.mark.parametrize("factor", [1000.0, 0.001])
def test_cleaning_looks_at_nothing_later_than_the_day(prices, factor):
    clean = daily_panel(MARKET, prices)
    later = daily_panel(MARKET, poisoned(prices, factor))
    for rows in (quote_rows, return_rows):
        pd.testing.assert_frame_equal(up_to(rows(later)), up_to(rows(clean)), check_exact=True)
    changed = later.closes.loc[later.dates > CUT] != clean.closes.loc[clean.dates > CUT]
    assert np.asarray(changed).mean() > 0.9
