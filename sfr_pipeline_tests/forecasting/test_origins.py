"""What is known at each origin, and what happened after it, on simulated panels with gaps."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.econometrics.sfri import weights
from sfr_pipeline.econometrics.tvp_favar import estimate
from sfr_pipeline.errors import EstimationError
from sfr_pipeline.forecasting.origins import origins, targets
from sfr_pipeline.index import regimes as regimes_room
from sfr_pipeline.index.sfri import index_tables_of, vintage_rows
from sfr_pipeline.inputs.frames import long, month_ends
from sfr_pipeline.markets.forecasting import ForecastingSettings
from sfr_pipeline_tests.econometrics.simulation import simulate
from sfr_pipeline_tests.forecasting.test_panel import SETTINGS

MONTHS = pd.period_range("2000-01", "2008-12", freq="M")
START = pd.Period("2002-01", "M")
NAMES = [f"x{number}" for number in range(6)]
DAILY = ("gap_week_stock", "gap_quarter_stock", "implied_mean", "rate_gap")
ENDS = ("end_x0", "end_x1", "end_x2")


@pytest.fixture(scope="module")
def market(mini):
    return mini.model_copy(update={"forecasting": ForecastingSettings.model_validate(SETTINGS)})


def complete():
    panel = simulate(len(MONTHS), n_series=len(NAMES), seed=5).panel
    return pd.DataFrame(panel * [1, 5, 0.1, 2, 3, 1], MONTHS, NAMES)


def patchy():
    """One series starts late, one ends, one has holes."""
    frame = complete()
    frame.loc[:"2003-06", "x1"] = np.nan
    frame.loc["2007-10":, "x2"] = np.nan
    frame.loc["2004-03":"2004-05", "x3"] = np.nan
    frame.loc["2008-02", "x3"] = np.nan
    return frame


def indicator_rows(frame):
    rows = long({"oriented": frame}, "indicator").dropna(subset="oriented")
    return rows.assign(mode="real_time")


def warning_frame():
    rng = np.random.default_rng(3)
    names = ("npoi", "bill_rate", "hiring", "shares", *DAILY, *ENDS)
    frame = pd.DataFrame(rng.normal(size=(len(MONTHS), len(names))), MONTHS, names)
    frame.loc[:"2002-12", "rate_gap"] = np.nan
    # Joins while forecasts are already made.
    frame.loc[:"2006-03", "implied_mean"] = np.nan
    frame.loc["2008-06", "gap_week_stock"] = np.nan
    frame.loc["2008-07", "end_x1"] = np.nan
    frame.loc[:"2002-06", "hiring"] = np.nan
    frame.loc["2008-04":"2008-05", "hiring"] = np.nan
    # Too short at the first origin.
    frame.loc[:"2005-06", "npoi"] = np.nan
    return frame


def warning_rows(frame):
    rows = long({"value": frame}, "variable").dropna(subset="value")
    role = {"npoi": "opinion", "rate_gap": "rate", "implied_mean": "implied"}
    role |= dict.fromkeys(ENDS, "end")
    roles = {name: role.get(name, "gap" if name in DAILY else "input") for name in frame}
    return rows.assign(mode="real_time", name=rows["variable"], role=rows["variable"].map(roles))


def regime_rows(months=MONTHS):
    rows = {"mode": "real_time", "horizon": 0, "ref_date": month_ends(months)}
    return pd.DataFrame(rows).assign(sfri_next=np.arange(len(months)) / 10)


def build(market, panel, frame=None, regimes=None):
    frame = warning_frame() if frame is None else frame
    regimes = regime_rows() if regimes is None else regimes
    return origins(market, indicator_rows(panel), warning_rows(frame), regimes)


@pytest.fixture(scope="module")
def plain(market):
    return build(market, complete())


@pytest.fixture(scope="module")
def gappy(market):
    return build(market, patchy())


def test_origins_run_from_the_first_with_enough_training_months_to_the_last_month(market, plain):
    assert [origin.month for origin in plain] == list(
        pd.period_range("2007-01", "2008-12", freq="M")
    )
    for origin in plain:
        for rows in (origin.basket, origin.changes, origin.features, origin.inputs):
            assert rows.index.equals(pd.period_range(START, origin.month, freq="M"))
    assert plain[0].changes.notna().sum() == 60 == market.forecasting.min_months
    assert all(np.isnan(origin.changes.iloc[-1]) for origin in plain)


def test_without_gaps_they_are_the_formulas_of_the_trial(plain):
    for origin in plain[::7]:
        cut = complete()[: origin.month]
        z = (cut - cut.mean()) / cut.std()
        estimates = estimate(cut.to_numpy())
        w = weights(estimates.loadings_smoothed, estimates.observed)[-1]
        basket = z @ w
        rows = slice(START, None)
        close = {"rtol": 0, "atol": 1e-11}
        np.testing.assert_allclose(origin.basket, basket[rows], **close)
        np.testing.assert_allclose(origin.changes[:-1], basket[rows].diff()[1:], **close)
        assert origin.published == pytest.approx(basket.iloc[-1], abs=1e-11)
        np.testing.assert_allclose(origin.features[NAMES], z[rows], **close)
        np.testing.assert_allclose(origin.features["basket"], basket[rows], **close)
        np.testing.assert_allclose(origin.features["basket_change"], basket.diff()[rows], **close)
        np.testing.assert_allclose(
            origin.features["principal_component"], estimates.principal_component[24:], **close
        )


def test_the_headline_target_is_the_change_of_the_basket_at_the_weights_of_the_origin(
    market, plain
):
    panel = complete()
    outcome = targets(market, indicator_rows(panel))
    for row, origin in enumerate(plain):
        cut = panel[: origin.month]
        estimates = estimate(cut.to_numpy())
        w = weights(estimates.loadings_smoothed, estimates.observed)[-1]
        for h in range(1, 7):
            if row + h >= len(plain):
                assert np.isnan(outcome.basket[row, h - 1])
                assert np.isnan(outcome.published[row, h - 1])
                continue
            change = (panel.loc[origin.month + h] - panel.loc[origin.month]) / cut.std()
            assert outcome.basket[row, h - 1] == pytest.approx(change @ w, abs=1e-11)
            published = plain[row + h].published - origin.published
            assert outcome.published[row, h - 1] == published


def test_changes_compare_like_with_like_where_indicators_join_or_leave(gappy):
    panel = patchy()
    for origin in gappy[::5]:
        cut = panel[: origin.month]
        z = (cut - cut.mean()) / cut.std()
        estimates = estimate(cut.to_numpy())
        w = weights(estimates.loadings_smoothed, estimates.observed)[-1]
        for month in origin.changes.index[:-1]:
            both = (z.loc[month].notna() & z.loc[month + 1].notna() & (w > 0)).to_numpy()
            step = (z.loc[month + 1] - z.loc[month]).to_numpy()[both]
            assert origin.changes[month] == pytest.approx(step @ w[both] / w[both].sum(), abs=1e-9)
    # Where x1 joins, the basket's own difference is not the change of anything.
    entry = pd.Period("2003-06", "M")
    jump = gappy[0].basket[entry + 1] - gappy[0].basket[entry]
    assert abs(jump - gappy[0].changes[entry]) > 0.01


def test_targets_leave_out_what_has_ended(market, gappy):
    panel = patchy()
    outcome = targets(market, indicator_rows(panel))
    (row,) = (n for n, origin in enumerate(gappy) if origin.month == pd.Period("2007-09", "M"))
    cut = panel[:"2007-09"]
    estimates = estimate(cut.to_numpy())
    w = weights(estimates.loadings_smoothed, estimates.observed)[-1]
    left = [0, 1, 3, 4, 5]
    change = ((panel.loc["2007-10"] - panel.loc["2007-09"]) / cut.std()).iloc[left]
    assert outcome.basket[row, 0] == pytest.approx(change @ w[left] / w[left].sum(), abs=1e-9)
    assert "x2" in gappy[row].features
    assert "x2" not in gappy[row + 1].features


def test_what_is_missing_follows_the_stated_rules(gappy):
    by_month = {str(origin.month): origin for origin in gappy}
    for origin in gappy:
        assert origin.features.notna().all(axis=None)
        assert origin.inputs.notna().all(axis=None)
        # The same everywhere, in the order of the catalogue; opinion had 18 months at the first.
        assert list(origin.inputs) == ["sfri", "bill_rate", "hiring", "shares"]
    frame = warning_frame()
    # A daily variable joins with its 24th value, and is left out where it is not known.
    assert "implied_mean" not in by_month["2008-02"].features
    assert "implied_mean" in by_month["2008-03"].features
    assert "gap_week_stock" not in by_month["2008-06"].features
    assert "gap_week_stock" in by_month["2008-07"].features
    joined = by_month["2008-07"].features
    assert joined.loc["2008-06", "gap_week_stock"] == pytest.approx(
        frame.loc[START:"2008-07", "gap_week_stock"].mean()
    )
    assert joined.loc["2004-04", "x3"] == 0
    # Inputs: the mean before the first value, the last value after it.
    hiring = by_month["2008-05"].inputs["hiring"]
    assert hiring["2008-05"] == hiring["2008-03"] == frame.loc["2008-03", "hiring"]
    assert hiring["2002-03"] == pytest.approx(hiring["2002-07":].mean())


def test_an_input_that_ends_is_carried_and_named_once(market, caplog):
    frame = warning_frame()
    frame.loc["2008-03":, "bill_rate"] = np.nan
    found = build(market, complete(), frame)
    messages = [record.getMessage() for record in caplog.records if "hold" in record.getMessage()]
    assert len(messages) == 1
    # A hole that has ended, as that of hiring, is none.
    assert "last value of bill_rate since 2008-03:" in messages[0]
    assert set(found[-1].inputs.loc["2008-03":, "bill_rate"]) == {frame["bill_rate"]["2008-02"]}
    assert list(found[0].inputs) == list(found[-1].inputs)
    caplog.clear()
    build(market, complete())
    assert not any("hold" in record.getMessage() for record in caplog.records)


def test_the_basket_is_revalued_at_its_own_weights_and_scales(gappy):
    ends = warning_frame()[list(ENDS)].set_axis(["x0", "x1", "x2"], axis=1)
    for origin in gappy:
        cut = patchy()[: origin.month]
        estimates = estimate(cut.to_numpy())
        w = pd.Series(weights(estimates.loadings_smoothed, estimates.observed)[-1], NAMES)
        # x1 says nothing in July 2008, x2 has left in October 2007; a mere zero weight then.
        moved = (ends.loc[origin.month] / cut.std()).reindex(NAMES).fillna(0)
        assert origin.month_end_change == pytest.approx(w @ moved, abs=1e-9)
        assert not set(ENDS) & set(origin.features)


def test_a_market_without_means_of_days_has_no_basket_to_revalue(market):
    found = build(market, complete(), warning_frame().drop(columns=list(ENDS)))
    assert np.isnan([origin.month_end_change for origin in found]).all()


def test_the_regime_forecast_is_that_of_the_origins_month(market, plain):
    expected = regime_rows().set_index("ref_date")["sfri_next"]
    for origin in plain:
        assert origin.regime_forecast == expected[origin.month.to_timestamp("M").normalize()]
    none = build(market, complete(), regimes=regime_rows(MONTHS[:90]))
    assert np.isfinite(none[5].regime_forecast)
    assert np.isnan(none[6].regime_forecast)


def assert_same_bits(one, other):
    for field in dataclasses.fields(one):
        ours, theirs = getattr(one, field.name), getattr(other, field.name)
        if isinstance(ours, pd.DataFrame):
            pd.testing.assert_frame_equal(ours, theirs, check_exact=True)
        elif isinstance(ours, pd.Series):
            pd.testing.assert_series_equal(ours, theirs, check_exact=True)
        else:
            assert ours == theirs, field.name


@pytest.mark.parametrize("poison", [np.nan, 1e9])
def test_the_future_does_not_touch_a_bit_of_an_origin(market, gappy, poison):
    cut = pd.Period("2007-11", "M")
    panel, frame, regimes = patchy(), warning_frame(), regime_rows()
    panel.loc[cut + 1 :] = poison
    frame.loc[cut + 1 :] = poison
    regimes.loc[regimes["ref_date"] > "2007-11-30", "sfri_next"] = poison
    poisoned = build(market, panel, frame, regimes)
    known = [origin for origin in gappy if origin.month <= cut]
    assert len(known) == 11
    for clean, dirty in zip(known, poisoned, strict=False):
        assert_same_bits(clean, dirty)
    # The control: a bend of the last known month is seen.
    panel.loc[cut, "x0"] += 1
    bent = build(market, panel, frame, regimes)[10]
    assert bent.month == cut
    assert not bent.basket.equals(known[-1].basket)


def test_a_shorter_sample_has_the_same_origins_up_to_its_end(market, gappy):
    sample = market.sample.model_copy(update={"until": "2007-06"})
    short = build(
        market.model_copy(update={"sample": sample}),
        patchy()[:"2007-06"],
        warning_frame()[:"2007-06"],
    )
    assert len(short) == 6
    for one, other in zip(short, gappy, strict=False):
        assert one.month == other.month
        assert list(one.features) == list(other.features)
        np.testing.assert_allclose(one.features, other.features, atol=1e-9)
        np.testing.assert_allclose(one.changes, other.changes, atol=1e-9)


def test_a_sample_that_is_too_short_or_rows_without_a_basket_are_refused(market):
    early = market.forecasting.model_copy(update={"min_months": 84})
    with pytest.raises(EstimationError, match=r"84 months from 2002-01 on .* has 83"):
        build(market.model_copy(update={"forecasting": early}), complete())
    # A month in which only a series speaks that has ended since.
    empty = patchy()
    empty.loc["2003-04", [name for name in NAMES if name != "x2"]] = np.nan
    with pytest.raises(
        EstimationError, match=r"of 2007-10 has values in 2003-03.*'forecasting.start'"
    ):
        build(market, empty)


def test_published_values_and_regime_forecasts_are_those_of_the_stored_tables(market, mini):
    """The measurement's own tables, on the simulated panel."""
    sample = mini.sample.model_copy(update={"first_vintage": "2007-09", "until": "2007-12"})
    market = market.model_copy(update={"sample": sample})
    rows = indicator_rows(patchy()[:"2007-12"])
    index = index_tables_of(market, rows, "real_time")["sfri"].set_index("ref_date")["sfri"]
    vintages = vintage_rows(market, rows, pd.period_range("2007-09", "2007-12", freq="M"))
    regimes = regimes_room.real_time_regimes(market, vintages).regimes.assign(mode="real_time")
    found = origins(market, rows, warning_rows(warning_frame()), regimes)
    assert [origin.published for origin in found] == list(index)
    # The last month's forecast of the next one is the first row beyond the sample.
    ahead = regimes[regimes["horizon"] == 1]["sfri"].item()
    assert found[-1].regime_forecast == pytest.approx(ahead, abs=1e-12)
    assert regimes[regimes["horizon"] > 0]["sfri_next"].isna().all()
    # And so is an earlier one where the sample ends with its month.
    early = vintages[vintages["as_of"] <= "2007-10-31"]
    ends = market.sample.model_copy(update={"until": "2007-10"})
    shorter = regimes_room.real_time_regimes(market.model_copy(update={"sample": ends}), early)
    ahead = shorter.regimes.loc[shorter.regimes["horizon"] == 1, "sfri"].item()
    assert found[1].regime_forecast == pytest.approx(ahead, abs=1e-12)
