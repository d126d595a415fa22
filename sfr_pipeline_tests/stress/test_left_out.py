"""Faults put into clean prices: what the features lose by them, and that they tell no lie."""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.econometrics.quotes import UNIT
from sfr_pipeline.stress.assembly import build_sample
from sfr_pipeline.stress.believed import doubted_moves, judged
from sfr_pipeline.stress.features import daily_features, feature_frame
from sfr_pipeline.stress.labels import stress_labels, stress_outcomes
from sfr_pipeline.stress.left_out import trailing_mean
from sfr_pipeline.stress.panel import (
    daily_panel,
    daily_settings,
    quote_rows,
    read_panel,
    return_rows,
)
from sfr_pipeline.stress.quality import validate_prices
from sfr_pipeline.stress.volatility.panel import stock_panel
from sfr_pipeline_tests.stress.daily_market import daily_market, simulated_prices

# Oil as a plain price, so that all three sub-markets are judged alike.
PARTS = [
    {"id": "equity", "name": "Stocks", "symbols": ["SP500"]},
    {"id": "banks", "name": "Banks", "symbols": ["BAC", "JPM"]},
    {"id": "oil", "name": "Oil", "symbols": ["WTI"]},
]
MARKET = daily_market(sub_markets=PARTS)
DAY = pd.Timestamp("2003-05-07")
BARS = ["open", "high", "low", "close"]
# What remembers all days so far goes on from other numbers once a day is left out.
REMEMBERS = ("log_ewma", "log_garch", "drawdown")


@pytest.fixture(scope="module")
def prices():
    return simulated_prices(end="2003-12-31")


@pytest.fixture(scope="module")
def clean(prices):
    return feature_frame(MARKET, daily_panel(MARKET, prices))


def where(prices, symbol, first=DAY, last=None):
    within = (prices["symbol"] == symbol) & (prices["date"] >= first)
    return within if last is None else within & (prices["date"] <= last)


def broken(prices, rows, **changes):
    """The prices with fields of some rows multiplied."""
    found = prices.copy()
    for field, factor in changes.items():
        found.loc[rows, field] *= factor
    return found


def features(prices):
    return feature_frame(MARKET, daily_panel(MARKET, prices))


def issues(prices, symbol):
    rows = validate_prices(MARKET, prices)
    own = rows[(rows["symbol"] == symbol) & ~rows["issue"].isin(["outlier", "stale_month"])]
    return own.set_index("issue")


def assert_equal_or_left_out(found, clean):
    """Features that are there are those of the clean file, but for what remembers all days."""
    names = [name for name in clean if not name.endswith(REMEMBERS) and "gap" not in name]
    there = found[names].notna()
    np.testing.assert_allclose(
        found[names].to_numpy()[there], clean[names].to_numpy()[there], rtol=1e-9
    )


def test_a_high_a_hundredfold_off_costs_that_days_range_alone(prices, clean):
    perturbed = broken(prices, where(prices, "SP500", DAY, DAY), high=100.0)
    row = issues(perturbed, "SP500").loc["far_range"]
    assert (row["date"], row["n_days"], row["action"]) == (DAY, 1, "no range on that day")
    found = features(perturbed)
    without = broken(prices, where(prices, "SP500", DAY, DAY), high=np.nan, low=np.nan)
    pd.testing.assert_frame_equal(found, features(without), check_exact=True)
    same = [name for name in clean if name != "equity_log_range"]
    pd.testing.assert_frame_equal(found[same], clean[same], check_exact=True)
    # Beside what it would have been: Parkinson's volatility of a day that went a hundredfold.
    assert (found["equity_log_range"] - clean["equity_log_range"]).abs().max() < 0.5


@pytest.mark.parametrize("factor", [0.5, 1 / 3, 0.001, 1000.0])
def test_a_split_or_another_unit_is_no_return(prices, clean, factor):
    rows = where(prices, "SP500")
    perturbed = broken(prices, rows, **dict.fromkeys(BARS, factor))
    kind = "unit" if factor in (0.001, 1000.0) else "split"
    assert issues(perturbed, "SP500").at[kind, "action"] == "no return on that day"
    found = features(perturbed)
    assert np.isnan(found.at[DAY, "equity_return"])
    # Without its day a window tells its volatility by the others.
    after = DAY + pd.offsets.BDay()
    own = daily_panel(MARKET, prices).returns["equity"]
    window = own[:after].iloc[-22:].drop(DAY)
    expected = np.log(np.sqrt(252 * np.mean(window**2)))
    assert found.at[after, "equity_log_rv22"] == pytest.approx(expected)
    windows = [name for name in clean if name.startswith(("equity_log_rv", "correlation"))]
    assert_equal_or_left_out(found.drop(columns=windows), clean.drop(columns=windows))
    assert found["equity_return"].isna().sum() == clean["equity_return"].isna().sum() + 1
    # No crash is signalled, and one of the same days is.
    labels, own = (stress_labels(MARKET, daily_panel(MARKET, each).returns) for each in
                   (perturbed, prices))  # fmt: skip
    both = labels.merge(own, on=["date", "label"])
    f5 = both[both["label"] == "F5"].dropna(subset=["stressed_x", "stressed_y"])
    assert (f5["stressed_x"] > f5["stressed_y"]).sum() <= 1
    crash = daily_panel(MARKET, broken(prices, rows, **dict.fromkeys(BARS, 0.6)))
    fell = clean.at[DAY, "equity_return"] / 100 + np.log(0.6)
    assert crash.returns.at[DAY, "equity"] == pytest.approx(fell)


def test_of_several_instruments_the_others_tell_the_return(prices, clean):
    perturbed = broken(prices, where(prices, "BAC"), **dict.fromkeys(BARS, 0.5))
    panel, own = daily_panel(MARKET, perturbed), daily_panel(MARKET, prices)
    alone = np.log(own.closes["JPM"]).diff()[DAY]
    assert panel.returns.at[DAY, "banks"] == pytest.approx(alone)
    again = panel.returns["banks"].drop(DAY)
    np.testing.assert_allclose(again, own.returns["banks"].drop(DAY), rtol=1e-9)


@pytest.mark.parametrize("factor", [0.5, 0.001])
def test_a_stock_loses_the_move_over_its_split_alone(prices, factor):
    perturbed = broken(prices, where(prices, "BAC"), **dict.fromkeys(BARS, factor))
    found, own = (daily_panel(MARKET, each).log_moves(["JPM", "BAC"]) for each in
                  (perturbed, prices))  # fmt: skip
    assert list(found.index[found["BAC"].isna() & own["BAC"].notna()]) == [DAY]
    np.testing.assert_allclose(found["BAC"].drop(DAY), own["BAC"].drop(DAY), rtol=1e-9)
    pd.testing.assert_series_equal(found["JPM"], own["JPM"], check_exact=True)
    # What learns of the stocks sees the same, from the tables.
    panel = daily_panel(MARKET, perturbed)
    again = stock_panel(MARKET, read_panel(MARKET, quote_rows(panel), return_rows(panel)))
    clean = stock_panel(MARKET, daily_panel(MARKET, prices))
    assert again.markets == clean.markets == ("BAC", "JPM")
    lost = np.isnan(again.returns) & ~np.isnan(clean.returns)
    assert [(str(again.dates[day])[:10], place) for day, place in np.argwhere(lost)] == [
        (f"{DAY:%Y-%m-%d}", 0)
    ]


def test_a_split_on_a_day_off_the_calendar_is_seen_on_the_next_that_is(prices):
    closed = prices[~where(prices, "SP500", DAY, DAY)]
    panel = daily_panel(MARKET, broken(closed, where(closed, "BAC"), **dict.fromkeys(BARS, 0.5)))
    assert DAY not in panel.dates
    after = DAY + pd.offsets.BDay()
    assert list(panel.dates[panel.no_move["BAC"]]) == [after]
    assert np.isnan(panel.log_moves(["BAC"]).at[after, "BAC"])


def test_a_level_in_another_unit_is_none_on_that_day_alone(prices):
    market = daily_market(sub_markets=PARTS, companions=[])
    perturbed = broken(prices, where(prices, "NASDAQ"), **dict.fromkeys(BARS, 0.01))
    panel, own = daily_panel(market, perturbed), daily_panel(market, prices).levels
    expected = pd.concat([own[own.index < DAY], own[own.index >= DAY] * 0.01])
    expected.loc[DAY] = np.nan
    for found in (panel, read_panel(market, quote_rows(panel), return_rows(panel))):
        assert list(found.levels) == ["rate", "implied"]
        np.testing.assert_allclose(found.levels, expected, rtol=1e-12)


@pytest.mark.parametrize("fields", [["close"], BARS])
def test_a_stock_whose_close_was_wrong_loses_both_moves_and_no_third(prices, fields):
    perturbed = broken(prices, where(prices, "BAC", DAY, DAY), **dict.fromkeys(fields, 2.0))
    found, own = (daily_panel(MARKET, each).log_moves(["BAC"])["BAC"] for each in
                  (perturbed, prices))  # fmt: skip
    false = [DAY, DAY + pd.offsets.BDay()]
    assert list(found.index[found.isna() & own.notna()]) == false
    np.testing.assert_allclose(found.drop(false), own.drop(false), rtol=1e-9)


def test_the_spread_of_stocks_counts_the_day_after_a_split(prices, clean):
    perturbed = broken(prices, where(prices, "BAC"), **dict.fromkeys(BARS, 0.5))
    found = features(perturbed)["stock_dispersion"]
    missing = found.index[found.isna() & clean["stock_dispersion"].notna()]
    # The week that holds the day itself, and no day more.
    assert list(missing) == list(pd.bdate_range(DAY, periods=5))


def test_a_month_of_stale_closes_is_left_out_from_when_it_is_known(prices, clean):
    last = DAY + 21 * pd.offsets.BDay()
    perturbed = prices.copy()
    before = prices.loc[where(prices, "SP500", DAY - pd.offsets.BDay()), "close"].iloc[0]
    perturbed.loc[where(prices, "SP500", DAY, last), "close"] = before
    row = issues(perturbed, "SP500").loc["stale"]
    assert (row["date"], row["n_days"]) == (DAY, 22)
    known = DAY + 4 * pd.offsets.BDay()
    assert f"left out from {known:%Y-%m-%d}" in row["action"]
    found = features(perturbed)
    move = last + pd.offsets.BDay()
    returns = [name for name in clean if name.startswith("equity_") and "range" not in name
               and "volume" not in name]  # fmt: skip
    assert found.loc[known:move, returns].isna().all(axis=None)
    # Once the window lies behind it everything is as it was.
    later = found.index > move + 22 * pd.offsets.BDay()
    for name in ("equity_return", "equity_log_rv1", "equity_log_rv5", "equity_log_rv22"):
        np.testing.assert_allclose(found.loc[later, name], clean.loc[later, name], rtol=1e-9)
    early = found.index < DAY
    pd.testing.assert_frame_equal(found[early], clean[early], check_exact=True)


def test_adjusted_closes_beside_bars_that_are_not_give_what_each_of_them_tells(prices):
    adjusted = prices.copy()
    rows = prices["symbol"] == "SP500"
    # The mean range of a day is that of the file; without dividends near its end.
    ratio = np.exp(-1e-4 * np.arange(rows.sum())[::-1])
    adjusted.loc[rows, "close"] *= ratio
    found, expected = (daily_panel(MARKET, each) for each in (adjusted, prices))
    assert "adjusted" in issues(adjusted, "SP500").index
    there = found.spans["SP500"].notna()
    assert there[:"2003-01"].mean() > 0.97
    np.testing.assert_array_equal(found.spans["SP500"][there], expected.spans["SP500"][there])
    np.testing.assert_allclose(
        found.returns["equity"].iloc[1:], expected.returns["equity"].iloc[1:] + 1e-4, atol=1e-12
    )


def test_a_day_that_repeats_the_one_before_is_a_day_that_is_missing(prices):
    copied = prices.copy()
    rows = where(prices, "SP500", DAY - pd.offsets.BDay(), DAY)
    copied.loc[rows, [*BARS, "volume"]] = copied.loc[rows, [*BARS, "volume"]].iloc[0].to_numpy()
    assert issues(copied, "SP500").at["repeated", "date"] == DAY
    market = daily_market(sub_markets=PARTS, calendar=["SP500", "BAC"])
    found, expected = (
        feature_frame(market, daily_panel(market, each))
        for each in (copied, prices[~where(prices, "SP500", DAY, DAY)])
    )
    pd.testing.assert_frame_equal(found, expected, check_exact=True)


def test_a_flat_beginning_is_left_out_by_name_and_the_market_goes_on(prices, caplog):
    flat = prices.copy()
    first = pd.Timestamp("2001-09-03")
    rows = (flat["symbol"] == "SP500") & (flat["date"] < first)
    flat.loc[rows, BARS] = 99.2
    panel = daily_panel(MARKET, flat)
    assert "SP500 of market small is left out on" in caplog.text
    assert "from 2000-01-10 to 2001-08-31" in caplog.text
    assert panel.returns.loc["2000-01-10":first, "equity"].isna().all()
    assert panel.returns.loc[first:, "equity"].iloc[1:].notna().all()
    assert issues(flat, "SP500").at["stale", "n_days"] == rows.sum() - 1
    wide = feature_frame(MARKET, panel)
    others = [name for name in wide if name.startswith(("banks", "oil", "nasdaq"))]
    assert wide[others].iloc[-1].notna().all()
    alive = stress_labels(MARKET, panel.returns).set_index(["label", "date"])["alive"]
    assert alive.loc[("F5", pd.Timestamp("2001-06-01"))] == "banks, oil"
    assert alive.loc[("F5", pd.Timestamp("2003-06-02"))] == "equity, banks, oil"


def test_models_are_given_a_market_whose_first_instrument_stands_still_at_times(prices):
    """Neither a flat beginning nor a stale month stops the GARCH rule, which watches it."""
    still = prices.copy()
    still.loc[(still["symbol"] == "SP500") & (still["date"] < "2001-06-01"), BARS] = 99.2
    still.loc[where(still, "SP500", "2003-02-03", "2003-03-07"), "close"] = 50.0
    panel = daily_panel(MARKET, still)
    labels = stress_labels(MARKET, panel.returns)
    outcomes, rows = stress_outcomes(MARKET, panel.returns), daily_features(MARKET, panel)
    sample = build_sample(MARKET.stress, panel.returns, rows, outcomes, labels)
    known = ~np.isnan(sample.returns[:, 0])
    fitted = sample.dates >= "2003-01-02"
    assert (np.isfinite(sample.garch) == known)[fitted].all()
    assert 20 < (~known[fitted]).sum() < 30


def test_the_tables_hold_what_is_left_out(prices):
    perturbed = broken(prices, where(prices, "SP500"), **dict.fromkeys(BARS, 0.5))
    panel = daily_panel(MARKET, perturbed)
    again = read_panel(MARKET, quote_rows(panel), return_rows(panel))
    for field in ("closes", "no_move", "spans", "volumes", "returns"):
        pd.testing.assert_frame_equal(
            getattr(again, field), getattr(panel, field), check_exact=True,
            check_index_type=False, check_freq=False,
        )  # fmt: skip


def all_faults(prices):
    """Prices with one fault of each kind, in instruments of their own."""
    found = broken(prices, where(prices, "SP500", DAY, DAY), high=100.0)
    found = broken(found, where(prices, "BAC", "2002-03-04"), **dict.fromkeys(BARS, 0.5))
    found = broken(found, where(prices, "JPM", "2002-06-03"), **dict.fromkeys(BARS, 1e3))
    found.loc[where(prices, "WTI", "2002-09-02", "2002-10-15"), "close"] = 40.0
    return broken(found, where(prices, "SP500", "2003-02-03", "2003-02-03"), close=1.5)


@pytest.mark.parametrize(
    "last", ["2002-03-04", "2002-03-05", "2002-06-03", "2002-09-04", "2002-09-09", "2002-10-16",
             "2003-02-03", "2003-02-04", "2003-05-07"],
)  # fmt: skip
def test_features_of_a_day_rest_on_nothing_later(prices, last):
    faulty = all_faults(prices)
    whole = daily_panel(MARKET, faulty)
    short = daily_panel(MARKET, faulty[faulty["date"] <= last])
    for field in ("closes", "no_move", "spans", "volumes", "returns"):
        pd.testing.assert_frame_equal(
            getattr(short, field), getattr(whole, field)[:last], check_exact=True, check_freq=False
        )


def test_a_window_needs_its_last_day_and_four_fifths_of_the_rest():
    days = pd.bdate_range("2000-01-03", periods=12)
    values = pd.Series(np.arange(12.0), days)
    values.iloc[[0, 6]] = np.nan
    found = trailing_mean(values, 5)
    # From the first value on, over a full window, and not on the day that is left out.
    assert found.isna().tolist() == [True] * 5 + [False, True] + [False] * 5
    assert found.iloc[8] == np.mean([4, 5, 7, 8])
    values.iloc[7] = np.nan
    assert np.isnan(trailing_mean(values, 5).iloc[8])


def test_a_close_of_zero_before_a_split_hides_it_not(prices):
    before = DAY - pd.offsets.BDay()
    halved = broken(prices, where(prices, "SP500"), **dict.fromkeys(BARS, 0.5))
    perturbed = broken(halved, where(prices, "SP500", before, before), **dict.fromkeys(BARS, 0.0))
    assert np.isnan(daily_panel(MARKET, perturbed).returns.at[DAY, "equity"])
    assert issues(perturbed, "SP500").at["non_positive", "date"] == before


def test_the_correlation_of_a_window_rests_on_its_other_days(prices, clean):
    perturbed = broken(prices, where(prices, "SP500"), **dict.fromkeys(BARS, 0.5))
    found = features(perturbed)["correlation"]
    after = DAY + pd.offsets.BDay()
    own = daily_panel(MARKET, prices).returns[:after].iloc[-63:].drop(DAY)
    pairs = own.corr().to_numpy()[np.triu_indices(own.shape[1], 1)]
    assert len(own) == 62
    assert found[after] == pytest.approx(pairs.mean(), abs=0.02)
    assert found[clean["correlation"].isna()].isna().all()


@pytest.mark.parametrize(("usual", "is_told"), [(15.0, True), (0.001, False)])
def test_a_level_in_another_unit_is_told_and_a_rate_that_leaves_zero_is_not(usual, is_told):
    daily = daily_settings(MARKET)
    assert doubted_moves(daily, "VIX") == (UNIT,)
    close = usual * (1 + 0.01 * np.sin(np.arange(300.0)))
    close[200] *= 100
    bars = pd.DataFrame({"open": close, "high": close, "low": close, "close": close})
    told = judged(daily, "VIX", bars.assign(volume=np.nan))[UNIT]
    assert list(np.flatnonzero(told)) == ([200, 201] if is_told else [])
