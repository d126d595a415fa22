"""Indicators revalued at their month's last days, against brute force and what theory says."""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.econometrics.panel import Step, transform
from sfr_pipeline.econometrics.revaluation import revalued
from sfr_pipeline.econometrics.volatility import garch_volatility_real_time

DAYS = pd.bdate_range("2000-01-03", "2003-12-31")
MONTHS = DAYS.to_period("M")


def walk(seed=0):
    """Daily values that go nowhere, all positive."""
    steps = np.random.default_rng(seed).normal(0, 0.01, len(DAYS))
    return pd.Series(50 * np.exp(steps.cumsum()), DAYS)


LATER = [[], ["log"], ["month_on_month"], ["year_on_year"], ["difference"], ["log_difference"],
         ["difference", "rolling_sd"]]  # fmt: skip


def steps_of(names, first="month_mean"):
    parameters = {"difference": 3, "log_difference": 2, "rolling_sd": 6}
    return [Step(first), *(Step(name, parameters.get(name)) for name in names)]


@pytest.mark.parametrize("names", LATER, ids="-".join)
def test_the_month_alone_is_replaced_by_its_last_day(names):
    values, steps = walk(), steps_of(names)
    means, ends = revalued(values, steps)
    pd.testing.assert_series_equal(means, transform(values, steps, "daily", "real_time"))
    for month in means.index[[14, 20, 47]]:
        stopped = values.copy()
        stopped[month == MONTHS] = values[month == MONTHS].iloc[-1]
        expected = transform(stopped, steps, "daily", "real_time")[month]
        assert ends[month] == pytest.approx(expected, rel=1e-9)


def test_where_single_days_are_noise_the_days_before_count_by_riskmetrics_weights():
    values = walk()
    _, ends = revalued(values, steps_of([]), decay=0.94)
    for month in ends.index[[0, 30]]:
        past = values[month >= MONTHS].to_numpy()[::-1]
        weights = 0.94 ** np.arange(len(past))
        assert ends[month] == pytest.approx(weights @ past / weights.sum(), rel=1e-12)


def test_a_volatility_becomes_that_of_the_day_after_the_last():
    values = walk()
    steps = [Step("garch_volatility", "log_return"), Step("log")]
    means, ends = revalued(values[:"2003-09-30"], steps)
    expected = transform(values[:"2003-09-30"], steps, "daily", "real_time")
    pd.testing.assert_series_equal(means, expected)
    sigma = np.sqrt(252) * garch_volatility_real_time(100 * np.log(values).diff().dropna())
    # The last of them too, whose next day has not come.
    for month, next_day in (("2002-12", "2003-01-01"), ("2003-09", "2003-10-01")):
        assert ends[month] == pytest.approx(np.log(sigma[next_day]), abs=1e-12)


@pytest.mark.parametrize("first", ["month_mean", "garch_volatility"])
def test_later_days_leave_it_to_the_bit(first):
    steps = [Step(first, "difference" if first == "garch_volatility" else None)]
    poisoned = walk()
    poisoned["2003-07":] *= 1e3
    for decay in (0.0, 0.94):
        clean, dirty = (revalued(values, steps, decay).ends for values in (walk(), poisoned))
        short = revalued(walk()[:"2003-06-30"], steps, decay).ends
        pd.testing.assert_series_equal(clean[:"2003-06"], dirty[:"2003-06"], check_exact=True)
        pd.testing.assert_series_equal(clean[:"2003-06"], short, check_exact=True)
        assert dirty["2003-07"] != clean["2003-07"]


def test_a_day_below_zero_has_no_logarithm_and_says_nothing():
    values = walk()
    values["2001-06-29"] = -1.0
    means, ends = revalued(values, steps_of(["log"]))
    assert np.isfinite(means["2001-06"])
    assert ends.isna().sum() == 1
    assert np.isnan(ends["2001-06"])


def test_nothing_delivered_gives_nothing():
    empty = pd.Series(dtype=float, index=pd.DatetimeIndex([]))
    assert revalued(empty, steps_of(["log"])).ends.empty


def test_the_last_day_halves_the_squared_error_of_the_mean_of_a_random_walk():
    """With n days a month next month's mean is 2 n / 3 steps' variance from this one's, but n / 3
    from the last day, for large n."""
    rng = np.random.default_rng(3)
    days = pd.bdate_range("1900-01-01", "1999-12-31")
    means, ends = revalued(pd.Series(rng.normal(size=len(days)).cumsum(), days), steps_of([]))
    ahead = means.shift(-1)
    ratio = ((ahead - ends) ** 2).mean() / ((ahead - means) ** 2).mean()
    assert ratio == pytest.approx(0.5, abs=0.05)
