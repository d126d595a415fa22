"""The fan: ordered, calibrated, from errors of the past only."""

import numpy as np
import pandas as pd
import pytest

from sfr_pipeline.errors import EstimationError
from sfr_pipeline.forecasting.fan import fan_rows
from sfr_pipeline.storage import tables
from sfr_pipeline.storage.tables.columns import MEAN_OF_SEEDS
from sfr_pipeline.storage.validation import violations

HORIZONS = range(1, 7)


# The last is the better naive row, which only markets with daily indicators have.
BIAS = {"no_change": 0.0, "ridge_changes": 0.5, "month_end": 0.1}
EVERYWHERE = ("no_change", "ridge_changes")


def simulated(n_months=140, seed=0, models=EVERYWHERE, horizons=HORIZONS):
    """Forecasts of a random walk by two models, the second biased upwards by .5."""
    rng = np.random.default_rng(seed)
    months = pd.period_range("2000-01", periods=n_months, freq="M")
    ends = months.to_timestamp(how="end").normalize()
    walk = np.cumsum(rng.normal(size=n_months))
    rows = []
    for model in models:
        bias = BIAS[model]
        for t in range(n_months):
            for h in horizons:
                known = t + h < n_months
                rows.append(
                    {
                        "protocol": "real_time",
                        "model": model,
                        "seed": MEAN_OF_SEEDS,
                        "split": "test",
                        "origin": ends[t],
                        "horizon": h,
                        "ref_date": ends[t] + pd.offsets.MonthEnd(h),
                        "index_at_origin": walk[t],
                        "change": bias,
                        "forecast": walk[t] + bias,
                        "low": np.nan,
                        "high": np.nan,
                        "actual_change": walk[t + h] - walk[t] if known else np.nan,
                        "published_change": walk[t + h] - walk[t] if known else np.nan,
                    }
                )
    return pd.DataFrame(rows)


def test_keeps_its_contract_and_starts_at_the_latest_origin():
    forecasts = simulated()
    fan = fan_rows(forecasts)
    assert not violations(tables.FORECAST_FAN, fan)
    assert fan.groupby("model")["horizon"].apply(list).to_dict() == {
        "no_change": list(HORIZONS),
        "ridge_changes": list(HORIZONS),
    }
    assert (fan["origin"] == forecasts["origin"].max()).all()
    # Of 140 origins, those whose month had come.
    assert fan["n_errors"].to_list() == [139, 138, 137, 136, 135, 134] * 2


def test_the_better_naive_row_has_a_fan_where_it_was_made():
    """Else the forecast that is shown could not be of the model that real time puts first."""
    fan = fan_rows(simulated(models=tuple(BIAS)))
    assert set(fan["model"]) == set(BIAS)
    beside = fan[fan["model"] != "month_end"].reset_index(drop=True)
    pd.testing.assert_frame_equal(beside, fan_rows(simulated()))


def test_a_biased_model_gets_the_interval_of_an_unbiased_one():
    """Signed errors: what a model is off by on average is taken back."""
    fan = fan_rows(simulated()).set_index(["model", "horizon"])
    bounds = ["low_90", "low_50", "high_50", "high_90"]
    np.testing.assert_allclose(fan.loc["no_change", bounds], fan.loc["ridge_changes", bounds])


def test_bounds_are_the_textbook_order_statistics():
    forecasts = simulated()
    one = forecasts[(forecasts["model"] == "no_change") & (forecasts["horizon"] == 1)]
    errors = np.sort(one["published_change"].dropna())
    row = fan_rows(forecasts).query("model == 'no_change' and horizon == 1").iloc[0]
    # 139 errors: ranks .05 * 140 = 7, 35, 105 and 133.
    ranked = [errors[rank - 1] for rank in (7, 35, 105, 133)]
    np.testing.assert_allclose(
        row[["low_90", "low_50", "high_50", "high_90"]].astype(float) - row["forecast"], ranked
    )


def test_intervals_hold_what_they_promise():
    inside_50, inside_90 = [], []
    for seed in range(200):
        rng = np.random.default_rng([seed, 1])
        forecasts = simulated(n_months=45, seed=seed, models=["no_change"], horizons=[1])
        row = fan_rows(forecasts, models=["no_change"]).iloc[0]
        outcome = row["forecast"] + rng.normal()
        inside_50.append(row["low_50"] <= outcome <= row["high_50"])
        inside_90.append(row["low_90"] <= outcome <= row["high_90"])
    # Ranks 11 to 34 and 2 to 43 of 44 errors; three standard errors of 200 draws.
    assert np.mean(inside_50) == pytest.approx(23 / 45, abs=0.106)
    assert np.mean(inside_90) == pytest.approx(41 / 45, abs=0.061)


def test_errors_of_months_to_come_do_not_matter():
    forecasts = simulated()
    today = forecasts["origin"].max()
    poisoned = forecasts.copy()
    poisoned.loc[poisoned["ref_date"] > today, ["actual_change", "published_change"]] = -1e9
    pd.testing.assert_frame_equal(fan_rows(poisoned), fan_rows(forecasts))
    # The control: errors of months that have come do.
    known = forecasts.copy()
    known.loc[known["ref_date"] == today, "published_change"] = -1e9
    assert not fan_rows(known).equals(fan_rows(forecasts))


def test_other_protocols_and_single_seeds_are_not_taken_for_real_time():
    forecasts = simulated()
    others = pd.concat(
        [
            forecasts,
            forecasts.assign(protocol="paper", published_change=99.0),
            forecasts.assign(seed=0, published_change=99.0),
        ]
    )
    pd.testing.assert_frame_equal(fan_rows(others), fan_rows(forecasts))


def test_a_horizon_without_enough_errors_has_no_row():
    fan = fan_rows(simulated(n_months=28))
    assert set(fan["horizon"]) == {1, 2, 3, 4}
    assert fan["n_errors"].min() == 24
    empty = fan_rows(simulated(n_months=20))
    assert empty.empty
    assert not violations(tables.FORECAST_FAN, empty)


def test_a_model_without_a_latest_forecast_is_refused():
    forecasts = simulated()
    latest = forecasts["origin"] == forecasts["origin"].max()
    without = forecasts[~(latest & (forecasts["model"] == "ridge_changes"))]
    with pytest.raises(EstimationError, match="no fan of ridge_changes"):
        fan_rows(without)
