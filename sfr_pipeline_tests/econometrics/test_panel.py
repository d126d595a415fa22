"""Transforms and the two information sets."""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.econometrics.panel import (
    Step,
    align,
    by_publication,
    changes_for_garch,
    looks_back,
    transform,
    winsorise,
)
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
        (Step("month_on_month"), 100 * (np.exp(0.01) - 1)),
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
    paper = align(monthly, published(20), MONTHS, "paper").values
    real_time = align(monthly, published(20), MONTHS, "real_time").values
    assert list(paper) == list(range(40))
    assert np.isnan(real_time.iloc[0])
    assert list(real_time.iloc[1:]) == list(range(39))
    assert list(align(monthly, published(0), MONTHS, "real_time").values) == list(range(40))


def test_a_source_that_falls_silent_drops_out_in_real_time():
    monthly = pd.Series(np.arange(10.0), MONTHS[:10])
    real_time = align(monthly, published(20)[:10], MONTHS, "real_time").values
    # Published in the 11th month, one month old in the 12th, gone after that.
    assert list(real_time.iloc[10:12]) == [9.0, 9.0]
    assert real_time.iloc[12:].isna().all()


@pytest.mark.parametrize("lag", [0, 15, 28, 29, 30, 31, 45])
def test_no_release_lag_makes_holes(lag):
    monthly = pd.Series(np.arange(40.0), MONTHS)
    real_time = align(monthly, published(lag), MONTHS, "real_time").values
    assert real_time.iloc[3:].notna().all()
    assert (real_time.diff().iloc[3:] >= 0).all()


def test_of_two_releases_in_a_month_the_later_one_speaks():
    monthly = pd.Series([1.0, 2.0], MONTHS[:2])
    together = pd.Series([MONTHS[3], MONTHS[3]], MONTHS[:2])
    assert align(monthly, together, MONTHS, "real_time").values[MONTHS[3]] == 2.0


QUARTERLY = MONTHLY[MONTHS.month % 3 == 0]


def test_quarterly_values_are_compared_quarter_by_quarter():
    growth = transform(QUARTERLY, [Step("year_on_year")], "quarterly", "paper")
    change = transform(QUARTERLY, [Step("difference", 3)], "quarterly", "paper")
    quarters = growth[growth.index.month % 3 == 0]
    assert quarters.iloc[4:].to_numpy() == pytest.approx(100 * (np.exp(0.12) - 1))
    assert growth[growth.index.month % 3 != 0].isna().all()
    assert change[pd.Period("2001-03", "M")] == pytest.approx(np.exp(0.14) - np.exp(0.11))


def test_paper_mode_bridges_gaps_up_to_the_limit_and_no_further():
    monthly = pd.Series(np.arange(40.0), MONTHS)
    gaps = monthly.copy()
    gaps.iloc[[0, 10, 20, 21, 22, 39]] = np.nan
    values, origin = align(gaps, published(0), MONTHS, "paper", carry=1)
    assert values.iloc[10] == 10.0
    assert origin.iloc[[9, 10, 11]].to_list() == ["published", "interpolated", "published"]
    assert values.iloc[[0, 20, 21, 22, 39]].isna().all()
    assert origin.iloc[[0, 20, 21, 22, 39]].isna().all()
    assert list(align(gaps, published(0), MONTHS, "paper", carry=3).values.iloc[1:39]) == list(
        range(1, 39)
    )
    assert align(gaps, published(0), MONTHS, "paper").values.isna().sum() == 6


def test_a_bridge_may_rest_on_a_value_before_the_first_row():
    monthly = pd.Series([0.0, np.nan, np.nan, 3.0], MONTHS[:4])
    known = published(0)[:4]
    assert align(monthly, known, MONTHS[2:5], "paper", carry=2).values.to_list()[:2] == [2.0, 3.0]


def test_real_time_carries_as_long_as_the_catalogue_allows():
    monthly = pd.Series(np.arange(6.0), MONTHS[:6])
    values, origin = align(monthly, published(0)[:6], MONTHS, "real_time", carry=2)
    assert list(values.iloc[5:9]) == [5.0] * 4
    assert origin.iloc[5:9].to_list() == ["published"] + ["carried"] * 3
    assert values.iloc[9:].isna().all()


def test_in_real_time_a_value_waits_for_those_before_it():
    monthly = pd.Series([1.0, 2.0, 3.0], MONTHS[:3])
    late = pd.Series([MONTHS[0], MONTHS[5], MONTHS[3]], MONTHS[:3])
    values = align(monthly, late, MONTHS, "real_time").values
    assert values.iloc[[0, 1]].to_list() == [1.0, 1.0]
    assert values.iloc[2:5].isna().all()
    assert values.iloc[5] == 3.0


def test_a_value_that_rests_on_no_other_does_not_wait_for_a_late_one():
    monthly = pd.Series([1.0, 2.0, 3.0, 4.0], MONTHS[:4])
    late = pd.Series([MONTHS[0], MONTHS[9], MONTHS[2], MONTHS[3]], MONTHS[:4])
    alone = align(monthly, late, MONTHS, "real_time", waits=False).values
    assert alone.iloc[:5].to_list() == [1.0, 1.0, 3.0, 4.0, 4.0]
    # What came after later months' values says nothing new.
    assert alone.iloc[5:].isna().all()
    waiting = align(monthly, late, MONTHS, "real_time").values
    assert waiting.iloc[2:9].isna().all()
    assert waiting.iloc[9] == 4.0


@pytest.mark.parametrize(
    ("names", "does"),
    [
        (["level"], False),
        (["month_mean", "log"], False),
        (["month_end", "log_difference"], True),
        (["year_on_year"], True),
        (["garch_volatility", "log"], True),
    ],
)
def test_what_looks_back_has_to_wait(names, does):
    assert looks_back([Step(name) for name in names]) is does


@pytest.mark.parametrize("n_days", [251, 300, 500])
def test_volatility_without_a_year_to_start_from_is_missing_in_real_time(n_days):
    days = pd.bdate_range("2001-01-01", periods=n_days)
    rng = np.random.default_rng(n_days)
    values = pd.Series(np.exp(0.01 * rng.normal(size=n_days).cumsum()), days)
    steps = [Step("garch_volatility", "log_return"), Step("log")]
    assert transform(values, steps, "daily", "paper").iloc[1:].notna().all()
    real_time = transform(values, steps, "daily", "real_time")
    # 260 changes are known when 2002 begins.
    assert real_time[:"2001-12"].isna().all()
    assert real_time["2002-01":].notna().all()
    months = pd.period_range("2000-06", "2003-06", freq="M")
    aligned = align(real_time, pd.Series(real_time.index, real_time.index), months, "real_time")
    assert aligned.values.notna().any() == (n_days > 261)
    # All that became known on one day is one value, and has no change.
    assert transform(values[-1:], steps, "daily", "real_time").isna().all()


def test_monthly_changes_for_volatility_do_not_span_gaps():
    yearly = MONTHLY[MONTHS.month != 1]
    changes = changes_for_garch(yearly, "log_return", "monthly")
    assert changes.to_numpy() == pytest.approx(np.ones(len(changes)))
    assert set(changes.index.month) == set(range(3, 13))
    days = changes_for_garch(yearly, "log_return", "daily")
    assert days.max() == pytest.approx(2.0)


def test_monthly_volatility_has_no_value_where_a_change_spans_a_gap():
    months = pd.date_range("1990-01-31", periods=240, freq="ME")
    rng = np.random.default_rng(7)
    values = pd.Series(100 + rng.normal(size=240).cumsum(), months)[months.month != 1]
    step = Step("garch_volatility", "difference")
    # The first month has no change in any case.
    sigma = transform(values, [step], "monthly", "paper").iloc[1:]
    assert (sigma.isna() == sigma.index.month.isin([1, 2])).all()


def test_daily_values_move_to_the_day_on_which_they_became_known():
    days = pd.to_datetime(["2024-01-30", "2024-01-31", "2024-02-01", "2024-02-02"])
    known = pd.to_datetime(["2024-02-05", "2024-02-01", "2024-02-02", "2024-02-02"])
    moved = by_publication(pd.Series([1.0, 2.0, 3.0, 4.0], days), pd.Series(known, days))
    # The first came after later days were known; of the last two the latest counts.
    assert list(moved.index) == list(pd.to_datetime(["2024-02-01", "2024-02-02"]))
    assert list(moved) == [2.0, 4.0]
    same = pd.Series([1.0, 2.0], days[:2])
    pd.testing.assert_series_equal(by_publication(same, pd.Series(same.index, same.index)), same)


def test_outliers_are_drawn_in_to_the_limit_by_sample_or_by_past():
    values = pd.Series([*np.tile([-1.0, 0.0, 1.0], 10), 100.0, *np.tile([-9.0, 9.0], 4)])
    paper = winsorise(values, 5.0, "paper", 24)
    middle = values.median()
    limit = middle + 5 * 1.4826 * (values - middle).abs().median()
    assert paper[30] == pytest.approx(limit)
    past = values[:31]
    expected = past.median() + 5 * 1.4826 * (past - past.median()).abs().median()
    real_time = winsorise(values, 5.0, "real_time", 24)
    assert real_time[30] == pytest.approx(expected)
    # What comes later changes nothing before it.
    pd.testing.assert_series_equal(winsorise(past, 5.0, "real_time", 24), real_time[:31])
    assert (real_time[:30] == values[:30]).all()


def test_short_or_still_series_are_not_winsorised_and_gaps_stay():
    short = pd.Series([0.0, 1.0, np.nan, 50.0])
    pd.testing.assert_series_equal(winsorise(short, 5.0, "real_time", 24), short)
    still = pd.Series([1.0] * 30 + [9.0])
    pd.testing.assert_series_equal(winsorise(still, 5.0, "paper", 24), still)
