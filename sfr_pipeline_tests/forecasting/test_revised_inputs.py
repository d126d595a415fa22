"""A revision changes no origin, target or input of early warning of months over before it."""

import dataclasses
import logging

import numpy as np
import pandas as pd
import pytest
from sfr_pipeline.inputs.prices import fetch_prices
from sfr_pipeline.inputs.series import fetch_series

from sfr_pipeline.econometrics.sfri import weights
from sfr_pipeline.econometrics.tvp_favar import estimate
from sfr_pipeline.errors import EstimationError
from sfr_pipeline.forecasting.origins import origins, targets
from sfr_pipeline.forecasting.panel import warning_panel
from sfr_pipeline.inputs.frames import month_ends
from sfr_pipeline.inputs.views import View
from sfr_pipeline.markets import Series
from sfr_pipeline.markets.forecasting import ForecastingSettings
from sfr_pipeline_tests.forecasting.test_origins import (
    MONTHS,
    complete,
    indicator_rows,
    regime_rows,
    warning_frame,
    warning_rows,
)
from sfr_pipeline_tests.forecasting.test_panel import FILES, SETTINGS

KNOWN_FROM = pd.Period("2008-03", "M")
(DAY,) = month_ends(pd.PeriodIndex([KNOWN_FROM]))
CELLS = [("2003-05", "x0", 2.5), ("2008-01", "x0", -1.0), ("2008-02", "x1", 4.0)]


@pytest.fixture(scope="module")
def market(mini):
    return mini.model_copy(update={"forecasting": ForecastingSettings.model_validate(SETTINGS)})


def revisions():
    """Three rows as they read from KNOWN_FROM on."""
    rows = pd.DataFrame(CELLS, columns=["month", "indicator", "oriented"])
    dates = month_ends(pd.PeriodIndex(rows["month"], freq="M"))
    return rows.assign(ref_date=dates, known_from=DAY).drop(columns="month")


def panel_as_of(month):
    """The truth: the panel with the revised cells where they were known, cut off."""
    panel = complete()
    if month >= KNOWN_FROM:
        for when, name, value in CELLS:
            panel.loc[when, name] = value
    return panel[:month]


def build(market, panel, revised=None):
    beside = warning_rows(warning_frame())
    return origins(market, indicator_rows(panel), beside, regime_rows(), revised)


def test_each_origin_is_that_of_the_panel_as_it_stood_there(market):
    found = build(market, complete(), revisions())
    plain = build(market, complete())
    late = complete()
    for when, name, value in CELLS:
        late.loc[when, name] = value
    # As if the newest values had always stood.
    newest = build(market, late)
    assert len(found) == len(plain) == 24
    for ours, before, after in zip(found, plain, newest, strict=True):
        truth, other = (before, after) if ours.month < KNOWN_FROM else (after, before)
        for field in dataclasses.fields(ours):
            one, same = getattr(ours, field.name), getattr(truth, field.name)
            if isinstance(one, pd.DataFrame):
                pd.testing.assert_frame_equal(one, same, check_exact=True)
            elif isinstance(one, pd.Series):
                pd.testing.assert_series_equal(one, same, check_exact=True)
            else:
                assert one == same, field.name
        assert not ours.basket.equals(other.basket)


def test_a_target_compares_two_values_as_they_stood_when_it_was_realised(market):
    outcome = targets(market, indicator_rows(complete()), revisions())
    months = [origin.month for origin in build(market, complete(), revisions())]
    published = [estimate_of(panel_as_of(month))[1] for month in months]
    for row, month in enumerate(months):
        cut = panel_as_of(month)
        weight, _ = estimate_of(cut)
        for h in range(1, 7):
            if row + h >= len(months):
                assert np.isnan(outcome.basket[row, h - 1])
                continue
            then = panel_as_of(month + h)
            change = ((then.loc[month + h] - then.loc[month]) / cut.std()) @ weight
            assert outcome.basket[row, h - 1] == pytest.approx(change, abs=1e-11)
            first_values = published[row + h] - published[row]
            assert outcome.published[row, h - 1] == pytest.approx(first_values, abs=1e-11)


def estimate_of(panel):
    """Weights of the last month, and its index."""
    estimates = estimate(panel.to_numpy())
    weight = weights(estimates.loadings_smoothed, estimates.observed)[-1]
    return weight, weight @ estimates.scores[-1]


def test_a_target_that_was_realised_before_a_revision_keeps_every_bit(market):
    revised = targets(market, indicator_rows(complete()), revisions())
    plain = targets(market, indicator_rows(complete()))
    months = pd.period_range("2007-01", "2008-12", freq="M")
    realised = months.to_numpy()[:, None] + np.arange(1, 7)
    over = realised < KNOWN_FROM
    for name in ("basket", "published"):
        ours, theirs = getattr(revised, name), getattr(plain, name)
        np.testing.assert_array_equal(ours[over], theirs[over])
        assert not np.array_equal(ours[~over], theirs[~over], equal_nan=True)


@pytest.fixture(scope="module")
def early(mini):
    """A market of early warning with one indicator's series among its inputs, without files."""
    series = [*mini.series, *(Series.model_validate(one) for one in FILES)]
    settings = ForecastingSettings.model_validate(SETTINGS)
    return mini.model_copy(update={"series": series, "forecasting": settings})


@pytest.fixture(scope="module")
def views(early):
    series, missing = fetch_series(early)
    prices = fetch_prices(early)
    chosen = (series["series"] == "payrolls") & (series["ref_date"] == "2007-12-31")
    revised = series.assign(value=series["value"].where(~chosen, series["value"] * 1.02))
    day = (prices["symbol"] == "SP500") & (prices["date"] == "2008-02-27")
    assert chosen.sum() == day.sum() == 1
    moved = prices.assign(close=prices["close"].where(~day, prices["close"] * 1.05))
    return [View(MONTHS[0], series, prices), View(KNOWN_FROM, revised, moved)], missing


SFRI = pd.concat(
    [
        pd.DataFrame({"mode": mode, "ref_date": month_ends(MONTHS), "sfri": range(len(MONTHS))})
        for mode in ("paper", "real_time")
    ]
)


def real_time(panel):
    rows = panel.frame[panel.frame["mode"] == "real_time"]
    return rows.sort_values(["ref_date", "variable"], ignore_index=True)


def test_inputs_of_early_warning_are_those_of_the_view_at_each_months_end(early, views):
    (first, second), missing = views
    together = real_time(warning_panel(early, [first, second], missing, SFRI))
    alone = [real_time(warning_panel(early, [view], missing, SFRI)) for view in (first, second)]
    for later, truth in ((False, alone[0]), (True, alone[1])):
        ours, theirs = (
            rows[(rows["ref_date"] >= DAY) == later].reset_index(drop=True)
            for rows in (together, truth)
        )
        pd.testing.assert_frame_equal(ours, theirs, check_exact=True)
    # The control: the first view's own rows go on otherwise, and so do the second's before it.
    for name in ("gap_week_stock", "hiring"):
        one, two = (rows[rows["variable"] == name].set_index("ref_date")["value"] for rows in alone)
        assert not one[DAY - pd.DateOffset(months=3) :].equals(
            two[DAY - pd.DateOffset(months=3) :]
        ), name
    paper = warning_panel(early, [first, second], missing, SFRI).frame
    newest = warning_panel(early, [second], missing, SFRI).frame
    pd.testing.assert_frame_equal(
        paper[paper["mode"] == "paper"], newest[newest["mode"] == "paper"], check_exact=True
    )


def test_an_input_that_could_not_be_made_once_is_missing_in_those_months_alone(
    early, views, caplog
):
    (first, _), missing = views
    chosen = first.series["series"] == "payrolls"
    bad = first.series.assign(value=first.series["value"].where(~chosen, -1.0))
    stood = [first, View(KNOWN_FROM, bad, first.prices), first._replace(first_month=KNOWN_FROM + 2)]
    with caplog.at_level(logging.WARNING):
        rows = real_time(warning_panel(early, stood, missing, SFRI))
    assert "Payrolls: not in the panel from 2008-03" in caplog.text
    hiring = rows[rows["variable"] == "hiring"]["ref_date"]
    gone = month_ends(pd.period_range("2008-01", "2008-12", freq="M")).difference(hiring)
    assert list(gone) == list(month_ends(pd.period_range(KNOWN_FROM, KNOWN_FROM + 1, freq="M")))
    plain = real_time(warning_panel(early, [first], missing, SFRI))
    others = rows[rows["variable"] != "hiring"].reset_index(drop=True)
    truth = plain[plain["variable"] != "hiring"].reset_index(drop=True)
    pd.testing.assert_frame_equal(others, truth, check_exact=True)
    with pytest.raises(EstimationError, match="hiring: year_on_year needs positive values"):
        warning_panel(early, stood[:2], missing, SFRI)
