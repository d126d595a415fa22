"""Transforms and the two clocks."""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.econometrics.panel import Step, align, transform
from sfr_pipeline.errors import EstimationError

MONTHS = pd.period_range("2000-01", periods=40, freq="M")
MONTHLY = pd.Series(np.exp(0.01 * np.arange(40)), MONTHS.to_timestamp("M"))


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (Step("level"), np.exp(0.39)),
        (Step("log"), 0.39),
        (Step("difference", 3), np.exp(0.39) - np.exp(0.36)),
        (Step("log_difference", 3), 3.0),
        (Step("year_on_year"), 100 * (np.exp(0.12) - 1)),
    ],
)
def test_transforms_have_their_closed_forms(step, expected):
    values = transform(MONTHLY, [step], "monthly", "paper")
    assert values.iloc[-1] == pytest.approx(expected)
    assert list(values.index) == list(MONTHS)


def test_rolling_sd_of_differences_and_chains_apply_in_order():
    noisy = MONTHLY + np.tile([0.0, 1.0], 20)
    values = transform(noisy, [Step("difference", 1), Step("rolling_sd", 12)], "monthly", "paper")
    changes = noisy.diff().iloc[-12:]
    assert values.iloc[-1] == pytest.approx(changes.std())


def test_days_become_months_by_mean_or_end():
    days = pd.date_range("2000-01-01", "2000-02-29")
    values = pd.Series(np.arange(60.0), days)
    mean = transform(values, [Step("month_mean")], "daily", "paper")
    end = transform(values, [Step("month_end")], "daily", "paper")
    assert list(mean) == [15.0, 45.0]
    assert list(end) == [30.0, 59.0]


def test_a_month_without_data_is_missing_rather_than_closed_up():
    values = MONTHLY.drop(MONTHLY.index[20])
    lagged = transform(values, [Step("difference", 1)], "monthly", "paper")
    assert lagged[MONTHS[[20, 21]]].isna().all()
    assert lagged[MONTHS[22]] == pytest.approx(MONTHLY.iloc[22] - MONTHLY.iloc[21])


def test_logs_of_what_is_not_positive_are_refused():
    with pytest.raises(EstimationError, match="positive"):
        transform(MONTHLY - 1.1, [Step("log")], "monthly", "paper")


def published(lag_days):
    return pd.Series(MONTHS.to_timestamp("M") + pd.Timedelta(days=lag_days), MONTHS).dt.to_period(
        "M"
    )


def test_in_real_time_a_month_holds_what_was_published_by_its_end():
    monthly = pd.Series(np.arange(40.0), MONTHS)
    paper = align(monthly, published(20), MONTHS, "paper")
    real_time = align(monthly, published(20), MONTHS, "real_time")
    assert list(paper) == list(range(40))
    assert np.isnan(real_time.iloc[0])
    assert list(real_time.iloc[1:]) == list(range(39))
    assert list(align(monthly, published(0), MONTHS, "real_time")) == list(range(40))


def test_a_source_that_falls_silent_drops_out_in_real_time():
    monthly = pd.Series(np.arange(10.0), MONTHS[:10])
    real_time = align(monthly, published(20)[:10], MONTHS, "real_time")
    # Published in the 11th month, one month old in the 12th, gone after that.
    assert list(real_time.iloc[10:12]) == [9.0, 9.0]
    assert real_time.iloc[12:].isna().all()


@pytest.mark.parametrize("lag", [0, 15, 28, 29, 30, 31, 45])
def test_no_release_lag_makes_holes(lag):
    monthly = pd.Series(np.arange(40.0), MONTHS)
    real_time = align(monthly, published(lag), MONTHS, "real_time")
    assert real_time.iloc[3:].notna().all()
    assert (real_time.diff().iloc[3:] >= 0).all()


def test_of_two_releases_in_a_month_the_later_one_speaks():
    monthly = pd.Series([1.0, 2.0], MONTHS[:2])
    together = pd.Series([MONTHS[3], MONTHS[3]], MONTHS[:2])
    assert align(monthly, together, MONTHS, "real_time")[MONTHS[3]] == 2.0
