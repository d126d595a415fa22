"""Measures from prices, against closed forms, and blind to the future."""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.econometrics.measures import MEASURES, Prices, compute

SYMBOLS = ["A", "B", "M"]


def long_prices(n_days=900, seed=0):
    rng = np.random.default_rng(seed)
    days = pd.bdate_range("2000-01-03", periods=n_days)
    frames = []
    for symbol in SYMBOLS:
        close = 100 * np.exp(np.cumsum(0.01 * rng.standard_normal(n_days)))
        frames.append(
            pd.DataFrame(
                {
                    "date": days,
                    "symbol": symbol,
                    "open": close,
                    "high": close * 1.02,
                    "low": close / 1.02,
                    "close": close,
                    "volume": rng.integers(100, 1000, n_days).astype(float),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def value(measure, prices, symbols=("A",), market=None, window=None):
    return compute(measure, Prices.from_long(prices), symbols, market, window)


def test_drawdown_is_the_loss_from_the_highest_close():
    prices = long_prices(600)
    close = prices[prices["symbol"] == "A"].set_index("date")["close"]
    expected = 100 * (1 - close.iloc[-1] / close.iloc[-504:].max())
    assert value("drawdown", prices, window=504).iloc[-1] == pytest.approx(expected)


def test_a_constant_range_has_a_known_volatility():
    # Parkinson: ln(H/L) sqrt(252 / (4 ln 2)), with H/L = 1.02^2.
    expected = 100 * 2 * np.log(1.02) * np.sqrt(252 / (4 * np.log(2)))
    assert value("range", long_prices()).to_numpy() == pytest.approx(expected)


def test_ranges_and_moves_that_no_market_made_are_in_no_measure():
    prices, day = long_prices(), pd.bdate_range("2000-01-03", periods=900)[500]
    rows = prices["symbol"] == "A"
    high = prices.copy()
    high.loc[rows & (high["date"] == day), "high"] *= 100.0
    pd.testing.assert_series_equal(value("range", high), value("range", prices).drop(day))
    for factor in (0.5, 0.001):
        split = prices.copy()
        later = rows & (split["date"] >= day)
        split.loc[later, ["open", "high", "low", "close"]] *= factor
        found, own = (Prices.from_long(each).returns(["A", "B"]) for each in (split, prices))
        np.testing.assert_allclose(found, own.drop(day), rtol=1e-9)
        assert list(found.index) == list(own.index.drop(day))
    crash = prices.copy()
    crash.loc[rows & (crash["date"] >= day), ["open", "high", "low", "close"]] *= 0.6
    expected = Prices.from_long(prices).returns(["A"]).loc[day] + 100 * np.log(0.6)
    np.testing.assert_allclose(Prices.from_long(crash).returns(["A"]).loc[day], expected)
    # A break on a day that the other lacks is one on the next day that both have.
    gap = split[~((split["symbol"] == "B") & (split["date"] == day))]
    after = day + pd.offsets.BDay()
    assert after not in Prices.from_long(gap).returns(["A", "B"]).index
    # And a day that one lacks is no break: the move goes on to the next.
    gap = prices[~((prices["symbol"] == "B") & (prices["date"] == day))]
    found = Prices.from_long(gap).returns(["A", "B"])
    assert len(found) == len(own) - 1
    np.testing.assert_allclose(found.loc[after], own.loc[day:after].sum())


def test_beta_is_the_slope_of_a_levered_portfolio():
    prices = long_prices()
    market = prices[prices["symbol"] == "M"]
    levered = market.assign(symbol="A", close=market["close"] ** 1.5)
    both = pd.concat([market, levered], ignore_index=True)
    assert value("beta", both, market="M", window=60).to_numpy() == pytest.approx(1.5)
    assert value("relative_return", both, market="M", window=60).iloc[-1] == pytest.approx(
        50 * np.log(market["close"].iloc[-1] / market["close"].iloc[-61])
    )


def test_correlation_of_identical_instruments_is_one_and_of_independent_ones_small():
    prices = long_prices()
    twin = prices[prices["symbol"] == "A"].assign(symbol="B")
    twins = pd.concat([prices[prices["symbol"] == "A"], twin], ignore_index=True)
    assert value("correlation", twins, ["A", "B"], window=63).to_numpy() == pytest.approx(1.0)
    assert abs(value("correlation", prices, SYMBOLS, window=800).iloc[-1]) < 0.1


def test_correlation_is_the_weighted_average_of_the_pairs():
    prices = long_prices(200)
    returns = Prices.from_long(prices).returns(SYMBOLS).iloc[-100:]
    pairs, sds = returns.corr().to_numpy(), returns.std().to_numpy()
    upper = np.triu_indices(3, 1)
    weights = np.outer(sds, sds)[upper]
    expected = (pairs[upper] * weights).sum() / weights.sum()
    assert value("correlation", prices, SYMBOLS, window=100).iloc[-1] == pytest.approx(expected)


def test_the_portfolio_is_rebalanced_daily_to_equal_weights():
    prices = long_prices(300)
    close = prices.pivot(index="date", columns="symbol", values="close")[["A", "B"]]
    growth = 1 + close.pct_change().mean(axis=1).iloc[1:]
    expected = 100 * growth.cumprod()
    assert value("portfolio", prices, ["A", "B"]).to_numpy() == pytest.approx(expected.to_numpy())


def test_relative_volume_is_the_excess_over_the_windows_mean():
    prices = long_prices(100)
    volume = prices[prices["symbol"] == "A"]["volume"]
    expected = 100 * (volume.iloc[-1] / volume.iloc[-60:].mean() - 1)
    assert value("relative_volume", prices, window=60).iloc[-1] == pytest.approx(expected)


def test_realized_volatility_and_dispersion_have_their_units():
    prices = long_prices(5000, seed=3)
    assert value("realized_volatility", prices, window=2500).iloc[-1] == pytest.approx(
        100 * 0.01 * np.sqrt(252), rel=0.05
    )
    # Three instruments with 1 % a day each.
    assert (value("dispersion", prices, SYMBOLS) ** 2).mean() ** 0.5 == pytest.approx(1, rel=0.05)


def test_days_without_volume_do_not_count():
    prices = long_prices()
    prices.loc[prices["date"] == "2002-03-04", "volume"] = 0.0
    assert pd.Timestamp("2002-03-04") not in value("relative_volume", prices, window=60).index


@pytest.mark.parametrize("poison", [np.nan, 1e9])
@pytest.mark.parametrize("measure", MEASURES)
def test_no_measure_sees_the_future(measure, poison):
    prices = long_prices()
    cut = pd.Timestamp("2002-09-12")
    changed = prices.copy()
    changed.loc[changed["date"] > cut, ["high", "low", "close", "volume"]] = poison
    changed = changed.dropna(subset="close")
    before = value(measure, prices, ["A", "B"], "M", 60)[:cut]
    after = value(measure, changed, ["A", "B"], "M", 60)[:cut]
    assert len(before) > 100
    pd.testing.assert_series_equal(before, after, check_exact=True)
