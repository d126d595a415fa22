import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.econometrics.volatility import garch_volatility_real_time
from sfr_pipeline.storage.tables.daily import DAILY_FEATURES
from sfr_pipeline.storage.validation import violations
from sfr_pipeline.stress import features as room
from sfr_pipeline.stress.panel import daily_panel
from sfr_pipeline_tests.stress.daily_market import (
    CUT,
    daily_market,
    poisoned,
    simulated_prices,
    up_to,
)

MARKET = daily_market()


def features_of(prices):
    return room.daily_features(MARKET, daily_panel(MARKET, prices))


@pytest.fixture(scope="module")
def prices():
    return simulated_prices()


@pytest.fixture(scope="module")
def panel(prices):
    return daily_panel(MARKET, prices)


@pytest.fixture(scope="module")
def features(prices):
    return features_of(prices)


@pytest.fixture(scope="module")
def wide(features):
    return room.wide_features(features)


def test_the_table_keeps_its_contract(features):
    assert not violations(DAILY_FEATURES, features)


def test_each_sub_market_has_its_measures_and_all_reach_the_last_day(wide):
    measures = ("return", "log_rv1", "log_rv66", "log_ewma", "log_garch", "drawdown", "gap21")
    for name in ("equity", "banks", "oil"):
        assert {f"{name}_{measure}" for measure in measures} <= set(wide)
    assert wide.iloc[-1].notna().all()
    # Highs and lows of what may fall below zero say nothing of its returns.
    assert "equity_log_range" in wide
    assert "oil_log_range" not in wide
    assert "nasdaq_log_garch" not in wide


@pytest.mark.parametrize("factor", [1000.0, 0.001])
def test_the_future_does_not_reach_back(prices, features, factor):
    perturbed = features_of(poisoned(prices, factor))
    sort = ["feature", "date"]
    expected, found = (up_to(frame.sort_values(sort)) for frame in (features, perturbed))
    pd.testing.assert_frame_equal(found, expected, check_exact=True)
    # And the day after is another one.
    after = perturbed.merge(features, on=["date", "feature"]).query("date > @CUT")
    assert not np.allclose(after["value_x"], after["value_y"])


@pytest.mark.parametrize("last", [CUT, pd.Timestamp("2003-12-31"), pd.Timestamp("2004-01-01")])
def test_a_run_to_a_day_equals_the_whole_run_up_to_it(prices, features, last):
    short = features_of(prices[prices["date"] <= last])
    sort = ["feature", "date"]
    pd.testing.assert_frame_equal(
        short.sort_values(sort, ignore_index=True),
        up_to(features.sort_values(sort), last),
        check_exact=True,
    )


def test_volatilities_and_drawdowns_are_their_definitions(panel, wide):
    returns = panel.returns["equity"]
    t = 700
    day = panel.dates[t]
    past = returns.iloc[: t + 1]
    assert wide.at[day, "equity_return"] == pytest.approx(100 * past.iloc[-1])
    assert wide.at[day, "equity_log_rv22"] == pytest.approx(
        0.5 * np.log(252 * np.mean(past.iloc[-22:] ** 2))
    )
    weights = 0.94 ** np.arange(t)
    ewma = np.sum(weights * past.iloc[:0:-1] ** 2) / weights.sum()
    assert wide.at[day, "equity_log_ewma"] == pytest.approx(0.5 * np.log(252 * ewma))
    close = panel.closes["SP500"].iloc[: t + 1]
    assert wide.at[day, "equity_drawdown"] == pytest.approx(
        np.log(close.iloc[-1] / close.iloc[-252:].max())
    )
    spans = panel.spans["SP500"].iloc[t - 4 : t + 1]
    assert wide.at[day, "equity_log_range"] == pytest.approx(
        0.5 * np.log(252 * np.mean(spans**2) / (4 * np.log(2)))
    )


def test_garch_is_the_volatility_of_the_next_day(panel, wide):
    returns = 100 * panel.returns["equity"].dropna()
    sigma = garch_volatility_real_time(returns)
    # Within a year the parameters are the same; the first days of a year may know one return more.
    expected = np.log(sigma / 100 * np.sqrt(252)).shift(-1)["2003-02":"2003-11"]
    found = wide["equity_log_garch"]["2003-02":"2003-11"]
    np.testing.assert_allclose(found, expected, atol=0.03)
    assert np.corrcoef(found, expected)[0, 1] > 0.995
    shifted = np.log(sigma / 100 * np.sqrt(252))["2003-02":"2003-11"]
    assert np.abs(found - expected).mean() < 0.2 * np.abs(found - shifted).mean()


def test_a_garch_that_never_converges_leaves_its_column_empty_and_says_so(
    panel, monkeypatch, caplog
):
    monkeypatch.setattr("sfr_pipeline.econometrics.garch.MOST_STEPS", 1)
    returns = panel.returns["equity"].dropna()
    assert room.log_garch(returns).isna().all()
    assert "of equity did not converge" in caplog.text
    assert room.feature_frame(MARKET, panel)["equity_log_garch"].isna().all()


def test_gaps_compare_with_the_threshold_of_the_label(panel, wide):
    t = 900
    returns = panel.returns["banks"].to_numpy()
    squares = pd.Series(returns**2)
    ahead = squares.rolling(21).sum().shift(-21).iloc[: t - 20]  # outcomes completed by t
    threshold = np.sqrt(252 / 21 * ahead.dropna().iloc[-400:]).quantile(0.85)
    now = np.sqrt(252 / 21 * squares.iloc[t - 20 : t + 1].sum())
    assert wide.at[panel.dates[t], "banks_gap21"] == pytest.approx(np.log(now / threshold))


def test_average_correlation_is_that_of_the_pairs(panel, wide):
    t = 500
    window = panel.returns.iloc[t - 62 : t + 1].corr().to_numpy()
    assert wide.at[panel.dates[t], "correlation"] == pytest.approx(
        window[np.triu_indices(3, 1)].mean()
    )


def test_a_level_enters_as_changes_and_ranks_only(prices, features):
    shifted = prices.copy()
    shifted.loc[shifted["symbol"] == "NASDAQ", "close"] += 7.0
    before, after = (room.wide_features(frame) for frame in (features, features_of(shifted)))
    for name in ("rate_change", "rate_change22", "rate_rank"):
        np.testing.assert_allclose(after[name], before[name], atol=1e-9)
    assert "rate_log" not in before


def test_days_without_volume_repeat_the_last_one(prices, features):
    quiet = prices.copy()
    days = pd.bdate_range("2003-05-05", periods=3)
    chosen = (quiet["symbol"] == "SP500") & quiet["date"].isin(days)
    quiet.loc[chosen, "volume"] = 0.0
    volume = room.wide_features(features_of(quiet))["equity_volume"]
    assert volume[days].nunique() == 1
    assert volume[days[0]] == volume[days[0] - pd.offsets.BDay()]


def test_a_market_that_stands_still_for_years_has_features_that_are_numbers(prices):
    """A floored zero, or a threshold of zero, is no minus infinity and no division by zero."""
    still = prices.copy()
    # Rarely quoted before: that it stands still is its habit, and it is believed.
    oil, seldom = still["symbol"] == "WTI", still["date"] < "2000-06-01"
    still.loc[oil & seldom, "close"] = still.loc[oil & seldom, "close"].iloc[::4]
    still.loc[oil & seldom, "close"] = still.loc[oil & seldom, "close"].ffill()
    still.loc[oil & still["date"].between("2000-06-01", "2003-06-30"), "close"] = 30.0
    wide = room.wide_features(features_of(still))
    assert np.isfinite(wide.to_numpy()[wide.notna().to_numpy()]).all()
    assert wide.loc["2002-06", "oil_log_rv22"].eq(np.log(0.005)).all()
    assert wide.loc["2002-12", "oil_gap21"].eq(0.0).all()


def test_what_has_no_prices_has_no_features(prices):
    some = features_of(prices[~prices["symbol"].isin(["WTI", "NASDAQ"])])
    names = set(some["feature"])
    assert not any(name.startswith(("oil", "nasdaq", "rate", "implied")) for name in names)
    assert "equity_gap21" in names
