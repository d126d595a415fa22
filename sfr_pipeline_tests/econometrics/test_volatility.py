"""GARCH(1,1): against fGarch, on simulated truth, and blind to the future."""

import json

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.econometrics.volatility import _fit as fit
from sfr_pipeline.econometrics.volatility import (
    begins_in_real_time,
    garch_volatility,
    garch_volatility_real_time,
)
from sfr_pipeline.errors import EstimationError


def simulate(n_days, seed, omega=0.02, alpha=0.1, beta=0.88):
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal(n_days)
    returns, sigma = np.empty(n_days), np.empty(n_days)
    variance = omega / (1 - alpha - beta)
    for t in range(n_days):
        sigma[t] = np.sqrt(variance)
        returns[t] = sigma[t] * noise[t]
        variance = omega + alpha * returns[t] ** 2 + beta * variance
    days = pd.bdate_range("2000-01-03", periods=n_days)
    return pd.Series(returns, days), pd.Series(sigma, days)


def test_parameters_and_sigma_equal_fgarch_with_the_same_backcast(shared_data):
    folder = shared_data / "econometrics" / "garch_sp500"
    frame = pd.read_csv(folder / "input_sp500_ret.csv")
    returns = pd.Series(frame.iloc[:, -1].to_numpy(), pd.RangeIndex(len(frame)))
    gold = json.loads((folder / "output_R.json").read_text())["fGarch"]["coef"]
    backcast = float(((returns - returns.mean()) ** 2).mean())
    fitted = fit(returns, backcast)
    parameters, sigma = fitted.params, fitted.conditional_volatility
    assert parameters.to_numpy() == pytest.approx(
        [gold["mu"], gold["omega"], gold["alpha1"], gold["beta1"]], abs=1e-3
    )
    theirs = pd.read_csv(folder / "output_sigma_R.csv")["sigma_fgarch"].to_numpy()
    assert np.abs(sigma.to_numpy() / theirs - 1).max() < 1e-3


def test_recovers_the_volatility_that_made_the_returns():
    returns, truth = simulate(4000, seed=1)
    sigma = garch_volatility(returns)
    assert np.corrcoef(sigma, truth)[0, 1] > 0.97
    assert abs(sigma.mean() / truth.mean() - 1) < 0.05


@pytest.mark.parametrize(
    "volatility", [garch_volatility, garch_volatility_real_time], ids=["paper", "real time"]
)
def test_months_that_a_publisher_skips_are_no_gaps(volatility):
    returns, _ = simulate(170, seed=3)
    months = pd.date_range("2008-01-31", periods=204, freq="ME")
    months = months[~months.month.isin([1, 2])]
    sigma = volatility(
        pd.Series(returns.to_numpy(), months, name="x23"), min_observations=60
    ).dropna()
    assert len(sigma) > 90
    assert not sigma.index.month.isin([1, 2]).any()


def test_real_time_follows_the_truth_once_it_has_data():
    returns, truth = simulate(4000, seed=2)
    sigma = garch_volatility_real_time(returns)
    assert sigma["2000"].isna().all(), "250 days are needed first"
    later = sigma["2005":]
    assert later.notna().all()
    assert np.corrcoef(later, truth["2005":])[0, 1] > 0.95


@pytest.mark.parametrize("poison", [np.inf, 1e9, 0.0])
def test_real_time_is_bit_identical_whatever_comes_later(poison):
    returns, _ = simulate(1500, seed=3)
    cut = pd.Timestamp("2004-08-17")
    before = garch_volatility_real_time(returns)[:cut]
    if np.isinf(poison):
        after = garch_volatility_real_time(returns[:cut])
    else:
        changed = returns.copy()
        changed[changed.index > cut] = poison
        after = garch_volatility_real_time(changed)[:cut]
    pd.testing.assert_series_equal(before, after, check_exact=True)


@pytest.mark.parametrize("n_days", [0, 1, 251, 259, 260, 300, 500])
def test_real_time_says_beforehand_whether_it_begins(n_days):
    returns = simulate(500, seed=5)[0][:n_days]
    begins = begins_in_real_time(pd.DatetimeIndex(returns.index), 250)
    assert garch_volatility_real_time(returns).notna().any() == begins
    # The 260 weekdays of 2000, which began on the 3rd, are enough for 2001.
    assert begins == (n_days > 260)


def test_full_sample_estimate_does_look_ahead():
    """The control: were this test to fail, the one above would prove nothing."""
    returns, _ = simulate(1500, seed=3)
    changed = returns.copy()
    changed.iloc[-200:] *= 5
    assert not np.array_equal(garch_volatility(returns)[:500], garch_volatility(changed)[:500])


@pytest.mark.parametrize(
    ("perturb", "says"),
    [
        (lambda r: r.iloc[:100], "too few"),
        (lambda r: r.where(r.index != r.index[7]), "gaps"),
        (lambda r: r * 0, "constant"),
    ],
)
def test_hopeless_returns_are_refused(perturb, says):
    with pytest.raises(EstimationError, match=says):
        garch_volatility(perturb(simulate(1000, seed=4)[0]))
