import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.storage.tables.daily import PRICES_QUALITY
from sfr_pipeline.storage.validation import violations
from sfr_pipeline.stress.believed import carried
from sfr_pipeline.stress.panel import daily_panel
from sfr_pipeline.stress.quality import robust_z, validate_prices
from sfr_pipeline_tests.stress.daily_market import daily_market, simulated_prices

MARKET = daily_market()
DAY = pd.Timestamp("2003-05-07")


@pytest.fixture(scope="module")
def clean():
    return simulated_prices(end="2004-01-30")


def found(prices, issue):
    rows = validate_prices(MARKET, prices)
    assert not violations(PRICES_QUALITY, rows)
    return rows[rows["issue"] == issue].set_index(["symbol", "date"])


def with_values(prices, symbol, start, days, **values):
    changed = prices.copy()
    rows = (changed["symbol"] == symbol) & changed["date"].isin(pd.bdate_range(start, periods=days))
    for name, value in values.items():
        changed.loc[rows, name] = value
    return changed


def test_clean_prices_have_no_faults(clean):
    assert set(validate_prices(MARKET, clean)["issue"]) <= {"outlier"}


def test_days_of_the_calendar_without_a_close_are_counted(clean):
    gap = clean[
        ~((clean["symbol"] == "BAC") & clean["date"].between(DAY, DAY + pd.Timedelta("7D")))
    ]
    row = found(gap, "missing").loc[("BAC", DAY)]
    assert (row["n_days"], row["value"]) == (6, 6.0)
    assert row["action"] == "last close carried on, 6 of 6 days"
    closes = daily_panel(MARKET, gap).closes["BAC"]
    assert closes[DAY] == closes[DAY - pd.offsets.BDay()]


def test_a_close_is_carried_for_some_days_only():
    days = pd.bdate_range("2020-01-01", periods=8)
    values = pd.Series([1.0, 2.0], [days[0] - pd.Timedelta(days=1), days[6]])
    assert list(carried(values, days, limit=3).fillna(-1)) == [1, 1, 1, 1, -1, -1, 2, 2]


def test_a_history_that_has_ended_is_not_carried_on():
    days = pd.bdate_range("2020-01-01", periods=8)
    values = pd.Series([1.0, 2.0], days[[0, 2]])
    # Three days old on the last day it may come again; four days old it has ended.
    assert list(carried(values, days[:6], limit=3).fillna(-1)) == [1, 1, 2, 2, 2, 2]
    assert list(carried(values, days[:7], limit=3).fillna(-1)) == [1, 1, 2, -1, -1, -1, -1]


def test_an_instrument_without_prices_is_named(clean):
    rows = found(clean[clean["symbol"] != "WTI"], "absent")
    assert list(rows.index.get_level_values("symbol")) == ["WTI"]


def test_histories_that_begin_late_or_end_early_are_told(clean):
    part = clean[(clean["symbol"] != "JPM") | clean["date"].between("2001-01-01", "2003-12-01")]
    rows = found(part, "short").loc["JPM"]
    assert list(rows.index) == [pd.Timestamp("2001-01-01"), pd.Timestamp("2003-12-01")]
    assert list(rows["n_days"]) == [260, 44]


def test_closes_that_stand_still_are_stale_whatever_their_volume(clean):
    for volume in (0.0, 1e6):
        rows = found(with_values(clean, "SP500", DAY, 8, close=50.0, volume=volume), "stale")
        row = rows.loc[("SP500", DAY + pd.offsets.BDay())]
        assert row["n_days"] == 7
        assert "from 2003-05-14, when it was known" in row["action"]
    assert found(with_values(clean, "SP500", DAY, 5, close=50.0), "stale").empty


def test_months_without_most_of_their_moves_are_stale_whatever_their_volume(clean):
    still = with_values(clean, "WTI", DAY, 40, close=50.0, volume=1e6)
    (row,) = found(still, "stale_month").loc["WTI"].itertuples()
    # Of 39 days without a move the first month that holds eleven begins ten days before them.
    assert (row.Index, row.n_days) == (DAY - 9 * pd.offsets.BDay(), 39 + 2 * 10)
    assert row.value == 1.0
    assert row.action == "no model of volatility learns from it"
    for closes, months in ((11, 0), (12, 1)):
        still = with_values(clean, "WTI", DAY, closes, close=50.0)
        assert len(found(still, "stale_month")) == months
    # Stocks are targets themselves, and a companion is none.
    for symbol, action in (("BAC", "no model of"), ("NASDAQ", "kept as it is")):
        still = with_values(clean, symbol, DAY, 40, close=50.0, volume=1e6)
        assert found(still, "stale_month").loc[symbol]["action"].iloc[0].startswith(action)


def test_the_first_move_after_a_year_of_stale_prices_is_no_endless_outlier():
    days = pd.bdate_range("2000-01-03", periods=400)
    moves = pd.Series(0.0, days)
    moves.iloc[-1] = 0.01
    # Half a per cent a year is the least that a deviation is taken for.
    assert robust_z(moves).iloc[-1] == pytest.approx(0.01 / (0.005 / np.sqrt(252)))


def test_a_jump_of_closes_alone_may_be_a_crash_and_is_kept(clean):
    later = (clean["symbol"] == "BAC") & (clean["date"] >= DAY)
    close = clean.loc[clean["symbol"] == "BAC"].set_index("date")["close"]
    halved = clean.copy()
    halved.loc[halved["symbol"] == "BAC", ["open", "high", "low"]] = np.nan
    halved.loc[later, "close"] *= 0.5 * close[DAY - pd.offsets.BDay()] / close[DAY]
    assert ("BAC", DAY) not in found(halved, "split").index
    halved.loc[later, "volume"] *= 2.0
    row = found(halved, "split").loc[("BAC", DAY)]
    assert row["value"] == pytest.approx(0.5)
    assert row["action"].startswith("kept as it is, it may be a crash")
    assert daily_panel(MARKET, halved).closes.at[DAY, "BAC"] == halved.loc[later, "close"].iloc[0]


def test_negative_prices_of_futures_have_bounded_returns(clean):
    perturbed = with_values(clean, "WTI", DAY, 1, close=-37.63, low=-40.0)
    row = found(perturbed, "negative").loc[("WTI", DAY)]
    assert row["value"] == -37.63
    assert row["action"] == "return over a denominator of at least 10"
    clipped = found(perturbed, "clipped").loc["WTI"]
    assert clipped.at[DAY, "value"] == -0.35
    panel = daily_panel(MARKET, perturbed)
    assert panel.returns.at[DAY, "oil"] == -0.35
    assert panel.returns.at[DAY + pd.offsets.BDay(), "oil"] == 0.35
    perturbed = with_values(clean, "BAC", DAY, 1, close=-1.0)
    assert "carried" in found(perturbed, "negative").loc[("BAC", DAY), "action"]


def test_false_quotes_of_a_currency_are_no_moves(clean):
    close = clean[(clean["symbol"] == "NASDAQ") & (clean["date"] == DAY)]["close"].iloc[0]
    perturbed = with_values(clean, "NASDAQ", DAY, 1, close=1.5 * close)
    assert len(found(perturbed, "tick").loc["NASDAQ"]) == 2
    panel = daily_panel(MARKET, perturbed)
    assert list(panel.companions["nasdaq"][DAY:][:2]) == [0.0, 0.0]


def test_highs_below_lows_give_no_range(clean):
    perturbed = with_values(clean, "SP500", DAY, 1, high=40.0, low=41.0)
    assert ("SP500", DAY) in found(perturbed, "inverted").index
    assert np.isnan(daily_panel(MARKET, perturbed).spans.at[DAY, "SP500"])


def test_days_without_volume_are_counted(clean):
    row = found(with_values(clean, "SP500", DAY, 10, volume=0.0), "no_volume").loc["SP500"].iloc[0]
    assert row["n_days"] == 10
    assert row["value"] == pytest.approx(10 / (clean["symbol"] == "SP500").sum())


def test_outliers_are_judged_by_the_year_before_and_kept(clean):
    close = clean[(clean["symbol"] == "SP500") & (clean["date"] == DAY)]["close"].iloc[0]
    far = dict.fromkeys(("open", "high", "low", "close"), 1.6 * close)
    perturbed = with_values(clean, "SP500", DAY, 1, **far, volume=3e6)
    rows = found(perturbed, "outlier").loc["SP500"]
    assert rows.at[DAY, "value"] > 10
    assert rows.at[DAY, "action"] == "kept as it is"
    assert daily_panel(MARKET, perturbed).returns.at[DAY, "equity"] > 0.4
    moves = daily_panel(MARKET, clean).returns["equity"]
    later = moves.copy()
    later[later.index > DAY] *= 1000
    pd.testing.assert_series_equal(robust_z(later)[:DAY], robust_z(moves)[:DAY])


def test_what_happens_on_other_days_is_seen_on_the_next_of_the_calendar(clean):
    saturday = pd.DataFrame([{"date": DAY + pd.Timedelta(days=3), "symbol": "BAC", "close": 99.0}])
    holiday = clean[~((clean["symbol"] == "BAC") & (clean["date"] == "2003-05-12"))]
    perturbed = pd.concat([holiday, saturday], ignore_index=True)
    assert ("BAC", saturday["date"][0]) in found(perturbed, "off_calendar").index
    assert daily_panel(MARKET, perturbed).closes.at[pd.Timestamp("2003-05-12"), "BAC"] == 99.0


def test_two_instruments_that_are_one_are_named(clean):
    own = clean[clean["symbol"] == "BAC"]
    twin = pd.concat([clean[clean["symbol"] != "JPM"], own.assign(symbol="JPM")])
    row = found(twin, "twin").loc["JPM"].iloc[0]
    assert row["n_days"] == len(own)
    assert "those of BAC" in row["action"]
    apart = twin.copy()
    apart.loc[(apart["symbol"] == "JPM") & (apart["date"] == DAY), "close"] *= 1.001
    assert found(apart, "twin").empty


def test_the_prices_themselves_stay_as_delivered(clean):
    before = clean.copy()
    validate_prices(MARKET, clean)
    daily_panel(MARKET, clean)
    pd.testing.assert_frame_equal(clean, before)
