"""Claims about zeros: which are values, and which patterns prove that they stand for gaps."""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.econometrics import GARCH, TVPFAVAR
from sfr_pipeline.econometrics.padding import padding
from sfr_pipeline.econometrics.tvp_favar import estimate
from sfr_pipeline.errors import EstimationError, SourceError
from sfr_pipeline.sources import tidy

MONTHS = pd.period_range("2008-01", periods=144, freq="M")
DAYS = pd.bdate_range("2016-01-01", periods=750)
ENDS_QUARTER = np.arange(len(MONTHS)) % 3 == 2
ENDS_MONTH = np.append(np.diff(DAYS.month) != 0, False)


def growth(n_periods, mean=0.0):
    """Growth rates to one decimal: with a mean of 9 far from 0, with one of 0 around it."""
    steps = np.random.default_rng(18).normal(0, 0.15, n_periods).cumsum()
    return (mean + steps - steps.mean()).round(1) + (0.05 if mean == 0 else 0.0)


def at(places, values):
    return np.where(places, values, 0.0)


FAR, AROUND = growth(144, 9.0), growth(144)

PADDED = {
    "quarters over months": at(ENDS_QUARTER, AROUND),
    "quarters over months, one of them 0": at(ENDS_QUARTER & (np.arange(144) != 50), AROUND),
    "quarters at the beginning of months": at(np.arange(144) % 3 == 0, FAR),
    "years over months": at(np.arange(144) % 12 == 11, AROUND),
    "quarters of a falling level": -at(ENDS_QUARTER, FAR),
    "before it begins": at(np.arange(144) >= 20, FAR),
    "after its end": at(np.arange(144) < 120, FAR),
    "not out yet": at(np.arange(144) < 143, FAR),
    "Januaries and Februaries": at(MONTHS.month > 2, FAR),
    "a falling level not out yet": -at(np.arange(144) < 143, FAR),
    "quarters over months, one of them 1": at(
        ENDS_QUARTER, np.where(np.arange(144) == 50, 1.0, AROUND)
    ),
    "whole numbers of quarters": at(ENDS_QUARTER, 1000.0 + 7 * np.arange(144)),
}

# To one decimal as China's growth is told, which stands still in a third of its quarters.
CHINA = np.array([
    8.1, 7.6, 7.5, 8.1, 7.9, 7.6, 7.9, 7.7, 7.4, 7.5, 7.1, 7.2, 7.0, 7.0, 6.9, 6.8,
    6.7, 6.7, 6.7, 6.8, 6.8, 6.8, 6.7, 6.7, 6.8, 6.7, 6.5, 6.4, 6.4, 6.2, 6.0, 6.0,
])  # fmt: skip
PADDED["growth of China by quarters over months"] = at(
    ENDS_QUARTER, np.repeat(np.append(CHINA, CHINA[:16]), 3)
)

RATE = np.maximum(0.0, 5.25 - 0.25 * (np.arange(144) // 4))
VALUES = {
    "a rate that falls to 0": RATE,
    "a rate that rises from 0": RATE[::-1],
    "a rate cut to 0 at once": np.repeat([1.5, 1.75, 2.0, 2.25, 1.75, 1.5, 0.0, 0.0], 18),
    "spread that is 0 at times": at(np.random.default_rng(1).random(144) < 0.6, AROUND),
    "rate of change": np.append(0.0, np.diff(RATE)),
    "dummy of quarters": at(ENDS_QUARTER, 1.0),
    "dummy of a regime": at(np.arange(144) > 90, 1.0),
    "dummy of another size": at(ENDS_QUARTER, 100.0),
    "count of defaults": np.random.default_rng(2).poisson(0.5, 144).astype(float),
    "count at quarters": at(ENDS_QUARTER, 1.0 + np.arange(144) % 4),
    "one zero of a growth rate": np.where(np.arange(144) == 70, 0.0, AROUND),
    "a stock that grows from nothing": np.maximum(0.0, np.arange(144) - 30.0) ** 1.5,
    "a stock that is founded and grows": at(np.arange(144) >= 20, 1.2 + 0.1 * np.arange(144)),
    "requirement that was abolished": at(
        np.arange(144) < 130, np.repeat([10.0, 10.25, 10.5, 10.5, 10.25, 10.0], 24)
    ),
    "requirement that moved often until it was abolished": at(
        np.arange(144) < 130, 12.0 + 0.1 * (np.arange(144) // 3 % 11)
    ),
    "requirement that was introduced": at(np.arange(144) > 60, 8.0 + 0.1 * (np.arange(144) // 12)),
    "a rate near 0 that went away": at(np.arange(144) < 100, 0.25 + 0.005 * (MONTHS.month % 4)),
    "count of each quarter": at(ENDS_QUARTER, 1.0 + np.arange(144) // 3 * 7 % 9),
    "closures of each quarter": -at(ENDS_QUARTER, 1.0 + np.arange(144) // 3 * 7 % 9),
    "what happens at times, never twice running": at(
        np.isin(np.arange(144), np.cumsum(np.tile([2, 3, 5, 9, 2, 7], 5))), AROUND
    ),
    "what leaps about, once to 0": np.where(
        np.arange(144) == 70, 0.0, 50 + 40 * np.random.default_rng(3).random(144)
    ),
    "dividend of each quarter": at(ENDS_QUARTER, 0.42 + 0.02 * (np.arange(144) // 12)),
    "steps of a rate at each quarter's meeting": at(
        ENDS_QUARTER, 0.25 * (1 + np.arange(144) // 3 * 7 % 3)
    ),
    "no zero": FAR,
    "nothing but zeros": np.zeros(144),
    "few values": at(np.arange(144) % 24 == 0, FAR),
}


@pytest.mark.parametrize("kind", PADDED)
def test_padding_is_found_with_its_first_period(kind):
    values = PADDED[kind]
    why = padding(values, MONTHS)
    assert f"exactly 0 in {(values == 0).sum()} of 144 periods" in why
    assert f"(first {MONTHS[int((values == 0).argmax())]})" in why


@pytest.mark.parametrize(("way", "between"), [(1, "7.7 and 10.4"), (-1, "-7.7 and -10.4")])
def test_what_lies_far_from_zero_is_told_with_where_it_lies(way, between):
    why = padding(way * PADDED["not out yet"], MONTHS)
    assert (
        why == f"it is exactly 0 in 1 of 144 periods (first 2019-12), and between {between} in "
        "all others"
    )


def test_months_over_days_are_padding():
    values = at(ENDS_MONTH, growth(len(DAYS)))
    assert "(first 2016-01-01)" in padding(values, DAYS)


@pytest.mark.parametrize("kind", VALUES)
def test_zeros_of_other_patterns_are_values(kind):
    assert padding(VALUES[kind], MONTHS) is None


@pytest.mark.parametrize("kind", PADDED)
def test_missing_values_hide_no_padding_and_are_none(kind):
    values = PADDED[kind].copy()
    values[[0, 70]] = np.nan
    assert padding(values, MONTHS)
    assert padding(np.where(values == 0, np.nan, values), MONTHS) is None


@pytest.mark.parametrize("kind", ["quarters over months", "before it begins"])
@pytest.mark.parametrize("function", [estimate, lambda panel: TVPFAVAR(panel).fit()])
def test_a_panel_with_padding_is_refused_and_the_remedy_works(function, kind):
    panel = pd.DataFrame({"spread": AROUND, "m2": FAR, "gdp": PADDED[kind]}, MONTHS)
    with pytest.raises(EstimationError, match=r"zeros in column gdp of panel stand for missing"):
        function(panel)
    panel["gdp"] = panel["gdp"].replace(0, float("nan"))
    assert function(panel)


def test_zeros_that_are_values_stay_in_a_panel():
    panel = pd.DataFrame({kind: VALUES[kind] for kind in VALUES if kind.startswith("a rate")})
    panel = panel.set_index(MONTHS).assign(spread=AROUND)
    assert np.array_equal(
        estimate(panel).factor_smoothed, estimate(panel.to_numpy()).factor_smoothed
    )


def test_a_single_series_is_no_panel():
    assert GARCH(pd.Series(PADDED["quarters over months"], MONTHS))


def tidied(values, frequency="monthly", dates=MONTHS):
    return tidy(
        "nbs gdp", [str(date) for date in dates], list(values), unit="per cent", frequency=frequency
    )


@pytest.mark.parametrize("kind", PADDED)
def test_a_source_that_fills_up_with_zeros_is_refused_and_the_remedy_works(kind):
    with pytest.raises(SourceError, match=r"^nbs gdp: zeros stand .*: hand them to tidy as NaN"):
        tidied(PADDED[kind])
    known = PADDED[kind] != 0
    dates = pd.Index(MONTHS)[known]
    frame = tidied(PADDED[kind][known], dates=dates)
    assert frame["value"].to_list() == PADDED[kind][known].tolist()


def test_a_quarter_without_a_figure_is_no_growth_of_0():
    quarters = pd.period_range("2011Q1", periods=40, freq="Q")
    rates = growth(40, 7.0)
    rates[-1] = 0.0
    dates = [f"{quarter.year}-Q{quarter.quarter}" for quarter in quarters]
    with pytest.raises(SourceError, match=r"exactly 0 in 1 of 40 periods \(first 2020-12-31\)"):
        tidied(rates, "quarterly", dates)
    assert len(tidied([*rates[:-1], ""], "quarterly", dates)) == 39


@pytest.mark.parametrize("kind", VALUES)
def test_a_source_keeps_zeros_that_are_values(kind):
    assert tidied(VALUES[kind])["value"].to_list() == VALUES[kind].tolist()


def test_days_keep_their_zeros():
    values = at(ENDS_MONTH, growth(len(DAYS)))
    frame = tidied(values, "daily", DAYS.strftime("%Y-%m-%d"))
    assert (frame["value"] == 0).sum() == (values == 0).sum()
